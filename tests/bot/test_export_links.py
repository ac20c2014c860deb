"""Download links: what is wrong with one gives nothing, and never says what it was."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from bot.app.exporting_links import Links, Ticket
from bot.app.exporting_values import Export, Status, Wish
from bot.app.scope import NOTHING
from bot.language.question import Kind, Question
from bot.runtime.export_downloads import Downloads
from bot.runtime.http import HttpServer, http_app
from connector.cache.engine import Database
from sandbox.demo.children import free_port
from tests.support.export_world import SECRET, ExportWorld
from tests.support.fake_services import ADA, ANNA, MELVIN, FakePeople


@dataclass
class Site:
    """The web role, with one finished export of Melvin's."""

    world: ExportWorld
    base_url: str
    export: Export

    def link(self) -> str:
        found = self.world.exports.new_link(self.world.found(self.export))
        assert found is not None
        return found

    def get(self, link: str, **changed: str) -> requests.Response:
        return requests.get(self.at(link, **changed), timeout=10)

    def take(self, link: str, **changed: str) -> requests.Response:
        return requests.post(self.at(link, **changed), timeout=10)

    def at(self, link: str, *, path: str = "", **changed: str) -> str:
        """The link on this machine, with some parts changed."""
        parts = urlsplit(link)
        said = {name: values[0] for name, values in parse_qs(parts.query).items()} | changed
        query = "&".join(f"{name}={value}" for name, value in said.items())
        return f"{self.base_url}{path or parts.path}?{query}"


@pytest.fixture
def site(database: Database, tmp_path: Path) -> Iterator[Site]:
    world = ExportWorld(database, tmp_path)
    draft = world.exports.begin(world.exports.of_segment("Medical"), "x", MELVIN, "here")
    export = world.written(world.exports.confirm(draft.public_id, Wish(), MELVIN))
    downloads = Downloads(world.exports, world.person, world.links)
    port = free_port(0)
    with HttpServer(http_app(list, downloads.routes()), "127.0.0.1", port):
        yield Site(world, f"http://127.0.0.1:{port}", export)


def is_nothing(response: requests.Response) -> bool:
    assert response.headers["cache-control"] == "no-store"
    return (response.status_code, response.text) == (404, "This link does not work (any more).\n")


def test_a_link_shows_a_page_and_its_button_gives_the_file_once(site: Site) -> None:
    link = site.link()
    for _ in range(2):  # whoever looks at links before people do takes nothing
        page = site.get(link)
        assert page.status_code == 200
        assert "bellwether-medical-2026-03-31.zip" in page.text
        assert "default-src 'none'" in page.headers["content-security-policy"]
        assert requests.head(site.at(link), timeout=10).status_code == 200
    given = site.take(link)
    assert given.status_code == 200
    assert given.headers["content-type"] == "application/zip"
    assert given.headers["content-disposition"] == 'attachment; filename="bellwether-medical-2026-03-31.zip"'
    assert given.headers["x-content-type-options"] == "nosniff"
    with site.world.files.open(site.export.file_name or "") as file:
        assert given.content == file.read()
    assert site.world.outcomes()[-1] == f"downloaded: {site.export.public_id}"
    assert is_nothing(site.take(link)), "reused"
    assert is_nothing(site.get(link))


def test_a_new_link_ends_the_one_before(site: Site) -> None:
    before, now = site.link(), site.link()
    assert is_nothing(site.take(before))
    assert site.take(now).status_code == 200


