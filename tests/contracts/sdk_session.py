"""The official SDK writes: ``python -m tests.contracts.sdk_session URL DIRECTORY RECORD FILE``.

``FILE`` is the id of an uploaded file (the SDK uploads to Zoho's own host only), ``RECORD`` an account.
Prints what it saw as one JSON object. A process of its own, as the SDK is full of singletons and warnings.
"""

from __future__ import annotations

import csv
import io
import json
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zipfile import ZipFile

from zohocrmsdk.src.com.zoho.crm.api import HeaderMap, ParameterMap
from zohocrmsdk.src.com.zoho.crm.api.bulk_write import (
    BulkWriteOperations,
    FieldMapping,
    RequestWrapper,
    Resource,
)
from zohocrmsdk.src.com.zoho.crm.api.modules import MinifiedModule
from zohocrmsdk.src.com.zoho.crm.api.notes import BodyWrapper as NotesBody
from zohocrmsdk.src.com.zoho.crm.api.notes import Note, NotesOperations, ParentId
from zohocrmsdk.src.com.zoho.crm.api.notifications import BodyWrapper as WatchBody
from zohocrmsdk.src.com.zoho.crm.api.notifications import (
    GetNotificationsParam,
    Notification,
    NotificationsOperations,
)
from zohocrmsdk.src.com.zoho.crm.api.record import GetDeletedRecordsParam, RecordOperations
from zohocrmsdk.src.com.zoho.crm.api.tags import (
    ExistingTag,
    ExistingTagRequestWrapper,
    NewTagRequestWrapper,
    Tag,
    TagsOperations,
)
from zohocrmsdk.src.com.zoho.crm.api.util import Choice

from tests.support.zoho_sdk_session import connect


def bulk_write(file: str) -> dict[str, Any]:
    """A bulk job from the uploaded file to its result."""
    operations, body, resource = BulkWriteOperations(), RequestWrapper(), Resource()
    module = MinifiedModule()
    module.set_api_name("Accounts")
    resource.set_type(Choice("data"))
    resource.set_module(module)
    resource.set_file_id(file)
    resource.set_file_names(["rows.csv"])
    resource.set_find_by("id")
    resource.set_field_mappings([mapping("id", 0), mapping("Description", 1)])
    body.set_operation(Choice("update"))
    body.set_resource([resource])
    made = operations.create_bulk_write_job(body)
    job = made.get_object().get_details()["id"]
    detail = operations.get_bulk_write_job_details(job).get_object()
    address = detail.get_result().get_download_url()
    stream = operations.download_bulk_write_result(address.removeprefix("/")).get_object().get_file()
    with ZipFile(io.BytesIO(b"".join(stream.get_stream()))) as archive:
        text = archive.read(archive.namelist()[0]).decode()
    counted = detail.get_resource()[0].get_file()
    return {
        "status": made.get_status_code(),
        "state": detail.get_status(),
        "counts": [counted.get_updated_count(), counted.get_skipped_count(), counted.get_total_count()],
        "lines": list(csv.reader(io.StringIO(text))),
    }


def mapping(name: str, index: int) -> FieldMapping:
    """A column of the file and its field."""
    made = FieldMapping()
    made.set_api_name(name)
    made.set_index(index)
    return made


def tags(record: int) -> dict[str, Any]:
    """A tag given and taken."""
    giving, tag, operations = NewTagRequestWrapper(), Tag(), TagsOperations()
    tag.set_name("VIP")
    giving.set_tags([tag])
    giving.set_ids([record])
    taking, known = ExistingTagRequestWrapper(), ExistingTag()
    known.set_name("VIP")
    taking.set_tags([known])
    taking.set_ids([record])
    given = operations.add_tags_to_multiple_records("Accounts", giving).get_object()
    taken = operations.remove_tags_from_multiple_records("Accounts", taking).get_object()
    return {
        "given": [names(one) for one in given.get_data()],
        "counted": given.get_success_count(),
        "taken": [names(one) for one in taken.get_data()],
    }


def names(receipt: Any) -> list[str]:
    """The tags that a record bears now."""
    return [
        str(one["name"] if isinstance(one, dict) else one.get_name()) for one in receipt.get_details()["tags"]
    ]


def note(record: int) -> dict[str, Any]:
    """A note on an account."""
    body, made, parent, module = NotesBody(), Note(), ParentId(), MinifiedModule()
    module.set_api_name("Accounts")
    parent.set_id(record)
    parent.set_module(module)
    made.set_note_title("Bellwether")
    made.set_note_content("They are slipping.")
    made.set_parent_id(parent)
    body.set_data([made])
    answer = NotesOperations().create_notes(body)
    (one,) = answer.get_object().get_data()
    return {"status": answer.get_status_code(), "code": one.get_code().get_value()}


def channel() -> dict[str, Any]:
    """A notification channel that is made, changed, and of which an event is ended."""
    operations = NotificationsOperations()
    made = operations.enable_notifications(watch(["Deals.all", "Accounts.all"]))
    changed = operations.update_notification(watch(["Deals.all", "Accounts.all"], token="other"))
    wanted = ParameterMap()
    wanted.add(GetNotificationsParam.channel_id, 4712)
    token = operations.get_notifications(wanted).get_object().get_watch()[0].get_token()
    ended = operations.disable_notification(watch(["Deals.all"], ending=True))
    left = operations.get_notifications(wanted).get_object().get_watch()
    return {
        "made": made.get_status_code(),
        "changed": [changed.get_status_code(), token],
        "ended": ended.get_status_code(),
        "left": sorted(one.get_resource_name() for one in left),
    }


def watch(events: list[str], *, token: str = "word", ending: bool = False) -> WatchBody:
    """A wish about channel 4712."""
    wish, body = Notification(), WatchBody()
    wish.set_channel_id("4712")
    wish.set_events(events)
    if ending:
        wish.set_delete_events(True)
    else:
        wish.set_token(token)
        wish.set_notify_url("https://bellwether.example/zoho/crm")
        wish.set_channel_expiry(datetime.now().astimezone() + timedelta(days=2))
    body.set_watch([wish])
    return body


def deleted() -> list[str]:
    """What the recycle bin says of deals."""
    wanted = ParameterMap()
    wanted.add(GetDeletedRecordsParam.type, "all")
    answer = RecordOperations("Deals").get_deleted_records(wanted, HeaderMap()).get_object()
    return [str(one.get_id()) for one in answer.get_data()]


def main() -> None:
    """Run the session."""
    base, directory, record, file = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
    connect(base, directory)
    counted = RecordOperations("Accounts").record_count(ParameterMap()).get_object().get_count()
    seen = {
        "bulk_write": bulk_write(file),
        "tags": tags(record),
        "note": note(record),
        "channel": channel(),
        "deleted": deleted(),
        "accounts": counted,
    }
    sys.stdout.write(json.dumps(seen))


if __name__ == "__main__":
    main()
