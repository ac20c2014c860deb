"""The Slack app's manifest for one installation, and the link at which Slack makes the app from it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from ruamel.yaml import YAML

from bot.app.errors import ConfigurationError
from bot.slack.http_mode import PATH
from bot.slack.installing import REDIRECT_PATH

# Beside the packages in a checkout, inside of ``bot`` where the product was installed.
PLACES: Final = tuple(Path(__file__).resolve().parents[up] / "manifest.yaml" for up in (2, 1))
NEW_APP: Final = "https://api.slack.com/apps?new_app=1&manifest_json="


def manifest_for(public_url: str | None) -> dict[str, Any]:
    """The manifest: over Socket Mode, or over HTTP with every address in it.

    Args:
        public_url: where Slack reaches this server; None for Socket Mode.

    Raises:
        ConfigurationError: the manifest is not there.
    """
    place = next((one for one in PLACES if one.is_file()), None)
    if place is None:
        raise ConfigurationError("manifest.yaml is not there.", "Take it from the product's repository.")
    manifest: dict[str, Any] = YAML(typ="safe").load(place.read_text(encoding="utf-8"))
    if public_url:
        url = public_url.rstrip("/")
        events = f"{url}{PATH}"
        for command in manifest["features"]["slash_commands"]:
            command["url"] = events
        settings = manifest["settings"]
        settings["socket_mode_enabled"] = False
        settings["event_subscriptions"]["request_url"] = events
        settings["interactivity"] |= {"request_url": events, "message_menu_options_url": events}
        manifest["oauth_config"]["redirect_urls"] = [f"{url}{REDIRECT_PATH}"]
    return manifest


def link_for(public_url: str | None) -> str:
    """Where Slack makes the app; errors as of ``manifest_for``."""
    return NEW_APP + quote(json.dumps(manifest_for(public_url), separators=(",", ":")), safe="")
