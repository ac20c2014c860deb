"""No command imports what it has no use for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.processes import Product
from tests.support.starting import NOT_NEEDED, connected_product, start

pytestmark = pytest.mark.process


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    directory: Path = tmp_path_factory.mktemp("product")
    with connected_product(directory) as connected:
        assert start(connected, ("sync",)).code == 0
        yield connected


@pytest.mark.parametrize("arguments", NOT_NEEDED, ids=" ".join)
def test_a_command_imports_nothing_that_it_does_not_need(
    product: Product, arguments: tuple[str, ...]
) -> None:
    started = start(product, arguments)
    assert started.code == 0, started.complaint
    assert started.packages & set(NOT_NEEDED[arguments]) == set()
