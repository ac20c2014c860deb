"""The sandbox's Zoho in a process of its own, with a generated organisation and without a day's limits."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import requests

PATIENCE_SECONDS = 300
STOP_SECONDS = 10
FIELDS = (
    "Deal_Name",
    "Stage",
    "Amount",
    "Expected_Revenue",
    "Next_Step",
    "Closing_Date",
    "Probability",
    "Account_Name",
    "Owner",
    "Created_Time",
    "Modified_Time",
)
CREDENTIALS = {
    "client_id": "1000.SANDBOXCLIENT",
    "client_secret": "sandbox-secret",
    "refresh_token": "1000.sandbox.refresh",
}


@dataclass(frozen=True)
class Server:
    """A Zoho that answers at ``base_url``."""

    base_url: str

    def order(self, method: str, path: str, **body: Any) -> Any:
        """Call the sandbox's own API."""
        answer = requests.request(
            method, f"{self.base_url}/_sandbox/{path}", json=body or None, timeout=PATIENCE_SECONDS
        )
        answer.raise_for_status()
        return answer.json() if answer.content else None


@contextmanager
def running_server(
    deals: int, *, seed: int, latency_seconds: float, replayed: bool = True
) -> Iterator[Server]:
    """Start it, and before it a server that gives its answers again; stop both afterwards."""
    with running_sandbox(deals, seed, 0 if replayed else latency_seconds) as sandbox:
        if not replayed:
            yield sandbox
            return
        port = free_port()
        arguments = (str(port), sandbox.base_url, str(latency_seconds))
        process = subprocess.Popen([sys.executable, "-m", "benchmarks.replay", *arguments])
        try:
            server = Server(f"http://127.0.0.1:{port}")
            _await(server, process)
            yield server
        finally:
            stop(process)


def stop(process: subprocess.Popen[bytes]) -> None:
    """End a process that we started; kindly, if it lets us."""
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def free_port() -> int:
    """A port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running_sandbox(deals: int, seed: int, latency_seconds: float) -> Iterator[Server]:
    """Start the sandbox, lift its limits, and stop it afterwards."""
    port = free_port()
    size = ("--accounts", str(max(deals // 10, 1)), "--deals", str(deals), "--seed", str(seed))
    process = subprocess.Popen(
        [sys.executable, "-m", "sandbox.zoho", "--port", str(port), *size], stdout=subprocess.DEVNULL
    )
    try:
        server = Server(f"http://127.0.0.1:{port}")
        _await(server, process)
        # Rows are encoded before the first measurement, with the fields in the order in which the references
        # ask for them and in the product's: otherwise the first of them would pay for it.
        for asked in (FIELDS, sorted(FIELDS)):
            server.order("POST", "warm", module="Deals", fields=",".join(asked))
        server.order("POST", "limits", edition="ultimate")
        server.order(
            "POST",
            "limits",
            daily_credits=10**9,
            token_rows=10**9,
            bulk_downloads=10**6,
            token_requests=10**6,
            latency_seconds=latency_seconds,
        )
        yield server
    finally:
        stop(process)


def _await(server: Server, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            server.order("GET", "health")
        except requests.ConnectionError:
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("the sandbox did not start") from None
            time.sleep(0.1)
        else:
            return


def access_token(base_url: str) -> str:
    """An access token of the sandbox."""
    form = {"grant_type": "refresh_token", **CREDENTIALS}
    answer = requests.post(f"{base_url}/oauth/v2/token", data=form, timeout=30)
    return str(answer.json()["access_token"])
