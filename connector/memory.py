"""Memory that several threads ask the C library for. It is a setting of the whole process."""

from __future__ import annotations

import ctypes
import os
from functools import cache
from typing import Final

# glibc, mallopt(3) and <malloc.h>: the most arenas there may be.
_M_ARENA_MAX: Final = -8
_ARENAS: Final = 2
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
