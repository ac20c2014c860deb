"""An organisation whose accounts are enriched: a real database, a CRM in memory, a provider with a script."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.app.config.published import Published
from bot.app.enriching import CrmSide, Enriching
from bot.app.enriching_batches import EnrichingBatches
from bot.app.enriching_undo import EnrichingHistory
from bot.app.enriching_work import BatchWork
from bot.app.people import Person, Role
from bot.store.audit import SqlAudit
from bot.store.enrichable_accounts import SqlEnrichableAccounts
from bot.store.enrichment_batches import SqlBatches
from bot.store.enrichments import SqlProposals, SqlWrites
from bot.store.jobs import SqlJobs
from connector.cache.engine import Database
from connector.enrichment.values import (
    Company,
    CompanyReading,
    EnrichedField,
    Outcome,
    Proposal,
    SiteReading,
    Technology,
)
from connector.errors import Conflict, ConnectorError, Fatal
from connector.ports import FieldDescription
from connector.write_ports import Change
from connector.write_ports import Outcome as WriteOutcome
from scoring.config import Configuration, Segment
from scoring.enrichment_config import EnrichedInto, Enrichment
from tests.support.account_world import CONFIGURATION, account, add
from tests.support.fake_crm_writer import Killed
from tests.support.moved_clock import SetClock

NOW = datetime(2026, 3, 31, 2, tzinfo=UTC)  # still 30 March in New York
FIRST_CHANGE = datetime(2026, 3, 1, 12, tzinfo=UTC)
MEL = Person("UMEL", "Mel", "mel@x.example", "u2", Role.MEMBER)
BO = Person("UBO", "Bo", "bo@x.example", "u3", Role.MEMBER)
ADMIN = Person("UADA", "Ada", "ada@x.example", "u1", Role.ADMIN)
VERA = Person("UVERA", "Vera", "vera@x.example", "u4", Role.VIEWER)
INTO = Enrichment(
    fields={
        "phone": EnrichedInto(field="Phone"),
        "city": EnrichedInto(field="Billing_City"),
        "postcode": EnrichedInto(field="Billing_Code"),
        "industry": EnrichedInto(field="Industry"),
        "employees": EnrichedInto(field="Employees"),
        "description": EnrichedInto(field="Description", rule="ask"),
        "email": EnrichedInto(field="Mail", rule="never"),
    }
)
FIELDS = (
    FieldDescription("Phone", "Phone", "phone", length=30),
    FieldDescription("Billing_City", "City", "text", length=20),
    FieldDescription("Billing_Code", "Postcode", "text", length=20),
    FieldDescription("Industry", "Industry", "picklist", picklist=("Medical", "Retail")),
    FieldDescription("Employees", "Employees", "integer", length=9),
    FieldDescription("Description", "Description", "textarea", length=200),
    FieldDescription("Mail", "Mail", "email", length=100),
)


def said(name: EnrichedField, value: str, confidence: float = 0.9) -> Proposal:
    """A value as a site gives it."""
    return Proposal(name, value, value, "https://it.example/contact", f"Us: {value}", "tel link", confidence)


USUAL = (
    said(EnrichedField.PHONE, "+15125550100"),
    said(EnrichedField.CITY, "Austin"),
    said(EnrichedField.INDUSTRY, "medical"),
    said(EnrichedField.EMPLOYEES, "40"),
    said(EnrichedField.DESCRIPTION, "They make things."),
    said(EnrichedField.EMAIL, "info@it.example"),
)


@dataclass
class FakeCrm:
    """The port CrmRecords in memory.

    Attributes:
        refuses: account id -> the field that is refused, or "" for the whole record.
        before_write: called before each write, with the records: somebody else at work (``typed``).
        judges_each: what was changed meanwhile keeps the other records of an update not out.
        dies_after_write: how many more updates answer before the process is killed behind one.
    """

    records: dict[str, dict[str, Any]]
    refuses: dict[str, str] = field(default_factory=dict)
    before_write: Callable[[dict[str, dict[str, Any]]], None] = lambda _records: None
    judges_each: bool = False
    dies_after_write: int | None = None
    described: tuple[FieldDescription, ...] = FIELDS
    overwritten: list[tuple[str, str, Any, Any]] = field(default_factory=list)
    writes: Counter[tuple[str, str]] = field(default_factory=Counter)
    changes: int = 0

    def fields(self, module: str) -> tuple[FieldDescription, ...]:
        return self.described

    def said(
        self, module: str, ids: Sequence[str], names: Sequence[str]
    ) -> Mapping[str, Mapping[str, object]]:
        assert 0 < len(ids) <= 100
        return {
            one: {name: self.records[one].get(name) for name in names} for one in ids if one in self.records
        }

    def set_fields(
        self, module: str, identifier: str, values: Mapping[str, Any], unmodified_since: datetime | None
    ) -> None:
        self.before_write(self.records)
        if self._changed(identifier, unmodified_since):
            raise Conflict
        outcome = self._take(Change(identifier, values))
        if not outcome.done:
            raise Fatal(f"Zoho did not write the record: {outcome.code} ({outcome.field}).")

    def update(
        self, module: str, changes: Sequence[Change], *, unmodified_since: datetime | None = None
    ) -> tuple[WriteOutcome, ...]:
        assert 0 < len(changes) <= 100
        self.before_write(self.records)
        changed = {one.id for one in changes if self._changed(one.id, unmodified_since)}
        if changed and not self.judges_each:
            raise Conflict
        outcomes = tuple(
            WriteOutcome(one.id, False, "ALREADY_MODIFIED") if one.id in changed else self._take(one)
            for one in changes
        )
        if self.dies_after_write is not None:
            self.dies_after_write -= 1
            if self.dies_after_write < 0:
                self.dies_after_write = None
                raise Killed
        return outcomes

    def typed(self, identifier: str, **values: Any) -> None:
        """Somebody else changes a record."""
        self.records[identifier] |= {**values, "Modified_Time": self._now()}

    def _changed(self, identifier: str, since: datetime | None) -> bool:
        modified = datetime.fromisoformat(self.records[identifier]["Modified_Time"])
        return since is not None and modified > since

    def _now(self) -> str:
        """Each change is a second later."""
        self.changes += 1
        return (FIRST_CHANGE + timedelta(seconds=self.changes)).isoformat()

    def _take(self, change: Change) -> WriteOutcome:
        refused = self.refuses.get(change.id)
        if refused is not None and (refused == "" or refused in change.values):
            return WriteOutcome(change.id, False, "INVALID_DATA", "invalid data", refused or None)
        record = self.records[change.id]
        for name, value in change.values.items():
            if record.get(name) and record[name] != value:
                self.overwritten.append((change.id, name, record[name], value))
            record[name] = value
            self.writes[change.id, name] += 1
        record["Modified_Time"] = self._now()
        return WriteOutcome(change.id, True)


@dataclass
class ScriptedProvider:
    """The port Provider by a script; counts how often each account is read.

    Attributes:
        script: account id -> how it ends; the usual proposals when left out.
        dies_at: the how manieth reading kills the process, before or after it is given.
        fails_at: the how manieth company meets a provider that refuses all; with which error.
        ends: once it is true there is no further reading, as of a crawler that is stopped.
    """

    now: Callable[[], datetime]
    script: dict[str, Outcome] = field(default_factory=dict)
    proposals: Sequence[Proposal] = USUAL
    dies_at: int | None = None
    fails_at: tuple[int, ConnectorError] | None = None
    ends: Callable[[], bool] = lambda: False
    on_read: Callable[[Company], None] = lambda _company: None
    reads: Counter[str] = field(default_factory=Counter)

    @property
    def name(self) -> str:
        return "script"

    def read(self, companies: Sequence[Company]) -> Iterator[CompanyReading]:
        for company in reversed(companies):  # in whatever order they end
            if self.ends():
                return
            if self.fails_at is not None and self.reads.total() == self.fails_at[0]:
                error, self.fails_at = self.fails_at[1], None
                raise error
            self.reads[company.account_id] += 1
            if self.reads.total() == self.dies_at:
                raise Killed
            self.on_read(company)
            yield self._reading(company)

    def _reading(self, company: Company) -> CompanyReading:
        outcome = self.script.get(company.account_id, Outcome.FOUND)
        reading = None
        if outcome is Outcome.FOUND:
            used = (Technology("Shop", "shop", "a header"),)
            reading = SiteReading(True, (company.name,), 100.0, tuple(self.proposals), used)
        return CompanyReading(company, outcome, f"It ended as {outcome}.", self.now(), reading)


class EnrichingWorld:
    """Everything over one database; ``new_worker`` is what a process that starts anew has."""

    def __init__(self, database: Database, accounts: Mapping[str, dict[str, Any]]) -> None:
        """Settle accounts in the copy and the CRM: id -> values by API name."""
        self.database, self.clock = database, SetClock(NOW)
        self.configuration: Configuration = CONFIGURATION.model_copy(
            update={
                "enrichment": INTO,
                "segments": (Segment(name="All of them", criteria="name is not empty"),),
            }
        )
        add(database, "crm_organisation",
            {"id": "1", "name": "Maven", "time_zone": "America/New_York", "currency": "EUR"})  # fmt: skip
        described = [{"module": "Accounts", "api_name": one.api_name, "label": one.label,
                      "data_type": one.data_type} for one in FIELDS]  # fmt: skip
        add(database, "crm_field", *described)
        rows = [
            account(0, f"Company {one}", raw={"id": one, **values}, phone=values.get("Phone")) | {"id": one}
            for one, values in accounts.items()
        ]
        add(database, "crm_account", *rows)
        stamp = {"Modified_Time": "2026-03-01T00:00:00+00:00"}
        self.crm = FakeCrm({one: {**values, **stamp} for one, values in accounts.items()})
        self.provider = ScriptedProvider(self.clock.now)
        self.audit, self.jobs = SqlAudit(database, self.clock), SqlJobs(database, self.clock)
        self.accounts = SqlEnrichableAccounts(database, self._published, self.clock)
        self.side = CrmSide(lambda: self.crm, self.accounts, lambda: self.configuration)
        self.writes, self.batches = SqlWrites(database), SqlBatches(database, self.clock)
        self.one = Enriching(
            self.side, lambda: self.provider, SqlProposals(database), self.writes, self.audit, self.clock
        )
        self.people: dict[str, Person] = {}  # by key, whose rights were changed
        self.many = EnrichingBatches(
            self.side, self.batches, self.jobs, self.audit, self.clock, lambda: "script"
        )
        self.history = EnrichingHistory(self.side, self.writes, self.batches, self.audit, self.clock)

    def new_worker(self) -> BatchWork:
        """With nothing in its memory."""
        batches, writes = SqlBatches(self.database, self.clock), SqlWrites(self.database)
        return BatchWork(
            *(self.side, batches, writes, lambda: self.provider, self.audit, self.clock),
            person=lambda key: self.people.get(key, ADMIN),
        )

    def limited(self, **limits: Any) -> None:
        """Another part of the document for enrichment."""
        changed = self.configuration.enrichment.model_copy(update=limits)
        self.configuration = self.configuration.model_copy(update={"enrichment": changed})

    def _published(self) -> Published:
        return Published(1, self.configuration)
