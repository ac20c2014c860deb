"""Questions of a sales team, and what they are read as."""

from __future__ import annotations

import pytest

from bot.language.meanings import Role
from bot.language.question import NotUnderstood, Question
from bot.language.restate import read_as, restate
from bot.language.tokens import phrase, tokens
from bot.language.understand import understand
from scoring.criteria.canonical import canonical
from scoring.criteria.parse import parse
from tests.support.questions import QUESTIONS
from tests.support.said import expected, said
from tests.support.sample_organisation import CATALOG, STRANGER, vocabulary_for
from tests.support.unseen_questions import UNSEEN
from tests.support.word_accounting import unaccounted

ANSWERED = [text for text, meaning in QUESTIONS if meaning not in {"asked", "help"}]


@pytest.mark.parametrize(("text", "meaning"), QUESTIONS, ids=[text or "empty" for text, _ in QUESTIONS])
def test_a_question_is_read_as_it_was_meant(text: str, meaning: str) -> None:
    assert said(understand(text, vocabulary_for())) == expected(meaning)


def test_questions_set_aside_are_read_or_asked_back_but_not_answered_wrongly() -> None:
    read = [(text, said(understand(text, vocabulary_for())), expected(meaning)) for text, meaning in UNSEEN]
    wrong = [one for one in read if one[1] not in {one[2], "asked"}]
    exact = sum(1 for one in read if one[1] == one[2])
    assert wrong == []
    assert exact / len(read) >= 0.95


@pytest.mark.parametrize("text", [text for text, _ in (*QUESTIONS, *UNSEEN)])
def test_every_word_is_accounted_for(text: str) -> None:
    assert unaccounted(text, understand(text, vocabulary_for())) == []


@pytest.mark.parametrize("text", ANSWERED)
def test_what_is_said_again_is_read_as_the_same_question(text: str) -> None:
    understood = understand(text, vocabulary_for())
    assert isinstance(understood, Question)
    again = understand(restate(understood), vocabulary_for())
    assert said(again) == said(understood)
    assert read_as(understood, CATALOG)


@pytest.mark.parametrize("text", ANSWERED)
def test_the_canonical_text_is_read_as_the_same_criteria(text: str) -> None:
    understood = understand(text, vocabulary_for())
    assert isinstance(understood, Question)
    assert parse(canonical(understood.criteria), CATALOG) == understood.criteria


@pytest.mark.parametrize("text", ANSWERED)
def test_an_unknown_word_makes_any_question_not_understood(text: str) -> None:
    for sentence in (f"{text} zzyzxq", f"zzyzxq {text}"):
        understood = understand(sentence, vocabulary_for())
        assert isinstance(understood, NotUnderstood)
        assert "zzyzxq" in [one.word for one in understood.words] or "zzyzxq" in understood.reason


@pytest.mark.parametrize("text", ["", "   ", "?", "🎉", "...", "\x00\x07"])
def test_nothing_is_never_a_default_question(text: str) -> None:
    understood = understand(text, vocabulary_for())
    assert isinstance(understood, Question | NotUnderstood)
    if isinstance(understood, Question):
        assert said(understood) == "help"


def test_somebody_without_a_crm_user_is_told_why_my_has_no_meaning() -> None:
    understood = understand("my VIP accounts", vocabulary_for(STRANGER))
    assert isinstance(understood, NotUnderstood)
    assert "gail@partner.example" in understood.reason
    assert [one.text for one in understood.words[0].readings] == ["VIP accounts"]


def test_a_correction_is_shown() -> None:
    understood = understand("show VIP accounts in helthcare", vocabulary_for())
    assert isinstance(understood, Question)
    assert [(use.words, use.meaning) for use in understood.words] == [
        ("VIP", "label = VIP"),
        ("helthcare", "industry = medical (read as “healthcare”)"),
    ]


def test_every_key_of_the_word_file_is_a_role_or_a_table() -> None:
    from bot.language.lexicon import lexicon

    roles = {one.role for meanings in lexicon().words.values() for one in meanings if hasattr(one, "role")}
    assert set(Role) - roles == {Role.COMMA, Role.POSSESSIVE}


def test_tokens_know_their_place() -> None:
    text = "VIPs “in Texas” over $1.5M, at-risk"
    assert all(text[one.start : one.end] == one.text or one.kind == "quoted" for one in tokens(text))
    assert phrase("At-Risk") == "at risk"
