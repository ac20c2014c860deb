"""Numbers that depend on a seed, a name and an index alone, for many indexes at once."""

from __future__ import annotations

from zlib import crc32

import numpy as np
import numpy.typing as npt

Indexes = npt.NDArray[np.int64]

# The multipliers of the splitmix64 generator; products wrap at 64 bits.
STEP = np.uint64(0x9E3779B97F4A7C15)
FIRST_MIX, SECOND_MIX = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
MASK = 2**64 - 1
KEPT_BITS = 53  # what a double holds exactly


def _mixed(seed: int, name: str, index: Indexes) -> npt.NDArray[np.uint64]:
    start = np.uint64((seed * 0x2545F4914F6CDD1D + crc32(name.encode()) * 0x100000001B3) & MASK)
    state = index.astype(np.uint64) * STEP + start
    state = (state ^ (state >> np.uint64(30))) * FIRST_MIX
    state = (state ^ (state >> np.uint64(27))) * SECOND_MIX
    return state ^ (state >> np.uint64(31))


def numbers(seed: int, name: str, index: Indexes, below: int) -> Indexes:
    """For each index a number from 0 to ``below`` - 1."""
    drawn = (_mixed(seed, name, index) >> np.uint64(1)).astype(np.int64)
    return np.asarray(drawn % below, dtype=np.int64)


def fractions(seed: int, name: str, index: Indexes) -> npt.NDArray[np.float64]:
    """For each index a number from 0 up to, not including, 1."""
    drawn = _mixed(seed, name, index) >> np.uint64(64 - KEPT_BITS)
    return np.asarray(drawn.astype(np.float64) / 2.0**KEPT_BITS, dtype=np.float64)
