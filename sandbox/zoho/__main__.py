"""``python -m sandbox.zoho --port P [--clock-file F] [--accounts N --deals M --seed S --fields F …]``."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from sandbox.zoho.serve import serve
from sandbox.zoho.specification import OrganisationSpec


def main() -> int:
    """Read the options and serve."""
    parser = argparse.ArgumentParser(prog="bellwether sandbox zoho", description="A Zoho on this machine.")
    parser.add_argument("--port", type=int, default=8701, help="default %(default)s; 0 takes a free one")
    parser.add_argument("--clock-file", type=Path, help="a file with seconds to add to the present")
    size = parser.add_argument_group("a generated organisation", "instead of Maven Hardware")
    size.add_argument("--accounts", type=int, help="how many accounts")
    size.add_argument("--deals", type=int, help="how many deals")
    size.add_argument("--contacts", type=int, help="how many contacts; as many as accounts when not given")
    size.add_argument("--products", type=int, default=50, help="how many products; default %(default)s")
    size.add_argument("--seed", type=int, default=1, help="other numbers, other records; default %(default)s")
    size.add_argument("--fields", type=int, default=0, help="custom fields more in accounts, contacts, deals")
    options = parser.parse_args()
    try:
        organisation = _specification(options)
    except ValueError as error:
        parser.error(str(error))
    return serve(options.port, options.clock_file, organisation=organisation)


def _specification(options: argparse.Namespace) -> OrganisationSpec | None:
    """The wanted size; None when neither accounts nor deals are given."""
    if options.accounts is None and options.deals is None and options.contacts is None:
        return None
    return OrganisationSpec(
        options.accounts or 0,
        options.deals or 0,
        options.contacts,
        options.products,
        options.seed,
        options.fields,
    )


if __name__ == "__main__":
    sys.exit(main())
