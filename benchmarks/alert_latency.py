"""``python -m benchmarks.alert_latency``: how long after a change in Zoho its alert stands in Slack.

Purchases in a sandbox CRM change labels, and real processes (web, worker, clock, SQLite) tell of each. First
one change after the other: where Zoho notifies the web process and nobody polls for an hour, then where
nobody notifies and Zoho is polled. Before each change a random pause, so that it meets any moment of the
product's rhythm. Then many changes at once, by notification: an alert each, or one summary of a run that has
more of them than the route's ``flood``. 1 when a change is told nowhere or twice.
"""

from __future__ import annotations

import argparse
import sys
import time
from bisect import bisect_left
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import numpy as np
import requests

from benchmarks.told_changes import await_sent, buy, posted, refused_for_pace, rows, running, told
from tests.support.processes import await_that
from tests.support.role_run import RoleRun

AN_HOUR = 3600  # seconds: the longest pause between polls that there is
NOTIFIED_PAUSE = 6.0  # seconds: twice of what the feed gathers between two jobs
BUYERS = 16  # threads
JITTER = 0.02  # seconds between Slack's check of the pace and its stamp on the message


def one_by_one(run: RoleRun, count: int, longest_pause: float) -> list[float]:
    """Seconds from each change to the alert's own stamp in Slack."""
    found = requests.get(f"{run.zoho}/_sandbox/accounts", params={"by": "won"}, timeout=60).json()
    names = {one["id"]: str(one["name"]) for one in found}
    taken = []
    for account in run.accounts[:count]:
        time.sleep(run.chance.uniform(0, longest_pause))
        began = time.time()
        buy(run, account)
        with suppress(TimeoutError):  # it is then among the lost
            taken.append(_alerted_at(run, names[account], began) - began)
    return taken


def _alerted_at(run: RoleRun, name: str, since: float) -> float:
    seen: list[float] = []

    def stands() -> bool:
        seen.extend(one.at for one in posted(run) if one.at >= since and name in one.words)
        return bool(seen)

    await_that(stands, 120, f"an alert of {name}")
    return seen[0]


def at_once(run: RoleRun, count: int) -> tuple[float, list[float]]:
    """Seconds until the last of many purchases was made, and until each message was posted."""
    began = time.time()
    with ThreadPoolExecutor(BUYERS) as buyers:
        list(buyers.map(lambda account: buy(run, account), run.accounts[:count]))
    arrived = time.time() - began
    changes = "SELECT count(*) FROM label_change WHERE NOT baseline"
    with suppress(TimeoutError):  # what is missing then is among the lost
        await_that(lambda: rows(run, changes)[0][0] >= count, 600, f"{count} label changes")
        await_sent(run, 300 + 2 * count)
    return arrived, [one.at - began for one in posted(run) if one.at >= began]


def busiest_second(at: Sequence[float]) -> int:
    """The most messages in any second, but for the jitter of the stamps."""
    ordered = sorted(at)
    return max(
        (bisect_left(ordered, one + 1 - JITTER) - place for place, one in enumerate(ordered)), default=0
    )


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.alert_latency", description=__doc__)
    parser.add_argument("--changes", type=int, default=20, help="one after the other; default %(default)s")
    parser.add_argument("--poll", type=int, default=10, help="seconds between polls; default %(default)s")
    parser.add_argument("--burst", type=int, default=1_000, help="changes at once; default %(default)s")
    parser.add_argument("--flood", type=int, default=20, help="the route's, at most 500; default %(default)s")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    wrong = 0
    print("| changes | told of by | median s | p95 s | longest s | lost | doubled |")
    print("|---:|---|---:|---:|---:|---:|---:|")
    ways = (("notification", AN_HOUR, NOTIFIED_PAUSE), (f"poll each {options.poll} s", options.poll, None))
    for name, poll, pause in ways if options.changes else ():
        notified = pause is not None
        with running(options.changes, options.flood, options.seed, poll, notified=notified) as run:
            taken = np.array(one_by_one(run, options.changes, pause or poll) or [np.nan])
            became = told(run, options.changes)
        middle, late = np.percentile(taken, (50, 95))
        wrong += became.lost + became.doubled
        cells = f"{middle:.2f} | {late:.2f} | {taken.max():.2f} | {became.lost} | {became.doubled}"
        print(f"| {options.changes} | {name} | {cells} |", flush=True)
    if options.burst:
        wrong += _burst(options)
    return 1 if wrong else 0


def _burst(options: argparse.Namespace) -> int:
    with running(options.burst, options.flood, options.seed, AN_HOUR, notified=True) as run:
        arrived, at = at_once(run, options.burst)
        became, refused = told(run, options.burst), refused_for_pace(run)
    last = max(at, default=0)
    print(
        f"{options.burst:,} changes within {arrived:.1f} s, flood {options.flood}: the last is told after "
        f"{last:.1f} s; {became.alerts:,} by an alert, {became.summed_up:,} in {len(at) - became.alerts} "
        f"summaries: {became.lost} lost, {became.doubled} doubled\n"
        f"  {len(at):,} messages to one channel, {len(at) / max(last, 1):.2f} a second, at most "
        f"{busiest_second(at)} in any second; {refused} refused by Slack for the pace"
    )
    return became.lost + became.doubled


if __name__ == "__main__":
    sys.exit(main())
