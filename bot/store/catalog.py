"""Which fields criteria may use: the system fields first, then every CRM field that the cache holds.

``Field.source`` says where ``bot.store.columns`` finds a field: a column of one of our tables
(``account.industry``), a CRM field in the raw record (``raw:text:Tier``) or a segmentation's label
(``label:RFM``).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from sqlalchemy import Connection, Row, select
from sqlmodel import SQLModel

import bot.store.tables  # noqa: F401  (for its effect on the metadata)
from connector.mapping import STANDARD_FIELDS, Role
from scoring.config import Configuration
from scoring.criteria.fields import Catalog, Field, FieldType

_TABLES = SQLModel.metadata.tables
_FIELD = _TABLES["crm_field"]

TAG_FIELD = "Tag"  # its data type is "text", its value a list of objects with a name
TAGS = (FieldType.LIST, "list")
NOTHING_CHOSEN = "-None-"  # Zoho's picklists begin with it; a record then holds null

# CRM data type -> our type and the form of the value in the raw record, see ``bot.store.columns``. Currency
# fields are numbers here: raw records hold whole units. Subforms, files and layouts cannot be compared; of a
# formula the cache does not know the type.
# Types and their JSON: https://www.zoho.com/crm/developer/docs/api/v8/field-meta.html
RAW_TYPES: Mapping[str, tuple[FieldType, str]] = {
    **dict.fromkeys(
        ("text", "textarea", "email", "phone", "website", "picklist", "autonumber"),
        (FieldType.TEXT, "text"),
    ),
    **dict.fromkeys(
        ("integer", "double", "currency", "percent", "rollup_summary"), (FieldType.NUMBER, "number")
    ),
    "bigint": (FieldType.TEXT, "text"),  # up to 18 digits in a JSON string: an identifier, not a quantity
    "date": (FieldType.DATE, "day"),
    "datetime": (FieldType.DATE, "instant"),
    "boolean": (FieldType.BOOLEAN, "truth"),
    **dict.fromkeys(("lookup", "ownerlookup", "userlookup"), (FieldType.TEXT, "named")),
    **dict.fromkeys(
        ("multiselectpicklist", "multiselectlookup", "multiuserlookup"), (FieldType.LIST, "list")
    ),
}


@dataclass(frozen=True)
class _System:
    """A system field: its name, type, place, and the cache's column that a CRM field fills."""

    name: str
    type: FieldType
    source: str
    label: str
    column: str = ""
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True)
class _CrmField:
    api_name: str
    label: str
    data_type: str
    picklist: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Known:
    """What the cache knows of a module's fields, and the values that occur."""

    mapped: Mapping[str, str]
    crm: Mapping[str, _CrmField] = field(default_factory=dict)
    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


_TEXT, _NUMBER, _MONEY, _DATE = FieldType.TEXT, FieldType.NUMBER, FieldType.MONEY, FieldType.DATE

ACCOUNT_FIELDS = (
    _System("name", _TEXT, "account.name", "Account", "name"),
    _System("industry", _TEXT, "account.industry", "Industry", "industry"),
    _System(
        "annual_revenue", _MONEY, "account.annual_revenue_minor", "Annual revenue", "annual_revenue_minor"
    ),
    _System("employees", _NUMBER, "account.employees", "Employees", "employees"),
    _System("owner", _TEXT, "owner.name", "Owner", "owner_id"),
    _System("owner_email", _TEXT, "owner.email", "Owner's e-mail"),
    _System("city", _TEXT, "account.city", "City", "city", ("billing_city",)),
    _System("state", _TEXT, "account.state", "State", "state", ("billing_state",)),
    _System("country", _TEXT, "account.country", "Country", "country", ("billing_country",)),
    _System("website", _TEXT, "account.website", "Website", "website"),
    _System("phone", _TEXT, "account.phone", "Phone", "phone"),
    _System("type", _TEXT, "account.kind", "Type", "kind", ("kind",)),
    _System("created", _DATE, "account.created_at", "Created", "created_at"),
    _System("modified", _DATE, "account.modified_at", "Modified", "modified_at"),
    _System("label", _TEXT, "score.label", "Label"),
    _System("r", _NUMBER, "score.r", "R", aliases=("recency",)),
    _System("f", _NUMBER, "score.f", "F", aliases=("frequency",)),
    _System("m", _NUMBER, "score.m", "M", aliases=("monetary",)),
    _System("rfm", _NUMBER, "score.total", "RFM", aliases=("total",)),
    _System("last_purchase", _DATE, "score.last_purchase", "Last purchase"),
    _System("purchases", _NUMBER, "score.purchases", "Purchases"),
    _System("total_spend", _MONEY, "score.spend_minor", "Total spend", aliases=("spend",)),
    _System("deals.count", _NUMBER, "deals.count", "Deals", aliases=("deals",)),
    _System("open_deals", _NUMBER, "deals.open", "Open deals"),
)
TRANSACTION_FIELDS = (
    _System("name", _TEXT, "transaction.name", "Name", "name"),
    _System("stage", _TEXT, "transaction.stage", "Stage", "stage"),
    _System("amount", _MONEY, "transaction.amount_minor", "Amount", "amount_minor"),
    _System("occurred_on", _DATE, "transaction.occurred_on", "Date", "occurred_on", ("closing_date",)),
    _System("owner", _TEXT, "owner.name", "Owner", "owner_id"),
    _System("product", _TEXT, "product.name", "Product", "product_id"),
    _System("created", _DATE, "transaction.created_at", "Created", "created_at"),
    _System("modified", _DATE, "transaction.modified_at", "Modified", "modified_at"),
)


