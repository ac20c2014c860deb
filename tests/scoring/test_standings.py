"""Standings by column say what standings one by one would say."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from scoring.standing import Standing
from scoring.standings import NO_DAY, NO_LABEL, NO_SCORE, Standings, compare

LABELS = ("Top", "Good", "Gone")
SCORED = st.builds(
    lambda day, purchases, spend, r, f, m, label: Standing(day, purchases, spend, r, f, m, r + f + m, label),
    st.dates(date(2020, 1, 1), date(2026, 12, 31)),
    st.integers(1, 3),
    st.integers(-(10**15), 10**15),
    *[st.integers(1, 5)] * 3,
    st.sampled_from([*LABELS, None]),
)
UNSCORED = st.builds(Standing, label=st.sampled_from(["Top", None]))
ACCOUNTS = st.dictionaries(st.sampled_from([f"a{one}" for one in range(8)]), SCORED | UNSCORED, max_size=8)


def columns(accounts: Mapping[str, Standing], names: tuple[str, ...]) -> Standings:
    def of(attribute: str, nothing: int) -> np.ndarray:
        found = [getattr(one, attribute) for one in accounts.values()]
        return np.array([nothing if one is None else one for one in found], dtype=np.int64)

    days = [one.last_purchase.toordinal() if one.last_purchase else NO_DAY for one in accounts.values()]
    labels = [NO_LABEL if one.label is None else names.index(one.label) for one in accounts.values()]
    return Standings(
        pa.array(list(accounts), pa.string()),
        np.array(labels, dtype=np.int64),
        names,
        {
            "last_purchase": np.array(days, dtype=np.int64),
            "purchases": of("purchases", 0),
            "spend_minor": of("spend_minor", 0),
            **{name: of(name, NO_SCORE) for name in "rfm"},
        },
    )


@given(before=ACCOUNTS, after=ACCOUNTS, names=st.permutations(LABELS))
def test_what_differs_is_what_differs_one_by_one(
    before: dict[str, Standing], after: dict[str, Standing], names: list[str]
) -> None:
    moves = compare(columns(before, LABELS), columns(after, tuple(names)))
    assert {moves.after.id_of(row) for row in moves.added} == after.keys() - before.keys()
    assert {moves.before.id_of(row) for row in moves.gone} == before.keys() - after.keys()
    both = before.keys() & after.keys()
    assert {moves.after.id_of(row) for row in moves.changed} == {
        one for one in both if before[one] != after[one]
    }
    assert [moves.before.id_of(row) for row in moves.old] == [moves.after.id_of(row) for row in moves.changed]
    assert {moves.after.id_of(moves.changed[one]) for one in moves.relabelled} == {
        one for one in both if before[one].label != after[one].label
    }
    assert len(moves) == len(moves.added) + len(moves.changed) + len(moves.gone)


@given(ACCOUNTS)
def test_one_account_reads_as_it_was(accounts: dict[str, Standing]) -> None:
    standings = columns(accounts, LABELS)
    assert {standings.id_of(row): standings.at(row) for row in range(len(standings))} == accounts
    assert standings.scored == sum(one.purchases > 0 for one in accounts.values())
    assert sum(standings.counts().values()) == len(accounts)


def test_a_label_that_is_no_more_is_another_label() -> None:
    one = {"a": Standing(label="Old")}
    moves = compare(columns(one, ("Old",)), columns({"a": Standing()}, LABELS))
    assert len(moves.relabelled) == 1


def test_nobody_differs_from_nobody() -> None:
    assert len(compare(columns({}, ()), columns({}, LABELS))) == 0
