"""A cleaned message as sentences, in order."""

from __future__ import annotations

import re

from scoring.voice.words import word_list

LONGEST_SENTENCE = 400  # characters; a longer one is cut at a space
WRAPPED_LINE = 55  # a line of at least this length may go on in the next one

_ABBREVIATIONS = word_list("abbreviations")
_BEFORE_NUMBERS = word_list("abbreviations before numbers")  # "No. 5", but "He said no."
_END = re.compile(r"[.!?\u2026]+[\"'\u201d\u2019)\]]*(?=\s)")
_BULLET = re.compile(r"^\s*(?:[-*\u2022\u2013\u00b7o]|\(?\d{1,2}[.)])\s+")
_LAST_WORD = re.compile(r"(\S+)$")
_MEANS_SOMETHING = re.compile(r"[^\W_]")


def sentences(text: str) -> tuple[str, ...]:
    """The sentences of a text without surrounding space; those without a letter or digit are left out."""
    found: list[str] = []
    for line in _unwrapped(text):
        for piece in _split(_BULLET.sub("", line)):
            found.extend(_short(piece))
    return tuple(one for one in found if _MEANS_SOMETHING.search(one))


def _unwrapped(text: str) -> list[str]:
    """Lines, with those that a mail program wrapped joined again."""
    lines: list[str] = []
    open_line = False
    for raw in text.splitlines():
        line = " ".join(raw.split())
        goes_on = open_line and line and not _BULLET.match(raw) and (line[0].islower() or line[0].isdigit())
        if goes_on or (open_line and line and len(lines[-1]) >= WRAPPED_LINE and not _BULLET.match(raw)):
            lines[-1] += " " + line
        elif line:
            lines.append(line)
        open_line = bool(line) and line[-1] not in ".!?:;\u2026"
    return lines


def _split(line: str) -> list[str]:
    pieces: list[str] = []
    begins = 0
    for end in _END.finditer(line):
        if _ends_sentence(line, begins, end):
            pieces.append(line[begins : end.end()].strip())
            begins = end.end()
    pieces.append(line[begins:].strip())
    return [piece for piece in pieces if piece]


def _ends_sentence(line: str, begins: int, end: re.Match[str]) -> bool:
    if not end[0].startswith("."):
        return True
    following = line[end.end() :].lstrip()
    last = _LAST_WORD.search(line[begins : end.start()])
    word = last[1].casefold().lstrip("(\"'") if last else ""
    if word in _ABBREVIATIONS or (len(word) == 1 and word.isalpha() and word != "i"):
        return False
    if word in _BEFORE_NUMBERS and following[:1].isdigit():
        return False
    return not following[:1].islower()


def _short(sentence: str) -> list[str]:
    pieces: list[str] = []
    while len(sentence) > LONGEST_SENTENCE:
        cut = sentence.rfind(" ", LONGEST_SENTENCE // 2, LONGEST_SENTENCE)
        cut = cut if cut > 0 else LONGEST_SENTENCE
        pieces.append(sentence[:cut].strip())
        sentence = sentence[cut:].strip()
    return [*pieces, sentence]
