"""Rules for products: what to offer, to whom, who bought what; and for renewals."""

from __future__ import annotations

from bot.language.draft import Draft
from bot.language.meanings import Role
from bot.language.question import Kind, Question, Reading
from bot.language.when import Moment, condition, moment
from scoring.criteria.errors import CriteriaError
from scoring.criteria.parse import parse
from scoring.criteria.purchases import DAY, PURCHASES
from scoring.criteria.tree import Node, Related, conjunction, disjunction
from scoring.criteria.values import quoted

_BUYING = (Role.BOUGHT, Role.NEVER_BOUGHT, Role.WITH, Role.WITHOUT, Role.OWNS)
_JOINING = (Role.AND, Role.OR, Role.COMMA, Role.NOR)
_PREPOSITIONS = (Role.SINCE, Role.BEFORE, Role.AFTER, Role.DURING, Role.PLACE, Role.LINK)
_RENEWED, _ENDS = "subscriptions", "ends_on"


def offer(draft: Draft, at: int) -> int:
    """What should I offer, recommendations for, who would buy."""
    # Which products would Acme buy; what should Acme buy.
    buys = draft.role(at, Role.BOUGHT) and (bool(draft.asked.offered) or _is_to_buy(draft, at))
    if not (draft.role(at, Role.OFFER) or buys) or draft.values(at):
        return at
    draft.asked.offered.append(at)
    draft.joined, draft.placed = None, False
    return draft.use(at, at + 1, "what to offer")


def _is_to_buy(draft: Draft, at: int) -> bool:
    """Whether an account's name stands before the verb, and a word like "should" before that."""
    behind = draft.behind(at)
    return bool(draft.named(behind)) and draft.role(behind - 1, Role.MODAL) is not None


def next_thing(draft: Draft, at: int) -> int:
    """What could we sell to Acme *next*."""
    if not draft.asked.offered or not draft.role(at, Role.NEXT) or draft.skip(at + 1) < len(draft.items):
        return at
    draft.asked.offered.append(at)
    return draft.use(at, at + 1, "what to offer")


def product(draft: Draft, at: int) -> int:
    """A product: what was bought, or what is to be offered."""
    found = draft.products(at)
    if not found:
        return at
    behind = draft.behind(at)
    if draft.nots and draft.nots[-1] == behind and draft.role(behind, Role.WITHOUT):
        return _bought(draft, at, at)
    if not draft.asked.offered and draft.role(draft.skip(at + 1), Role.NOUN, Role.NOUN_ONE):
        return _bought(draft, at, at)
    if draft.nots:
        return draft.problem(at, at + 1, f"“{draft.words(at, at + 1)}” cannot be denied here.")
    draft.asked.products.append((at, found))
    draft.joined, draft.placed = None, False
    return draft.use(at, at + 1, f"the product {found[0].name}")


def bought(draft: Draft, at: int) -> int:
    """Bought GTX Pro since June, with GTX Pro or MG Special, never bought GTX Pro."""
    word = draft.role(at, *_BUYING)
    if word is None or word.role is Role.WITHOUT:
        return at
    start = draft.skip(at + 1, Role.NOUN)
    return _bought(draft, at, start) if draft.products(start) else at


def _bought(draft: Draft, at: int, start: int) -> int:
    names, end, either = _products(draft, start)
    if draft.role(at, Role.NEVER_BOUGHT):
        draft.nots.append(at)
    when, end = _when(draft, end)
    catalog = draft.vocabulary.index.catalog
    if catalog.relation(PURCHASES) is None:
        reason = catalog.absent.get(PURCHASES, "Which products an account bought is not known here.")
        return draft.problem(at, end, reason)
    try:
        each = [_purchase(draft, name, when) for name in names]
    except CriteriaError as error:
        return draft.problem(at, end, str(error))
    node = disjunction(*each) if either or draft.nots else conjunction(*each)
    return draft.add(at, end, "", node)


def _products(draft: Draft, at: int) -> tuple[list[str], int, bool]:
    """Products that are joined by "and" or "or"; with the index after them and whether "or" was said."""
    names, end, either = [draft.products(at)[0].name], at + 1, False
    while draft.role(end, *_JOINING):
        after = end + 1
        while draft.role(after, *_JOINING):
            after += 1
        after = draft.skip(after)
        if not draft.products(after):
            break
        either = either or any(draft.role(one, Role.OR, Role.NOR) for one in range(end, after))
        names.append(draft.products(after)[0].name)
        end = after + 1
    return names, end, either


def _when(draft: Draft, at: int) -> tuple[tuple[Role | None, Moment] | None, int]:
    start = draft.skip(at)
    preposition = draft.role(start, *_PREPOSITIONS)
    found = moment(draft, draft.skip(start + 1) if preposition else start)
    if found is None or (draft.values(start) and not preposition):
        return None, at
    return (preposition.role if preposition else None, found[0]), found[1]


