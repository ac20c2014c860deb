"""The operations of the CRM whose answers are compared with Zoho's descriptions, and how each is called."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from tests.support import openapi
from tests.support.zoho_access import RealClock
from tests.support.zoho_bulk import start, upload, wanted
from tests.support.zoho_client import ZohoHttp

Caller = Callable[[ZohoHttp], Any]


@dataclass(frozen=True)
class Operation:
    """One operation of the product: where it is described, and how it is called.

    Attributes:
        template: its address, as far as it differs from ``/crm/v8`` and ``path``.
    """

    name: str
    described_in: str
    path: str
    method: str
    status: int
    call: Caller
    template: str = ""

    @property
    def address(self) -> tuple[str, str]:
        """Method and path, as a call of the product is recognised by them."""
        return self.method.upper(), self.template or f"/crm/v8{self.path}"


def _get(path: str, **params: Any) -> Caller:
    return lambda zoho: zoho.call("GET", path, params=params)


def _send(method: str, path: str, body: Any) -> Caller:
    return lambda zoho: zoho.call(method, path, json=body)


def first(zoho: ZohoHttp, module: str) -> str:
    """The id of some record."""
    found = zoho.call("GET", f"/crm/v8/{module}", params={"fields": "id", "per_page": 1}).json()
    return str(found["data"][0]["id"])


def _of_first(module: str, suffix: str = "") -> Caller:
    return lambda zoho: zoho.call("GET", f"/crm/v8/{module}/{first(zoho, module)}{suffix}")


def _update_one(zoho: ZohoHttp) -> Any:
    body = {"data": [{"id": first(zoho, "Accounts"), "Description": "seen"}], "trigger": []}
    return zoho.call("PUT", "/crm/v8/Accounts", json=body)


def _update_stale(zoho: ZohoHttp) -> Any:
    body = {"data": [{"id": first(zoho, "Accounts"), "Description": "stale"}], "trigger": []}
    headers = {"If-Unmodified-Since": "2020-01-01T00:00:00+00:00"}
    return zoho.call("PUT", "/crm/v8/Accounts", json=body, headers=headers)


def _delete_one(zoho: ZohoHttp) -> Any:
    return zoho.call("DELETE", "/crm/v8/Deals", params={"ids": first(zoho, "Deals")})


def _deleted(zoho: ZohoHttp) -> Any:
    _delete_one(zoho)
    return zoho.call("GET", "/crm/v8/Deals/deleted", params={"type": "all"})


def _query(where: str) -> Caller:
    text = f"select id, Amount, Owner from Deals where {where}"
    return _send("POST", "/crm/v8/coql", {"select_query": text})


def _add_task(zoho: ZohoHttp) -> Any:
    task = {
        "Subject": "Call them", "What_Id": {"id": first(zoho, "Accounts")}, "$se_module": "Accounts",
        "Due_Date": "2026-12-01",
    }  # fmt: skip
    return zoho.call("POST", "/crm/v8/Tasks", json={"data": [task], "trigger": []})


def _add_note(zoho: ZohoHttp) -> Any:
    parent = {"module": {"api_name": "Accounts"}, "id": first(zoho, "Accounts")}
    note = {"Note_Title": "Bellwether", "Note_Content": "Slipping.", "Parent_Id": parent}
    return zoho.call("POST", "/crm/v8/Notes", json={"data": [note], "trigger": []})


def _tag(action: str) -> Caller:
    def tagged(zoho: ZohoHttp) -> Any:
        wish = {"tags": [{"name": "VIP"}], "ids": [first(zoho, "Accounts")]}
        return zoho.call("POST", f"/crm/v8/Accounts/actions/{action}", json=wish)

    return tagged


def _currencies(zoho: ZohoHttp) -> Any:
    assert zoho.post("/_sandbox/currencies", {"EUR": 0.9}).ok
    return zoho.call("GET", "/crm/v8/org/currencies")


def _bulk_read(zoho: ZohoHttp) -> Any:
    return start(zoho, wanted("Products", "Product_Name", "Owner"))


def _bulk_read_state(zoho: ZohoHttp) -> Any:
    job = _bulk_read(zoho).json()["data"][0]["details"]["id"]
    return zoho.call("GET", f"{BULK_READ}/{job}")


def _upload(zoho: ZohoHttp) -> Any:
    return upload(zoho, f"id,Description\n{first(zoho, 'Accounts')},told in bulk\n")


def _bulk_write(zoho: ZohoHttp) -> Any:
    mappings = [{"api_name": name, "index": index} for index, name in enumerate(("id", "Description"))]
    resource = {
        "type": "data", "module": {"api_name": "Accounts"}, "file_names": ["rows.csv"], "find_by": "id",
        "file_id": _upload(zoho).json()["details"]["file_id"], "field_mappings": mappings,
    }  # fmt: skip
    return zoho.call("POST", BULK_WRITE, json={"operation": "update", "resource": [resource]})


def _bulk_write_state(zoho: ZohoHttp) -> Any:
    job = _bulk_write(zoho).json()["details"]["id"]
    return zoho.call("GET", f"{BULK_WRITE}/{job}")


def _watch(method: str) -> Caller:
    """A channel is made or changed: POST, PUT, PATCH."""

    def order(zoho: ZohoHttp) -> Any:
        until = (RealClock().now() + timedelta(days=2)).replace(microsecond=0)
        channel = {
            "channel_id": "4711", "events": ["Deals.all"], "token": "word", "notify_on_related_action": False,
            "notify_url": "https://bellwether.example/zoho/crm", "channel_expiry": until.isoformat(),
            "return_affected_field_values": False,
        }  # fmt: skip
        return zoho.call(method, "/crm/v8/actions/watch", json={"watch": [channel]})

    return order


def _watched(method: str, **params: Any) -> Caller:
    """Something about a channel that there is."""

    def asked(zoho: ZohoHttp) -> Any:
        _watch("POST")(zoho)
        return zoho.call(method, "/crm/v8/actions/watch", params=params)

    return asked


def _zia_job(zoho: ZohoHttp) -> Any:
    wish = {"enrich_based_on": {"name": "Konex"}}
    return zoho.call("POST", ZIA, json={"__zia_org_enrichment": [wish]})


def _zia_result(zoho: ZohoHttp) -> Any:
    path = f"{ZIA}/{_zia_job(zoho).json()['__zia_org_enrichment'][0]['details']['id']}"
    zoho.call("GET", path)
    return zoho.call("GET", path)


NEW = {"data": [{"Account_Name": "Described"}]}
NEW_FIELDS = {
    "fields": [
        {"field_label": "Behaviour Label", "data_type": "text", "length": 100},
        {"field_label": "Behaviour Total", "data_type": "integer", "length": 3},
    ]
}
LIST = _get("/crm/v8/Deals", fields="Deal_Name,Amount", per_page=5)
FIELDS = "/crm/v8/settings/fields"
MODULE, COUNT, WATCH = "/{module}", "/{moduleApiName}/actions/count", "/actions/watch"
BULK_READ, BULK_WRITE = "/crm/bulk/v8/read", "/crm/bulk/v8/write"
ZIA = "/crm/v8/__zia_org_enrichment"
ONE, TAGS = "/{module}/{recordID}", "/{module}/actions/"
MAILS = "/crm/v8/{module_name}/{record_id}/Emails"
CRM = (
    Operation("list", "record", MODULE, "get", 200, LIST),
    Operation("list without fields", "record", MODULE, "get", 400, _get("/crm/v8/Deals")),
    Operation("record", "record", ONE, "get", 200, _of_first("Deals")),
    Operation("insert", "record", MODULE, "post", 201, _send("POST", "/crm/v8/Accounts", NEW)),
    Operation("task", "record", MODULE, "post", 201, _add_task),
    Operation("update", "record", MODULE, "put", 200, _update_one),
    Operation("update of what was changed", "record", MODULE, "put", 412, _update_stale),
    Operation("delete", "record", MODULE, "delete", 200, _delete_one),
    Operation("deleted", "record", "/{module}/deleted", "get", 200, _deleted),
    Operation("count", "record-count", COUNT, "get", 200, _get("/crm/v8/Deals/actions/count")),
    Operation("query", "coql", "/coql", "post", 200, _query("id is not null limit 5")),
    Operation("query with an error", "coql", "/coql", "post", 400, _query("Foo = 1")),
    Operation("organisation", "org", "/org", "get", 200, _get("/crm/v8/org")),
    Operation("users", "users", "/users", "get", 200, _get("/crm/v8/users", type="AllUsers")),
    Operation("modules", "modules", "/settings/modules", "get", 200, _get("/crm/v8/settings/modules")),
    Operation("fields", "fields", "/settings/fields", "get", 200, _get(FIELDS, module="Deals")),
    Operation(
        "new fields", "fields", "/settings/fields", "post", 201,
        _send("POST", f"{FIELDS}?module=Accounts", NEW_FIELDS),
    ),
    Operation(
        "new fields that exist", "fields", "/settings/fields", "post", 400,
        _send("POST", f"{FIELDS}?module=Accounts", NEW_FIELDS),
    ),
    Operation("note", "notes", "/Notes", "post", 201, _add_note),
    Operation("add tags", "tags-actions", f"{TAGS}add_tags", "post", 200, _tag("add_tags")),
    Operation("remove tags", "tags-actions", f"{TAGS}remove_tags", "post", 200, _tag("remove_tags")),
    Operation("currencies", "currencies", "/org/currencies", "get", 200, _currencies),
    Operation("bulk read", "bulk-read", "/read", "post", 201, _bulk_read, BULK_READ),
    Operation(
        "bulk read state", "bulk-read", "/read/{jobId}", "get", 200, _bulk_read_state,
        f"{BULK_READ}/{{jobId}}",
    ),
    Operation(
        "bulk read of nothing", "bulk-read", "/read/{jobId}", "get", 404, _get(f"{BULK_READ}/1"),
        f"{BULK_READ}/{{jobId}}",
    ),
    Operation("upload", "upload", "/upload", "post", 200, _upload),
    Operation("bulk write", "bulk-write", "/write", "post", 201, _bulk_write, BULK_WRITE),
    Operation(
        "bulk write state", "bulk-write", "/write/{jobId}", "get", 200, _bulk_write_state,
        f"{BULK_WRITE}/{{jobId}}",
    ),
    Operation("watch", "notifications", WATCH, "post", 201, _watch("POST")),
    Operation("channels", "notifications", WATCH, "get", 200, _watched("GET")),
    Operation("watch otherwise", "notifications", WATCH, "put", 200, _watch("PUT")),
    Operation("watch longer", "notifications", WATCH, "patch", 200, _watch("PATCH")),
    Operation("unwatch", "notifications", WATCH, "delete", 200, _watched("DELETE", channel_ids="4711")),
    Operation("Zia's job", f"{openapi.OLDER}/zia_org_enrichment", ZIA, "post", 202, _zia_job, ZIA),
    Operation(
        "Zia's result", f"{openapi.OLDER}/zia_org_enrichment", f"{ZIA}/{{zia_org_enrichment_id}}", "get", 200,
        _zia_result, f"{ZIA}/{{id}}",
    ),
    Operation(
        "e-mails", f"{openapi.OLDER}/email_related_records", MAILS, "get", 200,
        _of_first("Contacts", "/Emails"), MAILS,
    ),
)  # fmt: skip
