"""Writing back: only differences, the cheapest way, refusals by reason, killed anywhere. Both databases."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import insert, select

from connector.cache.engine import Database
from connector.cache.tables import AccountRow, table_of
from connector.cache.written import SqlWrittenCopy
from connector.errors import NeedsPerson, Retriable
from connector.sync import differences
from connector.sync.publish import Publisher, PublishReport
from connector.write_ports import Change, Outcome, OwnField, Wanted
from tests.support.fake_crm_writer import FakeCrmWriter, Killed
from tests.support.moved_clock import SetClock

OWN = (OwnField("Behaviour Label", "text", 100), OwnField("Behaviour Score", "integer", 3))
ACCOUNT = table_of(AccountRow)


class World:
    """A CRM, its copy, and what the scores say."""

    def __init__(self, database: Database, accounts: int, *, tags: tuple[str, ...] = ()) -> None:
        self.database = database
        self.crm = FakeCrmWriter({str(n): {"id": str(n), "Name": f"A{n}"} for n in range(1, accounts + 1)})
        self.scores: dict[str, tuple[str | None, int]] = dict.fromkeys(self.crm.records, ("VIP", 15))
        self.tags = tags
        self.waited: list[float] = []
        rows = [{"id": one, "raw": orjson.dumps(record).decode()} for one, record in self.crm.records.items()]
        with database.writes.begin() as connection:
            connection.execute(insert(ACCOUNT), rows)

    def wanted(self) -> Iterable[Wanted]:
        for identifier, (label, score) in sorted(self.scores.items()):
            yield Wanted(
                identifier,
                {"Behaviour Label": label, "Behaviour Score": score},
                label if self.tags else None,
            )

    def publish(self) -> PublishReport:
        publisher = Publisher(
            self.crm,
            SqlWrittenCopy(self.database),
            SetClock(),
            "Accounts",
            OWN,
            tags=self.tags,
            sleep=self.waited.append,
        )
        return publisher.run(self.wanted)

    def sync(self) -> None:
        """Read every account again."""
        rows = [{"id": one, "raw": orjson.dumps(record).decode()} for one, record in self.crm.records.items()]
        with self.database.writes.begin() as connection:
            connection.execute(ACCOUNT.delete())
            connection.execute(insert(ACCOUNT), rows)

    def in_crm(self) -> dict[str, tuple[Any, Any]]:
        return {
            one: (record.get("Behaviour_Label1"), record.get("Behaviour_Score1"))
            for one, record in self.crm.records.items()
        }

    def held(self) -> dict[str, dict[str, Any]]:
        with self.database.reads.connect() as connection:
            rows = connection.execute(select(ACCOUNT.c.id, ACCOUNT.c.raw))
            return {row.id: orjson.loads(row.raw) for row in rows}


def test_fields_are_created_and_a_second_run_writes_nothing(database: Database) -> None:
    world = World(database, 250)
    first = world.publish()
    assert first.created_fields == ("Behaviour Label", "Behaviour Score")
    assert (first.differing, first.written) == (250, 250)
    assert world.crm.calls == ["fields", "update", "update", "update"]
    assert world.crm.credits == 1 + differences.price(250)
    assert world.in_crm() == world.scores
    assert world.held() == world.crm.records
    world.crm.calls.clear()
    second = world.publish()
    assert (second.compared, second.differing, world.crm.calls) == (250, 0, [])


def test_only_what_differs_is_written(database: Database) -> None:
    world = World(database, 120)
    world.publish()
    world.scores["7"] = ("At Risk", 15)
    world.scores["9"] = (None, 15)
    report = world.publish()
    assert report.written == 2
    assert world.crm.records["7"]["Behaviour_Label1"] == "At Risk"
    assert world.crm.records["9"]["Behaviour_Label1"] is None


def test_a_first_publication_of_many_goes_by_bulk_job(database: Database) -> None:
    world = World(database, 5_200)
    report = world.publish()
    assert (report.written, report.bulk_jobs) == (5_200, 1)
    assert "update" not in world.crm.calls
    assert world.in_crm() == world.scores
    assert len(world.waited) == world.crm.calls.count("look") == world.crm.looks + 1
    assert world.publish().differing == 0


def test_the_next_job_is_not_looked_at_before_it_can_have_ended(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(differences, "BULK_ROWS", 5_200)
    world = World(database, 10_400)
    world.crm.looks = 6
    assert world.publish().bulk_jobs == 2
    first, second = world.waited[:7], world.waited[7:]
    assert first == pytest.approx([0.2, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4])
    assert second[:2] == pytest.approx([0.75 * sum(first), 0.25 * 0.75 * sum(first)])


@pytest.mark.parametrize("trouble", ["offers_bulk", "bulk_fails"])
def test_without_bulk_jobs_it_is_written_all_the_same(database: Database, trouble: str) -> None:
    world = World(database, 5_100)
    setattr(world.crm, trouble, trouble == "bulk_fails")
    report = world.publish()
    assert report.written == 5_100
    assert any("bulk" in reason for reason in report.reasons)
    assert world.in_crm() == world.scores


def test_a_job_that_was_entered_and_lost_is_not_paid_again(database: Database) -> None:
    world = World(database, 5_200)
    world.crm.loses_bulk = True
    with pytest.raises(Retriable):
        world.publish()
    assert world.in_crm() == world.scores
    world.crm.loses_bulk, spent = False, world.crm.credits
    report = world.publish()
    assert (report.written, report.bulk_jobs, report.later) == (0, 0, 5_200)
    assert world.crm.credits - spent == 1
    assert "lost sight" in report.reasons[0]
    world.sync()
    assert world.publish().differing == 0


def test_what_a_lost_job_did_not_write_is_written_after_the_next_sync(database: Database) -> None:
    world = World(database, 5_200)
    world.crm.loses_bulk = True
    with pytest.raises(Retriable):
        world.publish()
    world.crm.loses_bulk = False
    for identifier in list(world.scores)[:2_000]:
        world.crm.records[identifier]["Behaviour_Score1"] = 1
    assert world.publish().later == 5_200
    world.sync()
    report = world.publish()
    assert (report.written, report.later) == (2_000, 0)
    assert world.in_crm() == world.scores


@given(st.integers(1, 400))
def test_a_sample_is_spread_and_has_both_ends(number: int) -> None:
    changes = [Change(str(one), {}) for one in range(number)]
    taken = differences.sample(changes)
    places = [int(one.id) for one in taken]
    assert (places[0], places[-1], len(places)) == (0, number - 1, min(number, 100))
    assert places == sorted(set(places))


def test_of_what_the_crm_does_not_say_nothing_is_taken_to_be_there() -> None:
    changes = [Change("1", {"A": "VIP"}), Change("2", {"A": "VIP"})]
    assert not differences.are_there(changes, {})
    assert not differences.are_there(changes, {"1": {"id": "1"}, "2": {"id": "2"}})
    assert not differences.are_there(changes, {"1": {"A": "VIP"}, "2": {"A": None}})
    assert differences.are_there(changes, {"1": {"A": "VIP"}, "2": {"A": "VIP"}})


def test_refusals_are_sorted_by_reason(database: Database) -> None:
    world = World(database, 20)
    world.publish()
    world.scores = dict.fromkeys(world.scores, ("Loyal", 9))
    world.crm.refusals["3"] = Outcome("3", False, "RECORD_LOCKED", "record is locked")
    world.crm.refusals["4"] = Outcome("4", False, "AUTHORIZATION_FAILED", "not yours")
    del world.crm.records["5"]
    report = world.publish()
    assert (report.written, report.later, report.refused, report.gone) == (17, 1, 1, 1)
    assert report.reasons == ["4: AUTHORIZATION_FAILED not yours"]
    world.crm.refusals.clear()
    assert world.publish().written == 2


def test_a_refused_value_does_not_keep_the_others_back(database: Database) -> None:
    world = World(database, 3)
    world.crm.refused_fields = frozenset({"Behaviour_Label1"})
    report = world.publish()
    assert report.written == 3
    assert {score for _, score in world.in_crm().values()} == {15}
    assert all("Behaviour_Label1 was refused" in reason for reason in report.reasons)


def test_fields_that_cannot_be_created_are_named(database: Database) -> None:
    world = World(database, 3)
    world.crm.creates_fields = False
    with pytest.raises(NeedsPerson, match=r"Behaviour Label, Behaviour Score .*FIELD_LIMIT_EXCEEDED"):
        world.publish()


def test_tags_of_ours_are_moved_and_others_are_left(database: Database) -> None:
    world = World(database, 4, tags=("VIP", "At Risk"))
    world.publish()
    world.crm.records["1"]["Tag"].append({"name": "renewal"})
    world.scores["1"] = ("At Risk", 15)
    world.scores["2"] = (None, 15)
    world.publish()
    assert [tag["name"] for tag in world.crm.records["1"]["Tag"]] == ["renewal", "At Risk"]
    assert world.crm.records["2"]["Tag"] == []
    assert world.crm.records["3"]["Tag"] == [{"name": "VIP"}]


@pytest.mark.parametrize("accounts", [330, 5_050])
def test_killed_at_any_call_the_next_run_ends_with_the_same(database: Database, accounts: int) -> None:
    world = World(database, accounts)
    deaths = 0
    for lives in (0, 1, 2, 3, 2, 1, 2):
        world.crm.lives = lives
        try:
            world.publish()
        except Killed:
            deaths += 1
    world.crm.lives = None
    world.publish()
    assert deaths >= 3
    assert world.in_crm() == world.scores
    assert world.publish().differing == 0


values = st.dictionaries(
    st.sampled_from(["A", "B", "C"]), st.one_of(st.none(), st.integers(0, 9), st.text(max_size=3))
)


@given(values, values)
def test_a_difference_is_what_makes_the_record_say_what_is_wanted(
    wanted: dict[str, Any], held: dict[str, Any]
) -> None:
    names = {label: f"{label}__c" for label in wanted}
    record = {names.get(label, label): value for label, value in held.items()}
    change = differences.difference(Wanted("1", wanted), record, names)
    after = {**record, **(change.values if change else {})}
    for label, value in wanted.items():
        assert (after.get(names[label]) or None) == (value or None) or after.get(names[label]) == value
    if change is not None:
        assert all(
            (record.get(name) or None) != (value or None) or record.get(name) != value
            for name, value in change.values.items()
        )
        assert differences.difference(Wanted("1", wanted), after, names) is None


@given(st.integers(0, 120_000))
def test_the_price_is_never_above_either_way_alone(records: int) -> None:
    calls, jobs = -(-records // 10), 500 * -(-records // 25_000)
    assert differences.price(records) <= min(calls, jobs)


def test_a_remedy_for_each_reason() -> None:
    change = Change("1", {"A": 1, "B": 2})

    def kind(code: str, field: str | None = None) -> differences.Remedy:
        return differences.remedy(Outcome("1", False, code, field=field), change)

    assert kind("INVALID_DATA", "A") is differences.Remedy.WITHOUT_FIELD
    assert kind("INVALID_DATA") is differences.Remedy.LEAVE
    assert kind("NOT_APPROVED") is differences.Remedy.NEXT_TIME
    assert kind("SOMETHING") is differences.Remedy.REPORT
