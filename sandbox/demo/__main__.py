"""``bellwether demo``: sandboxes, first sync, scores, bot, page; then a guide, or a check."""

from __future__ import annotations

import argparse
import base64
import os
import shutil
import signal
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from sandbox.demo.children import Children, DemoError, free_port
from sandbox.demo.conversation import hold_conversation

PROXIES = {"http_proxy", "https_proxy", "all_proxy"}
PAGE_PORT, ZOHO_PORT, PRODUCT_PORT, WEB_PORT = 8700, 8701, 8702, 8703
TRUST = "SSL_CERT_FILE"  # whom programs trust that make TLS connections; an authority of the sandbox's own
EXAMPLES = ("leaving", "firmographics", "recommendations", "technologies")  # what deals and accounts can feed
MANIFEST = Path(__file__).resolve().parents[2] / "manifest.yaml"
GUIDE = """
Bellwether is running on this machine.

  Open      {page}
  You are   Darcel Schlecht, a sales rep; "view as" makes you a manager or the administrator

  Type in the direct message with Bellwether, or in #sales with @bellwether:
      show VIP accounts in healthcare
      at-risk accounts over 50k
      how many champions per industry?
      how is {account} doing?          why is {account} VIP?          what should I offer {account}?
      who left VIP this quarter?       who was VIP in June?
      revenue by quarter               and then, in its thread or here: chart
      enrich {account}                 enrich medical accounts       (as the administrator)
      enrich history
      help

  To see an alert: in the panel "The world", lose all deals of {account}.
  Within seconds #cs-alerts has one message; press Acknowledge.

  A customer's own commands work beside it, for instance:
      {prefix} ask "my accounts at risk" --as darcel.schlecht@bellwether.example

  Logs are in {logs}. Ctrl-C stops everything.
"""


@dataclass(frozen=True)
class Addresses:
    """Where the four servers of the demo listen."""

    page: str
    zoho: str
    product: str
    web: str


def main() -> int:
    """Run the demo; 0 when it ended well, 1 when a check failed or something did not start."""
    options = _options()
    for one in (signal.SIGTERM, signal.SIGHUP):  # a closed terminal, too, ends what was started
        signal.signal(one, _interrupt)
    directory = Path(options.directory).resolve()
    if directory.exists():
        shutil.rmtree(directory)
    directory.mkdir(parents=True)
    addresses = _choose_addresses(any_port=options.check, page_port=options.port)
    environment = _environment(directory, addresses)
    try:
        with Children(directory, environment) as children:
            _start_everything(children, addresses, directory)
            if options.check:
                return hold_conversation(addresses.page, addresses.zoho)
            return _stay(children, addresses, directory)
    except DemoError as error:
        print(f"bellwether demo: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped.")
        return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bellwether demo", description=__doc__)
    parser.add_argument("--check", action="store_true", help="hold a scripted conversation, exit 0 or 1")
    parser.add_argument("--port", type=int, default=PAGE_PORT, help="port of the page (default %(default)s)")
    parser.add_argument("--directory", default=".demo", help="where its files go; emptied at the start")
    return parser.parse_args()


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _choose_addresses(*, any_port: bool, page_port: int) -> Addresses:
    ports = [
        free_port(0 if any_port else wanted) for wanted in (page_port, ZOHO_PORT, PRODUCT_PORT, WEB_PORT)
    ]
    return Addresses(*(f"http://127.0.0.1:{port}" for port in ports))


def _environment(directory: Path, addresses: Addresses) -> dict[str, str]:
    """What a customer would put into the environment, with the sandboxes' addresses and credentials."""
    own = {
        "DATABASE_URL": f"sqlite:///{directory / 'bellwether.sqlite'}",
        "SECRET_KEY": base64.urlsafe_b64encode(os.urandom(32)).decode(),
        "CONFIG_FILE": str(directory / "bellwether.yaml"),
        "POLL_SECONDS": "2",
        "HTTP_PORT": addresses.product.rpartition(":")[2],
        "CLOCK_FILE": str(directory / "clock"),
        "SANDBOX_WEB_PORT": addresses.web.rpartition(":")[2],
        "ZOHO__ACCOUNTS_URL": addresses.zoho,
        "ZOHO__CLIENT_ID": "1000.SANDBOXCLIENT",
        "ZOHO__CLIENT_SECRET": "sandbox-secret",
        "ZOHO__REFRESH_TOKEN": "1000.sandbox.refresh",
        "SLACK__API_URL": f"{addresses.page}/api/",
        "SLACK__BOT_TOKEN": "xoxb-sandbox-bot",
        "SLACK__APP_TOKEN": "xapp-sandbox-app",
    }
    # Nothing of the surroundings leaks in: no settings, and no proxy before this machine's own servers.
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("BELLWETHER_") and name.lower() not in PROXIES
    }
    inherited[TRUST] = str(directory / "web-authority.pem")
    return inherited | {f"BELLWETHER_{name}": value for name, value in own.items()}


def _start_everything(children: Children, addresses: Addresses, directory: Path) -> None:
    clock = ("--clock-file", str(directory / "clock"))
    children.start("zoho", "sandbox.zoho", "--port", addresses.zoho.rpartition(":")[2], *clock)
    page_port = addresses.page.rpartition(":")[2]
    world = ("--manifest", str(MANIFEST), "--zoho", addresses.zoho)
    children.start("slack", "sandbox.slack", "--port", page_port, *world, *clock)
    web = ("--port", addresses.web.rpartition(":")[2], "--authority", str(directory / "web-authority.pem"))
    children.start("web", "sandbox.web", *web)
    children.await_answer("zoho", f"{addresses.zoho}/_sandbox/health")
    children.await_answer("slack", f"{addresses.page}/_sandbox/health")
    children.await_answer("web", f"{addresses.web}/")
    print("A Zoho, a Slack and a web run on this machine. First sync of the whole organisation:", flush=True)
    children.run("bot", "config", "init", *(f"--with={one}" for one in EXAMPLES))
    children.run("bot", "sync")
    children.run("bot", "score")
    children.start("bellwether", "bot", "run")
    children.await_answer("bellwether", f"{addresses.product}/readyz")


def _stay(children: Children, addresses: Addresses, directory: Path) -> int:
    prefix = f"env $(cat {directory / 'environment'}) bellwether"
    _write_environment(directory / "environment", children.environment)
    print(
        GUIDE.format(page=addresses.page, account="Konex", prefix=prefix, logs=directory / "logs"), flush=True
    )
    while (ended := children.ended()) is None:
        time.sleep(0.5)
    raise DemoError(f"{ended} has ended by itself; its log is {children.log(ended)}.")


def _write_environment(path: Path, environment: Mapping[str, str]) -> None:
    own = {
        name: value for name, value in environment.items() if name.startswith("BELLWETHER_") or name == TRUST
    }
    path.touch(mode=0o600)
    path.write_text("".join(f"{name}={value}\n" for name, value in sorted(own.items())))


if __name__ == "__main__":
    sys.exit(main())
