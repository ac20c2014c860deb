"""What the scores ask of the CRM's accounts."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import insert, text

from bot.app.config.published import read_configuration
from bot.app.config.starting import STARTING_DOCUMENT
from bot.app.write_back import ScoreLine, field_labels, own_fields, own_tags, wanted
from bot.store import wanted as store
from bot.store.tables import ScoreRow
from bot.store.wanted import page_of, score_lines
from connector.cache.engine import Database
from connector.cache.tables import table_of
from scoring.config import Configuration, WriteBack
from scoring.recommendations.config import RecommendationSegmentation

AT = datetime(2026, 3, 1, tzinfo=UTC)


def configured(**write_back: bool) -> Configuration:
    starting = read_configuration(STARTING_DOCUMENT, "starting.yaml")
    return starting.model_copy(update={"write_back": WriteBack(**write_back)})


def put_scores(database: Database, accounts: int, segmentation: str = "Purchase behaviour") -> None:
    rows = [
        {"segmentation": segmentation, "account_id": f"{n:04}", "label": "VIP", "r": 5, "f": 4, "m": 5,
         "total": 14, "purchases": 3, "spend_minor": 100, "run_id": 1, "scored_at": AT}
        for n in range(accounts)
    ]  # fmt: skip
    with database.writes.begin() as connection:
        connection.execute(insert(table_of(ScoreRow)), rows)


def test_nothing_is_ours_unless_it_is_switched_on() -> None:
    assert own_fields(configured()) == ()
    assert own_tags(configured(enabled=False, tags=True)) == ()


def test_a_field_for_the_label_each_score_and_the_total() -> None:
    labels = [one.label for one in own_fields(configured(enabled=True))]
    assert labels == [f"Purchase behaviour {part}" for part in ("Label", "R", "F", "M", "Total")]
    assert own_tags(configured(enabled=True, tags=True))[:2] == ("VIP", "Champion")


def test_long_names_stay_apart() -> None:
    base = configured(enabled=True)
    one = base.segmentations[0]
    twins = tuple(one.model_copy(update={"name": f"Purchases of our customers {n}"}) for n in "AB")
    configuration = base.model_copy(update={"segmentations": twins})
    labels = [field_labels(twin.name, configuration)["label"] for twin in twins]
    assert len(set(labels)) == 2
    assert all(len(label) <= 30 for label in labels)


def test_every_account_once_whatever_the_page(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "LINES_AT_ONCE", 7)
    put_scores(database, 30)
    put_scores(database, 12, "Of an older configuration")
    found = list(wanted(score_lines(database), configured(enabled=True, tags=True)))
    assert [one.id for one in found] == [f"{n:04}" for n in range(30)]
    assert found[0].values == {
        "Purchase behaviour Label": "VIP",
        "Purchase behaviour R": 5,
        "Purchase behaviour F": 4,
        "Purchase behaviour M": 5,
        "Purchase behaviour Total": 14,
    }
    assert found[0].tag == "VIP"
    assert next(wanted(score_lines(database), configured(enabled=True))).tag is None


def test_a_page_of_scores_is_read_along_the_key_and_sorts_nothing(database: Database) -> None:
    """By account alone every page sorted the whole table: minutes for a hundred thousand accounts."""
    put_scores(database, 3)
    statement = page_of("Purchase behaviour", "").compile(
        database.reads, compile_kwargs={"literal_binds": True}
    )
    with database.reads.connect() as connection:
        if database.dialect == "sqlite":
            plan = connection.execute(text(f"EXPLAIN QUERY PLAN {statement}"))
        else:
            connection.execute(
                text("SET LOCAL enable_seqscan = off")
            )  # three rows are no reason for an index
            plan = connection.execute(text(f"EXPLAIN {statement}"))
        steps = " ".join(str(row) for row in plan).upper()
    assert "SCORE" in steps
    assert "INDEX" in steps
    assert "SORT" not in steps
    assert "TEMP B-TREE" not in steps


def test_recommendations_write_their_label_and_the_best_chance_in_whole_percent() -> None:
    base = configured(enabled=True)
    offers = RecommendationSegmentation(name="Offers")
    configuration = base.model_copy(update={"segmentations": (*base.segmentations, offers)})
    assert [one.label for one in own_fields(configuration)][5:] == ["Offers Label", "Offers Chance"]
    lines = [
        ScoreLine("a", "Offers", "Hot Prospect", None, None, None, None, 62_5000),
        ScoreLine("b", "Offers", None, None, None, None, None, None),
    ]
    assert [one.values for one in wanted(lines, configuration)] == [
        {"Offers Label": "Hot Prospect", "Offers Chance": 63},
        {"Offers Label": None, "Offers Chance": None},
    ]
