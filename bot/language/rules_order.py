"""Rules for order and shape: top 10, sorted by revenue, how many, per industry; and the words that join."""

from __future__ import annotations

from bot.language.draft import SORTABLE, Draft, groupable, whole
from bot.language.meanings import Role, ValueWord
from bot.language.question import Sort
from bot.language.rules_labels import label_at
from scoring.criteria.fields import FieldType

_TEXT = FieldType.TEXT


def superlative(draft: Draft, at: int) -> int:
    """Top 10, 5 biggest, the most purchases, highest revenue, most recent."""
    word = draft.role(at, Role.SUPERLATIVE, Role.MOST, Role.FEWEST)
    if word is None:
        return at
    if draft.role(at + 1, Role.LIMIT) and (draft.sorts or draft.by) and draft.number(at + 2) is None:
        draft.direction = word.descending
        return draft.use(at, at + 2, "in this order")
    draft.order_at = at
    end = _number_behind(draft, at)
    start = draft.skip(_skip_count(draft, end))
    named = draft.field(start, *SORTABLE)
    if named is not None and not _compared(draft, start):
        descending = word.descending if word.role is Role.SUPERLATIVE else word.role is Role.MOST
        draft.sorts.append(Sort(named.name, descending))
        first = draft.role(start + 1, Role.LIMIT) and draft.number(start + 2) is None
        return draft.use(at, start + (2 if first else 1), _sorted(named.name, descending=descending))
    if word.role is not Role.SUPERLATIVE:
        _whose(draft, at, end)
        return _most_of_group(draft, at) or _field_before(draft, at, descending=word.role is Role.MOST) or at
    if draft.vocabulary.index.catalog.find(word.argument) is None:
        return at
    draft.default_sorts.append(Sort(word.argument, word.descending))
    return draft.use(at, end, _sorted(word.argument, descending=word.descending))


def within_first(draft: Draft, at: int) -> int:
    """Those *in the top 100* that are in Texas: asked back, as the order of the two decides."""
    if not draft.role(at, Role.SUPERLATIVE) or not draft.role(draft.behind(at), Role.PLACE):
        return at
    end = _number_behind(draft, at)
    draft.limit = None
    reason = f"“{draft.words(at, end)}” is a list of its own, of which no part can be asked for."
    return draft.problem(at, end, reason) if end > at + 1 else at


def _whose(draft: Draft, at: int, following: int) -> None:
    """Who has the most VIPs: owners are compared."""
    has = draft.role(draft.behind(at), Role.WITH, Role.OWNS) or draft.role(at - 1, Role.FILLER, Role.ME)
    what = draft.skip(following)
    counted = draft.role(what, Role.NOUN, Role.NOUN_ONE) or draft.values(what)
    has = has or draft.role(draft.behind(at), Role.CARD)  # who owns the most
    if (
        draft.group is None
        and has
        and counted
        and draft.asks_who()
        and draft.vocabulary.index.catalog.find("owner")
    ):
        draft.group = "owner"
        draft.card_at = [one for one in draft.card_at if one != draft.behind(at)]


def _most_of_group(draft: Draft, at: int) -> int:
    """Which country has the most VIPs: a breakdown begins with the largest."""
    if draft.group is None or not draft.role(at, Role.MOST) or draft.said(Role.EARNING):
        return 0
    draft.order_at = None
    return draft.use(at, at + 1, "largest first")


def _field_before(draft: Draft, at: int, *, descending: bool) -> int:
    """Who spent the most: the field stands before."""
    behind = draft.behind(at)
    named = draft.field(behind, *SORTABLE)
    if named is None or behind not in draft.leftover_fields or draft.accounts:
        return 0  # has Konex spent the most: that is no list
    draft.leftover_fields.remove(behind)
    draft.sorts.append(Sort(named.name, descending))
    return draft.use(behind, at + 1, _sorted(named.name, descending=descending))


def _number_behind(draft: Draft, at: int) -> int:
    number = draft.number(at + 1)
    limit = whole(number) if number and not draft.field(at + 2, FieldType.NUMBER) else None
    if limit is None:
        return at + 1
    draft.limit = limit
    return at + 2


def _skip_count(draft: Draft, at: int) -> int:
    """Largest number of employees: here the number is not asked for."""
    at = draft.skip(at)
    return at + 1 if draft.role(at, Role.COUNT) else at


def _compared(draft: Draft, at: int) -> bool:
    after = draft.skip(at + 1)
    return bool(draft.role(after, Role.OVER, Role.UNDER, Role.AT_LEAST, Role.AT_MOST, Role.BETWEEN))


def _sorted(name: str, *, descending: bool) -> str:
    return f"sorted by {name}, {'largest' if descending else 'smallest'} first"


