"""The quintile recipe of notebooks: against pandas, CDNOW, and Online Retail when it is at hand."""

from __future__ import annotations

import re
from collections import Counter
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.truth.measures import auc
from benchmarks.truth.purchases import cdnow, online_retail
from benchmarks.truth.report import find_data
from scoring.compatibility import cut_points, quintiles, segment_of
from scoring.days import day_number
from scoring.leaving.history import bought_within, read_history, states_at

# As written in a public course's script, and in many others.
REFERENCE_MAP = {
    r"[1-2][1-2]": "hibernating",
    r"[1-2][3-4]": "at_Risk",
    r"[1-2]5": "cant_loose",
    r"3[1-2]": "about_to_sleep",
    r"33": "need_attention",
    r"[3-4][4-5]": "loyal_customers",
    r"41": "promising",
    r"51": "new_customers",
    r"[4-5][2-3]": "potential_loyalists",
    r"5[4-5]": "champions",
}
# Counts by segment: 2010-11 seen from 2011-12-11, 2009-10 from 2010-12-11.
RETAIL_COUNTS = {
    2011: {
        "champions": 633,
        "loyal_customers": 819,
        "potential_loyalists": 484,
        "at_Risk": 593,
        "hibernating": 1071,
        "cant_loose": 63,
        "need_attention": 187,
        "about_to_sleep": 352,
        "promising": 94,
        "new_customers": 42,
    },
    2010: {
        "champions": 663,
        "loyal_customers": 742,
        "potential_loyalists": 517,
        "at_Risk": 611,
        "hibernating": 1015,
        "cant_loose": 77,
        "need_attention": 207,
        "about_to_sleep": 343,
        "promising": 87,
        "new_customers": 50,
    },
}


# Looked for once, before the tests are shut off from settings outside.
AT_HAND = {name: find_data(name) or Path() for name in ("cdnow", "online_retail")}


