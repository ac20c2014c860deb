"""Batches: every account once, empty fields only, within the day's share, whatever breaks in between."""

from __future__ import annotations

import random
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any, cast

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from bot.app.enriching import CrmSide
from bot.app.enriching_batches import KIND, EnrichingBatches, Wish, batch_sentences
from bot.app.enriching_undo import MOST_SHOWN
from bot.app.enriching_values import INTERRUPTED, RESULTS, WRITE_REFUSED, Batch, BatchState
from bot.app.enriching_work import HANDED_AT_ONCE, BusyError
from bot.app.errors import ConfigurationError, UserError
from bot.app.people import NOT_ASKED, Role
from bot.app.ports import Posted
from bot.app.scope import Scope, Whose
from bot.runtime.enriching_jobs import BatchJobs, Telling
from bot.runtime.work import JobLoop
from bot.store.incidents import SqlIncidents
from connector.cache.engine import Database, open_database
from connector.enrichment.values import Company, Outcome
from connector.errors import NeedsPerson, Retriable
from tests.support.enriching_world import ADMIN, MEL, EnrichingWorld
from tests.support.fake_crm_writer import Killed

EVERYBODY = Wish("name is not empty", "everybody")
FAILURES = (
    *(Outcome.NOTHING_FOUND, Outcome.NO_WEBSITE, Outcome.NOT_THIS_COMPANY, Outcome.BLOCKED_BY_ROBOTS),
    *(Outcome.UNREACHABLE, Outcome.REFUSED_ADDRESS, Outcome.PAGE_TOO_HARD),
)
Make = Callable[[int], EnrichingWorld]


@pytest.fixture
def make(tmp_path: Path, sqlite_template: Path) -> Iterator[Make]:
    opened: list[Database] = []

    def made(accounts: int) -> EnrichingWorld:
        shutil.copyfile(sqlite_template, tmp_path / "b.sqlite")
        opened.append(open_database(f"sqlite:///{tmp_path / 'b.sqlite'}"))
        return EnrichingWorld(opened[-1], some(accounts))

    yield made
    for one in opened:
        one.close()


def some(number: int) -> dict[str, dict[str, Any]]:
    """Accounts, every fourth of which has a telephone number."""
    return {f"{n:04}": {"Phone": f"555 {n}"} if n % 4 == 0 else {} for n in range(number)}


def worked(world: EnrichingWorld, batch: Batch) -> Batch:
    done = world.new_worker().run(batch.id, lambda _done, _all: None, lambda: False)
    assert done is not None
    return done


def test_five_hundred_with_two_kills_end_with_each_account_counted_once(make: Make) -> None:
    draw, world = random.Random(1), make(500)
    ids = list(world.crm.records)
    failing = draw.sample(ids, 166)
    gone, refused = failing[:10], failing[10:30]
    world.provider.script = {one: draw.choice(FAILURES) for one in failing[30:]}
    world.crm.refuses = {one: draw.choice(["", "Billing_City"]) for one in refused}
    for one in gone:
        del world.crm.records[one]

    def typed_meanwhile(company: Company) -> None:  # after the batch was made, before it writes
        record = world.crm.records.get(company.account_id)
        if record is not None and draw.random() < 0.2:
            record["Billing_City"] = "Typed by hand"

    world.provider.on_read = typed_meanwhile
    batch = world.many.enter(EVERYBODY, ADMIN, "terminal")
    world.provider.dies_at = draw.randrange(1, 240)
    with pytest.raises(Killed):
        worked(world, batch)
    world.provider.dies_at = None
    world.crm.dies_after_write = draw.randrange(5)
    with pytest.raises(Killed):
        worked(world, batch)
    done = worked(world, batch)
    assert (done.state, done.finished, sum(done.counts.values())) == (BatchState.DONE, 500, 500)
    assert set(done.counts) == set(RESULTS)
    assert max(world.provider.reads.values()) == 1, "no account is read twice"
    assert world.crm.overwritten == []
    assert set(world.crm.writes.values()) == {1}
    assert 500 - len(world.provider.reads) <= 2 * HANDED_AT_ONCE, "what a dead process had in its hands"
    results = {one.account_id: one.result for one in world.batches.accounts(batch.id)}
    for one in ids:
        filled = any(key == one for key, _ in world.crm.writes)
        assert (results[one] == "found") == filled
    assert all(results[one] in {WRITE_REFUSED, INTERRUPTED} for one in gone)
    assert worked(world, batch) == done, "once more does nothing"


