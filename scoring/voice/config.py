"""The configuration of a voice-of-customer segmentation, and the labels it begins with."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from scoring.shape import Label, Part

Source = Literal["email", "ticket", "survey", "chat", "note", "call", "review"]
SOURCES: tuple[Source, ...] = ("email", "ticket", "survey", "chat", "note", "call", "review")


class Competitor(Part):
    """A competitor by the name that criteria use, and by what else people write."""

    name: Annotated[str, Field(min_length=1, max_length=100)]
    aliases: tuple[Annotated[str, Field(min_length=1, max_length=100)], ...] = ()


STARTING_LABELS = (
    Label(
        name="Promoter",
        when="positive_share >= 50% and negative_share <= 10% "
        "and complaint_count = 0 and cancellation_count = 0",
    ),
    Label(name="Content", when="positive_share > 20% and negative_share <= 20% and cancellation_count = 0"),
    Label(name="Neutral", when="negative_share <= 20% and cancellation_count = 0"),
    Label(name="Unhappy", when="negative_share <= 40% and cancellation_count = 0"),
    Label(name="Detractor", when="negative_share > 40% or cancellation_count > 0"),
)


class VoiceSegmentation(Part):
    """What customers write, as labels.

    Attributes:
        accounts: criteria: which accounts take part.
        sources: what is read.
        window_days: so many days back count; Zoho reads six months.
        trend_days: how long each of the two periods is that a trend compares; Zoho takes three months.
        fewest_messages: with fewer an account has counts and no shares, lest one mail be 100 %.
        competitors: whose names are looked for.
        blocked: words that are never a competitor's name by themselves.
        keywords: so many an account.
        labels: tried in order, listed from best to worst.
    """

    name: Annotated[str, Field(min_length=1, max_length=100)]
    technique: Literal["voice"] = "voice"
    accounts: str = ""
    sources: Annotated[tuple[Source, ...], Field(min_length=1)] = SOURCES
    window_days: Annotated[int, Field(ge=1, le=3660)] = 183
    trend_days: Annotated[int, Field(ge=1, le=1830)] = 91
    fewest_messages: Annotated[int, Field(ge=1, le=1000)] = 3
    competitors: Annotated[tuple[Competitor, ...], Field(max_length=200)] = ()
    blocked: tuple[str, ...] = ()
    keywords: Annotated[int, Field(ge=0, le=50)] = 10
    labels: Annotated[tuple[Label, ...], Field(min_length=1)] = STARTING_LABELS
