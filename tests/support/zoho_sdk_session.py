"""A session of the official SDK against a server: ``python -m tests.support.zoho_sdk_session URL DIRECTORY``.

Prints what it saw as one JSON object. A process of its own, as the SDK is full of singletons and warnings.
"""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zipfile import ZipFile

from zohocrmsdk.src.com.zoho.api.authenticator.oauth_token import OAuthToken
from zohocrmsdk.src.com.zoho.api.authenticator.store.file_store import FileStore
from zohocrmsdk.src.com.zoho.crm.api import HeaderMap, ParameterMap
from zohocrmsdk.src.com.zoho.crm.api.bulk_read import BodyWrapper as BulkReadBody
from zohocrmsdk.src.com.zoho.crm.api.bulk_read import BulkReadOperations, Criteria, Query
from zohocrmsdk.src.com.zoho.crm.api.coql import BodyWrapper as CoqlBody
from zohocrmsdk.src.com.zoho.crm.api.coql import CoqlOperations
from zohocrmsdk.src.com.zoho.crm.api.dc.data_center import DataCenter
from zohocrmsdk.src.com.zoho.crm.api.exception.sdk_exception import SDKException
from zohocrmsdk.src.com.zoho.crm.api.fields import BodyWrapper as FieldsBody
from zohocrmsdk.src.com.zoho.crm.api.fields import (
    CreateFieldParam,
    Fields,
    FieldsOperations,
    GetFieldsParam,
    MinifiedField,
    PickListValue,
)
from zohocrmsdk.src.com.zoho.crm.api.initializer import Initializer
from zohocrmsdk.src.com.zoho.crm.api.modules import MinifiedModule, ModulesOperations
from zohocrmsdk.src.com.zoho.crm.api.record import (
    BodyWrapper,
    DeleteRecordsParam,
    Field,
    GetRecordsHeader,
    GetRecordsParam,
    Record,
    RecordOperations,
)
from zohocrmsdk.src.com.zoho.crm.api.sdk_config import SDKConfig
from zohocrmsdk.src.com.zoho.crm.api.users import GetUsersParam, UsersOperations
from zohocrmsdk.src.com.zoho.crm.api.util import Choice

FIELDS = "Stage,Amount"  # few: the SDK takes about a millisecond for each value it reads


def connect(base: str, directory: Path, secret: str = "sandbox-secret") -> None:
    """Point the SDK at the server."""
    directory.mkdir(exist_ok=True)
    Initializer.initialize(
        environment=DataCenter.Environment(base, f"{base}/oauth/v2/token", base),
        token=OAuthToken(
            client_id="1000.SANDBOXCLIENT", client_secret=secret, refresh_token="1000.sandbox.refresh"
        ),
        store=FileStore(str(directory / "tokens.csv")),
        resource_path=str(directory),
        sdk_config=SDKConfig(
            auto_refresh_fields=False, pick_list_validation=False, connect_timeout=5, read_timeout=20
        ),
    )


def parameters(**given: Any) -> ParameterMap:
    """Parameters of a record list."""
    made = ParameterMap()
    for name, value in given.items():
        made.add(getattr(GetRecordsParam, name), value)
    return made


def every_deal() -> Iterator[Record]:
    """Page through all deals by page token."""
    operations, token = RecordOperations("Deals"), None
    while True:
        wanted: dict[str, Any] = {"fields": FIELDS} | ({"page_token": token} if token else {})
        answer = operations.get_records(parameters(**wanted), HeaderMap()).get_object()
        yield from answer.get_data()
        token = answer.get_info().get_next_page_token()
        if not token:
            return