class Deadly:
    """Something whose every call may end the process, before it does anything or behind it."""

    def __init__(self, of: Any, draw: random.Random, share: float) -> None:
        self._of, self._draw, self._share = of, draw, share

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._of, name)
        return found if name == "turn" or not callable(found) else partial(self._called, found)

    def _called(self, found: Callable[..., Any], *given: Any, **named: Any) -> Any:
        if self._draw.random() < self._share:
            raise Killed
        answer = found(*given, **named)
        if self._draw.random() < self._share:
            raise Killed
        return answer


@pytest.mark.parametrize("seed", [3, 4])
def test_a_process_may_die_at_every_call_of_the_crm_and_the_database(make: Make, seed: int) -> None:
    draw, world, kills = random.Random(seed), make(100), 0
    world.crm.refuses = dict.fromkeys(draw.sample(list(world.crm.records), 10), "Billing_City")
    batch = world.many.enter(EVERYBODY, ADMIN, "terminal")
    done = None
    while done is None:
        share, work = (0.03 if kills < 10 else 0.0), world.new_worker()
        side = CrmSide(
            lambda share=share: Deadly(world.crm, draw, share),  # type: ignore[misc]
            cast("Any", Deadly(world.accounts, draw, share)),
            world.side.configuration,
        )
        batches, writes = Deadly(work.batches, draw, share), Deadly(work.writes, draw, share)
        deadly = replace(work, crm=side, batches=cast("Any", batches), writes=cast("Any", writes))
        try:
            done = deadly.run(batch.id, lambda _done, _all: None, lambda: False)
        except Killed:
            kills += 1
    assert kills > 3
    assert (done.state, sum(done.counts.values())) == (BatchState.DONE, 100)
    assert max(world.provider.reads.values()) == 1
    assert world.crm.overwritten == []
    assert set(world.crm.writes.values()) == {1}
    written = {(one.account_id, one.crm_field) for one in world.writes.of(batch.id) if one.state == "written"}
    assert written == set(world.crm.writes), "what the CRM has is what can be taken back"


def test_an_orderly_stop_gives_back_what_was_not_read(make: Make) -> None:
    world = make(50)
    batch = world.many.enter(EVERYBODY, ADMIN, "terminal")
    stopped = world.new_worker().run(
        batch.id, lambda _done, _all: None, lambda: world.provider.reads.total() >= 25
    )
    assert stopped is not None
    assert (stopped.state, stopped.finished) == (BatchState.RUNNING, 25)
    done = worked(world, batch)
    assert (done.counts["found"], set(world.provider.reads.values())) == (50, {1})
    assert done.fields["Phone"] == 37, "thirteen had one"
    with world.database.reads.begin() as connection:
        kept = connection.execute(text("SELECT count(found) FROM enrichment_account")).scalar()
    assert kept == 0, "what sites said is not kept once it is written"
    assert batch_sentences(done)[0] == f"50 of 50 accounts of batch {batch.id} are done."


def test_a_provider_that_is_stopped_too_leaves_nobody_out(make: Make) -> None:
    world, stop = make(30), threading.Event()
    batch = world.many.enter(EVERYBODY, ADMIN, "terminal")

    def ends() -> bool:
        if world.provider.reads.total() == 7:
            stop.set()
        return stop.is_set()

    world.provider.ends = ends
    stopped = world.new_worker().run(batch.id, lambda _done, _all: None, stop.is_set)
    assert stopped is not None
    assert stopped.finished == 7
    world.provider.ends = lambda: False
    assert worked(world, batch).counts["found"] == 30


def test_a_provider_that_refuses_all_stops_the_batch_until_it_is_resumed(make: Make) -> None:
    world = make(30)
    batch = world.many.enter(EVERYBODY, ADMIN, "terminal")
    world.provider.fails_at = (7, NeedsPerson("Zia is not in this edition.", "Choose another provider."))
    with pytest.raises(NeedsPerson):
        worked(world, batch)
    stopped = world.many.found(batch.id)
    assert (stopped.state, stopped.reason) == (BatchState.STOPPED, "Zia is not in this edition.")
    world.many.resume(batch.id, ADMIN, "terminal")
    done = worked(world, batch)
    assert (done.counts["found"], set(world.provider.reads.values())) == (30, {1})
    with pytest.raises(UserError, match="is done"):
        world.many.resume(batch.id, ADMIN, "terminal")


