"""Contacts of accounts as rows of a mailing list: the port ``ContactRows``.

Each address is in it once, and none that wants no e-mail: that the CRM calls opted out for any contact who
bears it, for the same person may stand in the CRM twice, or that has refused a mailing of Zoho Campaigns.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from sqlalchemy import ColumnElement, FromClause, Select, String, case, func, literal, not_, select, union_all

from bot.app.exporting_contacts import CONTACT_COLUMNS, OPT_OUT, REFUSALS, ContactCount, LeftOut
from bot.app.exporting_values import Batch, ExportColumn, Mailing, Selection
from bot.store.account_reading import AccountReader, Reading
from bot.store.catalog import contact_catalog
from bot.store.chosen_accounts import chosen_accounts
from bot.store.ordering import in_order
from bot.store.places import (
    ACCOUNT,
    COMPANY,
    CONTACT,
    EVENT,
    MARK,
    MARK_KEYS,
    PERSON,
    TABLES,
    ContactColumns,
)
from bot.store.raw_values import raw_value
from bot.store.seen_accounts import seen_ids
from connector.cache.folding import fold
from scoring.criteria.check import field_named
from scoring.market_config import MarkKind, marks_of

BATCH_ROWS: Final = 1_000
_FIELD = TABLES["crm_field"]
# What ``str.strip`` takes, and what is not seen at all: whoever pastes an address brings such with it.
BLANK: Final = (
    "\t\n\v\f\r\x1c\x1d\x1e\x1f \x85\xa0\u1680"
    "\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
    "\u200b\u2060\ufeff"
)
_ADDRESS: Final = "_%@_%"  # LIKE: something on both sides
_LISTED: Final = 0  # in the place of a reason to be left out


class SqlContactRows:
    """The port ``ContactRows``. One statement reads all rows, so that they are of one moment."""

    def __init__(self, reader: AccountReader) -> None:
        self._reader = reader

    def columns(self) -> tuple[ExportColumn, ...]:
        """The columns of every mailing list, without the id."""
        return CONTACT_COLUMNS

    def marks(self) -> Mailing:
        """Every role and keyword that a contact bears or may bear."""
        with self._reader.reading() as reading:
            return Mailing(_marks(reading, MarkKind.CONTACT_ROLE), _marks(reading, MarkKind.KEYWORD))

    def counted(self, selection: Selection, mailing: Mailing) -> ContactCount:
        """How many contacts are in the list, and how many are left out of it.

        Raises:
            CriteriaError: a field that the catalog does not know.
        """
        with self._reader.reading() as reading:
            address, refusal = _address(CONTACT.c.email), _refusals(reading.dialect)
            refused = func.coalesce(refusal.c.reason, _LISTED)
            # Of an address the refusals know; of a contact without one it alone says so.
            of_itself = (_says_so(CONTACT.c.raw, reading.dialect), LeftOut.OPTED_OUT.value)
            without = (not_(_has_address()), LeftOut.WITHOUT_ADDRESS.value)
            reason = case(of_itself, without, else_=refused)
            query = (
                select(reason.label("left_out"), func.count(), func.count(address.distinct()))
                .select_from(CONTACT.outerjoin(refusal, refusal.c.address == address))
                .where(*_meant(reading, selection, mailing))
                .group_by("left_out")
            )
            found = {row[0]: (row[1], row[2]) for row in reading.connection.execute(query)}
            contacts = reading.configuration.mapping.contacts.module
            knows = select(_FIELD.c.api_name).where(_FIELD.c.module == contacts, _FIELD.c.api_name == OPT_OUT)
            known = reading.connection.execute(knows).first() is not None
        some, rows = found.pop(_LISTED, (0, 0))
        left_out = {LeftOut(one): number for one, (number, _) in found.items()}
        return ContactCount(rows, left_out | {LeftOut.SAME_ADDRESS: some - rows}, opt_out_known=known)

    @contextmanager
    def batches(self, selection: Selection, mailing: Mailing) -> Iterator[Iterator[Batch]]:
        """The contacts by account and name: for each batch a list of values for the id and every column.

        After the columns comes the id of each contact's account, which is in no file.

        Raises:
            CriteriaError: a field that the catalog does not know.
        """
        with self._reader.reading() as reading:
            query = _listed(reading, selection, mailing)
            options = {"yield_per": BATCH_ROWS}
            # Closed in any case: whoever stops in the middle leaves a cursor open on the server.
            with reading.connection.execute(query, execution_options=options) as found:
                yield ([list(one) for one in zip(*rows, strict=True)] for rows in found.partitions())


def _listed(reading: Reading, selection: Selection, mailing: Mailing) -> Select[Any]:
    """The id, every column and the account's id; of an address the first contact in the order of the list."""
    dialect = reading.dialect
    columns = ContactColumns(reading.segmentation.name, dialect)
    catalog = contact_catalog(reading.connection, reading.configuration)
    fields = [field_named(one, catalog) for one in ("account", "account.label")]
    company, label = (columns(one) for one in fields)
    address, refusal = _address(CONTACT.c.email), _refusals(dialect)
    shown = (
        *(CONTACT.c.id, CONTACT.c.name, CONTACT.c.title),
        _bare(CONTACT.c.email).label("email"),
        CONTACT.c.phone,
        *(company.label("company"), label.label("label")),
        _says_so(CONTACT.c.raw, dialect).label("opted_out"),
        CONTACT.c.account_id,
    )
    names = (_in_order(COMPANY.c.name, dialect), _in_order(CONTACT.c.name, dialect))
    place = func.row_number().over(
        partition_by=address, order_by=(*(one.nulls_last() for one in names), CONTACT.c.id)
    )
    every = (
        select(*shown, names[0].label("of"), names[1].label("who"), place.label("place"))
        .select_from(columns.rows(fields).outerjoin(refusal, refusal.c.address == address))
        .where(*_meant(reading, selection, mailing), _has_address(), refusal.c.address.is_(None))
        .subquery("listed")
    )
    order = (every.c.of.nulls_last(), every.c.who.nulls_last(), every.c.id)
    return select(*(every.c[one.name] for one in shown)).where(every.c.place == 1).order_by(*order)


