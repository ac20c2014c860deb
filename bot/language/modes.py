"""As what a sentence may be read: list, figure, changes of label, labels of the past; the likeliest first."""

from __future__ import annotations

from collections.abc import Callable

from bot.language.asked import Mode
from bot.language.draft import Draft
from bot.language.meanings import FieldWord, GrammarWord, Item, Role
from bot.language.rules_figures import begins_with_sum, compared, deals_and_verb
from bot.language.rules_grown import course_at
from bot.language.rules_labels import gained_label, label_at
from bot.language.rules_moves import lost_by_us
from bot.language.rules_past import any_more
from bot.language.when import moment
from scoring.criteria.fields import FieldType

_FIGURES = {Role.METRIC, Role.SHARE, Role.BY_PRODUCT, Role.BEST_PRODUCTS, Role.PRODUCTS}
_FIGURES_PERHAPS = {Role.LOOSE_METRIC, Role.AGGREGATE, Role.HOW_MUCH, Role.TREND, Role.EVERY}
_RANKING = {Role.SUPERLATIVE, Role.MOST, Role.BY, Role.SORT_BY, Role.PER}
_ORDERS = (Role.SUPERLATIVE, Role.AT_LEAST, Role.AT_MOST, Role.MOST, Role.FEWEST)
# A figure's word behind one of these is a condition: accounts with purchases this month.
_CONDITIONS = (
    *(Role.WITH, Role.WITHOUT, Role.NOT, Role.BY, Role.SORT_BY, Role.SUPERLATIVE, Role.MOST, Role.FEWEST),
    *(Role.BOUGHT, Role.NOUN, Role.NOUN_ONE, Role.OWNS, Role.LAST),
)


def modes(draft: Draft) -> tuple[Mode, ...]:
    """What to try, in this order; the first that leaves no doubt is taken.

    Args:
        draft: the sentence, to which no rule has been applied yet.
    """
    roles = {one.role for item in draft.items for one in item.options if isinstance(one, GrammarWord)}
    sure = next((found for holds, found in _SURE if holds(draft, roles)), None)
    return sure or (Mode.LIST, *_further(draft, roles))


def _further(draft: Draft, roles: set[Role]) -> list[Mode]:
    """What it may be when it makes no list."""
    further = []
    if roles & {Role.MOVED}:
        further.append(Mode.MOVED)
    if roles & {Role.WERE, Role.EVER, Role.FORMER} or _label_then(draft):
        further.append(Mode.HISTORY)
    bought = {Role.COUNT, Role.BOUGHT} <= roles
    ranked = bool(roles & _RANKING) and _over_time(draft)  # our best customers this year
    if bought or ranked or roles & _FIGURES_PERHAPS or _sums(draft) or _any(draft, _counts_a_number):
        further.append(Mode.FIGURE)
    return further


def _any(draft: Draft, holds: Callable[[Draft, int], object]) -> bool:
    return any(holds(draft, at) for at in range(len(draft.items)))


def _compared(draft: Draft, _roles: set[Role]) -> bool:
    return _any(draft, lambda one, at: course_at(one, at) is not None)


def _counts_deals(draft: Draft, _roles: set[Role]) -> bool:
    return deals_and_verb(draft) is not None


def _of_one_account(_draft: Draft, roles: set[Role]) -> bool:
    return bool(roles & {Role.WHY, Role.OFFER})


def _over(draft: Draft, _roles: set[Role]) -> bool:
    return _any(draft, _no_longer)


def _began(draft: Draft, _roles: set[Role]) -> bool:
    return _any(draft, _became) and _over_time(draft)


def _gained(draft: Draft, _roles: set[Role]) -> bool:
    return _any(draft, gained_label)


def _lost(draft: Draft, _roles: set[Role]) -> bool:
    return _any(draft, lost_by_us) and _over_time(draft)


def _moved(draft: Draft, _roles: set[Role]) -> bool:
    return any(_moves(item) for item in draft.items)


def _earned(_draft: Draft, roles: set[Role]) -> bool:
    asks = bool(roles & {Role.HOW_MUCH, Role.WHICH_OF}) and Role.COUNT not in roles
    return asks and Role.EARNING in roles


def _measured(draft: Draft, roles: set[Role]) -> bool:
    return bool(roles & _FIGURES) or _any(draft, _measures) or _highest_of(draft)


