"""RFM's pass by Spark SQL over Parquet files: on a cluster that is there, or on processes of this machine."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any

import pyarrow as pa

from bot.app.errors import ConfigurationError
from scoring.engines.config import Scoring
from scoring.engines.rfm_pass import Pass, Passed, carried_out
from scoring.engines.statements import ACCOUNTS, FACTS, PURCHASES, Statement

CONNECT = "sc://"
OPTIONS = {
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.sql.ansi.enabled": "true",  # a sum beyond 64 bits is an error, not another number
}


def passed_by_spark(
    scoring: Scoring, steps: Pass, purchases: Sequence[str], accounts: Sequence[str]
) -> Passed:
    """Run a pass.

    Args:
        scoring: names the cluster, and into how many parts the work is dealt.
        steps: the pass, in Spark's dialect.
        purchases: Parquet files with account_id, occurred_on, amount_minor, is_purchase; every worker can
            read them.
        accounts: Parquet files with account_id.

    Raises:
        ConfigurationError: PySpark or Java is not there, or the cluster cannot be reached.
    """
    with session(scoring.master, scoring.parts) as spark:
        return passed_in_session(spark, steps, purchases, accounts)


def passed_in_session(spark: Any, steps: Pass, purchases: Sequence[str], accounts: Sequence[str]) -> Passed:
    """The same in a session that is open."""
    for name, files in ((PURCHASES, purchases), (ACCOUNTS, accounts)):
        spark.read.parquet(*map(_known, files)).createOrReplaceTempView(name)
    try:
        return carried_out(steps, lambda statement: _asked(spark, statement))
    finally:
        spark.catalog.dropTempView(FACTS)  # and what is kept of it


@contextmanager
def session(master: str, parts: int) -> Iterator[Any]:
    """A session of Spark's; it ends with the pass, so that a worker holds no cluster while it waits."""
    builder = _builder()
    builder = builder.remote(master) if master.startswith(CONNECT) else builder.master(master)
    for name, value in _options(master, parts).items():
        builder = builder.config(name, value)
    try:
        with _unheeded_warnings():
            spark = builder.appName("Bellwether").getOrCreate()
    except _failures() as error:
        raise ConfigurationError(
            f"Spark does not start at {master}: {_first_line(error)}",
            "Check scoring.master, and that Java 17 or newer is installed where Spark runs.",
        ) from error
    try:
        yield spark
    except _failures() as error:
        raise ConfigurationError(
            f"Spark did not finish: {_first_line(error)}",
            "Check that every machine of the cluster reads scoring.folder; Spark's own log says more.",
        ) from error
    finally:
        spark.stop()


def _options(master: str, parts: int) -> Mapping[str, str]:
    """This machine's own processes talk over its loopback only."""
    options = {**OPTIONS, "spark.sql.shuffle.partitions": str(parts)}
    loopback = {"spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1"}
    return options | loopback if master.startswith("local") else options


def _builder() -> Any:
    try:
        with _unheeded_warnings():
            from pyspark.sql import SparkSession
    except ImportError:
        raise ConfigurationError(
            "scoring.engine is spark, but PySpark is not installed.",
            "Run `pip install 'bellwether[distributed]'`, or set scoring.engine to process.",
        ) from None
    return SparkSession.builder


def _failures() -> tuple[type[Exception], ...]:
    """What Spark raises. Over Spark Connect there is no Java on this side."""
    from pyspark.errors import PySparkException

    if find_spec("py4j") is None:
        return (PySparkException,)
    from py4j.protocol import Py4JError

    return (PySparkException, Py4JError)


@contextmanager
def _unheeded_warnings() -> Iterator[None]:
    """PySpark warns of pandas 3; nothing here goes by way of pandas."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _known(file: str) -> str:
    """Hadoop knows Amazon's store by another scheme than everybody else."""
    return f"s3a://{file.removeprefix('s3://')}" if file.startswith("s3://") else file


def _asked(spark: Any, statement: Statement) -> pa.Table:
    found = spark.sql(statement.written(":{}".format, str), args=dict(statement.values))
    if statement.keep:
        found.createOrReplaceTempView(statement.keep)
        spark.catalog.cacheTable(statement.keep)
        return pa.table({})
    return found.toArrow()


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
