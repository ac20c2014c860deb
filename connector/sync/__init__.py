"""What to fetch and write, decided purely, and the pipeline that does it."""
