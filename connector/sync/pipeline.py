"""The sync: metadata when it is due, then one module after the other. Decides nothing itself."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from connector.copy_ports import LocalCopy
from connector.errors import ConnectorError, NeedsPerson, Retriable
from connector.mapping import CrmMapping
from connector.memory import collecting_seldom, share_arenas
from connector.ports import Clock, CrmSource
from connector.sync.metadata import Metadata
from connector.sync.module import FieldsMoved, ModuleSync, Target
from connector.sync.policy import Asked, SyncPolicy
from connector.sync.rehearsal import Rehearsal
from connector.sync.report import ModuleReport, OnProgress, Progress, SyncReport, Tally

TURN: Final = "sync"
BUSY: Final = "Another sync is reading the CRM at this moment; nothing was done."
MOST_SELECTIONS: Final = 3  # of one module whose fields change while it is read


class Sync:
    """Bringing the local copy up to date with the CRM.

    A page and its place in the list are committed together: a sync that is stopped at any point, kindly or
    not, is gone on with by the next one. One sync at a time reads into a copy; a second one says so and ends.
    """

    def __init__(
        self,
        copy: LocalCopy,
        crm: CrmSource,
        mapping: CrmMapping,
        clock: Clock,
        policy: SyncPolicy = SyncPolicy(),  # noqa: B008 -- immutable
    ) -> None:
        self._copy = copy
        self._crm = crm
        self._mapping = mapping
        self._clock = clock
        self._policy = policy

    def run(
        self,
        progress: OnProgress | None = None,
        *,
        full: bool = False,
        modules: Collection[str] | None = None,
        since: datetime | None = None,
        dry_run: bool = False,
    ) -> SyncReport:
        """Sync once.

        Args:
            progress: called after every page.
            full: read every record again, and remove what the CRM does not have any more.
            modules: only these.
            since: read what changed since then, however far the copy is.
            dry_run: read and decide, and write nothing.

        Raises:
            ConnectorError: the sync stopped, or a module could not be read; what was read is kept, and the
                other modules were read when the reason was one module's own.
        """
        share_arenas()  # before the first thread
        asked = Asked(full, since, dry_run)
        with self._copy.troubles_said(), collecting_seldom(), self._copy.turn(TURN) as mine:
            if not mine:
                return SyncReport((), self._clock.now(), self._clock.now(), dry_run, BUSY)
            copy: LocalCopy = Rehearsal(self._copy) if dry_run else self._copy
            return _Run(copy, self._crm, self._mapping, self._clock, self._policy, progress or _nobody).whole(
                asked, modules
            )

    def read_again(self, module: str, ids: Sequence[str]) -> ModuleReport:
        """Read these records of a module; those that do not exist are taken out of the copy.

        A module that has never been read is left alone: its first sync will find them.

        Raises:
            ConnectorError: they could not be read.
        """
        run = _Run(self._copy, self._crm, self._mapping, self._clock, self._policy, _nobody)
        with self._copy.troubles_said():
            return run.again(module, tuple(dict.fromkeys(ids)))


class _Run:
    """One sync under way."""

    def __init__(
        self,
        copy: LocalCopy,
        crm: CrmSource,
        mapping: CrmMapping,
        clock: Clock,
        policy: SyncPolicy,
        progress: OnProgress,
    ) -> None:
        self._copy = copy
        self._crm = crm
        self._clock = clock
        self._policy = policy
        self._progress = progress
        self._metadata = Metadata(copy, crm, mapping, clock, policy)
        self._done: list[ModuleReport] = []

    def whole(self, asked: Asked, modules: Collection[str] | None) -> SyncReport:
        """Metadata and modules, noted as a run."""
        started_at = self._clock.now()
        names = self._chosen(modules)
        number = self._copy.begin_run(started_at)
        error: ConnectorError | None = None
        try:
            with self._copy.troubles_said():
                self._metadata.read_if_due(names, full=asked.full)
                error = self._read(names, asked)
        except ConnectorError as stopped:
            error = stopped
        report = SyncReport(tuple(self._done), started_at, self._clock.now(), asked.rehearsed)
        self._copy.end_run(
            number, report.finished_at, report=report.as_json(), error=str(error) if error else None
        )
        if error is not None:
            raise error
        return report

    def again(self, module: str, ids: tuple[str, ...]) -> ModuleReport:
        """Some records of a module."""
        if self._copy.cursor(module) is None:
            return _left_out(module, "left alone: it has not been read yet")
        target = self._metadata.target(module)
        if isinstance(target, str):
            return _left_out(module, target)
        return self._module(target).read_again(ids)

    def _chosen(self, modules: Collection[str] | None) -> tuple[str, ...]:
        names = self._metadata.names()
        unknown = sorted(set(modules or ()) - set(names))
        if unknown:
            raise NeedsPerson(
                f"{', '.join(unknown)} is not among the modules that are read.",
                f"Those are {', '.join(names)}; add others under sync.also in the configuration.",
            )
        return names if modules is None else tuple(one for one in names if one in set(modules))

    def _read(self, names: Sequence[str], asked: Asked) -> ConnectorError | None:
        """Every module; the first error of one that could not be read, when the others could.

        Raises:
            ConnectorError: one that is not the module's own: it will pass, or it came twice the same.
        """
        first: ConnectorError | None = None
        last = ""
        for name in names:
            try:
                self._read_module(name, asked)
            except Retriable:
                raise
            except ConnectorError as error:
                first = first or error
                if str(error) == last:
                    return first
                last = str(error)
        return first

    def _read_module(self, name: str, asked: Asked) -> None:
        for attempt in range(MOST_SELECTIONS):
            target = self._metadata.target(name)
            if isinstance(target, str):
                self._done.append(_left_out(name, target))
                return
            module = self._module(target, may_move=attempt < MOST_SELECTIONS - 1)
            try:
                with self._copy.troubles_said():
                    self._done.append(module.run(asked))
            except FieldsMoved:
                continue
            except ConnectorError as error:
                report = module.report()
                self._done.append(_with_note(report, str(error)))
                raise
            return

    def _module(self, target: Target, *, may_move: bool = True) -> ModuleSync:
        name = target.mapping.module
        return ModuleSync(
            self._copy,
            self._crm,
            self._clock,
            self._policy,
            target,
            self._progress,
            lambda: self._metadata.count(name),
            (lambda: self._metadata.fields_moved(name)) if may_move else (lambda: False),
        )


def _left_out(module: str, why: str) -> ModuleReport:
    tally = Tally(module)
    tally.plans.append(why)
    return tally.report(0)


def _with_note(report: ModuleReport, sentence: str) -> ModuleReport:
    return replace(report, notes=(*report.notes, f"stopped: {sentence}"))


def _nobody(_: Progress) -> None:
    """Nobody watches."""
