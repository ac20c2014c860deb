"""What leaving says: in questions, segments and the CRM; documents that are refused; explanations."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from bot.app.config.published import read_configuration
from bot.app.errors import ConfigurationError
from bot.app.explaining import Explanations
from bot.app.write_back import own_fields, wanted
from bot.language.question import Sort
from bot.store.accounts import SqlAccountBook
from bot.store.scores import SqlScores
from bot.store.tables import ScoreRow
from bot.store.technique_tables import LearnedRow
from bot.store.wanted import score_lines
from connector.cache.engine import Database
from scoring.criteria.parse import parse
from tests.support.documents import check_document
from tests.support.leaving_runs import DOCUMENT, NAME, details_of, score_of, scored_once
from tests.support.postgres import postgres_server  # noqa: F401  (fixture)
from tests.support.scoring_world import World, database, shared_postgres  # noqa: F401  (fixtures)

SEGMENTS = """\
segments:
  - {name: Worth a call, criteria: churn_risk > 60% and value_at_risk > 20}
  - {name: By name, criteria: 'churn_risk."Who leaves" <= 60 and label."Who leaves" = Watch'}
"""


@pytest.fixture
def world(database: Database) -> World:  # noqa: F811
    return scored_once(database, DOCUMENT + SEGMENTS)


def book_of(world: World) -> SqlAccountBook:
    return SqlAccountBook(
        world.database, lambda: world.configurations.current().configuration, world.clock, lambda _: None
    )


ASKED: dict[str, Callable[[ScoreRow], bool]] = {
    "churn_risk > 60%": lambda one: one.measure is not None and one.measure > 600_000,
    "churn_risk between 10 and 33.3": lambda one: (
        one.measure is not None and 100_000 <= one.measure <= 333_000
    ),
    "churn_risk is empty": lambda one: one.measure is None,
    "value_at_risk > 20": lambda one: one.value_minor is not None and one.value_minor > 2_000,
    "value_at_risk > 20k": lambda one: one.value_minor is not None and one.value_minor > 2_000_000,
    'in segment "Worth a call"': lambda one: (
        one.measure is not None and one.measure > 600_000 and (one.value_minor or 0) > 2_000
    ),
    'in segment "By name"': lambda one: (one.measure or 0) <= 600_000 and one.label == "Watch",
    "label = Leaving and churn_risk < 85": lambda one: False,
}


def test_questions_and_segments_find_them_sorted_and_filtered(world: World) -> None:
    book = book_of(world)
    catalog = book.catalog()
    scores = world.rows(ScoreRow)
    for text, holds in ASKED.items():
        tree = parse(text, catalog)
        expected = {one.account_id for one in scores if holds(one)}
        assert book.count(tree) == len(expected), text
        page = book.page(tree, (Sort("churn_risk", descending=True),), 500)
        assert {line.id for line in page} == expected, text
    measure = {one.account_id: one.measure for one in scores}
    tree = parse("value_at_risk >= 0", catalog)
    found = [measure[line.id] or 0 for line in book.page(tree, (Sort("churn_risk", descending=True),), 500)]
    assert found == sorted(found, reverse=True)
    assert len(set(found)) > 50
    by_money = [score.value_minor for score in sorted(scores, key=lambda one: -(one.value_minor or -1))][:5]
    value = {one.account_id: one.value_minor for one in scores}
    page = book.page(tree, (Sort("value_at_risk", descending=True),), 5)
    assert [value[line.id] for line in page] == by_money


def test_expected_purchases_are_asked_for_out_of_the_details(world: World) -> None:
    book = book_of(world)
    tree = parse("expected_purchases >= 1.5", book.catalog())
    found = {line.id for line in book.page(tree, (Sort("expected_purchases"),), 500)}
    scored = [one for one in world.rows(ScoreRow) if one.measure is not None]
    assert found == {
        one.account_id for one in scored if details_of(world, one.account_id)["expected_purchases"] >= 1.5
    }
    assert "steady" in found


def test_the_crm_is_told_label_and_whole_percent(world: World) -> None:
    text = DOCUMENT + "write_back: {enabled: true}\n"
    configuration = read_configuration(text, "leaving.yaml")
    assert [(one.label, one.data_type) for one in own_fields(configuration)] == [
        ("Who leaves Label", "text"),
        ("Who leaves Risk", "integer"),
    ]
    told = {one.id: one.values for one in wanted(score_lines(world.database), configuration)}
    steady = score_of(world, "steady")
    assert steady.measure is not None
    assert told["steady"] == {
        "Who leaves Label": "Secure",
        "Who leaves Risk": int(steady.measure / 10_000 + 0.5),
    }
    assert told["prospect"] == {"Who leaves Label": None, "Who leaves Risk": None}


# ---- documents that are refused

REFUSED = {
    (
        "churn_risk < 60%",
        "churn_rsk < 60%",
    ): "leaving.yaml:9: when: There is no field churn_rsk.",
    ("churn_risk < 60%", "r >= 2"): "leaving.yaml:9: when: 'r' comes from another segmentation",
    ("churn_risk < 60%", "churn_risk = high"): "leaving.yaml:9: ",
    ("churn_risk < 60%", "label = Leaving"): "leaving.yaml:9: when: 'label' is what segmentations decide",
    ("    horizon", "    accounts: churn_risk > 5\n    horizon"): "leaving.yaml:5: accounts: ",
    ("    horizon", "    transactions: stagge = x\n    horizon"): "leaving.yaml:5: transactions: ",
    ("horizon_days: 90", "horizon_days: 3"): "leaving.yaml:5: ",
    ("model: mbg_nbd", "model: crystal_ball"): "leaving.yaml:6: ",
    ("horizon_days: 90", "runs_to_agree: 0"): "leaving.yaml:5: ",
}


@pytest.mark.parametrize("change", REFUSED)
def test_what_does_not_fit_is_refused_with_file_and_line(
    database: Database,  # noqa: F811
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    change: tuple[str, str],
) -> None:
    World(database)
    monkeypatch.chdir(tmp_path)
    path = Path("leaving.yaml")
    path.write_text(DOCUMENT, encoding="utf-8")
    check_document(database, path)
    path.write_text(DOCUMENT.replace(*change), encoding="utf-8")
    with pytest.raises(ConfigurationError) as caught:
        check_document(database, path)
    assert REFUSED[change] in str(caught.value)


def test_more_labels_than_the_limit_are_refused() -> None:
    more = "".join(f"      - {{name: L{at}, when: churn_risk >= {at}}}\n" for at in range(9))
    text = DOCUMENT.replace("    labels:\n", f"    labels:\n{more}")
    with pytest.raises(ConfigurationError, match=r"'Who leaves' has 13 labels; the limit is 8\."):
        read_configuration(text, "leaving.yaml")
    assert read_configuration(text + "limits: {leaving_labels: 13}\n", "leaving.yaml")


# ---- explanations


def why(world: World, account_id: str) -> tuple[str, ...]:
    explanations = Explanations(SqlScores(world.database), world.configurations, world.clock)
    [found] = explanations.of(account_id)
    assert (found.segmentation, found.technique) == (NAME, "leaving")
    return found.why


def test_an_account_is_explained_by_its_facts_and_what_would_bring_it_back(world: World) -> None:
    steady = score_of(world, "steady")
    assert steady.measure is not None
    found = why(world, "steady")
    assert found[0] == (
        f"Risk of no purchase in the next 90 days: {steady.measure / 10_000:.0f} %; "
        f"{details_of(world, 'steady')['expected_purchases']:.1f} purchases are expected."
    )
    assert found[1] == "Last of 30 purchase days: 14 Nov 2026, 10 days ago; it usually buys every 20 days."
    assert found[2].startswith("Value at risk: $")
    assert found[2].endswith(", the risk's share of $9,000 bought in the last 365 days.")
    assert "Secure is for churn_risk < 30%." in found
    assert found[-1].startswith("Without a purchase it will be ")
    world.pass_time(days=60)
    world.run("daily")
    later = why(world, "steady")
    assert "A purchase is overdue since 5 Dec 2026: the silence is 3.5 times the usual one." in later
    assert any(one.startswith("A purchase today would bring the risk down to ") for one in later)
    assert any("makes" in one or "becomes" in one for one in later), "its new label waits for another run"


def test_who_never_bought_and_what_is_not_learned_are_said(world: World) -> None:
    assert why(world, "prospect") == ("No purchase counts yet, so there is no risk to tell.",)
    with world.database.writes.begin() as connection:
        connection.execute(LearnedRow.__table__.delete())  # type: ignore[attr-defined]
    assert why(world, "steady") == ("Nothing is learned yet; the next run will tell.",)


def test_too_little_history_is_said_where_an_account_is_explained(database: Database) -> None:  # noqa: F811
    world = World(database)
    world.publish(DOCUMENT)
    world.account("a", (5, 100))
    world.run("first")
    [sentence] = why(world, "a")
    assert sentence.startswith("The purchases go back 5 days, less than the 90 that are looked ahead")


def test_the_learned_model_says_what_speaks_for_and_against(database: Database) -> None:  # noqa: F811
    world = scored_once(database, DOCUMENT.replace("mbg_nbd", "hazard"))
    sentences = [one for one in why(world, "steady") if one.startswith("Against an average account")]
    assert len(sentences) == 1
    assert "(for staying)" in sentences[0]
