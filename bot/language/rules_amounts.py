"""Rules for amounts: over 50k, revenue of at least 1M, with more than 10 purchases, between 10 and 20."""

from __future__ import annotations

from decimal import Decimal

from bot.language.asked import Mode
from bot.language.draft import Draft
from bot.language.meanings import NumberWord, Role
from bot.language.question import Course, Reading
from bot.language.rules_dates import Dated, dated
from bot.language.rules_grown import is_than_a_number
from bot.language.rules_within import compared_within, of_the_same_time, within
from scoring.criteria.fields import Field, FieldType
from scoring.criteria.tree import Between, Compare, Operator

OPERATORS = {
    Role.OVER: Operator.GT,
    Role.AT_LEAST: Operator.GE,
    Role.UNDER: Operator.LT,
    Role.AT_MOST: Operator.LE,
    Role.EXACTLY: Operator.EQ,
    Role.UNLIKE: Operator.NE,
}
_AMOUNTS = (FieldType.NUMBER, FieldType.MONEY)
_THOUSAND, _MILLION = 1_000, 1_000_000
_OFFERED = ("total_spend", "purchases", "employees")  # what "over 100" may speak of
_DEFAULT_FIELD = "total_spend"  # what "over 50k" speaks of when nothing else is said


def amount(draft: Draft, at: int) -> int:
    """A comparison with a number; returns the index after it, or ``at`` when there is none here."""
    if draft.role(at, Role.BOUGHT) and _begins(draft, draft.skip(at + 1)):
        return _bought(draft, at)
    named = draft.field(at, *_AMOUNTS)
    start = draft.skip(at + 1, Role.PLACE) if named else at
    start = draft.skip(start + 1) if not named and _with_range(draft, start) else start
    start = _over_negation(draft, start) if named else start
    found = _range(draft, start) or _bound(draft, start) or _plain(draft, start, named)
    if found is None:
        return at if named is None else _with_period_inside(draft, at, named)
    end, build = found
    if named is None:
        named, end = _field_behind(draft, end)
    elif draft.field(end) == named and draft.behind(end) == end - 1:
        end += 1  # employing over 2000 people
    other = _opposite(draft, end, build) if named is None else None
    if other is not None and not _is_range(build, other[1]) and not _is_small(build):
        other = None  # over 50k & under 200 people: no range, so that money is meant
    if other is not None and not _is_range(build, other[1]):
        reason = f"“{draft.words(at, end)}” of what: {other[0].label or other[0].name}, or money?"
        return draft.problem(at, end, reason)
    if named is None and other is None and _is_small(build) and not _continues(draft):
        return _of_what(draft, at, end, build)
    named = named or (other[0] if other else _default(draft, build))
    if named is None:
        return at
    return emit(draft, at, end, named, build)


def of_a_period(draft: Draft, at: int) -> int:
    """This year's spend over 10k, in Q2 purchases of at least 3: the period stands first."""
    found = dated(draft, at) if draft.mode is Mode.LIST else None
    start = draft.skip(found[1], Role.POSSESSIVE) if found else at
    named = draft.field(start, *_AMOUNTS)
    compared = comparison(draft, draft.skip(start + 1, Role.PLACE)) if named else None
    if found is None or named is None or compared is None:
        return at
    return emit(draft, at, compared[0], named, compared[1], found)


def spending(draft: Draft, at: int) -> int:
    """Spending more than 50k."""
    word = draft.role(at, Role.GROWN)
    spend = draft.vocabulary.index.catalog.find(_DEFAULT_FIELD)
    number = draft.number(draft.skip(at + 1))
    if word is None or spend is None or number is None or not is_than_a_number(draft, at):
        return at
    if not draft.items[at].text.lower().startswith("spend"):
        return at
    more = word.argument == Course.BETTER
    build = Build(Operator.GT if more else Operator.LT, number)
    return emit(draft, at, draft.skip(at + 1) + 1, spend, build)


