"""Going on with a question: what each kind of follow-up makes of it, and that nothing is guessed."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.language.question import (
    Action,
    Figure,
    Held,
    Kind,
    Metric,
    Moved,
    NotUnderstood,
    Question,
    Request,
    Sort,
)
from bot.language.refine import begin, goes_on, refine
from bot.language.understand import understand
from scoring.criteria.parse import parse
from scoring.criteria.tree import Always, Calendar, Unit
from tests.support.fake_account_book import FakeAccountBook
from tests.support.said import said
from tests.support.sample_organisation import CATALOG, vocabulary_for
from tests.support.word_accounting import small_words, unaccounted

THIS_YEAR = Calendar(Unit.YEAR, 0)


def asked(text: str) -> Question:
    understood = understand(text, vocabulary_for())
    assert isinstance(understood, Question), text
    return understood


def after(earlier: str | Question, text: str) -> str:
    question = asked(earlier) if isinstance(earlier, str) else earlier
    return said(refine(text, vocabulary_for(), question))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("only in Berlin", "list: label = VIP and state = Texas and city = Berlin"),
        ("but only retail", "list: label = VIP and state = Texas and industry = retail"),
        ("only those over 50k", "list: label = VIP and state = Texas and total_spend > 50k"),
        ("only mine", 'list: label = VIP and state = Texas and owner = "Anna Snelling"'),
        ("which of them are in retail?", "list: label = VIP and state = Texas and industry = retail"),
        ("and retail", "list: label = VIP and state = Texas and industry = retail"),
        ("and champions", "list: label in (VIP, Champion) and state = Texas"),
        ("or champions", "list: label in (VIP, Champion) and state = Texas"),
        ("also in Ohio", "list: label = VIP and state in (Texas, Ohio)"),
        ("and Chicago", "list: label = VIP and (state = Texas or city = Chicago)"),
        ("without retail", "list: label = VIP and state = Texas and industry != retail"),
        ("and not retail", "list: label = VIP and state = Texas and industry != retail"),
        ("what about Chicago?", "list: label = VIP and city = Chicago"),
        ("and in Chicago?", "list: label = VIP and city = Chicago"),
        ("and what about champions?", "list: label = Champion and state = Texas"),
        ("actually champions", "list: label = Champion and state = Texas"),
        ("champions instead", "list: label = Champion and state = Texas"),
        ("make it champions in Ohio", "list: label = Champion and state = Ohio"),
        ("champions", "list: label = Champion and state = Texas"),
        ("retail", "list: label = VIP and state = Texas and industry = retail"),
        ("sort by spend", "list: label = VIP and state = Texas; -total_spend"),
        ("oldest first", "list: label = VIP and state = Texas; +created"),
        ("by revenue", "list: label = VIP and state = Texas; -annual_revenue"),
        ("first 20", "list: label = VIP and state = Texas; 20"),
        ("only the top 5 by revenue", "list: label = VIP and state = Texas; -annual_revenue; 5"),
        ("by industry", "count_by: label = VIP and state = Texas; by industry"),
        ("how many per industry?", "count_by: label = VIP and state = Texas; by industry"),
        ("how many?", "count: label = VIP and state = Texas"),
        ("list them", "list: label = VIP and state = Texas"),
    ],
)
def test_a_list_goes_on(text: str, expected: str) -> None:
    assert after("VIPs in Texas", text) == expected


@pytest.mark.parametrize(
    ("earlier", "text", "expected"),
    [
        ("VIPs and champions", "only VIPs", "list: label = VIP"),
        ("VIPs and champions", "without VIPs", "list: label = Champion"),
        ("accounts without VIPs", "without champions", "list: label not in (VIP, Champion)"),
        ("accounts without VIPs", "include VIPs", "list: "),
        ("accounts without VIPs", "champions", "list: label = Champion"),
        ("accounts in Germany", "in Berlin", "list: country = Germany and city = Berlin"),
        ("accounts in Germany", "and the US", 'list: country in (Germany, "United States")'),
        ("accounts in Berlin", "in Germany", "list: country = Germany"),
        ("accounts over 10k", "under 50k", "list: total_spend > 10k and total_spend < 50k"),
        ("accounts over 10k", "over 50k", "list: total_spend > 50k"),
        ("bought this month", "and last month", "asked"),
        ("how many champions per industry?", "by country", "count_by: label = Champion; by country"),
        ("how many champions per industry?", "only in Texas", None),
        ("how many champions?", "sort by spend", "list: label = Champion; -total_spend"),
        ("top 10 customers by revenue", "top 3", "list: ; -annual_revenue; 3"),
        ("accounts sorted by last purchase", "oldest first", "list: ; +last_purchase"),
        ("accounts sorted by revenue", "smallest first", "list: ; +annual_revenue"),
        ("accounts sorted by revenue", "oldest first", "list: ; +created"),
        ("accounts", "or retail", "list: industry = retail"),
        ("how is Acme doing?", "why?", "why: Acme Corporation"),
        ("how is Acme doing?", "what about Konex?", "account: Konex"),
        ("how is Acme doing?", "VIPs in Texas", "list: label = VIP and state = Texas"),
        ("VIPs in Texas", "what about Acme?", "account: Acme Corporation"),
    ],
)
def test_other_questions_go_on(earlier: str, text: str, expected: str | None) -> None:
    wanted = expected or "count_by: label = Champion and state = Texas; by industry"
    assert after(earlier, text) == wanted


@pytest.mark.parametrize(
    "text",
    [
        "show champions in retail",
        "top 10 customers by revenue",
        "how many champions?",
        "how is Acme doing?",
        "accounts in Berlin",
        "my accounts",
        "help",
    ],
)
def test_a_whole_question_starts_anew(text: str) -> None:
    assert after("VIPs in Texas", text) == said(understand(text, vocabulary_for()))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("next", "next"),
        ("More, please!", "next"),
        ("next 10", "next: 10"),
        ("show me the next ten", "next: 10"),
        ("20 more accounts", "next: 20"),
        ("undo", "undo"),
        ("go back", "undo"),
        ("chart", "chart"),
        ("as a chart", "chart"),
        ("show it as a chart", "chart"),
        ("export", "export"),
        ("export this", "export"),
        ("export them as Excel", "export: xlsx"),
        ("as csv please", "export: csv"),
        ('save as "Berlin VIPs"', "save: Berlin VIPs"),
        ("save this as Berlin VIPs", "save: Berlin VIPs"),
        ("save it as a segment called Texas", "save: Texas"),
        ("share", "share"),
        ("share this with the channel", "share"),
    ],
)
def test_what_is_asked_to_be_done(text: str, expected: str) -> None:
    question = asked("VIPs in Texas")
    found = refine(text, vocabulary_for(), question)
    assert said(found) == expected
    assert isinstance(found, Request)
    assert found.question == question


def test_a_request_may_say_more_of_its_question() -> None:
    found = refine("by industry as a chart", vocabulary_for(), asked("VIPs in Texas"))
    assert isinstance(found, Request)
    assert (found.action, said(found.question)) == (
        Action.CHART,
        "count_by: label = VIP and state = Texas; by industry",
    )
    exported = refine("export only retail as csv", vocabulary_for(), asked("VIPs"))
    assert isinstance(exported, Request)
    assert (said(exported), said(exported.question)) == (
        "export: csv",
        "list: label = VIP and industry = retail",
    )


def test_a_first_question_may_ask_for_something_to_be_done() -> None:
    found = begin("export VIPs in Texas as csv", vocabulary_for())
    assert isinstance(found, Request)
    assert (said(found), said(found.question)) == ("export: csv", "list: label = VIP and state = Texas")


@pytest.mark.parametrize("text", ["next", "undo", "chart", "export this"])
def test_what_only_goes_on_needs_a_question_before(text: str) -> None:
    found = begin(text, vocabulary_for())
    assert isinstance(found, NotUnderstood)
    assert "none was asked here before" in found.reason


@pytest.mark.parametrize(
    ("earlier", "text", "offered"),
    [
        ("VIPs in Texas", "only champions", ["label = Champion", "label in (VIP, Champion)"]),
        ("VIPs in Texas", "in Chicago", ["state = Texas and city = Chicago", "city = Chicago"]),
        ("VIPs in Texas", "or retail", ["or industry = retail", "state = Texas or industry = retail"]),
        ("VIPs in Texas", "and champions in Ohio", ["label in (VIP, Champion)", "label = Champion and"]),
    ],
)
def test_what_can_be_meant_in_two_ways_is_asked_back(earlier: str, text: str, offered: list[str]) -> None:
    found = refine(text, vocabulary_for(), asked(earlier))
    assert isinstance(found, NotUnderstood)
    assert len(found.readings) == len(offered)
    assert all(part in one.text for part, one in zip(offered, found.readings, strict=True))
    for one in found.readings:
        assert isinstance(understand(one.text, vocabulary_for()), Question)


@pytest.mark.parametrize(
    ("earlier", "text", "reason"),
    [
        ("VIPs in Texas", "without VIPs", "No account can meet both."),
        ("industry = retail or label = VIP", "champions", "part of an “or”"),
        ("how is Acme doing?", "only in Berlin", "about one account"),
        ("VIPs in Texas", "by month", "no course over time"),
        ("VIPs in Texas", "why?", "asked of one account"),
        ("how many champions per industry?", "top 3", "no order"),
        ("VIPs in Texas", "save", "Under which name?"),
        ("VIPs in Texas", "", "Nothing was asked."),
    ],
)
def test_what_does_not_go_on_says_why(earlier: str, text: str, reason: str) -> None:
    found = refine(text, vocabulary_for(), asked(earlier))
    assert isinstance(found, NotUnderstood)
    assert reason in found.reason


def test_an_unknown_word_is_named_and_its_readings_go_on_with_the_question() -> None:
    found = refine("only in retailer", vocabulary_for(), asked("VIPs in Texas"))
    assert isinstance(found, NotUnderstood)
    [word] = found.words
    assert (word.word, word.position) == ("retailer", 8)
    assert word.readings
    for one in word.readings:
        assert said(understand(one.text, vocabulary_for())).startswith(
            "list: label = VIP and state = Texas and"
        )


REVENUE = Question(
    Kind.FIGURE,
    parse("label = VIP", CATALOG),
    figure=Figure(Metric.REVENUE, every=Unit.QUARTER, span=THIS_YEAR),
)


def test_a_figure_goes_on() -> None:
    revenue = "figure: {}; revenue; {}in this year"
    assert after(REVENUE, "only in Texas") == revenue.format(
        "label = VIP and state = Texas", "every quarter; "
    )
    assert after(REVENUE, "what about champions?") == revenue.format("label = Champion", "every quarter; ")
    assert after(REVENUE, "by month") == revenue.format("label = VIP", "every month; ")
    assert after(REVENUE, "by industry") == revenue.format("label = VIP", "by industry; ")
    assert after(REVENUE, "list them") == "asked"


def test_the_share_of_some_in_a_place_is_a_share_of_those_there() -> None:
    share = Question(Kind.FIGURE, parse("label = VIP", CATALOG), figure=Figure(Metric.SHARE))
    assert (
        after(share, "only in Texas") == "figure: label = VIP and state = Texas; share; among state = Texas"
    )


@pytest.mark.parametrize(
    ("earlier", "text", "expected"),
    [
        (
            "accounts that spent more than 10k this year",
            "and last year?",
            "list: purchases.sum(amount) where (occurred_on in last year) > 10k",
        ),
        ("VIPs that bought in March", "what about April", "list: label = VIP and bought {}"),
        ("VIPs that did not buy in March", "and in April?", "list: label = VIP and not bought {}"),
        (
            "how many accounts ordered at least twice this month",
            "and last month?",
            "count: purchases.count where (occurred_on in last month) >= 2",
        ),
        ("VIPs in Texas", "and last year?", "asked"),
        (
            "accounts that spent more than 10k this year",
            "over 50k instead",
            "list: purchases.sum(amount) where (occurred_on in this year) > 50k",
        ),
        (
            "retail accounts with more than 5 purchases this year",
            "more than 10 purchases instead",
            "list: industry = retail and purchases.count where (occurred_on in this year) > 10",
        ),
        (
            "VIPs that bought in March",
            "only over 50k",
            "list: label = VIP and bought {} and total_spend > 50k",
        ),
    ],
)
def test_the_same_of_another_time(earlier: str, text: str, expected: str) -> None:
    month = "between 2026-03-01 and 2026-03-31" if "only" in text else "between 2026-04-01 and 2026-04-30"
    assert after(earlier, text) == expected.format(month)


def test_moves_and_history_narrow() -> None:
    moved = Question(Kind.MOVED, moved=Moved(old=("VIP",), span=Calendar(Unit.MONTH, 0)))
    assert after(moved, "only in Texas") == "moved: state = Texas; from VIP; in this month"
    assert after(moved, "how many?") == "asked"
    assert after(moved, "and champions") == "moved: ; from VIP|Champion; in this month"
    assert after(moved, "what about champions?") == "moved: ; from Champion; in this month"
    both = replace(moved, moved=Moved(old=("VIP",), new=("Lost",)))
    assert after(both, "what about champions?") == "asked"
    held = Question(Kind.HISTORY, held=Held(("VIP",), Calendar(Unit.MONTH, -1)))
    assert after(held, "what about champions?") == "history: ; Champion; in last month"
    assert after(held, "and retail") == "history: industry = retail; VIP; in last month"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("only in Berlin", True),
        ("and retail", True),
        ("in Berlin", True),
        ("next", True),
        ("oldest first", True),
        ("top 3", True),
        ("by industry", True),
        ("how many?", True),
        ("which of them are in retail?", True),
        ("VIPs", False),
        ("VIPs in Texas", False),
        ("how is Acme doing?", False),
        ("top 10 accounts", False),
        ("how many champions?", False),
    ],
)
def test_a_fragment_says_so_itself(text: str, expected: bool) -> None:
    assert goes_on(text, vocabulary_for()) == expected


FIRSTS = (
    "VIPs in Texas",
    "accounts over 10k",
    "how many champions per industry?",
    "how is Acme doing?",
    "label != VIP or industry = retail",
    "accounts without VIPs",
    "top 10 customers by revenue",
    "help",
)
PIECES = (
    *(
        "only",
        "and",
        "or",
        "without",
        "not",
        "what about",
        "actually",
        "instead",
        "in",
        "of them",
        "too",
        "but",
    ),
    *("VIPs", "champions", "retail", "Texas", "Berlin", "Chicago", "the US", "over 50k", "under 5k", "mine"),
    *(
        "sort by spend",
        "oldest first",
        "next",
        "next 10",
        "top 3",
        "by industry",
        "by month",
        "how many",
        "chart",
    ),
    *(
        "export",
        "save as X",
        "undo",
        "share",
        "list them",
        "as a chart",
        "Acme",
        "accounts",
        "frobnicate",
        "?",
        ",",
    ),
)
sentences = st.lists(st.sampled_from(PIECES), max_size=5).map(" ".join)


@settings(max_examples=120, deadline=None)
@example("VIPs in Texas", "only top 3")
@example("VIPs in Texas", "without list them champions")
@given(st.sampled_from(FIRSTS), sentences)
def test_any_follow_up_is_answered_in_words_with_every_word_accounted_for(first: str, text: str) -> None:
    found = refine(text, vocabulary_for(), asked(first))
    if isinstance(found, Question):
        assert unaccounted(text, found) == []
    elif isinstance(found, NotUnderstood):
        assert found.reason
    else:
        assert found.words


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(FIRSTS), st.text(max_size=60))
def test_any_text_is_read_without_raising(first: str, text: str) -> None:
    assert isinstance(refine(text, vocabulary_for(), asked(first)), Question | Request | NotUnderstood)
    begin(text, vocabulary_for())
    goes_on(text, vocabulary_for())


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(FIRSTS), sentences)
def test_an_unknown_word_makes_any_follow_up_not_understood(first: str, text: str) -> None:
    found = refine(f"{text} frobnicate", vocabulary_for(), asked(first))
    assert isinstance(found, NotUnderstood) or "save" in text


CONDITIONS = (
    "VIPs",
    "champions",
    "retail",
    "in Texas",
    "in Berlin",
    "in the US",
    "over 50k",
    "under 5k",
    "mine",
)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(FIRSTS), st.lists(st.sampled_from(CONDITIONS), min_size=1, max_size=3))
def test_only_narrows(first: str, conditions: list[str]) -> None:
    """Whoever meets the criteria after "only …" met those before."""
    book, earlier = FakeAccountBook(), asked(first)
    question = earlier
    for one in conditions:
        found = refine(f"only {one}", vocabulary_for(), question)
        if isinstance(found, Question) and found.kind is earlier.kind and earlier.kind is not Kind.HELP:
            question = found
            assert {line.id for line in book._matching(question.criteria)} <= {
                line.id for line in book._matching(earlier.criteria)
            }


def test_what_is_kept_when_nothing_is_said_of_it() -> None:
    earlier = replace(asked("VIPs"), sort=(Sort("total_spend"),), limit=5)
    found = refine("only in Texas", vocabulary_for(), earlier)
    assert isinstance(found, Question)
    assert (found.sort, found.limit) == (earlier.sort, 5)
    assert not isinstance(found.criteria, Always)
    assert small_words()
