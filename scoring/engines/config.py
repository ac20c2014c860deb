"""The part of the document that says where the passes of scoring run. Values only."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from scoring.shape import Part

Engine = Literal["auto", "process", "database", "duckdb", "spark"]


class Scoring(Part):
    """Where RFM is computed. Labels and scores are the same everywhere; other techniques run in process.

    Attributes:
        engine: ``process`` reads one row an account from the database and scores it here; ``database`` has
            the whole pass made by the database; ``duckdb`` and ``spark`` read partitioned Parquet files that
            the run writes first. ``auto`` is ``process``, which is the fastest while the accounts fit into
            memory.
        master: of ``spark``: the address of the cluster, such as ``spark://host:7077``, ``yarn`` or
            ``sc://host:15002`` (Spark Connect); ``local[2]`` is this machine.
        folder: of ``duckdb`` and ``spark``: where the files go: a path or an object store's URL, such as
            ``s3://bucket/bellwether``, that the cluster's machines read, too.
        parts: into how many files an account's transactions are dealt, by a hash of the account.
        look_back_weeks: before its first run, RFM is scored as of so many past weeks, from the records as
            they are now, so that there is a history to ask for at once.
    """

    engine: Engine = "auto"
    master: Annotated[str, Field(min_length=1)] = "local[*]"
    folder: str | None = None
    parts: Annotated[int, Field(ge=1, le=4096)] = 16
    look_back_weeks: Annotated[int, Field(ge=0, le=520)] = 0

    @property
    def in_process(self) -> bool:
        """Whether RFM is scored as every other technique is."""
        return self.engine in {"auto", "process"}

    @property
    def over_files(self) -> bool:
        """Whether transactions are written to Parquet files first."""
        return self.engine in {"duckdb", "spark"}
