"""Text that a spreadsheet would run as a formula, and how it is made harmless in a CSV file.

A cell is dangerous when, after signs that programs pass over, it begins with one that starts a formula
(OWASP, "CSV Injection": ``= + - @``, tab, carriage return; and what spreadsheets take for these). Such a cell
gets an apostrophe before it. The guard can be taken away without loss: an apostrophe is itself a sign that
is passed over, so that a text which already looks guarded is guarded once more.

The same within a text, after a semicolon, a tab or the end of a line: where the list separator is not the
comma, as in a German Excel, the quotes around a cell do not hold it together, and a new one begins there.
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
# Quotes of any kind, spaces, and signs that nobody sees.
_UNSEEN: Final = (
    "\x7f-\xa0\"'`\u00b4\u2018-\u201f"
    "\u00ad\u034f\u061c\u115f\u1160\u1680\u17b4\u17b5\u180e"
    "\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ufe00-\ufe0f\ufeff\uff07\uff02"
)
_PASSED_OVER: Final = f"\x00-\x20{_UNSEEN}"
_FORMULAS: Final = "=+\\-@\uff1d\uff0b\uff0d\uff20\ufe66\ufe62\ufe63\ufe6b\u2212"
_STARTS: Final = f"{_FORMULAS}\t\r\n\x00"
# Written with escapes, for the two engines that have to mean the same by it: Python's and RE2.
PATTERN: Final = f"^[{_PASSED_OVER}]*[{_STARTS}]"
_dangerous: Final = re.compile(PATTERN)
_SEPARATOR: Final = "[;\t\r\n]"
_AFTER_SEPARATOR: Final = f"[\x00-\x08\x0b\x0c\x0e-\x20{_UNSEEN}]*[{_FORMULAS}\x00]"
_WITHIN: Final = f"({_SEPARATOR})({_AFTER_SEPARATOR})"
_dangerous_within: Final = re.compile(_WITHIN)
_guarded_within: Final = re.compile(f"({_SEPARATOR}){GUARD}({_AFTER_SEPARATOR})")
_separator_byte: Final = re.compile(_SEPARATOR.encode())


def is_dangerous(text: str) -> bool:
    """Whether a spreadsheet could run the text."""
    return _dangerous.match(text) is not None


def guarded(text: str) -> str:
    """The text, with an apostrophe before whatever in it is dangerous."""
    within = _dangerous_within.sub(rf"\1{GUARD}\2", text)
    return GUARD + within if is_dangerous(text) else within


def unguarded(text: str) -> str:
    """What ``guarded`` was given."""
    within = _guarded_within.sub(r"\1\2", text)
    return within[1:] if within.startswith(GUARD) and is_dangerous(within[1:]) else within


def guarded_columns(columns: Sequence[Any]) -> list[Any]:
    """The same for Arrow arrays of texts."""
    return [
        texts if mask is None else pc.if_else(mask, pc.binary_join_element_wise(GUARD, texts, ""), texts)
        for texts, mask in zip(map(_within, columns), dangerous_in(columns), strict=True)
    ]


def _within(texts: Any) -> Any:
    """Guarded within; one look at all bytes tells most columns that nothing of theirs is to be looked at."""
    _, offsets, content = texts.buffers()
    if offsets is None or content is None:
        return texts
    edges = np.frombuffer(offsets, np.int32)
    first, last = int(edges[texts.offset]), int(edges[texts.offset + len(texts)])
    if _separator_byte.search(memoryview(content)[first:last]) is None:
        return texts
    return pc.replace_substring_regex(texts, _WITHIN, rf"\1{GUARD}\2")


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
