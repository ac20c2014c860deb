"""``python -m benchmarks.asking``: how long an answer takes, from the sentence to Slack's blocks.

A generated organisation has names, industries, places and owners, and ten transactions for each account; it
is scored once. Every question is asked many times in mixed order, in one process that has the vocabulary;
what building it takes, and how much memory it holds, is printed too. So it is of the accounts in memory
(``bot.store.memory``), which are read before; with ``--memory-mb 0`` the database answers alone. Times are of
the whole way: read the sentence, query, draw. ``CPU`` is this process's own time, which on SQLite is all of
it: it says more than the clock when others use the machine.

``--accounts 1000000`` makes ten million transactions and takes some minutes to fill each database.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pyarrow as pa
from sqlalchemy import inspect, text

from benchmarks.asking_data import SYLLABLES, USERS, accounts_table, changes, deals
from benchmarks.child import peak_mb
from benchmarks.scoring import product
from benchmarks.scoring_data import DOCUMENT as SCORED
from benchmarks.scoring_data import NOW, PLAIN, FixedClock, load
from bot.app.answering.figures import FigureAnswers
from bot.app.answers import Answer
from bot.app.ask import Answerer, Ask
from bot.app.config.published import PublishedConfigurations
from bot.app.kept_index import beside
from bot.app.people import Person, Role
from bot.language.question import Aggregate, Course, Figure, Kind, Metric, NotUnderstood, Question
from bot.language.understand import understand
from bot.runtime.asking_parts import past_answers
from bot.slack.views.answer import answer_message
from bot.slack.views.drawing import Drawing
from bot.store.accounts import SqlAccountBook
from bot.store.config_versions import SqlConfigVersions
from bot.store.deal_days import bring_up_to_date
from bot.store.figures import SqlFigureBook
from bot.store.memory.keeper import AccountMemory, at_once
from bot.store.memory.marks import watch
from bot.store.places import TABLES
from bot.store.schema import migrate
from connector.cache.engine import Database, open_database
from scoring.criteria.tree import Calendar, Compare, Operator, Rolling, Unit
from tests.support.postgres import running_postgres

ME = Person("U1", "Ada King", "user1@example.com", "7001", Role.MEMBER)
DOCUMENT = SCORED

LISTS = (
    "show VIP accounts in Germany",
    "champions in healthcare",
    "at risk accounts over 50k",
    "top 10 accounts by spend",
    "retail accounts in Texas",
    "my accounts",
    "accounts that have not bought since June",
    "software or banking accounts, not in Germany",
    "accounts with annual revenue between 1M and 5M",
    "VIP and champion accounts in Austria",
    "oldest accounts in Boston",
    "accounts sorted by name",
    "accounts that spent more than 10k this year",
    "retail accounts that bought last month",
    "who became a customer this quarter",
)
COUNTS = (
    "how many accounts",
    "how many VIP accounts in France?",
    "how many at risk accounts over 10k",
    "how many of my accounts are loyal?",
    "how many retail accounts with more than 500 employees",
)
BREAKDOWNS = (
    "how many champions per industry?",
    "how many accounts by country",
    "accounts per owner",
    "how many VIP accounts per city",
    "how many accounts per label",
)
PAST = (
    "who left VIP this month?",
    "who left VIP this year?",
    "who changed label this year?",
    "who was VIP in June?",
    "who was VIP this year?",
    "how are we doing?",
)
_YEAR, _LAST = Calendar(Unit.YEAR, 0), Calendar(Unit.YEAR, -1)
_QUARTER = Calendar(Unit.QUARTER, 0)
_RETAIL = Compare("industry", Operator.EQ, "Retail")
_VIP = Compare("label", Operator.EQ, "VIP")


def _figure(figure: Figure, criteria: object = None) -> Question:
    return Question(Kind.FIGURE, criteria or Question(Kind.FIGURE).criteria, figure=figure)  # type: ignore[arg-type]


UNIQUE_NAMES = (
    "SELECT min(name) FROM crm_account WHERE id IN (SELECT id FROM crm_account ORDER BY id LIMIT 1000) "
    "AND name NOT IN (SELECT name FROM crm_account GROUP BY name HAVING count(*) > 1) "
    "GROUP BY id ORDER BY id LIMIT 4"
)
ACCOUNT_FIGURES = {
    "average revenue of retail accounts": _figure(
        Figure(how=Aggregate.AVERAGE, of="annual_revenue"), _RETAIL
    ),
    "total spend by industry": _figure(Figure(how=Aggregate.SUM, of="total_spend", by="industry")),
    "median employees of VIPs": _figure(Figure(how=Aggregate.MEDIAN, of="employees"), _VIP),
    "share of VIPs by country": _figure(Figure(Metric.SHARE, by="country"), _VIP),
}
RECORD_FIGURES = {
    "revenue this quarter": _figure(Figure(Metric.REVENUE, span=_QUARTER)),
    "win rate this month": _figure(Figure(Metric.WIN_RATE, span=Calendar(Unit.MONTH, 0))),
    "pipeline by deal owner": _figure(Figure(Metric.PIPELINE, by="deal_owner")),
    "revenue from VIPs this month": _figure(Figure(Metric.REVENUE, span=Calendar(Unit.MONTH, 0)), _VIP),
    "open deals": _figure(Figure(Metric.OPEN_DEALS)),
}
LONG_FIGURES = {
    "revenue this year by industry": _figure(Figure(Metric.REVENUE, by="industry", span=_YEAR)),
    "win rate this year by owner": _figure(Figure(Metric.WIN_RATE, by="deal_owner", span=_YEAR)),
    "revenue all time": _figure(Figure(Metric.REVENUE)),
    "buyers this year vs last year": _figure(Figure(Metric.BUYERS, span=_YEAR, versus=_LAST)),
}
TRENDS = {
    "revenue by quarter": _figure(Figure(Metric.REVENUE, every=Unit.QUARTER)),
    "won deals by month this year": _figure(Figure(Metric.WON, every=Unit.MONTH, span=_YEAR)),
    "revenue by week, last 90 days": _figure(
        Figure(Metric.REVENUE, every=Unit.WEEK, span=Rolling(90, Unit.DAY))
    ),
    "retail revenue by month": _figure(Figure(Metric.REVENUE, every=Unit.MONTH), _RETAIL),
}


RANKED = {
    "top 10 customers by revenue this year": _figure(Figure(Metric.REVENUE, by="each_account", span=_YEAR)),
    "VIPs by purchases this quarter": _figure(
        Figure(Metric.PURCHASES, by="each_account", span=_QUARTER), _VIP
    ),
    "customers by revenue this year vs last year": _figure(
        Figure(Metric.REVENUE, by="each_account", span=_YEAR, versus=_LAST)
    ),
    "customers that are declining this year": _figure(
        Figure(Metric.REVENUE, by="each_account", span=_YEAR, course=Course.WORSE)
    ),
}


@dataclass(frozen=True)
class Asked:
    """A question: a sentence and, while no grammar reads it as that, what it means."""

    kind: str
    sentence: str
    question: Question | None = None


def questions(names: Sequence[str]) -> Iterator[Asked]:
    """The mix; ``names`` are of accounts, for cards."""
    for kind, sentences in (("list", LISTS), ("count", COUNTS), ("breakdown", BREAKDOWNS), ("past", PAST)):
        yield from (Asked(kind, one) for one in sentences)
    for name in names:
        yield Asked("card", f"how is {name} doing?")
        yield Asked("card, misspelt", f"how is {name[:3]}{name[4:]} doing?")
    for kind, figures in (
        ("figure of accounts", ACCOUNT_FIGURES), ("figure, short span", RECORD_FIGURES),
        ("figure, a year or all", LONG_FIGURES), ("trend", TRENDS),
        ("each account", RANKED),
    ):  # fmt: skip
        yield from (Asked(kind, sentence, question) for sentence, question in figures.items())


def fill(database: Database, accounts: int, seed: int) -> None:
    """Every table, the configuration, the accounts and their transactions."""
    migrate(database)
    SqlConfigVersions(database, FixedClock()).publish(DOCUMENT, "benchmark")
    users = pa.table(
        {
            "id": [str(7000 + at) for at in range(USERS)],
            "name": [
                f"{SYLLABLES[at % 16].title()}a {SYLLABLES[at // 16].title()}{SYLLABLES[at % 7]}"
                for at in range(USERS)
            ],
            "email": [f"user{at}@example.com" for at in range(USERS)],
            "active": [True] * USERS,
        }
    )
    with database.writes.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO crm_organisation (id, name, time_zone, currency, several_currencies) "
                "VALUES ('1', 'B', 'UTC', 'USD', false)"
            )
        )
    load(database, "crm_user", [users])
    load(database, "crm_account", [accounts_table(accounts, seed)])
    with _without_indexes(database, "crm_transaction"):
        load(database, "crm_transaction", deals(accounts, seed))
    with database.writes.begin() as connection:
        if database.dialect == "sqlite":
            connection.exec_driver_sql("ANALYZE")
    if database.dialect == "postgresql":
        with database.writes.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))


@contextmanager
def _without_indexes(database: Database, name: str) -> Iterator[None]:
    """To put millions of rows into an index one by one takes ten times as long as to sort them once."""
    with database.writes.begin() as connection:
        known = {one["name"] for one in inspect(connection).get_indexes(name)}
        made = [one for one in TABLES[name].indexes if one.name in known]
        for index in made:
            index.drop(connection)
    yield
    with database.writes.begin() as connection:
        for index in made:
            index.create(connection)


_NOTHING: Any = None  # recommends nothing: no question here asks for it


class Asking:
    """The product's own parts over a database."""

    def __init__(self, database: Database, memory_mb: int) -> None:
        clock = FixedClock()
        self.memory = AccountMemory(database, memory_mb * 1_000_000, at_once, rest=0)
        configurations = PublishedConfigurations(SqlConfigVersions(database, clock))

        def configuration() -> object:
            return configurations.current().configuration

        self._read: dict[Asked, bool] = {}
        self.book = SqlAccountBook(
            database,
            configuration,  # type: ignore[arg-type]
            clock,
            lambda _account: None,
            memory=self.memory,
        )
        figures = SqlFigureBook(database, configuration, clock, reader=self.book.reader)  # type: ignore[arg-type]
        self.further: dict[Kind, Answerer] = {
            Kind.FIGURE: FigureAnswers(self.book, figures, configuration),  # type: ignore[arg-type]
            **past_answers(database, self.book, configuration, _NOTHING, figures),  # type: ignore[arg-type]
        }
        self.ask = Ask(
            self.book, self.book.reader.configuration, self.further, beside, together=self.book.together
        )

    def answered(self, asked: Asked) -> Answer:
        """The answer, drawn."""
        answer = self.ask.ask(asked.sentence, ME) if self._is_read(asked) else self._meant(asked)
        # Of a million names some differ in one letter only: a card is then asked back, which is an answer.
        if answer.not_understood is not None and not (asked.kind == "card, misspelt" and _asks_back(answer)):
            raise RuntimeError(f"{asked.sentence!r}: {answer.not_understood}")
        answer_message(answer, Drawing(NOW))
        return answer

    def _is_read(self, asked: Asked) -> bool:
        if asked not in self._read:
            self._read[asked] = asked.question is None or self._is_a_figure(asked)
        return self._read[asked]

    def _is_a_figure(self, asked: Asked) -> bool:
        understood = understand(asked.sentence, self.ask.vocabulary(ME))
        return not isinstance(understood, NotUnderstood) and understood.kind is Kind.FIGURE

    def _meant(self, asked: Asked) -> Answer:
        if asked.question is None:
            raise RuntimeError(asked.sentence)
        frame = Answer(asked.sentence, None, "", 0, 0, self.book.as_of(), self.book.currency())
        with self.book.together():
            return self.further[Kind.FIGURE](asked.question, ME, frame)


