"""Firmographics through real runs, on both databases: labelled, told, explained; alone as among all."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, delete, insert, update
from sqlmodel import SQLModel

from bot.app.errors import ConfigurationError
from bot.app.explaining import Explanations
from bot.app.facts import SegmentationRun
from bot.app.notices import notice_from
from bot.app.one_run import Cause
from bot.app.techniques.firmographics import FIRMOGRAPHICS
from bot.app.techniques.technique import Situation
from bot.store.accounts import SqlAccountBook
from bot.store.evidence import SqlEvidence
from bot.store.scores import SqlScores
from bot.store.tables import RunRow, ScoreRow
from connector.cache.engine import Database
from scoring.config import Configuration
from scoring.criteria.parse import parse
from scoring.criteria.periods import Today
from scoring.firmographics.config import FirmographicSegmentation
from scoring.standings import no_standings
from tests.support.documents import check_document
from tests.support.scoring_world import DAY, World, database, shared_postgres  # noqa: F401  (fixtures)

DOCUMENT = """\
version: 1
segmentations:
  - name: Purchases
    labels: [{name: Buyer, when: purchases >= 1}]
  - name: Size
    technique: firmographics
    labels:
      - {name: Large, when: employees >= 1000 or annual_revenue >= 10M}
      - {name: Medium, when: "employees >= 100 and industry in (software, medical)"}
      - {name: Wide, when: contacts.count >= 2}
segments:
  - {name: Big, criteria: 'label."Size" = Large'}
alerts:
  routes:
    - {name: Shrinking, segmentation: Size, when: worse, channel: "#cs", flood: 5}
"""
ACCOUNT, CONTACT = (SQLModel.metadata.tables[name] for name in ("crm_account", "crm_contact"))


def settled(database: Database) -> World:  # noqa: F811
    """Four accounts, one of each label and one of none."""
    world = World(database)
    world.publish(DOCUMENT)
    world.add(*world.rows_of("big", (5, 100), employees=2_000, industry="software"))
    world.add(*world.rows_of("rich", annual_revenue_minor=20_000_000_00))
    world.add(*world.rows_of("mid", employees=150, industry="Medical"))
    world.add(*world.rows_of("none", employees=3))
    world.run("first")
    return world


def change(world: World, account: str, **values: object) -> None:
    """An account's fields, as sync would write them."""
    with world.database.writes.begin() as connection:
        connection.execute(update(ACCOUNT).where(ACCOUNT.c.id == account).values(**values))
    world.touch(account)


def sized(world: World, cause: Cause = "change") -> SegmentationRun:
    return next(one for one in world.run(cause).parts if one.segmentation == "Size")


def test_every_account_has_one_label_or_is_unclassified(database: Database) -> None:  # noqa: F811
    world = settled(database)
    assert world.labels("Size") == {"big": "Large", "rich": "Large", "mid": "Medium", "none": "Unclassified"}
    rows = {one.account_id: one.details for one in world.rows(ScoreRow) if one.segmentation == "Size"}
    assert {name: one and json.loads(one) for name, one in rows.items()} == {
        "big": {"criterion": "employees >= 1000"},
        "rich": {"criterion": "annual_revenue >= 10M"},
        "mid": {"criterion": "employees >= 100 and industry in (software, medical)"},
        "none": None,
    }
    warnings = next(one.warnings for one in world.rows(RunRow) if one.technique == "firmographics")
    assert json.loads(warnings) == [
        "'annual_revenue' is known of 1 of 4 accounts (25%): where it is not, its conditions do not hold.",
        "No account is 'Wide'.",
    ]


def test_a_change_is_told_with_its_criteria_and_nothing_else_is_written(
    database: Database,  # noqa: F811
) -> None:
    world = settled(database)
    assert sized(world, "command").written == 0
    change(world, "big", employees=500)
    part = sized(world)
    assert (part.written, part.label_changes, part.alerts) == (1, 1, 1)
    [note] = map(notice_from, world.payloads("alert"))
    assert (note.old_label, note.new_label, note.direction) == ("Large", "Medium", "worse")
    assert note.reasons == (
        "It meets 'employees >= 100 and industry in (software, medical)' now, which is for Medium.",
        "Before, it was Large by 'employees >= 1000'.",
    )
    assert note.money_minor == 10_000
    change(world, "big", employees=None)
    assert sized(world).label_changes == 1
    assert world.labels("Size")["big"] == "Unclassified"


def test_another_criterion_for_the_same_label_is_no_change_of_label(
    database: Database,  # noqa: F811
) -> None:
    world = settled(database)
    change(world, "big", employees=5, annual_revenue_minor=30_000_000_00)
    part = sized(world)
    assert (part.written, part.label_changes) == (1, 0)


