"""Rows into files: CSV in a ZIP, XLSX, Parquet. Knows no database and no Slack."""
