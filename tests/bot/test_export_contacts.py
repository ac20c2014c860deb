"""Mailing lists: which contacts are in them, who is left out, and what the file says, on both databases."""

from __future__ import annotations

import csv
import io
import json
import sys
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.app.erasing import Gone, names_of
from bot.app.errors import UserError
from bot.app.exporting_contacts import LeftOut
from bot.app.exporting_values import Export, Format, Header, Mailing, Selection, Status, Wish, download_name
from bot.app.scope import NOTHING, Scope, Whose, seen_by
from bot.language.question import Kind, Question, Sort
from bot.store.contact_rows import BLANK
from connector.cache.engine import Database
from scoring.criteria.parse import parse
from tests.support.account_world import NOW, add
from tests.support.export_world import ExportWorld
from tests.support.fake_services import MELVIN


def contact(
    number: int, account_id: str, name: str | None, email: str | None, *, out: Any = None
) -> dict[str, Any]:
    return {
        "id": f"c{number}",
        "account_id": account_id,
        "name": name,
        "email": email,
        "title": "Buyer",
        "phone": "+49 30 1",
        "raw": json.dumps({} if out is None else {"Email_Opt_Out": out}),
    }


def mark(number: int, kind: str, name: str) -> dict[str, Any]:
    return {"kind": kind, "record_id": f"c{number}", "mark": name, "given_by": "x", "given_at": NOW}


def happened(number: int, kind: str, **whose: Any) -> dict[str, Any]:
    key = {"source": "campaigns", "raw_id": str(number), "event_type": kind}
    return {**key, "occurred_at": NOW, "raw": "{}", **whose}


@pytest.fixture
def world(database: Database, tmp_path: Path) -> ExportWorld:
    made = ExportWorld(database, tmp_path)
    add(
        database,
        "crm_contact",
        contact(1, "a1", "Ida Berg", "ida@konex.example"),
        contact(2, "a1", "=cmd()", "tom@konex.example", out=False),
        contact(3, "a1", "Opted Out", "Out@konex.example", out=True),
        contact(4, "a2", "Opted Out again", "out@KONEX.example "),  # the same address, at another account
        contact(5, "a2", "No Address", " "),
        contact(6, "a2", "Jürgen Ämil", "j@acme.example", out="yes"),  # no truth value: not said
        contact(7, "a3", "Lucille", "l@bluth.example"),
        contact(8, "a9", "Whose account is gone", "x@y.example"),
    )
    add(
        database,
        "mark",
        *(mark(number, "contact_role", "Decision Maker") for number in (1, 3, 5, 6, 7)),
        mark(2, "contact_role", "User"),
        *(mark(number, "keyword", "Messe") for number in (1, 2, 7)),
        mark(6, "keyword", "ÄRGER"),
    )
    return made


def exported(world: ExportWorld, mailing: Mailing, question: Question, kind: Format = Format.CSV) -> Export:
    draft = world.exports.begin(question, "them", MELVIN, "CSALES")
    wish = Wish(kind, Header.LABELS, mailing=mailing)
    return world.written(world.exports.confirm(draft.public_id, wish, MELVIN))


def rows_of(world: ExportWorld, export: Export) -> list[list[str]]:
    with world.files.open(export.file_name or "") as file:
        text = zipfile.ZipFile(file).read("accounts.csv").decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text, newline="")))


def names(world: ExportWorld, mailing: Mailing, question: Question) -> list[str]:
    return [row[1] for row in rows_of(world, exported(world, mailing, question))[1:]]


EVERYBODY = Question(Kind.LIST)


def test_a_mailing_list_of_a_segment(world: ExportWorld) -> None:
    export = exported(world, Mailing(("decision maker",)), world.exports.of_segment("Medical"))
    assert rows_of(world, export) == [
        ["Record id", "Name", "Title", "E-mail", "Phone", "Account", "Label", "E-mail opt out"],
        ["c6", "Jürgen Ämil", "Buyer", "j@acme.example", "'+49 30 1", "acme", "At Risk", "false"],
        ["c1", "Ida Berg", "Buyer", "ida@konex.example", "'+49 30 1", "Konex", "VIP", "false"],
    ]
    assert (export.status, export.rows, export.total) == (Status.DONE, 2, 2)
    assert export.remark == (
        "Left out: 1 contact opted out of e-mail, 1 contact without an address. "
        "Who has opted out is not known: the CRM's field Email_Opt_Out cannot be read."
    )
    assert download_name(export) == "bellwether-contacts-medical-2026-03-31.zip"
    assert world.outcomes()[0] == f"started: csv, contacts (Decision Maker), {export.public_id}"
    assert world.exports.begin(EVERYBODY, "", MELVIN, "x").wish.mailing is None, "is not remembered"


