"""Reading records: lists, one record, counts, the deleted."""

from __future__ import annotations

from typing import Any

from sandbox.zoho.answers import Answer, Call, Refused, data_answer, page_info
from sandbox.zoho.clock import wire_time
from sandbox.zoho.modified import changed_since
from sandbox.zoho.ordering import Chosen, Window
from sandbox.zoho.paging import LARGEST_PAGE, cut_page, read_wish
from sandbox.zoho.shaping import shape, user_receipt, with_rows
from sandbox.zoho.state import Zoho
from sandbox.zoho.store import DeletedRecord, Store, Table, key_of

MOST_FIELDS = 50
MOST_IDS = 100
LONGEST_ID = 20
SORTABLE = ("id", "Created_Time", "Modified_Time")
VIEW_CREDITS = 3  # a list by custom view or sorted by anything but the id
DELETED_CREDITS = 2  # the older table's figure; the conservative reading
DAY_SECONDS = 24 * 3600
RECYCLE_BIN_DAYS, PERMANENT_DAYS = 60, 120


def list_records(zoho: Zoho, call: Call) -> Answer:
    """``GET /crm/v8/{module}``."""
    table = zoho.store.table(call.names["module"])
    names = _fields(call, mandatory=True)
    sort_by, descending = _order(call)
    if sort_by not in table.module.by_name:
        raise Refused(400, "INVALID_DATA", {"param_name": "sort_by"})
    wish = read_wish(zoho, call)
    rows = converted_or_not(table, call, _rows(table, call, sort_by, descending=descending), sort_by)
    if not rows and "if-modified-since" in call.headers:
        return Answer(304)
    page = cut_page(zoho, call, rows, lambda identity: table.key(identity, sort_by), wish)
    if not page.ids:
        return Answer(204)
    sorting = {"sort_by": sort_by, "sort_order": "desc" if descending else "asc"}
    shown = zoho.encoded.rows(zoho.encoded.listed(table, names), page.ids)
    info = {"call": False, "email": False, **page.info, **sorting}
    return data_answer(shown, info, 1 if sort_by == "id" else VIEW_CREDITS)


def is_heavy_list(call: Call) -> bool:
    """Whether a list falls under the sub-concurrency limit: sorted by anything but the id."""
    return call.query.get("sort_by", "id") != "id"


def get_record(zoho: Zoho, call: Call) -> Answer:
    """``GET /crm/v8/{module}/{id}``; 204 when there is none."""
    table = zoho.store.table(call.names["module"])
    names = _fields(call, mandatory=False)
    record = table.records.get(identity_of(call.names["id"]))
    if record is None:
        return Answer(204)
    shown = shape(zoho.store, table.module, names)(record)
    more = with_rows(zoho.store, table.module, record)
    shown |= {key: more[key] for key in more if names is None or key in {*names, "$has_more"}}
    return Answer(200, {"data": [shown]})


def fetch_full_data(zoho: Zoho, call: Call) -> Answer:
    """``GET /crm/v8/{module}/{id}/actions/fetch_full_data?fields=``: rich text that is cut elsewhere."""
    table = zoho.store.table(call.names["module"])
    names = _fields(call, mandatory=True) or []
    record = table.records.get(identity_of(call.names["id"]))
    if record is None:
        return Answer(204)
    wrong = [
        name for name in names if name not in table.module.by_name or not table.module.by_name[name].rich
    ]
    if wrong:
        raise Refused(400, "INVALID_DATA", {"param_name": "fields", "api_name": wrong[0]})
    return Answer(200, {"data": [{name: record.values.get(name) for name in names} | {"id": str(record.id)}]})


def converted_or_not(table: Table, call: Call, rows: Window | Chosen, by: str) -> Window | Chosen:
    """Leads as ``converted`` wants them: those that were not (the default), those that were, or both."""
    wanted = call.query.get("converted", "false")
    if wanted not in {"true", "false", "both"}:
        raise Refused(400, "INVALID_DATA", {"param_name": "converted"})
    if table.module.api_name != "Leads" or wanted == "both":
        return rows
    leads = table.fetch(rows.ids(0, len(rows)))
    keys = (key_of(one, by) for one in leads if bool(one.values.get("Converted__s")) == (wanted == "true"))
    return Chosen(sorted(keys), rows.descending)


def count_records(zoho: Zoho, call: Call) -> Answer:
    """``GET /crm/v8/{module}/actions/count``, of the whole module."""
    table = zoho.store.table(call.names["module"])
    for name in ("cvid", "criteria", "email", "phone", "word"):
        if name in call.query:
            raise Refused(400, "NOT_SUPPORTED", {"param_name": name}, "the sandbox counts whole modules only")
    if table.module.api_name == "Leads":
        return Answer(200, {"count": len(converted_or_not(table, call, table.orders["id"].window(), "id"))})
    return Answer(200, {"count": len(table.records)})