def limit(draft: Draft, at: int) -> int:
    """First 10, limit 5; a number before what is counted: 5 VIPs, 10 biggest."""
    number = draft.number(at + 1) if draft.role(at, Role.LIMIT) else None
    if number is not None:
        return _limited(draft, at, at + 2, whole(number))
    alone = draft.number(at)
    if alone is None:
        return _first_alone(draft, at)
    after = draft.skip(at + 1)
    named = draft.role(after, Role.NOUN, Role.NOUN_ONE, Role.SUPERLATIVE, Role.MOST, Role.FEWEST, Role.ME)
    begins = draft.behind(at) < 0 and after == len(draft.items)
    if (named or draft.values(after) or begins) and draft.items[at].text[:1] not in "$€£":
        return _limited(draft, at, at + 1, whole(alone))
    return at


def _limited(draft: Draft, first: int, last: int, count: int | None) -> int:
    if count is None:
        return first
    draft.limit = count
    draft.order_at = first if draft.order_at is None else draft.order_at
    return draft.use(first, last, f"the first {count}")


def _first_alone(draft: Draft, at: int) -> int:
    """Biggest first, newest retail accounts first: nothing is limited."""
    if not draft.role(at, Role.LIMIT) or draft.behind(at) < 0:
        return at
    ordered = draft.role(draft.behind(at), Role.SUPERLATIVE) or _ends_after_order(draft, at)
    return draft.use(at, at + 1, "in this order") if ordered else at


def _ends_after_order(draft: Draft, at: int) -> bool:
    """Whether the sentence ends with this "first" and one order was said before it, with no limit."""
    ends = draft.skip(at + 1) == len(draft.items)
    return ends and len(draft.default_sorts) == 1 and draft.limit is None and not draft.sorts


def sort_by(draft: Draft, at: int) -> int:
    """Sorted by revenue ascending; by spend; descending."""
    direction = draft.role(at, Role.ASCENDING, Role.DESCENDING)
    if direction is not None:
        draft.direction = direction.role is Role.DESCENDING
        draft.order_at = at if draft.order_at is None else draft.order_at
        return draft.use(at, at + 1, f"{direction.role.value} order")
    if not draft.role(at, Role.SORT_BY):
        return at
    start = draft.skip(at + 1, Role.BY, Role.NOUN)
    start = draft.skip(_skip_count(draft, start))
    named = draft.field(start)
    if named is None:
        return draft.use(at, at + 1, "sorted") if _by_later(draft, start) else at
    descending = named.type in SORTABLE
    given = draft.role(start + 1, Role.ASCENDING, Role.DESCENDING)
    if given is not None:
        descending = given.role is Role.DESCENDING
    draft.sorts.append(Sort(named.name, descending))
    draft.order_at = at
    end = start + 2 if given else start + 1
    return draft.use(at, end, _sorted(named.name, descending=descending))


def _by_later(draft: Draft, at: int) -> bool:
    """Sort VIPs by last purchase: who is sorted stands between."""
    places = range(at + 1, len(draft.items))
    return any(draft.role(one, Role.BY) and draft.field(draft.skip(one + 1)) for one in places)


def by(draft: Draft, at: int) -> int:
    """By revenue, by industry: an order or a breakdown, decided when the whole is known."""
    if not draft.role(at, Role.BY):
        return at
    start = draft.skip(_skip_count(draft, at + 1))
    named = draft.field(start)
    if named is None or draft.values(start):
        return at
    draft.by.append((at, named.name))
    return draft.use(at, start + 1, f"by {named.name}")


def count(draft: Draft, at: int) -> int:
    """How many, number of; how much customers, as it is said by who learned English later."""
    if not draft.role(at, Role.COUNT) and not _how_much_of_them(draft, at):
        return at
    draft.counted = True
    return draft.use(at, at + 1, "how many")


def _how_much_of_them(draft: Draft, at: int) -> bool:
    """How much customers: what is counted stands directly behind, and nothing is measured."""
    much = draft.role(at, Role.HOW_MUCH) and draft.behind(at) < 0
    counted = draft.role(at + 1, Role.NOUN) or label_at(draft, at + 1)
    return bool(much and counted) and not draft.said(Role.EARNING)


