"""What servers answer: hostile answers end in time and within memory, others are read as they are meant."""

from __future__ import annotations

import gzip
import ssl
import time
import tracemalloc
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from connector.enrichment.fetching import A_PAGE, Fetcher, Limits
from connector.enrichment.not_fetched import NotFetched, Why
from connector.enrichment.resolving import PublicResolver
from tests.support.hostile_answers import FETCHED, answer
from tests.support.local_web import Asked, Connections, LocalDns, LocalWeb, LoopbackResolver, response

SECONDS = 0.4
PAGE = "<html><title>Bücher</title>"


@pytest.fixture(scope="module")
def web() -> Iterator[LocalWeb]:
    served = LocalWeb(lambda asked: pieces(served, asked))
    yield served
    served.close()


def pieces(web: LocalWeb, asked: Asked) -> Iterable[bytes]:
    name = asked.url.partition("/")[2].replace("%20", " ")
    if name in ANSWERS:
        return [ANSWERS[name]]
    return answer(web, name)


ANSWERS = {
    "plain": response(
        PAGE.encode(), "Set-Cookie: session=secret; Path=/", "Set-Cookie: _ga=1", "X-Powered-By: y"
    ),
    "packed": response(gzip.compress(PAGE.encode()), "Content-Encoding: gzip"),
    "latin": response(PAGE.encode("cp1252"), "Content-Type: text/html; charset=ISO-8859-1"),
    "meta": response(b'<meta charset="windows-1252">' + PAGE.encode("cp1252")),
    "utf-7": response(PAGE.encode() + b"+ADw-script+AD4-", "Content-Type: text/html; charset=utf-7"),
    "bogus": response(PAGE.encode() + b"\0", 'Content-Type: text/html; charset="no-such"'),
    "unsaid": response(PAGE.encode(), "Content-Type:"),
    "not packed": response(PAGE.encode(), "Content-Encoding: gzip"),
    "pdf": response(b"%PDF-1.7", "Content-Type: application/pdf"),
    "binary": response(b"\x89PNG\r\n", "Content-Type:"),
    "no http": b"220 smtp.example ready\r\n",
    "cut": b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 100\r\n\r\nshort",
    "error": response(b"secret of the error page", status="500 Broken"),
}


def fetched(web: LocalWeb, name: str, seconds: float = SECONDS) -> str | Why:
    one = Fetcher(LoopbackResolver(web.port), "Bellwether", Limits(page_seconds=seconds))
    try:
        return one.fetch("http://acme.example/" + name.replace(" ", "%20")).page().html
    except NotFetched as failure:
        return failure.why


def test_hostile_answers_end_in_time_and_within_memory(web: LocalWeb) -> None:
    found, took, peaks = {}, {}, {}
    for name in FETCHED:
        tracemalloc.start()
        began = time.monotonic()
        found[name] = fetched(web, name, SECONDS if "dripped" in name else 20)
        took[name], peaks[name] = time.monotonic() - began, tracemalloc.get_traced_memory()[1] / 1e6
        tracemalloc.stop()
    for name in ("gzip bomb", "endless body"):
        assert len(found.pop(name)) == A_PAGE.most_bytes
    assert found == {
        "gzip of gzip of gzip": Why.GARBLED,
        "dripped body": Why.TOO_SLOW,
        "dripped headers": Why.TOO_SLOW,
        "1.2 MB of headers": Why.NO_ANSWER,
        "Content-Length 10 GB": Why.TOO_LARGE,
    }
    assert max(took.values()) < SECONDS + 2
    assert max(peaks.values()) < 30


def test_answers_are_read_as_they_are_meant(web: LocalWeb) -> None:
    found = {name: fetched(web, name) for name in ANSWERS}
    assert found == {
        **dict.fromkeys(("plain", "packed", "latin", "unsaid"), PAGE),
        "meta": '<meta charset="windows-1252">' + PAGE,
        "utf-7": PAGE + "+ADw-script+AD4-",
        "bogus": PAGE + "\N{REPLACEMENT CHARACTER}",
        "not packed": Why.GARBLED,
        **dict.fromkeys(("pdf", "binary"), Why.NOT_A_PAGE),
        **dict.fromkeys(("no http", "cut"), Why.NO_ANSWER),
        "error": "",
    }


