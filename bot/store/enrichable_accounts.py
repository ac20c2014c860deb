"""The local copy of accounts, as far as enrichment needs it: the port ``EnrichableAccounts``."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date
from typing import Any

import orjson
from sqlalchemy import Row, bindparam, select, update

from bot.app.config.published import Published
from bot.app.config.shape import nearest
from bot.app.crm_mapping import crm_mapping
from bot.app.errors import UserError
from bot.app.marking import Bearer
from bot.app.ports import Clock
from bot.app.scope import seeing
from bot.store.bulk_rows import write_rows
from bot.store.marks import SqlMarks
from bot.store.places import ACCOUNT, TABLES
from bot.store.score_rows import batches
from bot.store.scores import SqlScoringTransaction
from bot.store.seen_accounts import is_seen
from connector.cache.copy import SqlCopy
from connector.cache.engine import Database
from connector.cache.written import SqlWrittenCopy
from connector.enrichment.values import Company
from connector.mapping import Role
from connector.ports import FieldDescription
from connector.write_ports import Change, Outcome, OwnValue
from scoring.config import Configuration
from scoring.criteria.errors import CriteriaError
from scoring.voice.catalog import in_criteria

_COMPANY = (ACCOUNT.c.id, ACCOUNT.c.name, ACCOUNT.c.website, ACCOUNT.c.country)
_TOUCHED = TABLES["touched_account"]
# Columns of the copy that are a field of the CRM word for word; the others the next sync brings.
_TEXTS = ("industry", "city", "state", "country", "website", "phone", "kind")
_NUMBERS = ("employees",)


class SqlEnrichableAccounts:
    """Accounts in the copy.

    Args:
        published: the document in force.
    """

    def __init__(self, database: Database, published: Callable[[], Published], clock: Clock) -> None:
        self._database = database
        self._published = published
        self._clock = clock

    def meeting(self, criteria: str) -> Sequence[str]:
        """The ids of the accounts that meet criteria, ascending.

        Raises:
            UserError: the criteria do not fit the fields.
        """
        with SqlMarks(self._database).reading() as marks:
            try:
                wanted, now = in_criteria(criteria), self._clock.now()
                return marks.meeting(Bearer.ACCOUNT, wanted, self._published(), now)
            except CriteriaError as error:
                raise UserError(f"The criteria do not fit the fields of accounts: {error}") from None

    def company(self, account: str) -> Company:
        """The account of that id or name.

        Raises:
            UserError: there is none, or several.
        """
        with SqlMarks(self._database).reading() as marks:
            found = marks.called(Bearer.ACCOUNT, account.strip())
            hint = "" if found else nearest(account, list(marks.names(Bearer.ACCOUNT)))
        if not found:
            raise UserError(f"There is no account '{account}'.{hint}")
        if len(found) > 1:
            raise UserError(f"{len(found)} accounts are called '{account}'.", f"Give the id: {found[0]} …")
        with self._database.reads.begin() as connection:
            row = connection.execute(select(*_COMPANY).where(ACCOUNT.c.id == found[0])).one()
        return _company(row)

    def seen(self, ids: Collection[str]) -> frozenset[str]:
        """Those of some accounts that whoever asks sees (``bot.app.scope``)."""
        query = select(ACCOUNT.c.id).where(is_seen(seeing(), self._database.dialect))
        with self._database.reads.begin() as connection:
            return frozenset(
                one
                for some in batches(tuple(ids))
                for one in connection.execute(query.where(ACCOUNT.c.id.in_(some))).scalars()
            )

    def companies(self, ids: Collection[str]) -> Sequence[tuple[Company, Mapping[str, Any]]]:
        """Accounts, with all that the copy has of each by API name; in the order of the ids."""
        found: dict[str, tuple[Company, Mapping[str, Any]]] = {}
        query = select(*_COMPANY, ACCOUNT.c.raw)
        with self._database.reads.begin() as connection:
            for some in batches(tuple(ids)):
                for row in connection.execute(query.where(ACCOUNT.c.id.in_(some))):
                    found[row.id] = (_company(row), orjson.loads(row.raw))
        return [found[one] for one in ids if one in found]

    def fields(self) -> tuple[FieldDescription, ...]:
        """The fields of accounts as the copy has them, without lengths."""
        return SqlCopy(self._database).fields(self._configuration.mapping.accounts.module)

    def today(self) -> date:
        """The organisation's present day, in its time zone."""
        with self._database.reads.begin() as connection:
            organisation = SqlScoringTransaction(connection).organisation()
        return organisation.today(self._configuration, self._clock.now()).day

    def note_written(self, written: Mapping[str, Mapping[str, OwnValue]]) -> None:
        """The CRM holds these values now, by account and API name; the accounts are to be scored again."""
        if not written:
            return
        done = [(Change(one, values), Outcome(one, done=True)) for one, values in written.items()]
        SqlWrittenCopy(self._database).note_written(done)
        mapped = crm_mapping(self._configuration.mapping).of(Role.ACCOUNTS).fields
        now = self._clock.now()
        with self._database.writes.begin() as connection:
            for account_id, values in sorted(written.items()):
                columns = dict(_columns(values, mapped))
                if columns:
                    this = update(ACCOUNT).where(ACCOUNT.c.id == bindparam("this"))
                    connection.execute(this.values(**columns), {"this": account_id})
            write_rows(connection, _TOUCHED, {"account_id": sorted(written)}, {"touched_at": now})

    @property
    def _configuration(self) -> Configuration:
        return self._published().configuration


def _columns(values: Mapping[str, OwnValue], mapped: Mapping[str, str]) -> Sequence[tuple[str, OwnValue]]:
    texts = [(one, _text(values[mapped[one]])) for one in _TEXTS if mapped.get(one) in values]
    numbers = [(one, values[mapped[one]]) for one in _NUMBERS if mapped.get(one) in values]
    return [*texts, *((one, number) for one, number in numbers if not isinstance(number, str))]


def _text(value: OwnValue) -> str | None:
    return None if value is None or value == "" else str(value)


def _company(row: Row[*tuple[Any, ...]]) -> Company:
    return Company(row.id, row.name or "", row.website or "", row.country or "")
