"""RFM's pass, written once: aggregate per account, cuts by counting, scores, labels. No engine is called.

Only SELECT, GROUP BY, CASE and JOIN: no window function, hence no global sort and no stage on a single
partition anywhere.

The pass is a generator of statements. Whoever runs it puts each to an engine and sends back the columns; it
has no connection and never learns which engine there is, but for its ``Dialect``.

On a distributed PostgreSQL (Citus) the same statements run: distribute ``crm_account`` by ``id`` and
``crm_transaction`` by ``account_id``, co-located; nothing else is needed, and plain PostgreSQL needs not even
that. The aggregate is then made where the transactions are, and one row an account travels.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from scoring.criteria.fields import Catalog
from scoring.criteria.periods import Today
from scoring.engines.criteria import Conditions
from scoring.engines.dialects import Dialect
from scoring.engines.ranks import Counts, Histogram, ranked
from scoring.engines.statements import FACTS, Statement, Values, joined
from scoring.label_rules import LabelRule
from scoring.rfm import Cuts, DayBands, Thresholds, population_warnings, ranked_measures, thresholds_by
from scoring.rfm_config import RfmSegmentation
from scoring.standings import NO_DAY, NO_LABEL, NO_SCORE

MEASURES = ("r", "f", "m")
SCORED = ("account_id", "last_purchase", "purchases", "spend_minor", "r", "f", "m", "label")
Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Plan:
    """What a pass is made from.

    Attributes:
        rules: the labels' criteria, best first, without segments.
        catalog: the fields that they were read with (``scoring.engines.criteria.engine_catalog``).
    """

    segmentation: RfmSegmentation
    rules: tuple[LabelRule, ...]
    catalog: Catalog
    today: Today
    dialect: Dialect


@dataclass(frozen=True, eq=False)
class Passed:
    """What a pass gives of every account that takes part.

    Attributes:
        ids: of the accounts, ascending.
        columns: ``last_purchase`` (ordinals), ``purchases``, ``spend_minor``, ``r``, ``f``, ``m`` and
            ``label`` (places in the list of labels), with ``scoring.standings``' numbers for nothing.
        thresholds: None when no account has a counted transaction.
        warnings: sentences about what makes the scores say little.
    """

    ids: pa.Array
    columns: dict[str, Integers]
    thresholds: Thresholds | None
    warnings: tuple[str, ...]


Pass = Generator[Statement, pa.Table, Passed]


def carried_out(steps: Pass, ask: Callable[[Statement], pa.Table]) -> Passed:
    """Put every statement of a pass to an engine.

    Args:
        steps: the pass.
        ask: runs a statement; gives its columns in their order, nothing of one that is kept.
    """
    try:
        statement = next(steps)
        while True:
            statement = steps.send(ask(statement))
    except StopIteration as done:
        passed: Passed = done.value
        return passed


def rfm_pass(plan: Plan) -> Pass:
    """The whole pass over purchases and accounts (see ``scoring.engines.statements``)."""
    yield aggregate(plan)
    extents = (yield _extents()).to_pylist()[0]
    count, thresholds = int(extents["n"]), None
    warnings: tuple[str, ...] = ()
    if count:
        cuts: dict[str, Cuts] = {}
        for name in ranked_measures(plan.segmentation):
            low, high = int(extents[f"{name}_low"]), int(extents[f"{name}_high"])
            cuts[name] = yield from _cuts(name, low, high, count, plan)
        thresholds = thresholds_by(cuts.__getitem__, plan.segmentation, plan.today)
        constant = {name for name in MEASURES if extents[f"{name}_low"] == extents[f"{name}_high"]}
        warnings = population_warnings(count, constant, plan.segmentation)
    return _passed((yield labelled(plan, thresholds)), thresholds, warnings)


def aggregate(plan: Plan) -> Statement:
    """One row for each account with money: recency as an ordinal, frequency, monetary."""
    values = Values()
    day = plan.dialect.ordinal.format("g.occurred_on")
    text = f"""\
SELECT g.account_id AS account_id, {day} AS r, g.n AS f, CAST(g.spend AS BIGINT) AS m
FROM (SELECT p.account_id AS account_id,
             MAX(CASE WHEN p.is_purchase = 1 THEN p.occurred_on END) AS occurred_on,
             COUNT(CASE WHEN p.is_purchase = 1 THEN 1 END) AS n, SUM(COALESCE(p.amount_minor, 0)) AS spend
      FROM {{purchases}} AS p
      WHERE p.account_id IS NOT NULL AND p.occurred_on <= {values.put(plan.today.day)}
      GROUP BY p.account_id) AS g