def test_an_error_that_nobody_expected_is_of_one_account(make: Make) -> None:
    world = make(30)

    def odd(company: Company) -> None:
        if company.account_id in {"0005", "0007"}:
            raise ValueError("a shape that nobody has seen")

    world.provider.on_read = odd
    batch = world.many.enter(EVERYBODY, ADMIN, "terminal")
    done = worked(world, batch)
    assert (done.state, done.counts["found"], done.counts["unreachable"]) == (BatchState.DONE, 28, 2)
    reasons = {one.account_id: one.reason for one in world.batches.accounts(batch.id)}
    assert reasons["0005"].startswith("An error of ours")


def test_one_batch_is_worked_on_at_a_time(make: Make) -> None:
    world = make(3)
    batch = world.many.enter(EVERYBODY, ADMIN, "terminal")
    with world.batches.turn(), pytest.raises(BusyError):
        worked(world, batch)
    assert world.provider.reads.total() == 0


def test_a_batch_and_its_job_are_kept_together_or_not_at_all(make: Make) -> None:
    world = make(6)
    world.limited(batch_limit=3)
    entered = Deadly(world.audit, random.Random(1), 1.0)  # the process ends right behind the transaction
    with pytest.raises(Killed):
        replaced(world, entered).enter(EVERYBODY, ADMIN, "slack", identifier="0123456789abcdef")
    job = world.jobs.claim("w", timedelta(minutes=1))
    assert job is not None
    assert (job.kind, job.slot, job.args) == (KIND, "0123456789abcdef", {"batch": "0123456789abcdef"})
    with world.database.writes.begin() as connection:
        connection.execute(text("DROP TABLE job"))
    with pytest.raises(OperationalError):
        world.many.enter(replace(EVERYBODY, again=True), ADMIN, "terminal")
    assert [one.id for one in world.batches.recent(9)] == [job.slot]
    assert world.batches.left(world.accounts.today(), 5_000) == 5_000 - 3


def replaced(world: EnrichingWorld, audit: Any) -> EnrichingBatches:
    return EnrichingBatches(world.side, world.batches, world.jobs, audit, world.clock, lambda: "script")


def test_a_worker_takes_the_job_and_gives_it_back_when_it_has_to(make: Make) -> None:
    world, stop = make(45), threading.Event()
    incidents = SqlIncidents(world.database, world.clock, lambda: "#admins")
    shown: list[str] = []
    telling = Telling(lambda _posted, message: shown.append(message.text))
    own = BatchJobs(world.new_worker, incidents, stop, telling)
    loop = JobLoop(world.jobs, world.clock, "w1", {KIND: own.on_enrich}, own.on_failure, own.on_success)
    asked: Any = {"progress_at": Posted("D1", "1.0"), "identifier": "0123456789abcdef"}
    batch = world.many.enter(EVERYBODY, ADMIN, "slack", **asked)
    again = world.many.enter(EVERYBODY, ADMIN, "slack", **asked)
    assert [one.id for one in world.many.recent(ADMIN)] == [batch.id] == [again.id], "entered once"
    with world.batches.turn():  # somebody else is at it
        assert loop.step()
    assert world.provider.reads.total() == 0
    world.clock.move(minutes=2)
    world.provider.on_read = lambda _company: stop.set()
    assert loop.step()
    assert world.many.found(batch.id).finished == 1
    stop.clear()
    world.provider.on_read = lambda _company: None
    assert loop.step()
    done = world.many.found(batch.id)
    assert (done.state, done.counts["found"]) == (BatchState.DONE, 45)
    assert not loop.step()
    assert set(world.provider.reads.values()) == {1}
    assert shown[-1].startswith("✅ 45 accounts done, 45 enriched")


