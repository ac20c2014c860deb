"""``python -m benchmarks.bulk_enrichment``: a batch in a worker that is killed, and every account is counted.

A CRM of this machine has 500 accounts, and a web of this machine their sites, a third of which fail, in
sixteen ways. A real worker works on a batch of them all and gets SIGKILL again and again: at a moment of
chance while it visits sites, or just after it has asked the CRM to change accounts. Meanwhile people fill
fields by hand. Then it is counted: each account once, with the reason that its site has; the values of people
that are not there any more; sites that were visited by more than one process; and how many accounts a killed
worker had in its hands, which are left for another batch. It fails when a count is wrong.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from bot.app.enriching_work import HANDED_AT_ONCE
from tests.support.killed_enriching import VISITING, WRITING, Ended, killed_enriching


def main() -> int:
    """Run and print; 1 when an account is counted wrongly."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.bulk_enrichment", description=__doc__)
    parser.add_argument("--accounts", type=int, default=500)
    parser.add_argument("--kills", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=900, help="to wait for each kill and for the end")
    options = parser.parse_args()
    chance = random.Random(options.seed)
    moments = [chance.choice((VISITING, WRITING)) for _ in range(options.kills)]
    began = time.perf_counter()
    with (
        tempfile.TemporaryDirectory(prefix="bulk-") as folder,
        killed_enriching(Path(folder), options.accounts, options.seed) as world,
    ):
        ended = world.run(moments, chance, options.seconds)
        failing = sum(one != "found" for one in ended.expected.values())
    seconds = time.perf_counter() - began
    print(f"{options.accounts} accounts, {failing} of whose sites fail; killed while {', '.join(moments)}")
    print(f"{seconds:,.0f} s in all, {ended.fetches:,} fetches")
    for reason, number in Counter(one["reason"] for one in ended.accounts).most_common():
        if not reason.startswith("Filled"):
            print(f"  {number:>4}  {reason}")
    print(f"  {ended.batch['counts']['found']:>4}  were enriched: {ended.batch['fields']}")
    wrong = ended.wrong(HANDED_AT_ONCE * options.kills)
    for one in wrong:
        print(f"  WRONG: {one}")
    print(_line(ended, options.accounts))
    return 1 if wrong else 0


def _line(ended: Ended, accounts: int) -> str:
    return (
        f"counted once: {sum(ended.batch['counts'].values())} of {accounts}; overwritten fields: "
        f"{len(ended.overwritten)}; sites visited twice: {len(ended.twice)}; left by kills: "
        f"{len(ended.interrupted)}"
    )


if __name__ == "__main__":
    sys.exit(main())
