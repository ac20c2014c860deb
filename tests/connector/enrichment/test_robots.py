"""What robots.txt lets us read: the groups for us as RFC 9309 has them, and none that fill the memory."""

from __future__ import annotations

import tracemalloc

import pytest

from connector.enrichment.robots import TOKEN, _rules

OURS = "User-agent: *\nDisallow: /a\n\nUser-agent: Bellwether\nDisallow: /b\n"
MERGED = "User-agent: *\nDisallow: /q\n\nUser-agent: x\nDisallow: /\n\nUser-agent: *\nAllow: /q/r"


@pytest.mark.parametrize(
    ("text", "path", "allowed"),
    [
        ("", "/", True),
        ("Disallow: /", "/", True),  # of no agent
        (OURS, "/a", True),
        (OURS, "/b", False),
        (OURS.replace("\n", "\r\n"), "/b", False),
        (OURS.replace("\n", "\r"), "/b", False),
        (OURS.upper().replace("/B", "/b"), "/b", False),
        ("User-agent: bellwether\nDisallow:\n\nUser-agent: *\nDisallow: /", "/x", True),
        ("User-agent: Googlebot\nUser-agent: *\nDisallow: /", "/", False),
        ("User-agent: Googlebot\n\nUser-agent: *\n# all\n\nDisallow: /", "/", False),
        ("User-agent: Googlebot\nDisallow: /", "/", True),
        ("User-agent: Googlebot\nDisallow: /\nUser-agent: *\nDisallow: /q", "/", True),
        ("User-agent: Bellwether/1.0\nDisallow: /", "/", False),
        ("User-agent: bell\nAllow: /\n\nUser-agent: *\nDisallow: /", "/", False),  # another robot's name
        ("User-agent: bellwether-news\nAllow: /\n\nUser-agent: *\nDisallow: /", "/", False),
        ("User-agent: *\nSitemap: https://a.example/s\nDisallow: /q", "/q", False),
        ("User-agent: *\nSitemap: x\nUser-agent: Googlebot\nDisallow: /q", "/q", False),
        ("useragent bellwether # us\ndissallow /q", "/q", False),
        (MERGED, "/q/r", True),
        (MERGED, "/q/s", False),
        ("User-agent: *\nDisallow: /*.pdf$", "/a.pdf", False),
    ],
)  # fmt: skip
def test_the_groups_that_count_are_those_for_us_else_those_for_everybody(
    text: str, path: str, *, allowed: bool
) -> None:
    rules = _rules(text)
    assert rules is not None
    assert rules.can_fetch(f"https://acme.example{path}", TOKEN) is allowed


def test_groups_for_us_are_one_and_their_delay_is_ours() -> None:
    rules = _rules(
        "User-agent: *\nCrawl-delay: 9\n\nUser-agent: BELLWETHER\nDisallow: /a\n\n"
        "User-agent: other\nUser-agent: bellwether\nCrawl-delay: 2.5\nDisallow: /b\n"
    )
    assert rules is not None
    assert rules.crawl_delay(TOKEN) == 2.5
    assert [rules.can_fetch(f"https://acme.example/{one}", TOKEN) for one in "abc"] == [False, False, True]


@pytest.mark.parametrize("agent", ["a*{0}", "bellwether*{0}", "*", "Bellwether"])
def test_rules_are_not_kept_for_every_agent_of_their_group(agent: str) -> None:
    text = "".join(f"useragent:{agent}\n".format(number) for number in range(300))
    text += "".join(f"allow:/${number}/index.html\n" for number in range(300))
    tracemalloc.start()
    try:
        assert _rules(text) is not None
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert most < 2_500_000, "bytes for a text of 10,000"


def test_many_rules_for_others_are_nothing_to_us_and_too_many_for_us_allow_nothing() -> None:
    many = "".join(f"Disallow: /{number}\n" for number in range(5_001))
    assert _rules(f"User-agent: other\n{many}") is not None
    assert _rules(f"User-agent: *\n{many}") is None
