"""The questions of ``bellwether init``: what is asked, where it is found, and what is written in the end."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import typer
from rich.console import Console

from bot.app.config.starting import Sales, starting_document
from bot.runtime.setup import (
    REFRESH_TOKEN,
    Elsewhere,
    Wanted,
    check_place,
    environment_of,
    wanted,
    write_environment,
    write_starting_configuration,
)
from bot.settings import load_settings
from connector.errors import NeedsPerson, NotConsented, Retriable

HERE: Final = Path(".env")
MANIFEST: Final = "slack-manifest.json"

_WELCOME = (
    "You need a Zoho CRM, and a Slack workspace in which you may install apps. "
    "Ctrl-C stops; nothing is written before the end."
)
_ZOHO = """
Zoho: open {console} and choose Self Client.
  · Under Client Secret there are the client id and the client secret.
  · Under Generate Code paste the scopes of the next line, choose 10 minutes and your organisation:
{scopes}"""
_SLACK = """
Slack: make the app, unless you have it, at this link (or at https://api.slack.com/apps under Create New App,
From a manifest, with the text that will be in {manifest}):
{link}
Then install it in your workspace, under Install App."""
_SLACK_OF_SANDBOX = """
Slack: `bellwether sandbox slack` has printed what is asked for."""
_ZOHO_OF_SANDBOX = """
Zoho: `bellwether sandbox zoho` has printed what is asked for."""


def set_up(
    path: Path, sales: Sales, elsewhere: Elsewhere, *, http: bool = False, install_page: bool = False
) -> None:
    """Ask, and write the environment file, the configuration and the Slack app's manifest.

    Args:
        path: of the environment file.
        sales: which starting document.
        elsewhere: addresses of a Zoho and a Slack on this machine.
        http: Slack calls this server.
        install_page: the app is installed from a page of this server.

    Raises:
        ConfigurationError: the surroundings are not good, or nothing can be written there.
    """
    check_place(path)
    load_settings()  # what is wrong in the surroundings is said before anything is asked
    console = Console(soft_wrap=True, highlight=False, markup=False)
    console.print(_WELCOME)
    asking = _Asking(console, elsewhere)
    for one in wanted(over_http=http, by_page=install_page, elsewhere=elsewhere):
        asking.ask(one)
    write_environment(path, environment_of({**asking.values, **elsewhere.settings()}))
    console.print(f"\nWrote {path}, readable by you alone.")
    file = load_settings().config_file
    made = write_starting_configuration(file, starting_document(sales))
    console.print(f"{'Wrote' if made else 'Kept'} {file}: what counts, labels, alerts, who may do what.")
    manifest = path.parent / MANIFEST
    manifest.write_text(asking.manifest, encoding="utf-8")
    console.print(f"Wrote {manifest}: the Slack app.")
    if elsewhere.slack and http:
        port = urlsplit(elsewhere.slack).port
        beside = f" --zoho {elsewhere.zoho}" if elsewhere.zoho else ""
        again = f"bellwether sandbox slack --port {port} --manifest {manifest.resolve()}{beside}"
        console.print(f"The sandbox's Slack has to know it: stop that, and start it by\n    {again}")
    if path != HERE:
        console.print(f"Commands read .env where they are run, and not {path}: put it into the environment.")
    if install_page:
        page = f"{asking.values['public_url'].rstrip('/')}/slack/install"
        console.print(f"The app is installed at {page}, once `bellwether run` has started.")
    console.print("Next: bellwether doctor")


class _Asking:
    """A person who is asked for one value after the other, with where each is found."""

    def __init__(self, console: Console, elsewhere: Elsewhere) -> None:
        self.values: dict[str, str] = {}
        self._console, self._elsewhere = console, elsewhere
        self._told: set[str] = set()

    @property
    def manifest(self) -> str:
        """The app's manifest for what was answered."""
        from bot.runtime.slack_manifest import manifest_for

        return json.dumps(manifest_for(self.values.get("public_url")), indent=2)

    def ask(self, one: Wanted) -> None:
        """Ask until the answer can be right."""
        if one.name.startswith("zoho.") and one.name != "zoho.region":
            self._tell("zoho", self._about_zoho)
        if one.name.startswith("slack."):
            self._tell("slack", self._about_slack)
        while True:
            value = self._typed(one)
            problem = one.problem(value)
            if problem is None:
                self.values[one.name] = value
                if one is not REFRESH_TOKEN or self._signed_in():
                    return
            else:
                self._console.print(f"  {problem}")

    def _typed(self, one: Wanted) -> str:
        shown = self.values.get(one.name, one.default) if not one.secret else ""
        text: str = typer.prompt(one.ask, default=shown, show_default=bool(shown), hide_input=one.secret)
        return text.strip()

    def _tell(self, what: str, text: Callable[[], str]) -> None:
        if what not in self._told:
            self._told.add(what)
            self._console.print(text())

    def _about_zoho(self) -> str:
        from bot.runtime.zoho_sign_in import SCOPES
        from connector.zoho.regions import region

        if self._elsewhere.zoho:
            return _ZOHO_OF_SANDBOX
        accounts = region(self.values["zoho.region"]).accounts_url
        console = accounts.replace("https://accounts.", "https://api-console.", 1)
        return _ZOHO.format(console=console, scopes=",".join(SCOPES))

    def _about_slack(self) -> str:
        from bot.runtime.slack_manifest import link_for

        if self._elsewhere.slack:
            return _SLACK_OF_SANDBOX
        return _SLACK.format(manifest=MANIFEST, link=link_for(self.values.get("public_url")))

    def _signed_in(self) -> bool:
        """Whether Zoho takes what was answered; asks for what it does not take once more."""
        from bot.runtime.zoho_sign_in import refresh_token_of
        from connector.zoho.regions import region

        name, client, secret = (
            self.values.get(f"zoho.{one}", "") for one in ("region", "client_id", "client_secret")
        )
        try:
            self.values[REFRESH_TOKEN.name] = refresh_token_of(
                region(name or "us", self._elsewhere.zoho),
                client,
                secret,
                self.values[REFRESH_TOKEN.name],
                datetime.now(UTC),
            )
        except Retriable as error:
            self._console.print(f"  {error} It is kept as a refresh token; `bellwether doctor` tries it.")
            return True
        except NotConsented as error:
            self._console.print(f"  {error}")
            return False
        except NeedsPerson as error:  # about the client, or the region that it is in
            self._console.print(f"  {error.what_happened} Copy both again: each region has its own.")
            for one in wanted(elsewhere=self._elsewhere):
                if one.name.startswith("zoho.") and one is not REFRESH_TOKEN:
                    self.ask(one)
            return False
        self._console.print("  Zoho takes it.")
        return True
