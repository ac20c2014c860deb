"""Rules for days and periods: not bought since June, created this year, last purchase 90 days ago."""

from __future__ import annotations

from dataclasses import dataclass

from bot.language.draft import Draft
from bot.language.meanings import Role
from bot.language.question import Reading
from bot.language.spans import spoken_day
from bot.language.when import Moment, between, condition, counted_units, is_over, moment
from scoring.criteria.fields import Field, FieldType
from scoring.criteria.purchases import DAY, PURCHASES
from scoring.criteria.tree import IsEmpty, Node, Not, Related

_PREPOSITIONS = (
    Role.BETWEEN,
    Role.SINCE,
    Role.BEFORE,
    Role.AFTER,
    Role.DURING,
    Role.PLACE,
    Role.LINK,
    Role.WITH,
)
_BUYING = (Role.BOUGHT, Role.ACTIVE, Role.INACTIVE)
_LAST_PURCHASE = "last_purchase"
_OF_THE_PAST = {"last_purchase", "created", "modified"}
# A preposition, over or under, and a moment; and the index after them.
Dated = tuple[tuple[Role | None, bool | None, Moment], int]


@dataclass(frozen=True)
class _Subject:
    """What a date is said of: the last purchase, any purchase, the creation.

    Attributes:
        end: index after its word.
        any_one: said of any purchase, not of the last one.
        inverted: the word itself negates: "inactive since June".
    """

    field: Field
    end: int
    any_one: bool = False
    inverted: bool = False


def date_condition(draft: Draft, at: int) -> int:
    """A condition on a date; returns the index after it, or ``at`` when there is none here."""
    subject = _subject(draft, at)
    if subject is not None:
        return _subject_first(draft, at, subject)
    return _date_first(draft, at)


def hours(draft: Draft, at: int) -> int:
    """The past 36 hours: nothing is known of a purchase but its day."""
    start = at + 1 if draft.role(at, Role.LAST, Role.PAST, Role.NEXT, Role.THIS) else at
    end = start + 1 if draft.number(start) else start
    if not draft.role(end, Role.HOUR) or counted_units(draft, start) is not None:
        return at
    return draft.problem(at, end + 1, "A day is the shortest time that is known here.")


def _subject(draft: Draft, at: int) -> _Subject | None:
    last = draft.vocabulary.index.catalog.find(_LAST_PURCHASE)
    dated = draft.field(at, FieldType.DATE)
    if dated is not None:
        return _Subject(dated, at + 1)
    if last is None:
        return None
    if draft.role(at, Role.LAST_BOUGHT):
        return _Subject(last, at + 1)
    if draft.role(at, *_BUYING):
        return _Subject(last, at + 1, any_one=True, inverted=bool(draft.role(at, Role.INACTIVE)))
    return None


def begins_with_subject(draft: Draft, at: int) -> bool:
    """Whether there is said of what a date before it is: since June *have not bought*.

    Not by what has a date of its own: spent over 10k last year, not bought this year.
    """
    at = draft.skip(at + 1) if draft.role(at, Role.NOT) else at
    subject = _subject(draft, at)
    return subject is not None and dated(draft, draft.skip(subject.end)) is None


def _subject_first(draft: Draft, at: int, subject: _Subject) -> int:
    start = draft.skip(subject.end)
    negated = draft.role(start, Role.NOT)
    found = dated(draft, draft.skip(start + 1) if negated else start)
    if found is not None:
        if negated:
            draft.nots.append(start)
        return _emit(draft, at, found[1], subject, *found)
    return _without_date(draft, at)


def dated(draft: Draft, at: int) -> Dated | None:
    """What stands at an index, if it is a date: a moment, perhaps with a preposition and a comparison."""
    preposition = draft.role(at, *_PREPOSITIONS)
    at = draft.skip(at + 1) if preposition else at
    over = is_over(draft, at)
    at = draft.skip(at + 1) if over is not None else at
    ranged = between(draft, at, said=preposition is not None and preposition.role is Role.BETWEEN)
    if ranged is None and preposition is not None and preposition.role is Role.BETWEEN:
        return None  # between March and now: not March alone
    found = ranged or moment(draft, at)
    if found is None or (over is not None and found[1] - at == 1 and draft.number(at)):
        return None  # "fewer than 2000" is no year
    role = preposition.role if preposition else None
    return (role, over, found[0]), found[1]


