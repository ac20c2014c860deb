"""No address that a stranger gives leads to a connection to this network: judged at ``connect``."""

from __future__ import annotations

import contextlib
import json
import os
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from connector.enrichment.fetching import Fetcher, Limits
from connector.enrichment.not_fetched import NotFetched, Why
from connector.enrichment.public_addresses import checked_url
from connector.enrichment.resolving import PublicResolver
from tests.support.local_web import Asked, Connections, LocalDns, LocalWeb, response

CHECKOUT = Path(__file__).resolve().parents[3]
VECTORS = Path(os.environ.get("SSRF_VECTORS", CHECKOUT.parent / "shared" / "data" / "ssrf-vectors.json"))
OF_ADDRESSES = {"ip-literal", "ipv6-literal", "internal-name", "unicode-host", "dns-answer", "dns-rebinding"}
OF_ADDRESSES |= {"redirect", "parser-confusion", "scheme", "port", "control"}
# The only places that anything may connect to: what the names below say, and a public literal.
V4, OTHER, V6 = "93.184.215.14", "93.184.215.15", "2606:2800:21f:cb07:6820:80da:af6b:8b2c"
PUBLIC = {V4, OTHER, V6}
NAMES: dict[str, list[Any]] = {
    "public.test": [V4],
    "other.test": [OTHER],
    "xn--bcher-kva.test": [V4],
    "six.test": [V6],
    "inside.test": ["10.1.2.3"],
    "mixed.test": [V4, "192.168.0.1"],
    "mixed6.test": [V4, "fe80::1"],
    "nat64.test": ["64:ff9b::7f00:1"],
    "azure.test": ["168.63.129.16"],
    "nothing.test": [],
    "localhost": ["127.0.0.1"],
    "intranet": [V4],
    "db.internal": [V4],
    "127.0.0.1.public.test": ["127.0.0.1"],
}
REFUSED = (
    # IPv4 in every notation that some resolver takes
    *(
        f"http://{host}/"
        for host in ("127.0.0.1", "127.000.0.1", "0x7f000001", "0x7F.1", "0177.1", "127.0.1")
    ),
    *(f"http://{host}/" for host in ("0", "0.0.0.0", "4294967295", "0x0", "00.0.0.0", "1.1", "93.184.55054")),
    *(
        f"http://{host}./"
        for host in ("127.0.0.1", "10.0.0.1", "169.254.169.254", "192.168.0.1", "1.2.3.0x4")
    ),
    *(f"https://{host}/" for host in ("100.127.255.255", "172.31.0.1", "192.31.196.1", "192.52.193.1")),
    *(
        f"https://{host}/"
        for host in ("192.175.48.1", "198.19.255.255", "203.0.113.9", "240.0.0.1", "239.1.1.1")
    ),
    # IPv6
    *(f"http://[{host}]/" for host in ("::", "::1", "::127.0.0.1", "::ffff:10.0.0.1", "::ffff:0:127.0.0.1")),
    *(
        f"http://[{host}]/"
        for host in ("2002:7f00:1::", "2001:db8::1", "2001::1", "2620:4f:8000::1", "3fff:0:1::")
    ),
    *(
        f"http://[{host}]/"
        for host in ("4000::1", "fec0::1", "100::1", "fe80::1%25lo", "2606:2800::1%25lo", "1.2.3.4")
    ),
    # names
    *(f"http://{name}/" for name in ("inside.test", "mixed.test", "mixed6.test", "nat64.test", "azure.test")),
    *(f"http://{name}/" for name in ("nothing.test", "no.such.test", "localhost", "intranet", "db.internal")),
    *(
        f"http://{name}/"
        for name in ("a.localhost", "x.lan", "y.onion", "z.home.arpa", "127.0.0.1.public.test")
    ),
    *(
        f"http://{name}/"
        for name in ("pub_lic.test", "public..test", ".public.test", "public.test..", "xn--\u00fc.test")
    ),
    *(
        f"http://{name}/"
        for name in ("public%2etest", "public.test%2f@127.0.0.1", "\uff11\uff12\uff17.0.0.1", "127。0。0。1")
    ),
    # what parsers disagree about
    *("http://127.0.0.1#@public.test/", "http://127.0.0.1?@public.test/", "http:/public.test/"),
    *(
        "//public.test/",
        "http://@public.test/",
        "http://public.test:@127.0.0.1/",
        "http://public.test&@127.0.0.1/",
    ),
    *(
        "http://public.test/\\@127.0.0.1/",
        "http://public.test/a b",
        "http://public.test\t/",
        "http://public.test\u2028/",
        "http://pub lic.test/",
        "http://[::1]public.test/",
    ),
    *(
        "HTTP://user:password@public.test/",
        "http://public.test:\uff18\uff10\uff18\uff10/",
        "http://public.test:8e1/",
        "\ud800",
    ),
    *("file:///etc/passwd", "httpx://public.test/", "data:text/html,x", "", "n/a", "http://?", "https://#x"),
    *(
        "http://public.test:8080/",
        "https://public.test:8443/",
        "http://public.test:65616/",
        "http://public.test:-80/",
    ),
)
ALLOWED = (
    *(
        "http://public.test/",
        "HTTPS://PUBLIC.TEST./a",
        "http://public.test:443/",
        "https://public.test?x=http://10.0.0.1/",
    ),
    *(
        "http://b\u00fccher.test/",
        f"http://{V4}/",
        f"http://[{V6}]/",
        "http://six.test/",
        "http://public.test:/",
        "http://public.test#@127.0.0.1:80@10.0.0.1/",
    ),
)


