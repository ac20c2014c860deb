"""The sync: metadata when it is due, then one module after the other. Decides nothing itself."""

from __future__ import annotations

from connector.errors import ConnectorError, Fatal, NeedsPerson
from connector.mapping import CrmMapping, ModuleMapping
from connector.ports import Clock, CrmSource, LocalCopy
from connector.sync import decide
from connector.sync.module import ModuleSync
from connector.sync.report import ModuleReport, OnProgress, Progress, SyncReport


class Sync:
    """Bringing the local copy up to date with the CRM.

    A page and its place in the list are committed together: a sync that is stopped at any point, kindly or
    not, is gone on with by the next one.
    """

    def __init__(self, copy: LocalCopy, crm: CrmSource, mapping: CrmMapping, clock: Clock) -> None:
        self._copy = copy
        self._crm = crm
        self._mapping = mapping
        self._clock = clock

    def run(self, progress: OnProgress | None = None, *, full: bool = False) -> SyncReport:
        """Sync once.

        Args:
            progress: called after every page.
            full: read every record again, and remove what the CRM does not have any more.

        Raises:
            ConnectorError: the sync stopped; what was read is kept.
        """
        started_at = self._clock.now()
        run = self._copy.begin_run(started_at)
        done: list[ModuleReport] = []
        try:
            self._read_metadata(full=full)
            for mapping in self._mapping.modules:
                self._sync_module(mapping, progress or _nobody, done, full=full)
        except ConnectorError as error:
            report = SyncReport(tuple(done), started_at, self._clock.now())
            self._copy.end_run(run, report.finished_at, report=report.as_json(), error=str(error))
            raise
        report = SyncReport(tuple(done), started_at, self._clock.now())
        self._copy.end_run(run, report.finished_at, report=report.as_json(), error=None)
        return report

    def _sync_module(
        self, mapping: ModuleMapping, progress: OnProgress, done: list[ModuleReport], *, full: bool
    ) -> None:
        selection = decide.select_fields(mapping, self._copy.fields(mapping.module))
        module = ModuleSync(self._copy, self._crm, self._clock, mapping, selection, progress)
        try:
            done.append(module.run(full=full))
        except ConnectorError:
            done.append(module.report())
            raise

    def _read_metadata(self, *, full: bool) -> None:
        """Organisation, users and fields, if they are due."""
        held = self._copy.organisation()
        modules = [mapping.module for mapping in self._mapping.modules]
        described = (bool(self._copy.fields(module)) for module in modules)
        now = self._clock.now()
        if not decide.metadata_is_due(held, described, now, full=full):
            return
        organisation = self._crm.organisation()
        if held is not None and held.id != organisation.id:
            raise NeedsPerson(
                f"This database holds the organisation {held.name} ({held.id}), "
                f"but the credentials belong to {organisation.name} ({organisation.id}).",
                "Set BELLWETHER_DATABASE_URL to a database of its own for each organisation.",
            )
        users = self._crm.users()
        fields = {module: self._crm.fields(module) for module in modules}
        for module, found in fields.items():
            if not found:
                raise Fatal(f"Zoho describes no field of the module {module}.", "Check the mapping.")
        with self._copy.writing() as writer:
            writer.save_users(users)
            for module, found in fields.items():
                writer.save_fields(module, found)
            writer.save_organisation(organisation, now)


def _nobody(_: Progress) -> None:
    """Nobody watches."""
