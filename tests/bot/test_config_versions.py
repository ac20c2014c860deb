"""Published versions: kept for ever, the same document never twice in a row, one number each."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from bot.app.config.published import PublishedConfigurations
from bot.app.config.starting import STARTING_DOCUMENT
from bot.app.errors import ConfigurationError
from bot.store.config_versions import SqlConfigVersions
from connector.cache.engine import Database
from tests.support.postgres import postgres_server  # noqa: F401  (fixture)
from tests.support.scoring_world import BANDS, NOON, StandingClock, database, shared_postgres  # noqa: F401  (fixtures)


@pytest.fixture
def clock() -> StandingClock:
    return StandingClock()


@pytest.fixture
def versions(database: Database, clock: StandingClock) -> SqlConfigVersions:  # noqa: F811
    return SqlConfigVersions(database, clock)


def test_nothing_is_published_at_first(versions: SqlConfigVersions) -> None:
    assert versions.current() is None
    assert versions.latest() is None
    assert versions.history() == []
    assert versions.document(1) is None
    with pytest.raises(ConfigurationError, match="No configuration is published"):
        PublishedConfigurations(versions).current()


def test_every_version_is_kept_with_author_time_and_note(
    versions: SqlConfigVersions, clock: StandingClock
) -> None:
    first = versions.publish("a: 1", "Ada Lindqvist", "start")
    clock.moment += timedelta(hours=1)
    second = versions.publish("a: 2", "Melvin Marxen")
    assert second.version > first.version
    assert (first.author, first.note, first.published_at) == ("Ada Lindqvist", "start", NOON)
    assert versions.current() == second
    assert versions.history() == [second, first]
    assert versions.history(limit=1) == [second]
    assert versions.version(first.version) == first
    assert versions.document(first.version) == "a: 1"


def test_the_same_document_again_is_no_new_version(versions: SqlConfigVersions) -> None:
    first = versions.publish("a: 1", "Ada")
    assert versions.publish("a: 1", "Melvin", "again") == first
    versions.publish("a: 2", "Ada")
    assert versions.publish("a: 1", "Ada", "back").version > first.version
    assert len(versions.history()) == 3


def test_publishing_at_once_gives_one_version(versions: SqlConfigVersions) -> None:
    with ThreadPoolExecutor(4) as pool:
        given = list(pool.map(lambda _: versions.publish("a: 1", "Ada").version, range(8)))
    assert len(set(given)) == 1
    assert len(versions.history()) == 1


def test_versions_are_read_as_configurations(versions: SqlConfigVersions) -> None:
    published = PublishedConfigurations(versions)
    first = versions.publish(STARTING_DOCUMENT, "Ada")
    assert published.current().configuration.segmentations[0].name == "Purchase behaviour"
    second = versions.publish(BANDS, "Ada")
    assert published.current().version == second.version
    assert published.current().configuration.segmentations[0].name == "Purchases"
    earlier = published.at(first.version)
    assert earlier is not None
    assert earlier.segmentations[0].name == "Purchase behaviour"
    assert published.at(999) is None


def test_a_version_that_this_release_cannot_read_says_so(versions: SqlConfigVersions) -> None:
    versions.publish("segmentatons: []", "Ada")
    with pytest.raises(
        ConfigurationError, match="configuration version 1:1: key 'segmentatons' is not known"
    ):
        PublishedConfigurations(versions).current()
