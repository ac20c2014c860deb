"""One question put to another: what becomes of kind, criteria, order, limit, breakdown and period. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace

from bot.language.merging import Manner, families, merged, parts, values_of
from bot.language.question import Figure, Held, Kind, Metric, Moved, Question, WordUse
from scoring.criteria.tree import Always, Node, conjunction

ACCOUNT_KINDS = frozenset({Kind.ACCOUNT, Kind.WHY, Kind.OFFERS})
CRITERIA_KINDS = frozenset(
    {
        *(Kind.LIST, Kind.COUNT, Kind.COUNT_BY, Kind.FIGURE, Kind.MOVED, Kind.HISTORY),
        *(Kind.PROSPECTS, Kind.FLOCK),
    }
)
_COUNTED = frozenset({Kind.LIST, Kind.COUNT, Kind.COUNT_BY, Kind.PROSPECTS, Kind.FLOCK})
_ABOUT_ONE = "The question before is about one account; there is nothing to narrow, sort or count."
_TELLS = "The answer before says how many they are."


@dataclass(frozen=True, slots=True)
class Refined:
    """What a follow-up makes of a question: one; several to choose from; or why there is none."""

    questions: tuple[Question, ...]
    reason: str = ""
    words: tuple[WordUse, ...] = ()


def put_to(earlier: Question, said: Question, manner: Manner, *, keep_order: bool = False) -> Refined:
    """The question before, with what a fragment says.

    Args:
        earlier: the question before.
        said: the fragment, read as a question.
        manner: what its conditions do with those before.
        keep_order: the fragment names a limit and no order that would matter: ``top 3``.
    """
    if earlier.kind in ACCOUNT_KINDS:
        return _other_account(earlier, said)
    labels = _label_values(said)
    if labels and manner is not Manner.ONLY and (earlier.held is not None or earlier.moved is not None):
        return _other_labels(earlier, labels, also=manner in {Manner.AND, Manner.OR})
    shape = _shaped(earlier, said, manner, keep_order=keep_order)
    if shape.reason:
        return shape
    found = merged(earlier.criteria, said.criteria, manner)
    if found.reason:
        return _refused(earlier, said, found.reason)
    return Refined(
        tuple(_with_criteria(one, node, said, manner) for one in shape.questions for node in found.nodes)
    )


def _label_values(said: Question) -> tuple[str, ...]:
    """The labels that a fragment names, when it names nothing else."""
    found = (
        values_of(said.criteria) if said.kind is Kind.LIST and not said.sort and said.limit is None else None
    )
    if found is None or not found.positive or found.field != "label":
        return ()
    return tuple(str(one) for one in found.values)


def _other_labels(earlier: Question, labels: tuple[str, ...], *, also: bool) -> Refined:
    """Of the past, a label is one that was held, or was left or come to: not one of today."""

    def changed(old: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(dict.fromkeys((*old, *labels))) if also else labels

    if earlier.held is not None:
        return Refined((replace(earlier, held=replace(earlier.held, labels=changed(earlier.held.labels))),))
    moved = earlier.moved or Moved()
    if bool(moved.old) == bool(moved.new):
        return Refined((), "Say which labels you mean: those that were left, “from VIP”, or “to At Risk”.")
    if moved.old:
        return Refined((replace(earlier, moved=replace(moved, old=changed(moved.old))),))
    return Refined((replace(earlier, moved=replace(moved, new=changed(moved.new))),))


def _refused(earlier: Question, said: Question, reason: str) -> Refined:
    """Why it cannot be; perhaps the later condition was meant instead, or besides."""
    others = [merged(earlier.criteria, said.criteria, one) for one in (Manner.REPLACE, Manner.AND)]
    nodes = [node for one in others for node in one.nodes]
    meant = [
        node for node in dict.fromkeys(nodes) if node != earlier.criteria and not isinstance(node, Always)
    ]
    return Refined(tuple(replace(earlier, criteria=node) for node in meant), reason)


def _other_account(earlier: Question, said: Question) -> Refined:
    if said.kind in ACCOUNT_KINDS:
        kind = earlier.kind if said.kind is Kind.ACCOUNT else said.kind
        return Refined((Question(kind, account_id=said.account_id),))
    return Refined((), _ABOUT_ONE)


def _shaped(earlier: Question, said: Question, manner: Manner, *, keep_order: bool) -> Refined:
    """Everything but the criteria."""
    if said.kind is Kind.COUNT:
        return _counted(earlier)
    if said.kind is Kind.COUNT_BY:
        return _broken_down(earlier, said.group_by, also=manner is Manner.AND)
    if said.kind is Kind.FIGURE and said.figure is not None:
        return _figured(earlier, said, said.figure)
    if said.kind is Kind.MOVED and said.moved is not None:
        moved = _other_moves(earlier.moved, said.moved)
        return Refined((replace(earlier, kind=Kind.MOVED, moved=moved, group_by=None, figure=None, sort=()),))
    if said.kind is Kind.HISTORY and said.held is not None:
        held = _other_past(earlier.held, said.held)
        return Refined((replace(earlier, kind=Kind.HISTORY, held=held, group_by=None, figure=None, sort=()),))
    return _ordered(earlier, said, keep_order=keep_order)


def _counted(earlier: Question) -> Refined:
    if earlier.kind not in _COUNTED:
        return Refined((), _TELLS)
    return Refined((Question(Kind.COUNT, earlier.criteria),))


def _broken_down(earlier: Question, field: str | None, *, also: bool) -> Refined:
    if earlier.figure is not None:
        every = earlier.figure.every if also else None
        figure = replace(earlier.figure, by=field, every=every, course=None)
        return Refined((replace(earlier, figure=figure),))
    if earlier.kind not in _COUNTED:
        return Refined((), "The answer before cannot be broken down.")
    return Refined((Question(Kind.COUNT_BY, earlier.criteria, group_by=field),))


def _figured(earlier: Question, said: Question, new: Figure) -> Refined:
    """Another figure, period or breakdown; what is not said stays as it was."""
    old = earlier.figure
    if old is None:
        return Refined((replace(said, criteria=earlier.criteria),))
    figure = replace(
        new,
        by=new.by or (None if new.every else old.by),
        every=new.every or (None if new.by else old.every),
        span=new.span or old.span,
        versus=new.versus or (None if new.span else old.versus),
        among=old.among if isinstance(new.among, Always) and new.metric is old.metric else new.among,
        course=new.course or (old.course if new.metric is old.metric and not (new.by or new.every) else None),
    )
    limit = said.limit if said.limit is not None else earlier.limit
    return Refined((replace(earlier, figure=figure, limit=limit),))


def _other_moves(old: Moved | None, new: Moved) -> Moved:
    if old is None:
        return new
    return Moved(
        old=new.old or old.old,
        new=new.new or old.new,
        course=new.course or old.course,
        span=new.span or old.span,
        segmentation=new.segmentation or old.segmentation,
    )


def _other_past(old: Held | None, new: Held) -> Held:
    if old is None:
        return new
    return Held(new.labels or old.labels, new.span, new.segmentation or old.segmentation)


def _ordered(earlier: Question, said: Question, *, keep_order: bool) -> Refined:
    """Another order, another limit."""
    if not said.sort and said.limit is None:
        return Refined((earlier,))
    if earlier.kind not in {Kind.LIST, Kind.COUNT, Kind.PROSPECTS, Kind.FIGURE}:
        return Refined((), "The answer before has no order and no “top”: it is no list of accounts.")
    if earlier.kind is Kind.PROSPECTS and said.sort and not keep_order:
        return Refined((), "Prospects come by their probability.")
    if earlier.figure is not None and (said.limit is None or not earlier.figure.by):
        return Refined((), "A number has no order: break it down first, “by industry”.")
    limit = said.limit if said.limit is not None else earlier.limit
    if earlier.kind in {Kind.PROSPECTS, Kind.FIGURE}:
        return Refined((replace(earlier, limit=limit),))
    sort = earlier.sort if (keep_order and earlier.sort) or not said.sort else said.sort
    return Refined((replace(earlier, kind=Kind.LIST, sort=sort, limit=limit),))


def _with_criteria(question: Question, node: Node, said: Question, manner: Manner) -> Question:
    figure = question.figure
    if figure is not None and figure.metric is Metric.SHARE and not isinstance(said.criteria, Always):
        # The share of VIPs, only in Berlin, is that of the accounts in Berlin.
        outside = [one for one in parts(said.criteria) if not families(one) & families(question.criteria)]
        among = merged(figure.among, conjunction(*outside), manner)
        if len(among.nodes) == 1:
            figure = replace(figure, among=among.nodes[0])
    return replace(question, criteria=node, figure=figure)
