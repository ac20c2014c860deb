"""What a sentence was read as, in one line, for tables of expectations."""

from __future__ import annotations

from bot.language.question import Figure, Held, Kind, Moved, NotUnderstood, Request, Span, Understanding
from bot.language.spans import written_span
from scoring.criteria.canonical import canonical
from scoring.criteria.parse import parse
from scoring.criteria.tree import Always
from tests.support.sample_organisation import CATALOG, sample


def said(understood: Understanding | Request) -> str:
    """``kind: criteria; more; more``; ``asked`` when nothing was answered.

    ``list: criteria; -sort; limit`` · ``count_by: criteria; by field`` · ``account|why|offers: name`` ·
    ``prospects: criteria; product id; limit`` · ``figure: criteria; metric, or aggregate of field; by field;
    every unit; in span; vs span; among criteria`` · ``moved: criteria; from A|B; to C; worse; in span; of
    segmentation`` · ``history: criteria; A|B; in span; of segmentation`` · ``flock: criteria`` · follow-ups:
    ``next: 10``, ``undo``, ``chart``, ``export``, ``save: name``, ``share``.
    """
    if isinstance(understood, NotUnderstood):
        return "asked"
    if isinstance(understood, Request):
        argument = f": {understood.argument}" if understood.argument else ""
        return f"{understood.action.value}{argument}"
    if understood.kind is Kind.HELP:
        return "help"
    if understood.kind in {Kind.ACCOUNT, Kind.WHY, Kind.OFFERS}:
        name = next(line.name for line in sample().lines if line.id == understood.account_id)
        return f"{understood.kind.value}: {name}"
    always = isinstance(understood.criteria, Always)
    parts = ["" if always else canonical(understood.criteria)]
    parts += [("-" if one.descending else "+") + one.field for one in understood.sort]
    parts += [f"product {understood.product}"] if understood.product else []
    parts += _figure(understood.figure) + _moved(understood.moved) + _held(understood.held)
    parts += [str(understood.limit)] if understood.limit is not None else []
    parts += [f"by {understood.group_by}"] if understood.group_by else []
    return f"{understood.kind.value}: {'; '.join(parts)}"


def _figure(figure: Figure | None) -> list[str]:
    if figure is None:
        return []
    parts = [figure.metric.value if figure.metric else f"{figure.how} of {figure.of}"]
    parts += [f"by {figure.by}"] if figure.by else []
    parts += [figure.course.value] if figure.course else []
    parts += [f"every {figure.every}"] if figure.every else []
    parts += _span(figure.span) + ([f"vs {written_span(figure.versus)}"] if figure.versus else [])
    among = isinstance(figure.among, Always)
    return parts + ([] if among else [f"among {canonical(figure.among)}"])


def _moved(moved: Moved | None) -> list[str]:
    if moved is None:
        return []
    parts = [f"from {'|'.join(moved.old)}"] if moved.old else []
    parts += [f"to {'|'.join(moved.new)}"] if moved.new else []
    parts += [moved.course.value] if moved.course else []
    return parts + _span(moved.span) + _of(moved.segmentation)


def _held(held: Held | None) -> list[str]:
    return [] if held is None else ["|".join(held.labels), *_span(held.span), *_of(held.segmentation)]


def _span(span: Span | None) -> list[str]:
    return [f"in {written_span(span)}"] if span is not None else []


def _of(segmentation: str | None) -> list[str]:
    return [f"of {segmentation}"] if segmentation else []


def expected(text: str) -> str:
    """An expectation in the same form: its criteria in canonical spelling."""
    kind, colon, rest = text.partition(":")
    if not colon or kind in {"account", "why", "offers", "next", "save"}:
        return text
    criteria, *others = [part.strip() for part in rest.split(";")]
    node = parse(criteria, CATALOG) if criteria else Always()
    bare = kind == "list"  # of a list a bare field is what it is sorted by
    others = ["+" + one if bare and CATALOG.find(one) and one[:1] not in "-+" else one for one in others]
    return f"{kind}: {'; '.join(['' if isinstance(node, Always) else canonical(node), *others])}"
