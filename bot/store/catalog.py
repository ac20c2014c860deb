"""Which fields criteria may use: the system fields first, then every CRM field that the cache holds.

``Field.source`` says where ``bot.store.columns`` and ``bot.store.places`` find a field: a column of one of
our tables (``account.industry``), a CRM field in the raw record (``raw:text:Tier``), a segmentation's label
(``label:RFM``) or score (``score:r:RFM``), or a person's marks
(``joined:market_segment``).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from sqlalchemy import Connection, Row, select

from bot.app.scope import EVERYTHING, Scope
from bot.app.technique_rules import label_names
from bot.store.occurring import occurring
from bot.store.places import ACCOUNT, CONTACT, MARK_KEYS, TABLES
from bot.store.relations import Described, related_to_accounts
from bot.store.seen_accounts import seen_ids
from bot.store.system_fields import (
    ACCOUNT_FIELDS,
    CONTACT_FIELDS,
    DECLARED,
    DOCUMENT_FIELDS,
    EVENT_FIELDS,
    FURTHER_CONTACT_FIELDS,
    FURTHER_TRANSACTION_FIELDS,
    PRODUCT_FIELDS,
    RAW_TYPES,
    RECORD_FIELDS,
    SCORED,
    TAG_FIELD,
    TAGS,
    TRANSACTION_FIELDS,
    System,
)
from bot.store.technique_fields import technique_fields
from connector.mapping import STANDARD_FIELDS, Role
from scoring.config import Configuration, ModuleChoice
from scoring.criteria.fields import Catalog, Field, FieldType
from scoring.market_config import MarkKind, marks_of
from scoring.rfm_config import RfmSegmentation
from scoring.voice.catalog import in_criteria

_FIELD, _PRODUCT, _MARK = TABLES["crm_field"], TABLES["crm_product"], TABLES["mark"]

NOTHING_CHOSEN = "-None-"  # Zoho's picklists begin with it; a record then holds null
MOST_NAMES = 5_000  # of products: with more of them a name that is not known is no error


@dataclass(frozen=True)
class _CrmField:
    api_name: str
    label: str
    data_type: str
    picklist: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Known:
    """What the cache knows of a module's fields, and the values that occur."""

    mapped: Mapping[str, str] = field(default_factory=dict)
    crm: Mapping[str, _CrmField] = field(default_factory=dict)
    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def account_catalog(
    connection: Connection, configuration: Configuration, scope: Scope = EVERYTHING
) -> Catalog:
    """The fields of accounts; ``label r f m rfm`` and the sums are those of the first segmentation.

    Industries, owners and labels are closed sets, and so are the CRM's own picklists. Types and places are
    not: to ask for a country without customers is no mistake.

    Args:
        connection: to the cache.
        configuration: modules, segmentations, segments.
        scope: whose accounts are seen: values that occur in others only are none.
    """
    labels = {one.name: label_names(one) for one in configuration.segmentations}
    fields = _all_crm_fields(connection)
    owners = _distinct(connection, "crm_user", "name")
    values = {
        "industry": tuple(sorted(_industries(connection, scope))),
        "owner": owners,
        "label": labels[configuration.primary.name],
    }
    known = _known(Role.ACCOUNTS, configuration.mapping.accounts, fields, values)
    given = (
        *technique_fields(configuration),
        *_market_segments(connection, configuration, scope),
    )
    described = _described(connection, configuration, fields, owners, scope)
    relations, unreadable = related_to_accounts(configuration, described)
    missing = {
        name.casefold(): sentence
        for one, sentence in DECLARED
        for name in (one.name, *one.aliases)
        if one.name not in {each.name for each in given}
    }
    return Catalog(
        (*_system(ACCOUNT_FIELDS, known), *_labels(labels), *given, *_raw(ACCOUNT_FIELDS, known)),
        further=tuple(_scores(one.name for one in configuration.of(RfmSegmentation))),
        relations=relations,
        segments={one.name: in_criteria(one.criteria) for one in configuration.segments},
        absent={**missing, **unreadable},
        rows="accounts",
    )


