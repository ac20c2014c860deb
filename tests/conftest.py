"""What every test has: nothing of the surroundings leaks in."""

from __future__ import annotations

import os

import pytest
from hypothesis import settings

pytest_plugins = ["tests.support.postgres"]


# CI tries the same examples each time, so that a change is judged by what it changes; elsewhere they are new.
settings.register_profile("ci", derandomize=True)
if os.environ.get("CI"):
    settings.load_profile("ci")


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("BELLWETHER_"):
            monkeypatch.delenv(name)
