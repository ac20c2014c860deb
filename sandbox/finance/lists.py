"""Lists: which documents, in which order, which page; and what the answer says of it.

Unknown parameters, unknown values of ``filter_by`` and unknown columns to sort by are ignored without a
word, as the real API does; only the echo in ``page_context`` tells.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from sandbox.finance.documents import Archive, Document
from sandbox.finance.kinds import Choice, Kind
from sandbox.finance.refusals import invalid_value
from sandbox.finance.shapes import list_shape, receivables, shown_rows
from sandbox.finance.wire import STAMPS, hundredths, number, read_stamp
from sandbox.zoho.answers import MOST_DIGITS

PER_PAGE = 200  # the default and the most; a larger number is taken as this one
ROWS, SUMS, COUNT = frozenset({"0", "1", "4"}), frozenset({"1", "3", "4"}), frozenset({"1", "2", "3"})
SUFFIXES = (
    "_startswith", "_contains", "_less_than", "_less_equals", "_greater_than", "_greater_equals",
    "_start", "_end", "_before", "_after",
)  # fmt: skip
SEARCHED = (
    "contact_name", "name", "customer_name", "vendor_name", "company_name", "email", "reference_number",
    "invoice_number", "estimate_number", "salesorder_number", "purchaseorder_number", "creditnote_number",
)  # fmt: skip
Test = Callable[[Document], bool]


@dataclass(frozen=True)
class Spoiled:
    """What a fault does to a list: its order is not heeded; a row moved between two pages."""

    order: bool = False
    moved: bool = False


def list_answer(archive: Archive, kind: Kind, query: Mapping[str, str], spoiled: Spoiled) -> dict[str, Any]:
    """The answer to a list.

    Raises:
        FinanceRefused: a page, a date, a number or ``last_modified_time`` is none.
    """
    applied, tests = _tests(kind, query)
    rows = [one for one in archive.of(kind.shelf).values() if all(test(one) for test in tests)]
    column, order = _sorting(kind, query, heeded=not spoiled.order)
    rows.sort(key=_sort_key(archive, column), reverse=order == "D")
    page, per_page = _number(query, "page", 1), min(_number(query, "per_page", PER_PAGE), PER_PAGE)
    start = (page - 1) * per_page - (spoiled.moved and page > 1)
    shown = rows[start : start + per_page]
    context = {
        "page": page,
        "per_page": per_page,
        "has_more_page": start + len(shown) < len(rows) and bool(shown),
        "report_name": kind.report,
        "applied_filter": applied,
        "custom_fields": [],
        "sort_column": column,
        "sort_order": order,
    }
    option = query.get("response_option", "0") if kind.counted else "0"
    body: dict[str, Any] = {"code": 0, "message": "success"}
    if option in ROWS or option not in COUNT:
        body[kind.plural] = shown_rows(list_shape(archive, kind), shown)
    return body | {"page_context": context | _sums(rows, option)}


def _sums(rows: list[Document], option: str) -> dict[str, Any]:
    """The count and the sums. That the count is ``page_context.total`` was seen; where sums stand was not."""
    sums: dict[str, Any] = {}
    if option in COUNT:
        sums["total"] = len(rows)
    if option in SUMS:
        columns = ("total", "balance")
        sums["sum_columns"] = [
            {"column": one, "sum": number(sum(hundredths(row.values[one]) for row in rows))}
            for one in columns
        ]
    return sums


def _tests(kind: Kind, query: Mapping[str, str]) -> tuple[str, list[Test]]:
    """The filter that is echoed, and everything that a document must fulfil."""
    tests: list[Test] = []
    asked = query.get("filter_by") or kind.unasked or kind.everything
    choice = kind.choices.get(asked)
    if choice is not None:
        tests.append(partial(_chosen, choice))
    applied = asked if choice is not None else kind.everything
    for name, text in query.items():
        test = _test(kind, name, text) if text else None
        if test is not None:
            tests.append(test)
    return applied, tests


def _chosen(choice: Choice, one: Document) -> bool:
    return choice(one.values if "status" in one.values else one.values | {"status": one.get("status")})


def _test(kind: Kind, name: str, text: str) -> Test | None:
    if name == "search_text":
        wanted = text.casefold()
        return lambda one: any(wanted in str(one.values.get(key, "")).casefold() for key in SEARCHED)
    if name == "last_modified_time":
        return _modified_after(text) if kind.modified_filter else None
    suffix = next((one for one in SUFFIXES if name.endswith(one) and name not in kind.filters), "")
    base = name.removesuffix(suffix)
    if base not in kind.filters:
        return None
    return MAKERS[kind.filters[base]](base, suffix, text)


def _modified_after(text: str) -> Test:
    moment = read_stamp(text)
    if moment is None:
        raise invalid_value("last_modified_time")
    return lambda one: one.modified > moment


def _text_test(name: str, suffix: str, text: str) -> Test | None:
    wanted = text.casefold()
    compare: Mapping[str, Callable[[str], bool]] = {
        "": lambda value: value == wanted,
        "_startswith": lambda value: value.startswith(wanted),
        "_contains": lambda value: wanted in value,
    }
    if suffix not in compare:
        return None
    if name in {"item_name", "item_description"}:
        return lambda one: any(compare[suffix](line.name.casefold()) for line in one.lines)
    return lambda one: compare[suffix](str(one.get(name)).casefold())


def _id_test(name: str, suffix: str, text: str) -> Test | None:
    if suffix:
        return None
    if name == "item_id":
        return lambda one: any(line.item == text for line in one.lines)
    if name == "salesorder_ids":
        wanted = set(text.split(","))
        return lambda one: one.id in wanted
    return lambda one: str(one.get(name)) == text


def _number_test(name: str, suffix: str, text: str) -> Test | None:
    try:
        wanted = hundredths(float(text))
    except (ValueError, OverflowError):
        raise invalid_value(name) from None
    compare: Mapping[str, Callable[[int], bool]] = {
        "": lambda value: value == wanted,
        "_less_than": lambda value: value < wanted,
        "_less_equals": lambda value: value <= wanted,
        "_greater_than": lambda value: value > wanted,
        "_greater_equals": lambda value: value >= wanted,
    }
    return (lambda one: compare[suffix](hundredths(one.values[name]))) if suffix in compare else None


def _date_test(name: str, suffix: str, text: str) -> Test | None:
    if read_stamp(f"{text}T00:00:00+0000") is None:
        raise invalid_value(name + suffix)
    compare: Mapping[str, Callable[[str], bool]] = {
        "": lambda value: value == text,
        "_start": lambda value: value >= text,
        "_end": lambda value: value <= text,
        "_before": lambda value: value < text,
        "_after": lambda value: value > text,
    }
    key = "created_time" if name == "created_date" else name
    return (lambda one: compare[suffix](str(one.get(key))[:10])) if suffix in compare else None


MAKERS: Mapping[str, Callable[[str, str, str], Test | None]] = {
    "text": _text_test,
    "id": _id_test,
    "number": _number_test,
    "date": _date_test,
}


def _sorting(kind: Kind, query: Mapping[str, str], *, heeded: bool) -> tuple[str, str]:
    column = query.get("sort_column", "")
    if not heeded:
        return kind.sorting
    if column not in kind.sortable:
        column = kind.sorting[0]
    order = {"A": "A", "ascending": "A", "D": "D", "descending": "D"}.get(query.get("sort_order", ""))
    if kind.order_quirk and column == "created_time":
        return column, "D"
    return column, order or kind.sorting[1]


def _sort_key(archive: Archive, column: str) -> Callable[[Document], tuple[Any, str]]:
    """What to sort by; equal values stand in the order of their ids."""
    if column == "outstanding_receivable_amount":
        owed = receivables(archive)
        return lambda one: (owed.get(one.id, (0, 0))[0], one.id)
    if column in {"created_time", "event_time"}:
        return lambda one: (one.created, one.id)
    if column in STAMPS:
        return lambda one: (one.modified, one.id)
    if column in {"total", "balance", "rate", "amount"}:
        return lambda one: (one.values[column], one.id)
    return lambda one: (str(one.get(column)).casefold(), one.id)


def _number(query: Mapping[str, str], name: str, default: int) -> int:
    text = query.get(name, str(default))
    if not (text.isascii() and text.isdigit() and len(text) < MOST_DIGITS) or int(text) < 1:
        raise invalid_value(name)
    return int(text)
