"""An organisation whose accounts bear a word of their own each, in all of their fields; and who sees which.

A word that turns up in anything sent to somebody who does not see its account has leaked.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path

from pydantic import SecretStr
from sqlalchemy import delete, update
from sqlmodel import SQLModel, col

from bot.app.exporting_rhythm import Rhythm, ScheduleState
from bot.app.exporting_values import Status, Wish
from bot.app.services import Services
from bot.app.tables import Picture
from bot.language.question import Kind, Question
from bot.runtime.wiring import Bellwether
from bot.settings import Settings, SlackSettings
from bot.store.tables import AlertActionRow, AlertRow, JobRow, OutboxRow
from bot.store.technique_tables import MarkRow, OfferRow
from connector.cache.engine import Database
from connector.cache.finance_tables import FinanceLineRow
from connector.cache.tables import (
    ContactRow,
    FieldRow,
    OrganisationRow,
    ProductRow,
    TransactionRow,
    UserRow,
)
from scoring.config import Configuration
from tests.support.postgres import create_tables
from tests.support.scoring_world import NOON, World
from tests.support.slack_api import RecordingSlack

SCOPES = ("all", "team", "own", "territory")
PROFILES = {"viewer": "Contractor", "member": "Standard", "manager": "Manager", "admin": "Administrator"}
ASKERS = (*PROFILES, "guest", "stranger")
DOCUMENT = """\
version: 1
segmentations:
  - name: Purchases
    scores: 3
    recency:
      method: bands
      bands: [{{within: last 30 days, score: 3}}, {{within: last 90 days, score: 2}}]
    frequency: {{method: bands, at_least: [3, 6]}}
    monetary: {{method: bands, at_least: [1000, 10000]}}
    labels:
      - {{name: Top, when: r = 3 and m = 3}}
      - {{name: Good, when: r >= 2}}
      - {{name: Slipping, when: r = 1 and m >= 2}}
      - {{name: Gone, when: purchases >= 1}}
  - name: Offers
    technique: recommendations
    labels:
      - name: Hot
        any_of: [{{kinds: [repeat_buy], probability: 0.9}}]
      - name: Cold
access:
  scopes: {{viewer: {scope}, member: {scope}, manager: {scope}}}
  public_channels: ["sales"]
alerts:
  routes:
    - {{name: Worse, when: worse, channel: "COPS", segmentation: Purchases, flood: 500}}
