"""Rules for values: VIP, in healthcare, Anna's, owned by me, without a website, state Texas."""

from __future__ import annotations

from decimal import Decimal

from bot.language.draft import SORTABLE, Draft
from bot.language.meanings import ConditionWord, Role, ValueWord
from bot.language.question import Reading
from bot.language.tokens import phrase
from scoring.criteria.canonical import canonical
from scoring.criteria.fields import Field, FieldType
from scoring.criteria.tree import Compare, In, IsEmpty, Node, Not, Operator

_COUNTS = {"open_deals", "deals.count"}  # without them is zero of them, not an empty field
_OWNER_FIELDS = {"owner", "owner_email"}


def owner(draft: Draft, at: int) -> int:
    """Owned by Anna, my, nobody's, Anna's team."""
    nobody = draft.skip(at + 1) if draft.role(at, Role.OWNED) else at
    if draft.role(nobody, Role.NOBODYS):
        return draft.add(at, nobody + 1, "owner", IsEmpty("owner"))
    if _has_none(draft, at):
        return at
    start = draft.skip(at + 1) if draft.role(at, Role.OWNED, Role.BY) else at
    while start > at and draft.role(start, Role.OWNED):
        start = draft.skip(start + 1)  # owned by owner "Anna Berg": how a reading is written
    negated = start > at and draft.role(start, Role.NOT, Role.WITHOUT) is not None
    if negated:
        draft.nots.append(start)
        start = draft.skip(start + 1)
    if draft.role(start, Role.ME):
        return _mine(draft, at, start + 1)
    owners = [one for one in draft.values(start) if isinstance(one, ValueWord) and one.field in _OWNER_FIELDS]
    marked = start > at or draft.role(start + 1, Role.POSSESSIVE, Role.OWNS)
    if owners and (marked or len(owners) == len(draft.values(start))):
        return _of_people(draft, at, start, owners)
    if negated:
        draft.nots.pop()
    return at


def _has_none(draft: Draft, at: int) -> bool:
    """No owner, and then a condition on owners of its own: no owner owned by me."""
    without = (
        bool(draft.nots) and draft.nots[-1] == draft.behind(at) and draft.role(draft.nots[-1], Role.WITHOUT)
    )
    return bool(without and draft.field(at) and draft.role(draft.skip(at + 1), Role.OWNED))


def seller(draft: Draft, at: int) -> int:
    """Customers *I* have not sold to: those of the asker; what they are not follows."""
    if not draft.role(at, Role.SPEAKER):
        return at
    verb = draft.skip(at + 1)
    verb = draft.skip(verb + 1) if draft.role(verb, Role.NOT) else verb
    lost = draft.role(verb, Role.DEAL_VERB) and draft.values(verb)  # accounts I lost: mine, and lost
    return _mine(draft, at, at + 1) if lost or draft.role(verb, Role.SOLD_TO) else at


def team(draft: Draft, at: int) -> int:
    """The team of Dustin Berg, people under Dustin: those who report to them."""
    if not draft.role(at, Role.GROUP_NOUN) or draft.values(at):
        return at
    start = draft.skip(at + 1, Role.OWNED)
    found = [one for one in draft.values(start) if isinstance(one, ValueWord) and one.field in _OWNER_FIELDS]
    if len(found) != 1 or not draft.vocabulary.index.teams.get(found[0].values[0]):
        return at
    return _team(draft, at, start + 1, found[0])


def _mine(draft: Draft, first: int, last: int) -> int:
    me = draft.vocabulary.me
    index = draft.vocabulary.index
    last = _with_owns(draft, last)
    mine = index.users.get(me.crm_user_id) if me.crm_user_id else None
    if mine is not None:
        if draft.role(last, Role.GROUP_NOUN):
            return _team(draft, first, last + 1, mine)
        return draft.add_values(first, last, mine.field, mine.values)
    if me.crm_user_id and me.email and index.catalog.find("owner_email"):
        return draft.add_values(first, last, "owner_email", (me.email,))
    unknown = f"no CRM user has the e-mail {me.email}" if me.email else "your e-mail is not known"
    reason = f"“{draft.words(first, last)}” has no meaning: {unknown}."
    return draft.problem(first, last, reason, readings=_without(draft, first, last), known=False)


