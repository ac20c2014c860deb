"""An engine that is not there, or does not read its files, says what to do."""

from __future__ import annotations

import pytest

from bot.app.errors import ConfigurationError
from bot.runtime.engines.over_duckdb import passed_by_duckdb
from bot.runtime.engines.over_spark import passed_by_spark, session
from scoring.engines.config import Scoring
from scoring.engines.dialects import DUCKDB, SPARK
from scoring.engines.rfm_pass import rfm_pass
from scoring.rfm_config import RfmSegmentation
from scoring.shape import Label
from tests.support.engine_cases import Case
from tests.support.spark import needs_spark


@needs_spark
def test_a_cluster_that_is_not_there() -> None:
    refused = pytest.raises(ConfigurationError, match=r"does not start at nowhere.*Check scoring\.master")
    with refused, session("nowhere", 1):
        raise AssertionError("it has started")


@needs_spark
@pytest.mark.timeout(300)
def test_files_that_spark_does_not_read() -> None:
    scoring = Scoring(engine="spark", master="local[1]", folder="/nowhere", parts=1)
    steps = rfm_pass(Case((), (), segmentation()).plan(SPARK))
    with pytest.raises(ConfigurationError, match=r"Spark did not finish.*reads scoring\.folder"):
        passed_by_spark(scoring, steps, ["/nowhere/p.parquet"], ["/nowhere/a.parquet"])


def test_files_that_duckdb_does_not_read() -> None:
    steps = rfm_pass(Case((), (), segmentation()).plan(DUCKDB))
    with pytest.raises(ConfigurationError, match=r"DuckDB did not finish.*reads scoring\.folder"):
        passed_by_duckdb(steps, ["/nowhere/p.parquet"], ["/nowhere/a.parquet"])


def segmentation() -> RfmSegmentation:
    return RfmSegmentation(name="RFM", labels=(Label(name="All", when="purchases >= 0"),))
