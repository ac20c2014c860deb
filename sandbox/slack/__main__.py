"""``python -m sandbox.slack``: a Slack on this machine."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from sandbox.slack.serve import serve


def main() -> int:
    """Read the options and serve."""
    parser = argparse.ArgumentParser(prog="bellwether sandbox slack", description="A Slack on this machine.")
    parser.add_argument("--port", type=int, default=8700, help="port on 127.0.0.1 (default %(default)s)")
    parser.add_argument("--manifest", type=Path, help="the app's manifest; without one, the app may do all")
    parser.add_argument("--zoho", metavar="URL", help="the sandbox's Zoho, for the page's panel")
    parser.add_argument("--clock-file", type=Path, help="a file with seconds to add to the present")
    options = parser.parse_args()
    return serve(options.port, options.manifest, options.zoho, options.clock_file)


if __name__ == "__main__":
    sys.exit(main())
