"""Setting an installation up: the environment file with tight permissions, and the starting configuration."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from cryptography.fernet import Fernet

from bot.app.config.published import read_configuration
from bot.app.config.starting import STARTING_DOCUMENT
from bot.app.errors import ConfigurationError
from bot.settings import DEFAULT_PORT, variable


@dataclass(frozen=True)
class Wanted:
    """One value that an installation needs from a person.

    Attributes:
        name: the setting.
        ask: what to ask, with where the value is found.
        secret: whether to hide what is typed.
        default: what an empty answer means; without one there has to be an answer.
        begins: how values of the kind begin; any may when this is empty.
        among: the only values that there are; any may be when this is empty.
    """

    name: str
    ask: str
    secret: bool = False
    default: str = ""
    begins: tuple[str, ...] = ()
    among: tuple[str, ...] = ()

    def problem(self, value: str) -> str | None:
        """Why a value cannot be the one that is wanted, in a sentence."""
        if not value:
            return "It cannot be empty."
        if self.begins and not value.startswith(self.begins):
            return f"It has to begin with {' or '.join(self.begins)}. Copy it again."
        if self.among and value not in self.among:
            return f"It is one of {', '.join(self.among)}."
        if '"' in value or "\\" in value or not value.isprintable():
            return "It has a quotation mark, a backslash or a line break in it. Copy it again."
        return None


REGIONS = ("us", "eu", "in", "au", "jp", "cn", "ca", "sa", "uk")
_REGION = Wanted(
    "zoho.region", f"Zoho region, as its address ends ({', '.join(REGIONS)})", default="us", among=REGIONS
)
REFRESH_TOKEN = Wanted("zoho.refresh_token", "Code, or refresh token (typing is hidden)", secret=True)
_ZOHO = (
    Wanted("zoho.client_id", "Zoho client id"),
    Wanted("zoho.client_secret", "Zoho client secret (typing is hidden)", secret=True),
    REFRESH_TOKEN,
)
_BOT_TOKEN = Wanted(
    "slack.bot_token",
    "Slack bot token (xoxb-…, under OAuth & Permissions once the app is installed)",
    secret=True,
    begins=("xoxb-",),
)
_APP_TOKEN = Wanted(
    "slack.app_token",
    "Slack app-level token (xapp-…, under Basic Information, with connections:write)",
    secret=True,
    begins=("xapp-",),
)
PUBLIC_URL = Wanted(
    "public_url",
    "Where this server is reached from outside (https://…)",
    begins=("https://", "http://127.0.0.1"),
)
_SIGNING = Wanted("slack.signing_secret", "Slack signing secret (under Basic Information)", secret=True)
_BY_PAGE = (
    Wanted("slack.client_id", "Slack client id (under Basic Information)"),
    Wanted("slack.client_secret", "Slack client secret (under Basic Information)", secret=True),
)


@dataclass(frozen=True)
class Elsewhere:
    """A Zoho and a Slack that are not at their makers' addresses: those of ``bellwether sandbox``."""

    zoho: str | None = None
    slack: str | None = None

    def settings(self) -> dict[str, str]:
        """The settings that say so."""
        found = {"zoho.accounts_url": (self.zoho or "").rstrip("/")}
        found["slack.api_url"] = f"{self.slack.rstrip('/')}/api/" if self.slack else ""
        return {name: value for name, value in found.items() if value}


def wanted(
    *, over_http: bool = False, by_page: bool = False, elsewhere: Elsewhere | None = None
) -> tuple[Wanted, ...]:
    """What is asked for; the public address before what Slack gives once it knows that.

    Args:
        over_http: Slack calls us, instead of a connection that we open (Socket Mode).
        by_page: people install the app from a page of ours, which gives the bot token.
        elsewhere: where Zoho and Slack are, if not at their makers' addresses.
    """
    zoho = _ZOHO if elsewhere and elsewhere.zoho else (_REGION, *_ZOHO)
    at_home = elsewhere is not None and elsewhere.slack is not None
    url = replace(PUBLIC_URL, default=f"http://127.0.0.1:{DEFAULT_PORT}") if at_home else PUBLIC_URL
    address = (url,) if over_http or by_page else ()
    way = (_SIGNING,) if over_http else (_APP_TOKEN,)
    return (*zoho, *address, *way, *(_BY_PAGE if by_page else (_BOT_TOKEN,)))


def check_place(path: Path) -> None:
    """Whether the environment file can be written there: asked before a person types a dozen secrets.

    Raises:
        ConfigurationError: it exists, because it may hold the only copy of a key; or cannot be written.
    """
    if path.exists():
        raise ConfigurationError(
            f"{path} exists.", "Edit it, or move it away and run `bellwether init` again."
        )
    if not path.parent.is_dir() or not os.access(path.parent, os.W_OK):
        raise ConfigurationError(
            f"Nothing can be written in {path.absolute().parent}.", "Choose another place."
        )


def environment_of(values: Mapping[str, str]) -> dict[str, str]:
    """The variables of settings, with a new key that seals tokens in the database."""
    own = {"secret_key": Fernet.generate_key().decode(), **values}
    return {variable(name): value for name, value in own.items()}


def write_environment(path: Path, environment: Mapping[str, str]) -> None:
    """Write the environment file, readable by its owner alone.

    Args:
        path: where; must not exist.
        environment: variables without line breaks and quotation marks in them.

    Raises:
        ConfigurationError: the file exists, or cannot be written.
    """
    check_place(path)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise ConfigurationError(
            f"{path} cannot be written ({error.strerror}).", "Choose another place."
        ) from None
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.writelines(f'{name}="{value}"\n' for name, value in environment.items())


def write_starting_configuration(path: Path, document: str) -> bool:
    """Write the starting configuration unless there is one; True when it was written.

    Raises:
        ConfigurationError: it cannot be written.
    """
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(document)
    except FileExistsError:
        return False
    except OSError as error:
        raise ConfigurationError(
            f"{path} cannot be written ({error.strerror}).", "Choose another place."
        ) from None
    return True


def first_document(file: Path) -> str:
    """What an installation begins with: the configuration file if there is one, else the starting document.

    Raises:
        ConfigurationError: the file is not good.
    """
    text = read_text_of(file) if file.exists() else STARTING_DOCUMENT
    read_configuration(text, str(file))
    return text


def read_text_of(path: Path) -> str:
    """The text of a file.

    Raises:
        ConfigurationError: it cannot be read.
    """
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read ({error.strerror}).", "Check the path.") from None
    except UnicodeDecodeError:
        raise ConfigurationError(f"{path} is not UTF-8 text.", "Save it as UTF-8.") from None
