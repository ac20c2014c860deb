"""The part of the wiring for Slack's surfaces beside questions and alerts."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from bot.app.account_notes import AccountNotes
from bot.app.administration import Administering
from bot.app.config.editing import Editing
from bot.app.linked_accounts import LinkedAccounts, SeenAccounts
from bot.app.people import Person
from bot.store.account_notes import SqlAccountNotes
from bot.store.recent_runs import SqlRuns

if TYPE_CHECKING:
    from bot.runtime.wiring import Bellwether


class SurfaceParts:
    """Each part is built when it is first asked for."""

    def __init__(self, of: Bellwether) -> None:
        self._of = of

    @cached_property
    def linked(self) -> LinkedAccounts:
        """Accounts by a part of their name, or by a link."""
        return LinkedAccounts(self._seen_by, self._of.crm_url)

    @cached_property
    def notes(self) -> AccountNotes:
        """Notes to accounts."""
        return AccountNotes(self.linked, SqlAccountNotes(self._of.database, self._of.clock), self._of.audit)

    @cached_property
    def editing(self) -> Editing:
        """The configuration, edited in forms."""
        return Editing(self._of.scoring.configuring, self._of.versions.latest, self._of.audit)

    @cached_property
    def administering(self) -> Administering:
        """What administrators look after."""
        of = self._of
        return Administering(SqlRuns(of.database), of.people.unmatched, of.versions.current, of.configuration)

    def _seen_by(self, _person: Person) -> SeenAccounts:
        """Every account: the book keeps to the scope of whoever asks (``bot.app.scope``)."""
        return self._of.book
