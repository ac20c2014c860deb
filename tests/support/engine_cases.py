"""Random facts and segmentations for engines, and what the reference in process makes of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from hypothesis import strategies as st

from scoring.criteria.periods import Today
from scoring.engines.criteria import engine_catalog, engine_rules
from scoring.engines.dialects import Dialect
from scoring.engines.rfm_pass import Passed, Plan
from scoring.labels import places
from scoring.rfm import ordinals, score
from scoring.rfm_config import RfmSegmentation
from scoring.shape import Label
from scoring.standings import NO_SCORE

DAY = date(2026, 11, 24)
TODAY = Today(DAY)
MOST_MINOR = 10**15
SEGMENTS = {"Big": "total_spend > 500 or rfm >= 12", "Quiet": "not last_purchase in last 30 days"}
CRITERIA = (
    "r >= 4 and f >= 4 and m >= 4",
    "m = 5 and f != 3",
    "rfm between 6 and 11 and not (r in (2, 4))",
    "last_purchase before 20 days ago",
    "last_purchase in this month",
    "last_purchase is empty",
    "last_purchase != 2026-11-20",
    "total_spend > 12.345 and purchases <= 3",
    "total_spend <= -0.01",
    "total_spend in (0.5, 1, 2.001)",
    "purchases = 0",
    "spend is not empty and recency < 3",
    "r != 1",
    "in segment Big",
    "not in segment Quiet",
)
Purchase = tuple[str | None, date | None, int | None, int]


@dataclass(frozen=True)
class Case:
    """What an engine is given: counted purchases, accounts that take part, a segmentation."""

    purchases: tuple[Purchase, ...]
    accounts: tuple[str, ...]
    segmentation: RfmSegmentation
    today: Today = TODAY

    def plan(self, dialect: Dialect) -> Plan:
        """The plan of a pass."""
        catalog = engine_catalog(SEGMENTS)
        rules = engine_rules(self.segmentation, catalog)
        return Plan(self.segmentation, rules, catalog, self.today, dialect)

    def purchase_table(self) -> pa.Table:
        """The purchases by column."""
        columns = list(zip(*self.purchases, strict=True)) or [(), (), (), ()]
        types = (pa.string(), pa.date32(), pa.int64(), pa.int64())
        arrays = [pa.array(one, kind) for one, kind in zip(columns, types, strict=True)]
        return pa.Table.from_arrays(arrays, ["account_id", "occurred_on", "amount_minor", "is_purchase"])

    def account_table(self) -> pa.Table:
        """The accounts as a column."""
        return pa.table({"account_id": pa.array(self.accounts, pa.string())})


def reference(case: Case) -> dict[str, Any]:
    """Scores, labels, thresholds and warnings of ``scoring.rfm`` and ``scoring.labels``."""
    ids = sorted(case.accounts)
    bought = {one: [] for one in ids}  # type: dict[str, list[date]]
    spend = dict.fromkeys(ids, 0)
    for account, day, amount, is_purchase in case.purchases:
        if account in spend and day is not None and day <= case.today.day:
            spend[account] += amount or 0
            bought[account] += [day] * is_purchase
    frame = pd.DataFrame(
        {
            "account_id": pd.Series(ids, dtype=object),
            "last_purchase": pd.Series([max(bought[one], default=None) for one in ids], dtype=object),
            "purchases": pd.Series([len(bought[one]) for one in ids], dtype="int64"),
            "spend_minor": pd.Series([spend[one] for one in ids], dtype="int64"),
        }
    )
    result = score(frame, case.segmentation, case.today)
    catalog = engine_catalog(SEGMENTS)
    named = result.frame.assign(rfm=result.frame["total"], total_spend=result.frame["spend_minor"])
    labels = places(named, engine_rules(case.segmentation, catalog), catalog, case.today)
    columns = {
        "last_purchase": ordinals(named["last_purchase"]),
        "purchases": named["purchases"].to_numpy(np.int64),
        "spend_minor": named["spend_minor"].to_numpy(np.int64),
        **{name: named[name].to_numpy(np.int64, na_value=NO_SCORE) for name in "rfm"},
        "label": labels,
    }
    return _plain(ids, columns, result.thresholds, result.warnings)


def found(passed: Passed) -> dict[str, Any]:
    """The same of what an engine gave."""
    return _plain(passed.ids.to_pylist(), passed.columns, passed.thresholds, passed.warnings)


def _plain(ids: list[str], columns: dict[str, Any], thresholds: Any, warnings: Any) -> dict[str, Any]:
    rows = zip(*(columns[name].tolist() for name in columns), strict=True)
    return {
        "columns": tuple(columns),
        "rows": dict(zip(ids, rows, strict=True)),
        "cuts": thresholds,
        "said": warnings,
    }


_ids = st.integers(0, 11).map(lambda number: str(10**6 + number))
_days = st.one_of(
    st.integers(-3, 9).map(lambda days: DAY - timedelta(days=days)),
    st.dates(date(1990, 1, 1), date(2027, 12, 31)),
)
_amounts = st.one_of(
    st.sampled_from([0, 1, 1234, 1235, -1, 50, 100, 200]), st.integers(-MOST_MINOR, MOST_MINOR)
)
_purchases = st.one_of(
    st.lists(
        st.tuples(st.none() | _ids, st.none() | _days, st.none() | _amounts, st.integers(0, 1)), max_size=60
    ),
    st.lists(st.tuples(_ids, st.just(DAY), st.just(100), st.just(1)), max_size=30),  # constant
)


@st.composite
def segmentations(draw: st.DrawFn) -> RfmSegmentation:
    """By percentile or bands, with some of the labels."""
    scores = draw(st.integers(2, 5))
    thresholds = st.lists(
        st.sampled_from([-50.5, 0, 0.29, 1, 2, 12.345, 100, 10**9]),
        min_size=scores - 1,
        max_size=scores - 1,
        unique=True,
    ).map(sorted)
    banded = thresholds.map(lambda values: {"method": "bands", "at_least": values})
    periods = st.lists(
        st.builds(
            lambda within, points: {"within": within, "score": points},
            st.sampled_from(["last 3 days", "this month", "last 90 days", "last year", "this week"]),
            st.integers(1, scores),
        ),
        min_size=1,
        max_size=4,
    ).map(lambda bands: {"method": "bands", "bands": bands})
    ranks = st.just({"method": "percentile"})
    labels = draw(st.lists(st.sampled_from(CRITERIA), min_size=1, max_size=6))
    return RfmSegmentation.model_validate(
        {
            "name": "RFM",
            "scores": scores,
            "recency": draw(ranks | periods),
            "frequency": draw(ranks | banded),
            "monetary": draw(ranks | banded),
            "labels": [Label(name=f"L{at}", when=when) for at, when in enumerate(labels)],
        }
    )


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Purchases with ties, nulls, constants, strangers and the future; accounts with none."""
    accounts = draw(st.lists(_ids, unique=True, max_size=12))
    return Case(tuple(draw(_purchases)), tuple(accounts), draw(segmentations()))
