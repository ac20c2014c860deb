"""Text that a spreadsheet would run as a formula, and how it is made harmless in a CSV file.

A cell is dangerous when, after signs that programs pass over, it begins with one that starts a formula
(OWASP, "CSV Injection": ``= + - @``, tab, carriage return; and what spreadsheets take for these). Such a cell
gets an apostrophe before it. The guard can be taken away without loss: an apostrophe is itself a sign that
is passed over, so that a text which already looks guarded is guarded once more.
"""

from __future__ import annotations

import re
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

GUARD: Final = "'"
# Spaces and control signs, quotes of any kind, and signs that nobody sees.
_PASSED_OVER: Final = (
    "\x00-\x20\x7f-\xa0\"'`\u00b4\u2018-\u201f"
    "\u00ad\u034f\u061c\u115f\u1160\u1680\u17b4\u17b5\u180e"
    "\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ufe00-\ufe0f\ufeff\uff07\uff02"
)
_STARTS: Final = "=+\\-@\t\r\n\x00\uff1d\uff0b\uff0d\uff20\ufe66\ufe62\ufe63\ufe6b\u2212"
# Written with escapes, for the two engines that have to mean the same by it: Python's and RE2.
PATTERN: Final = f"^[{_PASSED_OVER}]*[{_STARTS}]"
_dangerous: Final = re.compile(PATTERN)


def is_dangerous(text: str) -> bool:
    """Whether a spreadsheet could run the text."""
    return _dangerous.match(text) is not None


def guarded(text: str) -> str:
    """The text, with an apostrophe before it if it is dangerous."""
    return GUARD + text if is_dangerous(text) else text


def unguarded(text: str) -> str:
    """What ``guarded`` was given."""
    return text[1:] if text.startswith(GUARD) and is_dangerous(text[1:]) else text


def guarded_column(texts: Any) -> Any:
    """The same for a whole Arrow array of texts."""
    dangerous = pc.match_substring_regex(texts, PATTERN)
    if not pc.any(dangerous).as_py():
        return texts
    return pc.if_else(dangerous, pc.binary_join_element_wise(pa.scalar(GUARD), texts, ""), texts)
