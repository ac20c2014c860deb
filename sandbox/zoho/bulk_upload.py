"""``POST /crm/v8/upload``: the ZIP of a bulk write, which on the real one another host takes."""

from __future__ import annotations

import io
import secrets
from typing import Any
from zipfile import BadZipFile, ZipFile

import python_multipart
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import Field, File

from sandbox.zoho.answers import Answer, Call
from sandbox.zoho.clock import wire_time
from sandbox.zoho.orgs import ORGANISATION_ID
from sandbox.zoho.state import Zoho

MOST_BYTES = 25 * 1024 * 1024
MOST_UPLOADS = 20  # kept; the oldest goes first


def upload(zoho: Zoho, call: Call) -> Answer:
    """Take a ZIP in. It is refused without the headers ``feature`` and ``X-CRM-ORG``, and beyond 25 MB."""
    if call.headers.get("feature") != "bulk-write":
        return _refused(400, "INVALID_HEADER", "the header feature is missing or not supported")
    if call.headers.get("x-crm-org") != ORGANISATION_ID:
        return _refused(400, "INVALID_ORG", "the header X-CRM-ORG is missing or names another organisation")
    content = _file(call)
    if content is None:
        return _refused(400, "FILE_NOT_FOUND", "no file was sent")
    if len(content) > MOST_BYTES:
        return _refused(413, "FILE_SIZE_LIMIT_EXCEEDED", "a file may have 25 MB")
    try:
        ZipFile(io.BytesIO(content)).close()
    except BadZipFile:
        return _refused(400, "INVALID_FILE_FORMAT", "the file is no ZIP")
    identity = secrets.token_hex(20)
    uploads = zoho.bulk.uploads
    uploads[identity] = content
    while len(uploads) > MOST_UPLOADS:
        del uploads[next(iter(uploads))]
    details = {"file_id": identity, "created_time": wire_time(zoho.clock.epoch())}
    done = {"status": "success", "code": "FILE_UPLOAD_SUCCESS", "message": "file uploaded."}
    return Answer(200, {**done, "details": details})


def _refused(status: int, code: str, said: str) -> Answer:
    """An error as the host of the uploads words it, unlike the CRM's envelope."""
    return Answer(status, {"x-error": code, "x-info": said, "info": said, "http_status": str(status)})


def _file(call: Call) -> bytes | None:
    """The first file of a multipart body; None when there is none."""
    found: list[bytes] = []

    def take(file: File) -> None:
        file.file_object.seek(0)
        found.append(file.file_object.read())
        file.close()

    def leave(_field: Field) -> None:
        """Form fields are of no use here."""

    headers: dict[str, Any] = {"Content-Type": call.headers.get("content-type", "").encode()}
    try:
        python_multipart.parse_form(headers, io.BytesIO(call.body), leave, take)
    except (FormParserError, ValueError):
        return None
    return found[0] if found else None
