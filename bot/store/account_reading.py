"""One look at the accounts: a connection, with the fields and the day that its questions are read with."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Connection, FromClause, and_, select

from bot.app.kept import kept
from bot.app.ports import Clock
from bot.app.scope import EVERYTHING, Scope, seeing
from bot.store.catalog import account_catalog
from bot.store.columns import AccountColumns
from bot.store.criteria_sql import fields_of, where
from bot.store.memory.keeper import AccountMemory
from bot.store.occurring import spellings
from bot.store.places import TABLES
from bot.store.seen_accounts import is_seen
from connector.cache.engine import Database
from scoring.config import Configuration, Segmentation
from scoring.criteria.check import check
from scoring.criteria.fields import Catalog, Field
from scoring.criteria.periods import Today
from scoring.criteria.tree import Node

if TYPE_CHECKING:
    from bot.store.memory.answers import HeldAnswers

_ORGANISATION = TABLES["crm_organisation"]
DEFAULT_ZONE = "UTC"
# Answers share one interpreter: more of them at once only take longer, each with a connection of its own.
LOOKS_AT_ONCE = 8


@dataclass(frozen=True)
class Reading:
    """One look at the database: a connection, and what the questions of that moment are read with.

    Attributes:
        now: the present moment.
        scope: whose accounts are seen by it. ``meets`` keeps to it; what does not go through ``meets`` must
            ask ``seen``, or may be used only where ``scope.everything``.
        memory: what the process holds of accounts; None where it holds nothing.
    """

    connection: Connection
    configuration: Configuration
    columns: AccountColumns
    now: datetime
    scope: Scope = EVERYTHING
    memory: AccountMemory | None = None

    @kept
    def held(self) -> HeldAnswers | None:
        """What the process holds in memory, if it is what this look sees of the database."""
        held = None if self.memory is None else self.memory.held(self.connection, self.segmentation.name)
        if held is None:
            return None
        from bot.store.memory.answers import HeldAnswers
        from bot.store.memory.conditions import Look
        from bot.store.memory.of_purchases import bought

        return HeldAnswers(Look(held, self, bought))

    @kept
    def catalog(self) -> Catalog:
        """The fields of accounts. Read when first asked for: not every look needs them."""
        return account_catalog(self.connection, self.configuration, self.scope)

    @kept
    def today(self) -> Today:
        """The organisation's present day, in its time zone."""
        zone = zone_of(self.connection, self.configuration)
        return Today(
            self.now.astimezone(zone).date(), self.configuration.organisation.fiscal_year_starts, zone
        )

    @property
    def segmentation(self) -> Segmentation:
        """Whose label and scores are meant where none is named."""
        return self.configuration.primary

    @property
    def dialect(self) -> str:
        """``sqlite`` or ``postgresql``."""
        return self.columns.dialect

    @property
    def seen(self) -> ColumnElement[bool]:
        """The condition for accounts that are seen."""
        return is_seen(self.scope, self.dialect)

    def meets(self, criteria: Node, catalog: Catalog | None = None) -> ColumnElement[bool]:
        """The condition for accounts that meet the criteria and are seen.

        Args:
            criteria: a tree.
            catalog: what they are read with, that of this look when left out: criteria of an earlier day
                take it ``open``, for a value that no record has any more is met by nothing.

        Raises:
            CriteriaError: a field or value that the catalog does not know.
        """
        known = self.catalog if catalog is None else catalog
        check(criteria, known)
        sources = {one.source for one in fields_of(criteria, known)}
        spelled = spellings(self.connection, sources, self.segmentation.name)
        columns = replace(self.columns, spelled=spelled)
        met = where(criteria, known, columns, self.today, self.dialect)
        return met if self.scope.everything else and_(self.seen, met)

    def rows(self, criteria: Node, *fields: Field, catalog: Catalog | None = None) -> FromClause:
        """Accounts with what these criteria, read as for ``meets``, and fields need."""
        known = self.catalog if catalog is None else catalog
        return self.columns.rows([*fields_of(criteria, known), *fields])


# Opens a look, in one transaction.
Readings = Callable[[], AbstractContextManager[Reading]]


class AccountReader:
    """Opens the looks."""

    def __init__(
        self,
        database: Database,
        configuration: Callable[[], Configuration],
        clock: Clock,
        memory: AccountMemory | None = None,
    ) -> None:
        self._database = database
        self._memory = memory
        self._configuration = configuration
        self._clock = clock
        self._held = threading.local()
        self._turns = threading.BoundedSemaphore(LOOKS_AT_ONCE)

    @property
    def held(self) -> Reading | None:
        """The look that this thread is in the middle of (``together``), of whoever asks now."""
        found: Reading | None = getattr(self._held, "reading", None)
        return found if found is None or found.scope == seeing() else None

    @contextmanager
    def together(self) -> Iterator[None]:
        """Every look of this thread is the same one: fields and day are read once, of one moment."""
        if self.held is not None:
            yield
            return
        before: Reading | None = getattr(self._held, "reading", None)
        turn = self._turns if before is None else nullcontext()  # it has one already
        with turn, self.reading() as reading:
            self._held.reading = reading
            try:
                yield
            finally:
                self._held.reading = before

    @contextmanager
    def reading(self) -> Iterator[Reading]:
        """A look, in one transaction, at the accounts that are seen by whoever asks (``bot.app.scope``)."""
        if self.held is not None:
            yield self.held
            return
        with self._database.reads.connect() as connection:
            yield self.over(connection)

    def over(self, connection: Connection) -> Reading:
        """A look over a connection that somebody else has opened."""
        configuration = self._configuration()
        columns = AccountColumns(configuration.primary.name, self._database.dialect)
        return Reading(connection, configuration, columns, self._clock.now(), seeing(), self._memory)

    def configuration(self) -> Configuration:
        """The one of the look that this thread is in the middle of, or else the one in force."""
        return self._configuration() if self.held is None else self.held.configuration


def zone_of(connection: Connection, configuration: Configuration) -> ZoneInfo:
    """The organisation's time zone."""
    named = configuration.organisation.time_zone
    named = named or connection.execute(select(_ORGANISATION.c.time_zone)).scalar()
    return ZoneInfo(named or DEFAULT_ZONE)
