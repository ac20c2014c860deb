"""What the terminal shows of an answer. Pure drawing with rich; nothing is decided here.

Every foreign value is shown as it is, never as markup, and without signs that a terminal would act upon. A
long one goes on in the next line: nothing is cut.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Final

from rich.console import Console, JustifyMethod
from rich.markup import escape
from rich.table import Table

from bot.app.answers import AccountCard, Answer, Explanation
from bot.app.columns import cells_of, columns_of
from bot.app.tables import AnswerTable, Cell, CellType
from bot.app.wording import NOTHING, ago, counted, day, isolated, money, one_line, percent, written
from bot.language.question import Kind, NotUnderstood

RIGHT: Final = frozenset({CellType.NUMBER, CellType.MONEY, CellType.PERCENT, CellType.DAYS})
_LISTED: Final = {Kind.LIST, Kind.COUNT_BY}
_WIDEST: Final = 24  # of what is kept in one line where the terminal is narrow


def show_answer(console: Console, answer: Answer, now: datetime) -> None:
    """An answer, with how it was read below it."""
    if answer.not_understood is not None:
        _show_not_understood(console, answer.not_understood)
        return
    if answer.kind is Kind.HELP:
        show_help(console, answer.help)
        return
    _show_rows(console, answer)
    for sentence in answer.remarks:
        console.print(f"  · {harmless(sentence)}", highlight=False)
    console.print(f"[dim]Read as[/dim] {harmless(answer.read_as)}", highlight=False)
    console.print(f"[dim]{_place(answer)}{data_age(answer.as_of, now)}[/dim]", highlight=False)


def _show_rows(console: Console, answer: Answer) -> None:
    if answer.said or answer.table is not None:
        _show_said(console, answer)
    elif answer.card is not None:
        _show_card(console, answer.card, answer.currency)
    elif answer.kind in _LISTED and not (answer.accounts or answer.groups):
        # A head with nothing below it looks as if something were missing.
        console.print("There are no more accounts." if answer.total else "No account meets this.")
    elif answer.kind is Kind.COUNT_BY:
        _show_groups(console, answer)
    elif answer.kind is Kind.COUNT:
        console.print(f"[bold]{answer.total:,}[/bold]")
    else:
        console.print(account_table(answer))


def _show_said(console: Console, answer: Answer) -> None:
    if answer.said:
        console.print(f"[bold]{harmless(answer.said)}[/bold]", highlight=False)
    if answer.table is not None and answer.table.rows:
        console.print(answer_table(answer.table, answer.currency))


def _place(answer: Answer) -> str:
    """How much of it is shown; nothing where that is everything by its nature."""
    if answer.table is not None and answer.table.rows:
        shown = len(answer.table.rows)
        place = f"{answer.offset + 1:,} to {answer.offset + shown:,}" if answer.offset else f"{shown:,}"
        return f"{place} of {answer.table.total:,} rows · "
    if answer.said or not (answer.accounts or answer.groups):
        return ""
    if answer.kind is Kind.COUNT_BY:
        return f"{counted(len(answer.groups), 'group')}, {counted(answer.total, 'account')} · "
    if answer.offset:
        return f"{answer.offset + 1:,} to {answer.offset + answer.shown:,} of {answer.total:,} · "
    return f"{answer.shown:,} of {answer.total:,} · " if answer.kind is Kind.LIST else ""


def harmless(text: str) -> str:
    """A foreign text on one line, as it is written; empty for an empty one."""
    return escape(isolated(one_line(text)))


def show_help(console: Console, topics: Sequence[Any]) -> None:
    """What can be asked."""
    for topic in topics:
        console.print(f"[bold]{harmless(topic.title)}[/bold]")
        for example in topic.commands or topic.examples:
            console.print(f"  {harmless(example)}", highlight=False)


def account_table(answer: Answer) -> Table:
    """The accounts of a list."""
    columns = columns_of(answer)
    rows = [(line.name, *cells_of(line, answer)) for line in answer.accounts]
    types = (CellType.ACCOUNT, *(one.type for one in columns))
    return _table(("Account", *(one.head for one in columns)), types, rows, answer.currency)


def answer_table(table: AnswerTable, currency: str) -> Table:
    """The rows of an answer."""
    return _table(
        [one.head for one in table.columns], [one.type for one in table.columns], table.rows, currency
    )


def _table(
    heads: Sequence[str], types: Sequence[CellType], rows: Sequence[Sequence[Cell]], currency: str
) -> Table:
    cells = [
        [harmless(written(cell, kind, currency)) for cell, kind in zip(row, types, strict=True)]
        for row in rows
    ]
    table = Table(box=None, pad_edge=False)
    for at, (head, kind) in enumerate(zip(heads, types, strict=True)):
        justify: JustifyMethod = "right" if kind in RIGHT else "left"
        widest = max((len(row[at]) for row in cells), default=0)
        least = min(widest, _WIDEST) if kind in RIGHT or kind is CellType.ACCOUNT else None
        table.add_column(harmless(head), justify=justify, overflow="fold", min_width=least)
    for row in cells:
        table.add_row(*row)
    return table


def data_age(as_of: datetime | None, now: datetime) -> str:
    """How old the data is."""
    if as_of is None:
        return "the CRM has not been read to its end yet: run `bellwether sync`"
    return f"data from {ago((now - as_of).total_seconds())}"


def _show_groups(console: Console, answer: Answer) -> None:
    head = (answer.group_by or "value").replace("_", " ").capitalize()
    rows = [(group.value or "(none)", group.count) for group in answer.groups]
    types = (CellType.TEXT, CellType.NUMBER)
    console.print(_table((head, "Accounts"), types, rows, answer.currency))


def _show_card(console: Console, card: AccountCard, currency: str) -> None:
    line = card.line
    since = f" since {card.label_since:%d %b %Y}" if card.label_since else ""
    label = harmless(line.label or "no label")
    console.print(f"[bold]{harmless(line.name)}[/bold] · {label}{since}", highlight=False)
    for name, value in _facts(card, currency).items():
        console.print(f"  {name:14}{harmless(value)}", highlight=False)
    for sentence in card.why:
        console.print(f"  · {harmless(sentence)}", highlight=False)
    if card.next_step:
        console.print(f"[bold]Next step[/bold] {harmless(card.next_step)}", highlight=False)
    for text in _offers(card, currency):
        console.print(f"[bold]Offer[/bold] {text}", highlight=False)
    for one in card.further:
        _show_explanation(console, one)


def _facts(card: AccountCard, currency: str) -> dict[str, str]:
    line = card.line
    return {
        "R F M": " ".join(str(score or NOTHING) for score in (line.r, line.f, line.m)),
        "Spend": f"{money(line.spend_minor, currency)} in {counted(line.purchases, 'purchase')}",
        "Last purchase": day(line.last_purchase),
        "Owner": line.owner or NOTHING,
        "Place": ", ".join(part for part in (line.city, line.state, line.country) if part) or NOTHING,
        "Open deals": f"{card.open_deals} worth {money(card.open_deals_minor, currency)}",
    }


def _offers(card: AccountCard, currency: str) -> Iterator[str]:
    for one in card.offers:
        said = f"{percent(one.chance)} chance · {money(one.value_minor, currency)} expected · {one.why}"
        yield f"{harmless(one.what)} · {harmless(said)}"


def _show_explanation(console: Console, one: Explanation) -> None:
    said = " · ".join(part for part in (one.label or "no label", one.measured) if part)
    console.print(f"[bold]{harmless(one.segmentation)}[/bold] · {harmless(said)}", highlight=False)
    for sentence in one.why:
        console.print(f"  · {harmless(sentence)}", highlight=False)


def _show_not_understood(console: Console, problem: NotUnderstood) -> None:
    console.print(harmless(problem.reason), highlight=False)
    for word in problem.words:
        console.print(f"  not understood: [bold]{harmless(word.word)}[/bold]", highlight=False)
        for reading in word.readings:
            console.print(f"    → {harmless(reading.text)}", highlight=False)
    for reading in problem.readings:
        console.print(f"  → {harmless(reading.text)}", highlight=False)
