"""The server itself: who may talk to it, live changes, the panel's way to the CRM, starting and stopping."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import requests

from sandbox.slack.serve import PortInUseError, RunningSlack, running
from sandbox.slack.wording import stored
from tests.support.slack_sandbox import HEADERS, MANIFEST, Person, client_of, until


@pytest.fixture(scope="module")
def slack() -> Iterator[RunningSlack]:
    with running() as server:
        yield server


class _Crm(BaseHTTPRequestHandler):
    """A CRM that notes what it is asked."""

    asked: list[tuple[str, str, Any]] = []  # noqa: RUF012 - one a test, set by the fixture

    def _answer(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(length)) if length else None
        self.asked.append((self.command, self.path, body))
        answer = json.dumps(
            [{"id": "1", "name": "Konex"}] if self.command == "GET" else {"changed": 3}
        ).encode()
        self.send_response(404 if "/404/" in self.path else 200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    do_GET = do_POST = do_DELETE = _answer  # noqa: N815 - the library's names

    def log_message(self, *_arguments: Any) -> None:
        """Quiet."""


@pytest.fixture
def crm(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setattr(_Crm, "asked", [])
    with ThreadingHTTPServer(("127.0.0.1", 0), _Crm) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_changes_need_the_header(slack: RunningSlack) -> None:
    url = f"{slack.base_url}/_sandbox/say"
    body = {"as": "UDARCEL", "channel": "CSALES", "text": "forged"}
    for headers in ({}, {"X-Sandbox": "0"}):
        assert requests.post(url, json=body, headers=headers, timeout=5).status_code == 403
    assert requests.post(url, data=body, timeout=5).status_code == 403
    faults = f"{slack.base_url}/_sandbox/faults"
    assert requests.delete(faults, timeout=5).status_code == 403
    assert requests.delete(faults, headers=HEADERS, timeout=5).json() == {"faults": []}
    assert all(one["text"] != "forged" for one in Person(slack.base_url).messages("CSALES"))


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Host": "127.0.0.1.evil.example"},
        {"Host": ""},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
    ],
)
@pytest.mark.parametrize("path", ["/_sandbox/state?as=UADA", "/api/auth.test", "/"])
def test_foreign_hosts_and_origins_are_refused(
    slack: RunningSlack, headers: dict[str, str], path: str
) -> None:
    answer = requests.get(f"{slack.base_url}{path}", headers=headers | HEADERS, timeout=5)
    assert answer.status_code in {400, 403}
    own = {"Origin": slack.base_url}
    assert requests.get(f"{slack.base_url}/_sandbox/health", headers=own, timeout=5).status_code == 200


def test_the_page_may_load_only_what_is_its_own(slack: RunningSlack) -> None:
    answer = requests.get(f"{slack.base_url}/", timeout=5)
    assert answer.status_code == 200
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'self'")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("say", {"channel": "CSALES"}),
        ("say", {"channel": "CNONE", "text": "x"}),
        ("say", {"channel": "CSALES", "text": "  "}),
        ("say", {"channel": "CSALES", "text": "x", "as": "UBELLWETHER"}),
        ("click", {"channel": "CSALES", "ts": "1.0", "action_id": "a"}),
        ("click", {"view_id": "V1", "action_id": "a"}),
        ("submit", {"view_id": "V1"}),
        ("submit", {"view_id": "V1", "values": {"b": 1}}),
        ("faults", {"kind": "down", "times": "often"}),
        ("world/clock", {"add_seconds": 60}),
        ("world/lose", {"account_id": "1"}),
        ("world/slack", {"kind": "meteor"}),
    ],
)
def test_what_makes_no_sense_is_refused_with_a_reason(
    slack: RunningSlack, path: str, body: dict[str, Any]
) -> None:
    answer = Person(slack.base_url).post(path, **body) if "as" not in body else None
    if answer is None:
        answer = requests.post(
            f"{slack.base_url}/_sandbox/{path}", json=body, headers=HEADERS, timeout=5
        ).json()
    assert answer["ok"] is False
    assert answer["error"]


def test_open_pages_hear_what_concerns_them(slack: RunningSlack) -> None:
    url = f"{slack.base_url}/_sandbox/events?as=UANNA"
    client = client_of(slack.base_url)
    with requests.get(url, stream=True, timeout=5) as stream:
        lines = stream.iter_lines(decode_unicode=True)
        client.chat_postEphemeral(channel="CSALES", user="UDARCEL", text="not for Anna")
        said = Person(slack.base_url, "UDARCEL").say("DDARCEL", "not for Anna either")
        client.chat_postEphemeral(channel="CSALES", user="UANNA", text="for Anna")
        posted = client.chat_postMessage(channel="CSALES", text="for all")
        heard: list[dict[str, Any]] = []
        while len(heard) < 2:
            line = next(lines)
            if line.startswith("data: "):
                heard.append(json.loads(line.removeprefix("data: ")))
    assert said
    assert [one["kind"] for one in heard] == ["ephemeral", "message"]
    assert heard[1] == {"kind": "message", "channel": "CSALES", "ts": posted["ts"]}


def test_the_panel_reaches_the_crm_and_the_clock(crm: str, tmp_path: Path) -> None:
    clock = tmp_path / "clock"
    with running(zoho_url=crm, clock_file=clock) as server:
        ada = Person(server.base_url, "UADA")
        assert ada.get("world/accounts") == {"accounts": [{"id": "1", "name": "Konex"}]}
        assert ada.post("world/lose", account_id="1", days=90) == {"changed": 3}
        assert ada.post("world/win", account_id="1") == {"changed": 3}
        assert ada.post("world/zoho", kind="rate_limit") == {"kind": "rate_limit"}
        assert ada.post("world/zoho", kind=None) == {"kind": None}
        assert ada.post("world/lose", account_id="404")["status"] == 502
        assert ada.post("world/lose", account_id="../faults")["status"] == 400
        assert ada.post("world/clock", add_seconds=86_400)["offset_seconds"] == 86_400
        assert ada.post("world/clock", add_seconds=-400)["offset_seconds"] == 86_000
        assert ada.post("world/clock", add_seconds="soon")["status"] == 400
        assert ada.post("world/clock", add_seconds="nan")["status"] == 400
        assert ada.get("world/clock")["can_move"] is True
    assert clock.read_text() == "86000\n"
    assert _Crm.asked[1:5] == [
        ("POST", "/_sandbox/accounts/1/lose", {"days": 90}),
        ("POST", "/_sandbox/accounts/1/win", {}),
        ("DELETE", "/_sandbox/faults", None),
        ("POST", "/_sandbox/faults", {"kind": "rate_limit", "match": "", "times": None}),
    ]


def test_a_crm_that_is_away_is_named() -> None:
    with running(zoho_url="http://127.0.0.1:9") as server:
        answer = Person(server.base_url).get("world/accounts")
    assert answer["error"].startswith("the CRM did not answer")


def test_times_only_ever_grow_when_the_clock_goes_back(tmp_path: Path) -> None:
    with running(clock_file=tmp_path / "clock") as server:
        darcel = Person(server.base_url)
        first = darcel.say("CSALES", "one")
        darcel.post("world/clock", add_seconds=-3600)
        assert darcel.say("CSALES", "two") > first


@pytest.mark.parametrize(
    ("typed", "in_message"),
    [
        ("R&D <b>", "R&amp;D &lt;b&gt;"),
        ("@bellwether help", "<@UBELLWETHER> help"),
        ("hey @Bellwether, help", "hey <@UBELLWETHER>, help"),
        ("<@UBELLWETHER> help", "<@UBELLWETHER> help"),
        ("@bellwethers", "@bellwethers"),
        ("me@bellwether.example", "<mailto:me@bellwether.example|me@bellwether.example>"),
        ("post to #cs-alerts", "post to <#CALERTS|cs-alerts>"),
        ("see https://a.example/x?y=1&z=2.", "see <https://a.example/x?y=1&amp;z=2>."),
        ("how is acme.com doing", "how is <http://acme.com|acme.com> doing"),
        ("<!channel>", "&lt;!channel&gt;"),
    ],
)
def test_what_people_type_is_stored_as_slack_stores_it(typed: str, in_message: str) -> None:
    assert stored(typed) == in_message


def test_a_port_in_use_is_an_error_of_its_own(slack: RunningSlack) -> None:
    with pytest.raises(PortInUseError), running(port=int(slack.base_url.rpartition(":")[2])):
        pass


def start(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-m", "sandbox.slack", *arguments],
        cwd=MANIFEST.parent,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.process
def test_a_port_in_use_is_one_sentence(slack: RunningSlack) -> None:
    port = slack.base_url.rpartition(":")[2]
    _, errors = (process := start("--port", port)).communicate(timeout=20)
    assert process.returncode == 1
    assert errors.startswith(f"bellwether sandbox: Port {port} is in use")
    assert errors.count("\n") == 1


@pytest.mark.process
def test_a_process_tells_how_to_connect_and_stops_cleanly_with_a_page_open() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = start("--port", str(port), "--manifest", str(MANIFEST))
    url = f"http://127.0.0.1:{port}"
    try:
        until(lambda: _answers(url), "it does not answer", seconds=20)
        with requests.get(f"{url}/_sandbox/events?as=UADA", stream=True, timeout=5):
            process.send_signal(signal.SIGTERM)
            said, errors = process.communicate(timeout=10)
    finally:
        process.kill()
        process.wait()
    assert (process.returncode, errors) == (0, "")
    for needed in (f"{url}/api/", "xoxb-sandbox-bot", "xapp-sandbox-app", "sandbox-signing-secret"):
        assert needed in said


def _answers(url: str) -> bool:
    try:
        return requests.get(f"{url}/_sandbox/health", timeout=2).ok
    except requests.RequestException:
        return False
