"""The organisation as it is, for comparison with a copy; and rows encoded before somebody measures."""

from __future__ import annotations

from typing import Any

import orjson

from sandbox.zoho.answers import Answer, Call, Refused
from sandbox.zoho.clock import wire_time
from sandbox.zoho.coql_parse import parse_query
from sandbox.zoho.coql_run import query_view
from sandbox.zoho.records import identity_of
from sandbox.zoho.state import Zoho
from sandbox.zoho.store import Table

MOST_ROWS = 10_000
DEFAULT_ROWS = 1_000


def show_records(zoho: Zoho, call: Call) -> Answer:
    """``GET /_sandbox/records/{module}?after=&limit=``: every record's values as the record list shows them.

    Ascending by id, those after ``after``; ``next`` is the ``after`` of the next stretch, null at the end.
    """
    table = _table(zoho, call.names["module"])
    limit = call.number("limit", DEFAULT_ROWS, MOST_ROWS)
    after = identity_of(call.query["after"]) if call.query.get("after") else 0
    window = table.orders["id"].window((after,))
    ids = window.ids(0, limit)
    names = [one.api_name for one in table.module.fields if not one.has_rows]
    rows = zoho.encoded.rows(zoho.encoded.listed(table, names), ids)
    shown = (
        b'{"id":"%d","modified":"%b","values":%b}' % (identity, wire_time(modified).encode(), row)
        for identity, modified, row in zip(ids, table.times(ids), rows, strict=True)
    )
    following = str(ids[-1]) if len(ids) < len(window) else None
    rest = orjson.dumps({"next": following, "count": len(table.records)})
    return Answer(200, b'{"records":[' + b",".join(shown) + b"]," + rest[1:])


def warm(zoho: Zoho, call: Call) -> Answer:
    """``POST /_sandbox/warm`` {"module", "fields"} or {"select_query"}: encode all rows beforehand."""
    wish = call.json()
    if "select_query" in wish:
        query = parse_query(str(wish["select_query"]))
        table = _table(zoho, query.module)
        view = query_view(zoho, table, query)
    else:
        table = _table(zoho, wish.get("module"))
        names = [name.strip() for name in str(wish.get("fields", "")).split(",") if name.strip()]
        view = zoho.encoded.listed(table, names)
    rows = 0 if view is None else zoho.encoded.warm(view)
    return Answer(200, {"rows": rows})


def _table(zoho: Zoho, name: Any) -> Table:
    table = zoho.store.tables.get(str(name))
    if table is None:
        raise Refused(400, "INVALID_MODULE", {"api_name": "module"})
    return table