def _asks_back(answer: Answer) -> bool:
    said = answer.not_understood
    return said is not None and bool(said.readings or any(word.readings for word in said.words))


def _remembered(asking: Asking) -> None:
    """Read the accounts into memory before the first question, and say what that takes."""
    idle, began, cpu = peak_mb(), time.perf_counter(), time.process_time()
    with asking.book.reading() as reading:
        held = reading.held
    seconds, own = time.perf_counter() - began, time.process_time() - cpu
    size = 0 if held is None else held.look.held.bytes() / 1e6
    print(
        f"accounts in memory: {seconds:.1f} s, CPU {own:.1f} s, {size:.0f} MB, "
        f"{peak_mb() - idle:.0f} MB while they are read"
    )


def measured(database: Database, rounds: int, seed: int, slowest: int, memory_mb: int) -> None:
    """Ask everything many times and print."""
    kind, asking = database.dialect, Asking(database, memory_mb)
    print(f"\n{kind}:")
    _remembered(asking)
    idle, began = peak_mb(), time.perf_counter()
    asking.answered(Asked("count", "how many accounts"))
    seconds = time.perf_counter() - began
    print(f"{kind}: vocabulary and first answer {seconds:.1f} s, {peak_mb() - idle:.0f} MB above idle")
    with database.reads.connect() as connection:
        names = connection.execute(text(UNIQUE_NAMES)).scalars().all()
    mix = list(questions(names))
    for asked in mix:
        asking.answered(asked)
    taken = defaultdict[Asked, list[tuple[float, float]]](list)
    order = mix * rounds
    Random(seed).shuffle(order)
    for asked in order:
        cpu, clock = time.process_time(), time.perf_counter()
        asking.answered(asked)
        taken[asked].append(((time.perf_counter() - clock) * 1e3, (time.process_time() - cpu) * 1e3))
    _print(mix, taken, slowest)