def test_roles_and_keywords_choose(world: ExportWorld, database: Database) -> None:
    field = {"module": "Contacts", "api_name": "Email_Opt_Out", "label": "Email Opt Out"}
    add(database, "crm_field", {**field, "data_type": "boolean", "custom": False, "read_only": False})
    everybody = exported(world, Mailing(), EVERYBODY)
    assert [row[1] for row in rows_of(world, everybody)[1:]] == [
        *("Jürgen Ämil", "Lucille", "'=cmd()", "Ida Berg"),
    ]
    assert everybody.remark == "Left out: 2 contacts opted out of e-mail, 1 contact without an address."
    assert names(world, Mailing(("User", "Decision Maker"), ("messe",)), EVERYBODY) == [
        *("Lucille", "'=cmd()", "Ida Berg"),
    ]
    assert names(world, Mailing(keywords=("ärger",)), EVERYBODY) == ["Jürgen Ämil"]
    assert names(world, Mailing(("Influencer",)), EVERYBODY) == []


def test_the_accounts_of_a_question_are_meant(world: ExportWorld) -> None:
    richest = replace(EVERYBODY, sort=(Sort("annual_revenue"),), limit=1)
    assert names(world, Mailing(), richest) == ["Lucille"]
    relation = Question(Kind.LIST, parse("contacts.count where (title = Buyer) >= 3", world.rows.catalog()))
    selection = Selection(relation.criteria, (), None, ())
    assert world.exports.contacts.counted(selection, Mailing()).rows == 3


def test_what_there_is_not_is_said(world: ExportWorld) -> None:
    draft = world.exports.begin(EVERYBODY, "them", MELVIN, "CSALES")
    with pytest.raises(UserError, match=r"no contact role 'Decison Maker'\. Did you mean 'Decision Maker'"):
        world.exports.confirm(draft.public_id, Wish(mailing=Mailing(("Decison Maker",))), MELVIN)
    with pytest.raises(UserError, match="no contact keyword 'x'"):
        world.exports.confirm(draft.public_id, Wish(mailing=Mailing(keywords=("x",))), MELVIN)


def test_who_refused_a_mailing_is_left_out_with_every_contact_of_the_address(world: ExportWorld) -> None:
    add(
        world.database,
        "crm_contact",
        contact(9, "a3", "Lucille again", " L@BLUTH.example\u00a0"),
        contact(10, "a3", "Spam", "spam@bluth.example"),
        contact(11, "a3", "Opted Out once more", "out@konex.example"),
    )
    add(
        world.database,
        "engagement_event",
        happened(1, "mailing_opted_out", email="l@bluth.example"),
        happened(2, "mailing_marked_as_spam", email="l@bluth.example"),  # the first reason is told
        happened(3, "mailing_marked_as_spam", contact_id="c10"),
        happened(4, "mailing_opted_out", email="out@konex.example"),  # as the CRM says
        happened(5, "mailing_opened", email="ida@konex.example"),
        happened(6, "mailing_bounced", email="j@acme.example"),
        happened(7, "mailing_opted_out", email="nobody@konex.example"),
    )
    export = exported(world, Mailing(), EVERYBODY)
    assert [row[1] for row in rows_of(world, export)[1:]] == ["Jürgen Ämil", "'=cmd()", "Ida Berg"]
    assert (export.rows, export.total) == (3, 3)
    assert (export.remark or "").startswith(
        "Left out: 3 contacts opted out of e-mail, 2 contacts opted out of mailings, "
        "1 contact marked a mailing as spam, 1 contact without an address. "
    )


