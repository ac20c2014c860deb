"""Events as columns of numbers: whose, of which kind, how old, and which of them people did not cause.

The frame has a row per event and these columns; others are not looked at:

- ``account_id``; ``contact``: an id or address, missing where nobody knows who it was;
- ``event_type``; ``occurred_at``: a day, or an instant: datetime64 with or without a time zone, or objects.
  Without one the organisation's zone is meant;
- optional: ``quality`` (exact, sent_time, day; exact when there is no such column), ``score`` (a rating,
  -100 to 100), ``count`` (how many such events the row stands for), ``object_key`` (the e-mail that was
  opened), ``text`` and ``email`` for knowing machines, ``automatic`` where that is known already.

For a million accounts let the texts be categories: they are then looked up once for each distinct value.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from typing import Any

import numpy as np
import pandas as pd

from scoring.criteria.periods import Today
from scoring.days import day_number
from scoring.engagement.config import Automation
from scoring.engagement.plan import Floats, Integers, Plan, Truths

SECONDS_PER_DAY, SECONDS_PER_MINUTE = 86_400, 60
MOST_TIMES = 10_000  # of one row; keeps sums of points below 2**53, where they are exact
RATING = 100.0
SENT = "email_sent"


@dataclass(frozen=True)
class Counted:
    """The events that count, one entry each, in the frame's order.

    Attributes:
        account: place in the list of accounts.
        person: a number per person; -1 where nobody knows who it was.
        kind: place in the list of kinds.
        age: whole days before the day of the run, at least 0.
        times: how many events an entry stands for, times rating / 100 where the kind is rated.
        seen: how many events an entry stands for.
        left_out: how many rows did not count, by reason: ``automatic``, ``future``, ``undated``, ``others``
            (of accounts that are not asked for), ``pointless`` (no points are set for the type).
    """

    account: Integers
    person: Integers
    kind: Integers
    age: Integers
    times: Floats
    seen: Floats
    left_out: dict[str, int]


def counted(events: pd.DataFrame, accounts: pd.Index[Any], plan: Plan, today: Today) -> Counted:
    """The events of these accounts that count on a day.

    Raises:
        KeyError: one of the four columns is missing.
    """
    account = places(events["account_id"], accounts)
    kind = places(events["event_type"], plan.events)
    seconds, present = local_seconds(events["occurred_at"], today.zone)
    age = day_number(today.day) - seconds // SECONDS_PER_DAY
    reasons = {
        "others": account < 0,
        "pointless": kind < 0,
        "undated": ~present,
        "future": present & (age < 0),
    }
    free = ~np.logical_or.reduce(list(reasons.values()))
    machine = np.zeros(len(events), dtype=np.bool_)
    if free.any():
        # Looked for among all rows: the sending that betrays a gateway is worth no points itself.
        machine = free & automatic(events, plan.segmentation.automation, seconds)
    keep = free & ~machine
    left_out = {name: int(rows.sum()) for name, rows in reasons.items()} | {"automatic": int(machine.sum())}
    seen = _seen(events)[keep]
    kind, person = kind[keep], numbered(events["contact"])[keep]
    times = seen * np.where(plan.rated[kind], _ratings(events)[keep] / RATING, 1.0)
    return Counted(account[keep], person, kind, age[keep], times, seen, left_out)


def automatic(events: pd.DataFrame, automation: Automation, seconds: Integers | None = None) -> Truths:
    """Which rows machines caused: answering machines, mail gateways, link scanners.

    Args:
        events: as this module's first lines say.
        automation: what gives a machine away.
        seconds: local seconds since 1970 where they are known already; otherwise UTC is as good.
    """
    if seconds is None:
        seconds = local_seconds(events["occurred_at"], None)[0]
    found = np.zeros(len(events), dtype=np.bool_)
    if "automatic" in events:
        found |= events["automatic"].fillna(value=False).to_numpy(np.bool_)
    if "text" in events:
        answers = np.flatnonzero(events["event_type"].isin(automation.answers).to_numpy(np.bool_))
        found[answers] |= _begins(events["text"].iloc[answers], automation.subjects)
    for column in ("contact", "email"):
        if column in events:
            found |= _begins(events[column], automation.senders, address=True)
    openings = np.flatnonzero(events["event_type"].isin(automation.openings).to_numpy(np.bool_) & ~found)
    if len(openings) and "object_key" in events:
        at_once = _at_once(events, openings, seconds, automation.seconds_after_sending)
        found[openings[at_once]] = True
        openings = openings[~at_once]
    if len(openings):
        found[openings] = _again(events, openings, seconds)
    return found


def places(column: pd.Series[Any], index: pd.Index[Any]) -> Integers:
    """Where each value stands in an index; -1 when it does not."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        of_category = np.append(index.get_indexer(column.cat.categories), -1)
        return np.asarray(of_category[column.cat.codes.to_numpy(np.int64)], dtype=np.int64)
    return np.asarray(index.get_indexer(pd.Index(column)), dtype=np.int64)


