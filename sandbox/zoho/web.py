"""A record as a page, where the real CRM has its own: what "Open in CRM" leads to on this machine."""

from __future__ import annotations

from html import escape
from typing import Any

from sandbox.zoho.answers import HTML_TYPE, Answer, Call, Refused
from sandbox.zoho.state import Zoho

MOST_DIGITS = 20
POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;max-width:44rem;margin:3rem auto;padding:0 1rem;color:#1d1c1d}"
    "table{border-collapse:collapse;width:100%}td{border-top:1px solid #ddd;padding:.4rem .6rem}"
    "td:first-child{color:#616061;width:14rem}"
)


def show_record(zoho: Zoho, call: Call) -> Answer:
    """Every field of one record.

    Raises:
        Refused: there is no such record.
    """
    table = zoho.store.table(call.names["module"])
    identity = call.names["id"]
    record = (
        table.records.get(int(identity)) if identity.isdecimal() and len(identity) < MOST_DIGITS else None
    )
    if record is None:
        raise Refused(404, "INVALID_DATA", {"api_name": "id"})
    labels = {one.api_name: one.label for one in table.module.fields}
    rows = "".join(
        f"<tr><td>{escape(labels.get(name, name))}</td><td>{escape(_shown(zoho, value))}</td></tr>"
        for name, value in record.values.items()
        if value not in (None, "", [])
    )
    title = escape(table.display_name(record) or identity)
    page = (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title><style>{STYLE}</style>'
        f"<h1>{title}</h1><table>{rows}</table></html>"
    )
    return Answer(200, page, {"Content-Security-Policy": POLICY}, HTML_TYPE)


def _shown(zoho: Zoho, value: Any) -> str:
    """A value for a person; a number that is the id of a record is shown by its name."""
    if isinstance(value, list):
        return ", ".join(str(one.get("name", "")) if isinstance(one, dict) else str(one) for one in value)
    if isinstance(value, int):
        tables = zoho.store.tables.values()
        named = (table.display_name(table.records[value]) for table in tables if value in table.records)
        return next(named, None) or str(value)
    return str(value)
