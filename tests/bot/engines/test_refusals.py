"""What an engine cannot do is refused with the document, by the label's name, never left to a fall-back."""

from __future__ import annotations

import pytest

from bot.app.config.published import read_configuration
from bot.app.errors import ConfigurationError

DOCUMENT = """\
version: 1
scoring: {{{scoring}}}
segmentations:
  - name: Purchases
    labels:
      - name: Top
        when: {when}
      - name: Rest
        when: r >= 1
  - name: Risk
    technique: leaving
    labels:
      - {{name: Leaving, when: churn_risk > 60%}}
segments:
  - {{name: Big, criteria: total_spend > 100}}
  - {{name: German, criteria: billing_country = Germany}}
"""


def problem(when: str, scoring: str = "engine: database") -> str:
    with pytest.raises(ConfigurationError) as caught:
        read_configuration(DOCUMENT.format(scoring=scoring, when=when), "bellwether.yaml")
    return str(caught.value)


@pytest.mark.parametrize(
    "when",
    [
        "m = 5 and industry = Retail",
        "any deal where (amount > 5)",
        "in segment German",
        "label.Risk = Leaving",
    ],
)
def test_a_label_that_an_engine_cannot_give(when: str) -> None:
    said = problem(when)
    assert said.startswith("bellwether.yaml:7:")
    assert "the label 'Top' cannot be given by the engine 'database'" in said
    assert "knows only r, f, m, rfm, last_purchase, purchases, total_spend:" in said
    assert "set scoring.engine to process" in said
    read_configuration(DOCUMENT.format(scoring="engine: process", when=when), "bellwether.yaml")


@pytest.mark.parametrize("when", ["rfm >= 12", "in segment Big", "recency = 5 and spend > 3k"])
def test_labels_of_facts_and_scores_are_given_everywhere(when: str) -> None:
    for scoring in ("engine: database", "engine: duckdb, folder: there", "engine: spark, folder: s3://a/b"):
        found = read_configuration(DOCUMENT.format(scoring=scoring, when=when), "bellwether.yaml")
        assert not found.scoring.in_process


def test_files_need_a_folder() -> None:
    assert "the engine 'spark' reads files: set scoring.folder" in problem("r = 5", "engine: spark")


def test_without_the_section_everything_is_scored_in_process() -> None:
    text = DOCUMENT.format(scoring="", when="industry = Retail")
    assert read_configuration(text, "bellwether.yaml").scoring.in_process
