"""Which rules read a sentence, in which order, for each way to read it."""

from __future__ import annotations

from collections.abc import Callable

from bot.language import (
    rules_amounts,
    rules_bought,
    rules_contacts,
    rules_context,
    rules_dates,
    rules_deals,
    rules_figures,
    rules_grown,
    rules_leaving,
    rules_moves,
    rules_names,
    rules_new,
    rules_offers,
    rules_order,
    rules_past,
    rules_shown,
    rules_spans,
    rules_tags,
    rules_technologies,
    rules_together,
    rules_values,
    rules_within,
)
from bot.language.asked import Mode
from bot.language.draft import Draft
from bot.language.meanings import Role
from bot.language.when import moment

Rule = Callable[[Draft, int], int]


def _help(draft: Draft, at: int) -> int:
    if not draft.role(at, Role.HELP):
        return at
    draft.helped = True
    return draft.use(at, at + 1, "help")


def _later(draft: Draft, at: int) -> int:
    """Something that people ask for and that is not there yet."""
    word = draft.role(at, Role.LATER)
    if word is None or draft.values(at):
        return at
    return draft.problem(at, at + 1, f"later:{word.argument}")


def _about_one(draft: Draft, at: int) -> int:
    """Words that ask about one account; some of them also about everything."""
    word = draft.role(at, Role.WHY, Role.CARD, Role.MOVED, Role.FLOCK, Role.OVERVIEW, Role.DOING)
    if word is None or _says_less(draft, at):
        return at
    asked = draft.asked
    for role, places in (
        (Role.FLOCK, asked.flock),
        (Role.OVERVIEW, asked.overview),
        (Role.DOING, asked.doing),
    ):
        if draft.role(at, role):
            places.append(at)
    if draft.role(at, Role.WHY):
        asked.why.append(at)
    draft.card_at.append(at)
    return at + 1


def _befell(draft: Draft, at: int) -> int:
    """Why did Acme *churn*, *go quiet*; why did we *lose* Acme: what is asked is why."""
    if not draft.asked.why or not draft.role(at, Role.BEFELL, Role.INACTIVE, Role.DEAL_VERB):
        return at
    if draft.values(at) or draft.nots or moment(draft, draft.skip(at + 1)):
        return at
    draft.card_at.append(at)
    return at + 1


def _says_less(draft: Draft, at: int) -> bool:
    """Accounts that *made* 30 purchases, *are out of* Texas; *ok*, show me.

    "Are my VIPs ok" alone asks how they are.
    """
    if draft.role(at, Role.FILLER) and draft.role(at, Role.DOING):
        return not (at == len(draft.items) - 1 and draft.role(0, Role.SHARE_VERB))
    return bool(draft.role(at, Role.MOVED) and draft.role(at, Role.WITH, Role.PLACE))


def _back(draft: Draft, at: int) -> int:
    """What would bring Acme *back*; when did Acme buy *last*."""
    ends = draft.skip(at + 1) == len(draft.items)
    last = draft.role(at, Role.LAST) and draft.accounts and draft.card_at and ends
    if not last and not (draft.asked.why and draft.role(at, Role.AGO)):
        return at
    draft.card_at.append(at)
    return at + 1


def _total(draft: Draft, at: int) -> int:
    """Total accounts in Texas: their number."""
    word = draft.role(at, Role.AGGREGATE)
    after = draft.skip(at + 1)
    if word is not None and word.argument == "sum" and draft.counted and after == len(draft.items):
        return draft.use(at, at + 1, "how many")  # how many accounts total
    noun = draft.role(after, Role.NOUN, Role.NOUN_ONE) or draft.values(after)
    if word is None or word.argument != "sum" or not noun:
        return at
    draft.counted = True
    return draft.use(at, at + 1, "how many")


def _only_over_time(draft: Draft, at: int) -> int:
    """By month: that is for figures."""
    if not draft.role(at, Role.EVERY, Role.TREND):
        return at
    return draft.problem(at, at + 1, "Only figures can be shown over time: revenue, win rate, purchases.")


