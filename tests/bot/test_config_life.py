"""A document's life in a real database: compared, rehearsed, confirmed, published, taken back, refused."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from sqlalchemy import update

from bot.app.config.published import PublishedConfigurations
from bot.app.config.starting import STARTING_DOCUMENT
from bot.app.errors import ConfigurationError, UserError
from bot.store.audit import SqlAudit
from bot.store.locks import in_turn
from bot.store.tables import OutboxRow, RunRow
from connector.cache.engine import Database
from connector.cache.tables import AccountRow
from scoring.config import Configuration
from tests.support.configuring_world import USED, configuring, draft, publish
from tests.support.postgres import postgres_server  # noqa: F401  (fixture)
from tests.support.scoring_parts import scoring_of
from tests.support.scoring_world import BANDS, World, database, settled, shared_postgres, sqlite  # noqa: F401  (fixtures)

FINANCE = "finance:\n  - {product: books}\n"
INVOICED = "  - {name: Invoiced, criteria: any invoice where status = paid}\n"
LEADS = "sync: {also: [Leads]}\n"
LEADING = "  - {name: Leading, criteria: any lead}\n"


@pytest.fixture
def world(sqlite: Database) -> World:  # noqa: F811
    """For what is decided in Python."""
    return used(sqlite)


@pytest.fixture
def each_world(database: Database) -> World:  # noqa: F811
    """On both kinds of database: for previews, which are taken back, and for what waits for somebody."""
    return used(database)


def used(database: Database) -> World:  # noqa: F811
    found = settled(database)
    with database.writes.begin() as connection:
        connection.execute(update(AccountRow).values(industry="retail"))
    publish(found, USED)
    return found


def refusal(world: World, text: str) -> list[str]:
    with pytest.raises(ConfigurationError) as caught:
        draft(world, text)
    return str(caught.value).splitlines()


@contextmanager
def a_run_under_way(database: Database) -> Iterator[None]:  # noqa: F811
    """Another transaction that scores."""
    begun, end = threading.Event(), threading.Event()

    def score() -> None:
        with in_turn(database, "scoring", 5):
            begun.set()
            end.wait(20)

    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(score)
        begun.wait(20)
        try:
            yield
        finally:
            end.set()
        running.result()


def test_the_same_document_in_other_words_changes_nothing(world: World) -> None:
    same = USED.replace("r = 3 and m = 3", "R=3 AND   (m = 3)").replace("f >= 2", "Frequency >= 2")
    found = draft(world, same.replace("scores: 3", "technique: rfm\n    scores: 3"))
    assert (found.differences, found.confirmations) == ((), ())
    assert found.sentences() == ("Nothing differs from what is in force.",)


def test_a_diff_says_what_changes_who_moves_and_who_would_have_been_told(world: World) -> None:
    found = draft(world, USED.replace("name: Good, when: r >= 2", "name: Good, when: r >= 3"))
    assert found.sentences() == (
        "Segmentation 'Purchases', label 'Good', criteria: r >= 2 → r >= 3",
        "Segment 'Best' uses label 'Good' of 'Purchases'.",
        "Segment 'Best retail' uses segment 'Best'.",
        (
            "To be confirmed: The criteria of the label 'Good' of 'Purchases' are edited; "
            "used by the segment 'Best' and the segment 'Best retail'."
        ),
    )
    before = world.counts()
    [part] = configuring(world).preview(found).parts
    assert part.matrix == (("Good", "Gone", 1),)
    assert [(one.name, one.owner, one.at_stake_minor) for one in part.moved] == [
        ("Account fair", "Darcel Schlecht", 540_000)
    ]
    assert (part.baseline, part.alerts, part.summaries, part.otherwise) == (
        True,
        {},
        {"#cs": 1},
        {"Worse": 1},
    )
    assert world.counts() == before, "a rehearsal leaves nothing"
    assert world.labels()["fair"] == "Good"
    assert configuring(world).preview(found).sentences() == (
        "Purchases: 1 account of 6 would change the label.",
        "  Good → Gone: 1",
        "    Account fair: Good → Gone, $5.4k",
        "  #cs gets 1 summary.",
        "  This is a baseline, so nobody is alerted one by one.",
        "  Otherwise the route 'Worse' would have told of 1 change.",
    )


def test_what_is_previewed_is_what_the_next_run_does(each_world: World) -> None:
    text = USED.replace("at_least: [1000, 10000]", "at_least: [10, 10000]")
    previewed = configuring(each_world).preview(draft(each_world, text)).parts[0]
    publish(each_world, text, confirmed=True)
    part = each_world.run("command").parts[0]
    assert part.labels == previewed.labels
    assert part.baseline
    moved = {one.account_id: one.new_label for one in each_world.changes() if one.run_id == part.run_id}
    assert {one.account_id: one.new for one in previewed.moved} == moved != {}


def test_a_change_of_routes_alone_is_no_baseline_and_its_alerts_are_counted(world: World) -> None:
    world.lose("big", 120)
    text = USED.replace("labels: [Gone],", "when: any,").replace('"#cs"', '"#else"')
    [part] = configuring(world).preview(draft(world, text)).parts
    assert (part.baseline, part.alerts, part.summaries, part.otherwise) == (False, {"Worse": 1}, {}, {})
    assert world.alerts() == []
    flood = text.replace("flood: 5", "flood: 1")
    world.lose("fair", 400)
    [part] = configuring(world).preview(draft(world, flood)).parts
    assert (part.alerts, part.summaries) == ({}, {"#else": 1})


def test_a_long_list_of_accounts_is_cut_until_all_are_asked_for(world: World) -> None:
    world.add(*(row for at in range(20) for row in world.rows_of(f"n{at:02}", (5, 20_000))))
    found = configuring(world).preview(draft(world, USED))
    assert "    … and 10 more; --all names them." in found.sentences()
    assert len([one for one in found.sentences(everything=True) if one.startswith("    Account")]) == 20
    assert len(found.as_json()["segmentations"][0]["moved"]) == 20


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "name: Top, when: r = 3",
            "name: Top, when: r >= 2",
            "The criteria of the label 'Top' of 'Purchases'",
        ),
        ("name: Gone, when: p", "name: Gone, when: not r = 3 and p", "used by the route 'Worse'"),
        ("at_least: [3, 6]", "at_least: [3, 7]", "What decides the scores of 'Purchases' is edited"),
        ("scores: 3", "scores: 3\n    accounts: industry = retail", "the segment 'Frequent'"),
    ],
)
def test_an_edit_of_what_others_stand_on_has_to_be_confirmed(
    world: World, old: str, new: str, said: str
) -> None:
    text = USED.replace(old, new)
    assert text != USED
    with pytest.raises(UserError) as caught:
        publish(world, text)
    assert said in str(caught.value)
    assert "--confirm" in str(caught.value)
    assert publish(world, text, confirmed=True) == 3


def test_another_order_of_labels_has_to_be_confirmed(world: World) -> None:
    lines = USED.splitlines(keepends=True)
    top = next(at for at, line in enumerate(lines) if "name: Top" in line)
    lines[top : top + 2] = lines[top + 1], lines[top]
    with pytest.raises(UserError, match="The order of the labels of 'Purchases' is edited; used by"):
        publish(world, "".join(lines))


@pytest.mark.parametrize(
    "edit",
    [
        ("criteria: f >= 2", "criteria: f >= 3"),  # a segment that no label stands on
        ("flood: 5", "flood: 6"),
        ("name: Slipping, when: r = 1 and m >= 2", "name: Slipping, when: r = 1 and m = 3"),  # nobody uses it
        ("version: 1\n", "version: 1\nsynonyms: [{field: industry, same: [a, b]}]\n"),
    ],
)
def test_what_nobody_stands_on_is_published_at_once(world: World, edit: tuple[str, str]) -> None:
    assert publish(world, USED.replace(*edit)) == 3


def test_whoever_keeps_what_is_of_segments_is_told_once_of_each_publication(world: World) -> None:
    told: list[Configuration] = []
    use_case = scoring_of(world, told.append).configuring
    for _ in range(2):  # the second time nothing is published
        text = USED.replace("  - {name: Frequent, criteria: f >= 2}\n", "")
        use_case.publish(use_case.draft(text, "b.yaml"), "Ada", "why", confirmed=True, seconds=5)
    assert [[one.name for one in each.segments] for each in told] == [["Best", "Best retail"]]


def test_a_label_in_use_cannot_be_removed_or_renamed(world: World) -> None:
    said = refusal(world, USED.replace("name: Top,", "name: Peak,"))
    assert said[0] == (
        "b.yaml:8: the label 'Top' of 'Purchases' cannot be removed or renamed: "
        "it is used by the segment 'Best'. Change that in the same document."
    )
    assert said[1].startswith("b.yaml:17: criteria: label has no value Top")
    both = USED.replace("name: Top,", "name: Peak,").replace("(Top, good)", "(Peak, good)")
    found = draft(world, both)
    assert found.sentences()[:2] == (
        "Segmentation 'Purchases', label 'Top' is called 'Peak' now.",
        "Segment 'Best', criteria: label in (Top, Good) → label in (Peak, Good)",
    )


def test_a_segmentation_in_use_cannot_be_removed(world: World) -> None:
    second = BANDS.partition("segmentations:\n")[2].partition("alerts:")[0].replace("Purchases", "Second")
    two = USED.replace("alerts:", second + "alerts:") + '  - {name: Two, criteria: label."Second" = Top}\n'
    publish(world, two)
    said = refusal(world, two.replace(second, ""))
    assert said[0].startswith("b.yaml:2: the label 'Top' of 'Second' cannot be removed or renamed:")


def test_a_finance_product_in_use_cannot_be_disconnected(world: World) -> None:
    publish(world, USED + INVOICED + FINANCE)
    assert refusal(world, USED + INVOICED)[0] == (
        "b.yaml:1: Zoho Books cannot be disconnected: it is used by the segment 'Invoiced'. "
        "Take it out of there first."
    )
    assert publish(world, USED) == 4, "with its use, it can go"


def test_a_finance_product_that_another_one_stands_for_goes_when_that_is_confirmed(world: World) -> None:
    both = FINANCE + "  - {product: billing}\n"
    publish(world, USED + INVOICED + both)
    alone = USED + INVOICED + "finance: [{product: billing}]\n"
    with pytest.raises(UserError, match=r"Zoho Books is replaced; used by the segment 'Invoiced'"):
        publish(world, alone)
    assert publish(world, alone, confirmed=True) == 4


def test_a_finance_product_whose_documents_count_cannot_be_disconnected(world: World) -> None:
    counted = USED.replace(
        "    scores: 3\n", "    scores: 3\n    purchases: [{from: invoices, when: balance = 0}]\n"
    )
    found = draft(world, counted + FINANCE)
    assert (
        "Segmentation 'Purchases', purchases: nothing → (from invoices, when balance = 0)"
        in found.sentences()
    )
    publish(world, counted + FINANCE, confirmed=True)
    assert refusal(world, counted)[0] == (
        "b.yaml:1: Zoho Books cannot be disconnected: it is used by the segmentation 'Purchases'. "
        "Take it out of there first."
    )


def test_a_module_in_use_cannot_be_left_out(world: World) -> None:
    publish(world, USED + LEADING + LEADS)
    [said, criteria] = refusal(world, USED + LEADING + "sync: {also: []}\n")
    assert "b.yaml:20: criteria: There are no related records" in (said, criteria)[0] + (said, criteria)[1]
    assert any(
        "The module Leads cannot be disconnected: it is used by the segment 'Leading'" in one
        for one in (said, criteria)
    )


def test_another_module_for_a_role_has_to_be_confirmed_and_names_the_segmentations(world: World) -> None:
    other = "mapping: {transactions: {module: Orders}}\n"
    with pytest.raises(
        UserError,
        match=r"The module Deals \(by Orders, for transactions\) is replaced; used by "
        r"the segmentation 'Purchases'",
    ):
        publish(world, USED + other)


def test_sources_of_engagement_and_voice_in_use_cannot_be_switched_off(world: World) -> None:
    more = """\
  - {name: Engaged, technique: engagement}
  - {name: Voice, technique: voice, sources: [ticket, note]}