def _with_period_inside(draft: Draft, at: int, named: Field) -> int:
    """Spend this year is over 10k."""
    found = dated(draft, draft.skip(at + 1)) if draft.mode is Mode.LIST else None
    compared = comparison(draft, draft.skip(found[1], Role.PLACE)) if found else None
    if found is None or compared is None:
        return at
    return emit(draft, at, compared[0], named, compared[1], found)


_LOWER, _UPPER = {Operator.GT, Operator.GE}, {Operator.LT, Operator.LE}


def _opposite(draft: Draft, at: int, build: Build) -> tuple[Field, Build] | None:
    """The other end of what may be one range: over 100 "and under 500 employees", with its field."""
    if not draft.role(at, Role.AND) or any(number.currency for number in build.numbers):
        return None
    found = _bound(draft, draft.skip(at + 1))
    named, _end = _field_behind(draft, found[0]) if found else (None, at)
    if found is None or named is None or named.type is not FieldType.NUMBER:
        return None
    operators = {build.operator, found[1].operator}
    return (named, found[1]) if operators & _LOWER and operators & _UPPER else None


def _is_range(one: Build, other: Build) -> bool:
    """Whether the lower bound is below the upper one."""
    lower, upper = (one, other) if one.operator in _LOWER else (other, one)
    return lower.numbers[0].value < upper.numbers[0].value


def _bought(draft: Draft, at: int) -> int:
    """Bought more than 10 times, purchases over 10, ordered at least 50k."""
    start = draft.skip(at + 1)
    end = amount(draft, start) if draft.field(at) is None else start
    if end > start:
        draft.use(at, at + 1, "bought")
        return end
    found = _range(draft, start) or _bound(draft, start) or _plain(draft, start, draft.field(at))
    named = draft.field(at, *_AMOUNTS)
    if found is None or named is None:
        return at
    return emit(draft, at, found[0], named, found[1])


def _with_range(draft: Draft, at: int) -> bool:
    """With 500 to 1000 employees: the small word belongs to what follows."""
    number = draft.number(draft.skip(at + 1)) if draft.role(at, Role.WITH) else None
    return number is not None and draft.words_are_range(draft.skip(at + 1) + 1)


class Build:
    """A comparison that waits for its field."""

    def __init__(self, operator: Operator | None, *numbers: NumberWord) -> None:
        self.operator = operator
        self.numbers = numbers

    def node(self, field: str) -> Compare | Between:
        """The comparison of that field."""
        values = [number.value for number in self.numbers]
        if self.operator is None:
            return Between(field, min(values), max(values))
        return Compare(field, self.operator, values[0])


_Found = tuple[int, Build] | None


def bound(draft: Draft, at: int, named: Field) -> _Found:
    """A comparison with a number that is said of fields named before, with the index after it."""
    found = _range(draft, at) or _bound(draft, at) or _plain(draft, at, named)
    bare = found is None or draft.number(at) is None or named.type is FieldType.NUMBER
    plain = found is not None and not any(one.currency or one.percent for one in found[1].numbers)
    return found if plain and bare else None


def comparison(draft: Draft, at: int) -> _Found:
    """Between 5 and 10k, over 10k, 10k or more: with the index after it; None where there is none."""
    found = _range(draft, at) or _bound(draft, at)
    return found or (_plain(draft, at, None) if draft.number(at) and _is_open(draft, at) else None)


def _is_open(draft: Draft, at: int) -> bool:
    number = draft.number(at)
    more = draft.role(at + 1, Role.OR_MORE, Role.OR_LESS)
    return bool(more or (number is not None and number.and_more))


def _begins(draft: Draft, at: int) -> bool:
    return bool(draft.role(at, *OPERATORS, Role.BETWEEN, Role.TIMES)) or draft.number(at) is not None


def _over_negation(draft: Draft, start: int) -> int:
    """Revenue is not over 1M: the negation stands inside."""
    if draft.role(start, Role.NOT) and _begins(draft, draft.skip(start + 1)):
        draft.nots.append(start)
        return draft.skip(start + 1)
    return start


