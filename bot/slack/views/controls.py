"""What can be pressed below an answer: pages, order, sharing, export, saving, a chart. One row.

What a button carries is the whole question as text, so that nothing must be kept and whoever presses is
asked anew. A question that is too long for a button, or to be read again, has none.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

from bot.app.answers import Answer
from bot.app.columns import sortings
from bot.language.question import Kind, Sort
from bot.language.restate import restate
from bot.language.tokens import LONGEST_CHARACTERS
from bot.slack import ids
from bot.slack.views import limits
from bot.slack.views.blocks import Json, actions, button, select
from bot.slack.views.drawing import Drawing
from bot.slack.views.text import plain
from scoring.criteria.tree import Always

MOST_ELEMENTS: Final = 5
LONGEST: Final = min(limits.BUTTON_VALUE, LONGEST_CHARACTERS)
# What has pages and can be exported.
ROWS_OF_ACCOUNTS: Final = frozenset({Kind.LIST, Kind.MOVED, Kind.HISTORY, Kind.PROSPECTS})
# Begins an option of the sorting menu that carries a whole question; the others begin with - or +.
WHOLE: Final = "?"


def question_text(answer: Answer) -> str:
    """The question as a sentence that needs no thread to be understood."""
    return answer.question if answer.asked is None else restate(answer.asked)


def controls(answer: Answer, drawn: int, drawing: Drawing) -> tuple[Json, ...]:
    """The row below an answer; none where nothing can be done with it.

    Args:
        answer: what it stands below.
        drawn: how many rows are shown.
        drawing: who asks, and who sees it.
    """
    deeds = list(_deeds(answer, drawn, drawing))
    is_carried = bool(deeds) and not drawing.private
    elements = [*_pages(answer, drawn), *_sorting(answer, is_carried=is_carried), *deeds][:MOST_ELEMENTS]
    return (actions(ids.owned("answer", drawing.asker), *elements),) if elements else ()


def _pages(answer: Answer, drawn: int) -> Iterator[Json]:
    """To the next page and the first; what they carry is asked again for whoever clicks."""
    if answer.kind not in ROWS_OF_ACCOUNTS:
        return
    after = answer.offset + drawn
    wanted = [("From the start", 0)] if answer.offset else []
    if after < answer.total and drawn:
        wanted.append((f"Next {min(max(answer.shown, 1), answer.total - after)}", after))
    text = question_text(answer)
    for number, (said, offset) in enumerate(wanted):
        value = page_value(text, offset)
        if len(text) <= LONGEST and len(value) <= limits.BUTTON_VALUE:
            yield button(said, ids.numbered(ids.PAGE, number), value)


def page_value(question: str, offset: int) -> str:
    """What a page button carries: the whole question and where to go on, so that nothing must be kept."""
    return json.dumps({"q": question, "offset": offset}, ensure_ascii=False, separators=(",", ":"))


def _sorting(answer: Answer, *, is_carried: bool) -> Iterator[Json]:
    """A menu of the shown columns. Its options carry whole questions where all of them fit.

    Otherwise only the order: the question then stands in a button beside the menu, which Slack sends along,
    but not for a message that one person alone sees; there is no menu there then (``is_carried``).
    """
    if answer.kind is not Kind.LIST or answer.asked is None or not answer.accounts or answer.total == 1:
        return
    asked, ways = answer.asked, sortings(answer)
    whole = [WHOLE + restate(replace(asked, sort=(one.sort,))) for one in ways]
    fit = all(len(one) <= limits.OPTION_VALUE for one in whole)
    short = [order_value(one.sort) for one in ways]
    if not fit and not is_carried:
        return
    said = [plain(one.said, limits.OPTION_TEXT) for one in ways]
    options = [
        (text, value)
        for text, value in zip(said, whole if fit else short, strict=True)
        if len(value) <= limits.OPTION_VALUE
    ]
    yield select("Sort by…", ids.SORT, options[: limits.OPTIONS])


def order_value(sort: Sort) -> str:
    """An order as an option carries it: ``-total_spend``, ``+name``."""
    return f"{'-' if sort.descending else '+'}{sort.field}"


def order_of(value: str) -> Sort | None:
    """The order that an option carries; None where it carries something else."""
    if value[:1] not in {"-", "+"} or not value[1:]:
        return None
    return Sort(value[1:], descending=value[0] == "-")


def _deeds(answer: Answer, drawn: int, drawing: Drawing) -> Iterator[Json]:
    """Sharing, exporting, saving, drawing: the first ones matter most, because there is room for five."""
    text = question_text(answer)
    if answer.kind is None or not text.strip() or len(text) > LONGEST:
        return
    if drawing.private:
        yield button("Share", ids.SHARE, text)
    if drawing.may_export and answer.kind in ROWS_OF_ACCOUNTS and drawn:
        yield button("Export", ids.EXPORT, text)
    if drawing.may_save and _has_criteria(answer):
        yield button("Save as segment", ids.SAVE, text)
    if _can_be_drawn(answer):
        yield button("Chart", ids.CHART, text)


def _has_criteria(answer: Answer) -> bool:
    asked = answer.asked
    return answer.kind is Kind.LIST and asked is not None and not isinstance(asked.criteria, Always)


def _can_be_drawn(answer: Answer) -> bool:
    if answer.kind is Kind.LIST:
        return len(answer.accounts) > 1
    return answer.picture is not None or (answer.kind is Kind.COUNT_BY and len(answer.groups) > 1)


def carried_question(body: Any) -> str:
    """The question in a button of ours beside the element that was used; empty where there is none."""
    blocks = (body.get("message") or {}).get("blocks") or ()
    elements = [element for block in blocks for element in block.get("elements") or ()]
    names = (ids.EXPORT, ids.SHARE, ids.CHART, ids.SAVE)
    found = (one.get("value") for one in elements if one.get("action_id") in names)
    return str(next(found, None) or "")
