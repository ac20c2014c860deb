"""The engines over files by their names in the document. Nothing heavy is imported before one is used."""

from __future__ import annotations

from bot.runtime.engines.over_duckdb import passed_by_duckdb
from bot.runtime.engines.over_spark import passed_by_spark
from bot.store.engines.choice import FileEngines

FILE_ENGINES: FileEngines = {
    "duckdb": lambda _scoring, steps, files: passed_by_duckdb(steps, files.purchases, files.accounts),
    "spark": lambda scoring, steps, files: passed_by_spark(scoring, steps, files.purchases, files.accounts),
}
