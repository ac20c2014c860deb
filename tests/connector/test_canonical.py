"""The same record gives the same text and the same values, by whichever call it came."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connector.mapping import STANDARD_FIELDS, Role
from connector.ports import CrmRecord
from connector.zoho.bodies import Answer, parsed
from connector.zoho.bulk_question import joins
from connector.zoho.canonical import Form, Kind, kind_of, split_choices
from connector.zoho.records import Records
from tests.support.zoho_records import USERS, described, reader, selection

OPTIONS = ("Key", "Long, slow", "A;B", "Ä", "x")
CHOSEN = selection(
    (
        described("Account_Name", "lookup"),
        described("Amount", "currency"),
        described("Closing_Date", "date"),
        described("Contact_Name", "lookup"),
        described("Created_Time", "datetime"),
        described("Currency", "picklist", ("USD", "EUR")),
        described("Deal_Name", "text"),
        described("Days", "formula"),
        described("Exchange_Rate", "double"),
        described("Flag", "boolean"),
        described("Modified_Time", "datetime"),
        described("Number", "bigint"),
        described("Owner", "ownerlookup", target="Users"),
        described("Several", "multiselectpicklist", OPTIONS),
        described("Stage", "picklist"),
        described("Tag", "text"),
        described("Verdict", "formula"),
    ),
    {column: name for column, name in STANDARD_FIELDS[Role.TRANSACTIONS].items() if name != "Product"},
)
RETURNS = {"Days": "double", "Verdict": "string"}


@dataclass(frozen=True)
class Wires:
    """One value as record lists, queries and files write it (JSON text, JSON text, text)."""

    listed: str
    queried: str
    filed: str
    name: str = ""  # in a file, the name of a lookup


def json(value: Any) -> str:
    return orjson.dumps(value).decode()


def same(value: Any, filed: str) -> Wires:
    return Wires(json(value), json(value), filed)


texts = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=8).map(
    lambda text: same(text, text)
)
ids = st.integers(1, 10**18).map(str)
names = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1, max_size=6)
offsets = st.integers(-12 * 4, 14 * 4).map(lambda quarters: timezone(timedelta(minutes=15 * quarters)))


@st.composite
def lookups(draw: st.DrawFn) -> Wires:
    identity, name = draw(ids), draw(names)
    return Wires(json({"name": name, "id": identity}), json({"id": identity, "name": name}), identity, name)


@st.composite
def people(draw: st.DrawFn) -> Wires:
    one = USERS[draw(st.sampled_from(sorted(USERS)))]
    last = draw(st.sampled_from([{"name": "Lovelace"}, {}]))
    whole = {"name": one.name, "id": one.id, "email": one.email}
    return Wires(json(whole), json({**last, "id": one.id}), one.id)


@st.composite
def numbers(draw: st.DrawFn) -> Wires:
    whole, places = draw(st.integers(-(10**16), 10**16)), draw(st.integers(0, 4))
    exact = Decimal(whole).scaleb(-places)
    plain, zeros = format(exact, "f"), draw(st.sampled_from(["", "0", "00"])) if places else ""
    return Wires(plain, plain + zeros, plain + draw(st.sampled_from([zeros, ""])))


@st.composite
def instants(draw: st.DrawFn) -> Wires:
    moment = datetime.fromtimestamp(draw(st.integers(0, 4_000_000_000)), UTC)
    by_user = moment.astimezone(draw(offsets)).isoformat()
    return Wires(
        json(by_user), json(by_user), draw(st.sampled_from([by_user, f"{moment:%Y-%m-%dT%H:%M:%SZ}"]))
    )


@st.composite
def choices(draw: st.DrawFn) -> Wires:
    several = draw(st.lists(st.sampled_from(OPTIONS), unique=True, max_size=5))
    return same(several, draw(st.sampled_from([",", ";"])).join(several))


@st.composite
def tags(draw: st.DrawFn) -> Wires:
    found = draw(st.lists(st.sampled_from(["hot", "cold call", "é"]), unique=True))
    listed = [{"name": one, "id": "1", "color_code": None} for one in found]
    return Wires(json(listed), json([{"color_code": "#fff", **one} for one in listed]), ",".join(found))


EMPTY = st.sampled_from([Wires("null", "null", ""), Wires('""', "null", "")])
VALUES: dict[Kind, st.SearchStrategy[Wires]] = {
    Kind.TEXT: texts,
    Kind.NUMBER: numbers(),
    Kind.BIGINT: st.integers(0, 10**18 - 1).map(lambda one: Wires(f'"{one}"', str(one), str(one))),
    Kind.BOOLEAN: st.booleans().map(lambda one: same(one, json(one))),
    Kind.INSTANT: instants(),
    Kind.LOOKUP: lookups(),
    Kind.PERSON: people(),
    Kind.CHOICES: choices(),
    Kind.TAGS: tags(),
}


def wires_of(name: str, kind: Kind) -> st.SearchStrategy[Wires]:
    if name == "Closing_Date":
        return st.dates().map(lambda day: same(day.isoformat(), day.isoformat())) | EMPTY
    return VALUES[kind] | EMPTY


KINDS = {one.api_name: kind_of(one, RETURNS.get(one.api_name)) for one in CHOSEN.fields}
RECORDS = st.fixed_dictionaries({name: wires_of(name, kind) for name, kind in KINDS.items()})


def by_objects(form: Form, record: Mapping[str, str]) -> CrmRecord | str:
    content = f'{{"data":[{{{",".join(f"{json(name)}:{text}" for name, text in record.items())}}}]}}'.encode()
    read = reader(CHOSEN, form, returns=RETURNS)
    rows = Answer(parsed(content), None, content).items("data", read.numeric)
    assert rows is not None
    return outcome(read.objects(rows))


def by_file(record: Mapping[str, Wires]) -> CrmRecord | str:
    joined = joins(CHOSEN)
    text = io.StringIO()
    lines = csv.writer(text)
    lines.writerow(["Id", *CHOSEN.names, *joined])
    lines.writerow(
        [
            "7",
            *(record[name].filed for name in CHOSEN.names),
            *(record[one.split(".")[0]].name for one in joined),
        ]
    )
    header, line = csv.reader(io.StringIO(text.getvalue(), newline=""))
    columns = {name: place for place, name in enumerate(["id", *header[1:]])}
    return outcome(reader(CHOSEN, Form.FILE, returns=RETURNS).lines([line], columns))


def outcome(read: Records) -> CrmRecord | str:
    good, bad = read
    return good[0] if good else bad[0].reason


@settings(max_examples=150, deadline=None)
@given(RECORDS)
def test_three_ways_to_the_same_record(record: dict[str, Wires]) -> None:
    listed = by_objects(Form.LIST, {"id": '"7"'} | {name: one.listed for name, one in record.items()})
    queried = by_objects(Form.QUERY, {name: one.queried for name, one in record.items()} | {"id": '"7"'})
    assert isinstance(listed, CrmRecord), listed
    assert listed == queried
    assert listed == by_file(record)
    assert listed.raw.startswith('{"id":"7","Account_Name":')


def test_a_lookup_without_its_name_says_only_what_is_known() -> None:
    chosen = selection({"Account_Name": "lookup", "Owner": "ownerlookup"})
    row = {"id": "1", "Account_Name": {"id": "5"}, "Owner": {"id": "77", "name": "Nobody"}}
    in_file = reader(chosen, Form.FILE).lines([["1", "5", "77"]], {"id": 0, "Account_Name": 1, "Owner": 2})
    in_query = reader(chosen, Form.QUERY).objects([row])
    assert in_file == in_query
    assert in_query[0][0].raw == '{"id":"1","Account_Name":{"id":"5"},"Owner":{"id":"77"}}'
    (listed,) = reader(chosen, Form.LIST).objects([row])[0]
    assert '"Owner":{"id":"77","name":"Nobody","email":null}' in listed.raw


def test_what_a_query_leaves_out_is_empty() -> None:
    chosen = selection({"A": "text", "B": "double", "C": "text"})
    (one,) = reader(chosen, Form.QUERY).objects([{"id": "1", "B": 2}])[0]
    assert one.raw == '{"id":"1","A":null,"B":2,"C":null}'


@pytest.mark.parametrize(
    ("text", "options", "parts"),
    [
        ("a", ["a"], ["a"]),
        ("a,b", ["a", "b"], ["a", "b"]),
        ("a;b", ["a", "b"], ["a", "b"]),
        ("a,b", ["a,b", "a", "b"], ["a,b"]),
        ("a,b,c", ["a,b", "c"], ["a,b", "c"]),
        ("a,b;c", ["a", "b;c"], ["a", "b;c"]),
        ("a, b", ["a", "b"], ["a", "b"]),
        ("old,b", ["b"], ["old", "b"]),
        ("old;b,c", ["b,c"], ["old", "b,c"]),
        (";,", ["b"], [","]),
    ],
)
def test_choices_joined_by_either_sign(text: str, options: list[str], parts: list[str]) -> None:
    assert split_choices(text, frozenset(options)) == parts


def test_taking_choices_apart_takes_no_longer_than_the_text_is_long() -> None:
    assert len(split_choices("," * 100_000 + "x", frozenset(["x", "x,y"]))) == 1


def test_a_line_with_too_many_values_is_reported() -> None:
    chosen = selection({"A": "text"})
    good, bad = reader(chosen, Form.FILE).lines([["1", "a"], ["2", "a", "b"], []], {"id": 0, "A": 1})
    assert [one.id for one in good] == ["1"]
    assert [(one.id, "values" in one.reason) for one in bad] == [("2", True), ("?", True)]


def test_a_computed_value_of_unknown_type_is_a_number_where_it_looks_like_one() -> None:
    chosen = selection({"F": "formula", "G": "rollup_summary"})
    in_file = reader(chosen, Form.FILE).lines([["1", "1.50", "x"]], {"id": 0, "F": 1, "G": 2})
    assert in_file == reader(chosen, Form.LIST).objects([{"id": "1", "F": 1.5, "G": "x"}])
