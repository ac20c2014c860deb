"""Two readers that are learned once."""

from __future__ import annotations

import pytest

from scoring.voice.examples import shipped_examples
from scoring.voice.kinds import Correction, Intent, Sentiment
from scoring.voice.reader import Reader, learned_reader


@pytest.fixture(scope="session")
def reader() -> Reader:
    """Learned from the shipped examples alone."""
    return learned_reader()


@pytest.fixture(scope="session")
def corrected() -> Reader:
    """Learned from what people corrected, too."""
    return learned_reader(
        [
            Correction("Ping me re the bollard thingy", Intent.PURCHASE, Sentiment.POSITIVE),
            Correction("Ping me re the bollard offer", Intent.PURCHASE),
            Correction("ping me re the bollard price", Intent.PURCHASE),
            Correction("The blue one again.", Intent.PURCHASE, Sentiment.NEGATIVE),
            Correction("The blue one again.", Intent.COMPLAINT),
            Correction(shipped_examples()[0].text, Intent.PRAISE),
        ]
    )