def _purchase(draft: Draft, name: str, when: tuple[Role | None, Moment] | None) -> Node:
    """Any purchase of a product, in a period when one was said."""
    node = parse(f"bought {quoted(name)}", draft.vocabulary.index.catalog)
    day = on_day(draft, DAY, when)
    if day is None or not isinstance(node, Related):
        return node
    return Related(node.relation, conjunction(node.where, day), node.every)


def on_day(draft: Draft, field: str, when: tuple[Role | None, Moment] | None) -> Node | None:
    """A condition on a day of a related record."""
    if when is None:
        return None
    return condition(field, when[0], when[1], draft.vocabulary, over=None, negated=False)


def renewal(draft: Draft, at: int) -> int:
    """Renewals due next month: accounts with a subscription that ends then."""
    if not draft.role(at, Role.RENEWAL) or draft.values(at):
        return at
    catalog = draft.vocabulary.index.catalog
    end = at + 1
    while draft.role(end, Role.RENEWAL, Role.FILLER, Role.NOUN) and not draft.values(end):
        end += 1
    when, end = _when(draft, end)
    relation = catalog.relation(_RENEWED)
    if relation is None or relation.catalog.find(_ENDS) is None:
        missing = "There are no subscriptions: no product of Zoho Finance is connected."
        return draft.problem(at, end, catalog.absent.get(_RENEWED, missing))
    if when is None:
        new = f"{draft.words(at, at + 1)} next month"
        readings = (Reading(draft.rewritten(at, at + 1, new), new),)
        return draft.problem(at, end, "Renewals when?", readings=readings)
    day = on_day(draft, _ENDS, when)
    if day is None:
        return draft.problem(at, end, "That period cannot be read here.")
    draft.nouns = True
    return draft.add(at, end, "", Related(relation.name, day))


def settle(draft: Draft) -> None:
    """What is offered needs an account, or a product; a product by itself says nothing."""
    asked = draft.asked
    distinct = {one.id for _, some in asked.products for one in some}
    denied = [at for at, _ in draft.accounts if asked.offered and draft.terms and _denied(draft)]
    if denied:
        draft.problem(denied[0], denied[0] + 1, "What not to offer is the rest: ask what to offer.")
    elif len(distinct) > 1:
        _several(draft)
    elif asked.products and not asked.offered and not _for_it(draft):
        _product_alone(draft)
    elif asked.offered and len({account.id for _, account in draft.accounts}) > 1:
        at = draft.accounts[1][0]
        draft.problem(at, at + 1, "What to offer is asked for one account at a time.")
    elif asked.offered and bool(asked.products) == bool(draft.accounts):
        _for_whom(draft)


def _denied(draft: Draft) -> bool:
    return any(term.negative for term in draft.terms if term.field == "name")


def _several(draft: Draft) -> None:
    at, some = draft.asked.products[0]
    if len(draft.asked.products) > 1:
        at = draft.asked.products[1][0]
        draft.problem(at, at + 1, "To whom to offer something is asked for one product at a time.")
        return
    readings = tuple(Reading(f"prospects for product #{one.id}", f"{one.name} ({one.id})") for one in some)
    draft.problem(at, at + 1, "Several products have that name.", readings=readings)


def _for_it(draft: Draft) -> bool:
    """Accounts for GTX Pro, VIPs for GTX Pro."""
    at = draft.asked.products[0][0]
    return bool(draft.nouns or draft.terms) and draft.role(draft.behind(at), Role.LINK) is not None


def _product_alone(draft: Draft) -> None:
    at, some = draft.asked.products[0]
    name = some[0].name
    offered = (f"who should I pitch {name} to?", f"accounts that bought {name}")
    readings = tuple(Reading(one, one) for one in offered)
    draft.problem(at, at + 1, f"{name}: who bought it, or to whom to offer it?", readings=readings)


def _for_whom(draft: Draft) -> None:
    """Both an account and a product were named, or neither."""
    asked, at = draft.asked, draft.asked.offered[0]
    readings: tuple[Reading, ...] = ()
    if asked.products:
        account, one = draft.accounts[0][1], asked.products[0][1][0]
        readings = (
            Reading(f"what should I offer {account.name}?", f"what to offer {account.name}"),
            Reading(f"who should I pitch {one.name} to?", f"to whom to offer {one.name}"),
        )
    elif draft.vocabulary.index.products:
        some = next(iter(draft.vocabulary.index.products.values()))
        readings = (Reading(f"who should I pitch {some} to?", f"to whom to offer {some}"),)
    reason = (
        "An account or a product?"
        if asked.products
        else "Offer what, or to whom? Name an account or a product."
    )
    draft.problem(at, at + 1, reason, readings=readings)


def prospects(draft: Draft, node: Node) -> Question:
    """To whom of the accounts that meet the criteria to offer the product."""
    product_id = draft.asked.products[0][1][0].id
    return Question(Kind.PROSPECTS, node, limit=draft.limit, words=draft.word_uses(), product=product_id)
