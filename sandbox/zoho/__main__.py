"""``python -m sandbox.zoho --port P [--clock-file F]``."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from sandbox.zoho.serve import serve


def main() -> int:
    """Read the options and serve."""
    parser = argparse.ArgumentParser(prog="bellwether sandbox zoho", description="A Zoho on this machine.")
    parser.add_argument("--port", type=int, default=8701, help="default %(default)s; 0 takes a free one")
    parser.add_argument("--clock-file", type=Path, help="a file with seconds to add to the present")
    options = parser.parse_args()
    return serve(options.port, options.clock_file)


if __name__ == "__main__":
    sys.exit(main())
