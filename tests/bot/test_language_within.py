"""What was bought within a period, and who is new: asked of purchases, not of what is kept of all time."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.language.question import Kind, NotUnderstood, Question
from bot.language.understand import understand
from bot.language.vocabulary import Vocabulary, build_index
from scoring.criteria.canonical import canonical
from scoring.criteria.parse import parse
from tests.support.said import said
from tests.support.sample_organisation import (
    ANNA,
    CATALOG,
    CONFIGURATION,
    LABELS,
    TODAY,
    sample,
    vocabulary_for,
    without_purchases,
)

_SPENT = "purchases.sum(amount) where (occurred_on {}) {}"
_COUNT = "purchases.count where (occurred_on {}) {}"
_MARCH = "between 2026-03-01 and 2026-03-31"
_JUNE = "between 2026-06-01 and 2026-06-30"
_FIRST = "purchases.first(occurred_on) {}"


def no_labels() -> Vocabulary:
    """Of an organisation that calls nobody New."""
    words = sample().words()
    values = {**words.values, "label": tuple(one for one in LABELS if one != "New")}
    [segmentation] = CONFIGURATION.segmentations
    others = tuple(one for one in segmentation.labels if one.name != "New")
    configuration = CONFIGURATION.model_copy(
        update={"segmentations": (segmentation.model_copy(update={"labels": others}),)}
    )
    fields = tuple(
        replace(one, values=values["label"]) if one.name == "label" else one for one in CATALOG.fields
    )
    catalog = replace(CATALOG, fields=fields)
    return Vocabulary(build_index(replace(words, values=values), catalog, configuration), ANNA, TODAY)


def criteria(text: str, vocabulary: Vocabulary | None = None) -> str:
    found = understand(text, vocabulary or vocabulary_for())
    assert isinstance(found, Question), found
    assert found.kind in {Kind.LIST, Kind.COUNT}
    return canonical(found.criteria)


def is_read(text: str, meant: str, vocabulary: Vocabulary | None = None) -> None:
    assert criteria(text, vocabulary) == canonical(parse(meant, CATALOG))


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("accounts that spent more than 10k this year", _SPENT.format("in this year", "> 10k")),
        ("spent over 10k this year", _SPENT.format("in this year", "> 10k")),
        ("accounts over 50k last quarter", _SPENT.format("in last quarter", "> 50k")),
        (
            "VIPs with revenue of at least 5k in the last 90 days",
            f"label = VIP and {_SPENT.format('in last 90 days', '>= 5k')}",
        ),
        ("spent between 10k and 20k in June", _SPENT.format(_JUNE, "between 10k and 20k")),
        ("spend under 1000 since October", _SPENT.format(">= 2026-10-01", "< 1000")),
        ("spent over 20k over the last 90 days", _SPENT.format("in last 90 days", "> 20k")),
        ("accounts with more than 5 purchases this year", _COUNT.format("in this year", "> 5")),
        ("bought more than 3 times in Q2", _COUNT.format("between 2026-04-01 and 2026-06-30", "> 3")),
        ("at least 10 orders last month", _COUNT.format("in last month", ">= 10")),
        ("accounts whose spend this year is over 10k", _SPENT.format("in this year", "> 10k")),
        ("spend this year > 10k", _SPENT.format("in this year", "> 10k")),
        ("this year's spend over 10k", _SPENT.format("in this year", "> 10k")),
        ("spending less than 5k this year", _SPENT.format("in this year", "< 5k")),
        ("bought at least twice this year", _COUNT.format("in this year", ">= 2")),
        ("bought twice or more this quarter", _COUNT.format("in this quarter", ">= 2")),
        ("ordered only once this year", _COUNT.format("in this year", "= 1")),
        (
            "spent over 10k last year but not this year",
            f"{_SPENT.format('in last year', '> 10k')} and not {_SPENT.format('in this year', '> 10k')}",
        ),
        (
            "spent more than 10k this year and less than 5k last year",
            f"{_SPENT.format('in this year', '> 10k')} and {_SPENT.format('in last year', '< 5k')}",
        ),
        ("accounts that have not spent over 1k this year", f"not {_SPENT.format('in this year', '> 1k')}"),
    ],
)
def test_an_amount_with_a_period_behind_it_is_one_of_that_time(text: str, meant: str) -> None:
    is_read(text, meant)
    is_read(f"how many accounts {text.removeprefix('accounts ')}", meant)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("accounts over 50k created this year", "total_spend > 50k and created in this year"),
        ("accounts over 50k that last bought in June", f"total_spend > 50k and last_purchase {_JUNE}"),
        ("over 50k, not bought since June", "total_spend > 50k and not last_purchase >= 2026-06-01"),
        ("over 50k since June not bought", "total_spend > 50k and not last_purchase >= 2026-06-01"),
        ("more than 500 employees created this year", "employees > 500 and created in this year"),
    ],
)
def test_a_period_of_which_something_else_is_said_is_not_that_of_the_amount(text: str, meant: str) -> None:
    is_read(text, meant)


@pytest.mark.parametrize(
    "text",
    [
        "accounts with annual revenue over 1m this year",  # their own
        "accounts with more than 500 employees this year",
        "accounts that spent more than 10k next year",
    ],
)
def test_what_is_not_known_of_a_period_is_asked_back(text: str) -> None:
    assert isinstance(understand(text, vocabulary_for()), NotUnderstood)


@pytest.mark.parametrize("text", ["spent over 10k this year", "more than 5 purchases this year"])
def test_without_purchases_it_is_asked_back(text: str) -> None:
    assert isinstance(understand(text, without_purchases()), NotUnderstood)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("bought this year more than 5 times", _COUNT.format("in this year", "> 5")),
        (
            "accounts that in Q2 bought more than 5 times",
            _COUNT.format("between 2026-04-01 and 2026-06-30", "> 5"),
        ),
        ("has bought in the last year more than 10 times", _COUNT.format("in last year", "> 10")),
        ("bought in June for over 10k", _SPENT.format(_JUNE, "> 10k")),
        ("bought this year with more than 500 employees", "last_purchase in this year and employees > 500"),
        ("bought twice", "purchases = 2"),
        ("no VIPs that spent nothing this year", "label != VIP and last_purchase not in this year"),
    ],
)
def test_how_often_and_for_how_much_may_stand_behind_the_period(text: str, meant: str) -> None:
    is_read(text, meant)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        (
            "spent over 10k but under 50k this year",
            f"{_SPENT.format('in this year', '> 10k')} and {_SPENT.format('in this year', '< 50k')}",
        ),
        (
            "more than 2 and fewer than 10 orders this year",
            f"{_COUNT.format('in this year', '> 2')} and {_COUNT.format('in this year', '< 10')}",
        ),
        (
            "more than 5 orders and over 10k this year",
            f"{_COUNT.format('in this year', '> 5')} and {_SPENT.format('in this year', '> 10k')}",
        ),
        (
            "over 50k with more than 5 purchases this year",
            f"total_spend > 50k and {_COUNT.format('in this year', '> 5')}",
        ),
    ],
)
def test_one_period_behind_two_bounds_is_that_of_both(text: str, meant: str) -> None:
    is_read(text, meant)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        (
            "orders over 5k in the last 30 days",
            "any purchase where (occurred_on in last 30 days and amount > 5k)",
        ),
        (
            "who placed an order of more than 10k last month",
            "any purchase where (occurred_on in last month and amount > 10k)",
        ),
        ("VIPs with purchases over 10k", "label = VIP and any purchase where (amount > 10k)"),
        ("more than 100 orders", "purchases > 100"),
        (
            "bought GTX Pro more than 3 times this year",
            'purchases.count where (product = "GTX Pro" and occurred_on in this year) > 3',
        ),
        (
            "bought GTX Pro this year for over 10k",
            'purchases.sum(amount) where (product = "GTX Pro" and occurred_on in this year) > 10k',
        ),
        ("bought GTX Pro twice", 'purchases.count where (product = "GTX Pro") = 2'),
    ],
)
def test_an_amount_behind_orders_or_a_product_is_theirs(text: str, meant: str) -> None:
    is_read(text, meant)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        (
            "VIPs over 50k last year not bought in 90 days",
            f"label = VIP and {_SPENT.format('in last year', '> 50k')} and last_purchase not in last 90 days",
        ),
        (
            "spent over 10k last year who haven't bought this year",
            f"{_SPENT.format('in last year', '> 10k')} and last_purchase not in this year",
        ),
        (
            "spent over 10k this year created in 2025",
            f"{_SPENT.format('in this year', '> 10k')} and created between 2025-01-01 and 2025-12-31",
        ),
        ("spent over 10k, in 2025", _SPENT.format("between 2025-01-01 and 2025-12-31", "> 10k")),
        ("spent more than 10k more than a year ago", _SPENT.format("before 1 year ago", "> 10k")),
        ("spent over 10k in 90 days", _SPENT.format("in last 90 days", "> 10k")),
    ],
)
def test_what_has_a_date_of_its_own_leaves_the_one_before_alone(text: str, meant: str) -> None:
    is_read(text, meant)


@pytest.mark.parametrize(
    "text",
    [
        "spent more than 10k two years ago",
        "spent over 10k in any quarter",
        "over 10k a year",
        "spent more than 10k between March and now",
        "spent more than 10k in 2024 or 2025",
        "spent over 10k in the next 90 days",
        "first bought in the next 90 days",
        "over 50k with 2000 to 3000 employees",
        "industries with more than 100 orders this year",
    ],
)
def test_rates_single_days_and_what_is_to_come_are_asked_back(text: str) -> None:
    assert isinstance(understand(text, vocabulary_for()), NotUnderstood)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("bought last year but not this year", "bought in last year and not bought in this year"),
        ("bought this year but not last year", "last_purchase in this year and not bought in last year"),
        ("bought in March but not since", f"bought {_MARCH} and not bought since 2026-04-01"),
        (
            "ordered in January and March but not in June",
            f"bought between 2026-01-01 and 2026-01-31 and bought {_MARCH} and not bought {_JUNE}",
        ),
        ("accounts not spending more than 50k", "total_spend <= 50k"),
        ("who only bought once", "purchases = 1"),
    ],
)
def test_a_second_period_is_said_of_the_same(text: str, meant: str) -> None:
    is_read(text, meant)


@pytest.mark.parametrize(
    "text",
    [
        "accounts created last year but not this year",
        "last bought in June but not in July",
        "last purchase in June but not in July",
        "bought GTX Pro more than 3 times this year but not last year",
        "employees this year over 500",
        "bought since",
    ],
)
def test_of_what_else_a_second_period_may_be_is_asked_back(text: str) -> None:
    assert isinstance(understand(text, vocabulary_for()), NotUnderstood)


@pytest.mark.parametrize(
    ("text", "figure"),
    [
        ("revenue by industry of accounts over 50k this year", "revenue; by industry; in this year"),
        ("how much revenue from accounts that spent over 50k this year", "revenue; in this year"),
        ("top 10 accounts that spent over 50k this year", "revenue; by each_account; in this year; 10"),
        ("accounts that spent over 50k this year sorted by spend", "revenue; by each_account; in this year"),
    ],
)
def test_a_period_behind_an_amount_in_a_question_for_a_figure_is_that_of_both(text: str, figure: str) -> None:
    found = understand(text, vocabulary_for())
    assert isinstance(found, Question)
    assert said(found) == f"figure: {_SPENT.format('in this year', '> 50k')}; {figure}"


def test_a_list_has_no_order_of_what_was_bought_in_a_time() -> None:
    found = understand("accounts that spent over 10k this year, highest first", vocabulary_for())
    assert isinstance(found, NotUnderstood)
    assert found.reason == "A list is in the order of what was bought of all time: leave the order out."
    is_read("accounts that spent over 10k this year sorted by name", _SPENT.format("in this year", "> 10k"))


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("VIPs that bought in June", "label = VIP and bought between 2026-06-01 and 2026-06-30"),
        ("accounts that did not buy last quarter", "not bought in last quarter"),
        ("retail accounts that ordered last month", "industry = retail and bought in last month"),
        ("who has not bought in 2025", "not bought between 2025-01-01 and 2025-12-31"),
        ("last bought in June", "last_purchase between 2026-06-01 and 2026-06-30"),
    ],
)
def test_who_bought_in_a_time_that_is_over_may_have_bought_since(text: str, meant: str) -> None:
    is_read(text, meant)


def test_bought_before_may_speak_of_the_last_purchase() -> None:
    found = understand("accounts that bought before June", vocabulary_for())
    assert isinstance(found, NotUnderstood)
    assert found.reason == "“bought before June”: is that the last purchase?"
    assert criteria(found.readings[0].text) == "last_purchase before 2026-06-01"


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("new customers this year", _FIRST.format("in this year")),
        ("this year's new customers", _FIRST.format("in this year")),
        ("new retail customers since June", f"industry = retail and {_FIRST.format('>= 2026-06-01')}"),
        ("new clients over 50k this year", f"total_spend > 50k and {_FIRST.format('in this year')}"),
        ("new accounts this quarter", "created in this quarter"),
        ("new accounts created this quarter", "created in this quarter"),
        ("customers that first bought in June", _FIRST.format("between 2026-06-01 and 2026-06-30")),
        ("who became a customer this year", _FIRST.format("in this year")),
        ("how many new customers this month", _FIRST.format("in this month")),
    ],
)
def test_new_customers_bought_first_then_and_new_accounts_were_created(text: str, meant: str) -> None:
    is_read(text, meant, no_labels())


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        (
            "new customers last year that have not bought this year",
            f"{_FIRST.format('in last year')} and last_purchase not in this year",
        ),
        (
            "new customers in 2025 who bought in March",
            f"{_FIRST.format('between 2025-01-01 and 2025-12-31')} and bought {_MARCH}",
        ),
        ("new accounts last year last purchase in June", f"created in last year and last_purchase {_JUNE}"),
        ("new customers that first bought in June", _FIRST.format(_JUNE)),
    ],
)
def test_the_period_of_new_is_not_that_of_another_verb(text: str, meant: str) -> None:
    is_read(text, meant, no_labels())


@pytest.mark.parametrize("text", ["new customers or VIPs this year", "new customers in the next month"])
def test_who_is_new_is_not_guessed(text: str) -> None:
    assert isinstance(understand(text, no_labels()), NotUnderstood)


def test_without_purchases_nobody_bought_first() -> None:
    found = understand("who became a customer this year", without_purchases())
    assert isinstance(found, NotUnderstood)
    assert found.reason == "When accounts bought first is not known here."


def test_new_since_when_is_asked() -> None:
    found = understand("new customers in retail", no_labels())
    assert isinstance(found, NotUnderstood)
    assert found.reason == "New since when?"
    is_read(found.readings[0].text, f"industry = retail and {_FIRST.format('in this month')}", no_labels())
    begun = understand("who became a customer", no_labels())
    assert isinstance(begun, NotUnderstood)
    assert begun.reason == "In which period?"


def test_where_new_is_a_label_it_is_meant() -> None:
    assert criteria("new customers in retail") == "label = New and industry = retail"
    found = understand("new customers this year", vocabulary_for())
    assert isinstance(found, NotUnderstood)
    [offered] = [one.text for one in found.readings if "became a customer" in one.text]
    is_read(offered, _FIRST.format("in this year"))


def test_new_vips_have_become_so() -> None:
    assert said(understand("new VIPs this month", vocabulary_for())).startswith("moved: ; to VIP")


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        (
            "accounts that spent more this year than last year",
            "figure: ; revenue; by each_account; better; in this year",
        ),
        (
            "retail accounts that bought less in Q2 than in Q1",
            (
                "figure: industry = retail; revenue; by each_account; worse; in 2026-04-01 to 2026-06-30;"
                " vs 2026-01-01 to 2026-03-31"
            ),
        ),
        (
            "accounts that spent more than last year",
            "figure: ; revenue; by each_account; better; in this year",
        ),
    ],
)
def test_more_this_year_than_last_year_is_the_figure_of_who_grows(text: str, meant: str) -> None:
    assert said(understand(text, vocabulary_for())) == meant


def test_the_words_of_both_bounds_are_said_to_be_of_that_time() -> None:
    found = understand("spent over 10k but under 50k this year", vocabulary_for())
    assert isinstance(found, Question)
    meant = [use.meaning for use in found.words]
    assert _SPENT.format("in this year", "> 10k") in meant
    assert _SPENT.format("in this year", "< 50k") in meant
