"""Whether Spark can be tried here: it is there only where somebody wants to spread the work."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any, TypeVar

import pytest

Test = TypeVar("Test", bound=Callable[..., Any])


def _missing() -> str | None:
    if find_spec("pyspark") is None:
        return "PySpark is not installed: pip install 'bellwether[distributed]'"
    return None if shutil.which("java") else "Spark needs Java, which is not installed"


def needs_spark(test: Test) -> Test:
    """Only where Spark is. PySpark leaves the pipe to its Java open, which Python warns of."""
    quiet = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
    there = pytest.mark.skipif(_missing() is not None, reason=str(_missing()))
    marked: Test = there(quiet(test))
    return marked
