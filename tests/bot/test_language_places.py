"""States by their names and abbreviations: whichever of them the records have is meant, and nothing else."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.language.understand import understand
from bot.language.vocabulary import build_vocabulary
from scoring.config import SynonymGroup
from tests.support.said import said
from tests.support.sample_organisation import ANNA, CATALOG, CONFIGURATION, TODAY, sample

SHORT = ("TX", "CA", "AZ", "NY")
BOTH = ("TX", "Texas", "CA")
QUESTIONS = (
    ("accounts in Texas", SHORT, "list: state = TX"),
    ("accounts in TX", SHORT, "list: state = TX"),
    ("accounts in Tex", SHORT, "list: state = TX"),
    ("California", SHORT, "list: state = CA"),
    ("calif", SHORT, "list: state = CA"),
    ("VIPs not in Texas", SHORT, "list: label = VIP and state != TX"),
    ("accounts in Texas or Arizona that are at risk", SHORT, 'list: state in (TX, AZ) and label = "At Risk"'),
    ("how many accounts in Arizona and Texas?", SHORT, "count: state in (AZ, TX)"),
    ("accounts in Ohio", SHORT, "list: state = Ohio"),
    ("accounts in Texas", BOTH, "list: state in (TX, Texas)"),
    ("TX accounts", BOTH, "list: state in (TX, Texas)"),
    ("accounts not in Texas", BOTH, "list: state not in (TX, Texas)"),
    ("accounts in Texas or California", BOTH, "list: state in (TX, Texas, CA)"),
    ("accounts in Texas", ("Texas",), "list: state = Texas"),
)


def _read(text: str, states: tuple[str, ...], *synonyms: SynonymGroup) -> str:
    words = sample().words()
    words = replace(words, values={**words.values, "state": states})
    configuration = CONFIGURATION.model_copy(update={"synonyms": (*CONFIGURATION.synonyms, *synonyms)})
    return said(understand(text, build_vocabulary(words, CATALOG, configuration, ANNA, TODAY)))


@pytest.mark.parametrize(("text", "states", "meaning"), QUESTIONS)
def test_a_state_means_what_records_have(text: str, states: tuple[str, ...], meaning: str) -> None:
    assert _read(text, states) == meaning


def test_a_synonym_of_the_organisation_is_not_narrowed() -> None:
    wider = SynonymGroup(field="state", same=("TX", "Texas", "Lone Star"))
    assert _read("accounts in Texas", ("TX", "Lone Star"), wider) == 'list: state in (TX, "Lone Star")'
