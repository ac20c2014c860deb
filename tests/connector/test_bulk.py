from __future__ import annotations

from collections.abc import Iterator

import orjson
import pytest

from connector.access_ports import ApiCall
from connector.errors import NotOffered, Retriable, StartOver
from connector.mapping import Role
from connector.ports import Page, Selection
from connector.zoho.client import RetryPolicy, ZohoClient
from connector.zoho.crm import CrmClient
from connector.zoho.downloads import MINUTE_SECONDS, Downloads
from connector.zoho.looks import Looks
from tests.support.strict_zoho import StrictZoho
from tests.support.zoho_records import USERS, described, selection

FIELDS = selection(
    {"Account_Name": "lookup", "Amount": "currency", "Deal_Name": "text", "Owner": "ownerlookup"},
    {"name": "Deal_Name", "amount_minor": "Amount", "account_id": "Account_Name"},
)
QUICK = RetryPolicy(attempts=3, first_wait_seconds=0, longest_wait_seconds=0)


class Nap:
    """A sleep that takes no time and remembers."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    def __call__(self, seconds: float) -> None:
        self.slept.append(seconds)


class Ledger:
    """A book that remembers."""

    def __init__(self) -> None:
        self.booked: list[ApiCall] = []

    def before(self, call: ApiCall) -> None:
        self.booked.append(call)

    def after(self, call: ApiCall, remaining: int | None) -> None:
        """Not of interest here."""


def deals(number: int) -> list[dict[str, str]]:
    return [
        {
            "id": str(1000 + one),
            "Account_Name": "12",
            "Amount": f"{one}.50",
            "Deal_Name": f'Deal {one}, "quoted"\nand broken',
            "Owner": "900",
            "Account_Name.Account_Name": "Konex",
        }
        for one in range(number)
    ]


@pytest.fixture
def zoho() -> Iterator[StrictZoho]:
    with StrictZoho({"Deals": deals(7)}) as strict:
        yield strict


@pytest.fixture
def nap() -> Nap:
    return Nap()


def crm_of(zoho: StrictZoho, nap: Nap, ledger: Ledger | None = None) -> CrmClient:
    client = ZohoClient(zoho.tokens(), retry=QUICK, sleep=Nap(), book=ledger)
    return CrmClient(client, lambda: USERS, sleep=nap)


def ids(pages: list[Page]) -> list[str]:
    return [one.id for page in pages for one in page.records]


def test_a_module_in_one_file(zoho: StrictZoho, nap: Nap) -> None:
    ledger = Ledger()
    pages = list(crm_of(zoho, nap, ledger).bulk(FIELDS))
    assert ids(pages) == [str(1000 + one) for one in range(7)]
    first = pages[-1].records[0]
    assert first.raw == (
        '{"id":"1000","Account_Name":{"id":"12","name":"Konex"},"Amount":0.5,'
        '"Deal_Name":"Deal 0, \\"quoted\\"\\nand broken",'
        '"Owner":{"id":"900","name":"Ada Lovelace","email":"ada@example.com"}}'
    )
    assert first.values[0] == "12"
    assert [page.after is None for page in pages] == [False] * 4 + [True], "entered, three looks, the file"
    assert zoho.posted() == [
        {"module": {"api_name": "Deals"},
         "fields": ["Account_Name", "Amount", "Deal_Name", "Owner", "Account_Name.Account_Name"]}
    ]  # fmt: skip
    assert [(call.name, call.credits) for call in ledger.booked] == [
        ("bulk read", 50), *[("bulk read state", 1)] * 4, ("bulk read result", 1)
    ]  # fmt: skip
    assert nap.slept == [0.1, 0.1, 0.1]
    assert all(page.read_at for page in pages), "Zoho's own time"


def test_a_wait_is_a_share_of_what_was_waited_up_to_a_minute(zoho: StrictZoho, nap: Nap) -> None:
    zoho.states = ["ADDED"] * 42
    list(crm_of(zoho, nap).bulk(FIELDS))
    assert nap.slept[:8] == [0.1] * 8
    assert nap.slept[-2:] == [60, 60]
    for number, wait in enumerate(nap.slept):
        waited = sum(nap.slept[:number])
        assert wait == pytest.approx(min(max(0.1, waited * (0.125 if waited < 3 else 0.3)), 60))


def test_the_next_job_is_expected_to_take_about_as_long(nap: Nap) -> None:
    with StrictZoho({"Deals": deals(5)}, rows_per_file=3) as zoho:
        states = ["ADDED"] * 30
        zoho.states = list(states)
        pages = crm_of(zoho, nap).bulk(FIELDS)
        assert next(page for page in pages if page.records).records
        first = sum(nap.slept)
        assert first > 5
        nap.slept.clear()
        zoho.states = list(states)
        list(pages)
    assert nap.slept[:2] == pytest.approx([first * 0.75, first * 0.75 * 0.3])


def test_five_jobs_of_a_minute_cost_at_most_three_hundred_credits() -> None:
    """A million records, each job at work for a minute after the file before it is read."""
    looks, spent = Looks(), 0
    for _ in range(5):
        waited = 0.0
        spent += 50 + 1 + 1  # the job, the first look, the file
        while waited < 60:
            waited += looks.wait(waited)
            spent += 1
        looks.ended(waited)
    assert spent <= 300


def test_a_job_that_never_ends_is_left(zoho: StrictZoho, nap: Nap, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connector.zoho.bulk.PATIENCE_SECONDS", 300)
    zoho.states = ["IN PROGRESS"] * 1000
    with pytest.raises(NotOffered, match="IN PROGRESS"):
        list(crm_of(zoho, nap).bulk(FIELDS))
    assert 300 < sum(nap.slept) < 400


@pytest.mark.parametrize("rows", [0, 1, 3, 4, 6, 7])
def test_a_module_in_several_files_the_next_of_which_is_made_while_one_is_read(
    zoho: StrictZoho, nap: Nap, rows: int
) -> None:
    zoho.modules["Deals"], zoho.rows_per_file = deals(rows), 3
    pages = list(crm_of(zoho, nap).bulk(FIELDS))
    assert ids(pages) == [str(1000 + one) for one in range(rows)]
    assert pages[-1].after is None
    assert all(page.after for page in pages[:-1])
    assert [set(one) for one in zoho.posted()[1:]] == [{"page_token"}] * (max(0, rows - 1) // 3)
    posts_and_downloads = [
        "POST" if method == "POST" else "result"
        for method, path, _ in zoho.requests
        if method == "POST" or path.endswith("result")
    ]
    if rows == 7:
        assert posts_and_downloads == ["POST", "POST", "result", "POST", "result", "result"]


@pytest.mark.parametrize("stop", range(12))
def test_reading_goes_on_wherever_it_stopped(
    zoho: StrictZoho, nap: Nap, stop: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connector.zoho.bulk_file.BLOCK_BYTES", 200)
    zoho.rows_per_file, zoho.states = 5, ["ADDED"]
    kept: list[Page] = []
    for page in crm_of(zoho, nap).bulk(FIELDS):
        kept.append(page)
        if len(kept) > stop:
            break
    if kept[-1].after is not None:
        kept += crm_of(zoho, nap).bulk(FIELDS, kept[-1].after)
    assert ids(kept) == [str(1000 + one) for one in range(7)]
    assert len(zoho.posted()) == 2, "no job is entered twice"


def test_a_forgotten_job_is_begun_anew(zoho: StrictZoho, nap: Nap) -> None:
    pages = crm_of(zoho, nap).bulk(FIELDS)
    after = next(pages).after
    for job in zoho.jobs.values():
        job.forgotten = True
    with pytest.raises(StartOver, match="not kept"):
        list(crm_of(zoho, nap).bulk(FIELDS, after))
    with pytest.raises(StartOver):
        list(crm_of(zoho, nap).bulk(FIELDS, "no place"))


def test_an_expired_token_begins_anew(zoho: StrictZoho, nap: Nap, monkeypatch: pytest.MonkeyPatch) -> None:
    zoho.rows_per_file = 3
    expired = {
        "code": "EXPIRED_VALUE",
        "details": {"api_name": "page_token"},
        "message": "",
        "status": "error",
    }
    monkeypatch.setattr(zoho, "_added", lambda job, added=zoho._added: (
        (400, orjson.dumps(expired), {}) if job.start else added(job)
    ))  # fmt: skip
    with pytest.raises(StartOver):
        list(crm_of(zoho, nap).bulk(FIELDS))


def test_a_failed_job_is_not_offered_in_zohos_words(zoho: StrictZoho, nap: Nap) -> None:
    zoho.states = ["ADDED", "FAILURE"]
    zoho.error = {"code": "INTERNAL_ERROR", "message": "Something\nbroke", "status": "error"}
    with pytest.raises(NotOffered, match="INTERNAL_ERROR Something broke"):
        list(crm_of(zoho, nap).bulk(FIELDS))


@pytest.mark.parametrize("module", ["Notes", "Attachments", "Emails", "Leads"])
def test_what_bulk_jobs_do_not_read_costs_nothing(zoho: StrictZoho, nap: Nap, module: str) -> None:
    with pytest.raises(NotOffered, match=r"bulk"):
        next(crm_of(zoho, nap).bulk(selection({"A": "text"}, module=module, role=Role.OTHER)))
    assert zoho.requests == []


@pytest.mark.parametrize("code", ["MODULE_NOT_SUPPORTED", "MODULE_NOT_AVAILABLE", "NO_PERMISSION"])
def test_a_refused_module_is_not_offered(zoho: StrictZoho, nap: Nap, code: str) -> None:
    zoho.refused["Deals"] = code
    with pytest.raises(NotOffered, match=code):
        next(crm_of(zoho, nap).bulk(FIELDS))


def test_without_the_names_of_lookups_where_zoho_does_not_join(zoho: StrictZoho, nap: Nap) -> None:
    for row in zoho.modules["Deals"]:
        del row["Account_Name.Account_Name"]
    pages = list(crm_of(zoho, nap).bulk(FIELDS))
    assert '"Account_Name":{"id":"12"}' in pages[-1].records[0].raw
    assert len(zoho.posted()) == 2


def wide(number: int) -> Selection:
    lookups = [described(f"L{one}", "lookup", target="Accounts") for one in range(8)]
    return selection((*lookups, *(described(f"T{one:03}", "text") for one in range(number - 8))))


@pytest.mark.parametrize(("fields", "joined"), [(8, 5), (197, 3), (200, 0), (201, 0), (501, 0)])
def test_many_fields(zoho: StrictZoho, nap: Nap, fields: int, joined: int) -> None:
    chosen = wide(fields)
    row = {one.api_name: "5" for one in chosen.fields} | {f"L{one}.Account_Name": "Konex" for one in range(8)}
    zoho.modules["Deals"] = [{"id": "1", **row, "Undocumented": "x"}]
    (*_, last) = crm_of(zoho, nap).bulk(chosen)
    kept = orjson.loads(last.records[0].raw)
    assert list(kept) == ["id", *chosen.names]
    (asked,) = zoho.posted()
    if fields > 200:
        assert "fields" not in asked
    else:
        assert len(asked["fields"]) == fields + joined <= 200
        assert sum("name" in kept[f"L{one}"] for one in range(8)) == joined


def test_a_file_without_a_wished_column_is_not_offered(zoho: StrictZoho, nap: Nap) -> None:
    chosen = wide(300)
    zoho.modules["Deals"] = [{"id": "1", **dict.fromkeys(chosen.names[:-1], "5")}]
    with pytest.raises(NotOffered, match="no column T291"):
        list(crm_of(zoho, nap).bulk(chosen))


def test_downloads_wait_for_the_next_minute(zoho: StrictZoho, nap: Nap) -> None:
    zoho.modules["Deals"], zoho.rows_per_file, zoho.states = deals(12), 1, []
    assert len(ids(list(crm_of(zoho, nap).bulk(FIELDS)))) == 12
    waits = [one for one in nap.slept if one > 50]
    assert waits == pytest.approx([60] * len(waits), abs=10)
    assert waits, "ten a minute"


class Minutes:
    """A clock that moves by sleeping."""

    def __init__(self) -> None:
        self.passed = 0.0

    def sleep(self, seconds: float) -> None:
        self.passed += seconds

    def now(self) -> float:
        return self.passed


def test_no_minute_has_more_than_ten_downloads() -> None:
    clock, taken = Minutes(), []
    downloads = Downloads(clock.sleep, clock.now)
    for number in range(35):
        clock.passed += number % 4  # each is read for a while
        downloads.take(lambda: taken.append(clock.passed))
    assert len(taken) == 35
    assert all(later - earlier >= 60 for earlier, later in zip(taken, taken[10:], strict=False))
    assert clock.passed < 35 / 10 * MINUTE_SECONDS + 60, "and none waits in vain"


@pytest.mark.parametrize("code", ["TOO_MANY_REQUESTS", "INTERNAL_ERROR"])
def test_a_download_that_is_refused_waits_a_minute_once(code: str) -> None:
    clock, asked = Minutes(), []

    def refused() -> None:
        asked.append(clock.passed)
        error = Retriable("Zoho answered 429.")
        error.code = code
        raise error

    with pytest.raises(Retriable):
        Downloads(clock.sleep, clock.now).take(refused)
    assert asked == ([0, MINUTE_SECONDS] if code == "TOO_MANY_REQUESTS" else [0])


def test_a_file_that_is_never_whole_is_given_up(zoho: StrictZoho, nap: Nap) -> None:
    zoho.spoil = lambda file: file[:40]
    with pytest.raises(Retriable, match="3 times"):
        list(crm_of(zoho, nap).bulk(FIELDS))


def test_a_damaged_file_is_noticed_by_its_checksum(
    zoho: StrictZoho, nap: Nap, monkeypatch: pytest.MonkeyPatch
) -> None:
    def damaged(file: bytes) -> bytes:
        changed = bytearray(file)
        place = file.index(b".csv", 0) + 4 + 20
        changed[place] ^= 0xFF
        return bytes(changed)

    zoho.spoil = damaged
    with pytest.raises(Retriable, match="damaged"):
        list(crm_of(zoho, nap).bulk(FIELDS))


def test_text_that_no_database_stores_is_replaced(zoho: StrictZoho, nap: Nap) -> None:
    zoho.modules["Deals"] = deals(1)
    zoho.modules["Deals"][0]["Deal_Name"] = "a\0b"
    (*_, last) = crm_of(zoho, nap).bulk(FIELDS)
    assert '"Deal_Name":"a\N{REPLACEMENT CHARACTER}b"' in last.records[0].raw


def test_a_wrong_value_spoils_its_line_only(zoho: StrictZoho, nap: Nap) -> None:
    zoho.modules["Deals"][3]["Amount"] = "much"
    (*_, last) = crm_of(zoho, nap).bulk(FIELDS)
    assert len(last.records) == 6
    assert [(one.id, one.reason.partition(":")[0]) for one in last.unreadable] == [("1003", "Amount")]
