"""What belongs to an account: deals, purchases, contacts, products, documents, events."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from bot.store.purchases import COPIED, FIELDS
from scoring.config import Configuration
from scoring.criteria.errors import CriteriaError
from scoring.criteria.fields import Catalog, Relation, singular
from scoring.criteria.purchases import DAY, PURCHASES
from scoring.criteria.tree import Ago, Compare, Node, Not, Operator, conjunction
from scoring.purchases import contributed, is_plain

# A deal is over in every stage that begins so, see ``bot.store.places``.
_OPEN: Node = Not(Compare("stage", Operator.STARTS_WITH, "closed"))
_NAMES_OF_BOUGHT = {"purchase", "product"}
# What purchases of several kinds have in common.
_OF_SEVERAL = Catalog(FIELDS, rows="purchases")
# Relation -> the kind of Finance document, as ``fin_document`` has it.
DOCUMENTS: Mapping[str, str] = {
    "invoices": "invoice",
    "estimates": "estimate",
    "sales_orders": "sales_order",
    "purchase_orders": "purchase_order",
    "credit_notes": "credit_note",
    "payments": "payment",
    "subscriptions": "subscription",
}


@dataclass(frozen=True)
class Described:
    """The fields of the records that belong to accounts."""

    transactions: Catalog
    contacts: Catalog
    products: Catalog
    modules: Mapping[str, Catalog]
    documents: Catalog
    events: Catalog


def related_to_accounts(
    configuration: Configuration, described: Described
) -> tuple[tuple[Relation, ...], dict[str, str]]:
    """The relations, and sentences for those that cannot be asked for."""
    mapping, absent = configuration.mapping, dict[str, str]()
    deals = ("transactions", mapping.transactions.module)
    relations = [
        Relation("deals", "transaction", described.transactions, deals),
        Relation("open_deals", "transaction", described.transactions, given=_OPEN),
        Relation("contacts", "contact", described.contacts, (mapping.contacts.module,)),
    ]
    if configuration.finance:
        relations += [
            Relation(name, f"document:{kind}", described.documents) for name, kind in DOCUMENTS.items()
        ]
    else:
        absent = {
            word: f"There are no {name.replace('_', ' ')}: no product of Zoho Finance is connected."
            for name in DOCUMENTS
            for word in (name, name.replace("_", " "), singular(name))
        }
    relations.append(Relation("engagement_events", "event", described.events, ("interactions",)))
    relations += _modules(relations, described.modules, configuration)
    try:
        bought = list(_bought(configuration, described, relations, absent))
    except CriteriaError as error:
        sentence = (
            f"What was bought cannot be asked for, because the criteria of purchases do not fit: {error}"
        )
        absent |= dict.fromkeys((PURCHASES, "purchase", "products", "product"), sentence)
        bought = []
    at = [one.name for one in relations].index("contacts") + 1
    return (*relations[:at], *bought, *relations[at:]), absent


def _bought(
    configuration: Configuration,
    described: Described,
    relations: Sequence[Relation],
    absent: Mapping[str, str],
) -> Iterator[Relation]:
    """What counts in the first segmentation, up to today, and the products on it."""
    known = Catalog((), relations=tuple(relations), absent=absent).open()
    parts = tuple(contributed(one, known) for one in configuration.contributions)
    if is_plain(parts):
        more = (Compare(DAY, Operator.LE, Ago(0)), Not(Compare("amount", Operator.LT, Decimal(0))))
        given = conjunction(parts[0].where, *more)
        purchases = Relation(PURCHASES, "transaction", described.transactions, given=given)
    else:
        several = len({one.product for one in configuration.finance}) > 1
        purchases = Relation(PURCHASES, COPIED if several else PURCHASES, _OF_SEVERAL, united=parts)
    yield purchases
    module = configuration.mapping.products.module
    yield Relation("products", "product", described.products, (module,), through=purchases)


def _modules(
    taken: list[Relation], modules: Mapping[str, Catalog], configuration: Configuration
) -> Iterator[Relation]:
    """Modules without a role by their API names; ``crm_`` before one that means something else already."""
    names = {singular(name).casefold() for one in taken for name in (one.name, *one.aliases)}
    names |= _NAMES_OF_BOUGHT | {singular(configuration.mapping.products.module).casefold()}
    for module, catalog in modules.items():
        free = singular(module).casefold() not in names
        yield Relation(module if free else f"crm_{module}", f"record:{module}", catalog)