def _without(draft: Draft, first: int, last: int) -> tuple[Reading, ...]:
    text = draft.rewritten(first, last, "")
    return (Reading(text, f"without “{draft.words(first, last)}”"),) if text else ()


def _of_people(draft: Draft, first: int, start: int, owners: list[ValueWord]) -> int:
    last = start + 1
    if draft.role(last, Role.POSSESSIVE):
        last += 1
    if len(owners) > 1:
        return ambiguous(draft, start, start + 1, tuple(owners))
    if draft.role(last, Role.GROUP_NOUN):
        return _team(draft, first, last + 1, owners[0])
    return draft.add_values(first, _with_owns(draft, last), owners[0].field, owners[0].values)


def _with_owns(draft: Draft, last: int) -> int:
    return last + 1 if draft.role(last, Role.OWNS) else last


def _team(draft: Draft, first: int, last: int, manager: ValueWord) -> int:
    members = draft.vocabulary.index.teams.get(manager.values[0], ())
    if not members:
        return draft.problem(first, last, f"Nobody reports to {manager.values[0]} in the CRM.")
    return draft.add_values(first, last, "owner", members)


def of_field(draft: Draft, at: int) -> int:
    """A field followed by its value: state Texas, industry is not retail; or by "empty"."""
    named = draft.field(at)
    if named is None:
        return at
    start, negated = draft.skip(at + 1, Role.EXACTLY, Role.PLACE), None
    if draft.role(start, Role.NOT, Role.UNLIKE):
        negated, start = start, draft.skip(start + 1)
    if draft.role(start, Role.EMPTY):
        return _take(draft, at, start + 1, negated, named, IsEmpty(named.name))
    values = tuple(
        one for one in draft.values(start) if isinstance(one, ValueWord) and one.field == named.name
    )
    if len(values) == 1:
        return _take(draft, at, start + 1, negated, named, None, values[0].values)
    return _written(draft, at, start, negated, named)


def _take(
    draft: Draft,
    first: int,
    last: int,
    negated: int | None,
    named: Field,
    node: Node | None,
    values: tuple[str, ...] = (),
) -> int:
    if negated is not None:
        draft.nots.append(negated)
    if node is not None:
        return draft.add(first, last, named.name, node)
    return draft.add_values(first, last, named.name, values)


def _written(draft: Draft, at: int, start: int, negated: int | None, named: Field) -> int:
    """A text in quotation marks after its field: city "Nowhere"."""
    free = named.type is FieldType.TEXT and not named.values
    item = draft.items[start] if start < len(draft.items) else None
    if item is None or not free or item.text[:1] not in {'"', "“", "”", "„"}:
        return at
    return _take(draft, at, start + 1, negated, named, None, (item.text[1:-1],))


def value(draft: Draft, at: int) -> int:
    """A value by itself, or with its field behind it: VIP, in healthcare, the medical sector."""
    options = draft.values(at)
    if not options:
        return at
    options = _placed(draft, at, options)
    after = draft.field(at + 1)
    agreeing = tuple(
        one for one in options if isinstance(one, ValueWord) and after is not None and one.field == after.name
    )
    if len(agreeing) == 1:
        return draft.add_values(at, at + 2, agreeing[0].field, agreeing[0].values)
    if len(options) > 1:
        return ambiguous(draft, at, at + 1, options)
    only = options[0]
    if isinstance(only, ValueWord) and _names_part(draft, at + 1, only.field):
        return draft.add_values(at, at + 2, only.field, only.values)
    if isinstance(only, ConditionWord):
        named = draft.role(at + 1, Role.LABEL_NOUN) and not draft.values(at + 1)
        return draft.add(at, at + 2 if named else at + 1, "", only.node)
    return draft.add_values(at, at + 1, only.field, only.values)


