"""Setting an installation up: the environment file with tight permissions, and the starting configuration."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from cryptography.fernet import Fernet

from bot.app.config.published import STARTING_DOCUMENT, read_configuration
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
    """

    name: str
    ask: str
    secret: bool = False
    default: str = ""


WANTED = (
    Wanted("zoho.region", "Zoho region (us, eu, in, au, jp, cn, ca, sa, uk)", default="us"),
    Wanted("zoho.client_id", "Zoho client id (api-console.zoho.com, Self Client)"),
    Wanted("zoho.client_secret", "Zoho client secret", secret=True),
    Wanted("zoho.refresh_token", "Zoho refresh token", secret=True),
    Wanted("slack.bot_token", "Slack bot token (xoxb-…, OAuth & Permissions)", secret=True),
    Wanted(
        "slack.app_token", "Slack app-level token (xapp-…, Basic Information, connections:write)", secret=True
    ),
)


def write_environment(path: Path, answer: Callable[[Wanted], str]) -> Mapping[str, str]:
    """Ask for what is wanted and write the environment file, readable by its owner alone.

    Args:
        path: where; must not exist, because it may hold the only copy of a key.
        answer: gives the value of one wanted setting.

    Returns:
        What was written, by variable.

    Raises:
        ConfigurationError: the file exists, or cannot be written.
    """
    if path.exists():
        raise ConfigurationError(
            f"{path} exists.", "Edit it, or move it away and run `bellwether init` again."
        )
    values = {variable("secret_key"): Fernet.generate_key().decode()}
    values |= {variable(one.name): answer(one).strip() or one.default for one in WANTED}
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