def numbered(column: pd.Series[Any]) -> Integers:
    """A number per distinct value; -1 for what is missing."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        return np.asarray(column.cat.codes, dtype=np.int64)
    return np.asarray(pd.factorize(column)[0], dtype=np.int64)


def local_seconds(column: pd.Series[Any], zone: tzinfo | None) -> tuple[Integers, Truths]:
    """Seconds since 1970 on the organisation's clock, 0 where there is no instant, and where there is one."""
    present = column.notna().to_numpy(np.bool_)
    if isinstance(column.dtype, pd.DatetimeTZDtype):
        column = (column.dt.tz_convert(zone) if zone is not None else column).dt.tz_localize(None)
    if not pd.api.types.is_datetime64_dtype(column.dtype):
        local = [_local(one, zone) if there else None for one, there in zip(column, present, strict=True)]
        column = pd.Series(local, dtype="datetime64[s]")
    seconds = column.to_numpy().astype("datetime64[s]").astype(np.int64)
    return np.where(present, seconds, 0), present


def _local(moment: date, zone: tzinfo | None) -> datetime:
    if not isinstance(moment, datetime):
        return datetime(moment.year, moment.month, moment.day)  # noqa: DTZ001 -- the organisation's own clock
    return (moment.astimezone(zone) if moment.tzinfo is not None else moment).replace(tzinfo=None)


def is_exact(events: pd.DataFrame) -> Truths:
    """Where the instant is that of the event, and not of a sending or a day."""
    if "quality" not in events:
        return np.ones(len(events), dtype=np.bool_)
    return events["quality"].isin(["exact"]).to_numpy(np.bool_)


def _seen(events: pd.DataFrame) -> Floats:
    if "count" not in events:
        return np.ones(len(events), dtype=np.float64)
    counts = pd.to_numeric(events["count"]).fillna(1).to_numpy(np.float64)
    return np.asarray(np.clip(np.floor(counts), 0, MOST_TIMES), dtype=np.float64)


def _ratings(events: pd.DataFrame) -> Floats:
    if "score" not in events:
        return np.zeros(len(events), dtype=np.float64)
    ratings = pd.to_numeric(events["score"]).fillna(0).to_numpy(np.float64)
    return np.asarray(np.clip(ratings, -RATING, RATING), dtype=np.float64)


def _begins(column: pd.Series[Any], beginnings: Sequence[str], *, address: bool = False) -> Truths:
    """Where a text begins with one of these; each distinct text is looked at once."""
    folded = tuple(one.casefold() for one in beginnings)
    if not folded or column.empty:
        return np.zeros(len(column), dtype=np.bool_)
    codes, distinct = pd.factorize(column)
    tests = [_is_so(str(one).strip().casefold(), folded, address=address) for one in distinct]
    return np.array([*tests, False], dtype=np.bool_)[codes]


def _is_so(text: str, beginnings: tuple[str, ...], *, address: bool) -> bool:
    return text.startswith(beginnings) and (not address or "@" in text)


def _again(events: pd.DataFrame, openings: Integers, seconds: Integers) -> Truths:
    """All but one of the same person, kind and minute; of unknown people, of the same account.

    The openings of a mailing all bear the instant of its sending; of those, all but one of the same mailing.
    """
    exact = is_exact(events)[openings]
    about = np.arange(len(openings)) + 1
    if "object_key" in events and not exact.all():
        about = numbered(events["object_key"].iloc[openings])
    keys = [
        numbered(events["account_id"].iloc[openings]),
        numbered(events["contact"].iloc[openings]),
        numbered(events["event_type"].iloc[openings]),
        seconds[openings] // SECONDS_PER_MINUTE,
        exact,
        np.where(exact, 0, about),
    ]
    # The row that stands for most comes first and stays, so that the order of rows decides nothing.
    order = np.lexsort((-_seen(events)[openings], *keys))
    same = np.ones(max(0, len(order) - 1), dtype=np.bool_)
    for key in keys:
        same &= key[order][1:] == key[order][:-1]
    again = np.zeros(len(openings), dtype=np.bool_)
    again[order[1:][same]] = True
    return again


def _at_once(events: pd.DataFrame, openings: Integers, seconds: Integers, within: int) -> Truths:
    """Openings of an e-mail within so many seconds after it was sent."""
    sent = np.flatnonzero(events["event_type"].isin([SENT]).to_numpy(np.bool_) & is_exact(events))
    if not len(sent):
        return np.zeros(len(openings), dtype=np.bool_)
    first = pd.Series(seconds[sent]).groupby(events["object_key"].iloc[sent].to_numpy()).min()
    at = events["object_key"].iloc[openings].map(first).to_numpy(np.float64)
    after = seconds[openings] - at  # NaN where no sending is known: no comparison holds
    return np.asarray((after >= 0) & (after <= within) & is_exact(events)[openings], dtype=np.bool_)
