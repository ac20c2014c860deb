"""Contacts of accounts as rows of a mailing list: the port ``ContactRows``.

Nobody is in it whose e-mail address has been opted out by any contact that bears it: the same person may
stand in the CRM twice.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from sqlalchemy import ColumnElement, String, and_, case, func, not_, or_, select

from bot.app.exporting_contacts import CONTACT_COLUMNS, OPT_OUT, ContactCount
from bot.app.exporting_values import Batch, ExportColumn, Mailing, Selection
from bot.store.account_reading import AccountReader, Reading
from bot.store.catalog import contact_catalog
from bot.store.chosen_accounts import chosen_accounts
from bot.store.ordering import in_order
from bot.store.places import ACCOUNT, COMPANY, CONTACT, MARK, MARK_KEYS, PERSON, TABLES, ContactColumns
from bot.store.raw_values import raw_value
from bot.store.seen_accounts import seen_ids
from connector.cache.folding import fold
from scoring.criteria.check import field_named
from scoring.market_config import MarkKind, marks_of

BATCH_ROWS: Final = 1_000
_FIELD = TABLES["crm_field"]


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
            CriteriaError: a field or value that the catalog does not know.
        """
        with self._reader.reading() as reading:
            addressed, out = _has_address(), _opted_out(reading.dialect)
            ones = (
                case((and_(addressed, not_(out)), 1), else_=0),
                case((and_(addressed, out), 1), else_=0),
                case((not_(addressed), 1), else_=0),
            )
            sums = (func.coalesce(func.sum(one), 0) for one in ones)
            query = select(*sums).select_from(CONTACT).where(*_meant(reading, selection, mailing))
            rows, opted_out, without = reading.connection.execute(query).one()
            contacts = reading.configuration.mapping.contacts.module
            knows = select(_FIELD.c.api_name).where(_FIELD.c.module == contacts, _FIELD.c.api_name == OPT_OUT)
            known = reading.connection.execute(knows).first() is not None
        return ContactCount(int(rows), int(opted_out), int(without), opt_out_known=known)

    @contextmanager
    def batches(self, selection: Selection, mailing: Mailing) -> Iterator[Iterator[Batch]]:
        """The contacts by account and name: for each batch a list of values for the id and every column.

        Raises:
            CriteriaError: a field or value that the catalog does not know.
        """
        with self._reader.reading() as reading:
            dialect = reading.dialect
            columns = ContactColumns(reading.segmentation.name, dialect)
            catalog = contact_catalog(reading.connection, reading.configuration)
            fields = [field_named(one, catalog) for one in ("account", "account.label")]
            company, label = (columns(one) for one in fields)
            shown = (CONTACT.c.id, CONTACT.c.name, CONTACT.c.title, CONTACT.c.email, CONTACT.c.phone)
            query = (
                select(*shown, company, label, _says_so(CONTACT.c.raw, dialect).label("opted_out"))
                .select_from(columns.rows(fields))
                .where(*_meant(reading, selection, mailing), _has_address(), not_(_opted_out(dialect)))
                .order_by(*(_folded(one) for one in (COMPANY.c.name, CONTACT.c.name)), CONTACT.c.id)
            )
            options = {"yield_per": BATCH_ROWS}
            # Closed in any case: whoever stops in the middle leaves a cursor open on the server.
            with reading.connection.execute(query, execution_options=options) as found:
                yield ([list(one) for one in zip(*rows, strict=True)] for rows in found.partitions())


def _meant(reading: Reading, selection: Selection, mailing: Mailing) -> Iterator[ColumnElement[bool]]:
    """Contacts of the accounts, with the marks; those that cannot be written to too."""
    accounts = select(ACCOUNT.c.id).where(*chosen_accounts(reading, selection))
    if selection.limit is None:
        accounts = accounts.select_from(reading.rows(selection.criteria))
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


def _has_address() -> ColumnElement[bool]:
    return func.coalesce(func.trim(CONTACT.c.email), "") != ""


def _opted_out(dialect: str) -> ColumnElement[bool]:
    """Whether the contact, or another one with its address, wants no e-mail."""
    others = select(_folded(func.trim(PERSON.c.email))).where(
        PERSON.c.email.is_not(None), _says_so(PERSON.c.raw, dialect)
    )
    return or_(_says_so(CONTACT.c.raw, dialect), _folded(func.trim(CONTACT.c.email)).in_(others))


def _says_so(raw: ColumnElement[Any], dialect: str) -> ColumnElement[bool]:
    return func.coalesce(raw_value(raw, f"truth:{OPT_OUT}", dialect), False)


def _folded(text: ColumnElement[Any]) -> ColumnElement[Any]:
    return func.bw_fold(text, type_=String)


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
