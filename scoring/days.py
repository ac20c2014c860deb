"""Days as numbers, counted from 1970, and back."""

from __future__ import annotations

from datetime import date, datetime, timedelta, tzinfo
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

EPOCH = date(1970, 1, 1)
EPOCH_ORDINAL = EPOCH.toordinal()  # from days since 1970 to ordinals, as ``date.toordinal`` counts


def day_number(day: date) -> int:
    """Days since 1970."""
    return (day - EPOCH).days


def day_of(number: int) -> date:
    """The day that is so many days after the first of 1970."""
    return EPOCH + timedelta(days=number)


def day_numbers(
    column: pd.Series[Any], zone: tzinfo | None = None
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    """Days since 1970, 0 where there is none, and where there is one.

    Args:
        column: dates, or instants, with or without a time zone.
        zone: whose days instants with a time zone fall on; None: their own. Those without one are local.
    """
    present = column.notna().to_numpy(np.bool_)
    if isinstance(column.dtype, pd.DatetimeTZDtype):
        column = (column if zone is None else column.dt.tz_convert(zone)).dt.tz_localize(None)
    days = np.zeros(len(column), dtype=np.int64)
    known = column[present]
    if pd.api.types.is_datetime64_dtype(known.dtype):
        days[present] = known.to_numpy().astype("datetime64[D]").astype(np.int64)
        return days, present
    # There are far fewer days than rows.
    codes, distinct = pd.factorize(_local_days(known.to_numpy(dtype=object), zone))
    days[present] = np.array([day_number(one) for one in distinct], dtype=np.int64)[codes]
    return days, present


def _local_days(moments: npt.NDArray[Any], zone: tzinfo | None) -> npt.NDArray[np.object_]:
    if not any(isinstance(one, datetime) for one in moments):
        return moments
    return np.array([_local_day(one, zone) for one in moments], dtype=object)


def _local_day(moment: date, zone: tzinfo | None) -> date:
    if not isinstance(moment, datetime):
        return moment
    return (moment.astimezone(zone) if moment.tzinfo is not None and zone is not None else moment).date()