def account_catalog(connection: Connection, configuration: Configuration) -> Catalog:
    """The fields of accounts; ``label r f m rfm`` and the sums are those of the first segmentation.

    Industries, owners and labels are closed sets, and so are the CRM's own picklists. Types and places are
    not: to ask for a country without customers is no mistake.
    """
    choice = configuration.mapping.accounts
    labels = {one.name: tuple(label.name for label in one.labels) for one in configuration.segmentations}
    known = _Known(
        mapped={**STANDARD_FIELDS[Role.ACCOUNTS], **choice.fields},
        crm=_crm_fields(connection, choice.module),
        values={
            "industry": _distinct(connection, "crm_account", "industry"),
            "owner": _distinct(connection, "crm_user", "name"),
            "label": labels[configuration.segmentations[0].name],
        },
    )
    return Catalog((*_system(ACCOUNT_FIELDS, known), *_labels(labels), *_raw(ACCOUNT_FIELDS, known)))


def transaction_catalog(
    connection: Connection, configuration: Configuration, *, closed: bool = True
) -> Catalog:
    """The fields of transactions: which of them count is decided with these.

    Stages, owners and products are closed sets. Not ``closed`` spares the look at every record that this
    takes, for criteria that were checked when they were published.
    """
    choice = configuration.mapping.transactions
    known = _Known(
        mapped={**STANDARD_FIELDS[Role.TRANSACTIONS], **choice.fields},
        crm=_crm_fields(connection, choice.module),
        values={
            "stage": _distinct(connection, "crm_transaction", "stage"),
            "owner": _distinct(connection, "crm_user", "name"),
            "product": _distinct(connection, "crm_product", "name"),
        }
        if closed
        else {},
    )
    return Catalog((*_system(TRANSACTION_FIELDS, known), *_raw(TRANSACTION_FIELDS, known)))


def _system(fields: Iterable[_System], known: _Known) -> Iterator[Field]:
    for one in fields:
        crm = known.crm.get(known.mapped.get(one.column, ""))
        api_name = (known.mapped[one.column],) if one.column in known.mapped else ()
        label = (crm.label,) if crm and crm.label else ()
        occurring = known.values.get(one.name, ())
        # A picklist closes a field only where we also know what occurs in the records.
        listed = crm.picklist if crm and one.name in known.values else ()
        yield Field(
            name=one.name,
            type=one.type,
            source=one.source,
            aliases=tuple(dict.fromkeys((*one.aliases, *api_name, *label))),
            values=_each_once((*listed, *occurring)),
            label=one.label,
        )


def _labels(labels: Mapping[str, tuple[str, ...]]) -> Iterator[Field]:
    for segmentation, values in labels.items():
        name = f"label.{segmentation}"
        yield Field(name, _TEXT, f"label:{segmentation}", values=values, label=f"Label ({segmentation})")


def _raw(system: Iterable[_System], known: _Known) -> Iterator[Field]:
    """Every CRM field that no system field stands for; one with a system field's name is ``crm.<name>``."""
    taken = {one.name.casefold() for one in system} | {
        alias.casefold() for one in system for alias in one.aliases
    }
    mapped = set(known.mapped.values())
    for crm in known.crm.values():
        if crm.api_name in mapped or crm.data_type not in RAW_TYPES:
            continue
        kind, form = TAGS if crm.api_name == TAG_FIELD else RAW_TYPES[crm.data_type]
        tags = ("tags",) if crm.api_name == TAG_FIELD else ()
        yield Field(
            name=f"crm.{crm.api_name}" if crm.api_name.casefold() in taken else crm.api_name,
            type=kind,
            source=f"raw:{form}:{crm.api_name}",
            aliases=tuple(dict.fromkeys(one for one in (crm.api_name, crm.label, *tags) if one)),
            values=crm.picklist if crm.data_type == "picklist" else (),
            label=crm.label or crm.api_name,
        )


def _crm_fields(connection: Connection, module: str) -> dict[str, _CrmField]:
    query = select(_FIELD).where(_FIELD.c.module == module).order_by(_FIELD.c.api_name)
    return {row.api_name: _crm_field(row) for row in connection.execute(query)}


def _crm_field(row: Row[tuple[object, ...]]) -> _CrmField:
    listed = json.loads(row.picklist) if row.picklist else []
    values = tuple(str(one) for one in listed if one not in {None, "", NOTHING_CHOSEN})
    return _CrmField(row.api_name, row.label, row.data_type, _each_once(values))


def _each_once(values: Iterable[str]) -> tuple[str, ...]:
    """Without those that differ in case only; the first spelling stays."""
    kept: dict[str, str] = {}
    for value in values:
        kept.setdefault(value.casefold(), value)
    return tuple(kept.values())


def _distinct(connection: Connection, table: str, column: str) -> tuple[str, ...]:
    """The values that occur in a text column, in order."""
    place = _TABLES[table].c[column]
    found = connection.execute(select(place).distinct().where(place.is_not(None), place != ""))
    return tuple(sorted(found.scalars()))
