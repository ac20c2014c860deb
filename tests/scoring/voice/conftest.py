"""A reader that is learned once."""

from __future__ import annotations

import pytest

from scoring.voice.reader import Reader, learned_reader


@pytest.fixture(scope="session")
def reader() -> Reader:
    """Learned from the shipped examples alone."""
    return learned_reader()
