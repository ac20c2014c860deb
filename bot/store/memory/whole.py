"""What is held, read: everything, or what changed since."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from sqlalchemy import Connection

from bot.store.memory.held import HeldAccounts, Part
from bot.store.memory.loading import ascending, read_accounts, read_changes, read_deals, read_words
from bot.store.memory.marks import Marks, StillChanging, TooManyValues, version_of
from bot.store.memory.patching import longer, patched, together
from bot.store.stages import every_stage
from scoring.account_ids import compact


def read_whole(connection: Connection, segmentation: str, marks: Marks) -> HeldAccounts:
    """Every account, deal and change of label, as the look sees them that sees these marks."""
    read = ascending(read_accounts(connection, segmentation))
    ids, stages, words = read.ids, (None, *every_stage(connection)), read_words(connection, ())
    empty = HeldAccounts(
        segmentation=segmentation,
        version=version_of(marks),
        marks=frozenset(marks),
        ids=ids,
        further={},
        alive=np.ones(len(ids), dtype=np.bool_),
        columns=read.columns,
        prefix=read.prefix,
        parts=(),
        stages=stages,
        owners=(None,),
        words=words,
    )
    deals, owners = read_deals(connection, stages, empty.owners, empty.numbers_of)
    part = Part(deals, read_changes(connection, words, empty.numbers_of))
    return replace(empty, parts=(part,), owners=owners)


def caught_up(
    connection: Connection, known: HeldAccounts, changed: Sequence[str], marks: Marks
) -> HeldAccounts | None:
    """The same with the changed accounts read anew; None where something is written meanwhile."""
    read = read_accounts(connection, known.segmentation, changed)
    further, size = dict(known.further), len(known.alive)
    before = known.numbers_of(compact(changed))
    ids, numbers = [str(one) for one in read.ids.to_pylist()], known.numbers_of(read.ids)
    for at in np.flatnonzero(numbers < 0):
        numbers[at] = further[ids[int(at)]] = size
        size += 1
    touched = np.zeros(size, dtype=np.bool_)
    touched[before[before >= 0]] = True
    touched[numbers] = True
    columns = {
        source: patched(column, read.columns.get(source), numbers, size)
        for source, column in known.columns.items()
    }
    alive, prefix = longer(known.alive, size) & ~touched, longer(known.prefix, size)
    alive[numbers], prefix[numbers] = True, read.prefix
    newer = replace(
        known,
        version=version_of(marks),
        marks=frozenset(marks),
        further=further,
        alive=alive,
        columns={source: column for source, column in columns.items() if column is not None},
        prefix=prefix,
        stages=tuple(dict.fromkeys((*known.stages, *every_stage(connection)))),
        words=read_words(connection, known.words, ids),
    )
    first, *others = known.parts
    earlier = first.without if first.without is not None else np.zeros(0, dtype=np.bool_)
    try:
        deals, owners = read_deals(connection, newer.stages, known.owners, newer.numbers_of, ids)
        part = Part(deals, read_changes(connection, newer.words, newer.numbers_of, ids))
    except (StillChanging, TooManyValues):
        return None
    for one in others:
        part = together(one, ~touched, part)
    return replace(
        newer, owners=owners, parts=(replace(first, without=longer(earlier, size) | touched), part)
    )
