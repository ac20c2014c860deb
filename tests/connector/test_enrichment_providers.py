"""Values from a file and from Zia: each company has one reading, and what is wrong is said with its place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from connector.enrichment.from_file import FileProvider
from connector.enrichment.own_sites import host_of, own_domain, site_key
from connector.enrichment.social import NETWORKS
from connector.enrichment.values import Company, EnrichedField, Outcome
from connector.errors import Fatal, NeedsPerson, Retriable
from connector.zoho.zia import ZiaProvider

NOW = datetime(2026, 3, 31, tzinfo=UTC)
ACME = Company("1", "Acme Corporation", "https://www.acme.example/home")


def from_file(tmp_path: Path, text: str | bytes) -> FileProvider:
    path = tmp_path / "values.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return FileProvider(path, lambda: NOW)


def test_lines_are_found_by_id_or_by_website(tmp_path: Path) -> None:
    provider = from_file(
        tmp_path,
        "\ufeffAccount_ID,website,phone,Founded\n"
        "7,,+15125550107,\n"
        ',ACME.example/about,"+1 512\n555 0100",1990\n'
        ",empty.example,,\n",
    )
    companies = [ACME, Company("7", "Seven"), Company("8", "Eight", "empty.example"), Company("9", "Nine")]
    acme, seven, empty, none = provider.read(companies)
    assert acme.reading is not None
    assert seven.reading is not None
    found = {one.field: one for one in acme.reading.proposals}
    assert (found[EnrichedField.FOUNDED].value, found[EnrichedField.PHONE].source_url) == (
        "1990", "values.csv:4",
    )  # fmt: skip
    assert [one.value for one in seven.reading.proposals] == ["+15125550107"]
    assert [one.outcome for one in (acme, seven, empty, none)] == [
        *(Outcome.FOUND, Outcome.FOUND, Outcome.NOTHING_FOUND, Outcome.NOTHING_FOUND)
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("account_id,fone\n", "values.csv:1: the column 'fone' is not known"),
        ("phone\n1\n", "values.csv:1: there is no column account_id or website"),
        ("account_id,phone,phone\n", "values.csv:1: the column 'phone' stands twice"),
        ("account_id,phone\n1,2\n1,3\n", "values.csv:3: account_id 1 stands in line 2 too"),
        ("account_id,phone\n1,2,3\n", "values.csv:2: there are 3 cells under 2 columns"),
        ("account_id,phone\n,2\n", "values.csv:2: the line names no account"),
        ("website,employees\na.example,many\n", "values.csv:2: employees has to be a whole number"),
        ('account_id,phone\n1,"2\n', "values.csv:2: this is not CSV"),
        ("account_id,phone\n1,\xe9".encode("latin-1"), "values.csv is not in UTF-8"),
        ("", "values.csv:1: there is no column account_id or website"),
    ],
)
def test_what_is_wrong_in_a_file_is_said_with_its_line(tmp_path: Path, text: str | bytes, said: str) -> None:
    with pytest.raises(NeedsPerson) as error:
        list(from_file(tmp_path, text).read([ACME]))
    assert said in str(error.value)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(NeedsPerson, match="cannot be read"):
        list(FileProvider(tmp_path / "nowhere.csv", lambda: NOW).read([ACME]))
    assert [host_of(one) for one in ("http://[", "WWW.Acme.example:80/x", "mailto:x", "")][:2] == [
        "", "acme.example",
    ]  # fmt: skip


def test_a_line_for_a_page_on_a_shared_host_is_for_that_page_only(tmp_path: Path) -> None:
    provider = from_file(
        tmp_path,
        "website,phone\nhttps://www.facebook.com/acme,+1\nhttps://www.facebook.com/gammabakery/,+2\n"
        "kite.github.io,+3\nhttps://facebook.com/profile.php?id=7,+4\n",
    )
    websites = ("facebook.com/GammaBakery", "facebook.com", "m.facebook.com/acme?ref=x", "wren.github.io",
                "https://kite.github.io/shop", "facebook.com/profile.php?id=8")  # fmt: skip
    readings = provider.read([Company(str(at), "Any", one) for at, one in enumerate(websites)])
    phones = [one.reading.proposals[0].value if one.reading else None for one in readings]
    assert phones == ["+2", None, "+1", None, "+3", None]
    with pytest.raises(NeedsPerson, match="2: the line names no account"):
        list(from_file(tmp_path, "website,phone\nhttps://www.facebook.com/,1\n").read([ACME]))


def test_networks_and_lent_suffixes_are_nobodys_own_site() -> None:
    assert {own_domain(f"https://www.{host}/x") for hosts, _, _ in NETWORKS.values() for host in hosts} == {
        ""
    }
    websites = ("sites.google.com/view/a", "github.io", "a.github.io", "shop.a.co.uk")
    assert [own_domain(one) for one in websites] == ["", "", "a.github.io", "a.co.uk"]
    assert [site_key(one) for one in ("sites.google.com/view/a", "http://[", "shop.a.co.uk/b")] == [
        "google.com/view/a", "", "shop.a.co.uk",
    ]  # fmt: skip


@dataclass
class Wire:
    """Zoho as Zia's enrichment sees it: an answer for each company's job, after so many looks."""

    answers: Mapping[str, Mapping[str, Any]]
    looks: int = 2
    takes: int = 100
    jobs: dict[str, list[Any]] = field(default_factory=dict)

    def post(self, path: str, body: Any, *, repeatable: bool = False) -> Any:
        assert not repeatable, "a job costs something"
        if len(self.jobs) == self.takes:
            raise NeedsPerson("Zoho refuses: LIMIT_EXCEEDED.")
        identifier, name = str(len(self.jobs) + 1), body["__zia_org_enrichment"][0]["enrich_based_on"]["name"]
        if name == "Refused":
            refused = Fatal("Zoho answered 400 (INVALID_DATA).")
            refused.code = "INVALID_DATA"
            raise refused
        if name == "Not taken":
            return {"__zia_org_enrichment": [{"code": "INVALID_DATA", "details": {"api_name": "website"}}]}
        self.jobs[identifier] = [name, self.looks]
        return {"__zia_org_enrichment": [{"code": "SCHEDULED", "details": {"id": identifier}}]}

    def get(self, path: str, params: Mapping[str, str | int] | None = None) -> Any:
        job = self.jobs[path.rpartition("/")[2]]
        job[1] -= 1
        if job[1] == 1:
            raise Retriable("Zoho did not answer.")
        found = {"status": "SCHEDULED"} if job[1] > 0 else self.answers[job[0]]
        return {"__zia_org_enrichment": [found]}


def zia(wire: Wire, *companies: Company) -> dict[str, Any]:
    provider = ZiaProvider(wire, lambda: NOW, sleep=lambda _seconds: None)
    return {one.company.account_id: one for one in provider.read(companies)}


KNOWN = {
    "name": "Acme Corporation Inc", "website": "acme.example", "no_of_employees": "40", "founding_year": None,
    "address": [{"city": "Austin", "pin_code": "78701"}], "industries": [], "description": "nonsense",
    "primary_email": "ada.lovelace@acme.example",
    "social_media": [{"media_type": "LinkedIn", "media_url": ["https://l.example/acme"]}, None],
}  # fmt: skip


def test_zia_is_asked_until_each_job_is_over() -> None:
    wire = Wire({
        "Acme Corporation": {"status": "COMPLETED", "enriched_data": KNOWN},
        "Other": {"status": "COMPLETED", "enriched_data": {"name": "Somebody else", "website": "x.example"}},
        "Unknown": {"status": "DATA_NOT_FOUND"},
        "Failing": {"status": "FAILED"},
        "Endless": {"status": "SCHEDULED"},
    })  # fmt: skip
    names = ("Other", "Unknown", "Failing", "Endless", "ab")
    found = zia(wire, ACME, *(Company(str(number), name) for number, name in enumerate(names, start=2)))
    assert [found[str(number)].outcome for number in range(1, 7)] == [
        *(Outcome.FOUND, Outcome.NOT_THIS_COMPANY, Outcome.NOTHING_FOUND, Outcome.UNREACHABLE),
        *(Outcome.UNREACHABLE, Outcome.NO_WEBSITE),
    ]
    values = {one.field.value: one.value for one in found["1"].reading.proposals}
    assert values == {
        "city": "Austin", "postcode": "78701", "employees": "40", "linkedin": "https://l.example/acme",
    }, "an address of a person is not taken"  # fmt: skip


@pytest.mark.parametrize(
    ("name", "website", "found_name", "found_website", "outcome"),
    [
        ("Delta", "delta.example", "Delta Dental of Texas", "deltadental.example", Outcome.NOT_THIS_COMPANY),
        ("Delta", "", "Delta Dental of Texas", "deltadental.example", Outcome.NOT_THIS_COMPANY),
        ("First Bank of Omaha", "", "First Bank", "fb.example", Outcome.NOT_THIS_COMPANY),
        ("Delta", "delta.example", "Delta", "deltadental.example", Outcome.NOT_THIS_COMPANY),
        ("Kite Makers", "facebook.com/kite", "Other", "facebook.com/other", Outcome.NOT_THIS_COMPANY),
        ("Kite Makers", "facebook.com/kite", "Kite Makers Ltd", "kite.example", Outcome.FOUND),
        ("Kite Makers", "", "Kite Makers Ltd", "", Outcome.FOUND),
        ("Kite", "https://www.kite.example/en", "Kite Makers Holding", "shop.kite.example", Outcome.FOUND),
        ("Kite", "a.github.io", "Other", "b.github.io", Outcome.NOT_THIS_COMPANY),
    ],
)
def test_zia_is_not_believed_about_another_company(
    name: str, website: str, found_name: str, found_website: str, outcome: Outcome
) -> None:
    data = {"name": found_name, "website": found_website, "no_of_employees": "40"}
    found = zia(Wire({name: {"status": "COMPLETED", "enriched_data": data}}), Company("1", name, website))
    assert found["1"].outcome is outcome


def test_what_zia_took_before_its_quota_was_used_up_is_read() -> None:
    wire = Wire({"Acme Corporation": {"status": "COMPLETED", "enriched_data": KNOWN}}, takes=1)
    provider = ZiaProvider(wire, lambda: NOW, sleep=lambda _seconds: None)
    readings = provider.read([ACME, Company("2", "Second")])
    assert next(readings).outcome is Outcome.FOUND
    with pytest.raises(NeedsPerson, match="LIMIT_EXCEEDED"):
        next(readings)


def test_a_company_that_zia_does_not_take_keeps_no_other_one_out() -> None:
    wire = Wire({"Acme Corporation": {"status": "COMPLETED", "enriched_data": KNOWN}})
    found = zia(wire, Company("2", "Refused"), Company("3", "Not taken"), ACME)
    assert [found[one].outcome for one in ("1", "2", "3")] == [
        *(Outcome.FOUND, Outcome.NOTHING_FOUND, Outcome.NOTHING_FOUND)
    ]
    assert "does not take" in found["2"].reason