def list_deleted(zoho: Zoho, call: Call) -> Answer:
    """``GET /crm/v8/{module}/deleted?type=all|recycle|permanent``, the latest first."""
    table = zoho.store.table(call.names["module"])
    kind = call.query.get("type", "all")
    if kind not in {"all", "recycle", "permanent"}:
        raise Refused(400, "INVALID_DATA", {"param_name": "type"})
    page, per_page = call.number("page", 1), call.number("per_page", LARGEST_PAGE, LARGEST_PAGE)
    since = changed_since(call)
    rows = [
        row
        for left in reversed(table.deleted)
        if (since is None or left.deleted > since)
        and (row := _deleted_json(zoho.store, left)) is not None
        and kind in {"all", row["type"]}
    ]
    if not rows and since is not None:
        return Answer(304, credits=DELETED_CREDITS)
    start = (page - 1) * per_page
    shown = rows[start : start + per_page]
    if not shown:
        return Answer(204, credits=DELETED_CREDITS)
    info = page_info(per_page, len(shown), page, more=start + len(shown) < len(rows))
    return Answer(200, {"data": shown, "info": info}, credits=DELETED_CREDITS)


def identity_of(text: object) -> int:
    """A record's id, which clients send as a string or as a number.

    Raises:
        Refused: INVALID_DATA, it is no id.
    """
    written = str(text)
    if isinstance(text, bool) or not (written.isascii() and written.isdigit() and len(written) <= LONGEST_ID):
        raise Refused(400, "INVALID_DATA", {"id": written}, "the id given seems to be invalid")
    return int(written)


def _fields(call: Call, *, mandatory: bool) -> list[str] | None:
    names = [name.strip() for name in call.query.get("fields", "").split(",") if name.strip()]
    if not names and mandatory:
        raise Refused(400, "REQUIRED_PARAM_MISSING", {"param_name": "fields"})
    if len(names) > MOST_FIELDS:
        raise Refused(400, "LIMIT_EXCEEDED", {"limit": MOST_FIELDS, "param_name": "fields"})
    return names or None


def _order(call: Call) -> tuple[str, bool]:
    """The field by which a list is sorted, and whether it descends."""
    by, order = call.query.get("sort_by", "id"), call.query.get("sort_order", "desc")
    if "cvid" in call.query:
        if "sort_by" in call.query:
            raise Refused(400, "AMBIGUITY_DURING_PROCESSING", {"ambiguity_due_to": ["cvid", "sort_by"]})
        raise Refused(400, "INVALID_DATA", {"param_name": "cvid"})  # the organisation has no custom views
    if by not in SORTABLE:
        raise Refused(400, "INVALID_DATA", {"param_name": "sort_by", "supported_values": list(SORTABLE)})
    if order not in {"asc", "desc"}:
        raise Refused(400, "INVALID_DATA", {"param_name": "sort_order"})
    return by, order == "desc"


def _rows(table: Table, call: Call, by: str, *, descending: bool) -> Window | Chosen:
    """The rows of the list in its order."""
    since = changed_since(call)
    if "ids" in call.query:
        wanted = {identity_of(text) for text in call.query["ids"].split(",")}
        if len(wanted) > MOST_IDS:
            raise Refused(400, "LIMIT_EXCEEDED", {"limit": MOST_IDS, "param_name": "ids"})
        known = (one for one in wanted if one in table.records)
        fresh = (one for one in known if since is None or table.key(one, "Modified_Time")[0] > since)
        return Chosen(sorted(table.key(one, by) for one in fresh), descending)
    if since is None:
        return table.orders[by].window(descending=descending)
    changed = table.changed_after(since)
    if by == "Modified_Time" or len(changed) == len(table.records):
        first = changed.first if by == "Modified_Time" else 0
        return Window(table.orders[by], first, len(table.records), descending)
    return Chosen(table.keys_changed_after(since, by), descending)


def _deleted_json(store: Store, left: DeletedRecord) -> dict[str, Any] | None:
    """A deleted record's line; permanent after sixty days, and gone after another 120."""
    days = (store.clock.epoch() - left.deleted) / DAY_SECONDS
    if days > RECYCLE_BIN_DAYS + PERMANENT_DAYS:
        return None
    permanent = days > RECYCLE_BIN_DAYS
    by = None if permanent or left.created_by is None else user_receipt(store, left.created_by)
    return {
        "deleted_by": None if permanent else user_receipt(store, left.deleted_by),
        "id": str(left.id),
        "display_name": None if permanent else left.display_name,
        "type": "permanent" if permanent else "recycle",
        "created_by": by,
        "deleted_time": wire_time(left.deleted),
    }
