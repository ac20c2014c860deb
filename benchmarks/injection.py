"""``python -m benchmarks.injection``: hostile values in every field of everything that is sent to Slack.

Each of the known payloads, and so many seeded random values, goes through every builder of messages, modals
and pages; what comes out is read as Slack reads it. Prints the counts; 1 when anything is active or refused.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections import Counter

from bot.slack.views.limits import Surface
from tests.support.hostile_views import everything
from tests.support.injection import LARGE, PAYLOADS, problems, random_value

SHOWN = 20


def main() -> int:
    """Run and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.injection", description=__doc__)
    parser.add_argument("--strings", type=int, default=10_000, help="random values; default %(default)s")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    chance, began = random.Random(options.seed), time.process_time()
    values = [*PAYLOADS, *(random_value(chance) for _ in range(options.strings))]
    sent: Counter[Surface] = Counter()
    wrong = 0
    for number, value in enumerate([*values, *LARGE]):
        for one in everything(value, many=2 if number < len(values) else 150):
            sent[one.surface] += 1
            for problem in problems(one, value):
                wrong += 1
                if wrong <= SHOWN:
                    sys.stderr.write(f"{value!a:.80}: {problem}\n")
    counts = ", ".join(f"{many:,} {surface}s" for surface, many in sent.items())
    print(
        f"{len(PAYLOADS)} known payloads and {options.strings:,} random values (seed {options.seed}): "
        f"{sum(sent.values()):,} payloads to Slack ({counts}), {wrong:,} problems, "
        f"{time.process_time() - began:.0f} s of CPU"
    )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
