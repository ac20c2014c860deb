"""The app's manifest: which scopes, commands and events it has, and where it listens."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from sandbox.slack.refusals import Refused

EVERY_SCOPE = (
    "app_mentions:read", "channels:history", "channels:join", "channels:read", "chat:write", "commands",
    "files:write", "groups:history", "groups:read", "im:history", "im:read", "im:write", "links:read",
    "links:write", "reactions:write", "team:read", "usergroups:read", "users:read", "users:read.email",
)  # fmt: skip
EVERY_EVENT = (
    "app_home_opened", "app_mention", "app_uninstalled", "assistant_thread_started", "function_executed",
    "link_shared", "message.channels", "message.im", "tokens_revoked",
)  # fmt: skip


class ManifestError(Exception):
    """The manifest cannot be read; the message says why."""


@dataclass(frozen=True)
class Command:
    """A slash command; ``url`` only for apps that listen over HTTP."""

    name: str
    should_escape: bool = False
    url: str | None = None


@dataclass(frozen=True)
class Shortcut:
    """A shortcut: ``global``, or on a ``message``."""

    callback_id: str
    name: str
    type: str


@dataclass(frozen=True)
class Function:
    """A custom workflow step and the names of its inputs and outputs, those that it needs first."""

    callback_id: str
    title: str
    description: str
    inputs: Mapping[str, str]  # name -> type
    required: tuple[str, ...]
    outputs: Mapping[str, str]
    promised: tuple[str, ...]


@dataclass(frozen=True)
class Manifest:
    """What the app may do and what it wants to hear."""

    name: str
    scopes: tuple[str, ...]
    commands: Mapping[str, Command]
    events: tuple[str, ...]
    socket_mode: bool = True
    interactive: bool = True
    home_tab: bool = True
    event_url: str | None = None
    interactivity_url: str | None = None
    options_url: str | None = None
    shortcuts: tuple[Shortcut, ...] = ()
    functions: Mapping[str, Function] = field(default_factory=dict)
    unfurl_domains: tuple[str, ...] = ()
    agent: bool = False

    def require(self, *scopes: str) -> None:
        """Refuse what the app has no scope for.

        Raises:
            Refused: ``missing_scope`` when the app has none of the scopes.
        """
        if scopes and not set(scopes) & set(self.scopes):
            raise Refused("missing_scope", needed=",".join(scopes), provided=",".join(self.scopes))


def without_manifest() -> Manifest:
    """An app that may do all that the sandbox knows and hears everything; any slash command is its own."""
    return Manifest("no manifest", EVERY_SCOPE, {}, EVERY_EVENT)


def read_manifest(path: Path) -> Manifest:
    """Read a manifest, YAML or JSON.

    Raises:
        ManifestError: it is not there, or is no manifest.
    """
    try:
        document = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
    except (OSError, YAMLError) as error:
        raise ManifestError(f"The manifest {path} cannot be read: {error}") from error
    if not isinstance(document, dict) or "display_information" not in document:
        raise ManifestError(f"{path} is no Slack app manifest: it has no display_information.")
    return _manifest(document)


def _manifest(document: Mapping[str, Any]) -> Manifest:
    features, settings = document.get("features") or {}, document.get("settings") or {}
    subscriptions = settings.get("event_subscriptions") or {}
    interactivity = settings.get("interactivity") or {}
    scopes = ((document.get("oauth_config") or {}).get("scopes") or {}).get("bot") or ()
    return Manifest(
        name=str(document["display_information"]["name"]),
        scopes=tuple(scopes),
        commands={one["command"]: _command(one) for one in features.get("slash_commands") or ()},
        events=tuple(subscriptions.get("bot_events") or ()),
        socket_mode=bool(settings.get("socket_mode_enabled")),
        interactive=bool(interactivity.get("is_enabled")),
        home_tab=bool((features.get("app_home") or {}).get("home_tab_enabled")),
        event_url=subscriptions.get("request_url"),
        interactivity_url=interactivity.get("request_url"),
        options_url=interactivity.get("message_menu_options_url"),
        shortcuts=tuple(
            Shortcut(one["callback_id"], one["name"], one["type"]) for one in features.get("shortcuts") or ()
        ),
        functions={name: _function(name, one) for name, one in (document.get("functions") or {}).items()},
        unfurl_domains=tuple(features.get("unfurl_domains") or ()),
        agent=bool(features.get("agent_view") or features.get("assistant_view")),
    )


def _function(name: str, entry: Mapping[str, Any]) -> Function:
    inputs, outputs = entry.get("input_parameters") or {}, entry.get("output_parameters") or {}
    return Function(
        name,
        entry["title"],
        entry["description"],
        {key: str(one["type"]) for key, one in (inputs.get("properties") or {}).items()},
        tuple(inputs.get("required") or ()),
        {key: str(one["type"]) for key, one in (outputs.get("properties") or {}).items()},
        tuple(outputs.get("required") or ()),
    )


def _command(entry: Mapping[str, Any]) -> Command:
    return Command(entry["command"], bool(entry.get("should_escape")), entry.get("url"))
