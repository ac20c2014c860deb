"""``POST /crm/v8/coql``."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sandbox.zoho.access import check_scope
from sandbox.zoho.answers import Answer, Call, Refused, data_answer
from sandbox.zoho.coql_columns import resolve
from sandbox.zoho.coql_filter import comparisons
from sandbox.zoho.coql_parse import parse_query
from sandbox.zoho.coql_run import run_query
from sandbox.zoho.coql_tree import Both, Comparison, Literal, Query
from sandbox.zoho.metadata import field_json
from sandbox.zoho.schema import Module
from sandbox.zoho.state import Zoho
from sandbox.zoho.store import Store

CONVERTED = "Converted__s"
CREDIT_STEPS = ((200, 1), (1_000, 2), (2_000, 3))  # rows asked for up to, credits


def query(zoho: Zoho, call: Call) -> Answer:
    """Run the query of a call: 200 with data and info, 204 when nothing matches."""
    body = call.json()
    text = body.get("select_query")
    if text is None:
        raise Refused(400, "MANDATORY_NOT_FOUND", {"api_name": "select_query"}, "required key not found")
    if not isinstance(text, str):
        raise Refused(400, "INVALID_DATA", {"api_name": "select_query", "expected_data_type": "string"})
    parsed = parse_query(text)
    table = zoho.store.tables.get(parsed.module)
    if table is None:
        details = {"module": parsed.module}
        raise Refused(400, "INVALID_MODULE", details, "the given module is not supported in api")
    check_scope(zoho, call, f"ZohoCRM.{_scope(table.module)}.READ")
    parsed = _without_converted(parsed)
    result = run_query(zoho, table, parsed)
    cost = next((price for rows, price in CREDIT_STEPS if parsed.limit <= rows), CREDIT_STEPS[-1][1])
    if not result.rows:
        return Answer(204, credits=cost)
    info = {"count": len(result.rows), "more_records": result.more}
    more: dict[str, Any] = {}
    if "fields" in (body.get("include_meta") or ()):
        more["fields"] = _field_metadata(zoho.store, table.module, parsed)
    return data_answer(result.rows, info, cost, **more)


def _scope(module: Module) -> str:
    return "users" if module.api_name == "Users" else f"modules.{module.parent or module.api_name}"


def _without_converted(parsed: Query) -> Query:
    """Converted leads are found only by a query that asks about the conversion (an assumption)."""
    about = any(one.path == CONVERTED for one in comparisons(parsed.where))
    if parsed.module != "Leads" or about:
        return parsed
    unconverted = Comparison(CONVERTED, "=", (Literal(value=False, quoted=False),))
    return replace(parsed, where=Both(unconverted, parsed.where))


def _field_metadata(store: Store, module: Module, parsed: Query) -> dict[str, Any]:
    columns = (resolve(store, module, item.path) for item in parsed.items)
    return {
        column.field.api_name: field_json(store, column.module, column.field, number)
        for number, column in enumerate(columns, start=1)
        if column.field.id
    }
