"""What every test has: nothing of the surroundings leaks in."""

from __future__ import annotations

import gc
import os

import pytest
from hypothesis import settings

pytest_plugins = ["tests.support.postgres"]

# Before numpy is imported, by us or by a process that we start: our matrices are small, and on a machine with
# several test processes the threads of the linear algebra wait for each other more than they reckon.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
# Thousands of collected tests live to the end; looking through them again and again takes a tenth.
gc.set_threshold(50_000, 20, 50)


# CI tries the same examples each time, so that a change is judged by what it changes; elsewhere they are new.
settings.register_profile("ci", derandomize=True)
if os.environ.get("CI"):
    settings.load_profile("ci")


def pytest_collection_finish() -> None:
    """What was collected is never garbage."""
    gc.freeze()


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("BELLWETHER_"):
            monkeypatch.delenv(name)
