"""A sentence cut into words, numbers and signs, each with its place. Never raises, whatever was typed."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

LONGEST_CHARACTERS = 1000  # a question longer than this is not read

_APOSTROPHES = str.maketrans({"\u2019": "'", "\u2018": "'", "\u02bc": "'", "`": "'", "\u00b4": "'"})
_QUOTES = str.maketrans({"\u201c": '"', "\u201d": '"', "\u201e": '"', "\u00ab": '"', "\u00bb": '"'})

_TOKEN = re.compile(
    r"""
    "(?P<quoted>[^"]{1,200})"
  | (?P<iso>\d{4}[-/]\d{2}[-/]\d{2})(?![\w])
  | (?P<dmy>\d{1,2}(?:/\d{1,2}/(?:\d{4}|\d{2})|(?P<apart>[.-])\d{1,2}(?P=apart)\d{4}))(?![\w])
  | (?P<number>[$€£¥₹]?\d{1,3}(?:,\d{3})+(?:\.\d+)?|[$€£¥₹]?\d+(?:\.\d+)?)
    (?P<suffix>(?:k|million|mill|mil|mm|mn|mio|m|billion|bn|b|thousand|st|nd|rd|th)(?![^\W_]))?(?P<mark>\+|%|[$€£¥₹])?(?![^\W_])
  | (?P<possessive>'s)(?![^\W_])
  | (?P<word>\w\.(?:\w\.)+|w/o\b|w/(?=\s|$)|[^\W_]+(?:'(?!s\b)[^\W_]+)*)
  | (?P<sign><=|>=|=>|=<|!=|<>|==|<|>|=|≤|≥|≠|&|/|\+|-|,|;|\#|@|%|\*|_|\$|€|£|\?)
    """,
    re.VERBOSE | re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Token:
    """A word, number or sign.

    Attributes:
        text: as it was written.
        norm: folded: no case, no accents; a quoted run is one token.
        kind: ``word``, ``quoted``, ``number``, ``iso``, ``dmy`` (a day with two short numbers),
            ``possessive`` or ``sign``.
        suffix: what is attached to a number: ``k``, ``m``, ``th``, ``+``, ``%`` …
    """

    text: str
    norm: str
    start: int
    end: int
    kind: str
    suffix: str = ""


def fold(text: str) -> str:
    """Case, accents and kinds of apostrophes removed, for comparing."""
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFKD", text.translate(_APOSTROPHES))
    return "".join(char for char in decomposed if not unicodedata.combining(char)).casefold()


@lru_cache(maxsize=256)
def tokens(text: str) -> tuple[Token, ...]:
    """Cut a sentence. Punctuation that only separates, emoji and control characters are left out."""
    return _cut(text)


def _cut(text: str) -> tuple[Token, ...]:
    # One character stays one character, so that positions are those of the sentence as it was typed.
    prepared = text.translate(_APOSTROPHES).translate(_QUOTES)
    return tuple(_token(match) for match in _TOKEN.finditer(prepared) if _worth_keeping(match))


def _worth_keeping(match: re.Match[str]) -> bool:
    # A lone dash is punctuation unless it stands between two numbers; a quote may hold nothing but spaces.
    if match["sign"] == "-":
        return bool(re.search(r"[\dkmKMbB%]\s*$", match.string[: match.start()])) and bool(
            re.match(r"\s*[$€£]?\d", match.string[match.end() :])
        )
    if match["sign"] in {"?", "_", "*"}:
        return match["sign"] == match.string.strip() == "?"
    return match["quoted"] is None or bool(phrase(match["quoted"]))


def _token(match: re.Match[str]) -> Token:
    kind = "dmy" if match["dmy"] else str(match.lastgroup)
    if match["number"]:
        kind, suffix = "number", fold(match["suffix"] or "") + (match["mark"] or "")
        return Token(match[0], fold(match[0]), *match.span(), kind, suffix)
    norm = phrase(match["quoted"]) if match["quoted"] else fold(match[0])
    return Token(match[0], norm.replace(".", "") if match["word"] else norm, *match.span(), kind)


_PLAIN = re.compile(r"[A-Za-z ]*")
_NEARLY_PLAIN = re.compile(r"[A-Za-z &.,-]*")
_ABBREVIATION = re.compile(r"\b[A-Za-z]\.[A-Za-z]\.")


def phrase(text: str) -> str:
    """A phrase as the vocabulary keeps it: its folded words, one blank between them; signs stay words."""
    if _PLAIN.fullmatch(text):  # most names; a million of them are read at once
        return " ".join(text.lower().split())
    if _NEARLY_PLAIN.fullmatch(text) and not _ABBREVIATION.search(text):
        text = text.replace("-", " ").replace(".", " ")
        return " ".join(text.replace("&", " & ").replace(",", " , ").lower().split())
    return " ".join(token.norm for token in _cut(text.replace('"', " ")))