def _range(draft: Draft, at: int) -> _Found:
    begin = draft.skip(at + 1) if draft.role(at, Role.BETWEEN, Role.PLACE) else at
    low, middle = draft.number(begin), begin + 1
    middle = middle if draft.words_are_range(middle) else draft.skip(middle)
    ranged = draft.role(at, Role.BETWEEN) or draft.words_are_range(middle)
    if low is None or not ranged or not draft.role(middle, Role.TO, Role.AND):
        return None
    end = draft.skip(middle + 1)
    high = draft.number(end)
    if high is None:
        return None
    low = _like(low, high)
    return end + 1, Build(None, low, high)


def _like(low: NumberWord, high: NumberWord) -> NumberWord:
    """In "between 10 and 50k" and "10-50k" thousands are meant twice."""
    factor = _MILLION if high.value >= _MILLION else _THOUSAND
    meant = low.value < _THOUSAND <= high.value and low.value * factor < high.value
    return NumberWord(low.value * factor, low.currency) if meant else low


def _bound(draft: Draft, at: int) -> _Found:
    word = draft.role(at, *OPERATORS)
    if word is None:
        return None
    start = draft.skip(at + 1)
    number = draft.number(start)
    if number is None or _is_time(draft, start + 1):
        return None
    return start + 1, Build(OPERATORS[word.role], number)


def _plain(draft: Draft, at: int, named: Field | None) -> _Found:
    """A number alone: "50k or more", "50k+", "10 purchases", "recency 5"."""
    number = draft.number(at)
    if number is None or _is_time(draft, at + 1) or draft.role(draft.behind(at), Role.ROUGHLY):
        return None
    after = draft.skip(at + 1)
    word = draft.role(at + 1, Role.OR_MORE, Role.OR_LESS)
    if number.and_more or word is not None:
        less = word is not None and word.role is Role.OR_LESS
        return at + 1 + (word is not None), Build(Operator.LE if less else Operator.GE, number)
    behind = draft.field(after, FieldType.NUMBER) if after == at + 1 else None
    if (named and named.type is FieldType.NUMBER) or (behind is not None and not _sorting(draft, at)):
        trailing = draft.role(at + 2, Role.OR_MORE, Role.OR_LESS) if behind and not named else None
        if trailing is not None:
            return at + 1, Build(Operator.LE if trailing.role is Role.OR_LESS else Operator.GE, number)
        return at + 1, Build(Operator.EQ, number)
    return None


def _sorting(draft: Draft, at: int) -> bool:
    """The 10 most purchases, top 5 employees: there the number is a limit."""
    return bool(draft.role(draft.behind(at), Role.SUPERLATIVE, Role.LIMIT, Role.MOST, Role.FEWEST))


def _is_time(draft: Draft, at: int) -> bool:
    return draft.role(at, Role.UNIT, Role.HOUR) is not None


def _field_behind(draft: Draft, at: int) -> tuple[Field | None, int]:
    """The field after the number: over 1M in revenue. Not one that has a comparison of its own."""
    start = draft.skip(at, Role.PLACE)
    named = draft.field(start, *_AMOUNTS)
    if named is None:
        return None, at
    end = start + 1
    if draft.role(end, Role.OR_MORE, Role.OR_LESS):
        end += 1
    return (None, at) if _begins(draft, draft.skip(end)) else (named, end)


def _is_small(build: Build) -> bool:
    """More than 100: so little may be a number of anything; only from 1,000 on money is meant."""
    return all(one.value < _THOUSAND and not (one.currency or one.percent) for one in build.numbers)


def _of_what(draft: Draft, first: int, last: int, build: Build) -> int:
    """More than 100 of what: what can be meant is offered."""
    if draft.role(last, Role.NOUN, Role.NOUN_ONE) or draft.values(last):
        return draft.problem(first, last, "How many accounts somebody or something has is no condition.")
    known = [draft.vocabulary.index.catalog.find(name) for name in _OFFERED]
    texts = [(one, draft.rewritten(first, last, _plain_text(one, build))) for one in known if one]
    readings = tuple(Reading(text, _plain_text(one, build)) for one, text in texts)
    return draft.problem(first, last, f"“{draft.words(first, last)}” of what?", readings=readings)


