"""Values as people write them, and back: numbers, days, periods, texts.

A currency sign and a percent sign say what a number is and do not change it: money is in the organisation's
currency, and 40% is the 40 that the CRM stores in a percent field.
"""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

from scoring.criteria.errors import CriteriaError
from scoring.criteria.fields import FieldType
from scoring.criteria.tree import Ago, Calendar, Period, Rolling, Unit, Value

MOST_DIGITS = 24
SHORTEST_SCALED = Decimal(10_000)
SCALES = {"k": 3, "m": 6, "b": 9}
YES, NO = ("true", "yes"), ("false", "no")
# What cannot be a bare value, because the grammar takes it as a keyword.
RESERVED = frozenset(
    {"and", "or", "not", "in", "between", "contains", "has", "before", "after", "where", "since"}
)
# What begins a condition of its own kind, and so is no bare name of a field.
STARTERS = frozenset({"any", "some", "no", "all", "every", "bought"})
# A duration as a number of days; months and longer are counted by their usual length.
DAYS_OF = {Unit.DAY: 1, Unit.WEEK: 7, Unit.MONTH: 30, Unit.QUARTER: 91, Unit.YEAR: 365}

_SIGN = r"[$€£¥₹]"
_MINUS = r"[-\u2212]"  # the hyphen and the real minus sign
_NUMBER = re.compile(
    rf"(?P<minus>{_MINUS})?\s?{_SIGN}?\s?(?P<minus_after>{_MINUS})?"
    r"(?P<digits>\d{1,3}(?:,\d{3})+|\d+)?(?P<fraction>\.\d+)?"
    rf"(?P<scale>[kmb])?\s?(?:{_SIGN}|%)?",
    re.IGNORECASE,
)
_UNIT = r"(?P<unit>day|week|month|quarter|year)s?"
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}")
_AGO = re.compile(rf"(?P<count>\d{{1,6}}) {_UNIT} ago", re.IGNORECASE)
_AHEAD = re.compile(rf"in (?P<count>\d{{1,6}}) {_UNIT}", re.IGNORECASE)
_DURATION = re.compile(rf"(?P<count>\d{{1,6}}) {_UNIT}", re.IGNORECASE)
# Quarters and years are the fiscal year's anyway; whoever says so is understood.
_CALENDAR = re.compile(
    r"(?P<which>this|last|next) (?:fiscal (?=quarter|year))?(?P<unit>day|week|month|quarter|year)",
    re.IGNORECASE,
)
_ROLLING = re.compile(rf"(?P<which>last|next) (?P<count>\d{{1,6}}) {_UNIT}", re.IGNORECASE)
_NEAR_DAYS = {"today": Ago(0), "yesterday": Ago(1), "tomorrow": Ago(-1)}
_OFFSETS = {"this": 0, "last": -1, "next": 1}
_PLAIN_WORD = re.compile(r"[^\W\d_][\w-]*")
_PLAIN_FIELD = re.compile(r"[^\W\d]\w*(?:\.[^\W\d]\w*)*")


def read_number(text: str) -> Decimal | None:
    """``50k``, ``$1,200.50``, ``-3``, ``40%``; None when it is no number."""
    found = _NUMBER.fullmatch(text.strip())
    if not found or not (found["digits"] or found["fraction"]) or (found["minus"] and found["minus_after"]):
        return None
    digits = (found["digits"] or "").replace(",", "") + (found["fraction"] or "")
    if len(digits) > MOST_DIGITS:
        raise CriteriaError(f"A number has at most {MOST_DIGITS} digits.")
    number = Decimal(digits).scaleb(SCALES.get((found["scale"] or "").lower(), 0))
    return -number if found["minus"] or found["minus_after"] else number


def read_day(text: str) -> date | Ago | None:
    """``2026-06-30``, ``today``, ``90 days ago``, ``in 2 weeks``; None when it is no day."""
    folded = " ".join(text.casefold().split())
    if folded in _NEAR_DAYS:
        return _NEAR_DAYS[folded]
    if _ISO.fullmatch(folded):
        try:
            return date.fromisoformat(folded)
        except ValueError:
            raise CriteriaError(f"There is no day {folded} in the calendar.") from None
    for pattern, sign in ((_AGO, 1), (_AHEAD, -1)):
        if found := pattern.fullmatch(folded):
            return Ago(sign * int(found["count"]), Unit(found["unit"]))
    return None


def read_period(text: str) -> Period | None:
    """``this quarter``, ``last 30 days``; None when it is no period."""
    folded = " ".join(text.casefold().split())
    if found := _CALENDAR.fullmatch(folded):
        return Calendar(Unit(found["unit"]), _OFFSETS[found["which"]])
    if found := _ROLLING.fullmatch(folded):
        count = int(found["count"])
        return Rolling(count if found["which"] == "last" else -count, Unit(found["unit"]))
    return None