def group(draft: Draft, at: int) -> int:
    """Per industry, for each owner, which industries, where are."""
    if draft.role(at, Role.WHERE_ARE) and draft.vocabulary.index.catalog.find("country"):
        draft.group, draft.where_at = "country", at
        return draft.use(at, at + 1, "how many per country")
    word = draft.role(at, Role.PER, Role.WHICH_OF)
    if word is None:
        return at
    start = draft.skip(at + 1)
    named = draft.field(start)
    if word.role is Role.PER and named is None and _broken_down_later(draft, start):
        draft.counted = True
        return draft.use(at, at + 1, "how many")
    if named is None or not groupable(named) or _has_value(draft, start, named.name):
        if word.role is Role.WHICH_OF:
            if draft.values(start) and draft.role(start + 1, Role.SINGULAR_VERB):
                draft.one_noun = at  # which VIP has the most purchases
            return draft.use(at, at + 1, "which")
        return _field_before_breakdown(draft, at)
    draft.group = named.name
    draft.which_group = word.role is Role.WHICH_OF
    return draft.use(at, start + 1, f"how many per {named.name}")


def _broken_down_later(draft: Draft, at: int) -> bool:
    """Breakdown of VIPs by industry: whose it is stands between."""
    for by_at in range(at + 1, len(draft.items)):
        if draft.role(by_at, Role.BY, Role.PER):
            named = draft.field(draft.skip(by_at + 1))
            return named is not None and groupable(named)
    return False


def currency(draft: Draft, at: int) -> int:
    """In dollars: said of amounts that are kept in them anyway."""
    word = draft.role(at, Role.CURRENCY)
    if word is None or not draft.role(draft.behind(at), Role.PLACE, Role.DURING):
        return at
    kept = draft.vocabulary.currency
    if word.argument != kept:
        return draft.problem(at, at + 1, f"Amounts are kept in {kept}, not in {word.argument}.")
    return draft.use(at, at + 1, f"amounts are in {kept}")


def _has_value(draft: Draft, at: int, name: str) -> bool:
    """Which industry is retail: the field has its value behind it."""
    after = draft.values(draft.skip(at + 1, Role.EXACTLY))
    return any(isinstance(one, ValueWord) and one.field == name for one in after)


def _field_before_breakdown(draft: Draft, at: int) -> int:
    """Industry breakdown: the field stands before."""
    behind = draft.behind(at)
    named = draft.field(behind)
    if named is None or behind not in draft.leftover_fields or not groupable(named):
        return at
    draft.leftover_fields.remove(behind)
    draft.group = named.name
    return draft.use(behind, at + 1, f"how many per {named.name}")


def join(draft: Draft, at: int) -> int:
    """And, or, comma, not: they wait for the next condition."""
    word = draft.role(at, Role.AND, Role.OR, Role.COMMA, Role.NOR, Role.NOT, Role.WITHOUT, Role.VERSUS)
    word = word or (draft.role(at, Role.FORMER) if draft.asked.why else None)
    if word is None:
        return at
    if draft.asked.why and word.role in {Role.NOT, Role.FORMER}:
        return draft.use(at, at + 1, "asked")  # why is Acme not a VIP: that is on the same page
    if word.role in {Role.NOT, Role.WITHOUT, Role.NOR}:
        draft.nots.append(at)
    if word.role is Role.OR:
        draft.either_at = at
    if word.role is Role.VERSUS:
        draft.contrasts += [(at, "")] if draft.versus_at is not None else []
        draft.versus_at, draft.joined = at, Role.OR
    elif word.role is Role.NOR:
        draft.joined = Role.AND
    elif word.role in {Role.AND, Role.OR} or (word.role is Role.COMMA and draft.joined is None):
        draft.joined = word.role
    return at + 1


def _groups(draft: Draft, at: int) -> bool:
    named = draft.field(at)
    return named is not None and groupable(named) and not draft.values(at)


def _owns(draft: Draft, at: int) -> bool:
    """What does Cassey *look after*: an owner is named."""
    return bool(draft.role(at, Role.OWNS)) and any(term.field.startswith("owner") for term in draft.terms)


def filler(draft: Draft, at: int) -> int:
    """Words that say nothing by themselves, and the nouns for what is listed."""
    if draft.role(at, Role.NOUN_ONE):
        draft.nouns = True
        draft.one_noun = draft.one_noun if draft.role(at - 1, Role.EVERY_ONE) else at
        return at + 1
    if draft.role(at, Role.NOUN):
        draft.nouns = True
        return at + 1
    if draft.role(at, Role.PLACE, Role.WITH, Role.LINK):
        draft.placed = True
        return at + 1
    if draft.role(at, Role.EVERY_ONE) and _groups(draft, draft.skip(at + 1)):
        return at  # of every owner: that is not all of them together
    if draft.role(at, Role.FILLER, Role.EXACTLY, Role.WHERE) or _owns(draft, at):
        return at + 1
    # Customers that bring in over 50k: the amount says it.
    return draft.use(at, at + 1, "asked") if draft.role(at, Role.EARNING) else at