def test_what_is_not_right_about_a_link_gives_nothing(site: Site) -> None:
    link = site.link()
    said = {name: values[0] for name, values in parse_qs(urlsplit(link).query).items()}
    forged = Links("another secret", "https://x.example").link(
        Ticket(site.export.public_id, "UMELVIN", int(said["until"]), said["key"])
    )
    changes: tuple[dict[str, str], ...] = (
        {"for": "UADA"},  # foreign
        {"until": str(int(said["until"]) + 1)},
        {"until": "9" * 12},
        {"until": "-1"},
        {"until": "1e9"},
        {"key": "0" * 32},
        {"sign": "0" * 64},
        {"sign": said["sign"].upper()},
        {"sign": said["sign"][:-1]},
        {"sign": ""},
        {"sign": "é" * 64},
        {"path": f"/exports/{'0' * 32}"},  # guessed
        {"path": f"/exports/{site.export.public_id.upper()}"},
        {"path": f"/exports/{site.export.public_id}%0A"},
        {"path": f"/exports/{site.export.file_name}"},
        {"path": "/exports/..%2f..%2fetc%2fpasswd"},
        {"path": "/exports/%2e%2e"},
        {"path": f"/exports/{site.export.public_id}%00.zip"},
    )
    for change in changes:
        assert is_nothing(site.get(link, **change)), change
        assert is_nothing(site.take(link, **change)), change
    assert is_nothing(site.take(forged))
    for path in ("/exports", "/exports/", "/exports/a/b", f"/exports/{site.export.public_id}/x"):
        assert site.take(link, path=path).status_code == 404
    assert site.take(link).status_code == 200, "none of them has used it up"


def test_a_link_is_over_when_the_file_is(site: Site) -> None:
    link = site.link()
    site.world.clock.move(days=14, seconds=-1)
    assert site.get(link).status_code == 200
    site.world.clock.move(seconds=1)
    assert is_nothing(site.take(link))
    site.world.retention.tidy()
    assert site.world.exports.new_link(site.world.found(site.export)) is None


def test_a_link_of_a_deleted_segment_gives_nothing(site: Site) -> None:
    link = site.link()
    site.world.without_segments()
    assert is_nothing(site.take(link))


def test_a_link_of_somebody_who_may_not_export_any_more_gives_nothing(site: Site) -> None:
    link = site.link()
    site.world.people = FakePeople(replace(MELVIN, role=ANNA.role))
    assert is_nothing(site.take(link))
    site.world.people = FakePeople(ADA)
    assert is_nothing(site.take(link)), "a stranger by now"


def test_a_link_of_somebody_who_sees_less_by_now_gives_nothing(site: Site) -> None:
    link = site.link()
    site.world.people = FakePeople(replace(MELVIN, scope=NOTHING))
    assert is_nothing(site.take(link))


def test_a_file_that_is_gone_gives_nothing(site: Site) -> None:
    link = site.link()
    site.world.files.remove(site.export.file_name or "")
    assert is_nothing(site.take(link))


def test_a_right_signature_for_another_persons_export_gives_nothing(site: Site) -> None:
    """A signed link whose person is not the one who asked: only a stolen key could make it."""
    link = site.link()
    said = {name: values[0] for name, values in parse_qs(urlsplit(link).query).items()}
    ticket = Ticket(site.export.public_id, "UADA", int(said["until"]), said["key"])
    assert is_nothing(site.take(Links(SECRET, "https://x.example").link(ticket)))


def test_without_an_address_there_are_no_links(site: Site) -> None:
    exports = replace(site.world.exports, links=None)
    assert exports.new_link(site.export) is None
    routes = Downloads(exports, site.world.person, None).routes()
    port = free_port(0)
    with HttpServer(http_app(list, routes), "127.0.0.1", port):
        link = site.link()
        assert is_nothing(replace(site, base_url=f"http://127.0.0.1:{port}").take(link))


def test_only_a_finished_export_has_a_link(site: Site) -> None:
    draft = site.world.exports.begin(Question(Kind.LIST), "x", MELVIN, "here")
    assert draft.status is Status.DRAFT
    assert site.world.exports.new_link(replace(draft, expires_at=site.world.clock.now())) is None


def test_the_secret_does_not_show() -> None:
    assert SECRET not in repr(Links(SECRET, "https://x.example"))