def _meant(reading: Reading, selection: Selection, mailing: Mailing) -> Iterator[ColumnElement[bool]]:
    """Contacts of the accounts, with the marks; those that cannot be written to too."""
    accounts = select(ACCOUNT.c.id).where(*chosen_accounts(reading, selection))
    if selection.limit is None:
        accounts = accounts.select_from(reading.rows(selection.criteria, catalog=reading.catalog.open()))
    else:
        order = in_order(selection.sort, reading.catalog, reading.columns)
        accounts = accounts.select_from(reading.columns.rows()).order_by(*order).limit(selection.limit)
    yield CONTACT.c.account_id.in_(accounts)
    for kind, names in (
        (MarkKind.CONTACT_ROLE, mailing.roles),
        (MarkKind.KEYWORD, mailing.keywords),
    ):
        if names:
            yield _bears(kind, names)


def _bears(kind: MarkKind, names: tuple[str, ...]) -> ColumnElement[bool]:
    wanted = [fold(one) for one in names]
    borne = select(MARK.c.record_id).where(
        MARK.c.kind == MARK_KEYS[kind], _folded(MARK.c.mark).in_(wanted), MARK.c.record_id == CONTACT.c.id
    )
    return borne.correlate(CONTACT).exists()


def _bare(text: ColumnElement[Any]) -> ColumnElement[str]:
    """An address without what is blank around it."""
    return func.trim(text, BLANK, type_=String)


def _address(text: ColumnElement[Any]) -> ColumnElement[str]:
    """An address as it is compared with others."""
    return _folded(_bare(text))


def _has_address() -> ColumnElement[bool]:
    return func.coalesce(_bare(CONTACT.c.email).like(_ADDRESS), False)


def _refusals(dialect: str) -> FromClause:
    """Every address that wants no e-mail, once, with the first of its reasons.

    To be joined: of a set behind IN, PostgreSQL looks through the whole for each contact when it is large.
    """
    happened = EVENT.c.event_type.in_(REFUSALS)
    reason = case({one: literal(reason.value) for one, reason in REFUSALS.items()}, value=EVENT.c.event_type)
    of_crm = select(
        _address(PERSON.c.email).label("address"), literal(LeftOut.OPTED_OUT.value).label("reason")
    )
    of_contacts = select(_address(PERSON.c.email), reason).join_from(
        EVENT, PERSON, PERSON.c.id == EVENT.c.contact_id
    )
    every = union_all(
        of_crm.where(_says_so(PERSON.c.raw, dialect)),
        select(_address(EVENT.c.email), reason).where(happened),
        of_contacts.where(happened),
    ).subquery("refused")
    first = func.min(every.c.reason).label("reason")
    return select(every.c.address, first).group_by(every.c.address).subquery("refusal")


def _says_so(raw: ColumnElement[Any], dialect: str) -> ColumnElement[bool]:
    return func.coalesce(raw_value(raw, f"truth:{OPT_OUT}", dialect), False)


def _folded(text: ColumnElement[Any]) -> ColumnElement[Any]:
    return func.bw_fold(text, type_=String)


def _in_order(text: ColumnElement[Any], dialect: str) -> ColumnElement[Any]:
    """A name as a sort key, the same on both databases: PostgreSQL would sort by the server's language."""
    folded = _folded(text)
    return folded if dialect == "sqlite" else folded.collate("C")


def _marks(reading: Reading, kind: MarkKind) -> tuple[str, ...]:
    """The marks of the document, and those that contacts still bear who are seen."""
    borne = select(MARK.c.mark).distinct().where(MARK.c.kind == MARK_KEYS[kind]).order_by(MARK.c.mark)
    if not reading.scope.everything:
        of_seen = select(CONTACT.c.id).where(
            CONTACT.c.account_id.in_(seen_ids(reading.scope, reading.dialect))
        )
        borne = borne.where(MARK.c.record_id.in_(of_seen))
    held = reading.connection.execute(borne).scalars()
    known = {fold(one): one for one in (*held, *marks_of(kind, reading.configuration.markets))}
    return tuple(sorted(known.values(), key=str.casefold))