def metadata() -> dict[str, Any]:
    """Modules, the fields of Deals, the current user."""
    wanted = ParameterMap()
    wanted.add(GetFieldsParam.module, "Deals")
    current = ParameterMap()
    current.add(GetUsersParam.type, "CurrentUser")
    modules = ModulesOperations().get_modules(ParameterMap(), HeaderMap()).get_object().get_modules()
    fields = FieldsOperations().get_fields(wanted).get_object().get_fields()
    users = UsersOperations().get_users(current, HeaderMap()).get_object().get_users()
    stage = next(field for field in fields if field.get_api_name() == "Stage")
    return {
        "modules": [module.get_api_name() for module in modules],
        "fields": [field.get_api_name() for field in fields],
        "stages": [option.get_actual_value() for option in stage.get_pick_list_values()],
        "user": users[0].get_email(),
    }


def paging() -> dict[str, Any]:
    """All deals, and the money of the won ones."""
    ids, won = set(), 0.0
    for deal in every_deal():
        ids.add(deal.get_id())
        values = deal.get_key_values()
        if values["Stage"].get_value() == "Closed Won":
            won += values["Amount"]
    return {"deals": len(ids), "won": won}


def outcome(answer: Any) -> list[dict[str, Any]]:
    """The items of a write: code, and the id or what was wrong."""
    return [
        {"code": item.get_code().get_value(), "details": {k: str(v) for k, v in item.get_details().items()}}
        for item in answer.get_object().get_data()
    ]


def write(operate: Callable[[BodyWrapper], Any], *records: Record) -> dict[str, Any]:
    """Send records and say what came back."""
    body = BodyWrapper()
    body.set_data(list(records))
    answer = operate(body)
    return {"status": answer.get_status_code(), "items": outcome(answer)}


def writes() -> dict[str, Any]:
    """An insert with one good and one bad record, an update, a look at it, a deletion."""
    operations = RecordOperations("Deals")
    good, bad, change = Record(), Record(), Record()
    good.add_field_value(Field.Deals.deal_name(), "Written by the SDK")
    good.add_field_value(Field.Deals.stage(), Choice("Qualification"))
    bad.add_field_value(Field.Deals.stage(), Choice("Qualification"))
    bad.add_key_value("Amount", 1.5)
    inserted = write(lambda body: operations.create_records(body, HeaderMap()), good, bad)
    identity = int(inserted["items"][0]["details"]["id"])
    change.set_id(identity)
    change.add_field_value(Field.Deals.stage(), Choice("Closed Won"))
    change.add_key_value("Amount", 1250.5)
    updated = write(lambda body: operations.update_records(body, HeaderMap()), change)
    seen = operations.get_record(identity, ParameterMap(), HeaderMap()).get_object().get_data()[0]
    ids = ParameterMap()
    ids.add(DeleteRecordsParam.ids, str(identity))
    deleted = operations.delete_records(ids, HeaderMap())
    return {
        "inserted": inserted,
        "updated": updated,
        "stage": seen.get_key_value("Stage").get_value(),
        "expected_revenue": seen.get_key_value("Expected_Revenue"),
        "deleted": {"status": deleted.get_status_code(), "items": outcome(deleted)},
    }


def coql(text: str) -> dict[str, Any]:
    """A query: status and rows, or the error's code."""
    body = CoqlBody()
    body.set_select_query(text)
    answer = CoqlOperations().get_records(body)
    result = answer.get_object()
    if hasattr(result, "get_code"):
        return {"status": answer.get_status_code(), "code": result.get_code().get_value()}
    rows = [{name: str(value) for name, value in row.get_key_values().items()} for row in result.get_data()]
    return {"status": answer.get_status_code(), "rows": rows, "more": result.get_info().get_more_records()}