def transaction_catalog(
    connection: Connection, configuration: Configuration, *, closed: bool = True
) -> Catalog:
    """The fields of transactions: which of them count is decided with these.

    Stages, owners and products are closed sets. Not ``closed`` spares the look at every record that this
    takes, for criteria that were checked when they were published.
    """
    places = {
        "stage": ("crm_transaction", "stage"),
        "owner": ("crm_user", "name"),
        "product": ("crm_product", "name"),
    }
    values = {name: _distinct(connection, *place) for name, place in places.items()} if closed else {}
    return _transactions(_all_crm_fields(connection), configuration, values)


def contact_catalog(connection: Connection, configuration: Configuration) -> Catalog:
    """The fields of contacts, and the most important ones of their accounts."""
    values = {"owner": _distinct(connection, "crm_user", "name"), **_contact_marks(connection, configuration)}
    return _contacts(_all_crm_fields(connection), configuration, values)


def product_catalog(connection: Connection, configuration: Configuration) -> Catalog:
    """The fields of products."""
    return _products(_all_crm_fields(connection), configuration)


def record_catalog(connection: Connection, module: str) -> Catalog:
    """The fields of a module without a role (``sync.also``)."""
    return _records(_all_crm_fields(connection), module, {})


_Fields = Mapping[str, Mapping[str, _CrmField]]
_Values = Mapping[str, tuple[str, ...]]


def _described(
    connection: Connection,
    configuration: Configuration,
    fields: _Fields,
    owners: tuple[str, ...],
    scope: Scope,
) -> Described:
    """The fields of everything that belongs to accounts.

    Values are closed where the CRM lists them: to look at every record for every question would cost more
    than the question.
    """
    names = connection.execute(select(_PRODUCT.c.name).distinct().limit(MOST_NAMES + 1)).scalars().all()
    products = tuple(sorted(name for name in names if name)) if len(names) <= MOST_NAMES else ()
    listed = {"owner": owners, "product": products, "stage": ()}
    of_contacts = {"owner": owners, **_contact_marks(connection, configuration, scope)}
    return Described(
        transactions=_transactions(fields, configuration, listed),
        # Without what stands on their account: from an account that is itself, its label a circle.
        contacts=replace(_contacts(fields, configuration, of_contacts), further=()),
        products=_products(fields, configuration),
        modules={module: _records(fields, module, {"owner": owners}) for module in configuration.sync.also},
        documents=Catalog(tuple(_system(DOCUMENT_FIELDS, _Known())), rows="documents"),
        events=Catalog(tuple(_system(EVENT_FIELDS, _Known())), rows="engagement events"),
    )


def _industries(connection: Connection, scope: Scope) -> Iterable[str]:
    if scope.everything:
        return occurring(connection, ACCOUNT.c.industry)
    industry = ACCOUNT.c.industry
    seen = ACCOUNT.c.id.in_(seen_ids(scope, connection.dialect.name))
    return connection.execute(select(industry).distinct().where(industry != "", seen)).scalars()


def _market_segments(connection: Connection, configuration: Configuration, scope: Scope) -> Iterator[Field]:
    """The field of market segments, as soon as there are any: its values are a closed set."""
    names = _marks(connection, configuration, MarkKind.MARKET_SEGMENT, scope)
    if names:
        declared = {one.name: one for one, _ in DECLARED}
        yield replace(declared["market_segment"], values=names)


def _contact_marks(
    connection: Connection, configuration: Configuration, scope: Scope = EVERYTHING
) -> _Values:
    """The roles that there are; and the keywords, where the document does not leave them free."""
    roles = _marks(connection, configuration, MarkKind.CONTACT_ROLE, scope)
    free = not configuration.markets.keywords
    return {
        "role": roles,
        "keywords": () if free else _marks(connection, configuration, MarkKind.KEYWORD, scope),
    }


def _marks(
    connection: Connection, configuration: Configuration, kind: MarkKind, scope: Scope
) -> tuple[str, ...]:
    """The marks of the document, and those that are still borne though it names them no more."""
    borne = select(_MARK.c.mark).distinct().where(_MARK.c.kind == MARK_KEYS[kind]).order_by(_MARK.c.mark)
    if not scope.everything:
        seen = seen_ids(scope, connection.dialect.name)
        contacts = select(CONTACT.c.id).where(CONTACT.c.account_id.in_(seen))
        borne = borne.where(_MARK.c.record_id.in_(seen if kind is MarkKind.MARKET_SEGMENT else contacts))
    return _each_once((*marks_of(kind, configuration.markets), *connection.execute(borne).scalars()))


