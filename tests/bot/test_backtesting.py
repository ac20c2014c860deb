"""Back-tests of an organisation in a real database: what is read and kept, and what is refused."""

from __future__ import annotations

import io
import threading
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from rich.console import Console
from sqlmodel import SQLModel

from bot.app.backtesting import Asked, Backtesting, Made
from bot.app.errors import ConfigurationError, UserError
from bot.app.ports import Job
from bot.commands.backtest_tables import show_backtest
from bot.commands.backtesting import backtest, read_cutoffs
from bot.runtime.backtests import KIND, BacktestJobs, backtest_rhythm
from bot.runtime.work import Stopping
from bot.store.backtest_data import SqlPastRecords
from bot.store.backtests import SqlBacktests
from bot.store.incidents import SqlIncidents
from bot.store.jobs import SqlJobs
from bot.store.technique_tables import BacktestRow
from connector.cache.engine import Database
from connector.cache.tables import AccountRow, EngagementEventRow, ProductRow, TransactionRow
from connector.errors import NeedsPerson
from scoring.backtest.accounts import AccountFields
from scoring.backtest.days import chosen_days
from scoring.backtest.engagement import backtest_engagement
from scoring.backtest.rfm import backtest_rfm
from scoring.criteria.periods import Today
from scoring.engagement.config import EngagementSegmentation
from scoring.rfm_config import RfmSegmentation
from tests.support.leaving_world import END, transactions
from tests.support.postgres import postgres_server  # noqa: F401  (fixture)
from tests.support.scoring_world import DAY, World, database, on_sqlite, shared_postgres  # noqa: F401  (fixtures)

DOCUMENT = """\
version: 1
segmentations:
  - name: Purchases
    labels:
      - {name: Good, when: r >= 4 and f >= 3}
      - {name: Fair, when: r >= 3}
      - {name: Slipping, when: r = 2}
      - {name: Gone, when: purchases >= 1}
  - name: Trades
    technique: firmographics
    labels:
      - {name: Ours, when: industry = Tools}
      - {name: Others, when: industry is not empty}
  - name: Contact
    technique: engagement
"""
LATER = DAY - timedelta(days=1) - END  # moves the made-up history up to yesterday
HISTORY = transactions(accounts=80)
SHORT = Asked("rfm", horizon_days=90, cutoffs=2)


def deals(*, lost: bool = False) -> list[SQLModel]:
    """Every account of the made-up history with its deals, of one of three products each."""
    rows = zip(HISTORY["account_id"], HISTORY["day"], HISTORY["amount_minor"], strict=True)
    stage = "Closed Lost" if lost else "Closed Won"
    return [
        TransactionRow(
            id=f"t{at}{stage[-1]}",
            account_id=account,
            stage=stage,
            occurred_on=day + LATER,
            amount_minor=int(amount),
            product_id=f"p{(hash_of(account) + at % 2) % 3}",
            raw="{}",
        )
        for at, (account, day, amount) in enumerate(rows)
    ]


def hash_of(account: str) -> int:
    return int(account[1:])


def accounts() -> list[SQLModel]:
    return [
        AccountRow(id=name, name=name, industry="Tools" if hash_of(name) % 2 else "Food", raw="{}")
        for name in sorted(set(HISTORY["account_id"]))
    ]


def events() -> list[SQLModel]:
    """Each account wrote a week before each purchase; a machine answered the same day."""
    rows = enumerate(zip(HISTORY["account_id"], HISTORY["day"], strict=True))
    made: list[SQLModel] = []
    for at, (account, day) in rows:
        when = datetime.combine(day + LATER - timedelta(days=7), time(9), ZoneInfo("UTC"))
        for kind, text in (("own", "We need more, soon"), ("machine", "Automatic reply: away")):
            made.append(
                EngagementEventRow(
                    source="crm",
                    raw_id=f"{kind}{at}",
                    event_type="email_received",
                    occurred_at=when,
                    email=f"{account}@x.example",
                    account_id=account,
                    text=text,
                )
            )
    return made


