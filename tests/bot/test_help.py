"""Every example of the help is a question that is understood, on this organisation and on another."""

from __future__ import annotations

import pytest

from bot.language.help import HELP, examples
from bot.language.question import Question
from bot.language.understand import understand
from tests.support.sample_organisation import vocabulary_for


@pytest.mark.parametrize("example", examples("Acme Corporation"))
def test_an_example_is_understood(example: str) -> None:
    assert isinstance(understand(example, vocabulary_for()), Question)


def test_the_registry_has_titles_and_examples() -> None:
    assert len({topic.title for topic in HELP}) == len(HELP)
    assert all(topic.examples for topic in HELP)
