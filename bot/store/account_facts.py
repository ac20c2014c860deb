"""The facts that scoring reads: one aggregate over the transactions that count, beside every account."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
from sqlalchemy import ColumnElement, Connection, Select, select
from sqlalchemy.exc import OperationalError

from bot.app.facts import AccountFacts, Accounts, LeftOut
from bot.app.moved import Moved
from bot.app.write_back import own_fields
from bot.store.account_deals import added_up, sums_of
from bot.store.among import among
from bot.store.came_due import moved
from bot.store.catalog import account_catalog
from bot.store.counted import (
    careful_sums,
    counted_purchases,
    left_out,
    stages_that_count,
    sums,
)
from bot.store.criteria_sql import fields_of
from bot.store.deal_blocks.summing import InBlocks, in_blocks
from bot.store.frames import account_columns, alike_tables, read_account_rows
from bot.store.halves import UnderWay, in_parts
from bot.store.places import ACCOUNT
from bot.store.purchases import ITEMS, Purchases
from bot.store.score_rows import batches
from bot.store.taking_part import AccountsAsked, taking_part
from connector.sync.compare import NO_NEWS
from scoring.account_ids import Rows, alike, compact, in_order, places
from scoring.config import Configuration
from scoring.criteria.check import atoms
from scoring.criteria.fields import Catalog, Contributed, Field, FieldType
from scoring.criteria.parse import parse
from scoring.criteria.periods import Today
from scoring.criteria.segments import resolved
from scoring.criteria.tree import Leaf, Node
from scoring.label_rules import account_fields, read_rules, related_conditions
from scoring.purchases_config import Contribution
from scoring.rfm_config import RfmSegmentation

# With more of them the query, which has a part for each range between them, would be too long for SQLite.
MOST_LEFT_OUT = 100
_FACTS = (pa.date32(), pa.int64(), pa.int64())


def read_facts(
    connection: Connection,
    segmentation: RfmSegmentation,
    configuration: Configuration,
    today: Today,
    only: Sequence[str] | None = None,
    catalog: Catalog | None = None,
) -> AccountFacts:
    """The facts of every account that takes part, by id; with ``only`` of those accounts alone.

    Purchases dated after today do not count, so that a run for a day gives the same whenever it is made.
    ``catalog``: the account fields, open, where they have been read already.

    Raises:
        CriteriaError: criteria that do not fit the fields.
    """
    # Typing errors in values are found when a document is checked, not when it is used.
    accounts = catalog or account_catalog(connection, configuration).open()
    rules = read_rules(segmentation.labels, accounts)
    chosen = AccountsAsked(segmentation.name, accounts, today)
    fields, related = account_fields(rules, accounts), related_conditions(rules, accounts)
    counted = counted_purchases(connection, segmentation.contributions, configuration, today, accounts)
    blocks = _in_blocks(connection, counted) if only is None else None
    if blocks is not None:
        found = _with_changed(connection, counted, blocks)
        everybody = not (segmentation.accounts.strip() or fields or related)
        part = (
            _everybody(connection, blocks)
            if everybody
            else taking_part(connection, chosen, segmentation.accounts, fields, related)
        )
    else:
        large = _large(connection, counted, only)
        under_way: Any = nullcontext()
        if only is None:
            under_way = in_parts(connection, *_summed(sums(counted)), large)
        with under_way as read:
            part = taking_part(connection, chosen, segmentation.accounts, fields, related, only)
            found = _by_account(connection, counted, only, large, read)
    return AccountFacts(
        ids=part.ids,
        frame=_frame(part.ids, found, part.frame),
        catalog=accounts,
        left_out=left_out(connection, counted) if only is None else LeftOut(),
    )


def moved_since(
    connection: Connection,
    segmentation: RfmSegmentation,
    configuration: Configuration,
    today: Today,
    day: date,
    accounts: Catalog,
) -> Moved | None:
    """The accounts with a purchase that was still to come on a day and is not any more.

    None when facts may be others without a mark of sync: criteria that ask for other records than the
    account's or the purchase's own, or for a day while days have passed; purchases of a kind that sync marks
    nobody for.

    Raises:
        CriteriaError: criteria that do not fit the fields.
    """
    passed = day != today.day
    if day > today.day:
        return None
    if not _own(parse(segmentation.accounts, accounts), accounts, configuration, passed=passed):
        return None
    counted = counted_purchases(connection, segmentation.contributions, configuration, today, accounts)
    if not _are_marked(counted, configuration, passed=passed):
        return None
    return moved(connection, counted, day) if passed else Moved(frozenset())


def asks_own(
    connection: Connection,
    configuration: Configuration,
    today: Today,
    accounts: str,
    contributions: Sequence[Contribution],
    fields: Catalog,
) -> bool:
    """Whether criteria on accounts and what counts as a purchase ask only for what these records say.

    Raises:
        CriteriaError: criteria that do not fit the fields.
    """
    if not _own(parse(accounts, fields), fields, configuration):
        return False
    counted = counted_purchases(connection, contributions, configuration, today, fields)
    return _are_marked(counted, configuration)


def _are_marked(counted: Purchases, configuration: Configuration, *, passed: bool = False) -> bool:
    """Whether sync marks the accounts of all purchases that change, and criteria ask for no more."""
    return all(_is_marked(one, counted, configuration, passed=passed) for one in counted.parts)


def _is_marked(part: Contributed, counted: Purchases, configuration: Configuration, *, passed: bool) -> bool:
    place = part.relation.source.partition(":")[0]
    if place == "record" or (place == "document" and counted.copies):
        return False  # nobody is marked for records of further modules, nor the account of another copy
    if not all(says_itself(one, configuration) for one in (part.day, part.amount)):
        return False
    return _own(part.where, part.relation.catalog, configuration, passed=passed)


def _own(node: Node, catalog: Catalog, configuration: Configuration, *, passed: bool = False) -> bool:
    """Whether criteria ask only for what a record itself says, and for no day if days have passed."""
    if not all(isinstance(one, Leaf) for one in atoms(resolved(node, catalog), whole=False)):
        return False
    fields = fields_of(node, catalog)
    if passed and any(field.type is FieldType.DATE for field in fields):
        return False
    return all(says_itself(field, configuration) for field in fields)


def says_itself(field: Field, configuration: Configuration) -> bool:
    """Whether a field is of the account or the purchase itself, so that sync marks what changes it.

    It does not for the time of a change, the lines of a document, the name of a record that is looked up,
    and what we write ourselves.
    """
    place, _, name = field.source.partition(".")
    if place in {"account", "transaction", "document"}:
        return name != "modified_at" and field.source != ITEMS
    kind, _, rest = field.source.partition(":")
    form, _, name = rest.partition(":")
    ours = {one.label for one in own_fields(configuration)}
    return kind == "raw" and form != "named" and name not in NO_NEWS and field.label not in ours


def _in_blocks(connection: Connection, counted: Purchases) -> InBlocks | None:
    """What the blocks of deals say of everybody; None where the rows are to be read."""
    stages = stages_that_count(connection, counted)
    return None if stages is None else in_blocks(connection, frozenset(stages), counted.today.day)


def _with_changed(connection: Connection, counted: Purchases, blocks: InBlocks) -> pa.Table:
    """The same with the accounts that have changed since, out of their rows."""
    if not blocks.changed:
        return blocks.table
    large = _large(connection, counted, blocks.changed)
    changed = _by_account(connection, counted, blocks.changed, large, None)
    return pa.concat_tables(alike_tables([blocks.table, changed]))


def _everybody(connection: Connection, blocks: InBlocks) -> Accounts:
    """Every account that there is, by id."""
    ids = blocks.table.column(0).combine_chunks()
    there = select(ACCOUNT.c.id)
    some = among(connection, ACCOUNT.c.id, blocks.changed)
    changed = compact([one for each in some for one in connection.execute(there.where(each)).scalars()])
    if len(changed):
        ids = pa.concat_arrays(alike(ids, changed))
    order = in_order(ids)
    return Accounts(ids if order is None else ids.take(pa.array(order)), pd.DataFrame())


def _large(connection: Connection, counted: Purchases, only: Sequence[str] | None) -> Sequence[str]:
    """The accounts of those asked for whose deals are added up already, so that these are not read."""
    large = added_up(connection, counted)
    if only is not None:
        return tuple(set(large) & set(only))
    # PostgreSQL, which reads with several processes, has no way around an account's rows.
    return large[:MOST_LEFT_OUT] if connection.dialect.name == "sqlite" else ()


def _by_account(
    connection: Connection,
    counted: Purchases,
    only: Sequence[str] | None,
    large: Sequence[str],
    under_way: UnderWay | None,
) -> pa.Table:
    """Account, last day, number and sum of what counts; of large accounts from the sums that there are.

    Args:
        connection: to the cache.
        counted: what counts.
        only: ids of accounts.
        large: of ``_large``.
        under_way: the query of everybody, which is being read; None with ``only``.
    """
    summed = [
        account_columns(connection, sums_of(connection, counted, some), _FACTS) for some in batches(large)
    ]
    try:
        found = _each(connection, sums(counted), only, large) if under_way is None else _all(under_way)
    except OperationalError as error:
        if "integer overflow" not in str(error.orig):
            raise
        found = _carefully(connection, careful_sums(counted), only, large)
    tables = [*summed, *found]
    return pa.concat_tables(alike_tables(tables)) if tables else read_account_rows(b"", _FACTS)


def _summed(statement: Select[Any]) -> tuple[Select[Any], ColumnElement[Any]]:
    """A query of sums, and its column of accounts."""
    return statement, statement.selected_columns[0]


def _all(under_way: UnderWay) -> list[pa.Table]:
    return [read_account_rows(one, _FACTS) for one in under_way.rows()]


def _each(
    connection: Connection, statement: Select[Any], only: Sequence[str] | None, large: Sequence[str]
) -> list[pa.Table]:
    """Of some accounts, but of none whose deals are added up already."""
    account, wanted = statement.selected_columns[0], sorted(set(only or ()) - set(large))
    some = among(connection, account, wanted)
    return [account_columns(connection, statement.where(one), _FACTS) for one in some]


def _carefully(
    connection: Connection, statement: Select[Any], only: Sequence[str] | None, large: Sequence[str]
) -> list[pa.Table]:
    """The same with sums beyond 64 bits, of some accounts or of all."""
    if only is not None:
        return _each(connection, statement, only, large)
    with in_parts(connection, *_summed(statement), large) as under_way:
        return _all(under_way)


def _frame(ids: pa.Array, found: pa.Table, asked: pd.DataFrame) -> pd.DataFrame:
    accounts, days, purchases, spend = (column.combine_chunks() for column in found.columns)
    place = places(ids, accounts)
    known = place >= 0
    counts = _taken(purchases.to_numpy(), place, known)
    frame = pd.DataFrame(
        {
            "last_purchase": _taken(days.cast(pa.int32()).to_numpy(), place, known),
            "purchases": counts,
            "spend_minor": _taken(spend.to_numpy(), place, known),
        },
        copy=False,
    )
    day = frame["last_purchase"].to_numpy().astype("datetime64[D]").astype("datetime64[s]")
    day[counts == 0] = np.datetime64("NaT")  # nothing counts, or money was only given back
    frame["last_purchase"] = day
    return frame if asked.empty else pd.concat([frame, asked], axis=1)


def _taken(values: npt.NDArray[Any], place: Rows, known: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    """The values at some places; 0 where there is none."""
    if not len(values):
        return np.zeros(len(place), dtype=np.int64)
    return np.where(known, values[place], 0).astype(np.int64)
