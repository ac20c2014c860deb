"""``python -m benchmarks.permissions``: everything that can be done in Slack, by everybody, everywhere.

Every account of a small organisation bears a word of its own in each of its fields. Each command, button,
form, search and question is done in each role with each scope in each kind of channel, and every payload,
picture, file and error that comes of it is searched for words of accounts that the person does not see
there. 1 when one is found, or when somebody who sees accounts was never told of any.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import repeat
from multiprocessing import get_context
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage

import structlog

from tests.support.canary_world import ASKERS, SCOPES, CanaryWorld
from tests.support.permission_deeds import CHANNELS
from tests.support.permission_matrix import Found, Matrix
from tests.support.permission_surfaces import every_deed
from tests.support.slack_api import recording_slack

SILENT = 50  # critical
LISTED = 20


def main() -> int:
    """Run and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.permissions", description=__doc__)
    parser.add_argument("--roles", nargs="+", default=list(ASKERS), choices=ASKERS)
    parser.add_argument("--scopes", nargs="+", default=list(SCOPES), choices=SCOPES)
    parser.add_argument("--channels", nargs="+", default=list(CHANNELS), choices=list(CHANNELS))
    parser.add_argument("--processes", type=int, default=2, help="each has a world of its own; default 2")
    options = parser.parse_args()
    began = getrusage(RUSAGE_CHILDREN)
    cuts = [(role, scope) for scope in options.scopes for role in options.roles]
    shares = [cuts[first :: options.processes] for first in range(min(options.processes, len(cuts)))]
    with ProcessPoolExecutor(len(shares), get_context("spawn")) as pool:
        parts = list(pool.map(found_by, shares, repeat(options.channels)))
    found = Found(sum(one.combinations for one in parts), [leak for one in parts for leak in one.leaks])
    for one in parts:
        found.told.update(one.told)
    ended = getrusage(RUSAGE_CHILDREN)
    spent = ended.ru_utime + ended.ru_stime - began.ru_utime - began.ru_stime
    told = ", ".join(f"{found.told[role]:,} {role}" for role in options.roles)
    print(
        f"{len(every_deed())} deeds x {len(options.roles)} roles x {len(options.scopes)} scopes x "
        f"{len(options.channels)} kinds of channel: {found.combinations:,} combinations, "
        f"{len(found.leaks)} leaks, {spent:.0f} s of CPU\n  accounts told of: {told}"
    )
    for leak in found.leaks[:LISTED]:
        print(f"  {leak}")
    untold = [role for role in options.roles if role not in {"guest", "stranger"} and not found.told[role]]
    return 1 if found.leaks or untold else 0


def found_by(cuts: Sequence[tuple[str, str]], channels: Sequence[str]) -> Found:
    """Everything done in these roles with these scopes, in a world of its own."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(SILENT))
    with recording_slack() as slack, tempfile.TemporaryDirectory(prefix="permissions-") as folder:
        world = CanaryWorld(Path(folder), slack)
        matrix = Matrix(world)
        for role, scope in cuts:
            found = matrix.run(every_deed(), [role], [scope], channels)
            done = f"{found.combinations:,} combinations, {len(found.leaks)} leaks"
            sys.stderr.write(f"after {role}, {scope}: {done}\n")
        matrix.close()
        world.close()
    return matrix.found


if __name__ == "__main__":
    sys.exit(main())