@pytest.fixture(scope="module")
def names() -> Iterator[LocalDns]:
    served = LocalDns()
    yield served
    served.close()


@pytest.fixture(scope="module")
def web() -> Iterator[LocalWeb]:
    served = LocalWeb(answers)
    yield served
    served.close()


REDIRECTS = {"location": ""}


def answers(asked: Asked) -> Iterator[bytes]:
    """``redir.test`` redirects to where the test says; other hosts have a page."""
    location = REDIRECTS["location"]
    if not asked.url.startswith("redir.test"):
        yield response(b"<html>a page", "Refresh: 0;url=http://127.0.0.1/")
    elif "{n+1}" in location:
        here = asked.url.rpartition("/")[2]
        yield response(
            b"", "Location: " + location.replace("{n+1}", str(int(here or 0) + 1)), status="302 Found"
        )
    else:
        yield response(b"", *([f"Location: {location}"] if location != "none" else []), status="302 Found")


@pytest.fixture
def connections(monkeypatch: pytest.MonkeyPatch) -> Connections:
    record = Connections()
    record.watch(monkeypatch)
    return record


def fetcher(names: LocalDns) -> Fetcher:
    return Fetcher(PublicResolver(names.client()), "Bellwether", Limits(page_seconds=0.7))


def why_not(one: Fetcher, url: str) -> Why | None:
    try:
        one.fetch(url)
    except NotFetched as failure:
        return failure.why
    return None


def breaches(record: Connections) -> list[tuple[str, int]]:
    return [(host, port) for host, port in record.tried if host not in PUBLIC or port not in {80, 443}]


def test_no_form_of_an_address_leads_inside(names: LocalDns, connections: Connections) -> None:
    names.names = dict(NAMES)
    one = fetcher(names)
    assert len(REFUSED) >= 60
    for url in REFUSED:
        assert why_not(one, url) in {Why.NOT_AN_ADDRESS, Why.NOT_PUBLIC, Why.NO_SUCH_NAME}, url
        assert connections.tried == [], url
    for url in ALLOWED:
        assert why_not(one, url) is Why.NO_ANSWER, url  # nobody is there, but it was tried
        assert connections.tried, url
        assert breaches(connections) == [], url
        connections.tried.clear()


def test_what_is_no_address_is_known_before_any_look_up() -> None:
    """A resolver of the demo's refuses nothing: names alone are its matter."""
    passed = set()
    for url in REFUSED:
        with contextlib.suppress(NotFetched):
            passed.add(checked_url(url).host)
    assert passed == {
        *(
            "inside.test",
            "mixed.test",
            "mixed6.test",
            "nat64.test",
            "azure.test",
            "nothing.test",
            "no.such.test",
        ),
        "127.0.0.1.public.test",
    }


def test_redirects_lead_inside_as_little(names: LocalDns, web: LocalWeb, connections: Connections) -> None:
    names.names = {**NAMES, "redir.test": [V4]}
    connections.web = web
    one = fetcher(names)
    for location in (*REFUSED, "//127.0.0.1/", "http://public.test/%0D%0Ax", "/", "http://redir.test"):
        if not location.isprintable():
            continue  # no header holds it
        REDIRECTS["location"] = location
        found = why_not(one, "http://redir.test/")
        assert breaches(connections) == [], location
        joined = location in {"http://@public.test/", "http://public.test/a b"}  # without what was wrong
        good = joined or not location.startswith("http")
        assert found is not None or good, location
    REDIRECTS["location"] = "http://other.test/a#b"
    assert str(one.fetch("http://redir.test/").url) == "http://other.test/a"


