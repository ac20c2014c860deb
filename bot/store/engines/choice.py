"""RFM's pass by the engine that the document names: in the database, or over files that are written first.

An engine over files works while the run holds the database's write lock, so that its answer is of one moment.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sqlalchemy import Connection

from bot.app.facts import EnginePass
from bot.store.catalog import account_catalog
from bot.store.counted import counted_purchases, left_out
from bot.store.engines.files import Files, written_files
from bot.store.engines.in_database import passed_in_database
from bot.store.engines.sources import Sources, read_sources
from scoring.config import Configuration
from scoring.criteria.periods import Today
from scoring.engines.config import Scoring
from scoring.engines.criteria import engine_catalog, engine_rules
from scoring.engines.dialects import DIALECTS
from scoring.engines.rfm_pass import Pass, Passed, Plan, rfm_pass
from scoring.rfm_config import RfmSegmentation

# By the engine's name in the document: runs a pass over files.
FileEngines = Mapping[str, Callable[[Scoring, Pass, Files], Passed]]


def passed_by_engine(
    connection: Connection,
    segmentation: RfmSegmentation,
    configuration: Configuration,
    today: Today,
    file_engines: FileEngines,
) -> EnginePass:
    """Scores and labels of every account that takes part.

    Raises:
        CriteriaError: criteria that do not fit the fields, or labels that no engine can give.
        ConfigurationError: the engine is not there, or does not reach its files.
    """
    scoring = configuration.scoring
    accounts = account_catalog(connection, configuration).open()
    counted = counted_purchases(connection, segmentation.contributions, configuration, today, accounts)
    sources = read_sources(segmentation, accounts, counted)
    catalog = engine_catalog({one.name: one.criteria for one in configuration.segments})
    dialect = DIALECTS[scoring.engine if scoring.over_files else connection.dialect.name]
    steps = rfm_pass(Plan(segmentation, engine_rules(segmentation, catalog), catalog, today, dialect))
    passed = (
        file_engines[scoring.engine](scoring, steps, _files(connection, sources, segmentation, scoring))
        if scoring.over_files
        else passed_in_database(connection, steps, sources)
    )
    return EnginePass(passed, left_out(connection, counted))


def _files(
    connection: Connection, sources: Sources, segmentation: RfmSegmentation, scoring: Scoring
) -> Files:
    return written_files(connection, sources, segmentation.name, scoring)