def read_duration(text: str) -> Ago | None:
    """``90 days``, ``2 quarters`` as the day that is so long ago; None when it is no duration."""
    if found := _DURATION.fullmatch(" ".join(text.casefold().split())):
        return Ago(int(found["count"]), Unit(found["unit"]))
    return None


def read_days(text: str) -> Decimal | None:
    """A duration as a number of days; None when it is no duration."""
    duration = read_duration(text)
    return None if duration is None else Decimal(duration.count * DAYS_OF[duration.unit])


def read_truth(text: str) -> bool | None:
    """``yes`` or ``true``, ``no`` or ``false``; None when it is neither."""
    folded = text.casefold()
    return True if folded in YES else False if folded in NO else None


def read_value(text: str, kind: FieldType) -> Value | None:
    """A value of that type; None when the text is of another type."""
    if kind in {FieldType.NUMBER, FieldType.MONEY}:
        return read_number(text)
    if kind is FieldType.DATE:
        return read_day(text)
    if kind is FieldType.BOOLEAN:
        return read_truth(text)
    return text


def type_of_text(text: str) -> FieldType:
    """What a value looks like, for a message that names both types."""
    for kind in (FieldType.NUMBER, FieldType.DATE, FieldType.BOOLEAN):
        if read_value(text, kind) is not None:
            return kind
    return FieldType.DATE if read_period(text) else FieldType.TEXT


def type_of(value: Value) -> FieldType:
    """The type of a value in a tree."""
    if isinstance(value, bool):
        return FieldType.BOOLEAN
    if isinstance(value, Decimal):
        return FieldType.NUMBER
    return FieldType.DATE if isinstance(value, date | Ago) else FieldType.TEXT


def written(value: Value) -> str:
    """A value in canonical text."""
    if isinstance(value, bool):
        return YES[0] if value else NO[0]
    if isinstance(value, Decimal):
        return written_number(value)
    if isinstance(value, Ago):
        return _written_ago(value)
    return value.isoformat() if isinstance(value, date) else written_text(value)


def written_number(number: Decimal) -> str:
    """``50k``, ``1.5M``, ``1234.5``: scaled when that makes it shorter and loses nothing."""
    for letter, power in (("B", 9), ("M", 6), ("k", 3)):
        if abs(number) >= max(Decimal(f"1e{power}"), SHORTEST_SCALED):
            plain = _plain(number.scaleb(-power))
            if len(plain.partition(".")[2]) <= 1:
                return plain + letter
    return _plain(number)


def _plain(number: Decimal) -> str:
    digits = f"{number:f}"
    shorter = digits.rstrip("0").rstrip(".") if "." in digits else digits
    return "0" if shorter in {"-0", ""} else shorter


def written_text(text: str) -> str:
    """Bare when it is one plain word, otherwise in quotation marks."""
    if _PLAIN_WORD.fullmatch(text) and text.casefold() not in RESERVED:
        return text
    return quoted(text)


def quoted(text: str) -> str:
    """In quotation marks, with those inside it escaped."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def written_field(name: str) -> str:
    """A field's name: bare when plain, ``label."Purchase behaviour"`` when its second part is not."""
    if _PLAIN_FIELD.fullmatch(name) and name.casefold() not in RESERVED | STARTERS:
        return name
    first, dot, rest = name.partition(".")
    if dot and _PLAIN_FIELD.fullmatch(first):
        return f"{first}.{quoted(rest)}"
    return quoted(name)


def written_related(name: str) -> str:
    """Related records after ``any`` or ``all``: bare when they are plain words."""
    plain = all(_PLAIN_WORD.fullmatch(word) and word.casefold() not in RESERVED for word in name.split())
    return name if plain else quoted(name)


def _written_ago(ago: Ago) -> str:
    for word, near in _NEAR_DAYS.items():
        if ago == near:
            return word
    count = _counted(abs(ago.count), ago.unit)
    return f"in {count}" if ago.count < 0 else f"{count} ago"


def written_period(period: Period) -> str:
    """``this quarter``, ``last 30 days``."""
    if isinstance(period, Calendar):
        which = next(word for word, offset in _OFFSETS.items() if offset == period.offset)
        return f"{which} {period.unit.value}"
    return f"{'last' if period.count > 0 else 'next'} {_counted(abs(period.count), period.unit)}"


def _counted(count: int, unit: Unit) -> str:
    return f"{count} {unit.value}{'' if count == 1 else 's'}"
