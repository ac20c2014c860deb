"""One measurement in a fresh process: ``python -m benchmarks.child WHAT BASE_URL DATABASE OPTIONS``.

Prints rows, seconds, the seconds of this process's CPU, and memory: idle after all is imported, and the peak.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from benchmarks import peers, references
from benchmarks.product import product
from connector.memory import keep_pandas_out

REFERENCES: Mapping[str, Callable[[str, str], int]] = {
    "reference pages sqlite": references.pages_to_sqlite,
    "reference pages postgresql": references.pages_to_postgresql,
    "reference bulk sqlite": references.bulk_to_sqlite,
    "reference bulk postgresql": references.bulk_to_postgresql,
}


def main() -> None:
    """Measure."""
    what, base_url, database, options = sys.argv[1], sys.argv[2], sys.argv[3], json.loads(sys.argv[4])
    if what == "product":
        keep_pandas_out()  # as ``bellwether sync`` does
    idle, cpu, began = peak_mb(), time.process_time(), time.perf_counter()
    if what in REFERENCES:
        found: dict[str, Any] = {"rows": REFERENCES[what](base_url, database)}
    elif what == "sdk":
        found = {"rows": peers.sdk_to_sqlite(base_url, database, options["rows"])}
    else:
        found = product(base_url, database, **options)
    seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
    json.dump({**found, "seconds": seconds, "cpu": cpu, "idle_mb": idle, "peak_mb": peak_mb()}, sys.stdout)


def peak_mb() -> float:
    """The most memory that this program had; Linux counts that of its parent into ``ru_maxrss``."""
    status = Path("/proc/self/status")
    if status.exists():
        peak = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(peak.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
