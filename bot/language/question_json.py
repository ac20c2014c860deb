"""Questions as JSON values and back, for what is kept: conversations, saved questions, exports.

Criteria are kept as their canonical text, periods as they were said. What an earlier or later release wrote,
and this one does not know, is no question; it never raises anything but CriteriaError.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from enum import StrEnum
from typing import Any, TypeVar

from bot.language.question import (
    Aggregate,
    Course,
    Days,
    Figure,
    Held,
    Kind,
    Metric,
    Moved,
    Question,
    Sort,
    Span,
    WordUse,
)
from scoring.criteria.canonical import canonical
from scoring.criteria.errors import CriteriaError
from scoring.criteria.fields import Catalog
from scoring.criteria.parse import parse
from scoring.criteria.tree import Calendar, Node, Rolling, Unit

Json = dict[str, Any]
_Named = TypeVar("_Named", bound=StrEnum)


def question_json(question: Question) -> Json:
    """The question as JSON values; what it does not have is left out."""
    found: Json = {
        "kind": question.kind.value,
        "criteria": canonical(question.criteria),
        "sort": [{"field": one.field, "descending": one.descending} for one in question.sort],
        "limit": question.limit,
        "group_by": question.group_by,
        "account_id": question.account_id,
        "words": [[one.words, one.meaning] for one in question.words],
        "figure": None if question.figure is None else _figure_json(question.figure),
        "moved": None if question.moved is None else _moved_json(question.moved),
        "held": None if question.held is None else _held_json(question.held),
        "product": question.product,
    }
    return _without_nothing(found)


def question_of_json(value: Any, catalog: Catalog) -> Question | None:
    """The question of such values; None when they are none, or of another release.

    Raises:
        CriteriaError: its criteria speak of what the organisation does not have any more.
    """
    try:
        return _question(_mapping(value), catalog)
    except CriteriaError:  # a ValueError too
        raise
    except (TypeError, ValueError, KeyError, RecursionError):
        return None


def past_json(past: Moved | Held) -> Json:
    """Changes of label, or labels that were held, as JSON values."""
    return {"moved": _moved_json(past)} if isinstance(past, Moved) else {"held": _held_json(past)}


def past_of_json(value: Mapping[str, Any]) -> Moved | Held:
    """The same again.

    Raises:
        TypeError, ValueError, KeyError: it is none, or of another release.
    """
    moved = value.get("moved")
    return _moved(_mapping(moved)) if moved is not None else _held(_mapping(value["held"]))


def span_json(span: Span) -> Json:
    """A period as JSON values."""
    if isinstance(span, Calendar):
        return {"unit": span.unit.value, "offset": span.offset}
    if isinstance(span, Rolling):
        return {"unit": span.unit.value, "count": span.count}
    return {"first": _iso(span.first), "last": _iso(span.last)}


def _without_nothing(found: Json) -> Json:
    return {key: value for key, value in found.items() if value not in (None, [], "")}


def _figure_json(figure: Figure) -> Json:
    return _without_nothing(
        {
            "metric": figure.metric and figure.metric.value,
            "how": figure.how and figure.how.value,
            "of": figure.of,
            "by": figure.by,
            "every": figure.every and figure.every.value,
            "span": figure.span and span_json(figure.span),
            "versus": figure.versus and span_json(figure.versus),
            "among": canonical(figure.among),
            "course": figure.course and figure.course.value,
        }
    )


def _moved_json(moved: Moved) -> Json:
    return _without_nothing(
        {
            "old": list(moved.old),
            "new": list(moved.new),
            "course": moved.course and moved.course.value,
            "span": moved.span and span_json(moved.span),
            "segmentation": moved.segmentation,
        }
    )


def _held_json(held: Held) -> Json:
    return _without_nothing(
        {"labels": list(held.labels), "span": span_json(held.span), "segmentation": held.segmentation}
    )


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _question(value: Mapping[str, Any], catalog: Catalog) -> Question:
    _only(value, Question)
    figure, moved, held = (value.get(name) for name in ("figure", "moved", "held"))
    return Question(
        kind=Kind(value["kind"]),
        criteria=_criteria(value.get("criteria"), catalog),
        sort=tuple(_sort(one) for one in value.get("sort", ())),
        limit=_limit(value.get("limit")),
        group_by=_text(value.get("group_by")),
        account_id=_text(value.get("account_id")),
        words=tuple(WordUse(*map(_told, one)) for one in value.get("words", ())),
        figure=None if figure is None else _figure(_mapping(figure), catalog),
        moved=None if moved is None else _moved(_mapping(moved)),
        held=None if held is None else _held(_mapping(held)),
        product=_text(value.get("product")),
    )


def _only(value: Mapping[str, Any], kind: type[Any]) -> None:
    """Refuse what has attributes that are not known: they may change its meaning."""
    unknown = set(value) - set(kind.__dataclass_fields__)
    if unknown:
        raise ValueError(f"not known: {sorted(unknown)}")


def _figure(value: Mapping[str, Any], catalog: Catalog) -> Figure:
    _only(value, Figure)
    return Figure(
        metric=_named(Metric, value.get("metric")),
        how=_named(Aggregate, value.get("how")),
        of=_text(value.get("of")),
        by=_text(value.get("by")),
        every=_named(Unit, value.get("every")),
        span=_span(value.get("span")),
        versus=_span(value.get("versus")),
        among=_criteria(value.get("among"), catalog),
        course=_named(Course, value.get("course")),
    )


def _moved(value: Mapping[str, Any]) -> Moved:
    _only(value, Moved)
    return Moved(
        old=_texts(value.get("old", ())),
        new=_texts(value.get("new", ())),
        course=_named(Course, value.get("course")),
        span=_span(value.get("span")),
        segmentation=_text(value.get("segmentation")),
    )


def _held(value: Mapping[str, Any]) -> Held:
    _only(value, Held)
    span = _span(value["span"])
    if span is None:
        raise ValueError("a label is held in a period")
    return Held(_texts(value.get("labels", ())), span, _text(value.get("segmentation")))


def _span(value: Any) -> Span | None:
    if value is None:
        return None
    known = _mapping(value)
    if "offset" in known:
        return Calendar(Unit(known["unit"]), _offset(known["offset"]))
    if "count" in known:
        return Rolling(_whole(known["count"]), Unit(known["unit"]))
    return Days(_day(known["first"]), _day(known["last"]))


def _sort(value: Any) -> Sort:
    known = _mapping(value)
    if not isinstance(known["descending"], bool):
        raise TypeError("a direction is true or false")
    return Sort(_told(known["field"]), known["descending"])


def _criteria(value: Any, catalog: Catalog) -> Node:
    return parse(_text(value) or "", catalog)


def _named(kind: type[_Named], value: Any) -> _Named | None:
    return None if value is None else kind(value)


def _mapping(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise TypeError("not an object")
    return value


def _text(value: Any) -> str | None:
    return None if value is None else _told(value)


def _told(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("not a text")
    return value


def _texts(value: Any) -> tuple[str, ...]:
    if not isinstance(value, Sequence) or isinstance(value, str):
        raise TypeError("not a list")
    return tuple(map(_told, value))


def _whole(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError("not a whole number")
    return value


def _offset(value: Any) -> int:
    if _whole(value) not in {-1, 0, 1}:
        raise ValueError("last, this or next")
    return _whole(value)


def _limit(value: Any) -> int | None:
    if value is None:
        return None
    if _whole(value) < 1:
        raise ValueError("a limit is at least one")
    return _whole(value)


def _day(value: Any) -> date | None:
    return None if value is None else date.fromisoformat(_told(value))