def _summed(database: Database) -> tuple[int, float]:
    """How many days were added up, and in how many seconds."""
    began = time.perf_counter()
    days = bring_up_to_date(database)
    with database.writes.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))
    return days, time.perf_counter() - began


def _print(mix: Sequence[Asked], taken: dict[Asked, list[tuple[float, float]]], slowest: int) -> None:
    kinds = dict.fromkeys(asked.kind for asked in mix)
    print("| kind | questions | p50 ms | p99 ms | CPU p50 | CPU p99 |")
    print("|---|---:|---:|---:|---:|---:|")
    for kind in (*kinds, "all"):
        mine = [asked for asked in mix if kind in {asked.kind, "all"}]
        times = np.array([one for asked in mine for one in taken[asked]])
        middle, last = np.percentile(times, 50, axis=0), np.percentile(times, 99, axis=0)
        print(f"| {kind} | {len(mine)} | {middle[0]:.1f} | {last[0]:.1f} | {middle[1]:.1f} | {last[1]:.1f} |")
    worst = sorted(mix, key=lambda asked: -float(np.median(np.array(taken[asked])[:, 0])))
    for asked in worst[:slowest]:
        middle = np.median(np.array(taken[asked]), axis=0)
        print(f"  {middle[0]:8.1f} ms, CPU {middle[1]:7.1f}: {asked.sentence}")


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.asking", description=__doc__)
    parser.add_argument("--accounts", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--slowest", type=int, default=12, help="questions to print one by one")
    parser.add_argument("--memory-mb", type=int, default=512, help="of accounts in memory; 0: none")
    parser.add_argument("--databases", nargs="+", default=["sqlite", "postgresql"])
    parser.add_argument("--folder", help="where to keep the SQLite file, and to use it again")
    options = parser.parse_args()
    for kind in options.databases:
        with ExitStack() as stack:
            folder = options.folder or stack.enter_context(tempfile.TemporaryDirectory(prefix="asking-"))
            file = Path(folder) / f"asking-{options.accounts}.sqlite"
            url = f"sqlite:///{file}"
            if kind == "postgresql":
                server = stack.enter_context(running_postgres(PLAIN))
                server.execute("CREATE DATABASE asking")
                url = server.url("asking")
            database = open_database(url)
            if kind == "postgresql" or not inspect(database.reads).has_table("crm_account"):
                fill(database, options.accounts, options.seed)
                product(url, "run")
                with _without_indexes(database, "label_change"):
                    load(database, "label_change", changes(options.accounts, options.seed), raw=False)
                days = _summed(database)
                print(f"\n{kind}: deals of {days[0]:,} days added up in {days[1]:.1f} s")
            migrate(database)  # a file of an earlier release
            watch(database)
            measured(database, options.rounds, options.seed, options.slowest, options.memory_mb)
            database.close()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
