"""What App Home shows: the flock's labels, my accounts that moved, open alerts, health."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bot.app.administration import Administration
from bot.app.checks import Check
from bot.app.consenting import Consenting
from bot.app.people import Person, Role
from bot.app.ports import AccountBook, AlertRecords
from bot.app.scope import seen_by
from bot.app.services import HomeView, Moves, RecentMisses
from scoring.config import Configuration
from scoring.criteria.tree import Always

MOVES_SHOWN, ALERTS_SHOWN, MISSES_SHOWN = 5, 5, 5


class Home:
    """The port ``bot.app.services.Home``."""

    def __init__(
        self,
        book: AccountBook,
        alerts: AlertRecords,
        moves: Moves,
        checks: Callable[[], Sequence[Check]],
        configuration: Callable[[], Configuration],
        misses: RecentMisses,
        administration: Callable[[], Administration] = Administration,
        consenting: Consenting | None = None,
    ) -> None:
        self._book = book
        self._alerts = alerts
        self._moves = moves
        self._checks = checks
        self._configuration = configuration
        self._misses = misses
        self._administration = administration
        self._consenting = consenting

    def view(self, person: Person) -> HomeView:
        """What to show this person now; nothing of the organisation to somebody without a role."""
        if not person.may(Role.VIEWER):
            return HomeView(person, (), (), (), (), None)
        with seen_by(person.scope):
            return self._view(person)

    def _view(self, person: Person) -> HomeView:
        oversees = person.may(Role.MANAGER)
        return HomeView(
            person=person,
            label_counts=self._label_counts(),
            my_moves=self._moves.recent(person.crm_user_id, MOVES_SHOWN) if person.crm_user_id else (),
            open_alerts=self._alerts.open_ones(None if oversees else person.crm_user_id, ALERTS_SHOWN),
            checks=tuple(self._checks()),
            as_of=self._book.as_of(),
            misses=self._misses.recent(MISSES_SHOWN) if person.may(Role.ADMIN) else (),
            administration=self._administration() if person.may(Role.ADMIN) else None,
            zoho_connected=self._zoho_connected(person),
        )

    def _zoho_connected(self, person: Person) -> bool | None:
        offered = self._consenting is not None and self._consenting.offered(person)
        return self._consenting.connected(person) if self._consenting is not None and offered else None

    def _label_counts(self) -> tuple[tuple[str, int], ...]:
        counted = {group.value: group.count for group in self._book.breakdown(Always(), "label")}
        order = [label.name for label in self._configuration().primary.labels]
        return tuple((name, counted[name]) for name in order if name in counted)
