"""Every example of the help is a question that is understood, on this organisation and on another."""

from __future__ import annotations

import shlex
from dataclasses import replace
from functools import lru_cache
from io import StringIO

import pytest
from rich.console import Console
from typer.testing import CliRunner

from bot.app.config.published import read_configuration
from bot.app.config.starting import STARTING_DOCUMENT
from bot.app.enriching_desk import enrich_wanted
from bot.cli import app
from bot.language.help import HELP, HelpTopic, examples, topics
from bot.language.question import Question
from bot.language.understand import understand
from bot.language.vocabulary import Vocabulary, build_vocabulary
from bot.terminal_answers import show_help
from scoring.criteria.canonical import canonical
from scoring.criteria.fields import Catalog
from tests.support.sample_organisation import ANNA, CATALOG, TODAY, sample, vocabulary_for


@pytest.mark.parametrize("example", examples("Acme Corporation"))
def test_an_example_is_understood(example: str) -> None:
    assert isinstance(understand(example, vocabulary_for()), Question)


@pytest.mark.parametrize(
    "example",
    [
        *examples("Acme Corporation"),
        "show VIP accounts in healthcare",
        "show VIP accounts in helthcare",
        "where are our best customers?",
        "inactive for 90 days",
        "hibernating accounts",
        "top 10 customers by revenue",
    ],
)
def test_an_example_is_understood_with_the_starting_configuration(example: str) -> None:
    understood = understand(example, starting_vocabulary())
    assert isinstance(understood, Question), understood


def test_a_segments_name_is_stronger_than_a_synonym() -> None:
    understood = understand("best customers in healthcare", starting_vocabulary())
    assert isinstance(understood, Question)
    assert canonical(understood.criteria) == "label in (VIP, Champion) and industry = medical"


@lru_cache(maxsize=1)
def starting_vocabulary() -> Vocabulary:
    configuration = read_configuration(STARTING_DOCUMENT, "starting.yaml")
    labels = tuple(label.name for label in configuration.segmentations[0].labels)
    catalog = Catalog(tuple(replace(one, values=labels) if one.name == "label" else one for one in CATALOG))
    words = sample().words()
    words = replace(words, values={**words.values, "label": labels})
    return build_vocabulary(words, catalog, configuration, ANNA, TODAY)


@pytest.mark.parametrize("topic", [one for one in topics("Acme Corporation") if one.commands])
def test_what_is_no_question_is_a_command_in_slack_and_at_the_terminal(topic: HelpTopic) -> None:
    rests = [wanted.text for one in topic.examples if (wanted := enrich_wanted(one)) and not wanted.history]
    assert rests == ["Acme Corporation", "accounts over 50k"], "the third lists the history"
    assert all(isinstance(understand(one, vocabulary_for()), Question) for one in rests)
    for command in topic.commands:
        outcome = CliRunner().invoke(app, [*shlex.split(command)[1:], "--help"])
        assert outcome.exit_code == 0, outcome.output
    console = Console(record=True, width=200, file=StringIO())
    show_help(console, [topic])
    assert console.export_text().splitlines()[1:] == [f"  {one}" for one in topic.commands]


def test_the_registry_has_titles_and_examples() -> None:
    assert len({topic.title for topic in HELP}) == len(HELP)
    assert all(topic.examples for topic in HELP)
