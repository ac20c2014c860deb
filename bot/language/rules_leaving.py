"""Rules for who may leave: likely to churn is asked back; what is not known yet says what it needs."""

from __future__ import annotations

from bot.language.draft import Draft
from bot.language.meanings import FieldWord, Role
from bot.language.question import Reading

_RISK = "churn_risk"
_SPOKEN = "risk of leaving"
_OFFERED = (60, 30)  # percent
_BEFORE = (Role.FILLER, Role.LINK, Role.SHARE_VERB)


def likely(draft: Draft, at: int) -> int:
    """Accounts likely to churn: how likely is for the asker to say."""
    if not draft.role(at, Role.LEAVING) or draft.values(at):
        return at
    catalog = draft.vocabulary.index.catalog
    first = at
    while first > 0 and draft.role(first - 1, *_BEFORE) and not draft.values(first - 1):
        first -= 1
    if catalog.find(_RISK) is None:
        reason = catalog.absent.get(_RISK, "How likely an account is to leave is not reckoned here.")
        text = draft.rewritten(first, at + 1, "at risk" if first else "accounts at risk")
        return draft.problem(at, at + 1, reason, readings=(Reading(text, text),))
    noun = "" if first else "accounts "
    said = [f"{noun}with {_SPOKEN} over {percent}%" for percent in _OFFERED]
    texts = [draft.rewritten(first, at + 1, one).strip(" ?") for one in [*said, f"{noun}sorted by {_SPOKEN}"]]
    reason = f"“{draft.words(at, at + 1)}”: how likely? The risk of leaving is known in percent."
    return draft.problem(at, at + 1, reason, readings=tuple(Reading(one, one) for one in texts))


def not_there(draft: Draft, at: int) -> int:
    """A field that the organisation does not have yet: what it needs is said."""
    catalog = draft.vocabulary.index.catalog
    named = [one.field for one in draft.items[at].options if isinstance(one, FieldWord)]
    missing = next((catalog.absent[one] for one in named if one in catalog.absent), None)
    if missing is None or draft.field(at) is not None:
        return at
    return draft.problem(at, at + 1, missing)
