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
from pathlib import Path

import structlog

from tests.support.canary_world import ASKERS, SCOPES, CanaryWorld
from tests.support.permission_deeds import CHANNELS
from tests.support.permission_matrix import Matrix
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
    options = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(SILENT))
    with recording_slack() as slack, tempfile.TemporaryDirectory(prefix="permissions-") as folder:
        world = CanaryWorld(Path(folder), slack)
        matrix = Matrix(world)
        found = matrix.run(every_deed(), options.roles, options.scopes, options.channels)
        matrix.close()
        world.close()
    told = ", ".join(f"{found.told[role]:,} {role}" for role in options.roles)
    print(
        f"{len(every_deed())} deeds x {len(options.roles)} roles x {len(options.scopes)} scopes x "
        f"{len(options.channels)} kinds of channel: {found.combinations:,} combinations, "
        f"{len(found.leaks)} leaks\n  accounts told of: {told}"
    )
    for one in found.leaks[:LISTED]:
        print(f"  {one}")
    untold = [role for role in options.roles if role not in {"guest", "stranger"} and not found.told[role]]
    return 1 if found.leaks or untold else 0


if __name__ == "__main__":
    sys.exit(main())
