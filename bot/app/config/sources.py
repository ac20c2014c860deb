"""Sources that are in use: what may not be disconnected, and which segmentations say so."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from bot.app.config.document import Path
from bot.app.config.uses import Part, Use
from connector.finance_lists import LISTS
from connector.sync.activities import READERS
from scoring.config import Configuration, Segmentation
from scoring.engagement.config import EngagementSegmentation
from scoring.recommendations.config import RecommendationSegmentation
from scoring.voice.config import VoiceSegmentation

# Source -> how its events begin, and what voice calls it. Events: ``connector``.
_EVENTS: Mapping[str, tuple[tuple[str, ...], str]] = {
    "crm_emails": (("email_",), "email"),
    "campaigns": (("mailing_",), ""),
    "desk_organization_id": (("ticket_",), "ticket"),
    "salesiq_portal": (("chat_",), "chat"),
    "survey": (("nps", "csat", "survey_"), "survey"),
    "Calls": (("call_",), "call"),
    "Events": (("meeting_",), ""),
    "Tasks": (("task_",), ""),
    "Notes": (("note_",), "note"),
}
_ROLES = ("accounts", "contacts", "products", "transactions")
_RECORDS = {"contacts": "contact", "products": "product", "transactions": "transaction"}


@dataclass(frozen=True, slots=True)
class InUse:
    """A source that a document takes away although something uses it.

    Attributes:
        path: the place in the document.
        source: for a message.
        users: what uses it, in words.
        replaced: something else gives the same from now on, so that it can be done when it is confirmed.
    """

    path: Path
    source: str
    users: tuple[str, ...]
    replaced: bool = False

    def sentence(self) -> str:
        """What is wrong, and what to do."""
        who = " and ".join(_listed(self.users))
        if self.replaced:
            return f"{self.source} is replaced; used by {who}."
        return f"{self.source} cannot be disconnected: it is used by {who}. Take it out of there first."


def wider(before: Configuration, after: Configuration) -> Configuration:
    """The later document with the sources and segmentations of the earlier one, to read all its criteria."""
    also = tuple(dict.fromkeys((*after.sync.also, *before.sync.also)))
    finance = (*after.finance, *(one for one in before.finance if one not in after.finance))
    gone = (one for one in before.segmentations if after.segmentation(one.name) is None)
    return after.model_copy(
        update={
            "segmentations": (*after.segmentations, *gone),
            "finance": finance,
            "sync": after.sync.model_copy(update={"also": also}),
        }
    )


def disconnected(before: Configuration, after: Configuration, known: Sequence[Use]) -> Iterator[InUse]:
    """Every source that the later document takes away although it uses it.

    Args:
        before: what is in force.
        after: the document.
        known: the uses in ``wider(before, after)``.
    """
    yield from _finance(before, after, known)
    yield from _modules(before, after, known)
    yield from _suite(before, after, known)
    yield from _mapping(before, after, known)


def _finance(before: Configuration, after: Configuration, known: Sequence[Use]) -> Iterator[InUse]:
    stay = {one.product for one in after.finance}
    left = {kind for product in stay for kind in _kinds(product)}
    for product in dict.fromkeys(one.product for one in before.finance if one.product not in stay):
        used = {one: list(_users_of_records(known, f"document:{one}")) for one in sorted(_kinds(product))}
        users = [user for some in used.values() for user in some]
        if users:
            replaced = left.issuperset(kind for kind, some in used.items() if some)
            yield InUse(("finance",), f"Zoho {product.title()}", _once(users), replaced=replaced)


def _kinds(product: str) -> set[str]:
    return {one.kind for name, lists in LISTS.items() if name == product for one in lists}


def _modules(before: Configuration, after: Configuration, known: Sequence[Use]) -> Iterator[InUse]:
    for module in before.sync.also:
        if module in after.sync.also:
            continue
        users = list(_users_of_records(known, f"record:{module}"))
        if module in READERS and before.suite.crm_activities:
            users += _users_of_events(after, module, known)
        if users:
            yield InUse(("sync", "also"), f"The module {module}", _once(users))


def _suite(before: Configuration, after: Configuration, known: Sequence[Use]) -> Iterator[InUse]:
    for key in type(before.suite).model_fields:
        was, now = getattr(before.suite, key), getattr(after.suite, key)
        if not was or now:
            continue
        sources = [one for one in before.sync.also if one in READERS] if key == "crm_activities" else [key]
        users = [user for one in sources for user in _users_of_events(after, one, known)]
        if users:
            yield InUse(("suite", key), f"suite.{key}", _once(users))


def _mapping(before: Configuration, after: Configuration, known: Sequence[Use]) -> Iterator[InUse]:
    for role in _ROLES:
        was, now = getattr(before.mapping, role).module, getattr(after.mapping, role).module
        if was == now:
            continue
        users = [_said(one) for one in after.segmentations if _takes(one, role)]
        users += _users_of_records(known, _RECORDS.get(role, ""))
        if users:
            path = ("mapping", role, "module")
            yield InUse(path, f"The module {was} (by {now}, for {role})", _once(users), replaced=True)


def _takes(segmentation: Segmentation, role: str) -> bool:
    """Whether a technique by itself reads the records of a role."""
    match role:
        case "transactions":
            return isinstance(segmentation, RecommendationSegmentation)  # of RFM and leaving: by their uses
        case "products":
            return isinstance(segmentation, RecommendationSegmentation)
        case "contacts":
            return isinstance(segmentation, EngagementSegmentation | VoiceSegmentation)
    return role == "accounts"


def _users_of_events(configuration: Configuration, source: str, known: Sequence[Use]) -> Iterator[str]:
    beginnings, voice = _EVENTS[source]
    for one in configuration.segmentations:
        if isinstance(one, EngagementSegmentation):
            points = (event for channel in one.channels for event in channel.points)
            if any(event.startswith(beginnings) for event in points):
                yield _said(one)
        elif isinstance(one, VoiceSegmentation) and voice in one.sources:
            yield _said(one)
    yield from _users_of_records(known, "event")


def _users_of_records(known: Iterable[Use], source: str) -> Iterator[str]:
    """Segmentations and segments whose criteria ask for records."""
    for use in known:
        if use.used == Part("records", source):
            of_label = use.user.kind == "label"
            yield f"the segmentation '{use.user.name}'" if of_label else f"the {use.user.said()}"


def _said(segmentation: Segmentation) -> str:
    return f"the segmentation '{segmentation.name}'"


def _once(users: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(users))


def _listed(users: Sequence[str]) -> list[str]:
    """At most two parts, to be joined by ``and``."""
    return list(users) if len(users) <= 1 else [", ".join(users[:-1]), users[-1]]
