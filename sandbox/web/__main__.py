"""``python -m sandbox.web --port P --authority FILE``."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from sandbox.web.serve import serve


def main() -> int:
    """Read the options and serve."""
    parser = argparse.ArgumentParser(prog="bellwether sandbox web", description="Sites on this machine.")
    parser.add_argument("--port", type=int, default=8703, help="default %(default)s; 0 takes a free one")
    parser.add_argument("--authority", type=Path, required=True, help="where to write whom visitors trust")
    options = parser.parse_args()
    return serve(options.port, options.authority)


if __name__ == "__main__":
    sys.exit(main())