def test_related_records_count_and_a_deleted_account_is_gone(database: Database) -> None:  # noqa: F811
    world = settled(database)
    people = [{"id": f"c{one}", "account_id": "none", "name": "Ann", "raw": "{}"} for one in (1, 2)]
    with database.writes.begin() as connection:
        connection.execute(insert(CONTACT), people)
        connection.execute(delete(ACCOUNT).where(ACCOUNT.c.id == "mid"))
    world.touch("none")
    assert sized(world).label_changes == 2
    assert world.labels("Size") == {"big": "Large", "rich": "Large", "none": "Wide"}


def test_without_accounts_it_says_so(database: Database) -> None:  # noqa: F811
    world = World(database)
    world.publish(DOCUMENT)
    assert sized(world, "first").warnings == ("There are no accounts.",)


def test_accounts_are_asked_for_by_label_and_criterion(database: Database) -> None:  # noqa: F811
    world = settled(database)
    book = SqlAccountBook(
        database, lambda: world.configurations.current().configuration, world.clock, lambda _id: None
    )

    def found(criteria: str) -> set[str]:
        return {one.id for one in book.page(parse(criteria, book.catalog()), (), 10)}

    assert found('label."Size" = large') == found("in segment Big") == {"big", "rich"}
    assert found("classified_by contains revenue") == {"rich"}
    assert found('classified_by is empty and label."Size" = Unclassified') == {"none"}


def test_an_account_is_explained_by_what_holds_and_what_is_missing(
    database: Database,  # noqa: F811
) -> None:
    world = settled(database)
    told = Explanations(SqlScores(database), world.configurations, world.clock)
    assert told.of("big")[1].why == (
        "It is Large because it meets 'employees >= 1000' (Employees is 2,000).",
        "Not known: Annual revenue. Where a value is not known, its conditions do not hold.",
    )
    assert told.of("mid")[1].why == (
        (
            "It is Medium because it meets 'employees >= 100 and industry in (software, medical)' "
            "(Employees is 150, Industry is Medical)."
        ),
        "What keeps it from Large: 'employees >= 1000' (Employees is 150).",
        "Not known: Annual revenue. Where a value is not known, its conditions do not hold.",
    )
    none = told.of("none")[1].why
    assert none[0] == "It meets no label's criteria, so it is Unclassified."
    assert none[1].startswith("What keeps it from Medium: 'employees >= 100'")


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        ("[{name: A, when: employes > 3}, {name: B, when: employees > 1}]", "employees"),
        ("[{name: A, when: employees > 3}]", "has 1 label; there have to be 2 to 5"),
        ("[{name: A, when: employees > 3}, {name: unclassified, when: r > 1}]", "Choose another name"),
        ("[{name: A, when: r > 3}, {name: B, when: employees > 1}]", "another segmentation"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_line(
    database: Database,  # noqa: F811
    tmp_path: Path,
    labels: str,
    said: str,
) -> None:
    World(database)
    path = tmp_path / "bellwether.yaml"
    document = (
        f"version: 1\nsegmentations:\n  - name: Size\n    technique: firmographics\n    labels: {labels}\n"
    )
    path.write_text(document, encoding="utf-8")
    with pytest.raises(ConfigurationError) as refused:
        check_document(database, path)
    assert f"{path}:" in str(refused.value)
    assert said in str(refused.value)


def said_of(connection: Connection, accounts: str) -> Mapping[str, tuple[str | None, str | None]]:
    """Label and details of every account that takes part."""
    segmentation = FirmographicSegmentation(name="Size", accounts=accounts)
    configuration, today = Configuration(segmentations=(segmentation,)), Today(DAY)
    evidence = SqlEvidence(connection, "Size", configuration, today)
    situation = Situation(segmentation, configuration, today, "USD", None, no_standings())
    found = FIRMOGRAPHICS.score(evidence, situation).standings
    rows = ((found.id_of(row), found.at(row)) for row in range(len(found)))
    return {account: (one.label, one.details) for account, one in rows}


SIZES = st.none() | st.sampled_from((0, 1, 99, 100, 1_000))


@given(sizes=st.lists(st.tuples(SIZES, SIZES), min_size=1, max_size=5))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_one_account_alone_is_labelled_as_among_all(
    database: Database,  # noqa: F811
    sizes: list[tuple[int | None, int | None]],
) -> None:
    rows = [
        {
            "id": f"a{number}",
            "name": f"a{number}",
            "employees": employees,
            "annual_revenue_minor": None if revenue is None else revenue * 1_000_000_00,
            "raw": "{}",
        }
        for number, (employees, revenue) in enumerate(sizes)
    ]
    with database.writes.connect() as connection:
        connection.execute(insert(ACCOUNT), rows)
        whole = said_of(connection, "")
        alone = [said_of(connection, f"name = {row['name']}") for row in rows]
        connection.rollback()
    assert whole == {name: said for one in alone for name, said in one.items()}
    assert len(whole) == len(rows)