def _date_first(draft: Draft, at: int) -> int:
    """Since June they have not bought; or a date that nothing is said of."""
    found = dated(draft, at)
    if found is None or not clearly_a_date(draft, at, found[1]):
        return at
    start = draft.skip(found[1])
    negated = draft.role(start, Role.NOT)
    subject = _subject(draft, draft.skip(start + 1) if negated else start)
    if subject is not None and begins_with_subject(draft, start):
        if negated:
            draft.nots.append(start)
        return _emit(draft, at, subject.end, subject, *found)
    return _nothing_said(draft, at, found[1])


def clearly_a_date(draft: Draft, first: int, last: int) -> bool:
    """Whether words are a date whatever else they may be: a month's name alone may be a person's."""
    alone = last - first == 1
    return not (alone and (draft.values(first) or draft.number(first) or draft.role(first, Role.UNIT)))


def _nothing_said(draft: Draft, first: int, last: int) -> int:
    when = draft.words(first, last)
    readings = tuple(
        Reading(draft.rewritten(first, last, f"{spoken} {when}"), f"{spoken} {when}")
        for spoken in ("last bought", "created")
    )
    return draft.problem(
        first,
        last,
        f"What happened “{when}”: a purchase, or something else?",
        readings=(*readings, *(_of_label(draft, when) if draft.skip(last) == len(draft.items) else ())),
    )


def _of_label(draft: Draft, when: str) -> tuple[Reading, ...]:
    """VIPs in June: who was VIP then, or who became so."""
    said = [term for term in draft.terms if term.field == "label" and term.values and not term.negative]
    if len(said) != 1 or len(draft.terms) != 1:
        return ()
    label = str(said[0].values[0])
    texts = [f"who was {label} {when}", f"who became {label} {when}"]
    if label.casefold() == "new":  # new customers this quarter
        texts.insert(0, f"who became a customer {when}")
    return tuple(Reading(one, one) for one in texts)


def _emit(
    draft: Draft,
    first: int,
    last: int,
    subject: _Subject,
    said: tuple[Role | None, bool | None, Moment],
    end: int,
) -> int:
    role, over, when = said
    last = max(last, end)
    negated = subject.inverted or len(draft.nots) % 2 == 1
    if when.is_duration and over is False and not negated:
        over = None  # "bought within less than 30 days" is simply within them
    if when.is_duration and over is False and negated:
        reason = f"“{draft.words(first, last)}”: for longer than that, or bought within it?"
        return draft.problem(first, last, reason)
    node = condition(subject.field.name, role, when, draft.vocabulary, over=over, negated=negated)
    if node is None:
        return draft.problem(first, last, "That period cannot be read here.")
    past = subject.field.name in _OF_THE_PAST and role is not Role.BEFORE and not over
    if past and when.begins(draft.vocabulary) > draft.vocabulary.today:
        return draft.problem(first, last, f"“{draft.words(first, last)}” is still to come.")
    if subject.any_one and when.closed(role, draft.vocabulary.today, over=over):
        bought = any_purchase(draft, role, when, over=over, negated=negated)
        counted = draft.counted and not negated  # how many bought in June: that is a figure
        if bought is None or role is Role.BEFORE or over or counted:
            return _the_last(draft, first, last, subject, when, known=bought is not None)
        return draft.add(first, last, "", Not(bought) if subject.inverted else bought)
    if subject.inverted:
        node = Not(node)
    return draft.add(first, last, subject.field.name, node)


def any_purchase(
    draft: Draft, role: Role | None, when: Moment, *, over: bool | None, negated: bool
) -> Node | None:
    """Any purchase then; None where of purchases only the last one's day is known."""
    relation = draft.vocabulary.index.catalog.relation(PURCHASES)
    if relation is None or relation.catalog.find(DAY) is None:
        return None
    day = condition(DAY, role, when, draft.vocabulary, over=over, negated=negated)
    return None if day is None else Related(relation.name, day)


