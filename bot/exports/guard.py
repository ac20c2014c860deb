"""Text that a spreadsheet would run as a formula, and how it is made harmless in a CSV file.

A cell is dangerous when, after signs that programs pass over, it begins with one that starts a formula
(OWASP, "CSV Injection": ``= + - @``, tab, carriage return; and what spreadsheets take for these). Such a cell
gets an apostrophe before it. The guard can be taken away without loss: an apostrophe is itself a sign that
is passed over, so that a text which already looks guarded is guarded once more.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import Any, Final

import numpy as np
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


def guarded_columns(columns: Sequence[Any]) -> list[Any]:
    """The same for Arrow arrays of texts."""
    return [
        texts if mask is None else pc.if_else(mask, pc.binary_join_element_wise(GUARD, texts, ""), texts)
        for texts, mask in zip(columns, dangerous_in(columns), strict=True)
    ]


def dangerous_in(columns: Sequence[Any]) -> list[Any | None]:
    """For each text of Arrow arrays whether a spreadsheet could run it; None where there is no such one.

    The regular expression is asked once for all of them: each asking costs as much as a hundred texts.
    """
    doubtful = [_doubtful(texts) for texts in columns]
    asked = [at for at, places in enumerate(doubtful) if len(places)]
    if not asked:
        return [None] * len(columns)
    texts = pa.concat_arrays([columns[at].take(pa.array(doubtful[at])) for at in asked])
    dangerous = pc.match_substring_regex(texts, PATTERN).to_numpy(zero_copy_only=False).astype(bool)
    found: list[Any | None] = [None] * len(columns)
    first = 0
    for at in asked:
        mask, after = np.zeros(len(columns[at]), bool), first + len(doubtful[at])
        mask[doubtful[at]] = dangerous[first:after]
        found[at], first = pa.array(mask) if mask.any() else None, after
    return found


def _doubtful(texts: Any) -> Any:
    """Where the texts stand whose first byte does not say already that they are harmless.

    That is nearly none, and a look at a byte costs a tenth of a regular expression.
    """
    _, offsets, content = texts.buffers()
    if offsets is None or content is None:
        return np.zeros(0, np.int64)
    edges = np.frombuffer(offsets, np.int32)[texts.offset : texts.offset + len(texts) + 1]
    filled = np.flatnonzero(edges[1:] > edges[:-1])
    first = np.frombuffer(content, np.uint8)[edges[filled]]
    return filled[_doubtful_bytes()[first]]


@cache
def _doubtful_bytes() -> Any:
    """For each byte whether a sign of the pattern begins with it in UTF-8; all are in the first plane."""
    found = np.zeros(256, bool)
    signs = re.compile(f"[{_PASSED_OVER}{_STARTS}]")
    plane = "".join(chr(one) for one in range(0x10000) if not 0xD800 <= one < 0xE000)  # noqa: PLR2004
    for sign in signs.findall(plane):
        found[sign.encode()[0]] = True
    return found
