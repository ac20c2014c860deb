"""The vocabulary: one for each version of data and configuration, and nobody waits for a new one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from bot.app.kept_index import KeptIndex
from scoring.config import Configuration
from tests.support.fake_account_book import SYNCED, FakeAccountBook
from tests.support.sample_organisation import CONFIGURATION


def later(book: FakeAccountBook, days: int = 1) -> None:
    book.synced = SYNCED + timedelta(days=days)


def test_it_is_built_once_for_the_same_data() -> None:
    book = FakeAccountBook()
    kept = KeptIndex(book, lambda: CONFIGURATION)
    assert kept.current() is kept.current()
    later(book)
    kept.current()
    assert book.words_read == 2


def test_the_old_one_answers_until_the_new_one_is_there() -> None:
    book, waiting = FakeAccountBook(), list[Callable[[], None]]()
    kept = KeptIndex(book, lambda: CONFIGURATION, waiting.append)
    first = kept.current()
    later(book)
    assert kept.current() is first
    assert kept.current() is first
    assert len(waiting) == 1, "one looks at a time"
    waiting.pop()()
    assert book.words_read == 2
    assert kept.current() is not first
    assert not waiting, "it is looked again only after some seconds"


def test_a_new_configuration_counts_at_once() -> None:
    book, versions = FakeAccountBook(), [CONFIGURATION]
    kept = KeptIndex(book, lambda: versions[-1], lambda _work: None)
    first = kept.current()
    versions.append(Configuration(segmentations=CONFIGURATION.segmentations))
    assert kept.current() is not first
    assert book.words_read == 2
