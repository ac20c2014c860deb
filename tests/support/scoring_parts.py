"""What the commands call to score and to publish, wired as the product wires it."""

from __future__ import annotations

from collections.abc import Callable

from bot.runtime.scoring_parts import ScoringParts
from bot.store.audit import SqlAudit
from scoring.config import Configuration
from tests.support.scoring_world import World


def scoring_of(world: World, published: Callable[[Configuration], object] = id) -> ScoringParts:
    """Its parts. ``published``: who is told of what is published."""
    return ScoringParts(
        database=world.database,
        clock=world.clock,
        configurations=world.configurations,
        versions=world.versions,
        audit=SqlAudit(world.database, world.clock),
        crm_url=lambda _: None,
        published=published,
    )
