"""Events of engagement in bulk: whose they are, of which kind, when, and what betrays machines.

Texts come as hexadecimal digits, so that whatever stands in them is safe in ``columns_of``; each distinct one
is read back once. Some accounts at a time: SQLite gives no text longer than 1,000,000,000 bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Integer,
    and_,
    case,
    cast,
    extract,
    func,
    select,
)

from bot.app.facts import Activity
from bot.store.frames import columns_of
from bot.store.places import ACCOUNT, CONTACT, EVENT
from bot.store.raw_values import raw_value

EVENTS_AT_ONCE = 500_000
FEWEST_ACCOUNTS_AT_ONCE = 500
NO_RATING = -1_000  # ratings are -100 to 100
EXACT = "exact"
# The beginning of a text is enough to know an answering machine; the spaces before it are part of it.
LONGEST_BEGINNING = 80
# How the sources write that a row stands for several openings; 17 digits are held by every database.
COUNT, LONGEST_COUNT = '{"count":', len('{"count":}') + 17

_TEXT = pa.dictionary(pa.int32(), pa.string())
_COLUMNS = ("account_id", "event_type", "contact", "email", "object_key", "text")
_NUMBERS = ("seconds", "exact", "score", "count")
_TYPES = (*(_TEXT for _ in _COLUMNS), *(pa.int64() for _ in _NUMBERS))


@dataclass(frozen=True)
class _Portion:
    """Some accounts, and the condition that a column holds the id of one of them."""

    ids: Sequence[str]
    holds: Callable[[ColumnElement[Any]], ColumnElement[bool]]


def activity(
    connection: Connection, accounts: pa.Array, kinds: Collection[str], at_once: int = EVENTS_AT_ONCE
) -> Iterator[Activity]:
    """The events of accounts, some accounts at a time.

    Args:
        connection: to the cache.
        accounts: ids; they come back in the database's own order.
        kinds: of events; others are not read.
        at_once: about so many events.
    """
    for some in _portions(connection, accounts, at_once):
        table = columns_of(connection, _events(connection.dialect.name, some, kinds), _TYPES)
        yield Activity(some.ids, _frame(table))


def unlinked(connection: Connection, kinds: Collection[str]) -> int:
    """How many events belong to no account."""
    mine = and_(EVENT.c.account_id.is_(None), EVENT.c.event_type.in_(sorted(kinds)))
    return connection.execute(select(func.count()).select_from(EVENT).where(mine)).scalar_one()


def people_named(connection: Connection, contacts: Sequence[str]) -> Mapping[str, str]:
    """The names of contacts, by id."""
    query = select(CONTACT.c.id, CONTACT.c.name).where(CONTACT.c.id.in_(contacts), CONTACT.c.name != "")
    return {row.id: row.name for row in connection.execute(query)}


def _portions(connection: Connection, accounts: pa.Array, at_once: int) -> Iterator[_Portion]:
    """Ranges of ids in the database's own order, which may be another than that of ``accounts``."""
    if len(accounts) <= FEWEST_ACCOUNTS_AT_ONCE:
        ids = accounts.to_pylist()
        yield _Portion(ids, lambda column: column.in_(ids))
        return
    events = connection.execute(select(func.count()).select_from(EVENT)).scalar_one()
    size = max(FEWEST_ACCOUNTS_AT_ONCE, len(accounts) * at_once // max(1, events))
    ordered = columns_of(connection, select(ACCOUNT.c.id).order_by(ACCOUNT.c.id), [pa.string()]).column(0)
    for start in range(0, len(ordered), size):
        some = ordered.slice(start, size).combine_chunks()
        mine = some.filter(pc.is_in(some, value_set=accounts)).to_pylist()
        if mine:
            yield _Portion(mine, _between(mine[0], mine[-1]))


def _between(first: str, last: str) -> Callable[[ColumnElement[Any]], ColumnElement[bool]]:
    """A range of ids; the few that lie between and take no part are left out by whoever counts."""
    return lambda column: column.between(first, last)


def _events(dialect: str, portion: _Portion, kinds: Collection[str]) -> Any:
    person = _people(portion)
    contact = func.coalesce(EVENT.c.contact_id, person.c.id, EVENT.c.email)
    beginning = func.substr(EVENT.c.text, 1, LONGEST_BEGINNING)
    texts = (EVENT.c.account_id, EVENT.c.event_type, contact, EVENT.c.email, EVENT.c.object_key, beginning)
    counts = and_(EVENT.c.raw.startswith(COUNT), func.length(EVENT.c.raw) <= LONGEST_COUNT)
    count = case((counts, raw_value(EVENT.c.raw, "number:count", dialect)), else_=1)
    numbers = (
        _seconds(dialect),
        case((EVENT.c.quality == EXACT, 1), else_=0),
        func.coalesce(EVENT.c.score, NO_RATING),
        cast(func.coalesce(count, 1), BigInteger),
    )
    mail = and_(person.c.account_id == EVENT.c.account_id, person.c.mail == EVENT.c.email)
    return (
        select(*(_hexadecimal(one, dialect) for one in texts), *numbers)
        .select_from(EVENT.outerjoin(person, mail))
        .where(portion.holds(EVENT.c.account_id), EVENT.c.event_type.in_(sorted(kinds)))
    )


def _people(portion: _Portion) -> Any:
    """The contact behind an address, so that whoever opens and calls is one person."""
    mail = func.bw_fold(CONTACT.c.email).label("mail")
    return (
        select(CONTACT.c.account_id, mail, func.min(CONTACT.c.id).label("id"))
        .where(portion.holds(CONTACT.c.account_id), CONTACT.c.email.is_not(None))
        .group_by(CONTACT.c.account_id, mail)
        .subquery()
    )


def _hexadecimal(text: ColumnElement[Any], dialect: str) -> ColumnElement[str]:
    given = func.coalesce(text, "")
    return func.hex(given) if dialect == "sqlite" else func.encode(func.convert_to(given, "UTF8"), "hex")


def _seconds(dialect: str) -> ColumnElement[int]:
    """Whole seconds since 1970."""
    if dialect == "sqlite":
        return cast(func.strftime("%s", EVENT.c.occurred_at), Integer)
    return cast(func.floor(extract("epoch", EVENT.c.occurred_at)), BigInteger)


def _frame(table: pa.Table) -> pd.DataFrame:
    """As the first lines of ``scoring.engagement.events`` say."""
    texts = {name: _category(table.column(place)) for place, name in enumerate(_COLUMNS)}
    numbers = {name: table.column(len(_COLUMNS) + place).to_numpy() for place, name in enumerate(_NUMBERS)}
    frame = pd.DataFrame({**texts, "count": numbers["count"]})
    # A sending betrays openings of its own account alone: an account is scored the same without the others.
    codes = (
        frame["account_id"].cat.codes.to_numpy(np.int64),
        frame["object_key"].cat.codes.to_numpy(np.int64),
    )
    width = len(frame["object_key"].cat.categories) + 1
    frame["object_key"] = np.where(codes[1] < 0, np.nan, codes[0] * width + codes[1])
    frame["occurred_at"] = pd.Series(numbers["seconds"].astype("datetime64[s]")).dt.tz_localize("UTC")
    frame["quality"] = np.where(numbers["exact"] == 1, EXACT, "unclear")
    frame["score"] = np.where(numbers["score"] == NO_RATING, np.nan, numbers["score"])
    return frame


def _category(column: pa.ChunkedArray) -> Any:
    """Texts read back from hexadecimal digits; an empty one is none."""
    whole = column.unify_dictionaries().combine_chunks()
    if isinstance(whole, pa.ChunkedArray):
        whole = pa.array([], _TEXT)
    digits = whole.dictionary.to_pylist()
    texts = [bytes.fromhex(one).decode(errors="surrogateescape") for one in digits if one]
    places = np.cumsum([bool(one) for one in digits], dtype=np.int64) - 1
    of_digit = np.where([bool(one) for one in digits], places, -1) if digits else np.array([], np.int64)
    found: Any = pd.Categorical.from_codes(of_digit[whole.indices.to_numpy()], pd.Index(texts, dtype=object))
    return found
