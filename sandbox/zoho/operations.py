"""Every address that the sandbox serves, with the scope it needs. More special addresses come first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sandbox.finance.face import FinanceFace, addresses, sandbox_addresses
from sandbox.suite import operations as suite
from sandbox.zoho import (
    bulk_read,
    bulk_upload,
    bulk_write,
    changes,
    coql,
    features,
    fields_api,
    layouts,
    leads,
    limit_orders,
    metadata,
    oauth_calls,
    orgs,
    records,
    tagging,
    truth,
    watch,
    web,
    world,
    world_schema,
    writes,
    zia_enrichment,
)
from sandbox.zoho.answers import Answer, Call
from sandbox.zoho.state import Zoho

ZIA = "/crm/v8/__zia_org_enrichment"
Handler = Callable[[Zoho, Call], Answer]


@dataclass(frozen=True)
class Operation:
    """One method of one address. Without a scope it is not part of the CRM and needs no token.

    ``{module}`` in a scope is the module of the path; ``heavy`` says whether a call falls under the
    sub-concurrency limit. ``face`` is how a service other than the CRM refuses and what its answers carry.
    """

    method: str
    template: str
    handle: Handler
    scope: str | None = None
    heavy: Callable[[Call], bool] = lambda _call: False
    face: FinanceFace | None = None

    @property
    def is_crm(self) -> bool:
        """Whether it belongs to the CRM rather than to the accounts server or the sandbox itself."""
        return self.scope is not None and self.template.startswith("/crm/")

    @property
    def takes_token(self) -> bool:
        """Whether it needs an access token: it belongs to the CRM or to Finance."""
        return self.is_crm or self.face is not None

    @property
    def is_sandbox(self) -> bool:
        """Whether it is the sandbox's own API, which has no faults."""
        return self.template.startswith("/_sandbox/")


def operations() -> tuple[Operation, ...]:
    """All of them, in the order in which addresses are matched."""
    return (
        *_sandbox(),
        *_accounts(),
        *_organisation(),
        *_bulk(),
        *_channels(),
        *_suite(),
        *_finance(),
        *_records(),
    )


def _suite() -> tuple[Operation, ...]:
    return tuple(Operation(*route) for route in suite.routes())


def _sandbox() -> tuple[Operation, ...]:
    return (
        Operation("GET", "/_sandbox/health", world.health),
        Operation("GET", "/_sandbox/faults", world.list_faults),
        Operation("POST", "/_sandbox/faults", world.order_fault),
        Operation("DELETE", "/_sandbox/faults", world.clear_faults),
        Operation("POST", "/_sandbox/tokens/{action}", world.change_tokens),
        Operation("GET", "/_sandbox/accounts", world.list_accounts),
        Operation("POST", "/_sandbox/accounts/{id}/lose", world.lose),
        Operation("POST", "/_sandbox/accounts/{id}/win", world.win),
        Operation("POST", "/_sandbox/limits", limit_orders.set_limits),
        Operation("POST", "/_sandbox/changes", changes.make_changes),
        Operation("GET", "/_sandbox/records/{module}", truth.show_records),
        Operation("POST", "/_sandbox/warm", truth.warm),
        Operation("POST", "/_sandbox/fields", world_schema.change_fields),
        Operation("POST", "/_sandbox/formula", world_schema.recompute_formula),
        Operation("POST", "/_sandbox/undelete", world_schema.undelete),
        Operation("POST", "/_sandbox/currencies", features.set_currencies),
        Operation("POST", "/_sandbox/territories", features.set_territories),
        Operation("GET", "/_sandbox/calls", world.show_calls),
        Operation("DELETE", "/_sandbox/calls", world.reset_calls),
    )


def _finance() -> tuple[Operation, ...]:
    face = FinanceFace()
    return (
        *(Operation(*one) for one in sandbox_addresses()),
        *(Operation(*one, face=face) for one in addresses()),
    )


def _accounts() -> tuple[Operation, ...]:
    return (
        Operation("GET", "/oauth/v2/auth", oauth_calls.consent),
        Operation("POST", "/oauth/v2/token", oauth_calls.token),
        Operation("POST", "/oauth/v2/token/revoke", oauth_calls.revoke),
        Operation("GET", "/crm/{organisation}/tab/{module}/{id}", web.show_record),
    )