def _known(role: Role, choice: ModuleChoice, fields: _Fields, values: _Values) -> _Known:
    mapped = {**STANDARD_FIELDS[role], **choice.fields}
    return _Known(mapped, fields.get(choice.module, {}), values)


def _transactions(fields: _Fields, configuration: Configuration, values: _Values) -> Catalog:
    known = _known(Role.TRANSACTIONS, configuration.mapping.transactions, fields, values)
    sold = _known(Role.PRODUCTS, configuration.mapping.products, fields, {})
    of_products = (
        replace(
            one,
            name=f"product.{one.name}",
            source=f"product_{one.source}",
            aliases=tuple(f"product.{alias}" for alias in one.aliases),
        )
        for one in _raw(PRODUCT_FIELDS, sold)
    )
    return Catalog(
        (*_system(TRANSACTION_FIELDS, known), *_raw(TRANSACTION_FIELDS, known)),
        further=(*_system(FURTHER_TRANSACTION_FIELDS, _Known()), *of_products),
        rows="transactions",
    )


def _contacts(fields: _Fields, configuration: Configuration, values: _Values) -> Catalog:
    known = _known(Role.CONTACTS, configuration.mapping.contacts, fields, values)
    labels = label_names(configuration.primary)
    return Catalog(
        (*_system(CONTACT_FIELDS, known), *_raw(CONTACT_FIELDS, known)),
        further=tuple(_system(FURTHER_CONTACT_FIELDS, _Known(values={"account.label": labels}))),
        rows="contacts",
    )


def _products(fields: _Fields, configuration: Configuration) -> Catalog:
    known = _known(Role.PRODUCTS, configuration.mapping.products, fields, {})
    return Catalog((*_system(PRODUCT_FIELDS, known), *_raw(PRODUCT_FIELDS, known)), rows="products")


def _records(fields: _Fields, module: str, values: _Values) -> Catalog:
    mapped = {"owner_id": "Owner", "created_at": "Created_Time", "modified_at": "Modified_Time"}
    known = _Known(mapped, fields.get(module, {}), values)
    return Catalog((*_system(RECORD_FIELDS, known), *_raw(RECORD_FIELDS, known)), rows=module)


def _system(fields: Iterable[System], known: _Known) -> Iterator[Field]:
    for one in fields:
        crm = known.crm.get(known.mapped.get(one.column, ""))
        api_name = (known.mapped[one.column],) if one.column in known.mapped else ()
        label = (crm.label,) if crm and crm.label else ()
        held = known.values.get(one.name, ())
        # A picklist closes a field only where we also know what occurs in the records.
        listed = crm.picklist if crm and one.name in known.values else ()
        yield Field(
            name=one.name,
            type=one.type,
            source=one.source,
            aliases=tuple(dict.fromkeys((*one.aliases, *api_name, *label))),
            values=_each_once((*listed, *held)),
            label=one.label,
        )


def _labels(labels: Mapping[str, tuple[str, ...]]) -> Iterator[Field]:
    for segmentation, values in labels.items():
        name = f"label.{segmentation}"
        source = f"label:{segmentation}"
        yield Field(name, FieldType.TEXT, source, values=values, label=f"Label ({segmentation})")


def _scores(segmentations: Iterable[str]) -> Iterator[Field]:
    for segmentation in segmentations:
        for name, (kind, column) in SCORED.items():
            source = f"score:{column}:{segmentation}"
            yield Field(f"{name}.{segmentation}", kind, source, label=f"{name} ({segmentation})")


def _raw(system: Iterable[System], known: _Known) -> Iterator[Field]:
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
            in_percent=crm.data_type == "percent",
        )


def _all_crm_fields(connection: Connection) -> _Fields:
    """Every module's fields, by module and API name."""
    found: dict[str, dict[str, _CrmField]] = {}
    for row in connection.execute(select(_FIELD).order_by(_FIELD.c.module, _FIELD.c.api_name)):
        found.setdefault(row.module, {})[row.api_name] = _crm_field(row)
    return found


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
    place = TABLES[table].c[column]
    found = connection.execute(select(place).distinct().where(place.is_not(None), place != ""))
    return tuple(sorted(found.scalars()))
