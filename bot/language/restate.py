"""A question said again: as a sentence that is read the same way, and as the footer of an answer.

What a list, a number or a card is, is said in words that the grammar reads. The other kinds begin with a word
of their own and are read back by ``bot.language.written``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from bot.language.question import Course, Figure, Kind, Metric, Moved, Question, Sort, Span
from bot.language.spans import spoken_span, written_span
from scoring.criteria.canonical import canonical
from scoring.criteria.fields import Catalog
from scoring.criteria.tree import Always, Node
from scoring.criteria.values import quoted

ACCOUNT_FORMS = {Kind.ACCOUNT: "account", Kind.WHY: "why account", Kind.OFFERS: "offers for account"}


def restate(question: Question) -> str:
    """A sentence that is read exactly as this question."""
    if question.kind is Kind.HELP:
        return "help"
    if question.kind in ACCOUNT_FORMS:
        return f"{ACCOUNT_FORMS[question.kind]} #{question.account_id}"
    if question.kind in _HEADS:
        return _HEADS[question.kind](question) + _first(question) + _where(question.criteria)
    return _list(question)


def _list(question: Question) -> str:
    counted = question.kind in {Kind.COUNT, Kind.COUNT_BY}
    start = "how many accounts" if counted else "accounts"
    if question.limit is not None:
        start = f"first {question.limit} {start}"
    if question.group_by:
        start += f' per "{question.group_by}"' if " " in question.group_by else f" per {question.group_by}"
    return (
        start + _where(question.criteria) + "".join(f" sorted by {_direction(one)}" for one in question.sort)
    )


def _where(criteria: Node) -> str:
    return "" if isinstance(criteria, Always) else f" where {canonical(criteria)}"


def _first(question: Question) -> str:
    return f" first {question.limit}" if question.limit is not None else ""


def _direction(sort: Sort) -> str:
    return f"{sort.field} {'descending' if sort.descending else 'ascending'}"


def _figure(question: Question) -> str:
    figure = question.figure or Figure()
    parts = ["figure", figure.metric or f"{figure.how} of {quoted(figure.of or '')}"]
    parts += [f"by {quoted(figure.by)}"] if figure.by else []
    parts += [figure.course] if figure.course else []
    parts += [f"every {figure.every}"] if figure.every else []
    parts += _span("in", figure.span) + _span("versus", figure.versus)
    parts += [] if isinstance(figure.among, Always) else [f"among ({canonical(figure.among)})"]
    return " ".join(parts)


def _moved(question: Question) -> str:
    moved = question.moved or Moved()
    parts = ["moves"]
    parts += [f"from {_names(moved.old)}"] if moved.old else []
    parts += [f"to {_names(moved.new)}"] if moved.new else []
    parts += [moved.course] if moved.course else []
    return " ".join(parts + _span("in", moved.span) + _of(moved.segmentation))


def _held(question: Question) -> str:
    held = question.held
    if held is None:
        return "held"
    return " ".join(["held", _names(held.labels), *_span("in", held.span), *_of(held.segmentation)])


def _names(labels: Iterable[str]) -> str:
    return ", ".join(quoted(one) for one in labels)


def _span(word: str, span: Span | None) -> list[str]:
    return [] if span is None else [f"{word} {written_span(span)}"]


def _of(segmentation: str | None) -> list[str]:
    return [f"of {quoted(segmentation)}"] if segmentation else []


_HEADS: dict[Kind, Callable[[Question], str]] = {
    Kind.FIGURE: _figure,
    Kind.MOVED: _moved,
    Kind.HISTORY: _held,
    Kind.PROSPECTS: lambda question: f"prospects for product #{question.product}",
    Kind.FLOCK: lambda _question: "flock",
}


def read_as(question: Question, catalog: Catalog | None = None) -> str:
    """How the question was read, for a person: what is asked for, criteria, order, limit and breakdown."""
    everything = isinstance(question.criteria, Always)
    parts = [*_asked(question), "all accounts" if everything else canonical(question.criteria, catalog)]
    if everything and len(parts) > 1 and question.kind is not Kind.FLOCK:
        parts.pop()
    parts += [f"sorted by {_direction(one)}" for one in question.sort]
    if question.limit is not None:
        parts.append(f"first {question.limit}")
    if question.kind is Kind.COUNT:
        parts.append("how many")
    if question.group_by:
        parts.append(f"how many per {question.group_by}")
    return " · ".join(parts)


def _asked(question: Question) -> list[str]:
    """What is asked for beside a list."""
    if question.figure is not None:
        return _figure_in_words(question.figure)
    if question.moved is not None:
        return _moved_in_words(question.moved)
    if question.held is not None:
        labels = " or ".join(question.held.labels)
        return [f"was {labels}{_label_of(question.held.segmentation)}", _period(question.held.span)]
    return list(_IN_WORDS.get(question.kind, ()))


_IN_WORDS = {
    Kind.WHY: ("why",),
    Kind.OFFERS: ("what to offer",),
    Kind.PROSPECTS: ("to whom to offer it",),
    Kind.FLOCK: ("how everything is",),
}


def _figure_in_words(figure: Figure) -> list[str]:
    spoken = (figure.metric or f"{figure.how} of {figure.of}").replace("_", " ")
    if figure.metric is Metric.SHARE:
        among = "all accounts" if isinstance(figure.among, Always) else canonical(figure.among)
        spoken = f"share among {among}"
    parts = [spoken]
    parts += [f"by {figure.by.replace('_', ' ')}"] if figure.by else []
    parts += [f"every {figure.every}"] if figure.every else []
    parts += [_period(figure.span)] if figure.span else []
    if figure.course:
        less = "less" if figure.course is Course.WORSE else "more"
        parts.append(f"{less} than in {spoken_span(figure.versus) if figure.versus else 'the period before'}")
        return parts
    return parts + ([f"beside {spoken_span(figure.versus)}"] if figure.versus else [])


def _moved_in_words(moved: Moved) -> list[str]:
    old = f" from {' or '.join(moved.old)}" if moved.old else ""
    new = f" to {' or '.join(moved.new)}" if moved.new else ""
    course = f" for {moved.course}" if moved.course else ""
    parts = [f"label{_label_of(moved.segmentation)} changed{course}{old}{new}"]
    return parts + ([_period(moved.span)] if moved.span else [])


def _label_of(segmentation: str | None) -> str:
    return f" ({segmentation})" if segmentation else ""


def _period(span: Span) -> str:
    text = spoken_span(span)
    return text if text.startswith(("since", "until")) else f"in {text}"
