"""Recommendations of a run, written where they differ from those that are kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import Connection, bindparam, delete, select

from bot.store.offers import OFFER_SAYS
from bot.store.places import TABLES
from connector.cache.statements import upsert

_OFFER = TABLES["offer"]
_KEY = ("account_id", "place")
ROWS_AT_ONCE = 5_000


def write_offers(connection: Connection, segmentation: str, run_id: int, offers: pd.DataFrame) -> None:
    """Keep the recommendations of a run: what differs is written, what is not said any more is removed.

    Args:
        connection: in the run's transaction.
        segmentation: whose.
        run_id: of the run.
        offers: the columns of ``OfferRow`` but ``segmentation`` and ``run_id``.
    """
    columns = [*_KEY, *OFFER_SAYS]
    mine = _OFFER.c.segmentation == segmentation
    rows = connection.execute(select(*(_OFFER.c[name] for name in columns)).where(mine)).all()
    held = pd.DataFrame([tuple(row) for row in rows], columns=columns, dtype=object)
    both = (
        offers[columns]
        .astype(object)
        .merge(held, "outer", list(_KEY), suffixes=("", "_held"), indicator=True)
    )
    _remove(connection, segmentation, both[both["_merge"] == "right_only"])
    _write(connection, {"segmentation": segmentation, "run_id": run_id}, both[_differs(both)][columns])


def _differs(both: pd.DataFrame) -> Any:
    """Which rows are said now and were not said so before."""
    other = np.zeros(len(both), dtype=bool)
    for name in OFFER_SAYS:
        now, before = both[name], both[f"{name}_held"]
        other |= ((now != before) & ~(now.isna() & before.isna())).to_numpy(dtype=bool)
    return other & (both["_merge"] != "right_only").to_numpy(dtype=bool)


def _remove(connection: Connection, segmentation: str, gone: pd.DataFrame) -> None:
    this = (_OFFER.c.account_id == bindparam("this")) & (_OFFER.c.place == bindparam("at"))
    statement = delete(_OFFER).where(_OFFER.c.segmentation == segmentation, this)
    for start in range(0, len(gone), ROWS_AT_ONCE):
        some = gone.iloc[start : start + ROWS_AT_ONCE]
        keys = zip(some["account_id"], some["place"], strict=True)
        connection.execute(statement, [{"this": account, "at": int(place)} for account, place in keys])


def _write(connection: Connection, fixed: Mapping[str, Any], rows: pd.DataFrame) -> None:
    statement = upsert(_OFFER, connection.dialect.name, frozenset({*rows.columns, *fixed}))
    rows = rows.where(rows.notna(), None)
    for start in range(0, len(rows), ROWS_AT_ONCE):
        values: list[dict[Any, Any]] = rows.iloc[start : start + ROWS_AT_ONCE].to_dict("records")
        connection.execute(statement, [{**one, **fixed} for one in values])
