"""Routes in a real database: whom they lead to, when, and what they hold back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import update
from sqlmodel import col

from bot.app.alert_addresses import Addressing
from bot.app.alert_followups import KIND, FollowUps
from bot.app.deliver import Delivery
from bot.app.errors import ConfigurationError, SendLater
from bot.app.notices import notice_from
from bot.app.people import OPERATOR
from bot.app.ports import Job, OutboxMessage, Posted, SlackProfile
from bot.runtime.alert_parts import alert_handler
from bot.store.alert_actions import SqlAlertActions
from bot.store.alert_records import SqlAlertRecords
from bot.store.alert_work import alert_work
from bot.store.concerned import SqlCrmUsers
from bot.store.outbox import SqlOutbox
from bot.store.tables import AlertRow, HeldBackRow, OutboxRow
from connector.cache.engine import Database
from connector.cache.tables import AccountRow, EngagementEventRow, UserRow, table_of
from tests.support.postgres import postgres_server  # noqa: F401  (fixture)
from tests.support.scoring_world import BANDS, World, database, on_sqlite, settled, shared_postgres  # noqa: F401  (fixtures)

HEAD = BANDS[: BANDS.index("    - {name: Worse")]
NEW_YORK = ZoneInfo("America/New_York")


def profile(**different: Any) -> SlackProfile:
    said = {"name": "Darcel", "email": "darcel@x.example", "is_guest": False, "is_bot": False}
    return SlackProfile(**{**said, **different})


class Slack:
    """A workspace in memory: people by e-mail, and what was posted where."""

    def __init__(self) -> None:
        self.people: dict[str, tuple[str, SlackProfile]] = {}
        self.posted: list[OutboxMessage] = []
        self.failures: list[Exception] = []

    def know(self, slack_id: str, email: str) -> None:
        self.people[email] = (slack_id, profile(email=email))

    def by_email(self, email: str) -> tuple[str, SlackProfile] | None:
        if self.failures:
            raise self.failures.pop()
        return self.people.get(email)

    def direct_channel(self, slack_id: str) -> str:
        return f"D{slack_id}"

    def post(self, message: OutboxMessage) -> Posted:
        self.posted.append(message)
        return Posted(message.channel, f"{len(self.posted)}.0")

    def find_posted(self, message: OutboxMessage) -> Posted | None:
        return None

    def edit(self, posted: Posted, kind: str, payload: Mapping[str, Any]) -> None:
        raise AssertionError("nothing is edited here")


class Quiet:
    def __init__(self) -> None:
        self.told: list[str] = []

    def begin(self, name: str, message: str, what_to_do: str) -> bool:
        self.told.append(message)
        return True

    def end(self, name: str) -> bool:
        return False


class Town:
    """The scored world with a Slack beside it."""

    def __init__(self, database: Database, routes: str) -> None:  # noqa: F811
        self.world = settled(database)
        self.world.publish(HEAD + routes)
        self.slack, self.troubles = Slack(), Quiet()
        addressing = Addressing(SqlCrmUsers(database), self.slack)
        outbox = SqlOutbox(database, self.world.clock)
        self.records = SqlAlertRecords(database, self.world.clock)
        self.delivery = Delivery(outbox, self.slack, self.troubles, "me", addressing)

    def slip(self, account: str = "big", days: int = 120) -> None:
        self.world.lose(account, days)
        self.world.run("change")

    def deliver(self) -> list[tuple[str, str]]:
        """Everything that is due, as (channel, what)."""
        before = len(self.slack.posted)
        while self.delivery.deliver_one():
            self.world.pass_time(seconds=2)
        return [(one.channel, _said(one)) for one in self.slack.posted[before:]]

    def tick(self) -> dict[str, int]:
        zone = NEW_YORK
        clock, current = self.world.clock, self.world.configurations.current
        work = FollowUps(
            lambda: alert_work(self.world.database), lambda: current().configuration, lambda: zone, clock
        )
        return work.do()

    def at(self, local: str) -> None:
        """Move the clock to an hour in New York."""
        there = datetime.fromisoformat(local).replace(tzinfo=NEW_YORK)
        self.world.clock.moment = there.astimezone(UTC)


def _said(message: OutboxMessage) -> str:
    payload = message.payload
    if message.kind == "alert":
        note = f" ({payload['note']})" if payload.get("note") else ""
        return f"{payload['account_name']}: {payload['old_label']} → {payload['new_label']}{note}"
    return str(payload.get("title") or payload.get("text"))


def held(town: Town) -> list[tuple[str, bool]]:
    return [(one.reason, one.announced_in is not None) for one in town.world.rows(HeldBackRow)]


@pytest.mark.parametrize(
    ("criteria", "rings"),
    [
        ("label worsened to Slipping and total_spend > 3k", True),
        ("label worsened to Slipping and total_spend > 50k", False),
        ("label left Top and at_stake >= 12k", True),
        ("label left Top and at_stake > 12k", False),
        ("label improved", False),
        ("segmentation = Purchases and owner = 'Darcel Schlecht' and not new_label = Gone", True),
        ("change = worse and last_purchase before 90 days ago and label = Slipping", True),
        ("old_label = Good or industry = Retail", False),
    ],
)
@on_sqlite
def test_a_route_selects_by_change_label_account_money_and_time(
    database: Database,  # noqa: F811
    criteria: str,
    *,
    rings: bool,
) -> None:
    town = Town(database, f'    - {{name: R, channel: "#cs", criteria: {json.dumps(criteria)}}}\n')
    town.slip()
    assert town.deliver() == ([("#cs", "Account big: Top → Slipping")] if rings else [])


@on_sqlite
def test_criteria_that_fit_no_more_stop_the_run_with_a_sentence(database: Database) -> None:  # noqa: F811
    town = Town(database, '    - {name: R, channel: "#cs", criteria: Tier = Gold}\n')
    with pytest.raises(ConfigurationError, match=r"route 'R'.*Tier.*config check"):
        town.slip()


@on_sqlite
def test_an_alert_goes_to_owner_manager_and_field_once_each_and_says_the_last_contact(
    database: Database,  # noqa: F811
) -> None:
    route = (
        "    - {name: R, to: [owner, \"owner's manager\", field Success_Manager, '#cs'], otherwise: '#cs'}\n"
    )
    town = Town(database, route)
    town.world.add(
        UserRow(id="u2", name="Melvin Marxen", email="melvin@x.example", raw="{}"),
        EngagementEventRow(
            source="email",
            raw_id="1",
            event_type="replied",
            account_id="big",
            occurred_at=datetime(2026, 11, 3, 12, tzinfo=UTC),
        ),
    )
    with database.writes.begin() as connection:
        connection.execute(update(table_of(UserRow)).where(col(UserRow.id) == "u1").values(manager_id="u2"))
        raw = json.dumps({"Success_Manager": {"id": "u2", "name": "Melvin Marxen"}})
        connection.execute(update(table_of(AccountRow)).values(raw=raw))
    town.slack.know("UDARCEL", "darcel@x.example")
    town.slack.know("UMELVIN", "melvin@x.example")
    town.slip()
    said = "Account big: Top → Slipping"
    assert sorted(town.deliver()) == [("#cs", said), ("DUDARCEL", said), ("DUMELVIN", said)]
    [alert] = town.world.alerts()
    assert (alert.channel, alert.slack_channel) == ("person:u1", "DUDARCEL")
    assert [one.channel for one in town.records.postings(alert.id or 0)] == ["DUDARCEL", "DUMELVIN", "#cs"]
    told = notice_from(town.slack.posted[0].payload)
    assert told.last_contact is not None
    assert told.last_contact.isoformat() == "2026-11-03"


@on_sqlite
@pytest.mark.parametrize("why", ["unknown", "guest", "bot", "unverified", "somebody else", "shared", "gone"])
def test_who_cannot_be_matched_is_told_in_the_channel_and_never_somebody_else(
    database: Database,  # noqa: F811
    why: str,
) -> None:
    town = Town(database, '    - {name: R, to: owner, otherwise: "#cs"}\n')
    flags: dict[str, dict[str, Any]] = {
        "guest": {"is_guest": True},
        "bot": {"is_bot": True},
        "unverified": {"email": None},
        "somebody else": {"email": "other@x.example"},
    }
    if why != "unknown":
        town.slack.people["darcel@x.example"] = ("UDARCEL", profile(**flags.get(why, {})))
    if why == "shared":
        town.world.add(UserRow(id="u9", name="Twin", email="Darcel@x.example", raw="{}"))
    if why == "gone":
        with database.writes.begin() as connection:
            connection.execute(update(table_of(UserRow)).values(active=False))
    town.slip()
    [(channel, said)] = town.deliver()
    assert channel == "#cs"
    assert said.endswith("so it is told here.)")
    assert "Darcel Schlecht" in said


@on_sqlite
def test_without_another_channel_the_administrators_are_told(database: Database) -> None:  # noqa: F811
    town = Town(database, "    - {name: R, to: owner}\n")
    town.slip()
    assert town.deliver() == []
    assert [one.state for one in town.world.outbox()] == ["dead"]
    assert "verified e-mail of Darcel Schlecht" in town.troubles.told[0]


@on_sqlite
def test_a_lookup_that_fails_is_repeated_and_the_fallback_is_not_told_twice(
    database: Database,  # noqa: F811
) -> None:
    town = Town(database, '    - {name: R, to: ["#cs", owner], otherwise: "#cs"}\n')
    town.slack.failures = [SendLater("Slack is away.")]
    town.slip()
    assert town.deliver() == [("#cs", "Account big: Top → Slipping")]
    town.world.pass_time(minutes=1)
    assert town.deliver() == [], "the channel knows already"
    assert sorted(one.state for one in town.world.outbox()) == ["sent", "superseded"]


@on_sqlite
def test_a_group_is_mentioned_in_the_routes_channel(database: Database) -> None:  # noqa: F811
    town = Town(database, '    - {name: R, to: [group @leads], channel: "#cs"}\n')
    town.slip()
    town.deliver()
    [message] = town.slack.posted
    assert (message.channel, message.payload["mention"]) == ("#cs", "leads")


@on_sqlite
def test_a_cooldown_holds_repeats_back_and_says_so_in_the_next_message(
    database: Database,  # noqa: F811
) -> None:
    town = Town(database, '    - {name: R, channel: "#cs", when: any, cooldown: 7 days}\n')
    town.slip()
    assert town.deliver() == [("#cs", "Account big: Top → Slipping")]
    town.world.pass_time(days=1)
    town.world.deal("big", 1, 900)
    assert town.world.run("change").parts[0].held == {"cooldown": 1}
    assert (town.deliver(), held(town)) == ([], [("cooldown", False)])
    town.world.deal("fair", 1, 9_000)
    town.world.deal("fair", 1, 9_000)
    town.world.run("change")
    [(_, said)] = town.deliver()
    assert said.endswith("(1 more was held back: cooldown 1.)")
    assert held(town) == [("cooldown", True)]
    town.world.pass_time(days=8)
    town.slip("big", 30)
    [(_, again)] = [one for one in town.deliver() if "big" in one[1]]
    assert again == "Account big: Good → Slipping"


@on_sqlite
def test_again_if_worse_tells_only_what_is_worse_than_what_was_told(database: Database) -> None:  # noqa: F811
    town = Town(database, '    - {name: R, channel: "#cs", again: if worse}\n')
    town.slip()
    town.deliver()
    town.world.deal("big", 1, 900)
    town.world.run("change")
    town.slip("big", 30)  # as bad as it was
    assert (town.deliver(), held(town)) == ([], [("not worse than before", False)])
    town.world.lose("big", 5_000)
    town.world.deal("big", 300, 10)
    town.world.run("change")
    assert [said.partition(" (")[0] for _, said in town.deliver()] == ["Account big: Slipping → Gone"]


@on_sqlite
def test_a_routes_further_alerts_go_into_the_accounts_thread(database: Database) -> None:  # noqa: F811
    town = Town(database, '    - {name: R, channel: "#cs", when: any, thread: true, broadcast: true}\n')
    town.slip()
    town.deliver()
    for _ in range(2):
        town.world.pass_time(days=1)
        town.world.deal("big", 1, 900)
        town.world.run("change")
        town.deliver()
        town.slip("big", 30)
        town.deliver()
    first, *others = town.slack.posted
    assert "thread" not in first.payload
    assert len(others) == 4
    assert {json.dumps(one.payload["thread"]) for one in others} == {'{"channel": "#cs", "ts": "1.0"}'}
    assert all(one.payload["broadcast"] for one in others)


QUIET = '    - {name: R, channel: "#cs", quiet: {from: "18:00", to: "08:00", except: at_stake > 10k}}\n'


@on_sqlite
def test_quiet_hours_hold_until_they_end_and_one_goes_out_alone(database: Database) -> None:  # noqa: F811
    town = Town(database, QUIET)
    town.at("2026-11-24T22:00")
    town.slip("fair", 365)
    assert (town.tick()["released"], town.deliver()) == (0, [])
    town.at("2026-11-25T07:59")
    assert town.tick()["released"] == 0
    town.at("2026-11-25T08:00")
    assert [town.tick()["released"] for _ in range(2)] == [1, 0]
    assert town.deliver() == [("#cs", "Account fair: Good → None")]
    assert {one.state for one in town.world.outbox()} == {"sent"}


@on_sqlite
def test_several_that_were_held_become_one_and_the_urgent_one_is_told_at_once(
    database: Database,  # noqa: F811
) -> None:
    town = Town(database, QUIET)
    town.at("2026-11-24T22:00")
    town.slip("fair", 100)
    town.slip("small", 100)
    town.slip("big", 120)
    [(_, said)] = town.deliver()
    assert said == "Account big: Top → Slipping (2 more were held back: quiet hours 2.)"
    town.at("2026-11-25T08:00")
    assert town.tick() == {"released": 2, "summaries": 1, "reminded": 0, "escalated": 0}
    assert town.deliver() == [("#cs", "2 accounts changed their label during quiet hours (R)")]
    states = {one.account_id: one.state for one in town.world.rows(AlertRow)}
    assert states == {"fair": "digest", "small": "digest", "big": "open"}


@on_sqlite
def test_what_goes_back_during_quiet_hours_is_not_told_at_all(database: Database) -> None:  # noqa: F811
    town = Town(database, QUIET)
    town.at("2026-11-24T22:00")
    town.slip("fair", 100)
    town.world.deal("fair", 60, 5_000)
    town.world.run("change")
    town.at("2026-11-25T09:00")
    town.tick()
    assert (town.deliver(), held(town), town.world.alerts()) == ([], [], [])


def test_a_digest_tells_everything_at_its_time_once(database: Database) -> None:  # noqa: F811
    town = Town(database, '    - {name: R, channel: "#cs", digest: daily at 08:30, cooldown: 2 days}\n')
    town.slip("fair", 100)
    assert town.deliver() == []
    town.at("2026-11-25T08:30")
    assert [town.tick()["summaries"] for _ in range(2)] == [1, 0]
    assert town.deliver() == [("#cs", "1 account changed its label since the last digest (R)")]
    town.world.deal("fair", 60, 5_000)
    town.world.run("change")
    town.world.lose("fair", 100)
    assert town.world.run("change").parts[0].held == {"cooldown": 1}, "a digest is remembered, too"


@on_sqlite
def test_nobodys_silence_is_reminded_of_once_and_then_goes_to_the_manager(
    database: Database,  # noqa: F811
) -> None:
    town = Town(
        database,
        '    - {name: R, channel: "#cs", remind_after: 4 hours, escalate_after: 1 day}\n',
    )
    town.world.add(UserRow(id="u2", name="Melvin Marxen", email="melvin@x.example", raw="{}"))
    with database.writes.begin() as connection:
        connection.execute(update(table_of(UserRow)).where(col(UserRow.id) == "u1").values(manager_id="u2"))
    town.slack.know("UMELVIN", "melvin@x.example")
    town.slip()
    town.deliver()
    town.world.pass_time(hours=4)
    assert [town.tick()["reminded"] for _ in range(2)] == [1, 0]
    assert town.deliver() == [
        ("#cs", "Nobody has acknowledged this for 4 hours: Account big, Top → Slipping.")
    ]
    assert town.slack.posted[-1].payload["thread"] == {"channel": "#cs", "ts": "1.0"}
    town.world.pass_time(hours=20)
    assert [town.tick()["escalated"] for _ in range(2)] == [1, 0]
    assert town.deliver() == [
        ("DUMELVIN", "Account big: Top → Slipping (Nobody has acknowledged this for 1 day.)")
    ]
    [alert] = town.world.alerts()
    assert (alert.slack_channel, alert.slack_ts) == ("#cs", "1.0"), "the copy is not the alert's own place"
    assert len(town.records.postings(alert.id or 0)) == 2


def test_two_workers_at_once_remind_once(database: Database) -> None:  # noqa: F811
    town = Town(database, '    - {name: R, channel: "#cs", remind_after: 1 hour}\n')
    town.slip()
    town.deliver()
    town.world.pass_time(hours=1)
    handler = alert_handler(
        database, town.world.clock, lambda: town.world.configurations.current().configuration, lambda: None
    )
    job = Job(1, KIND, "x", {}, 1)
    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(lambda _: handler[KIND](job)["reminded"], range(4)))
    assert sorted(done) == [0, 0, 0, 1]
    assert len(town.deliver()) == 1


@on_sqlite
def test_an_acknowledged_alert_is_left_alone(database: Database) -> None:  # noqa: F811
    town = Town(database, '    - {name: R, channel: "#cs", remind_after: 4 hours, escalate_after: 1 day}\n')
    town.slip()
    town.deliver()
    actions = SqlAlertActions(database, town.world.clock)
    assert actions.acknowledge(town.world.alerts()[0].id or 0, OPERATOR)
    town.world.pass_time(days=2)
    assert town.tick() == {"released": 0, "summaries": 0, "reminded": 0, "escalated": 0}


@on_sqlite
def test_too_many_for_one_person_are_a_summary_for_that_person_alone(database: Database) -> None:  # noqa: F811
    town = Town(database, "    - {name: R, to: owner, flood: 1, otherwise: '#cs', cooldown: 1 day}\n")
    town.world.add(UserRow(id="u3", name="Anna", email="anna@x.example", raw="{}"))
    with database.writes.begin() as connection:
        mine = update(table_of(AccountRow)).where(col(AccountRow.id) == "small").values(owner_id="u3")
        connection.execute(mine)
    town.slack.know("UDARCEL", "darcel@x.example")
    town.slack.know("UANNA", "anna@x.example")
    for account in ("big", "fair", "small"):
        town.world.lose(account, 120)
    town.world.run("change")
    told = dict(town.deliver())
    assert told["DUDARCEL"] == "2 accounts changed their label in Purchases at once (R)"
    assert told["DUANNA"].startswith("Account small")
    assert sorted(one.state for one in town.world.alerts()) == ["digest", "digest", "open"]


@on_sqlite
def test_messages_of_one_alert_are_withdrawn_together(database: Database) -> None:  # noqa: F811
    town = Town(database, '    - {name: R, to: ["#a", "#b"], when: any}\n')
    town.slip()
    town.world.deal("big", 1, 900)
    town.world.run("change")
    assert sorted((one.channel, one.state) for one in town.world.rows(OutboxRow)) == [
        ("#a", "pending"),
        ("#a", "superseded"),
        ("#b", "pending"),
        ("#b", "superseded"),
    ]
    assert town.deliver() == [("#a", "Account big: Top → Good"), ("#b", "Account big: Top → Good")]


@on_sqlite
def test_a_change_that_is_half_told_is_not_withdrawn(database: Database) -> None:  # noqa: F811
    town = Town(database, '    - {name: R, to: ["#a", "#b"], when: any}\n')
    town.slip()
    assert town.delivery.deliver_one()
    town.world.deal("big", 1, 900)
    town.world.run("change")
    town.world.pass_time(seconds=5)
    said = [one[1] for one in town.deliver()]
    assert said.count("Account big: Top → Slipping") == 1
    assert said.count("Account big: Slipping → Good") == 2
