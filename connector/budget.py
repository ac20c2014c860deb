"""How many API credits a day has, and when our share of them is used up. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

ROLLING = timedelta(hours=24)
HOUR = timedelta(hours=1)
# Edition -> (credits for the organisation, for each user, most): Zoho CRM, API limits, v8. The names are
# those of `license_details.paid_type`, whose spellings are not documented: others count as unknown.
_EDITIONS: dict[str, tuple[int, int, int | None]] = {
    "free": (5_000, 0, 5_000),
    "starter": (50_000, 250, 100_000),
    "standard": (50_000, 250, 100_000),
    "professional": (50_000, 500, 3_000_000),
    "enterprise": (50_000, 1_000, 5_000_000),
    "zohoone": (50_000, 1_000, 5_000_000),
    "ultimate": (50_000, 2_000, None),
    "crmplus": (50_000, 2_000, None),
}


def daily_credits(edition: str | None, users: int | None) -> int | None:
    """The credits of 24 hours, without what was bought in addition; None for an edition that is not known."""
    known = _EDITIONS.get((edition or "").casefold().replace(" ", "").replace("_", ""))
    if known is None:
        return None
    base, each, most = known
    total = base + each * (users or 0)
    return total if most is None else min(total, most)


@dataclass(frozen=True, slots=True)
class Spent:
    """Credits of one hour that begins at ``hour``."""

    hour: datetime
    credits: int


@dataclass(frozen=True, slots=True)
class Allowance:
    """What is known of a day's credits.

    Attributes:
        daily: of the edition; None when it is not known.
        remaining: what the API itself last said is left, other programs' calls included; None while it is
            silent (Zoho CRM speaks of it only when half is used).
        reserve_percent: the share of ``daily`` that is left to other programs.
    """

    daily: int | None
    remaining: int | None
    reserve_percent: int

    @property
    def reserve(self) -> int:
        """The credits that are left to other programs."""
        return (self.daily or 0) * self.reserve_percent // 100


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a call may be sent. ``until`` is when to ask again; None when it may."""

    until: datetime | None = None
    left: int | None = None


def judge(allowance: Allowance, spent: Sequence[Spent], price: int, now: datetime) -> Verdict:
    """Whether a call of this price leaves the reserve alone.

    What the API says comes first, because it knows what other programs use. While it is silent our own ledger
    of the last 24 hours decides.
    """
    recent = sorted((one for one in spent if one.hour > now - ROLLING), key=lambda one: one.hour)
    if allowance.remaining is not None:
        left = allowance.remaining - allowance.reserve
    elif allowance.daily is not None:
        left = allowance.daily - allowance.reserve - sum(one.credits for one in recent)
    else:
        return Verdict()
    if left >= price:
        return Verdict(left=left)
    return Verdict(_when_enough(recent, price - left, now), left)


def _when_enough(recent: Sequence[Spent], missing: int, now: datetime) -> datetime:
    """When enough of what was spent lies 24 hours back; in an hour when it is others who spend."""
    freed = 0
    for one in recent:
        freed += one.credits
        if freed >= missing:
            return max(one.hour + HOUR + ROLLING, now + HOUR / 4)
    return now + HOUR
