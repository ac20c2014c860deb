"""Whoever is gone is forgotten: no row, message or file names them, and what stays says the id alone."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, event, insert, select, text
from sqlmodel import SQLModel

from bot.app.erasing import EDIT_KIND, GONE_TEXT, Erasing, Gone, Names, are_too_many, without_records
from bot.app.errors import SendLater, UserError
from bot.app.exporting_rhythm import ScheduleState
from bot.app.exporting_values import ColumnType, ExportColumn, FileForm, Format, Header
from bot.app.ports import NamedAccount, Posted
from bot.exports.files import ExportDirectory, new_name
from bot.runtime.erasure_parts import edit_posted
from bot.store.account_notes import SqlAccountNotes, tell_asker
from bot.store.audit import SqlAudit
from bot.store.enrichment_batches import SqlBatches
from bot.store.erasing import SCHEDULE_WORD, SqlErasures
from bot.store.erasure_tables import watch
from bot.store.export_schedules import SqlExportSchedules
from bot.store.incidents import SqlIncidents
from bot.store.kept_out import keep_out
from bot.store.retention import SqlRetention
from bot.store.triggers import triggers
from connector.cache.engine import Database
from connector.cache.tables import AccountRow, ContactRow, EngagementEventRow, RecordRow
from connector.errors import Retriable
from scoring.config import Retention
from tests.support.acting_world import ADA, FakeChat, Office
from tests.support.postgres import postgres_server  # noqa: F401  (fixture)
from tests.support.scoring_world import NOON, World, database, shared_postgres

__all__ = ["database", "shared_postgres"]
TABLES = SQLModel.metadata.tables
NAME = "Account big"
PERSON, MAIL = "Ingrid Solheim", "ingrid@big.example"


@dataclass
class Files:
    asked: list[tuple[Sequence[str], tuple[str, ...]]] = field(default_factory=list)

    def invalidate(self, gone: Sequence[Gone], names: Names, looked_through: set[str]) -> int:
        self.asked.append(([one.id for one in gone], names.names))
        return 0


def erasing_in(world: World, files: Files | None = None) -> Erasing:
    incidents = SqlIncidents(world.database, world.clock, lambda: None)
    audit = SqlAudit(world.database, world.clock)
    return Erasing(SqlErasures(world.database, world.clock), files or Files(), audit, incidents)


def dump(database: Database) -> dict[str, list[str]]:
    """Every row of every table as text."""
    with database.reads.begin() as connection:
        return {
            name: [str(tuple(row)) for row in connection.execute(select(table))]
            for name, table in TABLES.items()
        }


def tables_with(database: Database, *words: str) -> set[str]:
    found = dump(database)
    return {name for name, rows in found.items() if any(word in row for row in rows for word in words)}


def in_zoho_deleted(database: Database, identifier: str, row: type[SQLModel] = AccountRow) -> None:
    with database.writes.begin() as connection:
        table = TABLES[str(row.__tablename__)]
        connection.execute(delete(table).where(table.c.id == identifier))


def an_office(database: Database) -> Office:
    """An account that was talked about everywhere."""
    world = World(database)
    world.account("other", (5, 20_000), (60, 15_000), name="Account other")
    office = Office(world)
    office.desk.acknowledge(office.alert_id, ADA)
    office.desk.ask_note(office.alert_id, f"Called {PERSON} of {NAME}", "form1", ADA)
    office.deliver()
    raw = json.dumps({"Account_Name": {"id": "big", "name": NAME}, "Stage": "Won"})
    world.add(
        ContactRow(id="c1", account_id="big", name=PERSON, email=MAIL, raw=raw),
        RecordRow(module="Leads", id="l1", account_id="big", contact_id="c1", raw=raw),
        AccountRow(id="child", name="Child", parent_id="big", raw=raw),
        EngagementEventRow(
            source="crm.emails", raw_id="m1", event_type="email", occurred_at=NOON, account_id="big",
            contact_id="c1", email=MAIL, text="We are leaving you.", raw="{}",
        ),
    )  # fmt: skip
    now, key = world.clock.now(), {"segmentation": "Purchases", "account_id": "big"}
    lines = [
        {"name": NAME, "old": "A", "new": "B", "money_minor": 1},
        {"name": "Other", "old": "A", "new": "B"},
    ]
    written = {
        "of": "b",
        "account_id": "big",
        "crm_field": "Mail",
        "field": "email",
        "by": "U",
        "at": now,
        "state": "written",
    }
    planted: dict[str, dict[str, object]] = {
        "mark": {"kind": "market_segment", "record_id": "big", "mark": "vip", "given_by": "x",
                 "given_at": now},
        "offer": {**key, "place": 1, "kind": "x", "product_id": "p", "probability": 1, "lift": 1,
                  "value_minor": 1, "expires_on": world.today(), "run_id": 1},
        "dismissal": {"account_id": "big", "product_id": "p", "day": world.today(), "by": "",
                      "reason": NAME},
        "conversation": {"key": "C1:1", "state": json.dumps({"questions": [f"name = {NAME}"]}),
                         "updated_at": now},
        "miss": {"text": f"hug {NAME.upper()}", "words": "[]", "reason": "", "count": 1, "first_at": now,
                 "last_at": now},
        "correction": {"sentence": "We are leaving you.", "by": "", "at": now},
        "message_reading": {"source": "crm.emails", "raw_id": "m1", "event_type": "email", "reader": "1",
                            "body": "[]"},
        "incident": {"name": "x", "since": now, "message": f"{NAME} is odd", "what_to_do": ""},
        "job": {"kind": "x", "slot": "1", "args": json.dumps({"of": NAME}), "state": "done", "due_at": now,
                "attempts": 1, "created_at": now},
        "outbox": {"dedupe_key": "summary:1", "kind": "alert_summary", "channel": "#cs", "payload_version": 1,
                   "payload": json.dumps({"title": "T", "lines": lines, "total": 2}), "state": "sent",
                   "due_at": now, "attempts": 1, "created_at": now, "slack_channel": "#cs",
                   "slack_ts": "9.9"},
        "export": {"public_id": "e", "question": f"like {NAME}", "segments": "[]", "criteria": "",
                   "sort": "[]",
                   "format": "csv", "header": "labels", "requested_by": "U", "requester": "", "slack_id": "U",
                   "status": "expired", "rows": 1, "created_at": now, "delivered": True},
        "export_schedule": {"public_id": "s", "question": f"like {NAME}", "segments": "[]",
                            "criteria": f'name = "{NAME}"', "sort": "[]", "format": "csv",
                            "header": "labels", "requested_by": "U", "requester": "", "slack_id": "U",
                            "rhythm": "daily", "state": "active", "told": True, "created_at": now},
        "enrichment_proposal": {"id": "p", "account_id": "big", "at": now, "expires_at": now,
                                "digest": "", "content": json.dumps({"account_name": NAME})},
        "enrichment_write": {**written, "old": json.dumps(MAIL), "new": json.dumps(f"of {NAME}")},
        "enrichment_batch": {"id": "b", "what": f"like {NAME}", "by": "U", "place": "", "provider": "zia",
                             "day": "2026-01-01", "total": 2, "state": "done", "at": now},
        "enrichment_account": {"batch_id": "b", "account_id": "big", "name": NAME, "website": "",
                               "country": "", "state": "done", "result": "found", "reason": "",
                               "found": json.dumps({"reason": NAME}), "interrupted": False, "at": now},
    }  # fmt: skip
    with database.writes.begin() as connection:
        for name, values in planted.items():
            connection.execute(insert(TABLES[name]).values(**values))
        also = {"account_id": "other", "name": "Account other", "found": json.dumps({"reason": f"Of {NAME}"})}
        connection.execute(
            insert(TABLES["enrichment_account"]).values(**{**planted["enrichment_account"], **also})
        )
        beside = {"account_id": "other", "new": json.dumps(f"Mail {MAIL}")}
        connection.execute(insert(TABLES["enrichment_write"]).values(**{**written, "old": "null", **beside}))
    return office


def edit_all(office: Office, chat: FakeChat) -> None:
    """Do the jobs that edit what stands in Slack."""
    erasures = SqlErasures(office.database, office.clock)
    with office.database.reads.begin() as connection:
        jobs = connection.execute(select(TABLES["job"]).where(TABLES["job"].c.kind == EDIT_KIND)).mappings()
        numbers = [int(json.loads(one["args"])["message"]) for one in jobs]
    for number in numbers:
        edit_posted(erasures, chat, number)


def test_an_account_that_zoho_deletes_is_named_nowhere(database: Database) -> None:
    office, files = an_office(database), Files()
    before = tables_with(database, NAME, NAME.upper())
    assert {"audit", "outbox", "alert_action", "conversation", "miss", "job", "crm_record"} <= before
    enriched = {"enrichment_proposal", "enrichment_write", "enrichment_batch", "enrichment_account"}
    assert {"export_schedule", *enriched} <= before
    posted = len(office.slack.posted)
    in_zoho_deleted(database, "big")
    done = erasing_in(office.world, files).do()
    assert (done["erased"], done["held"], done["to_do"]) == (1, 0, [])
    assert tables_with(database, NAME, NAME.upper()) == set()
    assert tables_with(database, "'big'") == set(), "the audit log alone has the id, in a sentence"
    assert any("account big" in row for row in dump(database)["audit"])
    assert files.asked == [(["big"], (NAME,))] * 2, "before, and what was begun meanwhile"
    assert "c1" in str(dump(database)["crm_contact"]), "Zoho still has the contact"
    batch = SqlBatches(database, office.clock).find("b")
    assert batch is not None
    assert (batch.total, batch.counts["found"], dict(batch.fields)) == (1, 1, {"Mail": 1})
    (schedule,) = SqlExportSchedules(database).listed(None)
    assert (schedule.state, schedule.told, schedule.reason) == (ScheduleState.ENDED, False, SCHEDULE_WORD)
    edit_all(office, office.slack)
    texts = [payload for _, payload in office.slack.edits]
    assert texts.count({"text": GONE_TEXT}) == posted - 1, "the alert and the line in its thread"
    assert next(one for one in texts if "lines" in one)["total"] == 1
    # Numbers that SQLite gives again do not hide what comes next.
    office.world.lose("other", 30)
    office.world.run()
    assert [one.payload["account_name"] for one in office.deliver()] == ["Account other"]
    assert erasing_in(office.world).do()["erased"] == 0


def test_a_contact_that_zoho_deletes_is_named_nowhere(database: Database) -> None:
    office = an_office(database)
    assert PERSON in str(dump(database)["alert_action"])
    in_zoho_deleted(database, "c1", ContactRow)
    assert erasing_in(office.world).do()["erased"] == 1
    assert tables_with(database, PERSON, MAIL, "We are leaving") == set()
    assert NAME in str(dump(database)["crm_account"])
    assert "contact c1" in str(dump(database)["alert_action"])


def test_who_is_erased_by_command_stays_out_of_the_copy(database: Database) -> None:
    office = an_office(database)
    office.world.add(*(ContactRow(id=f"of{n}", account_id="big", raw="{}") for n in range(60)))
    erasing = erasing_in(office.world)
    with pytest.raises(UserError, match="Nothing here knows"):
        erasing.by_command("account", "nobody", "ada")
    before = dump(database)
    would = erasing.rehearse(("account", "big"))
    assert dump(database) == before, "a rehearsal keeps nothing"
    done = erasing.by_command("account", "big", "ada")
    assert would["would_erase"] == ["account big"]
    assert would["rows"].keys() == done["rows"].keys()
    assert would["rows"]["crm_contact"] == done["rows"]["crm_contact"] == 61
    assert erasing.do()["held"] == 0  # its contacts go with it
    assert tables_with(database, NAME, PERSON) == set()
    office.world.add(AccountRow(id="next", name="Next", raw="{}"))
    with database.writes.begin() as connection:  # a sync that still finds it
        connection.execute(
            insert(TABLES["crm_account"]),
            [{"id": "big", "name": NAME, "raw": "{}"}, {"id": "late", "name": "Late", "raw": "{}"}],
        )
        connection.execute(insert(TABLES["crm_contact"]), {"id": "c1", "account_id": "big", "raw": "{}"})
    assert {"late", "next"} <= {one.id for one in office.world.rows(AccountRow)}
    assert tables_with(database, NAME) == set()
    assert office.world.rows(ContactRow) == []


def test_the_answer_to_a_note_leaves_its_key_free_for_the_next_note(database: Database) -> None:
    world = World(database)
    world.account("big", (5, 20_000), name=NAME)
    world.account("twin", (5, 20_000), name=NAME)  # so that the name alone tells of nobody

    def answered(account_id: str, form: str) -> None:
        notes = SqlAccountNotes(database, world.clock)
        notes.keep(NamedAccount(account_id, NAME), replace(ADA, crm_user_id="u1"), "Called.", form)
        with database.writes.begin() as connection:
            rows = connection.execute(select(TABLES["alert_action"])).mappings().all()
            tell_asker(connection, rows[-1], world.clock.now())

    answered("big", "form1")
    in_zoho_deleted(database, "big")
    erasing_in(world).do()
    assert "outbox" not in tables_with(database, NAME)
    answered("twin", "form2")
    assert len(dump(database)["outbox"]) == 2, "nobody waits for an answer that was given before"


def test_who_comes_back_while_files_are_looked_through_is_left_alone(database: Database) -> None:
    office = an_office(database)

    class Slow(Files):
        def invalidate(self, gone: Sequence[Gone], names: Names, looked_through: set[str]) -> int:
            if gone:
                office.world.add(AccountRow(id="big", name=NAME, raw="{}"))
            return super().invalidate(gone, names, looked_through)

    in_zoho_deleted(database, "big")
    erasing = erasing_in(office.world, Slow())
    before = dump(database)["alert"]
    assert erasing.do()["erased"] == 0
    assert "big" in {one.id for one in office.world.rows(AccountRow)}
    assert dump(database)["alert"] == before
    assert "account big" not in str(dump(database)["audit"])
    assert erasing.erasures.due(1).gone == ()


def test_looking_for_the_gone_waits_for_no_sync_and_makes_triggers_that_are_lost(database: Database) -> None:
    office = an_office(database)
    erasing = erasing_in(office.world)
    erasing.by_command("account", "big", "ada")
    account = TABLES["crm_account"]
    if database.dialect == "postgresql":
        with database.writes.begin() as sync, database.writes.begin() as hurried:
            sync.execute(account.update().values(name="Name"))
            hurried.execute(text("SET LOCAL lock_timeout = '100ms'"))
            watch(hurried)
            keep_out(hurried)
        return
    with database.writes.begin() as connection:  # a migration that makes tables anew
        for one in triggers(connection):
            connection.execute(text(f"DROP TRIGGER {one}"))
    erasing.do()
    with database.writes.begin() as connection:
        connection.execute(insert(account), {"id": "big", "name": NAME, "raw": "{}"})
    assert tables_with(database, NAME) == set()
    in_zoho_deleted(database, "other")
    assert erasing.do()["erased"] == 1


def test_many_at_once_wait_for_a_word_and_who_comes_back_is_kept(database: Database) -> None:
    world = World(database)
    world.add(*(AccountRow(id=f"a{one}", name=f"Firm {one}", raw="{}") for one in range(70)))
    with database.writes.begin() as connection:
        connection.execute(delete(TABLES["crm_account"]).where(TABLES["crm_account"].c.id != "a0"))
    erasing = erasing_in(world)
    assert erasing.do() == {"erased": 0, "held": 69, "rows": {}, "files": 0, "to_do": []}
    assert "69 accounts" in str(dump(database)["incident"])
    world.add(AccountRow(id="a1", name="Firm 1", raw="{}"))
    assert erasing.do()["held"] == 68
    assert erasing.erasures.confirm() == 68
    assert erasing.do()["erased"] == 68
    assert {one.id for one in world.rows(AccountRow)} == {"a0", "a1"}


@pytest.mark.parametrize(
    ("gone", "living", "many"),
    [(1, 0, True), (0, 0, False), (50, 1, False), (51, 400, True), (51, 500, False)],
)
def test_how_many_are_too_many(gone: int, living: int, many: bool) -> None:
    assert are_too_many(gone, living) is many


def test_what_is_being_sent_is_edited_when_it_stands(database: Database) -> None:
    office = an_office(database)
    outbox, now = TABLES["outbox"], office.clock.now()
    with database.writes.begin() as connection:
        mine = outbox.c.kind == "alert"
        connection.execute(
            outbox.update().where(mine).values(state="pending", lease_until=now, slack_ts=None)
        )
    in_zoho_deleted(database, "big")
    erasing_in(office.world).do()
    with pytest.raises(Retriable, match="still being sent"):
        edit_all(office, FakeChat())

    class Busy(FakeChat):
        def edit(self, posted: Posted, kind: str, payload: object) -> None:
            raise SendLater

    office.world.pass_time(minutes=5)
    assert [one.payload for one in office.deliver()] == [{"text": GONE_TEXT}]
    with pytest.raises(Retriable):
        edit_all(office, Busy())


WORDS = st.sampled_from(["acme", "acme group", "o'hara", "a.b", "zoë", "x (y)", "the", "acmes"])


@settings(max_examples=60, deadline=None)
@given(st.lists(WORDS, max_size=4, unique=True), st.lists(WORDS, max_size=8))
def test_no_name_is_left_in_a_text_and_no_other_word_is_changed(names: list[str], words: list[str]) -> None:
    found = Names(dict.fromkeys(names, "account 1"))
    text = " , ".join(words)
    cleaned = found.without({"text": [text]})["text"][0]
    assert not found.named_in(cleaned)
    assert found.named_in(text.upper()) == any(one in words_of(word) for word in words for one in names)
    untouched = [word for word in words if not any(one in words_of(word) for one in names)]
    assert [word for word in cleaned.split(" , ") if word in untouched] == untouched


def words_of(word: str) -> set[str]:
    """The names that stand in one of the words as whole words."""
    return {word, *(("acme",) if word == "acme group" else ())}


def test_a_lookup_of_somebody_is_taken_out_of_a_record() -> None:
    raw = {"Account_Name": {"id": "1", "name": "A"}, "Rows": [{"id": "1"}, {"id": "2", "x": [1]}], "n": "1"}
    assert without_records(raw, frozenset({"1"})) == {
        "Account_Name": None,
        "Rows": [{"id": "2", "x": [1]}],
        "n": "1",
    }


@pytest.mark.parametrize("form", list(Format))
def test_a_file_says_whether_it_holds_an_account(tmp_path: Path, form: Format) -> None:
    columns = (
        ExportColumn("id", "id", "Record id", ColumnType.TEXT),
        ExportColumn("n", "n", "N", ColumnType.TEXT),
    )
    directory, name = ExportDirectory(tmp_path), new_name(form)
    made = FileForm(form, Header.LABELS, columns, ZoneInfo("UTC"), "USD")
    directory.write(name, made, [[["100", "205"], ["a", "x 300, 400"]], [["777"], ['A "B" & Co']]])
    assert directory.holds(name, form, ["9", "777"])
    assert directory.holds(name, form, ["100"])
    assert not directory.holds(name, form, ["10", "300", "00", "77"])
    assert not directory.holds(new_name(form), form, ["100"]), "there is no such file"
    assert directory.holds(name, form, ["9"], ['A "B" & Co']), "by its name"
    assert not directory.holds(name, form, ["9"], ["A B & Co"])
    (tmp_path / name).write_bytes(b"broken")
    assert directory.holds(name, form, ["1"]), "who cannot tell says yes"


def test_what_is_old_is_removed_and_what_is_needed_stays(database: Database) -> None:
    office = an_office(database)
    kept = Retention(alerts=30, history=400, audit=365)
    retention = SqlRetention(database, office.clock, lambda: kept)
    assert {name for name, many in retention.tidy().items() if many} == {"proposals"}, "its day is over"
    office.world.pass_time(days=500)
    office.world.account("new", (5, 20_000))
    office.world.run()
    done = retention.tidy()
    assert (done["conversations"], done["misses"]) == (1, 1)
    assert (done["proposals"], done["enrichment"]) == (0, 3), "a batch, and two values that were written"
    assert dump(database)["enrichment_account"] == []
    assert done["jobs"] == 0, "the newest of its kind says when the next one is due"
    assert done["audit"] > 0
    assert 1 not in {one.id for one in office.world.alerts()}
    assert office.alert_id > 1
    payloads = [json.loads(one.payload) for one in office.world.outbox() if one.alert_id is None]
    assert payloads
    assert payloads[0] == {"text": ""}


def test_hundreds_that_go_at_once_are_looked_for_in_a_few_statements(database: Database) -> None:
    world = World(database)
    world.account("big", (5, 20_000), name=NAME)
    people = {f"c{n}": (f"Person Nr{n}", f"p{n}@big.example") for n in range(140)}
    world.add(
        *(
            ContactRow(id=one, account_id="big", name=name, email=mail, raw="{}")
            for one, (name, mail) in people.items()
        )
    )
    audit = SqlAudit(database, world.clock)
    for name, mail in list(people.values())[::40]:
        audit.record(name, "asked", f"the mails of {mail}", "done", "slack")
    with database.writes.begin() as connection:
        connection.execute(delete(TABLES["crm_contact"]))
    erasing = erasing_in(world)
    assert erasing.do()["held"] == 140, "a lost permission looks the same"
    assert "Person Nr" in str(dump(database)["audit"])
    erasing.erasures.confirm()
    asked: list[str] = []
    listener = lambda _c, _cursor, statement, *_more: asked.append(statement)  # noqa: E731
    event.listen(database.writes, "before_cursor_execute", listener)
    erasing.erasures.due(200)
    event.remove(database.writes, "before_cursor_execute", listener)
    assert len(asked) < 15, "no look at every contact for each of them"
    assert erasing.do()["erased"] == 140
    assert tables_with(database, "Person Nr", "@big.example") == set()
