"""Every technique that can be scored, as a document: previewed, published, confirmed, refused, taken back."""

from __future__ import annotations

import copy
import io
from collections.abc import Mapping
from typing import Any

import pytest
from ruamel.yaml import YAML

from bot.app.config.document import read_text
from bot.app.errors import ConfigurationError, UserError
from bot.app.techniques.registry import TECHNIQUES
from connector.cache.engine import Database
from tests.support.configuring_world import configuring, draft, publish
from tests.support.postgres import postgres_server  # noqa: F401  (fixture)
from tests.support.scoring_world import BANDS, World, database, settled, shared_postgres  # noqa: F401  (fixtures)

_LABELS = [{"name": f"Kind {at}", "when": f"employees >= {100 - at}"} for at in range(3)]
# Of each technique, labels of which the first is edited by the values beside them.
LABELS: Mapping[str, tuple[list[dict[str, Any]], dict[str, Any]]] = {
    "rfm": ([{"name": "Kind 0", "when": "m >= 4"}, {"name": "Kind 1", "when": "m >= 1"}], {"when": "m >= 5"}),
    "leaving": (
        [{"name": "Kind 0", "when": "churn_risk < 50%"}, {"name": "Kind 1", "when": "churn_risk >= 50%"}],
        {"when": "churn_risk < 40%"},
    ),
    "firmographics": (_LABELS, {"when": "employees >= 1000"}),
    "engagement": (
        [{"name": f"Kind {at}", "at_least": 80 - 20 * at} for at in range(5)],
        {"at_least": 90},
    ),
    "voice": (
        [
            {"name": "Kind 0", "when": "complaint_count = 0"},
            {"name": "Kind 1", "when": "complaint_count > 0"},
        ],
        {"when": "complaint_count = 0 and messages > 3"},
    ),
    "recommendations": (
        [{"name": "Kind 0", "any_of": [{"probability": 0.5}]}, {"name": "Kind 1"}],
        {"any_of": [{"probability": 0.6}]},
    ),
}


def with_segmentation(technique: str, labels: list[dict[str, Any]]) -> str:
    """BANDS with one more segmentation, and a segment by its first label."""
    values = copy.deepcopy(read_text(BANDS, "b").values)
    values["segmentations"].append({"name": "Further", "technique": technique, "labels": labels})
    values["segments"] = [{"name": "First kind", "criteria": 'label."Further" = "Kind 0"'}]
    text = io.StringIO()
    YAML().dump(values, text)
    return text.getvalue()


# What each technique writes on PostgreSQL is told by the tests of its runs.
@pytest.mark.parametrize(
    ("database", "technique"),
    [*(("sqlite", one) for one in sorted(TECHNIQUES)), ("postgresql", "rfm")],
    indirect=["database"],
)
def test_a_document_lives_with_every_technique(database: Database, technique: str) -> None:  # noqa: F811
    world = settled(database)
    labels, edit = LABELS[technique]
    text = with_segmentation(technique, labels)

    # Compared and previewed: exactly what the next run does, and nothing before it.
    found = draft(world, text)
    assert f"Segmentation 'Further' ({technique}) is added." in found.sentences()
    before = world.counts()
    previewed = {one.segmentation: one for one in configuring(world).preview(found).parts}
    assert previewed["Further"].baseline
    assert world.counts() == before
    assert publish(world, text) == 2
    parts = {one.segmentation: one for one in world.run("command").parts}
    assert parts["Further"].labels == previewed["Further"].labels
    assert parts["Further"].label_changes == len(previewed["Further"].moved)

    # A label that a segment uses: edited when that is confirmed, and never taken away.
    changed = with_segmentation(technique, [{**labels[0], **edit}, *labels[1:]])
    with pytest.raises(UserError, match="used by the segment 'First kind'"):
        publish(world, changed)
    assert publish(world, changed, confirmed=True) == 3
    with pytest.raises(ConfigurationError, match="label 'Kind 0' of 'Further' cannot be removed or renamed"):
        draft(world, with_segmentation(technique, [{**labels[0], "name": "Other"}, *labels[1:]]))

    # Limits.
    many = [{**labels[0], "name": f"Kind {at}"} for at in range(60)]
    with pytest.raises(ConfigurationError, match="60 labels"):
        draft(world, with_segmentation(technique, many))

    # Taken back: the labels are as they were.
    world.run("command")
    use_case = configuring(world)
    assert use_case.earlier(None).document == text
    assert publish(world, text, confirmed=True) == 4
    again = {one.segmentation: one for one in world.run("command").parts}
    assert again["Further"].labels == parts["Further"].labels


def test_every_technique_has_a_life() -> None:
    assert LABELS.keys() >= TECHNIQUES.keys()
