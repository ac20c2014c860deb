"""Parquet, for programs: types are kept, and nothing is guarded because nothing is run."""

from __future__ import annotations

from collections.abc import Iterable
from typing import IO, Any, Final

import pyarrow as pa
from pyarrow import parquet

from bot.app.exporting_values import Batch, FileForm
from bot.exports.frames import Frames, heads_of

# A row group is held in memory; readers want them large.
GROUP_BYTES: Final = 16_000_000


def write_parquet(target: IO[bytes], form: FileForm, batches: Iterable[Batch]) -> None:
    """Write all batches."""
    frames = Frames(form, typed=True)
    schema = pa.schema(list(zip(heads_of(form), frames.types, strict=True)))
    held: list[Any] = []
    size = 0
    with parquet.ParquetWriter(target, schema, compression="zstd") as writer:
        for batch in batches:
            held.append(pa.RecordBatch.from_arrays(frames.arrays(batch), schema=schema))
            size += held[-1].nbytes
            if size >= GROUP_BYTES:
                writer.write_table(pa.Table.from_batches(held, schema))
                held, size = [], 0
        writer.write_table(pa.Table.from_batches(held, schema))