def _continues(draft: Draft) -> Field | None:
    """The field of the bound before, when this one goes on from it."""
    before = draft.terms[-1] if draft.terms else None
    continues = draft.joined in {Role.AND, Role.OR, Role.COMMA} or draft.nots
    if before is None or not continues or before.values or not isinstance(before.node, Compare | Between):
        return None
    named = draft.vocabulary.index.catalog.find(before.field)
    return named if named is not None and named.type in _AMOUNTS else None


def _default(draft: Draft, build: Build) -> Field | None:
    """The field of the bound before, or the money that was spent: more than 5 orders and over 10k."""
    before = _continues(draft)
    counted = before is not None and before.name == "purchases" and not _is_small(build)
    return draft.vocabulary.index.catalog.find(_DEFAULT_FIELD) if before is None or counted else before


def emit(draft: Draft, first: int, last: int, named: Field, build: Build, period: Dated | None = None) -> int:
    """Add a comparison, of a period if there is one; or say why it cannot be made.

    Returns the index after it.

    Args:
        draft: the sentence so far.
        first: index of its first word.
        last: index after its last word.
        named: what is compared.
        build: with what.
        period: of what was bought; where it is not given, one that stands behind counts.
    """
    if _unfit(draft, first, last, named, build):
        return last
    if period is None:
        found = within(draft, first, last, named, build.node(""))
        if found is None:
            return draft.add(first, last, named.name, build.node(named.name))
        of_the_same_time(draft, first, found[0])
        # Of a figure the period is that of both: revenue from accounts that spent over 10k this year.
        return draft.add(first, found[1] if draft.mode is Mode.LIST else last, "", found[0])
    then = compared_within(draft, first, last, named, build.node(""), period)
    if then is None:
        return draft.problem(first, last, f"“{_spoken(named)}” is known as it is now, not of a period.")
    return draft.add(first, last, "", then)


def _unfit(draft: Draft, first: int, last: int, named: Field, build: Build) -> bool:
    """Name what of the numbers does not fit the field; whether there was anything."""
    before = len(draft.problems)
    foreign = next((one.currency for one in build.numbers if one.currency), draft.vocabulary.currency)
    if any(number.percent for number in build.numbers) and not named.in_percent:
        draft.problem(first, last, _no_percentage(draft, first, last, named))
    elif build.operator is None and build.numbers[0].value > build.numbers[1].value:
        turned = draft.rewritten(first, last, _plain_text(named, Build(None, *reversed(build.numbers))))
        reason = "The first number of a range is the smaller one."
        draft.problem(first, last, reason, readings=(Reading(turned, turned),))
    elif foreign != draft.vocabulary.currency:
        plain = draft.rewritten(first, last, _plain_text(named, build))
        reason = f"Amounts are kept in {draft.vocabulary.currency}, not in {foreign}."
        draft.problem(first, last, reason, readings=(Reading(plain, plain),))
    elif named.type is FieldType.NUMBER and any(number.currency for number in build.numbers):
        draft.problem(first, last, f"“{named.label or named.name}” is a number, not an amount of money.")
    return len(draft.problems) > before


def _no_percentage(draft: Draft, first: int, last: int, named: Field) -> str:
    """That something is not kept in percent, and what is."""
    catalog = draft.vocabulary.index.catalog
    kept = [_spoken(one) for one in catalog if one.in_percent]
    names = ", ".join(kept)
    what = f"In percent there is: {names}." if kept else "Nothing of an account is kept in percent."
    said = draft.field(first) == named or any(draft.field(at) == named for at in range(first, last))
    refused = f"“{_spoken(named).capitalize()}” is not kept in percent." if said else ""
    return f"{refused or f'“{draft.words(first, last)}” of what?'} {what}"


def _spoken(named: Field) -> str:
    return (named.label or named.name).removesuffix(", %").lower()


def _plain_text(named: Field, build: Build) -> str:
    values = [format(Decimal(number.value).normalize(), "f") for number in build.numbers]
    spoken = named.name.replace("_", " ")
    if build.operator is None:
        return f"{spoken} between {values[0]} and {values[-1]}"
    return f"{spoken} {build.operator.value} {values[0]}"
