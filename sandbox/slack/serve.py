"""Running the server: in a thread for tests, or in the foreground."""

from __future__ import annotations

import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import uvicorn

from sandbox.slack.app import build_app
from sandbox.slack.connection import DroppableConnection
from sandbox.slack.manifest import ManifestError
from sandbox.slack.workspace import Workspace, open_workspace
from sandbox.slack.world import APP_TOKEN, BOT_TOKEN, CLIENT_ID, CLIENT_SECRET, SIGNING_SECRET

HOST = "127.0.0.1"
STOP_SECONDS = 2


@dataclass(frozen=True)
class RunningSlack:
    """A server that runs."""

    base_url: str


class PortInUseError(Exception):
    """Something else listens on the port."""


class _Server(uvicorn.Server):
    """Uvicorn, which lets go of open pages before it waits for them."""

    def __init__(self, config: uvicorn.Config, slack: Workspace) -> None:
        super().__init__(config)
        self._slack = slack

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop: pages and deliveries first."""
        self._slack.stop()
        await super().shutdown(sockets)


def _listen(port: int) -> socket.socket:
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
        listener.listen()
    except OSError:
        listener.close()
        raise PortInUseError(
            f"Port {port} is in use: stop the program that listens there, or choose another with --port."
        ) from None
    return listener


def _server(slack: Workspace, listener: socket.socket) -> _Server:
    slack.base_url = f"http://{HOST}:{listener.getsockname()[1]}"
    config = uvicorn.Config(
        build_app(slack),
        http=DroppableConnection,
        ws="websockets-sansio",
        lifespan="off",
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=STOP_SECONDS,
    )
    return _Server(config, slack)


@contextmanager
def running(
    port: int = 0,
    manifest: Path | None = None,
    zoho_url: str | None = None,
    clock_file: Path | None = None,
) -> Iterator[RunningSlack]:
    """A server in a thread; port 0 takes any free one.

    Raises:
        PortInUseError, ManifestError: it cannot start.
    """
    slack = open_workspace(manifest, zoho_url, clock_file)
    listener = _listen(port)
    server = _server(slack, listener)
    thread = threading.Thread(target=server.run, args=([listener],), name="sandbox-slack", daemon=True)
    thread.start()
    try:
        while not server.started and thread.is_alive():
            time.sleep(0.005)
        yield RunningSlack(slack.base_url)
    finally:
        server.should_exit = True
        thread.join()
        listener.close()


def serve(
    port: int,
    manifest: Path | None = None,
    zoho_url: str | None = None,
    clock_file: Path | None = None,
) -> int:
    """Serve until SIGTERM or Ctrl-C; the exit code, 1 with one sentence on stderr when it cannot start."""
    try:
        slack = open_workspace(manifest, zoho_url, clock_file)
        listener = _listen(port)
    except (PortInUseError, ManifestError) as error:
        sys.stderr.write(f"bellwether sandbox: {error}\n")
        return 1
    server = _server(slack, listener)
    # Uvicorn stops on SIGTERM and then raises it again for its caller; here that is a clean end.
    signal.signal(signal.SIGTERM, lambda *_: None)
    sys.stdout.write(_how_to_connect(slack.base_url, zoho_url))
    sys.stdout.flush()
    try:
        server.run([listener])
    except KeyboardInterrupt:
        pass  # uvicorn passes the signal on after it has stopped
    finally:
        listener.close()
    return 0


def _how_to_connect(base_url: str, zoho_url: str | None) -> str:
    zoho = f" --zoho-url {zoho_url}" if zoho_url else ""
    return f"""A Slack for apps is at {base_url}

  Page             {base_url}/
  Web API          {base_url}/api/        e.g. WebClient(token="{BOT_TOKEN}", base_url="{base_url}/api/")
  Bot token        {BOT_TOKEN}
  App-level token  {APP_TOKEN}           for Socket Mode
  Signing secret   {SIGNING_SECRET}      for apps that listen over HTTP
  Client           {CLIENT_ID} / {CLIENT_SECRET}   for apps that are installed from a page

Bellwether connected to it, in a directory of its own:
  bellwether init{zoho} --slack-url {base_url}

  curl -H 'Authorization: Bearer {BOT_TOKEN}' {base_url}/api/auth.test
"""
