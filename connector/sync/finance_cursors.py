"""What ``source_cursor.position`` holds of a list of Finance: the walk, and what was learnt. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import orjson

from connector.finance_lists import Way


@dataclass(frozen=True, slots=True)
class Walk:
    """A list being walked.

    Attributes:
        way: how it was asked for.
        page: the last page that is in the copy; 0 before the first.
        started_at: Zoho's time when its first page came (ours where Zoho did not say).
        since: changes from this instant; None for everything.
        latest: the latest stamp among its rows so far.
        is_resumed: whether another process began it.
    """

    way: Way
    page: int = 0
    started_at: datetime | None = None
    since: datetime | None = None
    latest: datetime | None = None
    is_resumed: bool = False


@dataclass(frozen=True, slots=True)
class Position:
    """The keeper's memory of a list.

    Attributes:
        walk: None when none is under way.
        refused: ways that the list did not honour, and why; forgotten when a whole walk begins.
        counted_at: when its rows were last counted.
        whole_rows: how many rows the last whole walk found.
    """

    walk: Walk | None = None
    refused: Mapping[str, str] | None = None
    counted_at: datetime | None = None
    whole_rows: int = 0

    def as_json(self) -> str:
        """As it is stored."""
        return orjson.dumps(self).decode()

    def without(self, way: Way, why: str) -> Position:
        """The walk is given up, because this way is not honoured."""
        return replace(self, walk=None, refused={**(self.refused or {}), way.value: why})


def position(text: str | None) -> Position:
    """Read what was stored; what cannot be read is forgotten: the list is then read whole."""
    try:
        found = orjson.loads(text) if text else {}
        walk = found.get("walk")
        return Position(
            _walk(walk) if walk else None,
            found.get("refused"),
            _instant(found.get("counted_at")),
            int(found.get("whole_rows") or 0),
        )
    except (ValueError, TypeError, KeyError, AttributeError):
        return Position()


def _walk(found: Mapping[str, Any]) -> Walk:
    return Walk(
        Way(found["way"]),
        int(found["page"]),
        _instant(found["started_at"]),
        _instant(found["since"]),
        _instant(found["latest"]),
        is_resumed=True,
    )


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
