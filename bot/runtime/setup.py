"""Setting an installation up: the environment file with tight permissions, and the starting configuration."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography.fernet import Fernet

from bot.app.config.published import read_configuration
from bot.app.config.starting import STARTING_DOCUMENT
from bot.app.errors import ConfigurationError
from bot.settings import variable


@dataclass(frozen=True)
class Wanted:
    """One value that an installation needs from a person.

    Attributes:
        name: the setting.
        ask: what to ask, with where the value is found.
        secret: whether to hide what is typed.
        default: what an empty answer means.
        begins: how values of the kind begin; any may when this is empty.
    """

    name: str
    ask: str
    secret: bool = False
    default: str = ""
    begins: tuple[str, ...] = ()


_ZOHO = (
    Wanted("zoho.region", "Zoho region (us, eu, in, au, jp, cn, ca, sa, uk)", default="us"),
    Wanted("zoho.client_id", "Zoho client id (api-console.zoho.com, Self Client)"),
    Wanted("zoho.client_secret", "Zoho client secret", secret=True),
    Wanted("zoho.refresh_token", "Zoho refresh token", secret=True),
)
_BOT_TOKEN = Wanted(
    "slack.bot_token", "Slack bot token (xoxb-…, OAuth & Permissions)", secret=True, begins=("xoxb-",)
)
_APP_TOKEN = Wanted(
    "slack.app_token",
    "Slack app-level token (xapp-…, Basic Information, connections:write)",
    secret=True,
    begins=("xapp-",),
)
PUBLIC_URL = Wanted(
    "public_url",
    "Where this server is reached from outside (https://…)",
    begins=("https://", "http://127.0.0.1"),
)
_SIGNING = Wanted("slack.signing_secret", "Slack signing secret (Basic Information)", secret=True)
_BY_PAGE = (
    Wanted("slack.client_id", "Slack client id (Basic Information)"),
    Wanted("slack.client_secret", "Slack client secret (Basic Information)", secret=True),
)


def wanted(*, over_http: bool = False, by_page: bool = False) -> tuple[Wanted, ...]:
    """What is asked for; the public address before what Slack gives once it knows that.

    Args:
        over_http: Slack calls us, instead of a connection that we open (Socket Mode).
        by_page: people install the app from a page of ours, which gives the bot token.
    """
    address = (PUBLIC_URL,) if over_http or by_page else ()
    way = (_SIGNING,) if over_http else (_APP_TOKEN,)
    return (*_ZOHO, *address, *way, *(_BY_PAGE if by_page else (_BOT_TOKEN,)))


def write_environment(
    path: Path, answer: Callable[[Wanted], str], asked: Sequence[Wanted]
) -> Mapping[str, str]:
    """Ask for what is wanted and write the environment file, readable by its owner alone.

    Args:
        path: where; must not exist, because it may hold the only copy of a key.
        answer: gives the value of one wanted setting.
        asked: what is wanted.

    Returns:
        What was written, by variable.

    Raises:
        ConfigurationError: the file exists, cannot be written, or a value is of another kind.
    """
    if path.exists():
        raise ConfigurationError(
            f"{path} exists.", "Edit it, or move it away and run `bellwether init` again."
        )
    values = {variable("secret_key"): Fernet.generate_key().decode()}
    for one in asked:
        value = values[variable(one.name)] = answer(one).strip() or one.default
        if value and one.begins and not value.startswith(one.begins):
            raise ConfigurationError(
                f"{variable(one.name)} has to begin with {one.begins[0]}.",
                "Copy it again, and run `bellwether init` again: nothing was written.",
            )
    for name, value in values.items():
        if "\n" in value or '"' in value:
            raise ConfigurationError(f"{name} has a line break or a quotation mark in it.", "Copy it again.")
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise ConfigurationError(
            f"{path} cannot be written ({error.strerror}).", "Choose another place."
        ) from None
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.writelines(f'{name}="{value}"\n' for name, value in values.items())
    return values


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