def _field_alone(draft: Draft, at: int) -> int:
    """A field that nothing is said of; it may belong to the card of an account."""
    if draft.field(at) is None:
        return at
    draft.leftover_fields.append(at)
    return at + 1


_CONDITIONS: tuple[Rule, ...] = (
    rules_deals.worth,
    rules_deals.age,
    rules_deals.largest,
    rules_context.travel,
    rules_context.travel_day,
    rules_context.nearby,
    rules_context.occasion,
    rules_context.reason,
    rules_names.part_of_name,
    rules_technologies.uses,
    rules_tags.tagged,
    rules_contacts.has_contacts,
    rules_leaving.likely,
    rules_leaving.not_there,
    rules_bought.product_often,
    rules_offers.bought,
    rules_offers.product,
    rules_dates.never_bought,
    rules_dates.hours,
    rules_values.account,
    rules_shown.shown,
    rules_together.together,
)
_VALUES: tuple[Rule, ...] = (
    rules_values.seller,
    rules_values.team,
    rules_values.owner,
    rules_values.of_field,
    rules_values.value,
    rules_values.existence,
)
_SMALL: tuple[Rule, ...] = (rules_order.currency, rules_order.join, rules_order.filler)
_LISTS: tuple[Rule, ...] = (
    _help,
    _befell,
    rules_context.brief,
    rules_context.people,
    rules_context.explained,
    rules_offers.offer,
    *_CONDITIONS,
    rules_offers.next_thing,
    rules_past.was_in_a_list,
    rules_offers.renewal,
    rules_new.first_bought,
    rules_new.new,
    rules_new.since,
    rules_within.again,
    rules_bought.of_an_order,
    rules_bought.then,
    rules_bought.times,
    rules_amounts.of_a_period,
    rules_amounts.spending,
    rules_dates.date_condition,
    rules_amounts.amount,
    rules_order.within_first,
    rules_order.superlative,
    rules_order.sort_by,
    rules_order.by,
    rules_order.limit,
    rules_order.group,
    rules_order.count,
    _total,
    *_VALUES,
    rules_contacts.contacts,
    _later,
    _about_one,
    _back,
    _only_over_time,
    *_SMALL,
    _field_alone,
)
_FIGURES: tuple[Rule, ...] = (
    _help,
    rules_grown.than_then,
    rules_grown.grown,
    rules_grown.amount,
    rules_grown.first_ones,
    *_CONDITIONS,
    rules_figures.among,
    rules_figures.deals,
    rules_figures.share_noun,
    rules_figures.share_verb,
    rules_spans.versus,
    rules_figures.my_own,
    rules_figures.metric,
    rules_figures.per_account,
    rules_figures.every,
    rules_figures.aggregate,
    rules_figures.products,
    rules_figures.largest,
    rules_figures.breakdown,
    rules_figures.breakdown_after,
    rules_spans.span,
    rules_figures.share,
    rules_figures.how_much,
    rules_figures.counted,
    rules_figures.buyers,
    rules_dates.date_condition,
    rules_amounts.amount,
    *_VALUES,
    rules_contacts.contacts,
    _later,
    rules_figures.earning,
    rules_figures.small,
    *_SMALL,
    rules_figures.measured,
)
_PAST: tuple[Rule, ...] = (
    _help,
    *_CONDITIONS,
    rules_spans.span,
    rules_dates.date_condition,
    rules_amounts.amount,
    rules_order.count,
    *_VALUES,
    rules_contacts.contacts,
    _later,
    *_SMALL,
)
RULES: dict[Mode, tuple[Rule, ...]] = {
    Mode.LIST: _LISTS,
    Mode.FIGURE: _FIGURES,
    Mode.MOVED: (
        rules_moves.gained,
        rules_moves.became_lost,
        rules_moves.moved,
        rules_moves.newly,
        rules_past.were,
        *_PAST,
    ),
    Mode.HISTORY: (rules_past.still, rules_past.not_any_more, rules_past.held, rules_past.were, *_PAST),
}