def test_a_name_that_changes_its_answer_is_asked_once_for_each_connection(
    names: LocalDns, web: LocalWeb, connections: Connections
) -> None:
    names.names = {"rebind.test": [[V4], ["127.0.0.1"]]}
    names.asked.clear()
    connections.web = web
    one = fetcher(names)
    assert one.fetch("http://rebind.test/").is_good
    assert (connections.tried, names.asked) == ([(V4, 80)], ["rebind.test"])
    assert why_not(one, "http://rebind.test/") is Why.NOT_PUBLIC
    assert connections.tried == [(V4, 80)]


@pytest.mark.skipif(
    not VECTORS.exists(), reason="ssrf-vectors.json is not beside the checkout (SSRF_VECTORS)"
)
def test_the_vectors_beside_the_checkout(names: LocalDns, web: LocalWeb, connections: Connections) -> None:
    vectors = [one for one in json.loads(VECTORS.read_text())["vectors"] if one["class"] in OF_ADDRESSES]
    assert len(vectors) > 90
    connections.web = web
    one = fetcher(names)
    for vector in vectors:
        connections.tried.clear()
        names.names = {name: list(answers) for name, answers in vector.get("dns", {}).items()}
        REDIRECTS["location"] = vector.get("response", {}).get("location") or "none"
        if vector["expect"] == "not-followed":
            REDIRECTS["location"] = "http://public.test/"  # whose page has the header Refresh
        found = [why_not(one, vector["url"]) for _ in range(1 + (vector["class"] == "dns-rebinding"))]
        assert breaches(connections) == [], vector["id"]
        may_pass = vector["expect"] in {"allow", "allow-flagged", "not-followed", "block-or-pinned"}
        if "https://" in REDIRECTS["location"] or "[2606" in vector["url"]:
            assert connections.tried, vector["id"]  # there is no TLS and no IPv6 here, but it was tried
        else:
            assert (found[0] is None) == may_pass, (vector["id"], found)


def generated(source: random.Random) -> str:
    """A URL of parts that parsers have fallen for."""
    number = source.choice((0x7F000001, 0xA9FEA9FE, 0x0A000001, 0, 0xC0A80001, 0x5DB8D70E))
    parts = [number >> shift & 255 for shift in (24, 16, 8, 0)]
    host = source.choice(
        (
            ".".join(map(str, parts)),
            ".".join(
                source.choice((str, oct, hex, lambda n: f"0{n:o}", lambda n: f"{n:04}"))(n) for n in parts
            ),
            str(number),
            hex(number),
            f"{parts[0]}.{number & 0xFFFFFF}",
            f"[::ffff:{'.'.join(map(str, parts))}]",
            f"[64:ff9b::{number >> 16:x}:{number & 0xFFFF:x}]",
            f"[2002:{number >> 16:x}:{number & 0xFFFF:x}::]",
            f"[{source.choice(('::1', 'fe80::1', 'fd00::1', '2001:db8::1', V6))}]",
            *NAMES,
        )
    )
    if source.random() < 0.2:
        host = "".join(
            source.choice((one, one.upper(), chr(ord(one) + 0xFEE0))) if "!" < one < "~" else one
            for one in host
        )
    user = source.choice(
        ("", "", "", "", "public.test@", "a:b@", "public.test:80@", "%40", "public.test\\@", "public.test#@")
    )
    port = source.choice(("", "", "", "", ":80", ":443", ":0", ":22", ":080", ":6379", ":80:80", ":٨٠", ":"))
    tail = source.choice(
        ("/", "", "/?http://public.test", "#@public.test", "\\@public.test", "/../", "/%0d%0a", ";x", "。")
    )
    url = f"{source.choice(('http', 'https', 'HTTP', 'hTTps'))}://{user}{host}{port}{tail}"
    if source.random() < 0.2:
        at = source.randrange(len(url))
        url = (
            url[:at]
            + source.choice(("\t", " ", "\\", "@", "/", ".", "%00", "\u00ad", "\u200d", "[", "]", ":"))
            + url[at:]
        )
    return url


def test_ten_thousand_generated_addresses_lead_to_public_places_only(
    names: LocalDns, connections: Connections
) -> None:
    names.names = dict(NAMES)
    one, source = fetcher(names), random.Random(7)
    found = [why_not(one, generated(source)) for _ in range(10_000)]
    assert breaches(connections) == []
    assert found.count(Why.NO_ANSWER) > 500, "many of them are good, or nothing is shown"
    assert set(found) <= {Why.NOT_AN_ADDRESS, Why.NOT_PUBLIC, Why.NO_SUCH_NAME, Why.NO_ANSWER}
