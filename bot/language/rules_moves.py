"""Rules for changes of label: who left VIP, moved from VIP to At Risk, became a champion, got worse."""

from __future__ import annotations

from bot.language.combine import readings
from bot.language.draft import Draft, Term
from bot.language.meanings import Role
from bot.language.question import Course, Kind, Moved, Question, Reading
from bot.language.rules_labels import SaidLabels, gained_label, label_at, labels
from bot.language.tokens import phrase

_FROM, _TO = "from", "to"
_MOST_OFFERED = 3


def moved(draft: Draft, at: int) -> int:
    """A verb of moving with the labels behind it."""
    word = draft.role(at, Role.MOVED)
    if word is None:
        return at
    if draft.nots:
        return draft.problem(at, at + 1, "Who did not change label is the rest: ask for those who did.")
    if word.argument in {Course.WORSE, Course.BETTER}:
        draft.asked.course = Course(word.argument)
    first = not draft.asked.moved_at
    draft.asked.moved_at.append(at)
    end = _labels_behind(draft, at + 1, word.argument)
    if end == at + 1 and word.argument in {_FROM, _TO} and first:
        return _which_label(draft, at)
    draft.joined, draft.placed = None, False
    return draft.use(at, end, _told(draft))


def gained(draft: Draft, at: int) -> int:
    """How many VIPs *did we lose*: the label stands before."""
    label = gained_label(draft, at)
    if label is None or draft.nots:
        return at
    before = draft.terms[-1] if draft.terms else None
    stands = before is not None and before.values == label.values and not before.negative
    word = draft.gained(at, lost=not stands)
    if word is None:
        return at
    if stands:
        draft.terms.pop()
    draft.asked.moved_at.append(at)
    (draft.asked.old if word.argument == _FROM else draft.asked.new).extend(label.values)
    return draft.use(at, at + 1, _told(draft))


def lost_by_us(draft: Draft, at: int) -> bool:
    """Customers *we lost* last month: the label is the verb of somebody who speaks."""
    verb = draft.role(at, Role.DEAL_VERB) and label_at(draft, at)
    return bool(verb) and draft.role(at - 1, Role.WE, Role.SPEAKER) is not None


def became_lost(draft: Draft, at: int) -> int:
    """Customers we lost last month: they got that label then."""
    label = label_at(draft, at)
    if label is None or draft.nots or draft.asked.moved_at or not lost_by_us(draft, at):
        return at
    draft.asked.moved_at.append(at)
    draft.asked.new.extend(label.values)
    draft.joined, draft.placed = None, False
    return draft.use(at, at + 1, _told(draft))


def newly(draft: Draft, at: int) -> int:
    """New champions this quarter: who became so."""
    said = labels(draft, at + 1) if draft.role(at, Role.NEWLY) else None
    if said is None or draft.nots or draft.asked.moved_at:
        return at
    draft.asked.moved_at.append(at)
    end = _take(draft, _TO, said)
    draft.joined, draft.placed = None, False
    return draft.use(at, end, _told(draft))


def _labels_behind(draft: Draft, at: int, direction: str) -> int:
    """Labels with "from" and "to" before them, in either order; a first one without belongs to the verb."""
    end, here = at, at
    while here < len(draft.items):
        side = (
            _FROM if draft.role(here, Role.FROM_LABEL) else _TO if draft.role(here, Role.TO_LABEL) else None
        )
        said = labels(draft, here + 1) if side is not None else None
        if said is None and direction in {_FROM, _TO} and not (draft.asked.old or draft.asked.new):
            side, said = direction, labels(draft, here)
        if said is not None and side is not None:
            end = here = _take(draft, side, said)
        elif draft.role(here, Role.FILLER, Role.LABEL_NOUN) and not draft.values(here):
            here += 1
            end = here if draft.role(here - 1, Role.LABEL_NOUN) else end
        else:
            break
    return end


def _take(draft: Draft, side: str, said: SaidLabels) -> int:
    asked = draft.asked
    (asked.old if side == _FROM else asked.new).extend(said.labels)
    asked.segmentation = said.segmentation or asked.segmentation
    return said.end


def _which_label(draft: Draft, at: int) -> int:
    """Who left: that may be any label."""
    known = draft.vocabulary.index.values.get("label", ())[:_MOST_OFFERED]
    word = draft.words(at, at + 1)
    readings = tuple(Reading(draft.rewritten(at, at + 1, f"{word} {one}"), f"{word} {one}") for one in known)
    changed = Reading(draft.rewritten(at, at + 1, "changed label"), "changed label")
    return draft.problem(at, at + 1, f"“{word}” which label?", readings=(*readings, changed))


def _told(draft: Draft) -> str:
    old, new = " or ".join(draft.asked.old), " or ".join(draft.asked.new)
    parts = ["changed label", f"from {old}" if old else "", f"to {new}" if new else ""]
    return " ".join(one for one in (*parts, draft.asked.course or "") if one)


def questions(draft: Draft) -> tuple[Question, ...]:
    """The question; several where a label beside the verb may be the one before or that of today."""
    found: list[Question] = []
    for terms, old, new in _senses(draft):
        asked = draft.asked
        span = asked.spans[0][2] if asked.spans else None
        one = Moved(
            tuple(dict.fromkeys(old)), tuple(dict.fromkeys(new)), asked.course, span, asked.segmentation
        )
        found += [Question(Kind.MOVED, node, words=draft.word_uses(), moved=one) for node in readings(terms)]
    return tuple(found)


def _senses(draft: Draft) -> list[tuple[list[Term], list[str], list[str]]]:
    """VIPs that were downgraded: those who were VIP before, or who are now."""
    asked = draft.asked
    plain = (draft.terms, asked.old, asked.new)
    beside = [
        term for term in draft.terms if phrase(term.field) == "label" and term.values and not term.negative
    ]
    if len(beside) != 1 or asked.old or asked.segmentation:
        return [plain]
    rest = [term for term in draft.terms if term is not beside[0]]
    if asked.new and not set(beside[0].values) & set(asked.new):
        return [(rest, [str(one) for one in beside[0].values], asked.new)]  # champions that became at risk
    return [(rest, [str(one) for one in beside[0].values], asked.new), plain]
