"""Words that administrators keep: in the document's text, in both databases, by no button's word alone."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from bot.app.ask import Ask
from bot.app.config.published import read_configuration
from bot.app.config.starting import STARTING_DOCUMENT
from bot.app.config.synonyms import with_synonym
from bot.app.errors import UserError
from bot.app.learned_words import LearnedWords
from bot.app.people import Person, Role
from bot.language.question import NotUnderstood
from bot.runtime.asking_parts import PublishedDocuments
from bot.store.tables import AuditRow
from connector.cache.engine import Database
from connector.cache.tables import table_of
from tests.support.configuring_world import configuring
from tests.support.fake_account_book import FakeAccountBook
from tests.support.postgres import postgres_server  # noqa: F401  (fixture)
from tests.support.sample_organisation import ANNA
from tests.support.scoring_world import BANDS, World, database, shared_postgres  # noqa: F401  (fixtures)

ADA = replace(ANNA, slack_id="UADA", name="Ada Lindqvist", role=Role.ADMIN)
DOCUMENT = (
    BANDS
    + """\
# Words that mean the same.
synonyms:
  - {field: industry, same: [medical, health]}  # hospitals too
"""
)


class TestText:
    """The document's text."""

    def test_a_word_joins_those_that_mean_its_value(self) -> None:
        made = with_synonym(DOCUMENT, "industry", "Medical", "docs")
        assert made == DOCUMENT.replace("[medical, health]", "[medical, health, docs]")

    def test_a_new_group_is_made_where_there_is_none(self) -> None:
        made = with_synonym(DOCUMENT, "label", "Top", "whales")
        assert made == DOCUMENT + "  - {field: label, same: [Top, whales]}\n"
        assert with_synonym(BANDS, "label", "Top", "whales").endswith(
            "synonyms:\n  - {field: label, same: [Top, whales]}\n"
        )

    def test_a_word_that_is_there_changes_nothing(self) -> None:
        assert with_synonym(DOCUMENT, "industry", "medical", "HEALTH") is DOCUMENT

    def test_the_starting_document_keeps_its_comments_and_every_line(self) -> None:
        made = with_synonym(STARTING_DOCUMENT, "label", "Promising", "sprouts")
        assert made.replace(", sprouts", "") == STARTING_DOCUMENT
        found = read_configuration(made, "b.yaml").synonyms
        assert [one.same[-1] for one in found if "Promising" in one.same] == ["sprouts"]

    def test_lists_at_the_margin_stay_there(self) -> None:
        flush = DOCUMENT.replace("\n  - {field", "\n- {field")
        assert (
            with_synonym(flush, "label", "Top", "whales") == flush + "- {field: label, same: [Top, whales]}\n"
        )

    @pytest.mark.parametrize(
        ("before", "after"),
        [
            ("synonyms: []\n", "synonyms: [{field: label, same: [Top, whales]}]\n"),
            (
                "synonyms: [{field: label, same: [Top, best]}]  # few\n",
                "synonyms: [{field: label, same: [Top, best, whales]}]  # few\n",
            ),
            (
                "synonyms:\n  - same:\n      - Top # one\n      - best # two\n\n    field: label\n# end\n",
                (
                    "synonyms:\n  - same:\n      - Top # one\n      - best # two\n      - whales\n"
                    "\n    field: label\n# end\n"
                ),
            ),
            (
                "synonyms:\n  - field: industry\n    same: [a, b]  # these\n\n# end\nversion: 1\n",
                (
                    "synonyms:\n  - field: industry\n    same: [a, b]  # these\n"
                    "  - {field: label, same: [Top, whales]}\n\n# end\nversion: 1\n"
                ),
            ),
        ],
    )
    def test_every_way_of_writing_a_list_stays(self, before: str, after: str) -> None:
        rest = BANDS.replace("version: 1\n", "")
        assert with_synonym(before + rest, "label", "Top", "whales") == after + rest

    @settings(max_examples=30, deadline=None)
    @given(st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=40))
    def test_any_word_is_read_back_as_it_was(self, word: str) -> None:
        made = read_configuration(with_synonym(DOCUMENT, "label", "Top", word), "b.yaml")
        [group] = [one for one in made.synonyms if one.field == "label"]
        assert word.casefold() in {one.casefold() for one in group.same}


@pytest.fixture
def world(database: Database) -> World:  # noqa: F811
    made = World(database)
    made.publish(DOCUMENT)
    return made


def learned(world: World) -> LearnedWords:
    """The use case over the published document; accounts and labels are the sample's."""
    asking = Ask(FakeAccountBook(), lambda: world.configurations.current().configuration)
    return LearnedWords(asking.read, PublishedDocuments(world.versions, lambda: configuring(world)))


def refusal(words: LearnedWords, word: str, reading: str, person: Person = ADA) -> str:
    with pytest.raises(UserError) as caught:
        words.keep(word, reading, person)
    return caught.value.what_happened


def test_a_kept_word_is_understood_and_stands_in_history_and_audit(world: World) -> None:
    words = learned(world)
    assert words.offer("docs", "medical", ADA) == "medical"
    before = world.versions.current()
    said = words.keep("docs", "medical", ADA)
    assert said == (
        "Kept: “docs” is a word for medical (industry). "
        f"Configuration version {(before.version if before else 0) + 1} is in force."
    )
    asking = Ask(FakeAccountBook(), lambda: world.configurations.current().configuration)
    assert asking.ask("docs", ADA).read_as == "industry = medical"
    newest = configuring(world).history(1)[0]
    assert (newest.author, newest.note) == ("Ada Lindqvist", "“docs” is a word for medical (industry).")
    assert any("docs" in one for one in newest.changes)
    with world.database.reads.begin() as connection:
        lines = connection.execute(select(table_of(AuditRow))).mappings().all()
    assert [(one["actor"], one["action"], one["place"]) for one in lines] == [
        ("Ada Lindqvist", "publish", "slack")
    ]


def test_a_second_press_changes_nothing(world: World) -> None:
    words = learned(world)
    words.keep("docs", "medical", ADA)
    again = words.keep("docs", "medical", ADA)
    assert again == "“docs” is a word for medical already."
    assert len(configuring(world).history(10)) == 2
    assert words.offer("docs", "medical", ADA) is None


@pytest.mark.parametrize(
    ("word", "reading", "person", "reason"),
    [
        ("docs", "medical", ANNA, "Only administrators"),
        ("retail", "medical", ADA, "means something already"),
        ("docs", "sorted by spend", ADA, "no value"),
        ("docs", "frobnicate", ADA, "no value"),
        ("docs", "medical in Texas", ADA, "no value"),
        ("docs", "Darcel Schlecht", ADA, "no value"),
        ("docs", "not retail", ADA, "no value"),
        ("50k", "medical", ADA, "no value"),
        ("x", "medical", ADA, "no value"),
        ("d" * 100, "medical", ADA, "no value"),
        ("only docs", "medical", ADA, None),
    ],
)
def test_what_a_button_carries_is_looked_at_again(
    world: World, word: str, reading: str, person: Person, reason: str | None
) -> None:
    words = learned(world)
    assert words.offer(word, reading, person) is None
    assert (reason or "means something already") in refusal(words, word, reading, person)
    assert len(configuring(world).history(10)) == 1


def test_what_is_not_kept_stays_unknown(world: World) -> None:
    asking = Ask(FakeAccountBook(), lambda: world.configurations.current().configuration)
    assert isinstance(asking.read("docs", ADA), NotUnderstood)
