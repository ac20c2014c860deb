"""The server as a process: how it says where it is, that it stops, and that a taken port is one sentence."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from sandbox.zoho.serve import STOP_SECONDS, PortTaken, running
from tests.support.zoho_client import ZohoHttp

ROOT = Path(__file__).resolve().parents[3]


@contextmanager
def process(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, "-m", "sandbox.zoho", *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as child:
        try:
            yield child
        finally:
            if child.poll() is None:
                child.kill()


def guide_of(child: subprocess.Popen[str]) -> str:
    lines: list[str] = []
    assert child.stdout is not None
    for line in child.stdout:
        lines.append(line)
        if "Ctrl-C" in line:
            break
    return "".join(lines)


@pytest.mark.process
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_tells_how_to_connect_and_stops_cleanly(number: signal.Signals) -> None:
    with process("--port", "0") as child:
        guide = guide_of(child)
        for part in ("1000.SANDBOXCLIENT", "sandbox-secret", "1000.sandbox.refresh", "/oauth/v2/token"):
            assert part in guide
        base = next(word for word in guide.split() if word.startswith("http://127.0.0.1:"))
        http = ZohoHttp(base)
        http.refresh()
        assert http.get("/crm/v8/org").status_code == 200
        http.order_fault("hang", "/crm/v8/org")
        with pytest.raises(requests.ReadTimeout):
            http.call("GET", "/crm/v8/org", timeout=0.2)
        child.send_signal(number)
        assert child.wait(15) == 0
        http.close()
        assert child.stderr is not None
        assert child.stderr.read() == ""


@pytest.mark.process
def test_an_organisation_of_any_size() -> None:
    with process("--port", "0", "--accounts", "1000000", "--deals", "10000000", "--fields", "3") as child:
        guide = guide_of(child)
        assert "1000000 accounts and 10000000 deals" in guide
        base = next(word for word in guide.split() if word.startswith("http://127.0.0.1:"))
        records = requests.get(f"{base}/_sandbox/health", timeout=20).json()["records"]
        assert (records["Accounts"], records["Contacts"], records["Deals"]) == (10**6, 10**6, 10**7)
        child.terminate()
        assert child.wait(15) == 0
    with process("--accounts", "-1") as child:
        _, err = child.communicate(timeout=30)
        assert (child.returncode, "must not be negative" in err) == (2, True)


@pytest.mark.process
def test_a_taken_port_is_one_sentence() -> None:
    with running() as first:
        port = first.base_url.rpartition(":")[2]
        with process("--port", port) as child:
            out, err = child.communicate(timeout=30)
        assert child.returncode == 1
    assert out == ""
    assert err.startswith(f"bellwether sandbox: port {port} of 127.0.0.1 cannot be used")
    assert err.count("\n") == 1


def test_a_taken_port_in_a_thread() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(PortTaken, match=str(taken.getsockname()[1])), running(taken.getsockname()[1]):
            pass
    with pytest.raises(PortTaken), running(70_000):
        pass


def test_it_stops_at_once_though_calls_hang() -> None:
    with socket.socket() as waiting:
        with running() as zoho:
            http = ZohoHttp(zoho.base_url)
            http.order_fault("hang", times=1)
            waiting.connect(("127.0.0.1", int(zoho.base_url.rpartition(":")[2])))
            waiting.sendall(b"GET /crm/v8/org HTTP/1.1\r\nHost: x\r\n\r\n")
            while http.get("/_sandbox/faults").json()["faults"]:
                time.sleep(0.02)
            http.close()
            begun = time.monotonic()
        assert time.monotonic() - begun < STOP_SECONDS, "nobody waited for the hanging call"
        waiting.settimeout(5)
        assert b"504" in waiting.recv(100)


def test_a_client_that_leaves_in_the_middle_harms_nobody() -> None:
    with running() as zoho:
        address = ("127.0.0.1", int(zoho.base_url.rpartition(":")[2]))
        with socket.create_connection(address) as rude:
            rude.sendall(b"POST /oauth/v2/token HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\nabc")
        with socket.create_connection(address) as strange:
            strange.sendall(b"\x00\x01\x02 nonsense\r\n\r\n")
            strange.settimeout(5)
            strange.recv(100)
        assert requests.get(f"{zoho.base_url}/_sandbox/health", timeout=5).status_code == 200
