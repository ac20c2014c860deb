"""``kill -9`` on a worker in the middle of a batch of enrichment: every account is counted once."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from bot.app.enriching_work import HANDED_AT_ONCE
from tests.support.killed_enriching import VISITING, WRITING, killed_enriching

pytestmark = [pytest.mark.process, pytest.mark.timeout(900)]


def test_while_it_writes_and_while_it_visits_sites(tmp_path: Path) -> None:
    with killed_enriching(tmp_path, accounts=45) as world:
        ended = world.run((WRITING, VISITING), random.Random(1), seconds=250)
    # While it writes, the next ones may already have been handed out: each kill gives up so many at most.
    assert ended.wrong(most_interrupted=2 * HANDED_AT_ONCE) == []
    assert ended.batch["counts"]["found"] > 0
