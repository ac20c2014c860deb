"""What counts as a purchase, read with the fields that there are: which records, which day, which amount."""

from __future__ import annotations

from scoring.criteria.check import field_named, nearest
from scoring.criteria.errors import CriteriaError
from scoring.criteria.fields import Catalog, Contributed, Field, FieldType, Relation
from scoring.criteria.parse import parse
from scoring.criteria.tree import Always
from scoring.criteria.values import quoted
from scoring.purchases_config import Contribution

CREDIT_NOTE = "document:credit_note"
# The store's places whose records can count; those of a module have neither a day nor an amount of their own.
_TRANSACTION, _DOCUMENT, _RECORD = "transaction", "document", "record"
_PLACES = (_TRANSACTION, _DOCUMENT, _RECORD)
_DAY, _AMOUNT = "occurred_on", "amount"


def contributed(one: Contribution, accounts: Catalog) -> Contributed:
    """One kind of records that counts.

    Raises:
        CriteriaError: there are no such records or fields, or a field is no day or no amount.
    """
    relation = records_of(one, accounts)
    return Contributed(
        relation,
        parse(one.when, relation.catalog),
        day_of(one, relation),
        amount_of(one, relation),
        takes_away=relation.source == CREDIT_NOTE,
    )


def records_of(one: Contribution, accounts: Catalog) -> Relation:
    """The records of accounts that a contribution names.

    Raises:
        CriteriaError: there are none, or they cannot count; names the nearest that can.
    """
    found, folded = accounts.relation(one.source), one.source.casefold()
    if found is not None and _can_count(found):
        return found
    if found is None and folded in accounts.absent:
        raise CriteriaError(accounts.absent[folded])
    names = [each.name for each in accounts.relations if _can_count(each)]
    close = nearest(folded, {name.casefold(): name for name in names})
    spelled = {name.casefold(): name for name in names}
    raise CriteriaError(
        f"There are no records {quoted(one.source)} that can count as purchases: write "
        f"{', '.join(names)}, or a module that sync.also names.",
        nearest=tuple(spelled[name] for name in close),
    )


def day_of(one: Contribution, relation: Relation) -> Field:
    """The field with the day of a purchase.

    Raises:
        CriteriaError: there is none, it is not said, or it is no day.
    """
    field = _chosen(one.date, _DAY, relation, "day of a purchase")
    if field.type is not FieldType.DATE:
        raise CriteriaError(f"{field.name} is a {field.type.value} field; choose a date.")
    if _is_instant(field):
        raise CriteriaError(
            f"{field.name} is a moment, which is on one day here and on another there; choose a date."
        )
    return field


def amount_of(one: Contribution, relation: Relation) -> Field:
    """The field with the money of a purchase.

    Raises:
        CriteriaError: there is none, it is not said, or it is no number.
    """
    field = _chosen(one.amount, _AMOUNT, relation, "money of a purchase")
    if field.type not in {FieldType.MONEY, FieldType.NUMBER}:
        raise CriteriaError(f"{field.name} is a {field.type.value} field; choose one with money or a number.")
    return field


def _chosen(name: str | None, default: str, relation: Relation, what: str) -> Field:
    if name is None and relation.catalog.find(default) is None:
        raise CriteriaError(f"Say which field of {relation.name} is the {what}.")
    return field_named(name or default, relation.catalog)


def _can_count(relation: Relation) -> bool:
    whole = isinstance(relation.given, Always) and relation.through is None and not relation.united
    return whole and relation.source.partition(":")[0] in _PLACES


def _is_instant(field: Field) -> bool:
    """By where it is: the copy's instants end with ``_at``, its days with ``_on``."""
    return field.source.endswith("_at") or ":instant:" in field.source


def is_plain(parts: tuple[Contributed, ...]) -> bool:
    """Whether deals alone count, by their own day and amount."""
    return [one.relation.source for one in parts] == [_TRANSACTION] and (
        parts[0].day.source,
        parts[0].amount.source,
    ) == ("transaction.occurred_on", "transaction.amount_minor")


def never_right(parts: tuple[Contributed, ...]) -> str | None:
    """A sentence when the same sale would count twice, or nothing would count; None when all is well."""
    if parts and all(one.takes_away for one in parts):
        return "credit notes only take away; say in purchases what counts as a purchase."
    names = {one.relation.source: one.relation.name for one in parts}
    for follows, before in _FOLLOWS.items():
        others = sorted(before & names.keys())
        if follows in names and others:
            return (
                f"{names[follows]} and {names[others[0]]} speak of the same sales, and nothing tells which "
                "belong together: they would count twice. Keep one of them."
            )
    return None


# What is paid or billed for something else, without saying for what.
_FOLLOWS: dict[str, frozenset[str]] = {
    "document:payment": frozenset(
        {
            *("document:invoice", "document:sales_order", "document:estimate", "document:subscription"),
            _TRANSACTION,
        }
    ),
    "document:subscription": frozenset({"document:invoice"}),
}
