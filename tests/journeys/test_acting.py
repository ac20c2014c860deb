"""People act on an alert in the sandbox's Slack, and the sandbox's Zoho is written: everything over HTTP."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests
from sqlalchemy import update
from sqlmodel import SQLModel

from bot.app.acting_writes import CrmDesk
from bot.app.deliver import Delivery
from bot.app.errors import BellwetherError
from bot.app.people import Person as Member
from bot.app.people import Role
from bot.runtime.acting_parts import FOR_EVER
from bot.runtime.work import JobLoop
from bot.slack.app import build_app
from bot.slack.gateway import SlackGateway
from bot.slack.socket import SocketConnection
from bot.store.audit import SqlAudit
from bot.store.crm_writes import SqlCrmWrites
from bot.store.tables import AlertActionRow
from connector.cache.engine import Database, open_database
from connector.cache.tables import UserRow
from connector.errors import ConnectorError
from connector.zoho.client import ZohoClient
from connector.zoho.crm import CrmClient
from connector.zoho.write import CrmWriteClient
from sandbox.demo.transcript import message_text
from sandbox.slack.serve import running as running_slack
from sandbox.zoho.serve import running as running_zoho
from tests.support.acting_world import Office
from tests.support.fake_services import FakePeople, fake_world
from tests.support.postgres import create_tables
from tests.support.scoring_world import World
from tests.support.slack_sandbox import MANIFEST, Json, Person, client_of, until
from tests.support.zoho_client import ZohoHttp
from tests.support.zoho_copy import ZohoCopy

ALERTS = "CALERTS"
PLACE = {"channel": "#cs", "ts": "2.0"}


@dataclass
class Stage:
    """The two sandboxes with the product between them, and one alert in Slack."""

    slack_url: str
    zoho: ZohoHttp
    office: Office
    delivery: Delivery
    work: JobLoop

    def deliver(self) -> None:
        """Send everything, at the pace of a channel."""
        while self.delivery.deliver_one():
            self.office.world.pass_time(seconds=2)
            time.sleep(0.01)

    def alert(self, person: Person) -> Json:
        return until(
            lambda: next((one for one in person.messages(ALERTS) if "Account big" in one["text"]), None),
            "there is no alert",
        )

    def thread(self, person: Person) -> list[str]:
        return [message_text(one) for one in person.messages(ALERTS) if one.get("thread_ts")]

    def modal(self, person: Person) -> Json:
        return until(lambda: next(iter(person.state()["modal"]), None), "no form was opened")

    def added(self, module: str, field: str) -> list[Any]:
        shown = requests.get(
            f"{self.zoho.base_url}/_sandbox/records/{module}", params={"limit": 10_000}, timeout=10
        )
        return [
            one["values"]
            for one in shown.json()["records"]
            if "via Bellwether" in (one["values"].get(field) or "")
        ]

    def write(self, seconds: float = 0) -> None:
        self.office.world.pass_time(seconds=seconds)
        while self.work.step():
            pass


@contextmanager
def product(slack_url: str, office: Office) -> Iterator[None]:
    """The app on Socket Mode, with the real use case behind the alert's buttons."""
    from dataclasses import replace

    world = fake_world()
    world.people = FakePeople(
        Member("UDARCEL", "Darcel Schlecht", "d@x.example", "u1", Role.MEMBER),
        Member("UANNA", "Anna Snelling", "a@x.example", "u2", Role.MEMBER),
    )
    services = replace(world.services, alerts=office.desk, clock=office.clock)
    app = build_app(
        services,
        bot_token="xoxb-sandbox-bot",
        api_url=f"{slack_url}/api/",
        configuration=lambda: world.configuration,
    )
    connection = SocketConnection(app, "xapp-sandbox-app")
    connection.start()
    try:
        yield
    finally:
        connection.stop()
