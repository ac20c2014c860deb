"""Publishing configurations over a small organisation in a real database."""

from __future__ import annotations

from bot.app.config.publishing import Configuring, Draft
from tests.support.scoring_parts import scoring_of
from tests.support.scoring_world import BANDS, World

# With a segment by label, one by a score, one made of another, and a route that names a label.
USED = (
    BANDS.replace("when: worse,", "segmentation: Purchases, labels: [Gone],")
    + """\
segments:
  - {name: Best, criteria: "label in (Top, good)"}
  - {name: Frequent, criteria: f >= 2}
  - {name: Best retail, criteria: in segment Best and industry = retail}
"""
)


def configuring(world: World) -> Configuring:
    """The use case, wired as the product wires it."""
    return scoring_of(world).configuring


def draft(world: World, text: str) -> Draft:
    """A document, read and compared."""
    return configuring(world).draft(text, "b.yaml")


def publish(world: World, text: str, *, confirmed: bool = False, seconds: float = 5) -> int:
    """Publish a document as a person does; the number of its version."""
    use_case = configuring(world)
    made = use_case.publish(
        use_case.draft(text, "b.yaml"), "Ada", "why", confirmed=confirmed, seconds=seconds
    )
    return made.version