"""
    sources = """\
suite: {crm_activities: true, campaigns: true, desk_organization_id: "1"}
sync: {also: [Calls, Notes]}
"""
    whole = USED.replace("alerts:", more + "alerts:")
    publish(world, whole + sources)
    said = refusal(world, whole)
    assert [one.partition(" cannot be disconnected: it is used by ") for one in said] == [
        (
            f"b.yaml:1: {source}",
            " cannot be disconnected: it is used by ",
            f"{users}. Take it out of there first.",
        )
        for source, users in (
            ("The module Calls", "the segmentation 'Engaged'"),
            ("The module Notes", "the segmentation 'Engaged' and the segmentation 'Voice'"),
            ("suite.crm_activities", "the segmentation 'Engaged' and the segmentation 'Voice'"),
            ("suite.campaigns", "the segmentation 'Engaged'"),
            ("suite.desk_organization_id", "the segmentation 'Engaged' and the segmentation 'Voice'"),
        )
    ]
    assert publish(world, USED) == 4


def test_an_edit_waits_for_a_run_and_says_when_it_waited_in_vain(each_world: World) -> None:
    text = USED.replace("flood: 5", "flood: 6")
    ready = draft(each_world, text)
    with a_run_under_way(each_world.database):
        with pytest.raises(UserError, match=r"A run is under way and did not end within 0\.2 seconds"):
            configuring(each_world).publish(ready, "Ada", "", confirmed=False, seconds=0.2)
        assert each_world.versions.latest() == (2, USED)
    assert configuring(each_world).publish(ready, "Ada", "", confirmed=False, seconds=5).version == 3


def test_a_run_ends_with_the_version_that_it_began_with(each_world: World) -> None:
    text = USED.replace("at_least: [3, 6]", "at_least: [3, 7]")
    with ThreadPoolExecutor(1) as pool:
        with a_run_under_way(each_world.database):
            published = pool.submit(publish, each_world, text, confirmed=True, seconds=20)
            assert each_world.configurations.current().version == 2
        assert published.result() == 3
    each_world.run("command")
    assert each_world.rows(RunRow)[-1].config_version == 3


def test_two_people_do_not_overwrite_each_other(world: World) -> None:
    use_case = configuring(world)
    mine = use_case.draft(USED.replace("flood: 5", "flood: 6"), "b.yaml")
    publish(world, USED.replace("flood: 5", "flood: 7"))
    with pytest.raises(UserError, match="Ada published version 3 meanwhile, so nothing was done"):
        use_case.publish(mine, "Melvin", "", confirmed=False, seconds=5)


def test_a_publication_is_in_the_audit_log_and_the_same_document_is_none(world: World) -> None:
    assert publish(world, USED) == 2
    [line] = SqlAudit(world.database, world.clock).lines()
    assert (line.actor, line.action, line.target, line.outcome) == (
        "Ada",
        "publish",
        "configuration 2",
        "5 changes",
    )


def test_the_history_says_who_why_and_what(each_world: World) -> None:
    publish(each_world, USED.replace("flood: 5", "flood: 6"))
    publish(each_world, "# a remark\n" + USED.replace("flood: 5", "flood: 6"))
    with each_world.database.writes.begin() as connection:
        connection.exec_driver_sql("UPDATE config_version SET document = 'old: form' WHERE version = 1")
    each_world.configurations = PublishedConfigurations(each_world.versions)
    lines = configuring(each_world).history(10)
    assert [(one.version, one.author, one.note) for one in lines] == [
        (4, "Ada", "why"),
        (3, "Ada", "why"),
        (2, "Ada", "why"),
        (1, "Ada", "test"),
    ]
    assert [one.changes for one in lines[:2]] == [
        ("Nothing but its wording.",),
        ("Route 'Worse', flood: 5 → 6",),
    ]
    assert lines[2].changes[0].startswith("There is nothing to compare with")
    assert [one.version for one in configuring(each_world).history(1)] == [4]


def test_what_this_release_cannot_read_is_followed_by_anything_good(world: World) -> None:
    with world.database.writes.begin() as connection:
        connection.exec_driver_sql("UPDATE config_version SET document = 'old: form'")
    world.configurations = PublishedConfigurations(world.versions)
    found = draft(world, USED)
    assert (found.basis, found.as_json()["compared_with"]) == (2, None)
    assert found.sentences()[0].startswith("There is nothing to compare with")
    assert publish(world, USED) == 3


def test_an_earlier_version_is_published_anew_with_the_same_checks(world: World) -> None:
    publish(world, USED.replace("name: Good, when: r >= 2", "name: Good, when: r >= 3"), confirmed=True)
    use_case = configuring(world)
    assert use_case.earlier(None).version == 2
    assert use_case.earlier(1).version == 1
    back = use_case.draft(use_case.earlier(2).document, "configuration version 2")
    with pytest.raises(UserError, match="has to be confirmed"):
        use_case.publish(back, "Ada", "Back to version 2.", confirmed=False, seconds=5)
    assert use_case.publish(back, "Ada", "Back to version 2.", confirmed=True, seconds=5).version == 4
    assert world.versions.latest() == (4, USED)
    with pytest.raises(UserError, match=r"There is no version 9. See `bellwether config history`"):
        use_case.earlier(9)


def test_the_first_document_is_compared_with_nothing(database: Database) -> None:  # noqa: F811
    world = World(database)
    found = draft(world, BANDS)
    assert (found.basis, found.differences) == (None, ())
    assert found.sentences() == ("Nothing was published before.",)
    with pytest.raises(UserError, match="There is no earlier version"):
        configuring(world).earlier(None)
    assert publish(world, BANDS) == 1
    world.account("big", (5, 20_000))
    [part] = configuring(world).preview(draft(world, STARTING_DOCUMENT)).parts
    assert (part.segmentation, part.accounts, part.baseline) == ("Purchase behaviour", 1, True)
    assert world.rows(RunRow) == world.rows(OutboxRow) == []
