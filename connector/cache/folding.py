"""Case folding, the same on every database: full Unicode case folding, as Python's ``str.casefold`` does it.

SQLite's ``lower()`` knows ASCII only, PostgreSQL's depends on the server's locale, and its ``casefold()``
came with version 18. So both databases get a function ``bw_fold(text)``: SQLite calls Python; PostgreSQL (14
and later) gets a function that is generated from Python's own tables and depends on no locale.
"""

from __future__ import annotations

import sys
from functools import cache
from typing import Any

from sqlalchemy import Connection

# Latin with all its European accents. Texts within it need a table of about 130 letters instead of 1,400.
LATIN_ENDS = 0x17F
FIRST_SURROGATE, AFTER_SURROGATES = 0xD800, 0xE000


def fold(text: str) -> str:
    """The form in which texts are compared."""
    return text.casefold()


def fold_or_none(text: object) -> str | None:
    """``bw_fold`` of SQLite: what is not a text has no folded form."""
    return fold(text) if isinstance(text, str) else None


def postgresql_fold_function() -> str:
    """The statement that makes ``bw_fold(text)`` on PostgreSQL, for ``create_all`` and for migrations.

    Folding replaces character by character, and no result is itself replaced again, so one ``translate`` for
    the one-to-one pairs and one ``replace`` for each of the others give exactly ``str.casefold``.
    """
    single, several = _pairs()
    latin = {one: two for one, two in single.items() if ord(one) <= LATIN_ENDS}
    expanded = "folded"
    for letter, letters in several.items():
        expanded = f"replace({expanded}, '{letter}', '{letters}')"
    return f"""
CREATE OR REPLACE FUNCTION bw_fold(value text) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $fold$
DECLARE folded text;
BEGIN
  IF octet_length(value) = char_length(value) THEN
    RETURN lower(value COLLATE "C");
  ELSIF value ~ '[^\\u0001-\\u{LATIN_ENDS:04x}]' THEN
    folded := translate(value, '{"".join(single)}', '{"".join(single.values())}');
  ELSE
    folded := translate(value, '{"".join(latin)}', '{"".join(latin.values())}');
  END IF;
  IF folded ~ '[{"".join(several)}]' THEN
    folded := {expanded};
  END IF;
  RETURN folded;
END $fold$"""


def create_fold_function(_target: Any, connection: Connection, **_more: Any) -> None:
    """Make ``bw_fold`` where it has to be made: a listener of ``before_create`` on the metadata."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(postgresql_fold_function())


@cache
def _pairs() -> tuple[dict[str, str], dict[str, str]]:
    """Every letter that folding changes: to one letter, and to several."""
    single: dict[str, str] = {}
    several: dict[str, str] = {}
    for point in (*range(FIRST_SURROGATE), *range(AFTER_SURROGATES, sys.maxunicode + 1)):
        letter = chr(point)
        folded = fold(letter)
        if folded != letter:
            (single if len(folded) == 1 else several)[letter] = folded
    return single, several
