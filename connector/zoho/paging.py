"""How a list is walked: values that say what to ask for next. They send nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, TypeVar
from urllib.parse import quote

from connector.errors import Fatal

VERSION = "/crm/v8"
PER_PAGE = 200  # Zoho's most, and its default
FIELDS_PER_CALL = 50  # Zoho refuses more with LIMIT_EXCEEDED
IDS_PER_CALL = 100

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class TokenPosition:
    """A place in a list that is continued by page token.

    The token is bound to the other parameters: they must stay the same from page to page.
    """

    params: Mapping[str, str | int]
    token: str | None = None

    def request(self) -> dict[str, str | int]:
        """The parameters of the call."""
        return {**self.params, "page_token": self.token} if self.token else dict(self.params)

    def after(self, info: Mapping[str, Any]) -> TokenPosition | None:
        """The next place; None at the end.

        Raises:
            Fatal: Zoho says that there is more but not where, or sends us around in a circle.
        """
        if not info.get("more_records"):
            return None
        token = info.get("next_page_token")
        if not isinstance(token, str) or not token or token == self.token:
            raise Fatal("Zoho's list does not go on: it repeats or leaves out the token of its next page.")
        return TokenPosition(self.params, token)


@dataclass(frozen=True, slots=True)
class NumberPosition:
    """A place in a list that is continued by page number (users, deletions)."""

    params: Mapping[str, str | int]
    page: int = 1

    def request(self) -> dict[str, str | int]:
        """The parameters of the call."""
        return {**self.params, "page": self.page, "per_page": PER_PAGE}

    def after(self, info: Mapping[str, Any]) -> NumberPosition | None:
        """The next place; None at the end."""
        return NumberPosition(self.params, self.page + 1) if info.get("more_records") else None


def record_path(module: str, *further: str) -> str:
    """The path of a module's call. Names come from a configuration; none of them leaves its place."""
    return "/".join((VERSION, *(quote(part, safe="") for part in (module, *further))))


def chunks(items: Sequence[_T], size: int) -> Iterator[tuple[_T, ...]]:
    """Consecutive groups of at most ``size``."""
    rest = iter(items)
    while group := tuple(islice(rest, size)):
        yield group