def test_a_whole_batch_can_be_taken_back(make: Make) -> None:
    world = make(120)
    batch = world.many.enter(EVERYBODY, ADMIN, "terminal")
    worked(world, batch)
    world.crm.records["0001"]["Phone"] = "555 typed"
    with pytest.raises(UserError, match="Nothing of yours"):
        world.history.undo(batch.id, MEL, "D1")
    done = world.history.undo(batch.id, ADMIN, "terminal")
    assert (done.kept, done.refused) == (1, 0)
    left = [(one["Phone"], one["Billing_City"]) for one in world.crm.records.values()]
    assert left == [("555 typed", None) if n == 1 else (f"555 {n}" if n % 4 == 0 else None, None)
                    for n in range(120)]  # fmt: skip


def test_a_batch_hides_nothing_of_what_was_enriched_singly(database: Database) -> None:
    world = EnrichingWorld(database, some(80))
    found = world.one.propose("0001", MEL, "slack")
    world.one.apply(found.id, ["phone"], MEL, "slack")
    world.clock.move(minutes=5)
    batch = world.many.enter(EVERYBODY, ADMIN, "terminal")
    worked(world, batch)
    assert len(world.writes.of(batch.id)) > MOST_SHOWN
    assert {one.of for one in world.history.recent(MEL)} == {found.id}
    assert {one.of for one in world.history.recent(ADMIN)} == {found.id, batch.id}
    assert {one.of for one in world.history.recent(ADMIN, "0001")} == {found.id, batch.id}
    sees_none = replace(MEL, scope=Scope(Whose.OWN, frozenset({"nobody"})))
    assert world.history.recent(sees_none) == ()


@pytest.mark.parametrize("judges_each", [False, True])
@pytest.mark.parametrize("times", [1, 99])
def test_a_batch_overwrites_nobody_who_types_between_its_look_and_its_write(
    make: Make, times: int, *, judges_each: bool
) -> None:
    world, typed = make(8), iter(range(times))
    world.crm.judges_each = judges_each
    world.crm.refuses = {"0003": "Billing_City"}

    def somebody_else(_records: object) -> None:
        if next(typed, None) is not None:
            world.crm.typed("0001", Phone="555 typed", Billing_City="Dallas")

    world.crm.before_write = somebody_else
    batch = world.many.enter(EVERYBODY, ADMIN, "terminal")
    done = worked(world, batch)
    assert (done.counts["found"], done.fields["Phone"]) == (8 if times == 1 else 7, 5)
    assert world.crm.overwritten == []
    assert set(world.crm.writes.values()) == {1}
    states = {one.crm_field: one.state for one in world.writes.of(batch.id, ["0001"])}
    assert states["Phone"] == states["Billing_City"] == "changed_meanwhile"
    world.crm.typed("0002", Phone="555 typed")
    undone = world.history.undo(batch.id, ADMIN, "terminal")
    assert (undone.kept, undone.refused) == (1, 0)
    assert [world.crm.records[one]["Phone"] for one in ("0001", "0002", "0003")] == [
        "555 typed", "555 typed", None,
    ]  # fmt: skip


def test_what_was_read_lately_or_is_full_makes_room_for_others(make: Make) -> None:
    world = make(30)
    world.limited(batch_limit=10)
    world.provider.script = dict.fromkeys(world.crm.records, Outcome.NO_WEBSITE)
    for expected in (20, 10, 0):
        worked(world, world.many.enter(EVERYBODY, ADMIN, "terminal"))
        assert 30 - world.many.rehearse(EVERYBODY, ADMIN, "terminal").lately == expected
    with pytest.raises(UserError, match="Of 30 accounts none is left: 30 were read in the last 30 days"):
        world.many.enter(EVERYBODY, ADMIN, "terminal")
    assert world.many.rehearse(Wish("", "all", again=True), ADMIN, "terminal").chosen == 10
    world.clock.move(days=31)
    assert world.many.enter(world.many.of_segment("all of them"), ADMIN, "terminal").total == 10


def test_an_account_waits_in_one_batch_at_a_time(make: Make) -> None:
    world = make(8)
    world.limited(batch_limit=5)
    first = world.many.enter(EVERYBODY, ADMIN, "terminal")
    rehearsed = world.many.rehearse(replace(EVERYBODY, again=True), ADMIN, "terminal")
    assert (rehearsed.held, rehearsed.chosen) == (5, 3)
    second = world.many.enter(EVERYBODY, ADMIN, "terminal")
    with pytest.raises(UserError, match="8 are in another batch that is not done"):
        world.many.enter(replace(EVERYBODY, again=True), ADMIN, "terminal")
    world.many.cancel(second.id, ADMIN, "terminal")
    third = world.many.enter(EVERYBODY, ADMIN, "terminal")
    worked(world, first)
    worked(world, third)
    assert (len(world.provider.reads), max(world.provider.reads.values())) == (8, 1)


