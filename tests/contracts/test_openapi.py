"""The sandbox's answers against Zoho's own descriptions, for every operation that the product uses.

The descriptions are known to be wrong in places; each deviation stands in ``deviations`` with its reason. One
that is not listed fails, and so does a listed one that does not occur any more.
"""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase

import pytest

from sandbox.zoho.serve import running
from tests.contracts.deviations import DEVIATIONS
from tests.contracts.finance_operations import DESK, FINANCE
from tests.contracts.operations import CRM, Operation
from tests.support import openapi
from tests.support.zoho_client import ZohoHttp

pytestmark = pytest.mark.skipif(not openapi.are_there(), reason=openapi.WHERE_TO_GET_THEM)

OPERATIONS = (*CRM, *FINANCE, *DESK)


@pytest.fixture(scope="module")
def found() -> dict[str, set[str]]:
    """What disagrees, by operation."""
    with running() as server:
        http = ZohoHttp(server.base_url)
        http.refresh()
        disagreements = {one.name: set(_disagreements(http, one)) for one in OPERATIONS}
        http.close()
    return disagreements


def _disagreements(zoho: ZohoHttp, operation: Operation) -> Iterator[str]:
    answer = operation.call(zoho)
    assert answer.status_code == operation.status, f"{operation.name}: {answer.text[:400]}"
    yield from openapi.disagreements(
        operation.described_in, operation.path, operation.method, operation.status, answer.json()
    )


def _is_about(deviation: tuple[str, str, str], operation: str, disagreement: str) -> bool:
    pattern, beginning, _ = deviation
    return fnmatchcase(operation, pattern) and disagreement.startswith(beginning)


def _known(operation: str, disagreement: str) -> bool:
    return any(_is_about(one, operation, disagreement) for one in DEVIATIONS)


@pytest.mark.parametrize("operation", [one.name for one in OPERATIONS])
def test_an_answer_is_as_described_but_for_known_deviations(
    found: dict[str, set[str]], operation: str
) -> None:
    assert sorted(one for one in found[operation] if not _known(operation, one)) == []


def test_every_known_deviation_still_occurs(found: dict[str, set[str]]) -> None:
    occurring = [(name, one) for name, disagreements in found.items() for one in disagreements]
    gone = [one for one in DEVIATIONS if not any(_is_about(one, *occurrence) for occurrence in occurring)]
    assert gone == []
