"""Words that would otherwise say nothing: a connective with nothing behind it, "vs", days still to come."""

from __future__ import annotations

import calendar
from datetime import date

from bot.language import rules_context
from bot.language.asked import Mode
from bot.language.draft import Draft, groupable
from bot.language.meanings import Role
from bot.language.question import Metric, Reading
from bot.language.rules_labels import label_at
from bot.language.spans import days_of
from bot.language.tokens import phrase
from scoring.criteria.tree import Rolling

_OF_OPEN_DEALS = {Metric.PIPELINE, Metric.OPEN_DEALS}
_TO_COME = "is still to come: only open deals have a day that is expected."


def settle(draft: Draft) -> None:
    """Name what was said and joins nothing, and break down what was set side by side."""
    _day_or_month(draft)
    _dangling(draft)
    _contrasts(draft)
    _both(draft)
    rules_context.settle(draft)
    for first, last, span in draft.asked.spans:
        begins = days_of(span, draft.vocabulary.today, draft.vocabulary.index.fiscal_year_starts).first
        later = begins is not None and begins > draft.vocabulary.today
        expected = any(one.metric in _OF_OPEN_DEALS for one in draft.asked.metrics)
        if (later or (isinstance(span, Rolling) and span.count < 0)) and not expected:
            draft.problem(first, last, f"“{draft.words(first, last)}” {_TO_COME}")


def _day_or_month(draft: Draft) -> None:
    """11/12/2026: the 12th of November, or the 11th of December."""
    for at in range(len(draft.items)):
        either_day = draft.days(at)
        if len(either_day) > 1:
            days = [date.fromisoformat(one.iso) for one in either_day]
            spoken = [f"{day.day} {calendar.month_name[day.month]} {day.year}" for day in days]
            readings = tuple(Reading(draft.rewritten(at, at + 1, one), one) for one in spoken)
            reason = f"“{draft.words(at, at + 1)}”: is that {' or '.join(spoken)}?"
            draft.problem(at, at + 1, reason, readings=readings)


def _dangling(draft: Draft) -> None:
    """VIPs or; accounts with: something is missing."""
    last = len(draft.items) - 1
    asks_where = draft.said(Role.WHICH_OF, Role.WHERE_ARE, Role.CARD)  # which city are our VIPs in
    used = any(first <= last < end for first, end, _ in draft.uses)
    asked = draft.role(last, Role.SHARE_VERB)  # how many accounts do we have
    roles = (Role.AND, Role.OR, Role.WITH) if asks_where else (Role.AND, Role.OR, Role.WITH, Role.PLACE)
    joins = draft.role(last, *roles) or (draft.role(last, Role.LINK) and " " in draft.items[last].text)
    open_end = joins and not (used or asked or last in draft.card_at)  # "a phone number for" is whole
    places = {last} if open_end else set()
    if draft.either_at is not None:
        places.add(draft.either_at)
    for at in places:
        draft.problem(at, at + 1, f"“{draft.words(at, at + 1)}” is followed by nothing that it could join.")


def _contrasts(draft: Draft) -> None:
    """Healthcare vs retail revenue: broken down by what the two are values of."""
    said = [*draft.contrasts, *([(draft.versus_at, "")] if draft.versus_at is not None else [])]
    for at, name in said:
        if not name:
            reason = f"“{draft.words(at, at + 1)}” can stand between two values of one field, or two periods."
            draft.problem(at, at + 1, reason)
    at, name = next(((at, name) for at, name in said if name), _compared(draft))
    if name:
        others = {one for _, one in said if one} - {name}
        named = draft.vocabulary.index.catalog.find(name)
        if others or named is None or not groupable(named):
            draft.problem(at, at + 1, "Values of one field can be set side by side.")
        else:
            _break_down(draft, at, name)


def _compared(draft: Draft) -> tuple[int, str]:
    """Compare VIP and loyal spend: the field of which several values were said."""
    asked = draft.asked
    if draft.mode is not Mode.FIGURE or not asked.compared or asked.versus or asked.by or asked.every:
        return 0, ""
    at = next(at for at in range(len(draft.items)) if draft.role(at, Role.COMPARE))
    terms = [term for term in draft.terms if term.values and not term.negative]
    names = [
        term.field for term in terms if len({one.values for one in terms if one.field == term.field}) > 1
    ]
    if len(set(names)) != 1:
        draft.problem(at, at + 1, "Compare what with what? Two periods, two values, or “by industry”.")
        return at, ""
    return at, names[0]


def _break_down(draft: Draft, at: int, name: str) -> None:
    asked = draft.asked
    if draft.mode is Mode.FIGURE and asked.share_at is None:
        if name not in {one for _, one in asked.by}:
            asked.by.append((at, name))
        return
    ordered = draft.sorts or draft.default_sorts or draft.by or draft.limit is not None
    other = draft.group not in {None, name} or asked.offered or asked.products or draft.accounts
    if draft.mode is Mode.LIST and (draft.counted or draft.nouns or draft.group) and not (ordered or other):
        draft.group = name
        return
    pair = f"accounts with {draft.text.strip(' ?')}"
    counted = () if draft.mode is not Mode.LIST or ordered or other else (f"how many {pair}",)
    readings = tuple(Reading(one, one) for one in counted)
    reason = f"“{draft.words(at, at + 1)}”: compared by what? Their number, revenue, win rate?"
    draft.problem(at, at + 1, reason, readings=readings)


def _both(draft: Draft) -> None:
    """Accounts that are both VIP and champion: no account has two labels; VIPs and champions are meant."""
    for at in range(len(draft.items)):
        first = draft.skip(at + 1)
        second = draft.skip(first + 2)
        one, other = (label_at(draft, place) for place in (first, second))
        if not draft.role(at, Role.BOTH) or not one or not other or one.field != other.field:
            continue
        if not draft.role(first + 1, Role.AND) or phrase(draft.items[first].text).endswith("s"):
            continue
        new = f"{draft.words(first, first + 1)} or {draft.words(second, second + 1)}"
        readings = (Reading(draft.rewritten(at, second + 1, new), new),)
        draft.problem(at, second + 1, "No account has two of these labels at once.", readings=readings)
