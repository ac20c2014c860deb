"""Memory that nobody needs: settings of the whole process."""

from __future__ import annotations

import ctypes
import gc
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Final

import pyarrow as pa

# glibc, mallopt(3) and <malloc.h>: the most arenas there may be.
_M_ARENA_MAX: Final = -8
_ARENAS: Final = 2
# Python's own are 700, 10 and 10. With these reading takes an eighth less time, measured on pages of queries.
_COLLECTED_AFTER: Final = (10_000, 50, 50)
_VARIABLE: Final = "MALLOC_ARENA_MAX"


@cache
def share_arenas() -> bool:
    """Let the threads to come share two arenas of glibc's allocator; whether that was done now.

    Otherwise each thread gets one of its own, and keeps what its largest page took: with ten ranges read at a
    time the memory above an idle process is twice as much. Python's lock lets one thread allocate at a time
    anyway. Whoever sets the variable knows better; other C libraries have no such arenas.
    """
    if _VARIABLE in os.environ:
        return False
    try:
        set_option = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        return False
    return bool(set_option(_M_ARENA_MAX, _ARENAS))


def give_back() -> bool:
    """Let glibc give back to the system what lies free between what is used; whether it did.

    With every file the holes that pages leave would grow a little. Other C libraries need not be asked.
    """
    try:
        return bool(ctypes.CDLL(None).malloc_trim(0))
    except (AttributeError, OSError, TypeError):
        return False


@contextmanager
def collecting_seldom() -> Iterator[None]:
    """Cycles are looked for less often meanwhile: pages are thousands of objects without any."""
    before = gc.get_threshold()
    gc.set_threshold(*_COLLECTED_AFTER)
    try:
        yield
    finally:
        gc.set_threshold(*before)


def keep_pandas_out() -> bool:
    """Arrow does without pandas until it is asked for a frame; whether it is without now.

    With the first list that becomes an array it imports pandas, only to know whether the list is a Series:
    0.35 s and 44 MB, for a process that has no frames. Afterwards it takes a Series for any sequence until it
    has made a frame, and never knows pandas' NaT: this is for processes without frames only.
    """
    if "pandas" in sys.modules:
        return False
    refusal = _NoPandas()
    sys.meta_path.insert(0, refusal)
    try:
        pa.array([True])  # of a type that is to be found, as that looks for values of pandas too
    finally:
        sys.meta_path.remove(refusal)
    return "pandas" not in sys.modules


class _NoPandas:
    """A finder of modules by which there is no pandas."""

    def find_spec(self, name: str, *_more: object) -> None:
        """Nothing for other modules: the next finder is asked."""
        if name == "pandas":
            raise ModuleNotFoundError(name=name)