def _organisation() -> tuple[Operation, ...]:
    modules, fields = "ZohoCRM.settings.modules.READ", "ZohoCRM.settings.fields.READ"
    return (
        Operation("GET", "/crm/v8/org", orgs.organisation, "ZohoCRM.org.READ"),
        Operation("GET", "/crm/v8/org/currencies", features.currencies, "ZohoCRM.settings.currencies.READ"),
        Operation("GET", "/crm/v8/users", orgs.users, "ZohoCRM.users.READ"),
        Operation("GET", "/crm/v8/users/actions/count", orgs.count_users, "ZohoCRM.users.READ"),
        Operation("GET", "/crm/v8/users/{id}", orgs.user, "ZohoCRM.users.READ"),
        Operation("GET", "/crm/v8/settings/modules", metadata.modules, modules),
        Operation("GET", "/crm/v8/settings/modules/{module}", metadata.module, modules),
        Operation("GET", "/crm/v8/settings/fields", metadata.fields, fields),
        Operation("GET", "/crm/v8/settings/fields/{id}", metadata.field, fields),
        Operation("POST", "/crm/v8/settings/fields", fields_api.create, "ZohoCRM.settings.fields.CREATE"),
        Operation("PATCH", "/crm/v8/settings/fields", fields_api.update, "ZohoCRM.settings.fields.UPDATE"),
        Operation(
            "PATCH", "/crm/v8/settings/fields/{id}", fields_api.update, "ZohoCRM.settings.fields.UPDATE"
        ),
        Operation(
            "DELETE", "/crm/v8/settings/fields/{id}", fields_api.delete, "ZohoCRM.settings.fields.DELETE"
        ),
        Operation("GET", "/crm/v8/settings/layouts", layouts.layouts, "ZohoCRM.settings.layouts.READ"),
        Operation(
            "GET",
            "/crm/v8/settings/related_lists",
            layouts.related_lists,
            "ZohoCRM.settings.related_lists.READ",
        ),
        Operation(
            "GET",
            "/crm/v8/settings/territories",
            features.territories,
            "ZohoCRM.settings.territories.READ",
        ),
        Operation("POST", ZIA, zia_enrichment.enter, "ZohoCRM.settings.intelligence.CREATE"),
        Operation("GET", f"{ZIA}/{{id}}", zia_enrichment.look, "ZohoCRM.settings.intelligence.READ"),
        Operation("POST", "/crm/v8/coql", coql.query, "ZohoCRM.coql.READ", lambda _call: True),
    )


def _channels() -> tuple[Operation, ...]:
    path, scope = "/crm/v8/actions/watch", "ZohoCRM.notifications"
    return (
        Operation("GET", path, watch.list_channels, f"{scope}.READ"),
        Operation("POST", path, watch.subscribe, f"{scope}.CREATE"),
        Operation("PUT", path, watch.replace, f"{scope}.UPDATE"),
        Operation("PATCH", path, watch.change, f"{scope}.UPDATE"),
        Operation("DELETE", path, watch.unsubscribe, f"{scope}.DELETE"),
        Operation("GET", "/_sandbox/callbacks", watch.show_callbacks),
        Operation("POST", "/_sandbox/callbacks", watch.order_callback_faults),
        Operation("DELETE", "/_sandbox/callbacks", watch.clear_callbacks),
    )


def _bulk() -> tuple[Operation, ...]:
    read, one = "/crm/bulk/v8/read", "/crm/bulk/v8/read/{id}"
    scope = "ZohoCRM.bulk.READ"
    return (
        Operation("POST", read, bulk_read.create, scope),
        Operation("GET", one, bulk_read.details, scope),
        Operation("GET", f"{one}/result", bulk_read.result, scope),
        Operation("POST", "/crm/v8/upload", bulk_upload.upload, "ZohoFiles.files.CREATE"),
        Operation("POST", "/crm/bulk/v8/write", bulk_write.create, "ZohoCRM.bulk.CREATE"),
        Operation("GET", "/crm/bulk/v8/write/{id}", bulk_write.details, scope),
        Operation("GET", "/v8/crm/{organisation}/bulk-write/{id}/{file}", bulk_write.result, scope),
    )


def _records() -> tuple[Operation, ...]:
    module, upsert = "/crm/v8/{module}", "/crm/v8/{module}/upsert"
    one, deleted = "/crm/v8/{module}/{id}", "/crm/v8/{module}/deleted"
    read, create, update, delete = (
        f"ZohoCRM.modules.{{module}}.{operation}" for operation in ("READ", "CREATE", "UPDATE", "DELETE")
    )
    heavy = writes.is_heavy_write
    return (
        Operation(
            "POST",
            "/crm/v8/Leads/{id}/actions/convert",
            leads.convert_lead,
            "ZohoCRM.modules.Leads.CREATE",
            lambda _call: True,
        ),
        Operation("GET", f"{one}/actions/fetch_full_data", records.fetch_full_data, read),
        Operation("GET", deleted, records.list_deleted, read),
        Operation("GET", "/crm/v8/{module}/actions/count", records.count_records, read),
        Operation("POST", "/crm/v8/{module}/actions/add_tags", tagging.add_tags, update),
        Operation("POST", "/crm/v8/{module}/actions/remove_tags", tagging.remove_tags, update),
        Operation("POST", upsert, writes.upsert_records, create, heavy),
        Operation("GET", module, records.list_records, read, records.is_heavy_list),
        Operation("POST", module, writes.insert_records, create, heavy),
        Operation("PUT", module, writes.update_records, update, heavy),
        Operation("DELETE", module, writes.delete_records, delete),
        Operation("GET", one, records.get_record, read),
        Operation("PUT", one, writes.update_records, update),
        Operation("DELETE", one, writes.delete_records, delete),
    )
