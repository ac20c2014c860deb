"""Whom an alert goes to: from a route's destinations to addresses, and from a person's address to a channel.

An address is a channel, as a route names it, or a CRM user: ``person:`` and their id. Who that is in Slack is
found when the message is sent, by verified e-mail alone; nobody else is ever taken in their place.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from bot.app.errors import SendNever
from bot.app.facts import Concerned
from bot.app.ports import OutboxMessage, SlackProfile
from scoring.alert_config import Destination, Route, To

PERSON: Final = "person:"
NOBODY: Final = PERSON  # a person is wanted, and the CRM names none


@dataclass(frozen=True, slots=True)
class Addressed:
    """Where a message goes now, with a sentence when that is not where it was meant to go."""

    channel: str
    note: str | None = None


@dataclass(frozen=True, slots=True)
class CrmContact:
    """A CRM user, as far as finding them in Slack goes; without an e-mail when it is not theirs alone."""

    name: str
    email: str | None
    active: bool


class CrmUsers(Protocol):
    """CRM users by id."""

    def contact(self, user_id: str) -> CrmContact | None:
        """Name and e-mail; None when there is no such user."""
        ...


class SlackPeople(Protocol):
    """Slack's people. Errors are those of ``Chat.post``."""

    def by_email(self, email: str) -> tuple[str, SlackProfile] | None:
        """Id and profile of the person with this e-mail; None when Slack knows none."""
        ...

    def direct_channel(self, slack_id: str) -> str:
        """The channel of the direct messages with somebody."""
        ...


def addresses(destinations: Sequence[Destination], concerned: Concerned, home: str | None) -> tuple[str, ...]:
    """The addresses of an account's alert, each once, the first first.

    A group is no place of its own: it is mentioned in ``home``, the channel of the route.
    """
    found = (_address(one, concerned, home) for one in destinations)
    return tuple(dict.fromkeys(one for one in found if one))


def mention(destinations: Sequence[Destination], address: str, home: str | None) -> str | None:
    """The user group that is mentioned at an address."""
    groups = (one.name for one in destinations if one.to is To.GROUP)
    return next(groups, None) if address == home else None


def lookups(route: Route) -> tuple[str, ...]:
    """The account fields that a route's destinations name."""
    every = (*route.destinations, *route.escalation)
    return tuple(dict.fromkeys(one.name for one in every if one.to is To.FIELD))


def is_personal(address: str) -> bool:
    """Whether it is somebody whom Slack has to be asked for."""
    return address.startswith(PERSON)


def _address(one: Destination, concerned: Concerned, home: str | None) -> str | None:
    match one.to:
        case To.CHANNEL:
            return one.name
        case To.GROUP:
            return home
        case To.OWNER:
            found = concerned.owner_id
        case To.MANAGER:
            found = concerned.manager_id
        case To.FIELD:
            found = concerned.by_field.get(one.name)
    return f"{PERSON}{found or ''}"


class Addressing:
    """Finds out where a person's messages go."""

    def __init__(self, crm: CrmUsers, slack: SlackPeople) -> None:
        self._crm = crm
        self._slack = slack

    def place(self, message: OutboxMessage) -> Addressed:
        """The direct channel of the person, or the channel that the route names otherwise.

        Raises:
            SendNever: nobody matches, and there is no other channel.
            SendLater, SendUnclear: Slack cannot be asked now; nothing was sent.
        """
        user = self._crm.contact(message.channel.removeprefix(PERSON))
        found = self._match(user)
        if isinstance(found, str):
            return self._elsewhere(message, found)
        return Addressed(self._slack.direct_channel(found[0]))

    def _match(self, user: CrmContact | None) -> tuple[str, SlackProfile] | str:
        """Who it is in Slack, or why nobody is."""
        if user is None:
            return "The CRM names nobody whom this should go to"
        if not user.active:
            return f"{user.name} is not active in the CRM"
        if not user.email:
            return f"{user.name} has no e-mail of their own in the CRM"
        found = self._slack.by_email(user.email)
        if found is None or not _is_the_person(found[1], user.email):
            return f"Nobody in Slack has the verified e-mail of {user.name}"
        return found

    def _elsewhere(self, message: OutboxMessage, why: str) -> Addressed:
        otherwise = message.payload.get("otherwise")
        if not otherwise:
            raise SendNever(f"{why}, and the route says no other channel.", "Name one with `otherwise:`.")
        return Addressed(str(otherwise), f"{why}, so it is told here.")


def _is_the_person(profile: SlackProfile, email: str) -> bool:
    """Verified, of this organisation, and no program."""
    same = (profile.email or "").casefold() == email.casefold()
    return same and not profile.is_guest and not profile.is_bot