def _names_part(draft: Draft, at: int, field: str) -> bool:
    """Gold tier: a word of the name of the field, "Customer Tier", behind its value."""
    named = draft.vocabulary.index.catalog.find(field)
    if named is None or at >= len(draft.items) or draft.values(at) or draft.field(at):
        return False
    noun = draft.role(at, Role.LABEL_NOUN)
    loose = draft.unknown(at) or noun
    if noun and phrase(field).startswith("label"):
        return True
    return bool(loose) and phrase(draft.items[at].text) in phrase(named.label or named.name).split()


def _placed(
    draft: Draft, at: int, options: tuple[ValueWord | ConditionWord, ...]
) -> tuple[ValueWord | ConditionWord, ...]:
    """After "in", a person is not meant."""
    if draft.role(draft.behind(at), Role.PLACE):
        kept = tuple(
            one for one in options if not (isinstance(one, ValueWord) and one.field in _OWNER_FIELDS)
        )
        return kept or options
    return options


def ambiguous(draft: Draft, first: int, last: int, options: tuple[ValueWord | ConditionWord, ...]) -> int:
    """Two equally good meanings: the person chooses."""
    readings = tuple(_reading(draft, first, last, one) for one in options[:4])
    kinds = " or ".join(reading.shown for reading in readings)
    reason = f"“{draft.words(first, last)}” can mean more than one thing: {kinds}."
    return draft.problem(first, last, reason, readings=readings)


def _reading(draft: Draft, first: int, last: int, one: ValueWord | ConditionWord) -> Reading:
    if isinstance(one, ConditionWord):
        return Reading(draft.rewritten(first, last, f'segment "{one.name}"'), f"the segment {one.name}")
    spoken = "owner" if one.field == "owner_email" else one.field.replace("_", " ")
    text = draft.rewritten(first, last, f'{spoken} "{one.values[0]}"')
    return Reading(text, canonical(Compare(one.field, Operator.EQ, one.values[0])))


def existence(draft: Draft, at: int) -> int:
    """With a website, without an owner, no open deals."""
    named = draft.field(at)
    if named is None:
        return at
    behind = draft.behind(at)
    negated = bool(draft.nots) and draft.nots[-1] == behind
    if not negated and not draft.role(behind, Role.WITH):
        return at
    if negated and not draft.role(behind, Role.WITHOUT):
        return at  # "not spend" is not "no spend"
    if draft.role(draft.skip(at + 1), Role.MOST, Role.FEWEST) and named.type in SORTABLE:
        return at  # who has spent the most
    first = draft.nots.pop() if negated else at
    name = "last_purchase" if named.name == "purchases" else named.name
    return draft.add(first, at + 1, name, existence_of(named, empty=negated))


def existence_of(named: Field, *, empty: bool) -> Node:
    """That a field has no value, or has one; no open deals are zero of them."""
    name = "last_purchase" if named.name == "purchases" else named.name
    node: Node = IsEmpty(name)
    if named.name in _COUNTS:
        node = Compare(name, Operator.EQ, Decimal(0))
    return node if empty else _not_empty(node)


def _not_empty(empty: Node) -> Node:
    return Compare(empty.field, Operator.GT, empty.value) if isinstance(empty, Compare) else Not(empty)


def account(draft: Draft, at: int) -> int:
    """An account by its name; several of one name are asked back."""
    named = draft.named(at)
    if not named:
        return at
    if len(named) > 1:
        readings = tuple(Reading(f"account #{one.id}", f"{one.name} ({one.id})") for one in named[:4])
        reason = f"{len(named)} accounts can be meant by “{draft.words(at, at + 1)}”."
        return draft.problem(at, at + 1, reason, readings=readings)
    last = at + 2 if draft.role(at + 1, Role.POSSESSIVE) else _over_legal_form(draft, at + 1)
    draft.accounts.append((at, named[0]))
    return draft.add_values(at, last, "name", (named[0].name,))


def _over_legal_form(draft: Draft, at: int) -> int:
    """Acme Corp is Acme Corporation."""
    forms = draft.vocabulary.index.lexicon.legal_forms
    while at < len(draft.items) and phrase(draft.items[at].text) in forms and draft.unknown(at):
        at += 1
    return at


def is_label(node: Node) -> bool:
    """Whether a condition speaks of a label."""
    return isinstance(node, Compare | In) and phrase(node.field).startswith("label")
