"""Consents of people: whose they are, how long a way to Zoho is good, and what is written as whom."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import text, update

from bot.app.acting import TaskWish
from bot.app.acting_ports import OwnWriter
from bot.app.acting_writes import CrmDesk
from bot.app.consenting import LOST, OTHER_USER, STATE_LIFE, Asked, Consent, Consenting
from bot.app.errors import UserError
from bot.app.people import Role
from bot.slack.listeners.zoho_link import zoho_wanted
from bot.store.audit import SqlAudit
from bot.store.consents import SqlConsents
from bot.store.crm_writes import SqlCrmWrites
from bot.store.sealing import reseal
from bot.store.tables import AlertActionRow, OutboxRow, PersonRow
from connector.access_ports import Granted
from connector.cache.engine import Database, open_database
from connector.cache.tables import UserRow, table_of
from connector.errors import ConnectorError, NeedsPerson, NotConsented, NotPermitted
from connector.zoho.client import NoBook
from connector.zoho.consent import ConsentClient, write_scopes
from connector.zoho.regions import region
from tests.support.acting_world import ADA, VERA, FakeRecords, Office
from tests.support.fake_services import FakePeople
from tests.support.moved_clock import SetClock
from tests.support.postgres import create_tables
from tests.support.scoring_world import World

TOKEN = "1000.not-to-be-seen"
KEY, LATER_KEY = Fernet.generate_key().decode(), Fernet.generate_key().decode()


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    url = f"sqlite:///{tmp_path / 'bellwether.sqlite'}"
    create_tables(url)
    with closing(open_database(url)) as opened:
        yield opened


@dataclass
class FakeDesk:
    """Zoho: each code is the id of the user who consented."""

    revoked: list[str] = field(default_factory=list)

    def address(self, state: str) -> str:
        return state

    def exchange(self, code: str, location: str = "") -> Granted:
        if code == "late":
            raise NotConsented("Zoho does not accept the code.")
        return Granted(f"{TOKEN}.{code}", code, active=True)

    def revoke(self, refresh_token: str) -> bool:
        self.revoked.append(refresh_token)
        return True


@dataclass
class Desk:
    """The use case over a real database."""

    database: Database
    clock: SetClock = field(default_factory=SetClock)
    desk: FakeDesk = field(default_factory=FakeDesk)
    forgotten: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.consents = SqlConsents(self.database, self.clock, [KEY])
        self.audit = SqlAudit(self.database, self.clock)
        self.consenting = Consenting(
            self.consents,
            lambda: self.desk,
            lambda: FakePeople(ADA, VERA),
            self.audit,
            self.clock,
            lambda consent: self.forgotten.append(consent.slack_id),
        )

    def connect(self, code: str = "u2") -> None:
        self.consenting.finish(self.consenting.begin(ADA, "T0"), code)

    def told(self) -> list[str]:
        with self.database.reads.begin() as connection:
            return list(connection.execute(text("SELECT payload FROM outbox ORDER BY id")).scalars())


@pytest.fixture
def office(database: Database) -> Desk:
    return Desk(database)


def test_a_consent_is_kept_sealed_and_the_person_is_told(office: Desk) -> None:
    office.connect()
    held = office.consents.held("UADA")
    assert held == Consent("UADA", "T0", "u2", office.clock.now(), f"{TOKEN}.u2")
    assert office.consenting.connected(ADA)
    assert not office.consenting.connected(replace(ADA, crm_user_id="u7")), "matched to somebody else since"
    (told,) = office.told()
    assert "Connected" in told
    with office.database.reads.begin() as connection:
        rows = str(connection.execute(text("SELECT * FROM zoho_consent")).all())
    for seen in (rows, repr(held), told, str(office.audit.lines())):
        assert TOKEN not in seen
    office.clock.move(hours=1)
    office.connect()
    assert office.desk.revoked == [f"{TOKEN}.u2"], "the earlier one is given back"
    assert office.forgotten == ["UADA"]


def test_a_way_is_good_once_for_ten_minutes_and_void_when_there_is_a_newer_one(office: Desk) -> None:
    first, second = (office.consenting.begin(ADA, "T0") for _ in range(2))
    assert len(second) >= 43, "256 bits"
    for state in (first, "", "x" * 5_000, "\ud800", f"{second}x"):
        with pytest.raises(UserError, match="expired, or was used"):
            office.consenting.finish(state, "u2")
    office.consenting.finish(second, "u2")
    with pytest.raises(UserError, match="expired, or was used"):
        office.consenting.finish(second, "u2")
    late = office.consenting.begin(ADA, "T0")
    office.clock.move(seconds=STATE_LIFE.total_seconds())
    with pytest.raises(UserError, match="expired"):
        office.consenting.finish(late, "u2")
    with office.database.reads.begin() as connection:
        assert connection.execute(text("SELECT count(*) FROM zoho_consent_request")).scalar() == 0


def test_nobody_becomes_another_and_who_may_not_write_need_not_consent(office: Desk) -> None:
    state = office.consenting.begin(ADA, "T0")
    with pytest.raises(UserError) as error:
        office.consenting.finish(state, "u3")
    assert error.value.what_happened == OTHER_USER
    assert office.desk.revoked == [f"{TOKEN}.u3"], "what was given is given back"
    for person in (VERA, replace(ADA, crm_user_id=None), replace(ADA, role=Role.NOBODY, refusal="No.")):
        with pytest.raises(UserError):
            office.consenting.begin(person, "T0")
    # Whoever lost the right between the two ends is refused when they come back.
    office.consents.ask("hers", Asked("UVERA", "T0"), office.clock.now() + timedelta(minutes=1))
    for state, code in (("hers", "u4"), (office.consenting.begin(ADA, "T0"), "late")):
        with pytest.raises(UserError):
            office.consenting.finish(state, code)
    with pytest.raises(UserError, match="did not consent"):
        office.consenting.finish(office.consenting.begin(ADA, "T0"), "")
    assert (office.consents.count(), office.told()) == ((0, 0), [])


def test_it_is_taken_back_by_the_person_and_lost_once(office: Desk) -> None:
    assert "not connected" in office.consenting.end(ADA)
    office.connect()
    assert office.consenting.end(ADA).startswith("Disconnected")
    assert (office.consents.held("UADA"), len(office.desk.revoked)) == (None, 1)
    office.connect()
    held = office.consents.held("UADA")
    assert held is not None
    for _ in range(2):
        office.consenting.lost(held)
    assert sum(LOST[:40] in one for one in office.told()) == 1
    assert office.consents.count() == (0, 0)


def test_only_who_is_matched_now_is_written_as(office: Desk) -> None:
    now = office.clock.now()
    person = PersonRow(slack_id="UADA", name="Ada", email="Ada@x.example", guest=False, checked_at=now)
    user = UserRow(id="u2", name="Ada Example", email="ada@X.example", raw="{}")
    rows: list[tuple[Any, dict[str, Any]]] = [
        (PersonRow, person.model_dump()),
        (UserRow, user.model_dump(exclude_none=True)),
    ]
    with office.database.writes.begin() as connection:
        for kind, values in rows:
            connection.execute(table_of(kind).insert().values(**values))
    office.connect()
    usable: Callable[[], bool] = lambda: office.consents.usable("UADA") is not None  # noqa: E731
    assert usable()
    for kind, wrong, right in (
        (UserRow, {"active": False}, {"active": True}),
        (UserRow, {"email": "other@x.example"}, {"email": "ada@x.example"}),
        (PersonRow, {"guest": True}, {"guest": False}),
        (UserRow, {"id": "u9"}, {"id": "u2"}),
    ):
        for values, expected in ((wrong, False), (right, True)):
            with office.database.writes.begin() as connection:
                connection.execute(update(table_of(kind)).values(**values))
            assert usable() is expected, values


def test_keys_are_rotated(office: Desk) -> None:
    office.connect()
    assert SqlConsents(office.database, office.clock, [LATER_KEY]).count() == (1, 1)
    done = {one.table: (one.resealed, one.unreadable) for one in reseal(office.database, [LATER_KEY, KEY])}
    assert done["zoho_consent"] == (1, 0)
    later = SqlConsents(office.database, office.clock, [LATER_KEY])
    assert (later.count(), office.consents.held("UADA")) == ((1, 0), None)


@dataclass
class Own:
    """Everybody has a CRM of their own."""

    records: FakeRecords = field(default_factory=FakeRecords)
    lost: list[str] = field(default_factory=list)

    def of(self, slack_id: str) -> OwnWriter:
        return OwnWriter(self.records, lambda: self.lost.append(slack_id))


@pytest.mark.parametrize(
    ("trouble", "theirs", "ours", "state", "said"),
    [
        (None, 1, 0, "done", "done: Tasks1, written as Ada Example"),
        (NotConsented("Revoked."), 0, 1, "done", "done: Tasks1, written by Bellwether"),
        (NotPermitted("403."), 0, 0, "refused", "refused: Zoho does not let Ada Example do this. 403."),
    ],
)
def test_as_whom_it_is_written(
    database: Database, trouble: ConnectorError | None, theirs: int, ours: int, state: str, said: str
) -> None:
    office, own = Office(World(database)), Own()
    own.records.faults = [trouble] if trouble else []
    office.desk.ask_task(office.alert_id, TaskWish("Call", None, "u2"), ADA)
    (action,) = office.world.rows(AlertActionRow)
    writes = SqlCrmWrites(database, office.clock)
    CrmDesk(writes, lambda: office.crm, lambda: "Accounts", office.audit, office.clock, own).write(action.id)
    assert (len(own.records.added), len(office.crm.added)) == (theirs, ours)
    assert own.lost == (["UADA"] if isinstance(trouble, NotConsented) else [])
    assert office.audit.lines(1)[0].outcome == said
    assert [one.state for one in office.world.rows(AlertActionRow)] == [state]
    assert office.world.rows(OutboxRow)


def test_what_the_browser_brings_leads_nowhere_else() -> None:
    """Another data centre is refused before anything is sent; nothing listens at the address."""
    desk = ConsentClient(
        region("eu", "http://127.0.0.1:9"),
        "1000.X",
        "s",
        "https://here.example/zoho/consent",
        lambda: "Accounts",
        SetClock(),
        NoBook(),
    )
    with pytest.raises(NeedsPerson, match="another Zoho data centre"):
        desk.exchange("code", "us")
    address = desk.address("a&b=c")
    assert "state=a%26b%3Dc" in address
    assert "redirect_uri=https%3A%2F%2Fhere.example%2Fzoho%2Fconsent" in address
    assert "access_type=offline" in address
    assert not desk.revoke("x")
    assert write_scopes("Accounts")[2] == "ZohoCRM.modules.accounts.UPDATE"
    assert write_scopes("Customers")[2] == "ZohoCRM.modules.custom.UPDATE"


def test_the_words_for_it() -> None:
    assert [zoho_wanted(one) for one in ("zoho connect", " Connect my Zoho. ", "disconnect zoho")] == [
        "connect",
        "connect",
        "disconnect",
    ]
    for other in ("zoho", "accounts that connect zoho connect", "connect", "zoho connections"):
        assert zoho_wanted(other) is None
