"""Keeping accounts in memory: read when first asked for, brought up to date by the marks of what changed.

What needs numpy is imported where something is read: every command has a keeper, few have anything to keep.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock, Thread
from time import monotonic, thread_time
from typing import TYPE_CHECKING

import structlog
from sqlalchemy import Connection, func, select
from sqlalchemy.exc import SQLAlchemyError

from bot.store.memory.marks import (
    FEWEST_ACCOUNTS,
    Marks,
    StillChanging,
    TooManyValues,
    Version,
    every_mark,
    marks_since,
    version,
)
from bot.store.places import ACCOUNT, TABLES, TRANSACTION
from connector.cache.engine import Database

if TYPE_CHECKING:
    from bot.store.memory.held import HeldAccounts

LOOK_AGAIN_SECONDS = 300.0  # where nothing is held, whether something is to be
MOST_CHANGED_PERCENT = 5  # of the accounts; with more of them everything is read anew
MOST_AT_ONCE = 500  # changed accounts that whoever asks waits for
MOST_MARKS = 10 * MOST_AT_ONCE  # of them: its row, its scores, its deals and its labels are marked apart
# Reading everything takes the interpreter from those who answer: it rests for so many times as long.
REST = 5.0
# What an account, a deal and a change of label take, a little more than measured.
ACCOUNT_BYTES, DEAL_BYTES, CHANGE_BYTES = 130, 18, 32
log = structlog.get_logger(__name__)


def at_once(work: Callable[[], None]) -> None:
    """Whoever asks waits: for tests and benchmarks."""
    work()


def beside(work: Callable[[], None]) -> None:
    """Nobody waits; meanwhile the database answers."""
    Thread(target=work, name="accounts in memory", daemon=True).start()


class AccountMemory:
    """What a process holds. One for a process; any number of threads may ask."""

    def __init__(
        self,
        database: Database,
        most_bytes: int = 0,
        runner: Callable[[Callable[[], None]], None] = beside,
        *,
        fewest: int = FEWEST_ACCOUNTS,
        rest: float = REST,
    ) -> None:
        """Args: at most ``most_bytes`` are held, or nothing is; ``fewest`` accounts must be there."""
        self._database = database
        self._most_bytes = most_bytes
        self._runner = runner
        self._fewest, self._rest = fewest, rest
        self._known: HeldAccounts | None = None
        self._loading, self._catching = Lock(), Lock()
        self._not_before = 0.0  # of ``monotonic``
        self._too_far: tuple[Version, Version] | None = None

    def hold(self, most_bytes: int) -> None:
        """From now on hold what takes no more than that."""
        self._most_bytes = most_bytes

    def held(self, connection: Connection, segmentation: str) -> HeldAccounts | None:
        """What this connection's look would read; None where that is not held.

        Args:
            connection: of the look.
            segmentation: whose scores are meant where none is named.
        """
        if self._most_bytes <= 0:
            return None
        now = version(connection)
        if now is None:
            return None
        found = self._current(connection, segmentation, now)
        if found is not None and found.worn_percent <= MOST_CHANGED_PERCENT:
            return found
        due = monotonic() >= self._not_before
        if due and self._is_behind(now) and self._loading.acquire(blocking=False):
            self._runner(lambda: self._load(segmentation))
            return self._current(connection, segmentation, now)
        return found

    def _is_behind(self, now: Version) -> bool:
        """Whether this look is not itself older than what is held."""
        known = self._known
        return known is None or now[2] >= known.version[2]

    def _current(self, connection: Connection, segmentation: str, now: Version) -> HeldAccounts | None:
        known = self._known_of(segmentation)
        if known is None or known.version == now:
            return known
        if now[0] - known.version[0] > MOST_MARKS or self._is_too_far(known, now):
            return None  # without reading them: there are more of those who ask
        with self._catching:
            known = self._known_of(segmentation)
            if known is None or known.version == now:
                return known
            marks = marks_since(connection, known.marks, known.version)
            changed = _changed(marks, known)
            if changed is None or len(changed) > MOST_AT_ONCE:
                self._too_far = (known.version, now)
                return None
            from bot.store.memory.whole import caught_up

            newer = caught_up(connection, known, changed, marks)
            if newer is not None:
                self._known = newer
            return newer

    def _is_too_far(self, known: HeldAccounts, now: Version) -> bool:
        """Whether somebody found so many changes that they did not wait: there are no fewer by now."""
        seen = self._too_far
        return seen is not None and seen[0] == known.version and now[2] >= seen[1][2]

    def _known_of(self, segmentation: str) -> HeldAccounts | None:
        known = self._known
        return known if known is not None and known.segmentation == segmentation else None

    def _load(self, segmentation: str) -> None:
        try:
            reads = self._database.reads
            if self._database.dialect == "postgresql":
                reads = reads.execution_options(isolation_level="REPEATABLE READ")
            with reads.connect() as connection:
                self._read(connection, segmentation)
        except StillChanging:
            pass  # the next one who asks tries again
        except (SQLAlchemyError, TooManyValues) as error:
            log.warning("accounts_not_held", reason=type(error).__name__)
            self._not_before = monotonic() + LOOK_AGAIN_SECONDS
        finally:
            self._loading.release()

    def _read(self, connection: Connection, segmentation: str) -> None:
        from bot.store.memory.whole import caught_up, read_whole

        if version(connection) is None:
            return
        known, marks = self._known_of(segmentation), every_mark(connection)
        if known is not None and known.worn_percent <= MOST_CHANGED_PERCENT:
            changed = _changed(marks, known)
            if changed is not None and len(changed) * 100 <= len(known.alive) * MOST_CHANGED_PERCENT:
                with self._catching:
                    newer = caught_up(connection, known, changed, marks) if known is self._known else None
                    self._known = newer or self._known
                return
        needed, accounts = _needed(connection)
        if needed > self._most_bytes:
            log.warning("accounts_not_held", reason="too many", needed_mb=needed // 1_000_000)
        if needed > self._most_bytes or accounts < self._fewest:
            self._not_before = monotonic() + LOOK_AGAIN_SECONDS
            return
        began = thread_time()
        self._known = read_whole(connection, segmentation, marks)
        self._not_before = monotonic() + self._rest * (thread_time() - began)


def _needed(connection: Connection) -> tuple[int, int]:
    """How many bytes about, and how many accounts."""
    many = [
        connection.execute(select(func.count()).select_from(one)).scalar_one()
        for one in (ACCOUNT, TRANSACTION, TABLES["label_change"])
    ]
    each = (ACCOUNT_BYTES, DEAL_BYTES, CHANGE_BYTES)
    return sum(one * size for one, size in zip(many, each, strict=True)), many[0]


def _changed(marks: Marks, known: HeldAccounts) -> list[str] | None:
    """The accounts that were marked since; None where these are not all."""
    if not known.marks <= marks.keys():
        return None  # old marks were taken away: others may have come and gone
    new = {account for number, account in marks.items() if number not in known.marks}
    return None if None in new else sorted(one for one in new if one is not None)