@pytest.fixture
def world(database: Database) -> World:  # noqa: F811
    found = World(database)
    found.publish(DOCUMENT)
    return found


@pytest.fixture
def filled(world: World) -> World:
    products = [ProductRow(id=f"p{number}", name=f"Product {number}", raw="{}") for number in range(3)]
    world.add(*accounts(), *products)
    world.add(*deals(), *deals(lost=True))
    return world


def backtesting(world: World) -> Backtesting:
    return Backtesting(
        SqlPastRecords(world.database), SqlBacktests(world.database), world.configurations, world.clock
    )


def test_what_is_read_gives_what_the_frames_themselves_give(filled: World) -> None:
    made = backtesting(filled).run(SHORT)
    plan = filled.configurations.current().configuration.segmentations[0]
    assert isinstance(plan, RfmSegmentation)
    frame = HISTORY.assign(day=[day + LATER for day in HISTORY["day"]])
    today = Today(DAY, 1, ZoneInfo("America/New_York"))
    trial = chosen_days(min(frame["day"]), today, 90, 2)
    assert made.backtest == backtest_rfm(frame, plan, trial, AccountFields())
    assert (made.as_of, made.made_at) == (DAY, filled.clock.now())


@on_sqlite
def test_only_those_who_take_part_are_tried_and_their_fields_are_todays(filled: World) -> None:
    narrow = DOCUMENT.replace(
        "  - name: Purchases\n", "  - name: Purchases\n    accounts: industry = Tools\n"
    )
    filled.publish(narrow.replace("when: r >= 3}", "when: r >= 3 and industry = Tools}"))
    made = backtesting(filled).run(SHORT).backtest
    known = {name for name in HISTORY["account_id"] if hash_of(name) % 2}
    assert 0 < made.windows[0].accounts <= len(known)
    assert made.warnings[0].startswith("Labels also ask for industry, of which only today's values are known")


@on_sqlite
def test_a_technique_that_the_document_lacks_is_tried_as_it_would_begin(filled: World) -> None:
    made = backtesting(filled).run(Asked("leaving", cutoffs=1, horizon_days=120)).backtest
    assert (made.technique, made.segmentation) == ("leaving", "Leaving, as it would begin")
    assert made.windows[0].rankings[0].name == "churn_risk"
    offers = backtesting(filled).run(Asked("recommendations", cutoffs=1, horizon_days=60)).backtest
    whole = next(one for one in offers.windows if one.group == "all products")
    assert whole.lists[0].shown > 0
    assert {one.name for one in whole.rankings} == {
        "probability",
        "what sells best",
        "what the account bought most often",
    }


def test_engagement_is_read_without_what_machines_wrote(filled: World) -> None:
    filled.add(*events())
    found = backtesting(filled).run(Asked(segmentation="contact", cutoffs=2)).backtest
    assert (found.segmentation, found.horizon_days) == ("Contact", 30)
    with SqlPastRecords(filled.database).reading(
        "Contact", filled.configurations.current().configuration, Today(DAY)
    ) as past:
        read = past.events(["email_received"], ["email_received"])
    assert len(read) == 2 * len(HISTORY)
    assert str(read["occurred_at"].dtype).endswith("UTC]")
    people = read[read["text"] == "We need more, soon"]
    assert len(people) == len(HISTORY)
    plan = filled.configurations.current().configuration.segmentations[2]
    assert isinstance(plan, EngagementSegmentation)
    frame = HISTORY.assign(day=[day + LATER for day in HISTORY["day"]])
    today = Today(DAY, 1, ZoneInfo("America/New_York"))
    trial = chosen_days(min(frame["day"]), today, 30, 2)
    assert found == backtest_engagement(people, frame, plan, trial)
    assert found.windows[0].rows > 0


