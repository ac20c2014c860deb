"""``python -m benchmarks.starting``: what each command costs before it does anything, against bare Python.

Each command is a process of its own on the small organisation of the sandbox, read and scored before:
``sync`` finds nothing to do. CPU is of the whole process, the ratio is to ``python -c pass`` in the same
round, memory is the most that was resident. Figures are medians.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path
from statistics import median

from tests.support.starting import NOT_NEEDED, Started, connected_product, start


def main() -> int:
    """Measure and print; 1 when a command failed or imported what it does not need."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.starting", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="default %(default)s")
    options = parser.parse_args()
    found: dict[str, list[Started]] = defaultdict(list)
    bare: list[float] = []
    with (
        tempfile.TemporaryDirectory(prefix="starting-") as directory,
        connected_product(Path(directory)) as product,
    ):
        start(product, ("sync",))
        start(product, ("score",))
        for _round in range(options.rounds):
            bare.append(_bare_seconds())
            for arguments in NOT_NEEDED:
                found[" ".join(arguments)].append(start(product, arguments))
    print("| command | CPU s | of bare Python | peak MB | imported in vain |\n|---|---:|---:|---:|---|")
    failed = False
    for arguments, forbidden in NOT_NEEDED.items():
        runs = found[" ".join(arguments)]
        in_vain = sorted(runs[0].packages & set(forbidden))
        failed = failed or bool(in_vain) or any(one.code for one in runs)
        ratio = median(one.cpu_seconds / least for one, least in zip(runs, bare, strict=True))
        seconds, peak = (median(getattr(one, name) for one in runs) for name in ("cpu_seconds", "peak_mb"))
        name = " ".join(arguments)
        print(f"| {name} | {seconds:.2f} | {ratio:.0f} | {peak:.0f} | {', '.join(in_vain)} |")
    return int(failed)


def _bare_seconds() -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-c", "pass"], check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


if __name__ == "__main__":
    sys.exit(main())
