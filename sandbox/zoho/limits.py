"""Limits that tests may lower, and how long every answer takes."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.zoho.credits import DEFAULT_EDITION


@dataclass
class Limits:
    """``token_rows`` is how far page tokens reach, ``coql_rows`` the largest LIMIT of a query.

    ``edition`` is what the organisation has licensed, by the name that ``/org`` tells.
    """

    edition: str = DEFAULT_EDITION
    token_rows: int = 100_000
    coql_rows: int = 2_000
    latency_seconds: float = 0.0
