"""What every test has: nothing of the surroundings leaks in."""

from __future__ import annotations

import os

import pytest

pytest_plugins = ["tests.support.postgres"]


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("BELLWETHER_"):
            monkeypatch.delenv(name)
