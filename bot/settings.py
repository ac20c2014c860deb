"""Secrets and addresses from the environment. Built once by the command line and passed down."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from cryptography.fernet import Fernet
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic_settings import BaseSettings, SettingsConfigDict

from bot.app.errors import ConfigurationError

PREFIX = "BELLWETHER_"
DEFAULT_PORT = 8710


class ZohoSettings(BaseModel):
    """The Zoho organisation. The two URLs only for a Zoho that is not at Zoho's own addresses.

    With ``consent_client_id`` and ``consent_client_secret``, of a server-based application in Zoho's API
    console, people can let us write to the CRM as themselves; a self client has no redirect address.
    """

    model_config = ConfigDict(extra="forbid")
    region: str = "us"
    client_id: str = ""
    client_secret: SecretStr = SecretStr("")
    refresh_token: SecretStr = SecretStr("")
    consent_client_id: str = ""
    consent_client_secret: SecretStr = SecretStr("")
    webhook_secret: SecretStr = SecretStr("")  # as it is given to webhooks in Zoho Books: 12 to 50 letters
    accounts_url: str | None = None
    api_url: str | None = None

    @field_validator("webhook_secret")
    @classmethod
    def _is_one_that_books_takes(cls, value: SecretStr) -> SecretStr:
        text = value.get_secret_value()
        if text and not (text.isascii() and text.isalnum() and 12 <= len(text) <= 50):  # noqa: PLR2004
            raise ValueError("has to be 12 to 50 letters and digits, as Zoho Books wants it")
        return value


class SlackSettings(BaseModel):
    """The Slack workspace. ``api_url`` only for a Slack that is not at Slack's address.

    With ``app_token`` Slack is listened to over Socket Mode, with ``signing_secret`` over HTTP. ``client_id``
    and ``client_secret`` let the app be installed from a page instead of with ``bot_token``; ``team_id`` says
    which workspace may do so (without it, the first one that does). ``agent`` says that Slack shows the app
    as an agent (see ``manifest.yaml``). ``workflow_step`` lets workflows find accounts: whoever builds one
    chooses in whose name it asks and where the result goes.
    """

    model_config = ConfigDict(extra="forbid")
    bot_token: SecretStr = SecretStr("")
    app_token: SecretStr = SecretStr("")
    signing_secret: SecretStr = SecretStr("")  # while it is changed: the new one, a comma, the old one
    client_id: str = ""
    client_secret: SecretStr = SecretStr("")
    team_id: str = ""
    api_url: str = "https://slack.com/api/"
    agent: bool = False
    workflow_step: bool = False

    @property
    def signing_secrets(self) -> tuple[str, ...]:
        """Each secret that a request may be signed with."""
        return listed(self.signing_secret)


class Settings(BaseSettings):
    """Everything the processes need to know of the world around them.

    Each variable is named BELLWETHER_<NAME>, nested ones BELLWETHER_ZOHO__<NAME>; with ``_FILE`` appended it
    names a file that holds the value, as container platforms mount secrets.
    """

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_nested_delimiter="__",
        extra="ignore",
        env_file=".env",
        env_file_encoding="utf-8",
    )
    database_url: str = "sqlite:///bellwether.sqlite"
    secret_key: SecretStr = SecretStr("")
    former_secret_keys: SecretStr = SecretStr("")  # with commas: what they sealed can still be opened
    config_file: Path = Path("bellwether.yaml")
    poll_seconds: Annotated[int, Field(ge=1, le=3600)] = 180
    # How far syncs, scoring, exports and enrichment give way to answers on the same machine (Linux): nice(2).
    niceness: Annotated[int, Field(ge=0, le=19)] = 10
    # For accounts, deals and changes of label, so that answers come at once; 0: the database gives them.
    memory_mb: Annotated[int, Field(ge=0, le=1_000_000)] = 512
    exports_dir: Path = Path("exports")  # web and worker see the same one; made so that only we read it
    http_host: str = "127.0.0.1"
    http_port: Annotated[int, Field(ge=0, le=65535)] = DEFAULT_PORT
    public_url: str | None = None  # where Zoho can reach this server; without it changes are polled for
    log_format: str = "auto"
    clock_file: Path | None = None  # tests and the demo: a file with seconds to add to the present
    slack_mode: Literal["auto", "socket", "http"] = (
        "auto"  # auto: HTTP with a signing secret and no app token
    )
    zoho: ZohoSettings = ZohoSettings()
    slack: SlackSettings = SlackSettings()
    # The demo and tests: companies' sites on this machine. Refused unless Zoho and Slack are on it, too.
    sandbox_web_port: Annotated[int, Field(ge=1, le=65535)] | None = None

    @property
    def slack_over_http(self) -> bool:
        """Whether Slack calls us, and we do not open a connection to it."""
        if self.slack_mode == "auto":
            return bool(self.slack.signing_secrets) and not self.slack.app_token.get_secret_value()
        return self.slack_mode == "http"

    @property
    def sealing_keys(self) -> tuple[str, ...]:
        """The keys of what lies sealed in the database: the first seals, each opens; empty without any."""
        own = listed(self.secret_key)
        return (*own, *listed(self.former_secret_keys)) if own else ()

    @field_validator("secret_key", "former_secret_keys")
    @classmethod
    def _is_a_fernet_key(cls, value: SecretStr, info: ValidationInfo) -> SecretStr:
        text = value.get_secret_value()
        for key in listed(value) if info.field_name == "former_secret_keys" else filter(None, [text]):
            try:
                Fernet(key)
            except ValueError:
                raise ValueError(
                    "is not a key; make one with `bellwether init` (32 bytes, URL-safe base64)"
                ) from None
        return value

    @field_validator("sandbox_web_port")
    @classmethod
    def _is_among_sandboxes(cls, value: int | None, info: ValidationInfo) -> int | None:
        zoho, slack = info.data.get("zoho", ZohoSettings()), info.data.get("slack", SlackSettings())
        addresses = (zoho.accounts_url, zoho.api_url or zoho.accounts_url, slack.api_url)
        if value is not None and not all(map(_is_this_machine, addresses)):
            raise ValueError("is for the demo, whose Zoho and Slack are at 127.0.0.1")
        return value

    def require(self, *names: str) -> None:
        """Check that these settings (``zoho.client_id`` …) have a value.

        Raises:
            ConfigurationError: naming every variable that is missing.
        """
        missing = [variable(name) for name in names if not _value_of(self, name)]
        if missing:
            raise ConfigurationError(
                f"{', '.join(missing)} {'is' if len(missing) == 1 else 'are'} not set.",
                "Run `bellwether init`, or set the variable in the environment or in a .env file.",
            )


def _is_this_machine(url: str | None) -> bool:
    return urlsplit(url or "").hostname == "127.0.0.1"


def listed(value: SecretStr) -> tuple[str, ...]:
    """The secrets of a setting that holds some, with commas between them."""
    return tuple(part.strip() for part in value.get_secret_value().split(",") if part.strip())


def variable(name: str) -> str:
    """The environment variable of a setting: ``zoho.client_id`` -> ``BELLWETHER_ZOHO__CLIENT_ID``."""
    return PREFIX + name.replace(".", "__").upper()


def load_settings() -> Settings:
    """Read the environment and ``.env``.

    Raises:
        ConfigurationError: a value cannot be used, a BELLWETHER_ variable is unknown, or a _FILE unreadable.
    """
    _refuse_unknown_variables(os.environ)
    try:
        return Settings(**_values_from_files(os.environ))
    except ValidationError as error:
        first = error.errors()[0]
        # Never the value itself: it may be a secret that was put into the wrong variable.
        name = variable(".".join(str(part) for part in first["loc"]))
        why = first["msg"].removeprefix("Value error, ")  # pydantic's word for ours
        raise ConfigurationError(f"{name}: {why}.", "Correct it in the environment or in .env.") from None


def _value_of(settings: Settings, name: str) -> str:
    value: object = settings
    for part in name.split("."):
        value = getattr(value, part)
    return value.get_secret_value() if isinstance(value, SecretStr) else str(value or "")


def _known_variables() -> set[str]:
    known: set[str] = set()
    for name, info in Settings.model_fields.items():
        nested = info.annotation
        if isinstance(nested, type) and issubclass(nested, BaseModel):
            known |= {variable(f"{name}.{inner}") for inner in nested.model_fields}
        else:
            known.add(variable(name))
    return known


def _refuse_unknown_variables(environment: Mapping[str, str]) -> None:
    known = _known_variables()
    for name in environment:
        if name.startswith(PREFIX) and name not in known and name.removesuffix("_FILE") not in known:
            raise ConfigurationError(
                f"{name} is not a setting.", f"Settings are: {', '.join(sorted(known))}."
            )


def _values_from_files(environment: Mapping[str, str]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name in sorted(_known_variables() - environment.keys()):
        path = environment.get(f"{name}_FILE")
        if not path:
            continue
        try:
            text = Path(path).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise ConfigurationError(
                f"{name}_FILE names {path}, which cannot be read ({error.strerror}).",
                "Check the path and its permissions.",
            ) from None
        *groups, last = name.removeprefix(PREFIX).lower().split("__")
        place = values
        for group in groups:
            place = place.setdefault(group, {})
        place[last] = text
    return values
