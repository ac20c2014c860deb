"""What is wrong in the marks that a document names: limits, and names that stand twice."""

from __future__ import annotations

from collections.abc import Iterator

from scoring.market_config import MarketGroup, MarketLimits, Markets
from scoring.problems import Problem, standing_twice


def market_problems(markets: Markets, limits: MarketLimits) -> Iterator[Problem]:
    """What the shape cannot say of the marks."""
    counted = (
        (("groups",), len(markets.groups), limits.market_groups, "groups", "market_groups"),
        (("contact_roles",), len(markets.contact_roles), limits.contact_roles, "roles", "contact_roles"),
        (("keywords",), len(markets.keywords), limits.keywords, "keywords", "keywords"),
    )
    for path, count, most, what, key in counted:
        if count > most:
            sentence = f"There are {count} {what}; the limit is {most}."
            yield Problem(path, f"{sentence} Remove some, or raise limits.{key}.")
    yield from standing_twice(("groups",), [group.name for group in markets.groups], "group")
    yield from standing_twice(("contact_roles",), markets.contact_roles, "contact role")
    yield from standing_twice(("keywords",), markets.keywords, "keyword")
    owner: dict[str, str] = {}
    for at, group in enumerate(markets.groups):
        yield from _group_problems(at, group, owner, limits.market_segments_in_a_group)


def _group_problems(at: int, group: MarketGroup, owner: dict[str, str], most: int) -> Iterator[Problem]:
    """``owner``: the group of every market segment before this group; it is added to."""
    if not group.segments:
        yield Problem(("groups", at, "segments"), f"'{group.name}' has no market segments. Add some.")
    if len(group.segments) > most:
        yield Problem(
            ("groups", at, "segments"),
            f"'{group.name}' has {len(group.segments)} market segments; the limit is {most}. Remove some, "
            "or raise limits.market_segments_in_a_group.",
        )
    for place, name in enumerate(group.segments):
        if (first := owner.get(name.casefold())) is not None:
            yield Problem(
                ("groups", at, "segments", place),
                f"The market segment '{name}' stands in '{first}' already; names have to differ.",
            )
        owner.setdefault(name.casefold(), group.name)
