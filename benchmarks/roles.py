"""``python -m benchmarks.roles``: two webs, workers and clocks, killed at random while Slack misbehaves.

Purchases in a sandbox CRM change labels; each change is an alert. Processes of a random role get SIGKILL at
random moments and are started again, and Slack answers 429 and 500, hangs up, loses its answer, or answers
after the product has stopped waiting. Then each message is looked for in Slack. 1 when one is lost or double.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from tests.support.postgres import running_postgres
from tests.support.role_run import Counts, role_run

ACCOUNTS = 60


def main() -> int:
    """Run and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.roles", description=__doc__)
    parser.add_argument("--kills", type=int, default=300, help="for each database; default %(default)s")
    parser.add_argument("--changes", type=int, default=2_000, help="of labels; default %(default)s")
    parser.add_argument("--databases", nargs="+", default=["sqlite", "postgresql"])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--pause", type=float, nargs=2, default=(2, 4), help="seconds between two kills")
    options = parser.parse_args()
    wrong = 0
    for kind in options.databases:
        with ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="roles-")))
            url = f"sqlite:///{folder}/roles.sqlite"
            if kind == "postgresql":
                server = stack.enter_context(running_postgres(()))
                server.execute("CREATE DATABASE roles")
                url = server.url("roles")
            run = stack.enter_context(role_run(folder, url, options.seed))
            run.prepare(ACCOUNTS)
            counts = run.go(options.changes, options.kills, tuple(options.pause))
            wrong += counts.lost + counts.doubled
            print(said(kind, counts), flush=True)
    return 1 if wrong else 0


def said(kind: str, counts: Counts) -> str:
    """The counts in words."""
    kills = ", ".join(f"{number} {role}" for role, number in sorted(counts.kills.items()))
    mishaps = ", ".join(f"{number} {name}" for name, number in sorted(counts.mishaps.items()))
    return (
        f"{kind}: {counts.changes:,} label changes, {sum(counts.kills.values())} kills ({kills}), "
        f"{sum(counts.mishaps.values())} mishaps of Slack ({mishaps}), {counts.seconds:,.0f} s:\n"
        f"  {counts.alerts:,} alerts, {counts.posted:,} messages posted, {counts.posted_while_killed:,} "
        f"before the last kill: {counts.lost} lost, "
        f"{counts.doubled} doubled; {counts.withdrawn} withdrawn for a later one; "
        f"{counts.untold} changes without an alert\n"
        f"  {counts.slots:,} slots of the clock done, {counts.slots_done_twice} twice"
    )


if __name__ == "__main__":
    sys.exit(main())