@on_sqlite
def test_every_night_each_segmentation_is_tried_and_the_newest_is_shown(filled: World) -> None:
    going = "name: Going\n    technique: leaving\n    model: recency"
    filled.publish(DOCUMENT.replace("name: Contact\n    technique: engagement", going))
    use = backtesting(filled)
    asked = iter([None])
    first = use.nightly(lambda: next(asked, None))
    assert set(first) == {"Purchases", "Going"}
    assert len(filled.rows(BacktestRow)) == 2
    filled.pass_time(hours=1)
    use.nightly(lambda: None)
    assert len(filled.rows(BacktestRow)) == 2, "one for a day"
    last = use.last("rfm", None)
    assert (last.backtest.segmentation, last.made_at) == ("Purchases", filled.clock.now())
    assert last.backtest.verdict[0] == first["Purchases"]
    assert use.last(None, "going").backtest.technique == "leaving"
    assert use.last(None, None).backtest.segmentation == "Going"
    shown(last)


def test_very_old_ones_are_forgotten(filled: World) -> None:
    use = backtesting(filled)
    made = use.run(SHORT)
    kept = SqlBacktests(filled.database)
    for days in (0, 100, 401):
        kept.keep(Made(made.as_of + timedelta(days=days), made.made_at + timedelta(days=days), made.backtest))
    assert [one.as_of for one in filled.rows(BacktestRow)] == [
        DAY + timedelta(days=100),
        DAY + timedelta(days=401),
    ]


