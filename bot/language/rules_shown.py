"""Rules for what may be meant to be shown: VIPs with their phone. As a condition it drops accounts."""

from __future__ import annotations

from bot.language.draft import Draft
from bot.language.meanings import Role
from bot.language.question import Reading
from bot.language.rules_amounts import OPERATORS
from bot.language.rules_together import fields_in_a_row


def shown(draft: Draft, at: int) -> int:
    """With their phone, with phone and city: to be there, or to be shown? That is asked back.

    "With a phone", "with website", "with both website and phone" are conditions.
    """
    behind = draft.behind(at)
    found = fields_in_a_row(draft, at) if _is_with(draft, behind) else None
    if found is None:
        return at
    named, end, _either = found
    between = range(behind + 1, at)
    theirs = any(draft.role(one, Role.THEIR) for one in between)
    if not theirs and (len(named) == 1 or between):
        return at
    if draft.role(draft.skip(end, Role.BOTH), Role.BY, Role.EMPTY, Role.BETWEEN, *OPERATORS):
        return at
    names = [_with_article(one.name.replace("_", " ")) for one in named]
    everybody = draft.rewritten(behind, end, "").replace(" ,", ",")
    readings = (
        Reading(everybody, "all of them; an export has every field"),
        Reading(
            draft.rewritten(behind, end, " and ".join(f"with {name}" for name in names)),
            f"only those that have {' and '.join(names)}",
        ),
    )
    return draft.problem(behind, end, "Is that to be shown, or to be there?", readings=readings)


def _with_article(name: str) -> str:
    return f"an {name}" if name[:1] in "aeio" else f"a {name}"


def _is_with(draft: Draft, at: int) -> bool:
    """The bare word; in "with a" and "that have" it is a condition."""
    return at >= 0 and draft.items[at].text.lower() in {"with", "w/"} and bool(draft.role(at, Role.WITH))
