"""Labels taken out and moved in a form: who would lose one is named before, and what is in use stays."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.app.config.changing import Entry
from bot.app.config.editing import AFTER, REMOVE, Editing, FormProblem
from connector.cache.engine import Database
from tests.support.configuring_world import USED, configuring
from tests.support.fake_services import ADA, FakeAudit
from tests.support.scoring_world import World, settled


def editing_in(database: Database) -> tuple[World, Editing]:
    world = settled(database)
    world.publish(USED)
    world.run()
    return world, Editing(configuring(world), world.versions.latest, FakeAudit())


def test_a_label_is_taken_out_after_who_loses_it_was_named(database: Database) -> None:
    world, editing = editing_in(database)
    names = [one.name for one in world.configurations.current().configuration.primary.labels]
    for used in ("Gone", "Top"):
        opened = editing.open(Entry("label", used, "Purchases"), ADA)
        with pytest.raises(FormProblem, match=f"something else names it: .*{used}"):
            editing.draft(replace(opened, values={**opened.values, REMOVE: "yes"}), ADA)
    free = next(one for one in names if one not in {"Gone", "Top", "Good"})
    opened = editing.open(Entry("label", free, "Purchases"), ADA)
    removed = replace(opened, values={**opened.values, REMOVE: "yes"})
    told = "\n".join(editing.preview(editing.draft(removed, ADA), ADA).sentences())
    assert f"{free} →" in told or "no account changes its label" in told
    assert editing.publish(removed, ADA, "slack").startswith(f"Removed the label '{free}' of 'Purchases'.")
    left = [one.name for one in world.configurations.current().configuration.primary.labels]
    assert left == [one for one in names if one != free]


def test_a_label_that_is_moved_before_all_others_takes_their_accounts(database: Database) -> None:
    world, editing = editing_in(database)
    opened = editing.open(Entry("label", "Gone", "Purchases"), ADA)
    assert opened.values[AFTER] == str(opened.order.index("Gone"))
    moved = replace(opened, values={**opened.values, AFTER: "0"})
    draft = editing.draft(moved, ADA)
    assert any("order" in one.casefold() for one in draft.sentences()), draft.sentences()
    told = "\n".join(editing.preview(draft, ADA).sentences())
    assert "Top → Gone" in told, told
    editing.publish(moved, ADA, "slack")
    assert world.configurations.current().configuration.primary.labels[0].name == "Gone"
    again = editing.open(Entry("label", "Gone", "Purchases"), ADA)
    with pytest.raises(FormProblem, match="Nothing differs"):
        editing.draft(again, ADA)
