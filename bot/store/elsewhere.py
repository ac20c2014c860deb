"""``python -m bot.store.elsewhere``: one query that gives one text, on a SQLite file (``bot.store.halves``).

It reads ``{"file", "question", "values"}`` from standard input and writes the text to standard output. It
imports nothing of the product, so that it starts at once.
"""

from __future__ import annotations

import json
import sqlite3
import sys
from pathlib import Path


def main() -> None:
    """Answer the one question."""
    asked = json.load(sys.stdin)
    address = f"{Path(asked['file']).resolve().as_uri()}?mode=ro"
    connection = sqlite3.connect(address, uri=True)
    try:
        (text,) = connection.execute(asked["question"], asked["values"]).fetchone()
    finally:
        connection.close()
    sys.stdout.buffer.write((text or "").encode())


if __name__ == "__main__":
    main()
