"""Signs of form: a question mark, an imperative, "could you". They hold where the words are not yet known."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from scipy import sparse

from scoring.voice.terms import REMEMBERED, words
from scoring.voice.words import word_list

# What office mail asks for in the imperative. Base forms only: "sends" and "sent" ask for nothing.
ASKED_FOR = word_list("asked for")
_POLITE = word_list("polite")
_WH = word_list("question words")
_AUXILIARY = word_list("auxiliaries")
_NEGATION = word_list("negations")
_GREETING = re.compile(
    r"^\s*(?:hi|hello|hey|dear|good (?:morning|afternoon|evening))\b[^,.!?]{0,40}[,.!:-]\s*", re.IGNORECASE
)
_NAME_FIRST = re.compile(r"^\s*[A-Z][\w.'-]{1,20}(?: [A-Z][\w.'-]{1,20})?\s*[,:-]+\s*")


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text, re.IGNORECASE)


_PHRASES: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("you_could", _pattern(r"\b(?:can|could|would|will|may|might) (?:you|u|someone|anyone|somebody|we|i)\b")),
    ("let_know", _pattern(r"\blet (?:me|us) (?:know|have)\b|\bkeep (?:me|us) (?:posted|informed|updated)\b")),
    ("mind", _pattern(r"\b(?:would|do) you mind\b|\bif you (?:could|can|would|have time|get a chance)\b")),
    (
        "glad_if",
        _pattern(r"\b(?:appreciate|grateful|great|helpful|nice|glad) (?:it )?(?:if|to get|to have)\b"),
    ),
    ("i_need", _pattern(r"\b(?:i|we)(?:'d| would)? (?:also |still |really )?(?:need|want|like)\b")),
    ("you_need", _pattern(r"\byou (?:need|have|ought) to\b|\byou (?:should|must)\b|\bneed you\b")),
    ("please", _pattern(r"\b(?:please|pls|plz|kindly)\b")),
    (
        "wonder",
        _pattern(r"\b(?:wondering|wanted to (?:ask|know|check)|like to know|not sure (?:if|how|what|why))\b"),
    ),
    (
        "any_idea",
        _pattern(r"\b(?:any (?:idea|news|update|chance|thoughts)|what about|how about|is it possible)\b"),
    ),
    ("attached", _pattern(r"\b(?:attached|enclosed|below|fyi|as (?:discussed|requested|agreed))\b")),
    ("thanks", _pattern(r"\b(?:thanks|thank you|thx|appreciated?)\b")),
    (
        "buy",
        _pattern(r"\b(?:buy|purchase|order|quote|quotation|pricing|licen[cs]es?|seats?|upgrade|go ahead)\b"),
    ),
    (
        "cancel",
        _pattern(
            r"\b(?:cancel\w*|terminat\w*|unsubscrib\w*|not (?:be )?renew\w*|discontinu\w*|close (?:our|my))\b"
        ),
    ),
    ("leave", _pattern(r"\b(?:switch\w*|mov(?:e|ing)|migrat\w*|leav(?:e|ing)) (?:away|to|from|off|over)\b")),
    (
        "broken",
        _pattern(
            r"\b(?:broken|fail\w*|error|crash\w*|bug|down|wrong|late|delay\w*|still (?:not|no|waiting))\b"
        ),
    ),
    (
        "fed_up",
        _pattern(r"\b(?:unacceptable|disappoint\w*|frustrat\w*|fed up|ridiculous|terrible|awful|poor)\b"),
    ),
    (
        "well_done",
        _pattern(r"\b(?:great|excellent|fantastic|amazing|brilliant|love|impressed|wonderful|perfect)\b"),
    ),
)
NAMES = (
    "asks",
    "exclaims",
    "wh",
    "auxiliary",
    "imperative",
    "negated",
    "first",
    "second",
    "number",
    "short",
    "long",
    *(name for name, _ in _PHRASES),
)
_FIRST_PERSON = word_list("first person")
_SECOND_PERSON = word_list("second person")
_SHORT, _LONG = 5, 25


def cue_rows(texts: Sequence[str]) -> sparse.csr_matrix:
    """One row a text: shape (texts, cues), 1 where a sign is there, divided by the root of their number."""
    rows = np.array([_cues(text) for text in texts], dtype=np.float64).reshape(len(texts), len(NAMES))
    return sparse.csr_matrix(rows / np.sqrt(len(NAMES)))


@lru_cache(maxsize=REMEMBERED)
def _cues(text: str) -> tuple[float, ...]:
    opened = _NAME_FIRST.sub("", _GREETING.sub("", text[:1_000], count=1), count=1) or text
    found = words(opened)
    plain = [word for word in found if word not in {"?", "!"}]
    start = next((word for word in plain if word not in _POLITE), "")
    own = set(plain)
    signs = [
        "?" in found,
        "!" in found,
        start in _WH,
        start in _AUXILIARY,
        start in ASKED_FOR,
        bool(own & _NEGATION),
        bool(own & _FIRST_PERSON),
        bool(own & _SECOND_PERSON),
        "0" in text.translate(_DIGITS),
        len(plain) <= _SHORT,
        len(plain) >= _LONG,
        *(pattern.search(opened) is not None for _, pattern in _PHRASES),
    ]
    return tuple(float(sign) for sign in signs)


_DIGITS = str.maketrans("123456789", "000000000")
