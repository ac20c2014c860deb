"""Conversations and misses in both databases: what is kept, and that failures cost no answer."""

from __future__ import annotations

from datetime import timedelta

import structlog
from sqlalchemy import select, text, update

from bot.app.conversing import KEEP_CONVERSATIONS, KEEP_DIRECT, direct_key
from bot.app.ports import Conversation
from bot.language.question import Figure, Kind, Metric, Question, Sort
from bot.store.conversations import SqlConversations
from bot.store.misses import SqlMisses
from bot.store.retention import SqlRetention
from bot.store.tables import ConversationRow
from connector.cache.engine import Database
from connector.cache.tables import table_of
from scoring.config import Retention
from scoring.criteria.fields import Catalog
from scoring.criteria.parse import parse
from scoring.criteria.tree import Calendar, Unit
from tests.support.moved_clock import SetClock
from tests.support.sample_organisation import CATALOG

VIPS = Question(Kind.LIST, parse("label = VIP", CATALOG), (Sort("total_spend"),), 5)
REVENUE = Question(
    Kind.FIGURE, VIPS.criteria, figure=Figure(Metric.REVENUE, every=Unit.MONTH, span=Calendar(Unit.YEAR, 0))
)


def kept(database: Database, clock: SetClock, catalog: Catalog = CATALOG) -> SqlConversations:
    return SqlConversations(database, clock, lambda: catalog)


def test_any_process_goes_on_with_a_conversation(database: Database) -> None:
    clock = SetClock()
    said = Conversation((VIPS, REVENUE), 20, 10)
    kept(database, clock).save("C1:1.5", Conversation((VIPS,)))
    kept(database, clock).save("C1:1.5", said)
    assert kept(database, clock).load("C1:1.5") == said
    assert kept(database, clock).load("C1:1.6") is None


def test_a_direct_message_is_soon_forgotten_and_a_thread_after_a_month(database: Database) -> None:
    clock = SetClock()
    conversations, direct = kept(database, clock), direct_key("D1")
    for key in (direct, "C1:1.5"):
        conversations.save(key, Conversation((VIPS,)))
    clock.move(seconds=KEEP_DIRECT.total_seconds() + 1)
    assert conversations.load(direct) is None
    assert conversations.load("C1:1.5") == Conversation((VIPS,))
    clock.move(seconds=KEEP_CONVERSATIONS.total_seconds())
    assert conversations.load("C1:1.5") is None
    SqlRetention(database, clock, Retention).tidy()
    with database.reads.begin() as connection:
        assert connection.execute(select(table_of(ConversationRow))).all() == []


def test_a_question_whose_field_has_gone_is_left_out(database: Database) -> None:
    clock = SetClock()
    medical = Question(Kind.LIST, parse("industry = medical", CATALOG))
    kept(database, clock).save("C1:1", Conversation((VIPS, medical), 20, 10))
    fewer = Catalog(tuple(one for one in CATALOG if one.name != "industry"))
    assert kept(database, clock, fewer).load("C1:1") == Conversation((VIPS,))
    with database.writes.begin() as connection:
        connection.execute(
            update(table_of(ConversationRow)).values(
                state='{"questions": [{"kind": "poem"}], "offset": 0, "shown": 0}'
            )
        )
    assert kept(database, clock).load("C1:1") is None


def test_misses_are_counted_by_what_was_typed(database: Database) -> None:
    clock = SetClock()
    misses = SqlMisses(database, clock)
    misses.count("vips in frobnicate", ("frobnicate",), "I do not know it.")
    first = clock.now()
    clock.move(hours=1)
    misses.count("vips in frobnicate", ("frobnicate", "x"), "Still not.")
    misses.count("whales", ("whales",), "I do not know “whales”.")
    one, other = misses.recent(10)
    assert (one.text, one.words, one.reason, one.count) == (
        "vips in frobnicate",
        ("frobnicate", "x"),
        "Still not.",
        2,
    )
    assert (one.first_at, one.last_at) == (first, clock.now())
    assert (other.text, other.count) == ("whales", 1)
    assert misses.recent(1) == (one,)
    assert misses.forget(one.id)
    assert not misses.forget(one.id)
    assert misses.recent(10) == (other,)


def test_misses_that_nobody_types_any_more_are_forgotten(database: Database) -> None:
    clock = SetClock()
    misses = SqlMisses(database, clock)
    misses.count("old", (), "")
    clock.move(days=90, seconds=1)
    misses.count("new", (), "")
    SqlRetention(database, clock, Retention).tidy()
    assert [one.text for one in misses.recent(10)] == ["new"]


def test_what_cannot_be_written_is_logged_and_no_answer_is_lost(database: Database) -> None:
    with database.writes.begin() as connection:
        connection.execute(text("DROP TABLE miss"))
        connection.execute(text("DROP TABLE conversation"))
    clock = SetClock()
    try:
        with structlog.testing.capture_logs() as lines:
            SqlMisses(database, clock).count("whales", ("whales",), "")
            kept(database, clock).save("C1:1", Conversation((VIPS,)))
        assert [line["event"] for line in lines] == ["miss.not_counted", "conversation.not_kept"]
    finally:
        with database.writes.begin() as connection:
            for name in ("miss", "conversation"):
                ConversationRow.metadata.tables[name].create(connection)


def test_retention_is_what_is_said() -> None:
    assert timedelta(days=Retention().conversations) == KEEP_CONVERSATIONS
    assert timedelta(minutes=30) == KEEP_DIRECT
