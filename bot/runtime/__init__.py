"""Wiring and processes: the only package that knows every adapter."""
