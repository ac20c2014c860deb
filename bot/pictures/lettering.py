"""Texts in a picture: cleaned of what cannot be drawn, measured, shortened in the middle, wrapped."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from bot.pictures.marks import TEXT_SIZE

ELLIPSIS: Final = "…"
_JOINER: Final = "\u200d"  # holds emoji and letters of some scripts together
# The renderer draws no emoji, whatever fonts there are: it would draw boxes.
_EMOJI: Final = re.compile(
    "[\U0001f000-\U0001faff\u20e3\ufe0f\U000e0020-\U000e007f](?:\u200d?"
    "[\U0001f000-\U0001faff\u2600-\u27bf\u20e3\ufe0f\U000e0020-\U000e007f])*"
)
_REPEATED: Final = re.compile(f"{ELLIPSIS}(?: ?{ELLIPSIS})+")
_TO_THE_WORD_BEFORE: Final = re.compile(" ·(?= )")  # no line begins with it
_LOOKED_AT: Final = 600  # characters of a name: a field of a CRM may hold megabytes
# Widths in parts of the letter size, for Liberation Sans (which has Arial's) and a little more for the
# fonts that step in where it lacks a letter.
_UPPER_EM: Final = 0.7
_LATIN_EM: Final = 0.57
_OTHER_EM: Final = 0.72
_WIDE_EM: Final = 1.1
_EM: Final = {
    **dict.fromkeys("iljtfrI.,:;'|!()[]{}/\\ \"`-", 0.34),
    **dict.fromkeys("mwMOQGDHNUCK%&—…", 0.9),
    **dict.fromkeys("W@", 1.04),
    "\u200d": 0.0,
}
_LATIN_END: Final = "\u0250"
_BOLD: Final = 1.08


def clean(text: str) -> str:
    """The text on one line, ``…`` for emoji, without control signs, direction marks and half characters."""
    drawn = _EMOJI.sub(ELLIPSIS, text[:_LOOKED_AT])
    return _REPEATED.sub(ELLIPSIS, " ".join("".join(map(_shown, drawn)).split()))


def _shown(sign: str) -> str:
    category = unicodedata.category(sign)
    if category == "Cf":
        return sign if sign == _JOINER else ""
    return " " if category[0] in "CZ" else sign  # Cs, a lone half, is no text that can be sent anywhere


def width(text: str, size: int = TEXT_SIZE, *, bold: bool = False) -> float:
    """About how many pixels the text takes, rather too many than too few."""
    return sum(map(_em, text)) * size * (_BOLD if bold else 1)


def _em(sign: str) -> float:
    known = _EM.get(sign)
    if known is not None:
        return known
    if sign < _LATIN_END:
        return _UPPER_EM if sign.isupper() else _LATIN_EM
    if unicodedata.combining(sign):
        return 0
    return _WIDE_EM if unicodedata.east_asian_width(sign) in {"W", "F"} else _OTHER_EM


def shortened(text: str, room: float, size: int = TEXT_SIZE, *, bold: bool = False) -> str:
    """The cleaned text, with ``…`` for its middle when it is wider than ``room`` pixels.

    Beginnings tell names apart, and so do ends (``… GmbH``, ``… Berlin``, ``… 2``).
    """
    whole = clean(text)
    if width(whole, size, bold=bold) <= room:
        return whole
    low, high = 0, len(whole)
    while low < high:  # the most characters that fit
        middle = (low + high + 1) // 2
        if width(_cut(whole, middle), size, bold=bold) <= room:
            low = middle
        else:
            high = middle - 1
    return _cut(whole, low)


def _cut(text: str, kept: int) -> str:
    end = kept // 3
    begin = kept - end
    tail = text[len(text) - end :].lstrip() if end else ""
    return text[:begin].rstrip() + ELLIPSIS + tail


def wrapped(text: str, room: float, size: int = TEXT_SIZE, most: int = 3, *, bold: bool = False) -> list[str]:
    """The cleaned text in lines of at most ``room`` pixels; the last one is shortened when there are more."""
    lines: list[str] = []
    words = [one.replace("\0", " ") for one in _TO_THE_WORD_BEFORE.sub("\0·", clean(text)).split(" ") if one]
    while words:
        if len(lines) == most - 1:
            return [*lines, shortened(" ".join(words), room, size, bold=bold)]
        taken = 1
        while taken < len(words) and width(" ".join(words[: taken + 1]), size, bold=bold) <= room:
            taken += 1
        lines.append(shortened(" ".join(words[:taken]), room, size, bold=bold))
        words = words[taken:]
    return lines