def needs(name: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(
        AT_HAND[name] == Path(),
        reason=f"the data set {name} is not at hand: set BELLWETHER_DATA to the directory that holds it",
    )


def by_pandas(facts: pd.DataFrame) -> pd.DataFrame:
    """The recipe by pandas' own qcut and replace."""
    r = pd.qcut(facts["recency_days"], 5, labels=[5, 4, 3, 2, 1]).astype(int)
    f = pd.qcut(facts["purchases"].rank(method="first"), 5, labels=[1, 2, 3, 4, 5]).astype(int)
    m = pd.qcut(facts["spend_minor"], 5, labels=[1, 2, 3, 4, 5]).astype(int)
    codes = r.astype(str) + f.astype(str)
    return facts.assign(r=r, f=f, m=m, segment=codes.replace(REFERENCE_MAP, regex=True))


def distinct_enough(rows: list[tuple[int, int, int]]) -> bool:
    return all(len(set(np.quantile([row[at] for row in rows], np.linspace(0, 1, 6)))) == 6 for at in (0, 2))


@given(
    st.lists(
        st.tuples(st.integers(0, 400), st.integers(1, 6), st.integers(-500, 10**12)), min_size=5, max_size=60
    ).filter(distinct_enough)
)
@settings(max_examples=60, deadline=None)
def test_it_is_the_recipe(rows: list[tuple[int, int, int]]) -> None:
    facts = pd.DataFrame(rows, columns=["recency_days", "purchases", "spend_minor"])
    found, expected = quintiles(facts), by_pandas(facts)
    for name in ("r", "f", "m", "segment"):
        assert found[name].tolist() == expected[name].tolist()


def test_every_pair_of_scores_has_exactly_one_segment() -> None:
    for r in range(1, 6):
        for f in range(1, 6):
            fitting = [name for pattern, name in REFERENCE_MAP.items() if re.fullmatch(pattern, f"{r}{f}")]
            assert fitting == [segment_of(r, f)]


def test_what_cannot_be_cut_into_fifths_is_refused_by_name() -> None:
    facts = pd.DataFrame({"recency_days": range(10), "purchases": [1] * 10, "spend_minor": [5] * 10})
    with pytest.raises(ValueError, match="cannot score spend"):
        quintiles(facts)
    with pytest.raises(ValueError, match="cannot score recency"):
        quintiles(facts.iloc[:4])


@needs("cdnow")
def test_cdnow_gives_the_rankings_and_alerts_that_were_published_for_it() -> None:
    """AUC of R and of R + F + M, precision and recall of at_Risk with cant_loose, on 1997-12-30."""
    history = read_history(cdnow(AT_HAND["cdnow"]), date(1998, 6, 30))
    end = day_number(date(1997, 12, 30))
    states = states_at(history, end)
    left = ~bought_within(history, states, end, 182)
    repeated = states.repeats > 0
    facts = pd.DataFrame(
        {
            "recency_days": states.recency,
            "purchases": states.repeats + 1,
            "spend_minor": states.spend_minor,
        }
    )
    found = quintiles(facts)
    assert found.equals(by_pandas(facts).astype(found.dtypes))
    r, total = found["r"].to_numpy(float), (found["r"] + found["f"] + found["m"]).to_numpy(float)
    assert auc(left, -r) == pytest.approx(0.781, abs=0.001)
    assert auc(left[repeated], -r[repeated]) == pytest.approx(0.679, abs=0.001)
    assert auc(left, -total) == pytest.approx(0.799, abs=0.001)
    assert auc(left[repeated], -total[repeated]) == pytest.approx(0.722, abs=0.001)
    alerts = found["segment"].isin(["at_Risk", "cant_loose"]).to_numpy()[repeated]
    assert left[repeated][alerts].mean() == pytest.approx(0.886, abs=0.001)
    assert (left[repeated] & alerts).sum() / left[repeated].sum() == pytest.approx(0.107, abs=0.001)


@needs("online_retail")
@pytest.mark.parametrize(
    ("year", "first", "before", "seen_from"),
    [
        (2011, "2010-12-01", "2011-12-10", "2011-12-11"),
        (2010, "2009-12-01", "2010-12-10", "2010-12-11"),
    ],
)
def test_online_retail_gives_every_published_segment_count(
    year: int, first: str, before: str, seen_from: str
) -> None:
    facts = retail_facts(first, before, seen_from)
    found = quintiles(facts)
    assert Counter(found["segment"]) == RETAIL_COUNTS[year]
    if year == 2011:
        assert len(found) == 4338
        assert [round(one, 1) for one in cut_points(found["recency_days"])] == [13.8, 33, 72, 180]
        assert cut_points(found["purchases"]) == (1, 2, 3, 6)
        money = [round(one / 100, 2) for one in cut_points(found["spend_minor"])]
        assert money == pytest.approx([250.19, 490.10, 942.28, 2058.43], abs=0.011)
        one = found[found["customer"] == 12347]
        measures = one[["recency_days", "purchases", "spend_minor", "r", "f", "m"]]
        assert measures.to_numpy().tolist() == [[3, 7, 431_000, 5, 5, 5]]


def retail_facts(first: str, before: str, seen_from: str) -> pd.DataFrame:
    """The recipe's facts: whole rows, no cancelled invoices, positive totals; by customer number."""
    lines = online_retail(AT_HAND["online_retail"], first, before)
    lines = lines.dropna(subset=["customer", "description"])
    lines = lines[~lines["invoice"].str.contains("C")]
    minor = (lines["quantity"] * lines["price"] * 100).round().astype("int64")
    grouped = (
        lines.assign(minor=minor, customer=lines["customer"].astype("int64"))
        .groupby("customer")
        .agg(last=("day", "max"), purchases=("invoice", "nunique"), spend_minor=("minor", "sum"))
    )
    grouped = grouped[grouped["spend_minor"] > 0]
    recency = (pd.Timestamp(seen_from) - grouped["last"]).dt.days
    return grouped.assign(recency_days=recency).reset_index()


def test_two_years_in_one_table_are_told_apart_where_they_overlap(tmp_path: Path) -> None:
    head = "Invoice,StockCode,Description,Quantity,InvoiceDate,Price,Customer ID,Country"
    days = ["2009-12-01", "2010-12-03", "2010-12-09", "2010-12-01", "2010-12-03", "2011-12-09"]
    lines = [f"{number},S,Thing,2,{day} 08:26:00,1.25,12347.0,Iceland" for number, day in enumerate(days)]
    (tmp_path / "online_retail_II.csv").write_text("\n".join([head, *lines]))
    (tmp_path / "other.csv").write_text("a,b\n1,2\n")
    later = online_retail(tmp_path, "2010-12-01", "2011-12-10")
    assert later["invoice"].tolist() == ["3", "4", "5"]
    assert online_retail(tmp_path, "2009-12-01", "2010-12-10")["invoice"].tolist() == ["0", "1", "2"]
    with pytest.raises(ValueError, match="No table"):
        online_retail(tmp_path, "2012-01-01", "2012-12-10")