def test_the_days_share_is_of_the_organisations_day(make: Make) -> None:
    world = make(30)
    world.limited(batch_limit=10, daily_limit=15)
    first = world.many.enter(EVERYBODY, ADMIN, "terminal")
    assert (first.day, first.total) == ("2026-03-30", 10)
    with pytest.raises(UserError, match="more than the 5 that are left of today's 15"):
        world.many.enter(EVERYBODY, ADMIN, "terminal")
    with pytest.raises(UserError, match="1 to 10 accounts"):
        world.many.enter(Wish("", "all", most=11), ADMIN, "terminal")
    assert world.many.enter(Wish("", "all", most=5), ADMIN, "terminal").total == 5
    world.clock.move(hours=1, minutes=59)  # 23:59 in New York
    with pytest.raises(UserError, match="Wait until tomorrow"):
        world.many.enter(Wish("", "all", most=1), ADMIN, "terminal")
    world.clock.move(minutes=1)
    assert world.many.enter(EVERYBODY, ADMIN, "terminal").day == "2026-03-31"


def test_batches_that_race_do_not_pass_the_days_share(database: Database) -> None:
    world = EnrichingWorld(database, some(60))
    world.limited(batch_limit=10, daily_limit=35)
    entered: list[Batch] = []

    def enter() -> None:
        with suppress(UserError):
            entered.append(world.many.enter(EVERYBODY, ADMIN, "terminal"))

    threads = [threading.Thread(target=enter) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(entered) == 3
    assert world.batches.left(world.accounts.today(), 35) == 5
    done = worked(world, entered[0])
    assert (done.counts["found"], sum(done.counts.values())) == (10, 10)
    held = [one.account_id for batch in entered for one in world.batches.accounts(batch.id)]
    assert len(set(held)) == 30, "no account is in two of them"


def test_only_administrators_and_only_with_a_mapping_that_fits(make: Make) -> None:
    world = make(3)
    with pytest.raises(UserError, match="Only administrators"):
        world.many.enter(EVERYBODY, MEL, "D1")
    assert "refused" in world.audit.lines()[0].outcome
    with pytest.raises(UserError, match="criteria do not fit"):
        world.many.enter(Wish("nonsense = 1", "nonsense"), ADMIN, "terminal")
    world.many.enter(EVERYBODY, ADMIN, "terminal")
    assert world.jobs.waiting(KIND)
    world.limited(fields={})
    with pytest.raises(ConfigurationError, match="nothing is mapped"):
        world.many.enter(EVERYBODY, ADMIN, "terminal")


def test_whoever_is_no_administrator_any_more_has_nothing_more_written(make: Make) -> None:
    world = make(45)
    batch = world.many.enter(EVERYBODY, ADMIN, "terminal")
    member, other = replace(ADMIN, role=Role.MEMBER), replace(ADMIN, slack_id="UBEA")

    def demoted(_company: Company) -> None:
        world.people = {ADMIN.slack_id: member}

    world.provider.on_read = demoted
    with pytest.raises(UserError, match="may not enrich many accounts any more"):
        worked(world, batch)
    assert all(set(one) <= {"Phone", "Modified_Time"} for one in world.crm.records.values())
    stopped = world.many.found(batch.id)
    assert (stopped.state, stopped.finished) == (BatchState.STOPPED, 0)
    assert stopped.reason == "Who asked for it may not enrich many accounts any more."
    world.many.resume(batch.id, other, "slack")
    done = world.new_worker().run(batch.id, lambda _done, _all: None, lambda: False, other.slack_id)
    assert done is not None
    assert (done.state, done.finished) == (BatchState.DONE, 45)


def test_a_batch_waits_while_nobody_can_say_who_asked_for_it(make: Make) -> None:
    world = make(3)
    batch = world.many.enter(EVERYBODY, ADMIN, "terminal")
    world.people = {ADMIN.slack_id: replace(ADMIN, role=Role.NOBODY, refusal=NOT_ASKED)}
    with pytest.raises(Retriable):
        worked(world, batch)
    world.people = {}
    assert worked(world, batch).state is BatchState.DONE
