"""Passes of scoring that run in the database, or over files that are written from it."""