"""
# What people call an account, and whose it is: role of the asker, and how it is theirs.
ACCOUNTS = {
    "Lumora": ("viewer", "own"),
    "Kestra": ("viewer", "team"),
    "Bravik": ("viewer", "territory"),
    "Tolmund": ("member", "own"),
    "Perrano": ("member", "team"),
    "Quillan": ("member", "territory"),
    "Vestrid": ("manager", "own"),
    "Ormanda": ("manager", "team"),
    "Fennick": ("manager", "territory"),
    "Zarell": ("nobody", "else"),
}
FAR = "Zarell"
# What each scope sees of them.
_SEES = {"own": {"own"}, "team": {"own", "team"}, "territory": {"own", "territory"}}


def canary(nick: str) -> str:
    """The word that stands in every field of an account."""
    return nick[::-1].capitalize() + "qx"


def slack_id(role: str) -> str:
    return f"U{role.upper()}"


def hidden(role: str, scope: str) -> frozenset[str]:
    """The accounts that somebody does not see."""
    if role in {"guest", "stranger"}:
        return frozenset(ACCOUNTS)
    if role == "admin" or scope == "all":
        return frozenset()
    seen = {nick for nick, (whose, how) in ACCOUNTS.items() if whose == role and how in _SEES[scope]}
    return frozenset(ACCOUNTS) - seen


@dataclass
class WrittenPictures:
    """Pictures as the text of what is drawn."""

    drawn: list[str] = field(default_factory=list)

    def png(self, picture: Picture) -> bytes:
        self.drawn.append(repr(picture))
        return b"\x89PNG"


class CanaryWorld:
    """The whole product as it is wired, over one SQLite file and a Slack that notes what it is told."""

    def __init__(self, directory: Path, slack: RecordingSlack) -> None:
        url = f"sqlite:///{directory / 'bellwether.sqlite'}"
        create_tables(url)
        settings = Settings(
            database_url=url,
            exports_dir=directory / "exports",
            slack=SlackSettings(bot_token=SecretStr("xoxb-test"), api_url=slack.api_url),
        )
        self.bellwether = Bellwether(settings)
        self.slack, self.pictures = slack, WrittenPictures()
        self.world = World(self.database)
        with self.database.writes.begin() as connection:  # so that accounts have an address in the CRM
            connection.execute(update(OrganisationRow).values(domain="org1"))
        self.bellwether.__dict__["clock"] = self.world.clock
        self.see("all")
        self._people()
        self._accounts()
        self._alerts()
        self.someone_elses_export = self._export_of_the_administrator()
        self.keep_one_schedule()

    @property
    def database(self) -> Database:
        return self.bellwether.database

    @property
    def configuration(self) -> Configuration:
        return self.bellwether.configuration()

    @cached_property
    def services(self) -> Services:
        return replace(self.bellwether.services, pictures=self.pictures)

    def see(self, scope: str) -> None:
        """Have every role but the administrator's see these accounts."""
        self.world.publish(DOCUMENT.format(scope=scope))

    def alert_of(self, nick: str) -> int:
        """The number of the alert about an account."""
        number = next(one.id for one in self.world.alerts() if one.account_id == f"a{nick}")
        assert number is not None
        return number

    def written_exports(self) -> list[bytes]:
        """Have a worker write what waits; the files. Nothing of them is kept."""
        history = self.bellwether.export_parts.exports.history
        files = []
        for export in history.every([Status.WAITING]):
            self.bellwether.export_parts.work().run(export.public_id, 1, lambda: None)
            done = history.find(export.public_id)
            if done is not None and done.file_name:
                with self.bellwether.export_parts.exports.files.open(done.file_name) as file:
                    files.append(file.read())
        every = history.every(list(Status))
        history.forget([one for one in every if one.public_id != self.someone_elses_export])
        return files

    def keep_one_schedule(self) -> None:
        """No schedule but the administrator's, which rests."""
        schedules = self.bellwether.export_parts.schedules
        others = [one.public_id for one in schedules.book.listed(None)]
        for one in others:
            if one != self.someone_elses_export:
                schedules.book.remove(one)
        if self.someone_elses_export not in others:
            admin = self.bellwether.people.person(slack_id("admin"))
            schedules.repeat(self.someone_elses_export, Wish(), Rhythm.MONDAY, admin)
        told = {"state": ScheduleState.PAUSED, "reason": "It rests.", "told": True}
        schedules.book.change(self.someone_elses_export, tuple(ScheduleState), told)

    def run_schedules(self) -> None:
        """Have those of everybody else begin once more; a worker writes what waits (``written_exports``)."""
        parts = self.bellwether.export_parts
        for one in parts.schedules.book.listed(None):
            parts.schedules.book.change(
                one.public_id, (ScheduleState.ACTIVE,), {"last_day": date(2020, 1, 1)}
            )
        parts.scheduled_runs().run()

    def restore(self) -> None:
        """Alerts are open again, and nobody was told anything."""
        with self.database.writes.begin() as connection:
            values = {"state": "open", "assignee_id": None, "acted_by": None, "acted_at": None}
            connection.execute(update(AlertRow).values(**values, snoozed_until=None))
            connection.execute(delete(AlertActionRow))
            connection.execute(delete(JobRow))
            connection.execute(delete(OutboxRow).where(col(OutboxRow.kind) != "alert"))

    def close(self) -> None:
        self.database.close()

    def _people(self) -> None:
        rows: list[SQLModel] = [_user("else", "Elsa Where", "Standard", None, None)]
        for role, profile in PROFILES.items():
            rows.append(_user(role, f"{role.capitalize()} Person", profile, None, f"t-{role}"))
            rows.append(_user(f"under-{role}", f"Under {role}", "Standard", role, None))
        self.world.add(*rows)
        self.slack.members = {"COPS": [slack_id(role) for role in PROFILES]}
        self.slack.users = {slack_id(role): _slack_user(role) for role in ASKERS}

    def _accounts(self) -> None:
        self.world.add(
            FieldRow(module="Accounts", api_name="Territories", label="Territories", data_type="territories"),
            FieldRow(module="Accounts", api_name="Tier", label="Tier", data_type="text"),
            ProductRow(id="p1", name="Widget", raw="{}"),
        )
        for number, nick in enumerate(ACCOUNTS):
            self.world.add(*self._account(number, nick))
        self.world.run("first")
        for nick in ACCOUNTS:
            self.world.lose(f"a{nick}", 30)
        self.world.run()
        self.world.add(*(self._open_deal(nick) for nick in ACCOUNTS))
        # In the place of what a run finds among so few purchases.
        with self.database.writes.begin() as connection:
            connection.execute(delete(OfferRow))
        until = (NOON + timedelta(days=60)).date()
        self.world.add(*(self._offer(nick, until) for nick in ACCOUNTS))

    def _offer(self, nick: str, until: date) -> OfferRow:
        return OfferRow(
            segmentation="Offers",
            account_id=f"a{nick}",
            place=1,
            kind="repeat_buy",
            product_id="p1",
            probability=900_000,
            lift=2_000,
            value_minor=5_000,
            expires_on=until,
            details=json.dumps({"last": "2026-10-01", "times": 1}),
        )

    def _account(self, number: int, nick: str) -> list[SQLModel]:
        word, account = canary(nick), f"a{nick}"
        role, how = ACCOUNTS[nick]
        owner = {"own": role, "team": f"under-{role}"}.get(how, "else")
        territory = f"t-{role}" if how == "territory" else "t-else"
        raw = {"Territories": [{"id": territory, "name": f"Land {word}"}], "Tier": f"{word} tier"}
        columns = {
            "name": f"{nick} {word}",
            "owner_id": owner,
            "industry": f"{word} trade",
            "city": f"{word}ville",
            "state": f"{word}shire",
            "country": f"{word}land",
            "kind": f"{word} kind",
            "website": f"https://{word}.example",
            "raw": json.dumps(raw),
        }
        rows = self.world.rows_of(account, (5, 20_000 + number), (60, 15_000), **columns)
        for one in rows:
            if isinstance(one, TransactionRow):
                one.name = f"{word} deal"
        return [
            *rows,
            ContactRow(
                id=f"c-{nick}", account_id=account, name=f"Pat {word}", email=f"pat@{word}.example", raw="{}"
            ),
            MarkRow(kind="market_segment", record_id=account, mark=f"{word} mates", given_at=NOON),
            MarkRow(kind="contact_role", record_id=f"c-{nick}", mark=f"{word} role", given_at=NOON),
            FinanceLineRow(
                source="books",
                kind="invoice",
                document_id=f"i-{nick}",
                line_id="1",
                name=f"{word} consulting",
            ),
        ]

    def _open_deal(self, nick: str) -> TransactionRow:
        return TransactionRow(
            id=f"open-{nick}",
            account_id=f"a{nick}",
            name=f"{canary(nick)} open",
            stage=f"{canary(nick)} stage",
            occurred_on=self.world.today() + timedelta(days=20),
            amount_minor=700_000,
            raw="{}",
        )

    def _alerts(self) -> None:
        """Every alert stands in a channel."""
        with self.database.writes.begin() as connection:
            for one in self.world.alerts():
                place = {"slack_channel": "COPS", "slack_ts": f"9.{one.id}"}
                connection.execute(update(AlertRow).where(col(AlertRow.id) == one.id).values(**place))
                sent = update(OutboxRow).where(col(OutboxRow.alert_id) == one.id)
                connection.execute(sent.values(state="sent", **place))

    def _export_of_the_administrator(self) -> str:
        exports = self.bellwether.export_parts.exports
        admin = self.bellwether.people.person(slack_id("admin"))
        export = exports.begin(Question(Kind.LIST), f"accounts in {canary(FAR)}ville", admin, "home")
        exports.started(export.public_id, Wish(), admin, None, Status.WAITING)
        exports.history.change(export.public_id, (Status.WAITING,), {"status": Status.DONE})
        return export.public_id


def _user(user_id: str, name: str, profile: str, manager: str | None, territory: str | None) -> UserRow:
    lands = [] if territory is None else [{"id": territory, "name": territory}]
    raw = json.dumps({"territories": lands})
    email = f"{user_id}@x.example"
    return UserRow(id=user_id, name=name, email=email, profile=profile, manager_id=manager, raw=raw)


def _slack_user(role: str) -> dict[str, object]:
    return {
        "id": slack_id(role),
        "is_restricted": role == "guest",
        "profile": {"real_name": role, "email": f"{role}@x.example"},
    }