def _no_longer(draft: Draft, at: int) -> bool:
    """No longer VIP, not VIP anymore: that is more than not VIP."""
    past = draft.role(at, Role.FORMER) and draft.role(at, Role.NOT)
    if past and label_at(draft, draft.skip(at + 1)) is not None:
        return True
    return any_more(draft, at) is not None


def _became(draft: Draft, at: int) -> bool:
    """New VIPs; where New is a label as well, only directly before another one."""
    return bool(draft.role(at, Role.NEWLY)) and label_at(draft, draft.skip(at + 1)) is not None


def _label_then(draft: Draft) -> bool:
    """VIPs on 1 March: a label and a day."""
    places = range(len(draft.items))
    return any(label_at(draft, at) for at in places) and any(moment(draft, at) for at in places)


def _highest_of(draft: Draft) -> bool:
    """The highest spend in retail: a figure, when no accounts are spoken of."""
    first = draft.skip(0)
    if not draft.role(first, Role.AGGREGATE) or not draft.role(first, *_ORDERS):
        return False
    nouns = any(draft.role(at, Role.NOUN, Role.NOUN_ONE, Role.LIMIT) for at in range(len(draft.items)))
    after = draft.skip(first + 1)
    after = draft.skip(after + 1) if draft.role(after, Role.COUNT) else after
    amount = draft.field(after, FieldType.NUMBER, FieldType.MONEY)
    if draft.values(after + 1):
        return False  # lowest revenue VIPs are a list
    if any(draft.role(at, Role.NOBODYS) for at in range(after, len(draft.items))):
        return False  # what nobody owns are accounts
    return amount is not None and not nouns and not compared(draft, after)


def _moves(item: Item) -> bool:
    """A verb of moving that is nothing else: "joined" is also a field."""
    moves = any(isinstance(one, GrammarWord) and one.role is Role.MOVED for one in item.options)
    return moves and not any(isinstance(one, FieldWord) for one in item.options)


def _measures(draft: Draft, at: int) -> bool:
    """Average spend; how many purchases; orders this month: certainly a figure."""
    if draft.role(at, Role.AGGREGATE) and not draft.role(at, *_ORDERS):
        return _measurable(draft, draft.skip(at + 1))
    if not draft.role(at, Role.LOOSE_METRIC) or not draft.role(at, Role.BOUGHT, Role.LOOSE_METRIC):
        return False
    behind = draft.behind(at)
    if draft.role(behind, *_CONDITIONS) or compared(draft, at):
        return False
    return draft.role(behind, Role.COUNT) is not None or (
        draft.role(at, Role.BOUGHT) is not None and _over_time(draft)
    )


def _counts_a_number(draft: Draft, at: int) -> bool:
    """How many employees do our VIPs have: what is counted is kept as a number."""
    return bool(draft.role(at, Role.COUNT)) and draft.field(draft.skip(at + 1), FieldType.NUMBER) is not None


def _measurable(draft: Draft, at: int) -> bool:
    return bool(draft.field(at) or draft.role(at, Role.METRIC, Role.LOOSE_METRIC))


def _over_time(draft: Draft) -> bool:
    return draft.said(Role.EVERY, Role.TREND) or any(
        moment(draft, at) is not None and not draft.role(at, Role.UNIT) for at in range(len(draft.items))
    )


def _sums(draft: Draft) -> bool:
    """Total spend; spend by industry, whose sum is meant."""
    places = range(len(draft.items))
    return any(draft.field(at) and begins_with_sum(draft, at) for at in places) or any(
        draft.field(at, FieldType.MONEY) and draft.role(draft.skip(at + 1), Role.BY, Role.PER)
        for at in places
    )


# What a sentence certainly is, the first that holds.
_SURE: tuple[tuple[Callable[[Draft, set[Role]], bool], tuple[Mode, ...]], ...] = (
    (_compared, (Mode.FIGURE, Mode.LIST)),
    (_counts_deals, (Mode.FIGURE, Mode.LIST)),
    (_of_one_account, (Mode.LIST,)),
    (_over, (Mode.HISTORY, Mode.LIST)),
    (_began, (Mode.MOVED, Mode.LIST)),
    (_gained, (Mode.MOVED,)),
    (_lost, (Mode.MOVED, Mode.LIST)),
    (_moved, (Mode.MOVED, Mode.LIST)),
    (_earned, (Mode.FIGURE, Mode.LIST)),
    (_measured, (Mode.FIGURE, Mode.LIST)),
)
