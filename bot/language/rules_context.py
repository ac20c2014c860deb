"""Rules for what is said around a question: where one is going, what it is for, what it explains.

A context is left aside only where it stands apart from the question; a day or place that could be a
condition is never dropped.
"""

from __future__ import annotations

import re
from itertools import pairwise

from bot.language.draft import Draft, Term
from bot.language.meanings import Role, ValueWord
from bot.language.when import moment
from scoring.criteria.fields import FieldType
from scoring.criteria.tree import IsEmpty

_PLACES = {"city", "state", "country"}
_PURCHASES = {"last_purchase", "purchases"}
_PARTED = re.compile(r"[,.:;!?()\u2013\u2014]|\s-\s")
_COMPARING = (Role.OVER, Role.AT_LEAST, Role.UNDER, Role.AT_MOST, Role.BETWEEN, Role.EXACTLY, Role.UNLIKE)
_BEFORE_A_DAY = (Role.DURING, Role.SINCE, Role.PLACE, Role.LINK)
_HAPPENED = (Role.BOUGHT, Role.NEVER_BOUGHT, Role.LAST_BOUGHT, Role.MOVED, Role.WERE, Role.GAINED)
_SUMMARIES = (Role.CARD, Role.OVERVIEW, Role.FLOCK)
_WHAT_FOR = (Role.FILLER, Role.ME, Role.LATER, Role.OCCASION, Role.PREPARING, Role.THIS, Role.NEXT, Role.UNIT)


def travel(draft: Draft, at: int) -> int:
    """I am flying to Dallas next week, which VIPs are there: the place counts, the day of the journey not."""
    if not draft.role(at, Role.TRAVEL):
        return at
    place = draft.skip(at + 1)
    if draft.named(place) or _is_place(draft, place):
        draft.placed = True
        return draft.use(at, at + 1, "where")
    return draft.problem(at, at + 1, f"“{draft.words(at, at + 1)}” where? I do not see a place.")


def travel_day(draft: Draft, at: int) -> int:
    """The day of a journey, behind its place and before what is asked."""
    place = draft.behind(at)
    known = _is_place(draft, place) or (place >= 0 and draft.named(place))
    if not known or not draft.role(draft.behind(place), Role.TRAVEL):
        return at
    start = draft.skip(at + 1) if draft.role(at, Role.DURING, Role.LINK) else at
    found = moment(draft, start)
    end = start + 1 if draft.role(start, Role.TRAVEL_DAY) else found[1] if found else at
    apart = end > at and _parted(draft, end) and not _asks_when(draft, end)
    return draft.use(at, end, "when you are there") if apart else at


def nearby(draft: Draft, at: int) -> int:
    """Any champions *nearby*, where one is going."""
    near = draft.role(at, Role.NEARBY) and draft.said(Role.TRAVEL)
    return draft.use(at, at + 1, "there") if near else at


def settle(draft: Draft) -> None:
    """Flying to Dallas from Austin; not buying anything, quiet for 90 days: one of the two is meant."""
    bought = [term for term in draft.terms if term.field == "last_purchase"]
    never = any(isinstance(term.node, IsEmpty) and not term.negative for term in bought)
    if never and len(bought) > 1 and not any(term.joined is Role.OR for term in bought):
        draft.problem(0, 1, "Those that never bought, or those that have not bought for that long?")
    if not draft.said(Role.TRAVEL):
        return
    places = [term for term in draft.terms if term.field in _PLACES and term.values]
    if any(_another(one, other) for one, other in pairwise(places)):
        at = next(at for at in range(len(draft.items)) if draft.role(at, Role.TRAVEL))
        draft.problem(at, at + 1, "Which of these places is meant?")


def _another(one: Term, other: Term) -> bool:
    return one.field == other.field and other.joined not in {Role.AND, Role.OR}


def _is_place(draft: Draft, at: int) -> bool:
    return any(isinstance(one, ValueWord) and one.field in _PLACES for one in draft.values(at))


