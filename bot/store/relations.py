"""What belongs to an account: deals, purchases, contacts, products, documents, events."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from scoring.config import Configuration
from scoring.criteria.errors import CriteriaError
from scoring.criteria.fields import Catalog, Relation, singular
from scoring.criteria.parse import parse
from scoring.criteria.purchases import DAY, PURCHASES
from scoring.criteria.tree import Ago, Compare, Node, Not, Operator, conjunction

# A deal is over in every stage that begins so, see ``bot.store.places``.
_OPEN: Node = Not(Compare("stage", Operator.STARTS_WITH, "closed"))
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
    try:
        relations += _bought(configuration, described)
    except CriteriaError as error:
        sentence = (
            f"What was bought cannot be asked for, because the criteria of purchases do not fit: {error}"
        )
        absent = dict.fromkeys((PURCHASES, "purchase", "products", "product"), sentence)
    if configuration.finance:
        relations += [
            Relation(name, f"document:{kind}", described.documents) for name, kind in DOCUMENTS.items()
        ]
    else:
        absent |= {
            word: f"There are no {name.replace('_', ' ')}: no product of Zoho Finance is connected."
            for name in DOCUMENTS
            for word in (name, name.replace("_", " "), singular(name))
        }
    relations.append(Relation("engagement_events", "event", described.events, ("interactions",)))
    relations += _modules(relations, described.modules)
    return tuple(relations), absent


def _bought(configuration: Configuration, described: Described) -> Iterator[Relation]:
    """The transactions that count in the first segmentation, up to today, and their products."""
    counted = parse(configuration.purchases, described.transactions.open())
    given = conjunction(counted, Compare(DAY, Operator.LE, Ago(0)))
    purchases = Relation(PURCHASES, "transaction", described.transactions, given=given)
    yield purchases
    module = configuration.mapping.products.module
    yield Relation("products", "product", described.products, (module,), through=purchases)


def _modules(taken: list[Relation], modules: Mapping[str, Catalog]) -> Iterator[Relation]:
    """Modules without a role by their API names; ``crm_`` before one that means something else already."""
    names = {singular(name).casefold() for one in taken for name in (one.name, *one.aliases)}
    for module, catalog in modules.items():
        free = singular(module).casefold() not in names
        yield Relation(module if free else f"crm_{module}", f"record:{module}", catalog)