def test_what_is_sent_and_kept(web: LocalWeb, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Neither proxies nor passwords of the surroundings are used, and of cookies only the names are told."""
    (tmp_path / ".netrc").write_text("machine acme.example login somebody password secret")
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    one = Fetcher(LoopbackResolver(web.port), "Bellwether")
    web.asked.clear()
    for _ in range(2):
        page = one.fetch("http://acme.example/plain").page()
    assert page.cookies == ("session", "_ga")
    assert ("x-powered-by", "y") in page.headers
    assert "secret" not in repr(page)
    assert [sorted(asked.headers) for asked in web.asked] == [
        ["accept", "accept-encoding", "connection", "host", "user-agent"]
    ] * 2


def certified(name: str, folder: Path, until: timedelta = timedelta(days=1)) -> ssl.SSLContext:
    """A server's side of TLS with a certificate that it signed itself, which lies in the folder too."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    certificate = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=9))
        .not_valid_after(now + until)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem, secret = folder / "certificate.pem", folder / "key.pem"
    pem.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    form = serialization.PrivateFormat.PKCS8
    secret.write_bytes(key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem, secret)
    return context


def test_tls_is_verified_for_the_name_while_the_checked_address_is_connected_to(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    tls, shown = certified("acme.test", tmp_path), list[str | None]()
    tls.sni_callback = lambda _socket, name, _context: shown.append(name)
    web, names = LocalWeb(lambda _asked: [ANSWERS["plain"]], tls), LocalDns()
    names.names = {"acme.test": ["93.184.215.14"], "other.test": ["93.184.215.14"]}
    record = Connections(web)
    record.watch(monkeypatch)

    def why_not(name: str) -> Why | None:
        try:
            Fetcher(PublicResolver(names.client()), "Bellwether").fetch(f"https://{name}/plain")
        except NotFetched as failure:
            return failure.why
        return None

    assert why_not("acme.test") is Why.NO_ANSWER  # signed by nobody known
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "certificate.pem"))
    assert why_not("acme.test") is None
    assert why_not("other.test") is Why.NO_ANSWER  # another's certificate
    assert shown == ["acme.test", "acme.test", "other.test"]
    assert [asked.headers["host"] for asked in web.asked] == ["acme.test"]
    assert record.tried == [("93.184.215.14", 443)] * 3
    web.close()
    names.close()


def test_redirects_go_on_by_the_rules_of_the_first_address(web: LocalWeb) -> None:
    visited: list[str] = []
    moved = LocalWeb(
        lambda asked: [
            response(b"<html>here")
            if asked.url == "www.acme.example/new"
            else response(b"", "Location: loop", status="302 Found")
            if asked.url == "acme.example/loop"
            else response(b"", "Location: //www.acme.example/new#top", status="301 Moved")
        ]
    )
    one = Fetcher(LoopbackResolver(moved.port), "Bellwether")
    found = one.fetch("http://acme.example", before=lambda url: visited.append(str(url)))
    assert str(found.url) == "http://www.acme.example/new"
    assert visited == ["http://acme.example", "http://www.acme.example/new"]
    moved.asked.clear()
    with pytest.raises(NotFetched):
        one.fetch("http://acme.example/loop")
    assert len(moved.asked) == 1, "it is known after one round"
    moved.close()


def test_mail_and_text_records_are_read_and_their_absence_is_nothing() -> None:
    names = LocalDns()
    names.names = {"acme.test": ["MX 10 Aspmx.L.Google.com.", "MX 20 .", 'TXT "v=spf1 " "include:x -all"']}
    asked = PublicResolver(names.client())
    assert asked.mail_hosts("acme.test") == ("aspmx.l.google.com",)
    assert asked.text_records("acme.test") == ("v=spf1 include:x -all",)
    assert (asked.mail_hosts("none.test"), asked.text_records("not a name..")) == ((), ())
    names.close()


def test_a_user_agent_cannot_add_headers() -> None:
    with pytest.raises(ValueError, match="user agent"):
        Fetcher(LoopbackResolver(1), "Bellwether\r\nCookie: a=b")
