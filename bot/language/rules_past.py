"""Rules for labels of the past: who was VIP in June, who used to be a champion."""

from __future__ import annotations

from bot.language.combine import one_of, readings
from bot.language.draft import Draft, opposite
from bot.language.meanings import Role
from bot.language.question import Days, Held, Kind, Question, Reading
from bot.language.rules_labels import SaidLabels, labels
from bot.language.rules_values import is_label
from bot.language.spans import days_of
from scoring.criteria.tree import Node, conjunction


def held(draft: Draft, at: int) -> int:
    """Was VIP, were champions, used to be at risk, has ever been VIP, former VIPs."""
    word = draft.role(at, Role.FORMER, Role.EVER, Role.WERE)
    if word is None:
        return at
    former = draft.role(at, Role.FORMER) is not None
    start = at + 1
    while draft.role(start, Role.FILLER, Role.FORMER, Role.EVER, Role.PLACE) and not draft.values(start):
        former = former or draft.role(start, Role.FORMER) is not None
        start += 1
    said = labels(draft, start)
    if said is None:
        return at
    if draft.nots:
        return draft.problem(at, said.end, "Who did not have a label in the past cannot be asked for.")
    second = labels(draft, said.end)
    if second is not None and word.role is Role.WERE and not draft.asked.held:
        return _which_then(draft, at, said, second)
    if draft.asked.held:
        return draft.problem(at, said.end, "Labels of one time in the past can be asked for.")
    return _take(draft, at, said, former=former)


def _which_then(draft: Draft, at: int, said: SaidLabels, second: SaidLabels) -> int:
    """Were any champions at risk in August: which of the two is of that time?"""
    now, then = " or ".join(said.labels), " or ".join(second.labels)
    texts = (
        (f"{now} that were {then}", f"{now} now, {then} then"),
        (f"{then} that were {now}", f"{then} now, {now} then"),
    )
    readings = tuple(Reading(draft.rewritten(at, second.end, text), shown) for text, shown in texts)
    return draft.problem(at, second.end, "Which of these labels is that of today?", readings=readings)


def any_more(draft: Draft, at: int) -> SaidLabels | None:
    """Not VIP *anymore*: the labels, up to that word."""
    said = labels(draft, at + 1) if draft.role(at, Role.NOT) else None
    if said is None or not draft.role(said.end, Role.FORMER):
        return None
    return SaidLabels(said.labels, said.segmentation, said.end + 1)


def not_any_more(draft: Draft, at: int) -> int:
    """Who is not VIP anymore: who was, and is not."""
    said = any_more(draft, at)
    return at if said is None or draft.asked.held else _take(draft, at, said, former=True)


def _take(draft: Draft, at: int, said: SaidLabels, *, former: bool) -> int:
    asked = draft.asked
    asked.held, asked.held_at, asked.former = list(said.labels), at, former
    asked.segmentation = said.segmentation
    draft.joined, draft.placed = None, False
    names = " or ".join(said.labels)
    return draft.use(at, said.end, f"was {names}" + (", and is not now" if former else ""))


def still(draft: Draft, at: int) -> int:
    """Who was VIP in June and still is."""
    if not draft.role(at, Role.STILL) or not draft.asked.held or draft.skip(at + 1) < len(draft.items):
        return at
    draft.asked.still, draft.joined = True, None
    return draft.use(at, at + 1, "and is so now")


def settle(draft: Draft) -> None:
    """A label of the past needs a day or a period, unless it is simply one that is over."""
    asked = draft.asked
    if asked.held_at is None:
        _labels_apart(draft)
    if asked.held_at is None:
        draft.problem(0, 1, "Which label in the past?")
    elif not asked.spans and not _past_at_all(draft):
        when_is_missing(draft, asked.held_at, asked.held_at + 1)


def _labels_apart(draft: Draft) -> None:
    """Were any retail accounts champions last quarter: the only label that was said is meant."""
    asked = draft.asked
    said = [term for term in draft.terms if is_label(term.node) or (term.negative and term.field == "label")]
    if len(said) != 1 or said[0].negative or said[0].field != "label":
        return
    at = asked.were_at if asked.were_at is not None else _over(draft)
    if at is None:
        return
    asked.held, asked.held_at = [str(one) for one in said[0].values], at
    draft.terms.remove(said[0])


def _over(draft: Draft) -> int | None:
    """Where a period stands that is over: VIPs on 1 March, champions last month."""
    for at, _, span in draft.asked.spans:
        last = days_of(span, draft.vocabulary.today, draft.vocabulary.index.fiscal_year_starts)
        if last.first is not None and last.last is not None and last.last < draft.vocabulary.today:
            return at
    return None


def _past_at_all(draft: Draft) -> bool:
    at = draft.asked.held_at
    return draft.asked.former or (at is not None and draft.role(at, Role.EVER) is not None)


def when_is_missing(draft: Draft, first: int, last: int) -> int:
    """Who was VIP: when?"""
    readings = tuple(
        Reading(draft.rewritten(first, last, new), f"{new} …")
        for new in ("who used to be", "who has ever been", "who is")
    )
    return draft.problem(first, last, "When? For example last month, in June, on 1 March.", readings=readings)


def was_in_a_list(draft: Draft, at: int) -> int:
    """In a question of today: who were VIP is asked when; who were in Texas are in Texas."""
    if not draft.role(at, Role.WERE, Role.EVER):
        return at
    if labels(draft, at + 1) is not None:
        return when_is_missing(draft, at, at + 1)
    return draft.use(at, at + 1, "are")


def were(draft: Draft, at: int) -> int:
    """Who was downgraded; were any retail accounts champions: the verb stands apart."""
    if not draft.role(at, Role.WERE, Role.EVER):
        return at
    draft.asked.were_at = at
    return draft.use(at, at + 1, "asked")


def questions(draft: Draft) -> tuple[Question, ...]:
    """The question; several when its conditions can be put together in more than one way."""
    asked = draft.asked
    span = asked.spans[0][2] if asked.spans else Days(None, draft.vocabulary.today)
    one = Held(tuple(asked.held), span, asked.segmentation)
    not_now: tuple[Node, ...] = ()
    if asked.former or asked.still:
        field = "label" if asked.segmentation is None else f"label.{asked.segmentation}"
        now = one_of(field, asked.held)
        not_now = (now if asked.still else opposite(now),)
    return tuple(
        Question(Kind.HISTORY, conjunction(node, *not_now), words=draft.word_uses(), held=one)
        for node in readings(draft.terms)
    )