@on_sqlite
def test_a_young_organisation_is_told_and_is_no_trouble(world: World) -> None:
    world.account("new", (10, 500))
    found = backtesting(world).nightly(lambda: None)
    assert found["Purchases"].startswith(
        "'Purchases' cannot be tried on the past: The purchases go back 10 days"
    )
    assert "No account that takes part has an event yet" in found["Contact"]
    assert world.rows(BacktestRow) == []


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        (
            Asked("rmf"),
            "'rmf' cannot be tried on the past; leaving, rfm, .* can. Did you mean 'rfm'?",
        ),
        (Asked("voice"), "'voice' cannot be tried on the past"),
        (Asked(), "Say what to try"),
        (Asked(segmentation="Purchase"), "There is no segmentation 'Purchase'. Did you mean 'Purchases'?"),
        (Asked(segmentation="Trades"), "'Trades' is of the technique firmographics, which foretells nothing"),
        (Asked("leaving", "Purchases"), "'Purchases' is of the technique rfm, not leaving"),
        (Asked("rfm", horizon_days=90, cutoffs=[DAY]), f"{DAY} is not over yet"),
        (Asked("rfm", horizon_days=90, cutoffs=[date(2030, 1, 1)]), "2030-01-01 is not over yet"),
        (Asked("rfm", horizon_days=90, cutoffs=[DAY - timedelta(days=30)]), "is not known yet: its 90 days"),
        (Asked("rfm", horizon_days=1), "A horizon of 1 days cannot be tried"),
        (Asked("rfm", horizon_days=90, cutoffs=0), "0 days cannot be tried"),
        (Asked("rfm", horizon_days=400), "The purchases go back .* days"),
        (Asked("engagement"), "No account that takes part has an event yet"),
    ],
)
@on_sqlite
def test_what_cannot_be_tried_is_refused_in_a_sentence(filled: World, asked: Asked, sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        backtesting(filled).run(asked)


@on_sqlite
def test_more_is_refused_in_a_sentence(world: World) -> None:
    use = backtesting(world)
    with pytest.raises(UserError, match="no purchase that counts yet"):
        use.run(Asked("rfm"))
    with pytest.raises(UserError, match="No purchase that counts names a product"):
        use.run(Asked("recommendations"))
    with pytest.raises(UserError, match="No back-test is kept yet"):
        use.last("leaving", None)
    world.publish(DOCUMENT.replace("when: r = 2", "when: rr = 2"))
    with pytest.raises(ConfigurationError, match="criteria of 'Purchases' do not fit"):
        use.run(Asked("rfm"))


@pytest.mark.parametrize(
    ("text", "days"),
    [
        (None, None),
        ("4", 4),
        ("2025-01-01, 2025-04-01", [date(2025, 1, 1), date(2025, 4, 1)]),
    ],
)
def test_days_to_try_are_read(text: str | None, days: object) -> None:
    assert read_cutoffs(text) == days


@pytest.mark.parametrize("text", ["", "four", "2025-13-01", "-1", "2025-01-01;2025-04-01"])
def test_days_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(UserError, match="no days to try"):
        read_cutoffs(text)


def test_what_is_kept_is_shown_as_it_is() -> None:
    with pytest.raises(UserError, match="takes no --cutoffs and no --horizon"):
        backtest("rfm", horizon=30, last=True)


def job() -> Job:
    return Job(1, KIND, "2026-11-24", {}, 1)


def nightly(world: World, *, ready: bool = True) -> BacktestJobs:
    incidents = SqlIncidents(world.database, world.clock, lambda: "#admins")
    return BacktestJobs(backtesting(world), lambda: ready, incidents, threading.Event())


def test_the_job_is_done_once_and_told(filled: World) -> None:
    jobs = SqlJobs(filled.database, filled.clock)
    jobs.enqueue(KIND, "2026-11-24", {}, filled.clock.now())
    loop = nightly(filled).loop(jobs, filled.clock, "me")
    assert loop.step() is True
    assert loop.step() is False
    finished = jobs.last_finished(KIND)
    assert finished is not None
    assert finished.ok
    assert [one.technique for one in filled.rows(BacktestRow)] == ["rfm"]


@on_sqlite
def test_the_job_stops_when_asked_and_waits_for_a_copy(filled: World) -> None:
    made = nightly(filled)
    made.stop.set()
    with pytest.raises(Stopping):
        made.on_backtest(job())
    assert nightly(filled, ready=False).on_backtest(job()) == {}


@on_sqlite
def test_a_job_that_fails_is_a_trouble_until_it_works(filled: World) -> None:
    made = nightly(filled)
    made.on_failure(job(), NeedsPerson("The disk is full.", "Make room."))
    assert [one.name for one in made.incidents.open_ones()] == ["job:backtest"]
    made.on_success(job())
    assert made.incidents.open_ones() == []


@pytest.mark.parametrize(
    ("daily", "at"), [(time(6, 15), time(6, 45)), (time(23, 45), time(23, 59)), (time(4, 0), time(4, 30))]
)
def test_it_is_due_after_the_daily_run_on_the_same_day(daily: time, at: time) -> None:
    tick = backtest_rhythm(daily, ZoneInfo("Europe/Berlin"))
    assert (tick.kind, tick.at, tick.zone.key) == (KIND, at, "Europe/Berlin")


def shown(made: Made) -> str:
    console = Console(width=160, record=True, file=io.StringIO())
    show_backtest(console, made)
    return console.export_text()


@on_sqlite
def test_the_terminal_shows_the_technique_beside_the_rules_and_the_verdict_last(filled: World) -> None:
    made = backtesting(filled).run(SHORT)
    text = shown(made)
    lines = [line.rstrip() for line in text.splitlines() if line.strip()]
    assert lines[0] == "Purchases (rfm): accounts that did not buy within 90 days, as of 2026-11-24"
    for wanted in (
        "the order of the labels",
        "days since the last purchase",
        "R + F + M",
        "label Slipping or Gone",
        "First alert in a silence",
        "twice the usual gap",
    ):
        assert wanted in text
    assert lines[-1].startswith("Of ")
    assert "On 2 past days, the order of the labels ranked accounts that did not buy within 90 days" in text


@on_sqlite
def test_names_are_never_markup(filled: World) -> None:
    filled.publish(DOCUMENT.replace("name: Slipping", "name: '[bold]Slipping'"))
    assert "[bold]Slipping" in shown(backtesting(filled).run(SHORT))
