"""Commands of the product, each in a process of its own: what they import, and what that costs."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sandbox.slack.serve import running as running_slack
from sandbox.zoho.serve import running as running_zoho
from tests.support.processes import ROOT, Product, install

_SCIENCE = ("pandas", "scipy", "duckdb", "pyspark", "tokenizers")
_WEB = ("uvicorn", "apscheduler", "slack_bolt", "starlette")
_SITES = ("lxml", "extruct", "phonenumbers", "dns", "httpx2", "usaddress", "pyap", "tldextract")
_FILES = ("xlsxwriter", "vl_convert", "prompt_toolkit")
_LANGUAGE = ("spellchecker", "vaderSentiment")
_BESIDE = (*_SCIENCE, *_WEB, *_SITES, *_FILES)
_DATABASE = ("sqlalchemy", "sqlmodel", "alembic", "pyarrow", "numpy", "psycopg")

# Command -> packages that it has no use for. The list is what keeps a command quick and small: an import that
# creeps in anywhere below it fails the test.
NOT_NEEDED: Final[Mapping[tuple[str, ...], tuple[str, ...]]] = {
    ("--help",): (
        *_BESIDE,
        *_DATABASE,
        *_LANGUAGE,
        *("slack_sdk", "requests", "pydantic", "cryptography", "lark", "ruamel", "rapidfuzz", "structlog"),
    ),
    ("sync",): (*_BESIDE, *_LANGUAGE, "slack_sdk", "psycopg"),
    ("ask", "show accounts in healthcare"): (*_BESIDE, "psycopg"),
    ("doctor",): (*_SCIENCE, "uvicorn", "apscheduler", *_SITES, *_FILES, *_LANGUAGE, "psycopg"),
}

_PROGRAM = """
import json, sys, time
from pathlib import Path
report = Path(sys.argv[1])
sys.argv = ["bellwether", *sys.argv[2:]]
try:
    from bot.cli import main
    main()
finally:
    status = Path("/proc/self/status")
    peak = [line for line in status.read_text().splitlines() if "VmHWM" in line] if status.exists() else []
    report.write_text(json.dumps({
        "cpu_seconds": time.process_time(),
        "peak_mb": int(peak[0].split()[1]) / 1024 if peak else 0.0,
        "packages": sorted({name.partition(".")[0] for name in sys.modules}),
    }))
"""


@dataclass(frozen=True)
class Started:
    """What one command was: its exit code and what it complained of, and what it took.

    Attributes:
        cpu_seconds: of the whole process, from its start.
        peak_mb: the most memory that was resident; 0 where the system does not tell.
        packages: top-level names of everything that was imported.
    """

    code: int
    complaint: str
    cpu_seconds: float
    peak_mb: float
    packages: frozenset[str]


def start(product: Product, arguments: tuple[str, ...]) -> Started:
    """Run a command to its end in a fresh interpreter."""
    report = product.directory / "started.json"
    outcome = subprocess.run(
        [sys.executable, "-c", _PROGRAM, str(report), *arguments],
        env={**product.environment, "PYTHONPATH": str(ROOT)},
        cwd=product.directory,
        capture_output=True,
        text=True,
        check=False,
    )
    found = json.loads(report.read_text())
    packages = frozenset(found.pop("packages"))
    return Started(outcome.returncode, outcome.stderr, packages=packages, **found)


@contextmanager
def connected_product(directory: Path) -> Iterator[Product]:
    """An installation that is connected to a Zoho and a Slack on this machine."""
    with running_zoho() as zoho, running_slack() as slack:
        yield install(directory, zoho_url=zoho.base_url, slack_url=slack.base_url)
