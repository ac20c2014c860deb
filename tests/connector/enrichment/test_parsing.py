"""Pages that break their parser break one process, and the next page is read by another."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import pytest

from connector.enrichment.parsing import ParsingLimits, ParsingProcesses, Readers, TooHard
from connector.enrichment.values import Company, Page, Site, SiteReading
from tests.support.hostile_answers import PAGES

TINY = Readers(
    "tests.connector.enrichment.tiny_readers:read_site",
    "tests.connector.enrichment.tiny_readers:pages_to_read",
)
ACME = Company("1", "Acme")


def read(parsing: ParsingProcesses, html: str) -> SiteReading:
    with parsing.turn() as process:
        return process.read_site(ACME, site(html))


def site(html: str) -> Site:
    return Site((Page("http://acme.example/", html),), ("mx.acme.example",), ("v=spf1",))


@pytest.fixture(scope="module")
def parsing() -> Iterator[ParsingProcesses]:
    with ParsingProcesses(TINY, ParsingLimits(seconds=1.0, memory_mb=400), processes=1) as made:
        yield made


def test_one_process_reads_site_after_site_until_one_breaks_it(
    parsing: ParsingProcesses, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET", "of the product")
    first, second = (read(parsing, f"Acme {one} tel:+4930123{one}") for one in range(2))
    assert first.names == second.names, "the same process"
    assert first.names[1:] == ("", "mx.acme.example", "v=spf1", ""), "nothing of our surroundings"
    assert (first.proposals[0].value, second.proposals[0].value) == ("+49301230", "+49301231")
    for harm in ("HANG", "EAT", "DIE"):
        with pytest.raises(TooHard):
            read(parsing, f"Acme {harm}")
        assert read(parsing, "Acme").is_company
    assert read(parsing, "Acme").names[0] != first.names[0]


@pytest.mark.parametrize("limits", [ParsingLimits(cpu_seconds=0.3, seconds=600), ParsingLimits(600, 0.5)])
def test_a_task_has_an_end_by_the_processor_and_by_the_clock(limits: ParsingLimits) -> None:
    with ParsingProcesses(TINY, limits, processes=1) as parsing:
        with pytest.raises(TooHard):
            read(parsing, "Acme HANG")
        assert read(parsing, "Acme").is_company


def test_pages_are_chosen_there_too(parsing: ParsingProcesses) -> None:
    page = Page("http://acme.example/", '<a href="contact"><a href="http://other.example/é">')
    with parsing.turn() as process:
        found = process.pages_to_read(page)
    assert found == ("http://acme.example/contact", "http://other.example/é")


def test_pages_hostile_to_parsers_end_within_the_limit() -> None:
    lxml = Readers("tests.connector.enrichment.tiny_readers:parse_with_lxml", TINY.pages)
    with ParsingProcesses(lxml, ParsingLimits(cpu_seconds=0.7), processes=1) as parsing:
        read(parsing, "<p>warm")
        for name, page in PAGES.items():
            with contextlib.suppress(TooHard):
                assert int(read(parsing, page().decode()).names[0]) <= 1_100_000, name
        assert read(parsing, "<p>as before").names == ("9",)


def test_half_a_character_of_a_page_is_no_reason_to_lose_its_site() -> None:
    odd = Readers("tests.connector.enrichment.tiny_readers:half_a_pair", TINY.pages)
    with ParsingProcesses(odd, processes=1) as parsing:
        assert read(parsing, "Acme").names == ("half ? of a pair",)


def test_a_reader_that_is_not_there_is_our_fault_not_the_pages() -> None:
    with (
        ParsingProcesses(Readers("no.such:reader", TINY.pages), processes=1) as parsing,
        pytest.raises(RuntimeError, match="does not start"),
    ):
        read(parsing, "Acme")
