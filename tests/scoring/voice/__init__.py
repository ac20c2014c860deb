"""The voice of customer."""
