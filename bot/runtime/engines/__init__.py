"""Engines over Parquet files: on this machine, or on many. Each is an optional extra, imported when used."""
