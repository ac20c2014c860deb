"""Counted purchases as Parquet files for an engine that reads these: dealt by account, written when changed."""
