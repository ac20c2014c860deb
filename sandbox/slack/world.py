"""Who works in the sandbox's workspace and where they talk. Values only; nothing here changes."""

from __future__ import annotations

from dataclasses import dataclass

TEAM_ID = "T0SANDBOX"
TEAM_NAME = "Maven Hardware"
TEAM_DOMAIN = "maven-hardware"
APP_ID = "A0BELLWETHER"
BOT_USER = "UBELLWETHER"
BOT_ID = "B0BELLWETHER"
BOT_NAME = "bellwether"
SLACKBOT = "USLACKBOT"
TIME_ZONE = "America/New_York"

# Not secrets: the sandbox listens on the loopback only, and these are printed when it starts.
BOT_TOKEN = "xoxb-sandbox-bot"  # noqa: S105
APP_TOKEN = "xapp-sandbox-app"  # noqa: S105
SIGNING_SECRET = "sandbox-signing-secret"  # noqa: S105
CLIENT_ID = "1000000000.2000000000"
CLIENT_SECRET = "sandbox-client-secret"  # noqa: S105


@dataclass(frozen=True)
class Person:
    """A member of the workspace; the e-mail is the one that the sandbox's CRM user has."""

    id: str
    name: str
    real_name: str
    title: str
    email: str
    is_admin: bool = False
    is_restricted: bool = False
    is_bot: bool = False


@dataclass(frozen=True)
class Channel:
    """A public channel, or the direct messages between one person and the bot (``im_with``)."""

    id: str
    name: str
    members: frozenset[str]
    purpose: str = ""
    im_with: str | None = None

    @property
    def is_im(self) -> bool:
        """Whether these are direct messages."""
        return self.im_with is not None

    @property
    def kind(self) -> str:
        """The ``channel_type`` of events."""
        return "im" if self.is_im else "channel"


@dataclass(frozen=True)
class UserGroup:
    """A user group: the source of roles for apps that ask Slack who is who."""

    id: str
    handle: str
    name: str
    members: tuple[str, ...]


def _colleague(name: str, title: str, *, is_admin: bool = False) -> Person:
    first, last = name.split()
    handle = f"{first}.{last}".lower()
    return Person(f"U{first.upper()}", handle, name, title, f"{handle}@bellwether.example", is_admin=is_admin)


PEOPLE: tuple[Person, ...] = (
    _colleague("Darcel Schlecht", "Sales representative"),
    _colleague("Anna Snelling", "Sales representative"),
    _colleague("Melvin Marxen", "Sales manager"),
    _colleague("Dustin Brinkmann", "Sales manager"),
    _colleague("Ada Lindqvist", "CRM administrator", is_admin=True),
    Person("UGAIL", "gail", "Gail Guest", "Guest of a partner", "gail@partner.example", is_restricted=True),
)
BOT = Person(BOT_USER, BOT_NAME, "Bellwether", "App", "", is_bot=True)
USERS: dict[str, Person] = {person.id: person for person in (*PEOPLE, BOT)}

_COLLEAGUES = frozenset(person.id for person in PEOPLE if not person.is_restricted)


def _direct_messages(person: Person) -> Channel:
    return Channel(f"D{person.id[1:]}", "", frozenset({person.id, BOT_USER}), im_with=person.id)


CHANNELS: dict[str, Channel] = {
    channel.id: channel
    for channel in (
        Channel("CGENERAL", "general", _COLLEAGUES | {"UGAIL"}, "Everybody, guests too"),
        Channel("CSALES", "sales", _COLLEAGUES | {BOT_USER}, "Deals and accounts"),
        Channel("CALERTS", "cs-alerts", _COLLEAGUES | {BOT_USER}, "Accounts that change"),
        Channel("COPS", "ops", frozenset({"UMELVIN", "UDUSTIN", "UADA", BOT_USER}), "Running the CRM"),
        *map(_direct_messages, PEOPLE),
    )
}

USER_GROUPS: tuple[UserGroup, ...] = (
    UserGroup("S0ADMINS", "crm-admins", "CRM administrators", ("UADA",)),
    UserGroup("S0MANAGERS", "sales-managers", "Sales managers", ("UMELVIN", "UDUSTIN")),
    UserGroup("S0REPS", "sales-reps", "Sales representatives", ("UDARCEL", "UANNA")),
)


def direct_messages_of(user: str) -> Channel:
    """The direct messages between a person and the bot."""
    return CHANNELS[f"D{user[1:]}"]
