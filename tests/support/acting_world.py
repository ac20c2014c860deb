"""Alerts in Slack, people who act on them, and a CRM that is written: real use cases over a real database."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from bot.app.acting_ports import RecordWriter
from bot.app.acting_told import StandingChat
from bot.app.acting_writes import KIND, CrmDesk
from bot.app.alert_addresses import Addressing, SlackPeople
from bot.app.alert_desk import AlertDesk
from bot.app.answers import Explanation
from bot.app.deliver import Delivery
from bot.app.errors import BellwetherError
from bot.app.people import Person, Role
from bot.app.ports import Chat, Job, OutboxMessage, Posted, SlackProfile
from bot.runtime.work import JobLoop
from bot.store.alert_actions import SqlAlertActions
from bot.store.alert_rests import SqlRests
from bot.store.alert_standing import SqlAlertStanding
from bot.store.audit import SqlAudit
from bot.store.concerned import SqlCrmUsers
from bot.store.crm_writes import SqlCrmPeople, SqlCrmWrites
from bot.store.incidents import SqlIncidents
from bot.store.jobs import SqlJobs
from bot.store.outbox import SqlOutbox
from connector.cache.tables import UserRow
from connector.errors import Conflict, ConnectorError
from connector.write_ports import Change, Outcome
from tests.support.scoring_world import BANDS, World

ADA = Person("UADA", "Ada Example", "ada@x.example", "u2", Role.MEMBER)
BO = Person("UBO", "Bo Example", "bo@x.example", "u3", Role.MEMBER)
VERA = Person("UVERA", "Vera Viewer", "vera@x.example", "u4", Role.VIEWER)


def at_desk(world: World) -> AlertDesk:
    """The use case as it is wired."""
    actions, people = (
        SqlAlertActions(world.database, world.clock),
        SqlCrmPeople(world.database),
    )
    explained = (Explanation("Purchases", "rfm", "Slipping", "", ("Nothing bought for 60 days.",)),)
    audit = SqlAudit(world.database, world.clock)
    return AlertDesk(actions, people, audit, world.clock, lambda _account: explained, world.today)


class Killed(BaseException):
    """The process ends here."""


@dataclass
class FakeRecords:
    """A CRM in memory whose single records are written.

    Attributes:
        faults: what happens at the next writes: an error before it is done, or ``lost`` after it.
    """

    added: dict[str, dict[str, Any]] = field(default_factory=dict)
    owners: dict[str, str] = field(default_factory=dict)
    faults: list[BaseException | tuple[str, BaseException]] = field(default_factory=list)
    looked: int = 0

    def update(
        self, module: str, changes: Sequence[Change], *, unmodified_since: datetime | None = None
    ) -> tuple[Outcome, ...]:
        raise NotImplementedError("Nobody changes many records for a person here.")

    def add_task(
        self,
        module: str,
        identifier: str,
        subject: str,
        *,
        due: date | None,
        owner: str | None,
        description: str = "",
    ) -> str:
        values = {"Subject": subject, "Due": due, "Owner": owner, "Description": description}
        return self._add("Tasks", {"of": (module, identifier), **values})

    def add_note(self, module: str, identifier: str, title: str, text: str) -> str:
        return self._add("Notes", {"of": (module, identifier), "Note_Title": title, "Note_Content": text})

    def find_added(self, module: str, field: str, mark: str, since: datetime) -> str | None:
        self.looked += 1
        found = (key for key, one in self.added.items() if one["module"] == module and mark in one[field])
        return next(found, None)

    def set_fields(
        self, module: str, identifier: str, values: Mapping[str, Any], unmodified_since: datetime | None
    ) -> None:
        self._fail()
        self.owners[identifier] = values["Owner"]["id"]

    def said(
        self, module: str, ids: Sequence[str], names: Sequence[str]
    ) -> Mapping[str, Mapping[str, object]]:
        return {
            one: {"Owner": {"id": self.owners[one]}, "Modified_Time": "2026-11-24T09:00:00+00:00"}
            for one in ids
            if one in self.owners
        }

    def _add(self, module: str, values: dict[str, Any]) -> str:
        lost = self._fail()
        key = f"{module}{len(self.added) + 1}"
        self.added[key] = {"module": module, **values}
        if lost is not None:
            raise lost
        return key

    def _fail(self) -> BaseException | None:
        fault = self.faults.pop(0) if self.faults else None
        if isinstance(fault, BaseException):
            raise fault
        return fault[1] if fault else None


@dataclass
class FakeChat:
    """Slack in memory, with who is there."""

    posted: list[OutboxMessage] = field(default_factory=list)
    edits: list[tuple[Posted, Mapping[str, Any]]] = field(default_factory=list)
    people: dict[str, str] = field(default_factory=lambda: {"bo@x.example": "UBO"})

    def post(self, message: OutboxMessage) -> Posted:
        self.posted.append(message)
        return Posted(message.channel, f"{len(self.posted)}.0")

    def find_posted(self, message: OutboxMessage) -> Posted | None:
        return None

    def edit(self, posted: Posted, kind: str, payload: Mapping[str, Any]) -> None:
        self.edits.append((posted, payload))

    def by_email(self, email: str) -> tuple[str, SlackProfile] | None:
        found = self.people.get(email)
        return (found, SlackProfile(email, email, is_guest=False, is_bot=False)) if found else None

    def direct_channel(self, slack_id: str) -> str:
        return f"D{slack_id[1:]}"


class Office:
    """An organisation with one alert in Slack, about one account; Slack and the CRM may be other ones."""

    def __init__(
        self,
        world: World,
        *,
        account: str = "big",
        document: str = BANDS,
        chat: Chat | None = None,
        lookup: SlackPeople | None = None,
        writer: RecordWriter | None = None,
        pace_seconds: float = 0,
    ) -> None:
        self._pace_seconds = pace_seconds  # of a real Slack, whose time no test moves
        self.world = world
        self.database, self.clock = world.database, world.clock
        self.crm, self.slack = FakeRecords(owners={account: "u1"}), FakeChat()
        self._chat: Chat = chat or self.slack
        self._lookup: SlackPeople = lookup or self.slack
        self._writer: RecordWriter = writer or self.crm
        world.add(
            UserRow(id="u2", name="Ada Example", email="ada@x.example", raw="{}"),
            UserRow(id="u3", name="Bo Example", email="bo@x.example", raw="{}"),
            UserRow(id="u9", name="Gone Example", email="gone@x.example", active=False, raw="{}"),
        )
        world.publish(document)
        world.account(account, (5, 20_000), (60, 15_000), name="Account big")
        world.run("first")
        world.lose(account, 30)
        world.run()
        self.deliver()
        self.desk, self.audit = at_desk(world), SqlAudit(self.database, self.clock)
        self.rests = SqlRests(self.database, self.clock)
        self.jobs = SqlJobs(self.database, self.clock)
        self.troubles: list[str] = []

    @property
    def alert_id(self) -> int:
        number = self.world.alerts()[0].id
        assert number is not None
        return int(number)

    def deliver(self) -> list[OutboxMessage]:
        """Send what is due, at the pace of a channel; what was sent."""
        before = len(self.slack.posted)
        chat = StandingChat(self._chat, SqlAlertStanding(self.database))
        outbox = SqlOutbox(self.database, self.clock)
        incidents = SqlIncidents(self.database, self.clock, lambda: None)
        people = Addressing(SqlCrmUsers(self.database), self._lookup)
        delivery = Delivery(outbox, chat, incidents, "test", people)
        while delivery.deliver_one():
            self.world.pass_time(seconds=2)
            time.sleep(self._pace_seconds)
        return self.slack.posted[before:]

    def history(self) -> list[Mapping[str, Any]]:
        """The lines in threads so far."""
        return [one.payload["deed"] for one in self.slack.posted if one.kind == "alert_history"]

    def loop(self, holder: str = "a") -> JobLoop:
        """What does the jobs that write to the CRM, as it is wired."""
        writes = SqlCrmWrites(self.database, self.clock)
        desk = CrmDesk(writes, lambda: self._writer, lambda: "Accounts", self.audit, self.clock)

        def work(job: Job) -> Mapping[str, Any]:
            return {"crm_id": desk.write(int(job.args["action"]))}

        def fail(_job: Job, error: BellwetherError | ConnectorError) -> None:
            self.troubles.append(error.what_happened)

        return JobLoop(self.jobs, self.clock, holder, {KIND: work}, fail, lambda _job: None, 1_000)

    def work(self, seconds: float = 0) -> None:
        """Let time pass, and do the jobs that are due then."""
        self.world.pass_time(seconds=seconds)
        loop = self.loop()
        while loop.step():
            pass


__all__ = ["ADA", "BO", "VERA", "Conflict", "Killed", "Office", "at_desk"]
