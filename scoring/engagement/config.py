"""The part of the document for engagement: points, how they fade, limits, labels. Values and rules only.

The names of events are those that the connector gives. ``form_submitted``, ``webinar_…``, ``page_visited``
and ``estimate_…`` come from no source yet; points for what never happens change nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Annotated, Literal

from pydantic import Field

from scoring.problems import Problem, label_problems, standing_twice
from scoring.shape import Part

# At least five labels are asked for: fewer tell little of a score from 0 to 100.
FEWEST_LABELS = 5
MOST_POINTS = 1_000
LONGEST_HALF_LIFE = 3_650  # days
MAIL_HALF_LIFE, MEETING_HALF_LIFE = 30, 90  # days

PointsOf = Annotated[float, Field(ge=-MOST_POINTS, le=MOST_POINTS, allow_inf_nan=False)]
Name = Annotated[str, Field(min_length=1, max_length=100)]


class Channel(Part):
    """One way in which a customer and we have to do with one another.

    Attributes:
        points: what an event of each type is worth on its day; negative ones take away.
        rated: events that carry a rating of -100 to 100: their points are multiplied by rating / 100.
        half_life_days: after so many days an event is worth half.
        decay: ``half_life`` halves again and again; ``linear`` is half after a half-life, nothing after two.
        cap: the channel adds, or takes away, at most so many points.
    """

    name: Name
    points: dict[str, PointsOf]
    rated: tuple[str, ...] = ()
    half_life_days: Annotated[int, Field(ge=1, le=LONGEST_HALF_LIFE)] = MAIL_HALF_LIFE
    decay: Literal["half_life", "linear"] = "half_life"
    cap: Annotated[float, Field(gt=0, le=1_000_000, allow_inf_nan=False)] = 100


class Breadth(Part):
    """More points when several people of an account have to do with us.

    Attributes:
        per_person: for every person after the first, such a share of the points is added.
        most: but at most this share.
        within_days: a person counts who did something worth points in so many days.
    """

    per_person: Annotated[float, Field(ge=0, le=1)] = 0.1
    most: Annotated[float, Field(ge=0, le=5)] = 0.5
    within_days: Annotated[int, Field(ge=1, le=LONGEST_HALF_LIFE)] = 90


class Automation(Part):
    """What is done by machines and therefore counts for nothing.

    Attributes:
        openings: events that mail gateways and link scanners cause as well as people. Of one person, one kind
            and one minute they count once.
        seconds_after_sending: an opening so soon after its e-mail was sent was a gateway's. Only where the
            instant is exact and the sending is known.
        answers: events that answering machines cause.
        subjects: how the text of such an answer begins, in any case.
        senders: how the address of a machine begins.
    """

    openings: tuple[str, ...] = ("email_opened", "email_clicked", "mailing_opened", "mailing_clicked")
    seconds_after_sending: Annotated[int, Field(ge=0, le=3_600)] = 5
    answers: tuple[str, ...] = ("email_received", "ticket_reply_received", "ticket_opened")
    subjects: tuple[str, ...] = (
        "automatic reply",
        "auto reply",
        "auto-reply",
        "autoreply",
        "auto:",
        "out of office",
        "out of the office",
        "undeliverable",
        "delivery status notification",
        "mail delivery failed",
        "returned mail",
        "read:",
        "automatische antwort",
        "abwesenheitsnotiz",
        "réponse automatique",
        "respuesta automática",
        "risposta automatica",
    )
    senders: tuple[str, ...] = (
        "mailer-daemon",
        "postmaster",
        "no-reply",
        "noreply",
        "no_reply",
        "donotreply",
        "do-not-reply",
        "bounce",
    )


class Reach(Part):
    """What tells when a person can be reached, and how much; negative: could not be.

    Attributes:
        weights: by event.
        within_days: older events tell nothing of today's habits.
        usual: the habits of everybody count as so many answers of a person's own.
        medium, high: how many own answers make the confidence medium, or high.
    """

    weights: dict[str, Annotated[float, Field(ge=-1, le=1)]] = Field(
        default_factory=lambda: {
            "call_made": 1.0,
            "call_received": 1.0,
            "call_missed": 1.0,  # they called, so they had time
            "call_unanswered": -1.0,
            "email_received": 1.0,
            "email_clicked": 0.75,
            "email_opened": 0.5,
            "chat_held": 1.0,
            "chat_missed": 1.0,
            "form_submitted": 0.5,
            "meeting_held": 0.5,  # when both calendars had room
        }
    )
    within_days: Annotated[int, Field(ge=1, le=LONGEST_HALF_LIFE)] = 365
    usual: Annotated[float, Field(ge=0, le=1_000)] = 5
    medium: Annotated[int, Field(ge=1)] = 5
    high: Annotated[int, Field(ge=1)] = 15


class RangeLabel(Part):
    """A label for scores of at least so much, up to where the label before it begins."""

    name: Name
    at_least: Annotated[float, Field(ge=0, le=100)]


# The points to begin with. E-mails as in a Zoho partner's example of scoring rules (opened 5, clicked 10,
# incoming 20, bounced -10); an answered call 8 as in another; mailings 1 and webinars 5 and 5 as in Marketo's
# early table. The others are ours, set between them. Mail and web fade by half in 30 days, meetings in 90.
PREDEFINED_CHANNELS = (
    Channel(
        name="e-mail",
        points={
            "email_received": 20,
            "email_clicked": 10,
            "email_opened": 5,
            "email_bounced": -10,
        },
        cap=100,
    ),
    Channel(
        name="mailing",
        points={
            "mailing_opened": 1,
            "mailing_clicked": 5,
            "mailing_bounced": -5,
            "mailing_opted_out": -20,
            "mailing_marked_as_spam": -30,
        },
        cap=40,
    ),
    Channel(
        name="call",
        points={"call_received": 10, "call_made": 8, "call_missed": 3, "call_unanswered": -2},
        cap=60,
    ),
    Channel(name="meeting", points={"meeting_held": 20}, half_life_days=MEETING_HALF_LIFE, cap=100),
    Channel(name="task", points={"task_done": 2, "note_written": 1}, cap=10),
    Channel(name="form", points={"form_submitted": 10}, cap=40),
    Channel(name="webinar", points={"webinar_registered": 5, "webinar_attended": 5}, cap=40),
    Channel(name="web", points={"page_visited": 1}, cap=20),
    Channel(
        name="estimate",
        points={"estimate_viewed": 5, "estimate_accepted": 20, "estimate_declined": -10},
        half_life_days=MEETING_HALF_LIFE,
        cap=60,
    ),
    Channel(
        name="chat",
        points={"chat_held": 8, "chat_missed": 4, "chat_rated": 5},
        rated=("chat_rated",),
        cap=40,
    ),
    Channel(
        name="support",
        points={"ticket_opened": 3, "ticket_reply_received": 3, "ticket_rated": 10},
        rated=("ticket_rated",),
        cap=30,
    ),
    Channel(
        name="survey",
        points={"nps": 15, "csat": 10, "survey_comment": 5},
        rated=("nps", "csat"),
        half_life_days=MEETING_HALF_LIFE,
        cap=30,
    ),
)


def predefined_channels() -> tuple[Channel, ...]:
    """The predefined channels, made anew."""
    return tuple(channel.model_copy(deep=True) for channel in PREDEFINED_CHANNELS)


PREDEFINED_LABELS = (
    RangeLabel(name="Highly Engaged", at_least=80),
    RangeLabel(name="Engaged", at_least=60),
    RangeLabel(name="Interested", at_least=35),
    RangeLabel(name="Cooling", at_least=10),
    RangeLabel(name="Silent", at_least=0),
)


class EngagementSegmentation(Part):
    """Engagement of accounts.

    Attributes:
        accounts: criteria: which accounts take part.
        scale: S, the points that score 63. None: so that 95 % of the active accounts score at most 80; it is
            kept with the run.
        labels: from best to worst; the last one begins at 0, so that every account has one.
    """

    name: Name
    technique: Literal["engagement"] = "engagement"
    accounts: str = ""
    channels: tuple[Channel, ...] = Field(default_factory=predefined_channels)
    breadth: Breadth = Breadth()
    automation: Automation = Automation()
    reach: Reach = Reach()
    scale: Annotated[float, Field(ge=0.001, le=1e9)] | None = None
    labels: tuple[RangeLabel, ...] = PREDEFINED_LABELS


class EngagementLimits(Part):
    """How many there may be."""

    engagement_labels: Annotated[int, Field(ge=FEWEST_LABELS, le=50)] = 10
    channels: Annotated[int, Field(ge=1, le=100)] = 30
    events: Annotated[int, Field(ge=1, le=1_000)] = 100


def problems(segmentation: EngagementSegmentation, limits: EngagementLimits) -> Iterator[Problem]:
    """What the shape cannot say."""
    name, channels, reach = segmentation.name, segmentation.channels, segmentation.reach
    yield from _label_problems(segmentation, limits.engagement_labels)
    if not channels:
        yield Problem(("channels",), f"'{name}' has no channels, so nobody would have points. Add one.")
    if len(channels) > limits.channels:
        yield Problem(
            ("channels", limits.channels),
            f"'{name}' has {len(channels)} channels; the limit is {limits.channels}. Remove some, or raise "
            "limits.channels.",
        )
    events = sum(len(channel.points) for channel in channels)
    if events > limits.events:
        yield Problem(
            ("channels",),
            f"'{name}' gives points for {events} events; the limit is {limits.events}. Remove some, or "
            "raise limits.events.",
        )
    yield from _channel_problems(channels)
    if reach.high < reach.medium:
        yield Problem(("reach", "high"), "High confidence needs at least as many answers as medium.")


def _label_problems(segmentation: EngagementSegmentation, most: int) -> Iterator[Problem]:
    labels = segmentation.labels
    names = [label.name for label in labels]
    yield from label_problems(segmentation.name, names, FEWEST_LABELS, most, "engagement_labels")
    for at, (better, worse) in enumerate(pairwise(labels), start=1):
        if worse.at_least >= better.at_least:
            yield Problem(
                ("labels", at, "at_least"),
                f"'{worse.name}' begins at {worse.at_least:g}, which is not below '{better.name}' at "
                f"{better.at_least:g}. Labels go from best to worst.",
            )
    if labels and labels[-1].at_least > 0:
        yield Problem(
            ("labels", len(labels) - 1, "at_least"),
            f"Accounts below {labels[-1].at_least:g} would have no label. Let '{labels[-1].name}' begin "
            "at 0.",
        )


def _channel_problems(channels: tuple[Channel, ...]) -> Iterator[Problem]:
    yield from standing_twice(("channels",), [channel.name for channel in channels], "channel")
    owner: dict[str, int] = {}
    for at, channel in enumerate(channels):
        for event in channel.points:
            first = owner.setdefault(event, at)
            if first != at:
                yield Problem(
                    ("channels", at, "points", event),
                    f"'{event}' has points in '{channels[first].name}' already; an event belongs to one "
                    "channel.",
                )
        for place, event in enumerate(channel.rated):
            if event not in channel.points:
                yield Problem(
                    ("channels", at, "rated", place),
                    f"'{event}' is rated but has no points in '{channel.name}'. Add them, or take it out.",
                )
