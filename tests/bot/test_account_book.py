"""The account book over a small organisation, on both databases."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from bot.app.advising import Advice
from bot.app.answers import CardOffer, Explanation, Group, LabelMove
from bot.app.ask import Ask
from bot.app.columns import sortings
from bot.app.people import OPERATOR
from bot.app.ports import AccountBook
from bot.app.tables import CellType
from bot.language.question import Sort
from bot.store.accounts import SqlAccountBook
from connector.cache.engine import Database
from scoring.config import Configuration
from scoring.criteria.errors import CriteriaError
from scoring.criteria.parse import parse
from scoring.criteria.tree import Always, IsEmpty
from tests.support.account_world import CONFIGURATION, StoppedClock, add, change, settle


@pytest.fixture
def book(database: Database) -> AccountBook:
    settle(database)
    return SqlAccountBook(database, lambda: CONFIGURATION, StoppedClock(), lambda id_: f"https://crm/{id_}")


def ids(book: AccountBook, criteria: str, *sort: Sort, limit: int = 10, offset: int = 0) -> list[str]:
    tree = parse(criteria, book.catalog())
    found = [line.id for line in book.page(tree, sort, limit, offset)]
    assert limit < 10 or offset or book.count(tree) == len(found)
    return found


def test_a_line_has_everything_that_is_known(book: AccountBook) -> None:
    (line,) = book.page(parse("label = VIP", book.catalog()), (), 10)
    assert (line.id, line.name, line.label, line.r, line.f, line.m, line.total) == (
        "a1",
        "Konex",
        "VIP",
        4,
        3,
        2,
        9,
    )
    assert (line.industry, line.city, line.state, line.country) == ("medical", "Berlin", None, "Germany")
    assert (line.owner, line.last_purchase, line.purchases) == ("Darcel Schlecht", date(2026, 3, 4), 4)
    assert (line.spend_minor, line.annual_revenue_minor, line.employees) == (300_00, 150_000_00, 40)


def test_an_account_without_a_score_or_an_owner_is_there_too(book: AccountBook) -> None:
    (line,) = book.page(parse("owner is empty and name starts with äm", book.catalog()), (), 10)
    assert (line.name, line.label, line.r, line.owner, line.purchases, line.spend_minor) == (
        *("Ämil", None, None, None),
        *(0, 0),
    )


QUESTIONS = {
    "industry = MEDICAL": ["a2", "a1"],
    "industry is empty": ["a4"],
    "annual_revenue >= 150k and annual_revenue < 1M": ["a1"],
    "owner = darcel schlecht": ["a1"],
    "owner_email ends with X.EXAMPLE": ["a1"],
    'label."Purchase behaviour" = loyal': ["a1"],
    'label."Purchase behaviour" is empty': ["a2", "a3", "a4"],
    "label != VIP and rfm > 7": ["a3"],
    "total_spend = 0": ["a4"],
    "purchases between 2 and 3": ["a2", "a3"],
    "last_purchase in this month and last_purchase before 2026-03-04": ["a2", "a3"],
    "last_purchase in last 28 days": ["a3", "a1"],
    "deals.count > 1": ["a1"],
    "open_deals = 2": ["a1"],
    "open_deals = 0 and deals.count = 1": ["a2"],
    '"Customer Tier" = gold': ["a1"],
    "Seats >= 12 and Tag has renewal and crm.Label = STICKY": ["a1"],
    "Sector = retail": ["a3"],
    "type = customer or website contains ACME": ["a2", "a3"],
}


def test_questions(book: AccountBook) -> None:
    assert {criteria: ids(book, criteria) for criteria in QUESTIONS} == QUESTIONS


def test_without_a_sort_by_name_whatever_the_case(book: AccountBook) -> None:
    assert ids(book, "") == ["a2", "a3", "a1", "a4"]


SORTED: dict[tuple[Sort, ...], list[str]] = {
    (Sort("total_spend"),): ["a2", "a3", "a1", "a4"],
    (Sort("total_spend", descending=False),): ["a4", "a1", "a2", "a3"],
    (Sort("annual_revenue"),): ["a3", "a1", "a2", "a4"],
    (Sort("annual_revenue", descending=False),): ["a1", "a3", "a2", "a4"],
    (Sort("industry", descending=False), Sort("name")): ["a1", "a2", "a3", "a4"],
    (Sort("label"),): ["a1", "a2", "a3", "a4"],
    (Sort("label", descending=False),): ["a2", "a1", "a3", "a4"],
    (Sort("Seats"),): ["a1", "a2", "a3", "a4"],
    (Sort("open_deals"), Sort("last_purchase", descending=False)): ["a1", "a2", "a3", "a4"],
}


def test_sorted_with_empty_values_last_and_ties_by_name(book: AccountBook) -> None:
    assert {sort: ids(book, "", *sort) for sort in SORTED} == SORTED


def test_pages(book: AccountBook) -> None:
    assert ids(book, "", limit=2) == ["a2", "a3"]
    assert ids(book, "", limit=2, offset=2) == ["a1", "a4"]
    assert ids(book, "", limit=2, offset=4) == []


def test_counting_by_a_field(book: AccountBook) -> None:
    everything = Always()
    assert book.breakdown(everything, "industry") == [Group("Medical", 2), Group("retail", 1), Group(None, 1)]
    assert book.breakdown(everything, "label") == [Group("At Risk", 1), Group("VIP", 1), Group(None, 2)]
    assert book.breakdown(everything, "purchases") == [Group(str(one), 1) for one in (0, 2, 3, 4)]
    assert book.breakdown(everything, "seats") == [Group("12", 1), Group(None, 3)]
    assert book.breakdown(parse("label = VIP", book.catalog()), "country") == [Group("Germany", 1)]


def test_what_makes_no_sense_is_refused_with_the_nearest_name(book: AccountBook) -> None:
    with pytest.raises(CriteriaError, match="Did you mean industry"):
        book.breakdown(Always(), "industri")
    with pytest.raises(CriteriaError, match="There is no field"):
        book.count(IsEmpty("nowhere"))
    with pytest.raises(CriteriaError, match="not sorted"):
        book.page(Always(), (Sort("Tag"),), 10)
    with pytest.raises(CriteriaError, match="not counted"):
        book.breakdown(Always(), "total_spend")


def test_a_card(book: AccountBook, database: Database) -> None:
    people = [
        ("c1", "Zoe", None),
        ("c2", "ann", "ann@x.example"),
        ("c3", "Bob", "bob@x.example"),
        ("c4", "Cy", None),
    ]
    for key, name, email in people:
        add(
            database,
            "crm_contact",
            {"id": key, "account_id": "a1", "name": name, "email": email, "raw": "{}"},
        )
    why = json.dumps({"why": ["No purchase for 90 days."]})
    add(database, "label_change", change("a1", None, "VIP", 1, baseline=True))
    add(
        database,
        "label_change",
        change("a1", "VIP", "At Risk", 5),
        change("a1", "At Risk", "VIP", 9, facts=why),
    )
    card = book.card("a1")
    assert card is not None
    assert (card.line.name, card.segmentation, card.website, card.crm_url) == (
        "Konex",
        "RFM",
        None,
        "https://crm/a1",
    )
    assert (card.open_deals, card.open_deals_minor, card.last_deal_name) == (2, 57_00, "Deal 2")
    assert card.last_change == LabelMove(datetime(2026, 3, 9, tzinfo=UTC), "At Risk", "VIP")
    assert (card.label_since, card.why) == (datetime(2026, 3, 9, tzinfo=UTC), ("No purchase for 90 days.",))
    assert card.contacts == (
        ("ann", None, "ann@x.example"),
        ("Bob", None, "bob@x.example"),
        ("Cy", None, None),
    )


def test_a_card_of_an_account_of_which_little_is_known(book: AccountBook, database: Database) -> None:
    add(database, "label_change", change("a2", None, "At Risk", 2, baseline=True))
    card, unknown = book.card("a2"), book.card("nobody")
    assert card is not None
    assert unknown is None
    assert (card.label_since, card.last_change) == (datetime(2026, 3, 2, tzinfo=UTC), None)
    assert (card.contacts, card.open_deals, card.open_deals_minor, card.last_deal_name) == ((), 0, 0, None)
    assert (card.website, card.phone, card.why) == ("https://acme.example", "555-1", ())


def test_the_reasons_come_from_the_explanation_that_is_wired_in(database: Database) -> None:
    settle(database)
    book = SqlAccountBook(
        database,
        lambda: CONFIGURATION,
        StoppedClock(),
        lambda _: None,
        explain=lambda account: tuple(
            Explanation(name, "rfm", "VIP", "", (f"{account} by {name}.",)) for name in ("RFM", "Other")
        ),
    )
    card = book.card("a1")
    assert card is not None
    assert card.why == ("a1 by RFM.",)
    assert [one.segmentation for one in card.further] == ["Other"]


def test_words(book: AccountBook) -> None:
    words = book.words()
    assert {one.name for one in words.accounts} == {"Konex", "acme", "Bluth", "Ämil"}
    assert [(one.name, one.email, one.manager_id) for one in words.users] == [
        ("Darcel Schlecht", "darcel@x.example", None),
        ("Melvin Marxen", None, "u1"),
    ]
    assert words.values["industry"] == ("Medical", "medical", "retail")
    assert (words.values["city"], words.values["state"], words.values["type"]) == (
        ("Berlin",),
        (),
        ("Customer",),
    )
    assert "Negotiation/Review" in words.values["stage"]
    assert words.values["label"] == ("VIP", "At Risk"), "those of another segmentation are its own field's"


def test_a_label_of_another_segmentation_is_asked_of_that_one(book: AccountBook) -> None:
    answer = Ask(book, lambda: CONFIGURATION).ask("loyal accounts", OPERATOR)
    assert answer.not_understood is None
    assert answer.read_as.startswith("label.")
    assert "= Loyal" in answer.read_as


def test_currency_and_today_are_the_organisations(book: AccountBook, database: Database) -> None:
    assert (book.currency(), book.today()) == ("EUR", date(2026, 3, 30))
    moved = CONFIGURATION.model_copy(
        update={"organisation": CONFIGURATION.organisation.model_copy(update={"time_zone": "Asia/Tokyo"})}
    )
    assert SqlAccountBook(database, lambda: moved, StoppedClock(), str).today() == date(2026, 3, 31)


def test_an_empty_database_answers_too(database: Database) -> None:
    book = SqlAccountBook(database, lambda: CONFIGURATION, StoppedClock(), str)
    assert (book.currency(), book.today(), book.as_of()) == ("USD", date(2026, 3, 31), None)
    assert (book.page(Always(), (), 10), book.count(Always()), book.card("a1")) == ([], 0, None)
    assert (book.words().accounts, book.breakdown(Always(), "industry")) == ((), [])


def test_the_age_of_the_data_is_that_of_the_module_read_longest_ago(database: Database) -> None:
    book = SqlAccountBook(database, lambda: CONFIGURATION, StoppedClock(), str)
    early, late = datetime(2026, 3, 1, 8, tzinfo=UTC), datetime(2026, 3, 1, 9, tzinfo=UTC)
    add(
        database,
        "sync_cursor",
        {"module": "Accounts", "fields_signature": "", "rows_read": 1, "high_water": late},
    )
    assert book.as_of() is None
    add(
        database,
        "sync_cursor",
        {"module": "Deals", "fields_signature": "", "rows_read": 1, "high_water": early},
    )
    assert book.as_of() == early
    add(
        database,
        "sync_cursor",
        {"module": "Contacts", "fields_signature": "", "rows_read": 1, "high_water": None},
    )
    assert book.as_of() is None


def test_another_first_segmentation_gives_other_labels(database: Database) -> None:
    settle(database)
    turned = Configuration(segmentations=CONFIGURATION.segmentations[::-1])
    book = SqlAccountBook(database, lambda: turned, StoppedClock(), str)
    assert ids(book, "label = Loyal") == ["a1"]
    assert ids(book, "label.RFM = vip") == ["a1"]


def test_a_line_has_the_other_fields_that_are_wanted(book: AccountBook) -> None:
    wanted = ("Customer Tier", "Seats", "tags", "label.RFM", "website", "deals.count", "open_deals")
    lines = book.page(Always(), (), 10, 0, wanted)
    assert {line.id: line.further for line in lines} == {
        "a1": ("Gold", 12, "Renewal", "VIP", None, 6, 2),
        "a2": (None, None, None, "At Risk", "https://acme.example", 1, 0),
        "a3": (None, None, None, None, None, 0, 0),
        "a4": (None, None, None, None, None, 0, 0),
    }
    assert book.page(Always(), (), 1)[0].further == ()
    with pytest.raises(CriteriaError, match="no field"):
        book.page(Always(), (), 1, 0, ("frob",))


def test_what_was_bought_within_a_period_is_asked_of_purchases_and_shown(book: AccountBook) -> None:
    asking = Ask(book, lambda: CONFIGURATION)
    answer = asking.ask("accounts that spent more than 150 this month", OPERATOR)
    assert answer.read_as == "purchases.sum(amount) where (occurred_on in this month) > 150"
    assert [one.column.head for one in answer.further] == ["Spend this month"]
    assert [(line.name, line.further) for line in answer.accounts] == [("Konex", (300_00,))]
    answer = asking.ask("at most 2 purchases since March", OPERATOR)
    assert [one.column.head for one in answer.further] == ["Purchases since 1 Mar 2026"]
    assert {line.name: line.further for line in answer.accounts} == {
        "Konex": (2,),
        "acme": (0,),
        "Bluth": (0,),
        "Ämil": (0,),
    }
    answer = asking.ask("who first bought in the last 90 days", OPERATOR)
    assert [one.column.head for one in answer.further] == ["First purchase"]
    assert [line.further for line in answer.accounts] == [(date(2026, 3, 1),)]
    assert [line.name for line in asking.ask("who did not buy last month", OPERATOR).accounts] == [
        *("acme", "Bluth", "Konex", "Ämil")
    ]


def test_a_fact_of_related_records_is_shown_as_it_is_written(book: AccountBook) -> None:
    answer = Ask(book, lambda: CONFIGURATION).ask("accounts where deals.average(amount) > 5", OPERATOR)
    assert [(one.column.head, one.column.type) for one in answer.further] == [
        ("deals.average(amount)", CellType.MONEY)
    ]
    [line] = [one for one in answer.accounts if one.name == "Konex"]
    assert line.further == ((100_00 + 200_00 + 900_00 + 50_00 + 7_00 + 1_00) // 6,)
    assert not [one for one in sortings(answer) if "average" in one.said]


def test_other_fields_are_plain_values(book: AccountBook, database: Database) -> None:
    fields = {"Renewal": "date", "Called": "datetime", "Key": "boolean", "Fee": "currency", "Huge": "double"}
    described = [
        {"module": "Accounts", "api_name": name, "label": name, "data_type": kind, "custom": True}
        for name, kind in fields.items()
    ]
    add(database, "crm_field", *(one | {"read_only": False} for one in described))
    called = "2026-03-02T01:30:00+00:00"  # still 1 March in New York
    raw = {"Renewal": "2026-06-30", "Called": called, "Key": True, "Fee": 12.5, "Huge": 1e300}
    add(database, "crm_account", {"id": "a9", "name": "Zumgoity", "raw": json.dumps(raw)})
    (line,) = book.page(parse("name = Zumgoity", book.catalog()), (), 10, 0, tuple(fields))
    assert line.further[:4] == (date(2026, 6, 30), date(2026, 3, 1), "yes", Decimal("12.5"))
    assert line.further[4] == int(Decimal("1e300"))


def test_a_question_about_a_field_of_the_crm_shows_it(book: AccountBook) -> None:
    answer = Ask(book, lambda: CONFIGURATION).ask('accounts where "Customer Tier" = Gold', OPERATOR)
    assert answer.columns == ("customer_tier", "label", "spend_minor", "last_purchase", "owner")
    assert [line.further for line in answer.accounts] == [("Gold",)]


def test_a_card_says_what_is_advised(database: Database) -> None:
    settle(database)
    given = Advice("Call them.", (CardOffer("GTX Pro", "repeat_buy", Decimal("0.5"), 100, "why"),))
    asked = []

    def advise(account_id: str, label: str | None, today: date) -> Advice:
        asked.append((account_id, label, today))
        return given

    made = SqlAccountBook(database, lambda: CONFIGURATION, StoppedClock(), lambda _: None, advise=advise)
    card = made.card("a1")
    assert card is not None
    assert (card.next_step, card.offers) == (given.next_step, given.offers)
    assert asked == [("a1", "VIP", date(2026, 3, 30))]


def test_a_page_of_who_spent_most_is_a_part_of_the_whole_order(book: AccountBook) -> None:
    most = Sort("total_spend")
    whole = ids(book, "", most)
    assert whole == ["a2", "a3", "a1", "a4"], "equal ones by name; who has bought nothing is last"
    for limit in (1, 2, 3, 4):
        for offset in (0, 1, 2, 3):
            assert ids(book, "", most, limit=limit, offset=offset) == whole[offset : offset + limit]
