"""Folding is one and the same in Python, on SQLite and on PostgreSQL."""

from __future__ import annotations

import sys

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from connector.cache.engine import Database
from connector.cache.folding import fold


def folded_by(database: Database, value: str) -> str:
    with database.reads.connect() as connection:
        result: str = connection.execute(text("SELECT bw_fold(:value)"), {"value": value}).scalar_one()
    return result


def test_every_character_there_is(database: Database) -> None:
    nothing_folds_from = 0x1F000
    assert all(chr(point) == fold(chr(point)) for point in range(nothing_folds_from, sys.maxunicode + 1))
    points = [*range(1, 0xD800), *range(0xE000, nothing_folds_from)]
    for start in range(0, len(points), 5_000):
        run = "".join(map(chr, points[start : start + 5_000]))
        assert folded_by(database, run) == fold(run)


def test_words_whose_folding_is_known(database: Database) -> None:
    known = {"STRASSE": "strasse", "Straße": "strasse", "ΟΔΟΣ": "οδοσ", "Ümlaut": "ümlaut", "İ": "i̇", "": ""}
    assert {word: folded_by(database, word) for word in known} == known


def test_nothing_folds_to_nothing(database: Database) -> None:
    with database.reads.connect() as connection:
        assert connection.execute(text("SELECT bw_fold(NULL)")).scalar_one() is None


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(value=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")))
def test_any_text(database: Database, value: str) -> None:
    assert folded_by(database, value) == fold(value)
