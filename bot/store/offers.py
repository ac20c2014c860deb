"""Recommendations in the database: those of a run take the place of the earlier ones."""

from __future__ import annotations

from typing import Any

import pandas as pd
from sqlalchemy import Connection, delete, insert

from bot.store.places import TABLES

_OFFER = TABLES["offer"]
ROWS_AT_ONCE = 5_000


def write_offers(connection: Connection, segmentation: str, run_id: int, offers: pd.DataFrame) -> None:
    """Keep the recommendations of a run.

    Args:
        connection: in the run's transaction.
        segmentation: whose.
        run_id: of the run.
        offers: the columns of ``OfferRow`` but ``segmentation`` and ``run_id``.
    """
    connection.execute(delete(_OFFER).where(_OFFER.c.segmentation == segmentation))
    fixed: dict[str, Any] = {"segmentation": segmentation, "run_id": run_id}
    for start in range(0, len(offers), ROWS_AT_ONCE):
        rows: list[dict[Any, Any]] = offers.iloc[start : start + ROWS_AT_ONCE].to_dict("records")
        connection.execute(insert(_OFFER), [row | fixed for row in rows])