def test_every_address_is_in_the_list_once_however_it_is_written(world: ExportWorld) -> None:
    add(
        world.database,
        "crm_contact",
        contact(9, "a2", "Berg, Ida", "IDA@konex.example "),  # acme comes before Konex
        contact(10, "a1", "Aida", "\u200bida@KONEX.example\t"),  # before Ida, at the same account
        contact(11, "a4", None, "none@x.example"),
        contact(12, "a4", "Zoe", "NONE@x.example"),  # those without a name come last
    )
    export = exported(world, Mailing(), EVERYBODY)
    assert [(row[1], row[3]) for row in rows_of(world, export)[1:]] == [
        ("Berg, Ida", "IDA@konex.example"),
        ("Jürgen Ämil", "j@acme.example"),
        ("Lucille", "l@bluth.example"),
        ("'=cmd()", "tom@konex.example"),
        ("Zoe", "NONE@x.example"),
    ]
    assert (export.rows, export.total) == (5, 5)
    assert "1 contact without an address, 3 contacts with the same address as another." in (
        export.remark or ""
    )


def test_what_is_blank_or_no_address_is_none(world: ExportWorld) -> None:
    nothing = ("\u00a0", "\t", "\u2003\r\n", "not an address", "@konex.example", "ida@\u00a0", None)
    add(
        world.database,
        "crm_contact",
        *(contact(20 + at, "a4", f"Nobody {at}", one) for at, one in enumerate(nothing)),
        contact(30, "a4", "Said so", "so@x.example\u00a0", out=True),
        contact(31, "a4", "Twin", "SO@x.example"),
    )
    export = exported(world, Mailing(), EVERYBODY)
    assert export.rows == 4
    assert (export.remark or "").startswith(
        "Left out: 4 contacts opted out of e-mail, 8 contacts without an address. "
    )


def test_what_is_blank_is_all_that_python_strips() -> None:
    assert {chr(point) for point in range(sys.maxunicode) if chr(point).isspace()} <= set(BLANK)


@pytest.mark.parametrize("kind", [Format.XLSX, Format.PARQUET])
def test_the_other_forms_of_file_are_written_too(world: ExportWorld, kind: Format) -> None:
    assert exported(world, Mailing(), EVERYBODY, kind).rows == 4


def test_a_mailing_list_holds_contacts_of_accounts_that_are_seen_alone(world: ExportWorld) -> None:
    everybody = Selection(parse("name is not empty", world.exports.rows.catalog()), (), None, ())

    def listed() -> set[str]:
        with world.exports.contacts.batches(everybody, Mailing()) as batches:
            return {number for batch in batches for number in batch[0]}

    add(world.database, "mark", mark(7, "contact_role", "Whisperer"))
    every, roles = listed(), world.exports.contacts.marks().roles
    assert "Whisperer" in roles
    assert {"c1", "c6", "c7"} <= every
    with seen_by(Scope(Whose.OWN, frozenset({"u2"}))):  # of whom a2 is
        assert listed() == {"c6"}
        assert world.exports.contacts.counted(everybody, Mailing()).rows == 1
        assert set(roles) - set(world.exports.contacts.marks().roles) == {"Whisperer"}
    with seen_by(NOTHING):
        assert listed() == set()


def test_a_mailing_list_goes_with_a_contact_or_an_account_that_is_in_it(world: ExportWorld) -> None:
    draft = world.exports.begin(EVERYBODY, "them", MELVIN, "CSALES")
    every = (
        exported(world, Mailing(("decision maker",)), world.exports.of_segment("Medical")),
        exported(world, Mailing(("user",)), EVERYBODY),  # somebody else at Konex
        exported(world, Mailing(keywords=("ärger",)), EVERYBODY),
        world.written(world.exports.confirm(draft.public_id, Wish(Format.CSV, Header.LABELS), MELVIN)),
    )

    def left(gone: Gone) -> list[bool]:
        world.retention.invalidate([gone], names_of([gone]), set())
        return [world.found(one).status is Status.DONE for one in every]

    person = Gone("contact", "c1", "a1", ("Ida Berg", "ida@konex.example"))
    assert left(person) == [False, True, True, True], "accounts are no contacts"
    assert left(Gone("account", "a1", None, ("Konex",))) == [False, False, True, False]


def test_whoever_has_opted_out_and_has_no_address_has_opted_out(world: ExportWorld) -> None:
    everybody = Selection(parse("name is not empty", world.exports.rows.catalog()), (), None, ())
    before = world.exports.contacts.counted(everybody, Mailing())
    add(world.database, "crm_contact", contact(20, "a1", "Neither", "", out=True))
    after = world.exports.contacts.counted(everybody, Mailing())
    assert after.rows == before.rows
    of = LeftOut.OPTED_OUT
    assert after.left_out == {**before.left_out, of: before.left_out[of] + 1}