def bulk_read() -> dict[str, Any]:
    """A bulk read of the products, from the job to the file."""
    query, module, criteria = Query(), MinifiedModule(), Criteria()
    module.set_api_name("Products")
    query.set_module(module)
    query.set_fields(["Product_Name", "Owner", "Product_Active"])
    field = MinifiedField()
    field.set_api_name("Product_Name")
    criteria.set_field(field)
    criteria.set_comparator(Choice("not_equal"))
    criteria.set_value("GTK 500")
    query.set_criteria(criteria)
    body = BulkReadBody()
    body.set_query(query)
    operations = BulkReadOperations()
    made = operations.create_bulk_read_job(body)
    job = made.get_object().get_data()[0].get_details()["id"]
    detail = operations.get_bulk_read_job_details(int(job)).get_object().get_data()[0]
    stream = operations.download_result(int(job)).get_object().get_file()
    content = b"".join(stream.get_stream())
    with ZipFile(io.BytesIO(content)) as archive:
        lines = list(csv.reader(io.StringIO(archive.read(f"{job}.csv").decode())))
    return {
        "status": made.get_status_code(),
        "state": detail.get_state().get_value(),
        "count": detail.get_result().get_count(),
        "more": detail.get_result().get_more_records(),
        "file": stream.get_name() == f"{job}.zip",
        "lines": lines,
    }


def create_field() -> dict[str, Any]:
    """A picklist in Products, and its metadata read again."""
    option, field, body = PickListValue(), Fields(), FieldsBody()
    option.set_display_value("Often")
    option.set_actual_value("Often")
    field.set_field_label("How often sold")
    field.set_data_type("picklist")
    field.set_pick_list_values([option])
    body.set_fields([field])
    wanted = ParameterMap()
    wanted.add(CreateFieldParam.module, "Products")
    answer = FieldsOperations().create_field(body, wanted)
    made = answer.get_object().get_fields()[0]
    asked = ParameterMap()
    asked.add(GetFieldsParam.module, "Products")
    known = FieldsOperations().get_fields(asked).get_object().get_fields()
    names = {str(one.get_id()): one.get_api_name() for one in known}
    return {
        "status": answer.get_status_code(),
        "code": made.get_code().get_value(),
        "api_name": names[str(made.get_details()["id"])],
    }


def errors() -> dict[str, Any]:
    """A list without fields, a page out of reach, an unchanged conditional list, an empty module."""
    operations = RecordOperations("Deals")
    missing = operations.get_records(ParameterMap(), HeaderMap())
    beyond = operations.get_records(parameters(fields="Deal_Name", page=11, per_page=200), HeaderMap())
    since = HeaderMap()
    since.add(GetRecordsHeader.if_modified_since, datetime.now().astimezone() + timedelta(days=1))
    unchanged = operations.get_records(parameters(fields="Deal_Name"), since)
    empty = RecordOperations("Leads").get_records(parameters(fields="Email"), HeaderMap())
    return {
        "missing": [missing.get_status_code(), missing.get_object().get_code().get_value()],
        "beyond": [beyond.get_status_code(), beyond.get_object().get_code().get_value()],
        "unchanged": unchanged.get_status_code(),
        "empty": empty.get_status_code(),
    }


def wrong_secret(base: str, directory: Path) -> str:
    """What the SDK says when the client secret is wrong."""
    try:
        connect(base, directory / "wrong", secret="not-the-secret")
        RecordOperations("Deals").get_records(parameters(fields="Deal_Name"), HeaderMap())
    except SDKException as error:
        return str(error.__dict__)
    return "no error"


def main() -> None:
    """Run the session."""
    base, directory = sys.argv[1], Path(sys.argv[2])
    connect(base, directory)
    seen: dict[str, Any] = {
        "metadata": metadata(),
        "paging": paging(),
        "writes": writes(),
        "coql": coql("select Deal_Name, Amount from Deals where Amount > 30000 order by Amount desc limit 3"),
        "aggregate": coql("select COUNT(id), SUM(Amount) from Deals where Stage = 'Closed Won'"),
        "coql_error": coql("select Deal_Name from Deals"),
        "errors": errors(),
        "bulk_read": bulk_read(),
        "create_field": create_field(),
        "coql_lines": coql("select Quantity, Parent_Id from Quoted_Items where Quantity >= 2"),
        "coql_links": coql("select Projects, Contacts from Projects_X_Contacts where id is not null"),
        "coql_options": coql("select Services, Project_Number from Projects where Services is not null"),
    }
    seen["wrong_secret"] = wrong_secret(base, directory)
    sys.stdout.write(json.dumps(seen))


if __name__ == "__main__":
    main()