def _the_last(draft: Draft, first: int, last: int, subject: _Subject, when: Moment, *, known: bool) -> int:
    """Bought over 90 days ago: perhaps not since. Without earlier purchases, only the last can be asked for.

    Who has (or has not) bought since that period began is known, so that is offered.
    """
    said = (at for at in range(first, last) if draft.role(at, *_BUYING, Role.NEVER_BOUGHT) or draft.field(at))
    at = next(said, first)
    text = draft.rewritten(at, at + 1, "last bought")
    shown = f"{'not ' if draft.nots else ''}last bought {draft.words(first, last)}"
    shown = shown.replace(f" {draft.words(at, at + 1)}", "", 1)
    readings = () if subject.inverted or draft.nots else (Reading(text, shown),)
    verb = draft.words(at, at + 1) if draft.role(at, *_BUYING) else "bought"
    begun = f"{verb} since {spoken_day(when.begins(draft.vocabulary))}"
    since = Reading(draft.rewritten(first, last, begun), f"{'not ' if draft.nots else ''}{begun}")
    reason = "Only the date of each account's last purchase is known, not of earlier ones."
    if known:
        reason = f"“{draft.words(first, last)}”: is that the last purchase?"
    return draft.problem(first, last, reason, readings=(*readings, since))


def _without_date(draft: Draft, at: int) -> int:
    """Never bought; have bought; inactive, without saying since when."""
    if draft.role(at, Role.ACTIVE, Role.INACTIVE):
        return at if draft.values(at) else _since_when(draft, at)  # it may be a label's name
    if draft.role(at, Role.LAST_BOUGHT):
        draft.leftover_fields.append(at)  # the card of an account tells it
        return at + 1
    behind, after = draft.behind(at), draft.skip(at + 1)
    counted = draft.number(after) or draft.role(after, *_AMOUNT_ROLES) or draft.number(at - 1)
    ordered = draft.field(behind) or draft.role(behind, *_ORDER_ROLES)
    if counted or ordered or not draft.role(at, Role.BOUGHT):
        return at
    if draft.nots:
        return _never(draft, at)
    if draft.accounts and draft.card_at:  # how much has Acme spent with us: the card tells it
        draft.card_at.append(at)
        return at + 1
    return at if draft.field(at) and not draft.role(behind, Role.WITH) else _ever(draft, at)


def _ever(draft: Draft, at: int) -> int:
    return draft.add(at, at + 1, _LAST_PURCHASE, Not(IsEmpty(_LAST_PURCHASE)))


def _since_when(draft: Draft, at: int) -> int:
    word = draft.words(at, at + 1)
    new = "bought in the last 90 days" if draft.role(at, Role.ACTIVE) else "not bought in 90 days"
    text = draft.rewritten(at, at + 1, new)
    return draft.problem(at, at + 1, f"“{word}” since when?", readings=(Reading(text, new),))


def _never(draft: Draft, at: int) -> int:
    """Have not bought: the negation is used up by the emptiness."""
    nots, draft.nots = draft.nots, []
    return draft.add(min(nots), at + 1, _LAST_PURCHASE, IsEmpty(_LAST_PURCHASE))


_AMOUNT_ROLES = (
    *(Role.OVER, Role.AT_LEAST, Role.UNDER, Role.AT_MOST, Role.EXACTLY, Role.BETWEEN, Role.UNLIKE),
    Role.TIMES,
)
_ORDER_ROLES = (Role.SUPERLATIVE, Role.MOST, Role.FEWEST, Role.BY, Role.SORT_BY, Role.COUNT)


def never_bought(draft: Draft, at: int) -> int:
    """Never bought, or never bought since: the words carry the negation themselves."""
    if not draft.role(at, Role.NEVER_BOUGHT):
        return at
    found = dated(draft, draft.skip(at + 1))
    last = draft.vocabulary.index.catalog.find(_LAST_PURCHASE)
    if last is None:
        return at
    if found is not None:
        return _emit(draft, at, found[1], _Subject(last, at + 1, any_one=True, inverted=True), *found)
    return draft.add(at, at + 1, _LAST_PURCHASE, IsEmpty(_LAST_PURCHASE))
