"""Whether Spark can be tried here: it is there only where somebody wants to spread the work."""

from __future__ import annotations

import shutil
from importlib.util import find_spec

import pytest


def _missing() -> str | None:
    if find_spec("pyspark") is None:
        return "PySpark is not installed: pip install 'bellwether[distributed]'"
    return None if shutil.which("java") else "Spark needs Java, which is not installed"


needs_spark = pytest.mark.skipif(_missing() is not None, reason=str(_missing()))
