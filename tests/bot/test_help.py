"""Every example of the help is a question that is understood, on this organisation and on another."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import pytest

from bot.app.config.published import read_configuration
from bot.app.config.starting import STARTING_DOCUMENT
from bot.language.help import HELP, examples
from bot.language.question import Question
from bot.language.understand import understand
from bot.language.vocabulary import Vocabulary, build_vocabulary
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


def test_the_registry_has_titles_and_examples() -> None:
    assert len({topic.title for topic in HELP}) == len(HELP)
    assert all(topic.examples for topic in HELP)
