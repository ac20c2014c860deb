"""Serving the sandbox's Zoho: in a thread for tests, in the foreground for the demo. Loopback only."""

from __future__ import annotations

import asyncio
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

import uvicorn

from sandbox.zoho.app import build_app
from sandbox.zoho.clock import SandboxClock
from sandbox.zoho.oauth import CLIENT_ID, CLIENT_SECRET, REFRESH_TOKEN
from sandbox.zoho.specification import OrganisationSpec
from sandbox.zoho.state import start_zoho

HOST = "127.0.0.1"
BACKLOG = 128
STOP_SECONDS = 5
KEEP_ALIVE_SECONDS = 75  # longer than a polling client pauses, so that it may use its connection again


GUIDE = """\
A Zoho CRM runs on this machine, with {held}.

  API and accounts server  {base}
  Client id                {client}
  Client secret            {secret}
  Refresh token            {refresh}

An access token:
  curl -s {base}/oauth/v2/token -d grant_type=refresh_token -d client_id={client} \\
       -d client_secret={secret} -d refresh_token={refresh}
Then:
  curl -s -H "Authorization: Zoho-oauthtoken ACCESS_TOKEN" \\
       "{base}/crm/v8/Deals?fields=Deal_Name,Stage,Amount&per_page=3"

A Slack beside it:
  bellwether sandbox slack --zoho {base}

Faults can be ordered:
  curl -s {base}/_sandbox/faults -d '{{"kind": "rate_limit", "match": "/crm/v8/Deals", "times": 2}}'
Ctrl-C stops it.
"""


class PortTaken(Exception):
    """The port cannot be listened on."""


@dataclass(frozen=True)
class RunningZoho:
    """A Zoho that answers at ``base_url``."""

    base_url: str


class _Server(uvicorn.Server):
    """Uvicorn, which on its way out lets go of the calls that hang."""

    def __init__(
        self, listener: socket.socket, clock_file: Path | None, organisation: OrganisationSpec | None
    ) -> None:
        self.base_url = f"http://{HOST}:{listener.getsockname()[1]}"
        self._stopping = asyncio.Event()
        self._zoho = start_zoho(SandboxClock(clock_file), self.base_url, organisation)
        app = build_app(self._zoho, self._stopping)
        super().__init__(
            uvicorn.Config(
                app,
                http="h11",
                ws="none",
                lifespan="off",
                log_config=None,
                log_level="critical",  # a body cut on purpose is no error worth a traceback
                access_log=False,
                server_header=False,
                date_header=False,  # the date comes from the clock that the sandbox goes by
                timeout_keep_alive=KEEP_ALIVE_SECONDS,
                timeout_graceful_shutdown=STOP_SECONDS,
            )
        )

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._stopping.set()
        await super().shutdown(sockets)
        self._zoho.bulk.close()


@contextmanager
def running(
    port: int = 0, clock_file: Path | None = None, *, organisation: OrganisationSpec | None = None
) -> Iterator[RunningZoho]:
    """Serve in a thread; port 0 takes a free one. Without a size the organisation is Maven Hardware.

    Raises:
        PortTaken: something else listens on the port.
    """
    with listen(port) as listener:
        server = _Server(listener, clock_file, organisation)
        thread = threading.Thread(target=server.run, args=([listener],), name="sandbox-zoho", daemon=True)
        thread.start()
        try:
            # Connections made from now on wait in the listener's queue until the server takes them.
            yield RunningZoho(server.base_url)
        finally:
            server.should_exit = True
            thread.join()


def serve(port: int, clock_file: Path | None = None, *, organisation: OrganisationSpec | None = None) -> int:
    """Serve in the foreground until SIGTERM or SIGINT; the exit code of the process."""
    try:
        listener = listen(port)
    except PortTaken as taken:
        sys.stderr.write(f"bellwether sandbox: {taken}\n")
        return 1
    with listener:
        server = _Server(listener, clock_file, organisation)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, _ignore)  # uvicorn sends itself the signal once more when it has stopped
        sys.stdout.write(connection_guide(server.base_url, organisation))
        sys.stdout.flush()
        server.run([listener])
    return 0


def connection_guide(base_url: str, organisation: OrganisationSpec | None = None) -> str:
    """How to connect a client."""
    held = 'the organisation "Maven Hardware" in it'
    if organisation is not None:
        held = f"{organisation.accounts} accounts and {organisation.deals} deals in it"
    return GUIDE.format(
        base=base_url, held=held, client=CLIENT_ID, secret=CLIENT_SECRET, refresh=REFRESH_TOKEN
    )


def _ignore(_number: int, _frame: FrameType | None) -> None:
    """Nothing is left to do."""


def listen(port: int) -> socket.socket:
    """A listening socket on the loopback interface.

    Raises:
        PortTaken: something else listens there, or the port is no port.
    """
    # The protocol is named because asyncio switches Nagle's delay (40 ms an answer) off only where it is.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((HOST, port))
        listener.listen(BACKLOG)
    except (OSError, OverflowError) as error:
        listener.close()
        raise PortTaken(
            f"port {port} of {HOST} cannot be used ({error}); choose another one with --port."
        ) from error
    return listener
