"""Labels where nothing but a label can stand: left VIP, from VIP or Loyal to At Risk, who was a champion."""

from __future__ import annotations

from dataclasses import dataclass

from bot.language.draft import Draft
from bot.language.meanings import Role, ValueWord
from bot.language.when import moment

_JOINING = (Role.AND, Role.OR, Role.COMMA, Role.NOR)
_LABEL, _PREFIX = "label", "label."


@dataclass(frozen=True)
class SaidLabels:
    """Labels of one segmentation; ``segmentation`` is None for the primary one."""

    labels: tuple[str, ...]
    segmentation: str | None
    end: int


def label_at(draft: Draft, at: int) -> ValueWord | None:
    """The label that the word at an index may stand for."""
    for one in draft.values(at):
        if isinstance(one, ValueWord) and (one.field == _LABEL or one.field.startswith(_PREFIX)):
            return one
    return None


def gained_label(draft: Draft, at: int) -> ValueWord | None:
    """The label before a verb of gaining or losing: how many VIPs did we lose; of customers, the lost."""
    behind = draft.behind(at)
    if not draft.role(at, Role.GAINED) or (draft.role(at, Role.HAVE_GOT) and not _dated(draft)):
        return None
    named = (draft.role(behind, Role.NOUN) or draft.role(at - 1, Role.WHO)) and draft.gained(at, lost=True)
    words = draft.vocabulary.index.meanings(named.argument) if named else ()
    known = [one for one in words if isinstance(one, ValueWord) and one.field == _LABEL]
    return known[0] if known else label_at(draft, behind)


def _dated(draft: Draft) -> bool:
    """Whether a time is said: how many VIPs we got last month."""
    places = range(len(draft.items))
    return any(moment(draft, at) is not None and not draft.role(at, Role.UNIT) for at in places)


def labels(draft: Draft, at: int) -> SaidLabels | None:
    """One or more labels from an index on, with the words around them: the VIP label, VIP or Loyal status."""
    first = _over_noun(draft, draft.skip(at))
    word = label_at(draft, first)
    if word is None:
        return None
    found, end = list(word.values), first + 1
    while (more := _next(draft, end, word.field)) is not None:
        found += more.values
        end = _joined_end(draft, end) + 1
    end = _over_noun(draft, end, behind=True)
    segmentation = None if word.field == _LABEL else word.field.removeprefix(_PREFIX)
    return SaidLabels(tuple(dict.fromkeys(found)), segmentation, end)


def _next(draft: Draft, at: int, field: str) -> ValueWord | None:
    if not draft.role(at, *_JOINING):
        return None
    word = label_at(draft, _joined_end(draft, at))
    return word if word is not None and word.field == field else None


def _joined_end(draft: Draft, at: int) -> int:
    at += 1
    while draft.role(at, *_JOINING):  # ", or"
        at += 1
    return draft.skip(at)


def _over_noun(draft: Draft, at: int, *, behind: bool = False) -> int:
    """The words status, label, tier; never a value of the organisation."""
    noun = draft.role(at, Role.LABEL_NOUN) and not draft.values(at)
    return (at + 1 if behind else draft.skip(at + 1)) if noun else at
