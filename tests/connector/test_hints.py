"""Channels and hints in the database: sealed tokens, one row a record, nothing forgotten that came later."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from cryptography.fernet import Fernet
from sqlalchemy import select

from connector.cache.engine import Database
from connector.cache.hints import SqlChannels, SqlHints
from connector.cache.tables import ChannelRow, table_of
from connector.feed_ports import ChannelOrder, Hint

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
LATER = NOW + timedelta(minutes=1)
KEY = Fernet.generate_key().decode()
WEEK = NOW + timedelta(days=7)


def order(module: str = "Deals", identity: str = "1", token: str = "the-word") -> ChannelOrder:
    return ChannelOrder(identity, module, "https://here.example/zoho/crm", token, WEEK)


def test_a_channel_is_expected_confirmed_heard_missed_and_forgotten(database: Database) -> None:
    channels, hints = SqlChannels(database, KEY), SqlHints(database)
    channels.expect([order(), order("Accounts", "2")], NOW)
    first = channels.find("1")
    assert first is not None
    assert (first.token, first.expires_at, first.heard_at, first.missed_at) == ("the-word", None, None, None)
    channels.confirm({"1": WEEK, "99": WEEK}, NOW)
    hints.add("crm", [], LATER, channel_id="1")
    channels.miss(["Deals"], WEEK)
    accounts, deals = channels.all()
    assert (deals.module, deals.expires_at, deals.checked_at) == ("Deals", WEEK, NOW)
    assert (deals.heard_at, deals.missed_at) == (LATER, WEEK)
    assert (accounts.expires_at, accounts.heard_at) == (None, None)
    channels.forget(["1"])
    assert channels.find("1") is None
    assert len(channels.all()) == 1


def test_a_new_channel_takes_the_place_of_its_modules_old_one(database: Database) -> None:
    channels = SqlChannels(database, KEY)
    channels.expect([order()], NOW)
    channels.confirm({"1": WEEK}, NOW)
    channels.expect([order(identity="2", token="another")], LATER)
    assert [(one.channel_id, one.token, one.expires_at) for one in channels.all()] == [("2", "another", None)]


def test_tokens_lie_sealed_and_cannot_be_opened_with_another_key(database: Database) -> None:
    SqlChannels(database, KEY).expect([order()], NOW)
    with database.reads.begin() as connection:
        row = connection.execute(select(table_of(ChannelRow))).one()
    assert "the-word" not in str(row)
    other = SqlChannels(database, Fernet.generate_key().decode()).find("1")
    assert other is not None
    assert other.token is None
    assert "the-word" not in repr(SqlChannels(database, KEY).all())


def test_a_record_stands_there_once_and_the_oldest_module_comes_first(database: Database) -> None:
    hints = SqlHints(database)
    hints.add("crm", [Hint("Deals", "2", "update", frozenset({"Stage"})), Hint("Deals", "1", "insert")], NOW)
    hints.add("crm", [Hint("Accounts", "7", "update")], LATER)
    hints.add("books", [Hint("invoices", "9", "")], NOW - timedelta(days=1))
    hints.add("crm", [Hint("Deals", "2", "delete"), Hint("Deals", "2", "delete")], NOW)
    assert hints.waiting() == 4
    batch = hints.take(["crm"], 10)
    assert batch is not None
    assert batch.module == "Deals"
    assert batch.hints == (Hint("Deals", "1", "insert"), Hint("Deals", "2", "delete", None, 2))
    one = hints.take(["crm"], 1)
    assert one is not None
    assert len(one.hints) == 1
    passed = hints.take(["crm"], 10, ["Deals"])
    assert passed is not None
    assert passed.module == "Accounts"
    assert hints.take(["crm"], 10, ["Deals", "Accounts"]) is None
    assert hints.any_waits(["books"])
    assert not hints.any_waits(["desk"])


def test_what_was_hinted_at_again_meanwhile_is_not_forgotten(database: Database) -> None:
    hints = SqlHints(database)
    hints.add("crm", [Hint("Deals", "1", "update"), Hint("Deals", "2", "update")], NOW)
    taken = hints.take(["crm"], 10)
    assert taken is not None
    hints.add("crm", [Hint("Deals", "2", "update", frozenset({"Amount"}))], NOW)  # the clock stands still
    hints.settle(taken)
    again = hints.take(["crm"], 10)
    assert again is not None
    assert again.hints == (Hint("Deals", "2", "update", frozenset({"Amount"}), 2),)
    hints.settle(again)
    assert hints.take(["crm"], 10) is None


def test_many_hints_at_once(database: Database) -> None:
    hints = SqlHints(database)
    many = [Hint("Deals", str(number), "update") for number in range(1201)]
    hints.add("crm", many, NOW)
    hints.add("crm", many, NOW)
    assert hints.waiting() == 1201
