"""The part of the document for market segments, contact roles and keywords. Values only."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field as Limited

from scoring.shape import Part

Name = Annotated[str, Limited(min_length=1, max_length=100)]


class MarkKind(StrEnum):
    """What a mark is; market segments are borne by accounts, the others by contacts."""

    MARKET_SEGMENT = "market segment"
    CONTACT_ROLE = "contact role"
    KEYWORD = "keyword"


class MarketGroup(Part):
    """A group of market segments. ``one_each``: an account bears at most one of them."""

    name: Name
    segments: tuple[Name, ...]
    one_each: bool = False


class Markets(Part):
    """The marks that may be given. ``keywords`` empty: any word may be given as a keyword."""

    groups: tuple[MarketGroup, ...] = ()
    contact_roles: tuple[Name, ...] = ("Decision Maker", "Influencer", "Champion", "User", "Blocker")
    keywords: tuple[Name, ...] = ()


class MarketLimits(Part):
    """How much there may be. Zoho tells no limits for these; the numbers are ours."""

    market_groups: Annotated[int, Limited(ge=1, le=1_000)] = 20
    market_segments_in_a_group: Annotated[int, Limited(ge=1, le=1_000)] = 50
    contact_roles: Annotated[int, Limited(ge=1, le=1_000)] = 30
    keywords: Annotated[int, Limited(ge=1, le=10_000)] = 200
    marks_of_a_record: Annotated[int, Limited(ge=1, le=1_000)] = 50
    records_at_once: Annotated[int, Limited(ge=1, le=10_000_000)] = 100_000


def marks_of(kind: MarkKind, markets: Markets) -> tuple[str, ...]:
    """Every mark of a kind, in the order of the document."""
    if kind is MarkKind.MARKET_SEGMENT:
        return tuple(name for group in markets.groups for name in group.segments)
    return markets.contact_roles if kind is MarkKind.CONTACT_ROLE else markets.keywords
