"""Help is a question like any other: what it tells comes from the language itself."""

from __future__ import annotations

from typing import Final

HELP: Final = "help"  # also what an empty message asks
