"""Enriching one account with consent: what is shown, what is written, what is taken back."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update

from bot.app.acting_ports import OwnWriter, RecordWriter
from bot.app.enriching import Enriching
from bot.app.enriching_batches import Wish
from bot.app.enriching_desk import EnrichingDesk
from bot.app.enriching_fit import fillable, fit, mapping_checks, proposed_rows
from bot.app.enriching_undo import EnrichingHistory
from bot.app.enriching_values import WriteState
from bot.app.errors import UserError
from bot.app.scope import Scope, Whose
from bot.store.enrichment_tables import EnrichmentProposalRow
from bot.store.enrichments import SqlProposals
from connector.cache.engine import Database, open_database
from connector.cache.tables import AccountRow, TouchedAccountRow, table_of
from connector.enrichment.values import EnrichedField
from connector.errors import ConnectorError, Fatal, NotConsented, NotPermitted, Retriable
from connector.ports import FieldDescription
from scoring.config import Configuration
from scoring.enrichment_config import EnrichedInto, EnrichedName
from tests.support.account_world import CONFIGURATION
from tests.support.enriching_world import (
    ADMIN,
    BO,
    FIELDS,
    INTO,
    MEL,
    USUAL,
    VERA,
    EnrichingWorld,
    FakeCrm,
    said,
)
from tests.support.fake_crm_writer import Killed

NOBODY: Any = SimpleNamespace(line=lambda _account, _person: None)  # accounts by name
BY_NAME = {one.api_name: one for one in FIELDS}


@pytest.fixture
def world(tmp_path: Path, sqlite_template: Path) -> Iterator[EnrichingWorld]:
    shutil.copyfile(sqlite_template, tmp_path / "b.sqlite")
    database = open_database(f"sqlite:///{tmp_path / 'b.sqlite'}")
    yield EnrichingWorld(database, {"a1": {"Phone": "555 0199", "Billing_City": None}, "a2": {}})
    database.close()


def shown(world: EnrichingWorld, **also: Any) -> dict[str, Any]:
    return {row.field: row for row in world.one.propose("Company a1", MEL, "D1", **also).rows}


def test_the_form_shows_what_stands_beside_what_was_found(world: EnrichingWorld) -> None:
    rows = shown(world)
    phone, industry = rows["phone"], rows["industry"]
    assert (phone.current_shown, phone.proposed, phone.ticked) == ("555 0199", "+15125550100", False)
    assert (industry.value, industry.ticked, industry.confidence) == ("Medical", True, 0.9)
    assert rows["employees"].value == 40
    assert "email" not in rows, "by the rule never"
    assert "postcode" not in rows, "not found"
    assert rows["description"].ticked


def test_the_chosen_fields_are_written_to_the_crm_and_the_copy_once(world: EnrichingWorld) -> None:
    proposed = world.one.propose("a1", MEL, "D1")
    applied = world.one.apply(proposed.id, ["phone", "city", "employees"], MEL, "D1", proposed.digest)
    assert applied.written == 3
    assert world.one.apply(proposed.id, ["phone", "city"], MEL, "D1").written == 2
    assert set(world.crm.writes.values()) == {1}
    assert world.crm.records["a1"]["Phone"] == "+15125550100"
    accounts, touched = table_of(AccountRow), table_of(TouchedAccountRow)
    with world.database.reads.begin() as connection:
        row = connection.execute(select(accounts).where(accounts.c.id == "a1")).one()
        assert connection.execute(select(touched.c.account_id)).scalars().all() == ["a1"]
    assert (row.phone, row.city, row.employees) == ("+15125550100", "Austin", 40)
    assert '"Phone":"+15125550100"' in row.raw
    [latest, *_] = world.audit.lines()
    assert (latest.actor, latest.target) == ("UMEL", "account a1")
    assert "Phone written" in latest.outcome


@pytest.mark.parametrize(
    ("trouble", "theirs", "ours"),
    [(None, 2, 0), (NotConsented("Revoked."), 0, 2), (NotPermitted("403."), 0, 0)],
)
def test_it_is_written_as_the_person_who_consented(
    world: EnrichingWorld, trouble: ConnectorError | None, theirs: int, ours: int
) -> None:
    own = Own(FakeCrm(world.crm.records), trouble)
    side = replace(world.side, own=lambda: own)
    proposals, provider = SqlProposals(world.database), lambda: world.provider
    one = Enriching(side, provider, proposals, world.writes, world.audit, world.clock)
    applied = one.apply(one.propose("a1", MEL, "D1").id, ["phone", "city"], MEL, "D1")
    assert (len(own.records.writes), len(world.crm.writes)) == (theirs, ours)
    assert set(own.lost) == ({"UMEL"} if isinstance(trouble, NotConsented) else set())
    assert applied.written == theirs + ours
    if isinstance(trouble, NotPermitted):
        assert {one.state for one in applied.writes} == {WriteState.REFUSED}
        assert "does not let the person" in str(applied.writes[0].reason)
    elif trouble is None:
        history = EnrichingHistory(side, world.writes, world.batches, world.audit, world.clock)
        assert history.undo(applied.id, MEL, "D1").undone == theirs
        assert not world.crm.writes, "taken back as themselves, too"


@dataclass
class Own:
    """The port OwnWriters: everybody has a CRM of their own, which may not let them."""

    records: FakeCrm
    trouble: ConnectorError | None
    lost: list[str] = field(default_factory=list)

    def of(self, slack_id: str) -> OwnWriter:
        if self.trouble is not None:
            self.records.before_write = self._refuse
        return OwnWriter(cast("RecordWriter", self.records), lambda: self.lost.append(slack_id))

    def _refuse(self, _records: object) -> None:
        assert self.trouble is not None
        raise self.trouble


def test_what_was_changed_meanwhile_is_not_written(world: EnrichingWorld) -> None:
    proposed = world.one.propose("a1", MEL, "D1")
    world.crm.records["a1"]["Phone"] = "555 0777"
    typed = iter([True])

    def somebody_else(records: dict[str, dict[str, Any]]) -> None:  # between our look and our write
        if next(typed, False):
            records["a1"] |= {"Industry": "Retail", "Modified_Time": "2026-03-31T02:00:05+00:00"}

    world.crm.before_write = somebody_else
    applied = world.one.apply(proposed.id, ["phone", "industry", "city"], MEL, "D1")
    states = {one.crm_field: one.state for one in applied.writes}
    assert states == {
        "Phone": WriteState.CHANGED,
        "Industry": WriteState.CHANGED,
        "Billing_City": WriteState.WRITTEN,
    }
    assert world.crm.records["a1"]["Phone"] == "555 0777"
    assert world.crm.records["a1"]["Industry"] == "Retail"


def test_a_value_that_is_tried_again_by_itself_overwrites_nobody(world: EnrichingWorld) -> None:
    world.crm.refuses["a1"] = "Billing_City"
    proposed = world.one.propose("a1", MEL, "D1")
    writes = iter(range(99))

    def somebody_else(_records: object) -> None:  # once both were refused together
        if next(writes) == 1:
            world.crm.typed("a1", Phone="555 0777")

    world.crm.before_write = somebody_else
    applied = world.one.apply(proposed.id, ["phone", "city"], MEL, "D1")
    states = {one.crm_field: one.state for one in applied.writes}
    assert states == {"Phone": WriteState.CHANGED, "Billing_City": WriteState.REFUSED}
    assert world.crm.records["a1"]["Phone"] == "555 0777"


def test_what_somebody_typed_before_us_is_theirs(world: EnrichingWorld) -> None:
    proposed = world.one.propose("a1", MEL, "D1")
    world.crm.typed("a1", Phone="+15125550100")
    applied = world.one.apply(proposed.id, ["phone", "city"], MEL, "D1")
    states = {one.crm_field: (one.state, one.reason) for one in applied.writes}
    assert states == {
        "Phone": (WriteState.CHANGED, "It stood there already, so nothing was written."),
        "Billing_City": (WriteState.WRITTEN, None),
    }
    assert world.history.undo(proposed.id, MEL, "D1").undone == 1
    assert world.crm.records["a1"]["Phone"] == "+15125550100"


def test_what_an_attempt_of_ours_wrote_is_ours_though_its_answer_was_lost(
    world: EnrichingWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    proposed = world.one.propose("a1", MEL, "D1")
    real = world.crm.set_fields

    def lost(*given: Any) -> None:
        real(*given)
        raise Retriable("Zoho did not answer in time.")

    monkeypatch.setattr(world.crm, "set_fields", lost)
    with pytest.raises(Retriable):
        world.one.apply(proposed.id, ["phone"], MEL, "D1")
    monkeypatch.setattr(world.crm, "set_fields", real)
    assert world.one.apply(proposed.id, ["phone"], MEL, "D1").written == 1
    assert world.history.undo(proposed.id, MEL, "D1").undone == 1
    assert world.crm.records["a1"]["Phone"] == "555 0199"


def test_one_refused_value_does_not_keep_the_others_out(world: EnrichingWorld) -> None:
    world.crm.refuses["a1"] = "Billing_City"
    proposed = world.one.propose("a1", MEL, "D1")
    applied = world.one.apply(proposed.id, ["phone", "city"], MEL, "D1")
    states = {one.crm_field: one.state for one in applied.writes}
    assert states == {"Phone": WriteState.WRITTEN, "Billing_City": WriteState.REFUSED}


def test_only_who_may_and_only_what_was_offered(world: EnrichingWorld) -> None:
    proposed = world.one.propose("a1", MEL, "D1")
    with pytest.raises(UserError, match="Only members"):
        world.one.propose("a1", VERA, "D1")
    for person, match in ((BO, "no such proposal"), (ADMIN, "no such proposal"), (VERA, "Only members")):
        with pytest.raises(UserError, match=match):
            world.one.apply(proposed.id, ["phone"], person, "D1")
    with pytest.raises(UserError, match="Nothing is proposed for email"):
        world.one.apply(proposed.id, ["email"], MEL, "D1")
    with pytest.raises(UserError, match="not what you saw"):
        world.one.apply(proposed.id, ["phone"], MEL, "D1", "an older digest")
    rehearsed = world.one.propose("a1", MEL, "D1", keep=False)
    with pytest.raises(UserError, match="no such proposal"):
        world.one.apply(rehearsed.id, ["phone"], MEL, "D1")
    world.clock.move(hours=24)
    with pytest.raises(UserError, match="older than a day"):
        world.one.apply(proposed.id, ["phone"], MEL, "D1")
    assert not world.crm.writes


def test_a_proposal_that_was_tampered_with_is_none(world: EnrichingWorld) -> None:
    proposed = world.one.propose("a1", MEL, "D1")
    table = table_of(EnrichmentProposalRow)
    with world.database.writes.begin() as connection:
        text = connection.execute(select(table.c.content)).scalar_one()
        connection.execute(update(table).values(content=text.replace("+15125550100", "+19005550100")))
    with pytest.raises(UserError, match="no such proposal"):
        world.one.apply(proposed.id, ["phone"], MEL, "D1")


def test_undoing_takes_back_what_is_still_ours(world: EnrichingWorld) -> None:
    proposed = world.one.propose("a1", MEL, "D1")
    world.one.apply(proposed.id, ["phone", "city", "industry"], MEL, "D1")
    world.crm.records["a1"]["Billing_City"] = "Dallas"
    with pytest.raises(UserError, match="Nothing of yours"):
        world.history.undo(proposed.id, BO, "D1")
    done = world.history.undo(proposed.id, MEL, "D1")
    assert (done.undone, done.kept, done.refused) == (2, 1, 0)
    assert world.crm.records["a1"]["Phone"] == "555 0199"
    assert world.crm.records["a1"]["Industry"] is None
    assert world.crm.records["a1"]["Billing_City"] == "Dallas"
    again = world.history.undo(proposed.id, MEL, "D1")
    assert (again.undone, again.kept) == (0, 1)
    exact = {one.crm_field: (one.old, one.new, one.state) for one in world.history.recent(MEL, "a1")}
    assert exact["Phone"] == ("555 0199", "+15125550100", WriteState.UNDONE)
    assert world.history.recent(BO) == ()


@pytest.mark.parametrize(
    ("trouble", "left"),
    [
        (Fatal("Zoho refuses."), WriteState.WRITTEN),
        (NotPermitted("403."), WriteState.WRITTEN),
        (Retriable("Zoho did not answer."), WriteState.UNDOING),  # it may have taken it
        (Killed(), WriteState.UNDOING),
    ],
)
def test_undoing_that_failed_as_a_whole_can_be_tried_again(
    world: EnrichingWorld, monkeypatch: pytest.MonkeyPatch, trouble: BaseException, left: WriteState
) -> None:
    desk = EnrichingDesk(world.one, world.many, world.history, NOBODY, world.jobs, world.clock)
    proposed = world.one.propose("a1", MEL, "D1")
    world.one.apply(proposed.id, ["phone", "city"], MEL, "D1")

    def fails(*_given: object, **_named: object) -> None:
        raise trouble

    with monkeypatch.context() as patched:
        patched.setattr(world.crm, "update", fails)
        with pytest.raises(type(trouble)):
            world.history.undo(proposed.id, MEL, "D1")
    values = world.history.of(proposed.id, MEL)
    assert {one.state for one in values} == {left}
    assert {one.reason for one in values} == {
        f"It was not taken back: {trouble}" if left is WriteState.WRITTEN else None
    }
    assert desk.to_undo(proposed.id, MEL)[1] == 2
    assert [line.can_undo for line in desk.lines(MEL)] == [True]
    assert world.history.undo(proposed.id, MEL, "D1").undone == 2
    assert world.crm.records["a1"]["Phone"] == "555 0199"
    assert {one.reason for one in world.history.of(proposed.id, MEL)} == {None}


@pytest.mark.parametrize("times", [1, 99])
def test_undoing_overwrites_nobody_who_types_meanwhile(world: EnrichingWorld, times: int) -> None:
    proposed = world.one.propose("a1", MEL, "D1")
    world.one.apply(proposed.id, ["phone", "city"], MEL, "D1")
    typed = iter(range(times))

    def somebody_else(_records: object) -> None:  # between our look and our write
        if next(typed, None) is not None:
            world.crm.typed("a1", Phone="555 0777")

    world.crm.before_write = somebody_else
    done = world.history.undo(proposed.id, MEL, "D1")
    assert world.crm.records["a1"]["Phone"] == "555 0777"
    assert (done.undone, done.kept, done.refused) == ((1, 1, 0) if times == 1 else (0, 1, 1))
    world.crm.before_write = lambda _records: None
    assert world.history.undo(proposed.id, MEL, "D1").undone == (0 if times == 1 else 1)


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        (BY_NAME["Industry"], " retail ", ("Retail", None)),
        (BY_NAME["Industry"], "Retailing", (None, "no matching option")),
        (BY_NAME["Billing_City"], "x" * 21, (None, "too long: 21 characters where 20 fit")),
        (BY_NAME["Billing_City"], " New\u202e\n York ", ("New York", None)),
        (BY_NAME["Description"], "a\x00b\nc", ("a b\nc", None)),
        (FieldDescription("W", "W", "website"), "javascript:x", (None, "not a web address")),
        (BY_NAME["Employees"], "about 40", (None, "not a whole number")),
        (BY_NAME["Employees"], "0040", (40, None)),
        (BY_NAME["Employees"], "0" * 5_000 + "7", (7, None)),
        (BY_NAME["Employees"], "9" * 5_000, (None, "too long: 5,000 digits where 9 fit")),
        (replace(BY_NAME["Phone"], read_only=True), "1", (None, "read-only in the CRM")),
        (FieldDescription("Owner", "Owner", "ownerlookup"), "Ada",
         (None, "a field of type ownerlookup is not filled")),
        (FieldDescription("Two", "Two", "picklist", picklist=("a b", "A  B")), "A B",
         (None, "no matching option")),
    ],
)  # fmt: skip
def test_values_fit_the_organisations_own_fields(
    field: FieldDescription, value: str, expected: tuple[Any, Any]
) -> None:
    fitted = fit(value, field)
    assert (fitted.value, fitted.problem) == expected


@settings(max_examples=60)
@given(st.text(st.sampled_from(" 0123456789aRetail\n\u0660é-"), max_size=30), st.sampled_from(FIELDS))
def test_whatever_a_site_says_a_fitted_value_is_one_that_the_field_takes(
    value: str, field: FieldDescription
) -> None:
    fitted = fit(value, field)
    assert (fitted.value is None) == (fitted.problem is not None)
    if field.picklist is not None and fitted.value is not None:
        assert fitted.value in field.picklist
    assert len(str(fitted.value or "")) <= (field.length or 100)


def test_parts_of_an_address_are_not_put_beside_those_of_another_one() -> None:
    found = (*USUAL, said(EnrichedField.POSTCODE, "78701"))

    def filled(current: dict[str, Any]) -> set[str]:
        rows = proposed_rows(found, INTO.fields, BY_NAME, current)
        return {row.field for row in fillable(rows, INTO.fields)}

    assert filled({}) == {"phone", "city", "postcode", "industry", "employees"}
    assert filled({"Billing_City": "AUSTIN", "Phone": "1"}) == {"postcode", "industry", "employees"}
    assert filled({"Billing_City": "Dallas"}) == {"phone", "industry", "employees"}


THERE = {
    EnrichedField.STREET: "1 Main St",
    EnrichedField.CITY: "Austin",
    EnrichedField.STATE: "TX",
    EnrichedField.POSTCODE: "78701",
    EnrichedField.COUNTRY: "United States",
}
PARTS = {"street": "Street", "city": "City", "state": "State", "postcode": "Code", "country": "Country"}


@pytest.mark.parametrize(
    ("stands", "without", "filled"),
    [
        ({}, (), True),
        ({"Country": "Germany"}, (), False),
        ({"Country": "USA"}, (), True),
        ({"Country": "us", "State": "Texas"}, (), True),
        ({"State": "Ohio"}, (), False),
        ({"State": "texas"}, (), True),
        ({"Street": "Hauptstr. 5"}, (), False),
        ({"Street": "1 Main Street"}, (), True),
        ({"City": "Berlin"}, (), False),
        ({"City": "Berlin"}, ("city", "state", "country"), False),  # which city the site means is not said
        ({"City": "AUSTIN"}, ("postcode",), True),
        ({"City": "Austin", "State": "MN"}, (), False),
        ({"City": "Austin", "Street": "99 Congress Ave"}, (), False),
        ({"City": "Austin", "Street": "1 Main Street, Suite 4"}, (), True),
        ({"City": "Austin", "Code": "78759"}, (), False),
        ({"Code": "78701-2345", "City": "Austin, Downtown", "Street": "PO Box 7"}, (), True),
        ({"Code": "78701", "Country": "France"}, (), False),
        ({"Country": "United States"}, ("country",), False),
    ],
)
def test_an_address_is_filled_where_all_that_tells_its_place_is_the_same(
    stands: dict[str, str], without: tuple[str, ...], *, filled: bool
) -> None:
    into: dict[EnrichedName, EnrichedInto] = {
        cast("EnrichedName", name): EnrichedInto(field=field) for name, field in PARTS.items()
    }
    fields = {name: FieldDescription(name, name, "text", length=99) for name in PARTS.values()}
    found = [said(part, value) for part, value in THERE.items() if part.value not in without]
    rows = proposed_rows(found, into, fields, stands)
    empty = {PARTS[one.field.value] for one in found} - set(stands)
    assert {one.crm_field for one in fillable(rows, into)} == (empty if filled else set())
    assert {one.crm_field for one in rows if one.ticked} == (empty if filled else set())


def test_social_links_stand_together_where_there_is_room() -> None:
    into: dict[EnrichedName, EnrichedInto] = {"social": EnrichedInto(field="Description")}
    links = [said(EnrichedField.SOCIAL, f"https://{one}.example/it", 0.8) for one in ("x", "y")]
    [row] = proposed_rows(links, into, BY_NAME, {})
    assert row.value == "https://x.example/it\nhttps://y.example/it"


def test_the_mapping_is_checked_line_by_line() -> None:
    into: dict[EnrichedName, EnrichedInto] = {
        "phone": EnrichedInto(field="Phon"),
        "city": EnrichedInto(field="Billing_City"),
        "state": EnrichedInto(field="Billing_City"),
    }
    problems = [one.problem for one in mapping_checks(into, FIELDS)]
    assert problems == [
        "accounts have no field Phon. Did you mean 'Phone'?",
        None,
        "city goes into the same field",
    ]


def test_the_document_names_the_fields_that_providers_give() -> None:
    assert set(get_args(EnrichedName)) == {one.value for one in EnrichedField}
    read = Configuration.model_validate(
        CONFIGURATION.model_dump(include={"segmentations"})
        | {"enrichment": {"provider": "zia", "fields": {"email": {"field": "Mail", "rule": "ask"}}}}
    )
    assert read.enrichment.fields["email"].rule == "ask"
    assert (read.enrichment.daily_limit, read.enrichment.batch_limit) == (5_000, 500)


def test_both_databases_keep_proposals_and_values_alike(database: Database) -> None:
    world = EnrichingWorld(database, {"a1": {"Phone": "1"}})
    proposed = world.one.propose("a1", MEL, "D1")
    assert world.one.apply(proposed.id, ["phone", "employees"], MEL, "D1").written == 2
    assert world.history.undo(proposed.id, MEL, "D1").undone == 2
    assert world.crm.records["a1"]["Phone"] == "1"


def test_nobody_enriches_an_account_that_they_do_not_see(world: EnrichingWorld) -> None:
    accounts = table_of(AccountRow)

    def own(account_id: str, owner: str) -> None:
        with world.database.writes.begin() as connection:
            mine = update(accounts).where(accounts.c.id == account_id)
            connection.execute(mine.values(owner_id=owner))

    own("a1", "u2")
    own("a2", "else")
    mel = replace(MEL, scope=Scope(Whose.OWN, frozenset({"u2"})))
    boss = replace(ADMIN, scope=mel.scope)
    with pytest.raises(UserError) as nobodys:
        world.one.propose("Company a2", mel, "D1")
    assert "a2'" in str(nobodys.value)
    assert str(nobodys.value).count("a2") == 1, "its name is not what was probably meant"
    proposed = world.one.propose("Company a1", mel, "D1")
    assert world.one.apply(proposed.id, ["city"], mel, "D1").written == 1
    other = world.one.propose("a1", mel, "D1")
    own("a1", "else")
    with pytest.raises(UserError, match="not one of those that you see"):
        world.one.apply(other.id, ["employees"], mel, "D1")
    assert world.history.recent(mel) == ()
    with pytest.raises(UserError, match="Nothing of yours"):
        world.history.undo(proposed.id, mel, "D1")
    assert world.history.undo(proposed.id, MEL, "D1").undone == 1
    wish = Wish("name is not empty", "all", again=True)
    assert world.many.rehearse(wish, boss, "D1").meeting == 0
    own("a2", "u2")
    assert world.many.rehearse(wish, boss, "D1").meeting == 1
    assert world.many.rehearse(wish, ADMIN, "D1").meeting == 2
