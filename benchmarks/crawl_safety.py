"""What hostile websites cost: seconds and memory until the crawler is done with each.

    python -m benchmarks.crawl_safety

A server on this machine gives eleven answers that mean harm. A crawler with the product's own limits visits
each as the website of a company, in a process of its own, so that the peak of its memory and that of its
parsing process are this answer's; then twenty such companies at once. An answer that drips ends by the time
limit of a page, 15 seconds. It fails when a visit takes longer than its limits allow, or more than 300 MB.

``--plain`` parses with lxml alone instead of the product's extraction.
"""

from __future__ import annotations

import argparse
import importlib
import multiprocessing
import resource
import sys
import time
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from connector.enrichment.crawling import Crawler
from connector.enrichment.fetching import Limits
from connector.enrichment.parsing import ParsingLimits, ParsingProcesses, Readers
from connector.enrichment.values import Company, Page, Site, SiteReading
from tests.support.hostile_answers import FETCHED, PAGES, answer
from tests.support.local_web import Asked, LocalWeb, LoopbackResolver, response

MEMORY_MB: Final = 300
SPARE_SECONDS: Final = 8.0  # to start the parsing process, on a machine that is busy
PLAIN: Final = Readers("benchmarks.crawl_safety:read_plainly", "benchmarks.crawl_safety:no_pages")
NAMES: Final = (*FETCHED, *PAGES)


def read_plainly(company: Company, site: Site) -> SiteReading:
    """What lxml makes of the home page; nothing is proposed."""
    text = _parsed(site.pages[0]).text_content()
    return SiteReading(is_company=company.name in text, names=(), likeness=0)


def no_pages(page: Page) -> tuple[str, ...]:
    """None are worth reading, once the page is parsed."""
    _parsed(page)
    return ()


def _parsed(page: Page) -> Any:
    # Imported by the parsing process alone.
    return importlib.import_module("lxml.html").document_fromstring(page.html)


def visited(port: int, names: tuple[str, ...], readers: Readers) -> tuple[Counter[str], float, float, float]:
    """The outcomes of companies with these websites; seconds, and peaks of memory in MB, here and parsing."""
    parsing = ParsingProcesses(readers, processes=2 if len(names) > 1 else 1)
    resolver = LoopbackResolver(port)
    companies = [
        Company(str(number), "Acme", f"http://{number}.example/{name.replace(' ', '%20')}")
        for number, name in enumerate(names)
    ]
    began = time.perf_counter()
    with Crawler(resolver, lambda: datetime.now(UTC), parsing=parsing) as crawler:
        outcomes = Counter(reading.reason for reading in crawler.read(companies))
    seconds = time.perf_counter() - began
    children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    return outcomes, seconds, peak_mb(), children


def peak_mb() -> float:
    """The most memory that this process had; ``ru_maxrss`` counts that of its parent."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1]) / 1024


def measured(
    web: LocalWeb, title: str, names: tuple[str, ...], readers: Readers, most_seconds: float
) -> bool:
    """Run in a process of its own, and print; whether it kept within the limits."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        outcomes, seconds, here, parsing = pool.apply(visited, (web.port, names, readers))
    good = seconds <= most_seconds and max(here, parsing) <= MEMORY_MB
    ended = "; ".join(f"{count} x {said}" if count > 1 else said for said, count in outcomes.items())
    mark = "" if good else "  OVER"
    print(f"{title:<22} {seconds:>6.1f} s {here:>5.0f} MB {parsing:>5.0f} MB  {ended}{mark}")
    sys.stdout.flush()
    return good


def main() -> None:
    """Serve, and visit."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--plain", action="store_true", help="parse with lxml alone")
    readers = PLAIN if parser.parse_args().plain else Readers()

    def answers(asked: Asked) -> Iterable[bytes]:
        name = asked.url.partition("/")[2].replace("%20", " ")
        return answer(web, name) if name in NAMES else [response(b"", status="404 Not Found")]

    web = LocalWeb(answers)
    # Its page, and the two parsings of it.
    most = Limits().page_seconds + 2 * ParsingLimits().seconds + SPARE_SECONDS
    print(f"{'answer':<22} {'time':>8} {'crawler':>8} {'parser':>8}  ended")
    good = [measured(web, name, (name,), readers, most) for name in NAMES]
    twenty = (NAMES * 2)[:20]
    # Those that break the parser wait for each other.
    good.append(measured(web, "twenty at once", twenty, readers, most + 5 * 2 * ParsingLimits().seconds))
    web.close()
    sys.exit(0 if all(good) else 1)


if __name__ == "__main__":
    main()