def _parted(draft: Draft, at: int) -> bool:
    """Whether a new part of the sentence begins at an index: a sign stands before it."""
    if not 0 < at < len(draft.items):
        return False
    between = draft.text[draft.items[at - 1].end : draft.items[at].start]
    return draft.role(at, Role.COMMA) is not None or bool(_PARTED.search(between))


def _asks_when(draft: Draft, at: int) -> bool:
    """Whether what is asked behind needs a day and has none of its own: it may be that of the context."""
    places = range(at, len(draft.items))
    dated = any(draft.role(one, *_HAPPENED) or draft.field(one, FieldType.DATE) for one in places)
    return dated and not any(moment(draft, one) for one in places)


def occasion(draft: Draft, at: int) -> int:
    """For my QBR; before the board meeting, at the beginning; I have a meeting with the CFO later."""
    begins = draft.behind(at) < 0
    for_it = draft.role(at, Role.FOR_OCCASION)
    having = draft.role(at, Role.WITH) or (draft.role(at, Role.ME) and " " in draft.items[at].text)  # I have
    before = begins and (draft.role(at, Role.BEFORE) or having)
    noun = draft.skip(at + 1, Role.ME)
    if not (for_it or before) or not draft.role(noun, Role.OCCASION) or draft.values(noun):
        return at
    end = noun + 1
    whom = draft.skip(end + 1)
    if draft.role(end, Role.WITH) and draft.role(whom, Role.AUDIENCE):
        end = whom + 1
    end = end + 1 if draft.role(end, Role.TRAVEL_DAY) else end
    apart = for_it or (_parted(draft, end) and not _asks_when(draft, end))
    return draft.use(at, end, "what it is for") if apart else at


def reason(draft: Draft, at: int) -> int:
    """So I can plan my week: at the end, and only of words that could not be a condition."""
    if not draft.role(at, Role.SO_THAT):
        return at
    places = range(at + 1, len(draft.items))
    plain = all(draft.role(one, *_WHAT_FOR) and not draft.values(one) for one in places)
    return draft.use(at, len(draft.items), "what it is for") if plain and places else at


def brief(draft: Draft, at: int) -> int:
    """A *quick* rundown on Acme, a *short* summary."""
    summed = draft.role(at, Role.BRIEFLY) and draft.role(draft.skip(at + 1), *_SUMMARIES)
    return draft.use(at, at + 1, "asked") if summed else at


def people(draft: Draft, at: int) -> int:
    """Finance *people* in Miami: accounts, where nothing is counted or compared."""
    trade = any(isinstance(one, ValueWord) and one.field == "industry" for one in draft.values(at - 1))
    if not trade or not draft.role(at, Role.GROUP_NOUN):
        return at
    measured = draft.said(Role.COUNT, Role.AGGREGATE, Role.MOST, Role.FEWEST, Role.SUPERLATIVE, Role.BY)
    if measured or draft.role(draft.skip(at + 1), *_COMPARING) or draft.sorts:
        return at
    draft.nouns = True
    return draft.use(at, at + 1, "accounts")


def explained(draft: Draft, at: int) -> int:
    """Accounts that *went quiet*, no purchase in 90 days: the second clause says what the first means."""
    if not draft.role(at, Role.INACTIVE) or draft.values(at) or draft.nots:
        return at
    comma = draft.skip(at + 1, Role.NOUN, Role.NOUN_ONE)
    denied = draft.skip(comma + 1, Role.WITH) if draft.role(comma, Role.COMMA) else comma
    if not _parted(draft, comma) or not _not_bought(draft, denied):
        return at
    return draft.use(at, at + 1, "not bought, as said behind it")


def _not_bought(draft: Draft, at: int) -> bool:
    """No purchase in 90 days; have not ordered since June; nothing bought this year."""
    end = draft.skip(at + 1)
    if draft.role(at, Role.NOT, Role.WITHOUT):
        field = draft.field(end)
        if not draft.role(end, Role.BOUGHT) and (field is None or field.name not in _PURCHASES):
            return False
        end = draft.skip(end + 1)
    elif not draft.role(at, Role.NEVER_BOUGHT):
        return False
    end = draft.skip(end + 1) if draft.role(end, *_BEFORE_A_DAY) else end
    return moment(draft, end) is not None
