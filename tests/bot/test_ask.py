"""The use case of a question, over an account book in memory."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.app.answers_json import answer_as_json, money
from bot.app.ask import MOST_LINES, PAGE_LINES, Ask
from bot.language.help import topics
from bot.language.question import Kind
from scoring.criteria.fields import Catalog
from tests.support.fake_account_book import SYNCED, FakeAccountBook
from tests.support.questions import QUESTIONS
from tests.support.sample_organisation import ANNA, CATALOG, CONFIGURATION, STRANGER, sample


def ask(book: FakeAccountBook | None = None) -> Ask:
    return Ask(book or FakeAccountBook(), lambda: CONFIGURATION)


def test_a_list_says_how_it_was_read_and_how_many_there_are() -> None:
    answer = ask().ask("show VIP accounts in healthcare", ANNA)
    right = [line for line in sample().lines if line.label == "VIP" and line.industry == "medical"]
    assert (answer.kind, answer.read_as) == (Kind.LIST, "label = VIP and industry = medical")
    assert set(answer.accounts) == set(right)
    assert (answer.total, answer.shown, answer.as_of, answer.currency) == (
        len(right),
        len(right),
        SYNCED,
        "USD",
    )
    assert answer.columns == ("label", "industry", "spend_minor", "last_purchase", "owner")
    assert answer.not_understood is None


def test_a_list_without_a_limit_shows_one_page() -> None:
    answer = ask().ask("accounts in the US", ANNA)
    assert (answer.total, answer.shown) == (71, PAGE_LINES)


def test_no_more_is_shown_than_a_message_holds() -> None:
    answer = ask().ask("top 70 accounts", ANNA)
    assert (answer.total, answer.shown) == (85, MOST_LINES)
    assert "first 70" in answer.read_as


def test_an_order_is_said_and_shown() -> None:
    answer = ask().ask("top 3 retail accounts by revenue", ANNA)
    revenues = sorted(
        (line.annual_revenue_minor or 0 for line in sample().lines if line.industry == "retail"), reverse=True
    )
    assert [line.annual_revenue_minor for line in answer.accounts] == revenues[:3]
    assert answer.read_as == "industry = retail · sorted by annual_revenue descending · first 3"
    assert answer.columns[0] == "annual_revenue_minor"


def test_a_count_and_a_breakdown() -> None:
    count = ask().ask("how many accounts in Germany?", ANNA)
    assert (count.kind, count.total, count.accounts) == (Kind.COUNT, 1, ())
    groups = ask().ask("how many accounts per industry?", ANNA)
    assert groups.kind is Kind.COUNT_BY
    assert groups.total == sum(group.count for group in groups.groups) == 85
    assert groups.groups[0].value == "retail"
    assert groups.group_by == "industry"


def test_a_card() -> None:
    answer = ask().ask("how is Acme doing?", ANNA)
    assert answer.kind is Kind.ACCOUNT
    assert answer.card is not None
    assert answer.card.line.name == "Acme Corporation"
    assert answer.read_as == "the account Acme Corporation"


def test_an_account_that_has_gone_meanwhile() -> None:
    book = FakeAccountBook()
    asking = ask(book)
    asking.ask("VIPs", ANNA)
    book.sample = replace(book.sample, lines=book.sample.lines[1:])
    answer = asking.ask("how is Acme doing?", ANNA)
    assert answer.not_understood is not None
    assert "not in the copy" in answer.not_understood.reason


def test_help_comes_from_the_registry() -> None:
    answer = ask().ask("help", ANNA)
    biggest = max(sample().lines, key=lambda line: line.spend_minor)
    assert (answer.kind, answer.help) == (Kind.HELP, topics(biggest.name))


def test_what_is_not_understood_is_no_answer() -> None:
    answer = ask().ask("show VIP accounts in frobnicate", ANNA)
    assert (answer.kind, answer.total, answer.accounts) == (None, 0, ())
    assert answer.not_understood is not None
    assert [one.word for one in answer.not_understood.words] == ["frobnicate"]
    # No industry is near it, so none is put into the person's mouth.
    assert [one.text for one in answer.not_understood.words[0].readings] == ["show VIP accounts"]


def test_somebody_who_may_nothing_is_told_why() -> None:
    answer = ask().ask("VIPs", replace(STRANGER, refusal="Guests see no accounts."))
    assert answer.not_understood is not None
    assert answer.not_understood.reason == "Guests see no accounts."


def test_the_vocabulary_is_built_once_for_each_version_of_the_data() -> None:
    book = FakeAccountBook()
    asking = ask(book)
    for text in ("VIPs", "champions", "retail"):
        asking.ask(text, ANNA)
    assert book.words_read == 1
    book.synced = SYNCED + timedelta(minutes=5)
    asking.ask("VIPs", ANNA)
    assert book.words_read == 2


def test_a_field_that_the_organisation_does_not_have_is_not_understood() -> None:
    fewer = Catalog(tuple(one for one in CATALOG if one.name not in {"employees", "total_spend", "industry"}))
    for text in ("over 50k", "top 10", "more than 50 employees", "retail", "total_spend > 5"):
        answer = ask(FakeAccountBook(fields=fewer)).ask(text, ANNA)
        assert answer.kind is None, text
        assert answer.not_understood is not None


@pytest.mark.parametrize("text", [text for text, _ in QUESTIONS])
def test_every_question_is_answered_without_an_exception(text: str) -> None:
    answer = ask_once().ask(text, ANNA)
    assert (answer.kind is None) == (answer.not_understood is not None)
    assert answer.question == text


def ask_once(kept: list[Ask] | None = None) -> Ask:
    kept = _KEPT if kept is None else kept
    if not kept:
        kept.append(ask())
    return kept[0]


_KEPT: list[Ask] = []


def test_the_json_has_what_programs_need() -> None:
    found = answer_as_json(ask().ask("show VIP accounts in healthcare", ANNA))
    assert set(found) >= {
        "kind",
        "read_as",
        "total",
        "shown",
        "as_of",
        "accounts",
        "groups",
        "card",
        "not_understood",
        "reason",
    }
    first, line = (
        found["accounts"][0],
        next(line for line in sample().lines if line.id == found["accounts"][0]["id"]),
    )
    assert (first["name"], first["label"], first["rfm"], first["currency"]) == (
        line.name,
        "VIP",
        line.total,
        "USD",
    )
    assert first["total_spend"] == line.spend_minor / 100
    assert found["as_of"] == "2026-11-23T06:15:00+00:00"
    assert found["not_understood"] == []


def test_the_json_names_what_was_not_understood() -> None:
    found = answer_as_json(ask().ask("show VIP accounts in frobnicate", ANNA))
    assert found["kind"] is None
    assert found["not_understood"][0]["word"] == "frobnicate"
    assert found["not_understood"][0]["position"] == 21
    assert {"text": "show VIP accounts", "shown": "without “frobnicate”"} in found["not_understood"][0][
        "readings"
    ]


def test_the_json_of_a_card_and_of_a_breakdown() -> None:
    card = answer_as_json(ask().ask("Konex", ANNA))["card"]
    assert (card["name"], card["open_deals_amount"]) == ("Konex", 550.0)
    groups = answer_as_json(ask().ask("accounts per country", ANNA))
    assert groups["groups"][0] == {"value": "United States", "count": 71}


@pytest.mark.parametrize(("minor", "amount"), [(123456, 1234.56), (-5, -0.05), (0, 0.0), (None, None)])
def test_money_is_kept_in_hundredths_whatever_the_currency(minor: int | None, amount: float | None) -> None:
    assert money(minor) == amount
