"""Reading a Finance product into the copy: organisation, lists one after the other, details, links."""

from __future__ import annotations

from collections.abc import Collection

from connector.errors import ConnectorError, Fatal, NeedsPerson
from connector.finance_lists import CONTACT, LISTS, FinanceList
from connector.finance_ports import FinanceCopy, FinanceOrganisation, FinanceReader
from connector.ports import Clock
from connector.sync import finance_decide as decide
from connector.sync.finance_decide import FinancePolicy
from connector.sync.finance_details import DetailSync
from connector.sync.finance_list import ListSync, nobody
from connector.sync.finance_report import FinanceReport, ListReport, OnFinanceProgress


class FinanceSync:
    """Bringing the copy of one Finance product up to date.

    A page and its place in the list are committed together: a run that is stopped at any point is gone on
    with by the next one.
    """

    def __init__(
        self, copy: FinanceCopy, reader: FinanceReader, clock: Clock, policy: FinancePolicy | None = None
    ) -> None:
        self._copy = copy
        self._reader = reader
        self._clock = clock
        self._policy = policy or FinancePolicy()
        self._started_at = clock.now()
        self._organisation = ""
        self._done: list[ListReport] = []
        self._links_changed = 0

    def run(
        self,
        progress: OnFinanceProgress | None = None,
        *,
        full: bool = False,
        lists: Collection[str] | None = None,
    ) -> FinanceReport:
        """Read once.

        A list that needs a person (a scope is missing), or whose answers make no sense, is left out and named
        in the report's ``problems``; the others are read.

        Args:
            progress: called after every page.
            full: read every row again, and remove what is not there any more whatever its share.
            lists: the names of those to read; None for all.

        Raises:
            Retriable: the reading stopped, for so many seconds; what was read is kept. ``report`` says what.
            NeedsPerson: there is no organisation that can be read.
        """
        self._started_at = self._clock.now()
        self._done, self._links_changed = [], 0
        organisation = self._choose()
        self._organisation = f"{organisation.name} ({organisation.id})"
        details = DetailSync(self._copy, self._reader, self._clock, self._policy, organisation.time_zone)
        try:
            for of in LISTS[self._reader.product]:
                if lists is not None and of.name not in lists:
                    continue
                self._list(of, progress or nobody, full=full)
                if of.kind == CONTACT:
                    details.contacts()
                    self._link()
            details.documents()
        finally:
            self._done.append(details.tally.report())
        self._link()
        return self.report()

    def report(self) -> FinanceReport:
        """What was done so far."""
        return FinanceReport(
            self._reader.product,
            self._organisation,
            tuple(self._done),
            self._links_changed,
            self._started_at,
            self._clock.now(),
        )

    def _list(self, of: FinanceList, progress: OnFinanceProgress, *, full: bool) -> None:
        one = ListSync(self._copy, self._reader, self._clock, self._policy, of, progress)
        try:
            one.run(full=full)
        except (NeedsPerson, Fatal) as error:
            one.tally.problem = str(error)
        except ConnectorError as error:
            one.tally.note(str(error))
            raise
        finally:
            self._done.append(one.tally.report())

    def _link(self) -> None:
        """The CRM's copy may have changed since, too."""
        with self._copy.writing() as writer:
            self._links_changed += writer.link(self._clock.now())

    def _choose(self) -> FinanceOrganisation:
        """The organisation; asked for once a day."""
        held = self._copy.organisation()
        now = self._clock.now()
        if held is not None and not decide.organisation_is_due(held, self._reader.wanted, now):
            self._reader.use(held)
            return held
        product = self._reader.product
        found = decide.choose(self._reader.organisations(), self._reader.wanted, product)
        if held is not None and held.id != found.id:
            raise NeedsPerson(
                f"This database holds the {product} organisation {held.name} ({held.id}), "
                f"but {found.name} ({found.id}) is to be read.",
                f"Set organization_id of {product} to {held.id}, or take another database.",
            )
        with self._copy.writing() as writer:
            writer.save_organisation(found, now)
        self._reader.use(found)
        return found