JOIN {{accounts}} AS a ON a.account_id = g.account_id"""
    return Statement(text, values.named, ("account_id", *MEASURES), keep=FACTS)


def labelled(plan: Plan, thresholds: Thresholds | None) -> Statement:
    """Facts, scores and label of every account; a number for nothing where there is nothing."""
    values = Values()
    scores = ", ".join(
        f"CASE WHEN k.f > 0 THEN {one} ELSE NULL END AS {name}"
        for name, one in zip(MEASURES, _scores(thresholds, values), strict=True)
    )
    label = _label(plan, values)
    given = ", ".join(f"COALESCE(k.{name}, {NO_SCORE}) AS {name}" for name in MEASURES)
    text = f"""\
SELECT k.account_id AS account_id, COALESCE(k.day, {NO_DAY}) AS last_purchase, k.purchases AS purchases,
       k.spend_minor AS spend_minor, {given}, {label} AS label
FROM (SELECT a.account_id AS account_id, k.r AS day, COALESCE(k.f, 0) AS purchases,
             COALESCE(k.m, 0) AS spend_minor, {scores}
      FROM {{accounts}} AS a LEFT JOIN {FACTS} AS k ON k.account_id = a.account_id) AS k"""
    return Statement(text, values.named, SCORED)


def _extents() -> Statement:
    ends = (f"MIN({name}) AS {name}_low, MAX({name}) AS {name}_high" for name in MEASURES)
    columns = ("n", *(f"{name}_{end}" for name in MEASURES for end in ("low", "high")))
    # Nulls stand for no account at all; a number is easier to carry.
    inner = f"SELECT COUNT(*) AS n, {', '.join(ends)} FROM {FACTS} WHERE f > 0"
    given = ", ".join(f"COALESCE({name}, 0) AS {name}" for name in columns)
    return Statement(f"SELECT {given} FROM ({inner}) AS e", {}, columns)


def _cuts(name: str, low: int, high: int, count: int, plan: Plan) -> Generator[Statement, pa.Table, Cuts]:
    search = ranked(low, high, count, plan.segmentation.scores)
    try:
        wanted = next(search)
        while True:
            wanted = search.send(_counts((yield _counted(name, wanted, plan.dialect))))
    except StopIteration as done:
        return Cuts(tuple(done.value))


def _counted(name: str, wanted: Histogram, dialect: Dialect) -> Statement:
    values = Values()
    quotient = dialect.quotient.format(name, values.put(1 << wanted.bits)) if wanted.bits else name
    within = [f"{name} BETWEEN {values.put(low)} AND {values.put(high)}" for low, high in wanted.spans]
    text = f"""\
SELECT h.bucket AS bucket, COUNT(*) AS n
FROM (SELECT {quotient} AS bucket FROM {FACTS} WHERE f > 0 AND {joined("OR", within)}) AS h
GROUP BY h.bucket"""
    return Statement(text, values.named, ("bucket", "n"))


def _counts(table: pa.Table) -> Counts:
    return _numbers(table, "bucket"), _numbers(table, "n")


def _scores(thresholds: Thresholds | None, values: Values) -> Iterator[str]:
    """The expressions of the three scores over a measure ``k.r``, ``k.f``, ``k.m``."""
    if thresholds is None:
        yield from ("1" for _ in MEASURES)
        return
    measured = (thresholds.recency, thresholds.frequency, thresholds.monetary)
    for name, cuts in zip(MEASURES, measured, strict=True):
        yield _by_period(name, cuts, values) if isinstance(cuts, DayBands) else _by_cuts(name, cuts, values)


def _by_cuts(name: str, cuts: Cuts, values: Values) -> str:
    sign = ">=" if cuts.reached else ">"
    passed = (f"CASE WHEN k.{name} {sign} {values.put(one)} THEN 1 ELSE 0 END" for one in cuts.values)
    return " + ".join(("1", *passed))


def _by_period(name: str, bands: DayBands, values: Values) -> str:
    held = (
        f"WHEN k.{name} BETWEEN {values.put(first)} AND {values.put(last)} THEN {score}"
        for first, last, score in bands.bands
    )
    return f"CASE {' '.join(held)} ELSE 1 END"


def _label(plan: Plan, values: Values) -> str:
    conditions = Conditions(plan.catalog, plan.today, values)
    held = (f"WHEN {conditions.of(rule.when)} THEN {place}" for place, rule in enumerate(plan.rules))
    return f"CASE {' '.join(held)} ELSE {NO_LABEL} END"


def _passed(table: pa.Table, thresholds: Thresholds | None, warnings: tuple[str, ...]) -> Passed:
    ids = table.column("account_id").combine_chunks().cast(pa.string())
    if len(ids) > 1 and not pc.all(pc.less(ids[:-1], ids[1:])).as_py():
        order = pc.sort_indices(ids)
        table, ids = table.take(order), ids.take(order)
    return Passed(ids, {name: _numbers(table, name) for name in SCORED[1:]}, thresholds, warnings)


def _numbers(table: pa.Table, name: str) -> Integers:
    found: Integers = table.column(name).cast(pa.int64()).to_numpy()
    return found
