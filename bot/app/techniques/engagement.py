"""Engagement in a run: what happened by every channel, a score from 0 to 100, and whom to reach when."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from bot.app.techniques.technique import Evidence, Scored, Situation, Technique
from scoring.engagement.config import EngagementSegmentation
from scoring.engagement.events import SENT
from scoring.engagement.explain import Contribution, Explanation, explain
from scoring.engagement.plan import MICRO, Integers
from scoring.engagement.scores import few_active, label_places, measured, scale_of, scores_of
from scoring.engagement.timing import SLOTS, best_times, usual_week
from scoring.explain import MOST_REASONS
from scoring.standing import MEASURE_PARTS, Standing
from scoring.standings import Standings, digests
from scoring.wording import counted, written_day

COLUMNS = ("measure", "digest")
TENTHS = 10  # scores have one decimal
ACCOUNTS_AT_ONCE = 500  # of so few the events are looked up account by account
MOST_PEOPLE = 3
WEEK_DECIMALS = 6
_DAYS = ("Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays", "Sundays")


def scored(evidence: Evidence, situation: Situation[EngagementSegmentation]) -> Scored:
    """Every account that takes part, some at a time."""
    segmentation, learned = situation.segmentation, situation.learned
    ids = evidence.accounts(segmentation.accounts).ids
    frames, week, machines = [], np.zeros(SLOTS), 0
    for some in evidence.activity(ids, kinds_of(segmentation)):
        found = measured(some.events, some.ids, segmentation, situation.today)
        frames.append(found.frame)
        machines += found.left_out["automatic"]
        if learned is None:
            week += usual_week(some.events, segmentation, situation.today)
    frame = _in_order(pd.concat(frames, ignore_index=True), ids)
    points = frame["points"].to_numpy(np.int64)
    scale = _scale(situation, points)
    return Scored(
        _standings(ids, frame, scale, segmentation),
        tuple(_warnings(evidence, segmentation, points, machines)),
        {"scale": scale},
        {"scale": scale, "week": np.round(week, WEEK_DECIMALS).tolist()} if learned is None else None,
    )


def scored_some(
    evidence: Evidence, situation: Situation[EngagementSegmentation], only: Sequence[str]
) -> Scored | None:
    """Some accounts alone, on the scale that was learned."""
    segmentation = situation.segmentation
    if situation.learned is None or not evidence.own(segmentation.accounts):
        return None
    ids = evidence.accounts(segmentation.accounts, only=only).ids
    frames = [
        measured(some.events, some.ids, segmentation, situation.today).frame
        for start in range(0, max(1, len(ids)), ACCOUNTS_AT_ONCE)
        for some in evidence.activity(ids.slice(start, ACCOUNTS_AT_ONCE), kinds_of(segmentation))
    ]
    frame = _in_order(pd.concat(frames, ignore_index=True), ids)
    scale = float(situation.learned.body["scale"])
    return Scored(_standings(ids, frame, scale, segmentation), thresholds={"scale": scale})


def kinds_of(segmentation: EngagementSegmentation) -> Collection[str]:
    """The kinds of events that say something: those with points, of habits, and sendings."""
    points = {event for channel in segmentation.channels for event in channel.points}
    return points | segmentation.reach.weights.keys() | {SENT}


def _in_order(frame: pd.DataFrame, ids: pa.Array) -> pd.DataFrame:
    read = pa.array(frame["account_id"], pa.string())
    rows: Integers = pc.index_in(ids, value_set=read).to_numpy()
    return frame.iloc[rows].reset_index(drop=True)


def _scale(situation: Situation[EngagementSegmentation], points: Integers) -> float:
    if situation.learned is not None:
        return float(situation.learned.body["scale"])
    return situation.segmentation.scale or scale_of(points)


def _standings(
    ids: pa.Array, frame: pd.DataFrame, scale: float, segmentation: EngagementSegmentation
) -> Standings:
    scores, texts = scores_of(frame["points"].to_numpy(np.int64), scale), _details(frame)
    measure = np.rint(scores * TENTHS).astype(np.int64) * (MEASURE_PARTS // TENTHS)
    return Standings(
        ids,
        label_places(scores, segmentation.labels),
        tuple(label.name for label in segmentation.labels),
        {"measure": measure, "digest": digests(texts)},
        pa.array(texts, pa.string()),
    )


def _details(frame: pd.DataFrame) -> list[str]:
    """What stays the same from day to day, or nearly so: points are whole ones."""
    points = whole_points(frame["points"].to_numpy(np.int64))
    rows = zip(frame["events"].tolist(), frame["last_event"], frame["people"].tolist(), points, strict=True)
    return [
        f'{{"events":{events},"last_event":{_json_day(last)},"people":{people},"points":{whole}}}'
        for events, last, people, whole in rows
    ]


def whole_points(micro: npt.NDArray[np.int64]) -> list[int]:
    """Points rounded towards zero, so that what fades ends at nothing."""
    return [int(one) for one in np.trunc(micro / MICRO)]


def _json_day(day: date | None) -> str:
    return "null" if day is None else f'"{day.isoformat()}"'


def _warnings(
    evidence: Evidence, segmentation: EngagementSegmentation, points: Integers, machines: int
) -> Iterator[str]:
    """What makes the scores say little, and what was left out."""
    if segmentation.scale is None or not (points > 0).any():
        yield from few_active(points)
    if machines:
        yield f"Events that machines caused do not count: {machines:,}."
    nobody = evidence.unlinked(kinds_of(segmentation))
    if nobody:
        yield f"Events of people whose account is not known do not count: {nobody:,}."


def _reasons(old: Standing, new: Standing, _situation: Situation[EngagementSegmentation]) -> tuple[str, ...]:
    before, after = _read(old), _read(new)
    found = (*_score_moved(old, new), *_happened(before, after), *_people_moved(before, after))
    return found[:MOST_REASONS]


def _read(standing: Standing) -> Mapping[str, Any]:
    found: Mapping[str, Any] = json.loads(standing.details) if standing.details else {}
    return found


def _score_moved(old: Standing, new: Standing) -> Iterator[str]:
    if new.measure is None:
        yield "It takes no part any more."
    elif old.measure is None:
        yield f"Engagement is {_score(new)} of 100."
    elif old.measure != new.measure:
        yield f"Engagement went from {_score(old)} to {_score(new)} of 100."


def _happened(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    if not after:
        return
    more = after["events"] - before.get("events", 0)
    last = after["last_event"]
    day = written_day(date.fromisoformat(last)) if last else ""
    if more > 0:
        yield f"{counted(more, 'new event')}, the last on {day}."
    elif more < 0:
        yield f"{counted(-more, 'event')} {'does' if more == -1 else 'do'} not count any more."
    elif not last:
        yield "Nothing has happened yet."
    elif after["points"] < before.get("points", 0):
        yield f"Nothing new since {day}: what happened counts less from day to day."
    else:
        yield f"Nothing new since {day}; the scale was set anew by what other accounts do."


def _people_moved(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    then, now = before.get("people", 0), after.get("people", 0)
    if before and after and then != now:
        yield f"People who had to do with us lately: {then:,} → {now:,}."


def _score(standing: Standing) -> str:
    return f"{(standing.measure or 0) / MEASURE_PARTS:.1f}"


def explained(
    evidence: Evidence,
    situation: Situation[EngagementSegmentation],
    account_id: str,
    standing: Standing,
) -> tuple[str, ...]:
    """Where the points come from, what comes next, up and down, and when the people are best reached."""
    segmentation, today = situation.segmentation, situation.today
    scale = (situation.thresholds or {}).get("scale")
    if scale is None:
        return ("It was not scored yet.",)
    ids = pa.array([account_id], pa.string())
    frames = [one.events for one in evidence.activity(ids, kinds_of(segmentation))]
    events = pd.concat(frames, ignore_index=True)
    found = explain(events, account_id, segmentation, today, float(scale))
    return (
        *_points(found),
        *_machines(found),
        *_ahead(found, standing),
        *_reach(evidence, situation, events),
    )


def _points(found: Explanation) -> Iterator[str]:
    if not found.contributions:
        yield "Nothing that counts has happened yet."
        return
    people = counted(found.people, "person") if found.people == 1 else f"{found.people:,} people"
    added = f", {people} add {found.breadth_points:.1f} of them" if found.breadth_points else ""
    yield (
        f"{found.points:.1f} points{added}; {found.scale:.1f} points score 63 of 100, so it scores "
        f"{found.score:.1f}."
    )
    yield from (_contribution(one) for one in found.contributions)
    for channel in found.channels:
        if channel.counted != channel.points:
            yield (
                f"Of {channel.points:.1f} points by {channel.channel} {channel.counted:.1f} count: the limit "
                f"is {channel.cap:g}."
            )


def _contribution(one: Contribution) -> str:
    times = "once" if one.times == 1 else f"{one.times:,} times"
    name = one.event.replace("_", " ")
    latest = "on" if one.times == 1 else "the last on"
    return f"{one.points:+.1f} points: {name}, {times}, {latest} {written_day(one.last)}."


def _machines(found: Explanation) -> Iterator[str]:
    machines = found.left_out["automatic"]
    if machines:
        verb = "does" if machines == 1 else "do"
        yield f"{counted(machines, 'event')} that machines caused {verb} not count."


def _ahead(found: Explanation, standing: Standing) -> Iterator[str]:
    if found.better is not None:
        ways = " or ".join(_way(one.event, one.times) for one in found.better.ways[:2])
        advice = f": {ways} would do" if ways else ""
        yield (
            f"{found.better.label} begins at {found.better.at_least:g}, {found.better.points:.1f} points "
            f"away{advice}."
        )
    if found.drift is not None and standing.label is not None:
        label = found.drift.label or "without a label"
        yield f"If nothing happens, it is {label} on {written_day(found.drift.day)}."


def _way(event: str, times: int) -> str:
    name = event.replace("_", " ")
    return f"one {name}" if times == 1 else f"{times} times {name}"


def _reach(
    evidence: Evidence, situation: Situation[EngagementSegmentation], events: pd.DataFrame
) -> Iterator[str]:
    week = None if situation.learned is None else situation.learned.body.get("week")
    usual = None if week is None else np.array(week, dtype=np.float64)
    found = best_times(events, situation.segmentation, situation.today, usual)
    first = found.sort_values(["answers", "contact"], ascending=[False, True]).head(MOST_PEOPLE)
    names = evidence.people_named(list(first["contact"]))
    for row in first.to_dict("records"):
        who = names.get(row["contact"], row["contact"])
        yield _best_hour(
            str(who), int(row["weekday"]), int(row["hour"]), int(row["answers"]), row["confidence"]
        )


def _best_hour(who: str, weekday: int, hour: int, answers: int, confidence: str) -> str:
    sure = f"{counted(answers, 'answer')}, {confidence} confidence"
    return f"{who} is best reached on {_DAYS[weekday]} from {hour:02}:00 ({sure})."


ENGAGEMENT = Technique[EngagementSegmentation](
    COLUMNS, scored, _reasons, explained, learns=True, score_some=scored_some
)
