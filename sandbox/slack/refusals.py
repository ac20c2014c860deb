"""What the sandbox refuses, in Slack's words, and the list of the last ones for the page."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any

KEPT = 20


class Refused(Exception):
    """Slack says no: ``{"ok": false, "error": ...}``."""

    def __init__(self, error: str, *, status: int = 200, **extra: Any) -> None:
        super().__init__(error)
        self.error = error
        self.status = status
        self.extra: Mapping[str, Any] = extra

    def answer(self) -> dict[str, Any]:
        """The body of the answer."""
        return {"ok": False, "error": self.error, **self.extra}


class RateLimited(Refused):
    """Too many requests: 429 with ``Retry-After``."""

    def __init__(self, seconds: int) -> None:
        super().__init__("ratelimited", status=429)
        self.retry_after_seconds = seconds


def invalid_blocks(problems: Sequence[tuple[str, str]], error: str = "invalid_blocks") -> Refused:
    """The refusal for blocks or views, with (JSON pointer, what is wrong) pairs as Slack words them."""
    worded = [f"{message} [json-pointer:{pointer}]" for pointer, message in problems]
    messages = [f"[ERROR] {one}" for one in worded]
    return Refused(error, errors=worded, response_metadata={"messages": messages})


class RefusalLog:
    """The last refusals, oldest first."""

    def __init__(self) -> None:
        self._last: deque[dict[str, str]] = deque(maxlen=KEPT)

    def note(self, method: str, error: str, at: str) -> None:
        """Remember one."""
        self._last.append({"method": method, "error": error, "at": at})

    def as_list(self) -> list[dict[str, str]]:
        """What is remembered."""
        return list(self._last)
