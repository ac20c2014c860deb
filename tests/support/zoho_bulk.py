"""Bulk jobs over HTTP, for tests."""

from __future__ import annotations

import csv
import io
from typing import Any
from zipfile import ZipFile

import requests

from tests.support.zoho_client import ZohoHttp

READ, WRITE = "/crm/bulk/v8/read", "/crm/bulk/v8/write"
ORGANISATION = "612001455"
UPLOAD_HEADERS = {"feature": "bulk-write", "X-CRM-ORG": ORGANISATION}


def start(zoho: ZohoHttp, query: dict[str, Any]) -> requests.Response:
    """Start a bulk read."""
    return zoho.post(READ, {"query": query})


def wanted(module: str, *fields: str, **more: Any) -> dict[str, Any]:
    """A query of a bulk read."""
    return {"module": {"api_name": module}, "fields": list(fields), **more}


def job_id(answer: requests.Response) -> str:
    """The id of a job that was taken."""
    assert answer.status_code == 201, answer.text
    return str(answer.json()["data"][0]["details"]["id"])


def look(zoho: ZohoHttp, job: str) -> dict[str, Any]:
    """A job's details."""
    details: dict[str, Any] = zoho.get(f"{READ}/{job}").json()["data"][0]
    return details


def rows(zoho: ZohoHttp, job: str) -> list[list[str]]:
    """The lines of a job's file, the header first."""
    answer = zoho.get(f"{READ}/{job}/result")
    assert answer.status_code == 200, answer.text
    with ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.namelist() == [f"{job}.csv"]
        return list(csv.reader(io.StringIO(archive.read(f"{job}.csv").decode())))


def read(zoho: ZohoHttp, query: dict[str, Any]) -> list[list[str]]:
    """A whole bulk read of one file."""
    job = job_id(start(zoho, query))
    assert look(zoho, job)["state"] == "COMPLETED"
    return rows(zoho, job)


def zipped(content: bytes, name: str = "rows.csv") -> bytes:
    """A ZIP with one file."""
    buffer = io.BytesIO()
    with ZipFile(buffer, "w") as archive:
        archive.writestr(name, content)
    return buffer.getvalue()


def upload(zoho: ZohoHttp, text: str, headers: dict[str, str] | None = None) -> requests.Response:
    """Upload a CSV for a bulk write."""
    files = {"file": ("rows.zip", zipped(text.encode()), "application/zip")}
    return zoho.call(
        "POST", "/crm/v8/upload", files=files, headers=UPLOAD_HEADERS if headers is None else headers
    )


def write(zoho: ZohoHttp, operation: str, module: str, text: str, **resource: Any) -> dict[str, Any]:
    """A whole bulk write; the job's details with the lines of its result as ``rows``."""
    more = {name: resource.pop(name) for name in ("ignore_empty",) if name in resource}
    file = upload(zoho, text).json()["details"]["file_id"]
    body = {"operation": operation, **more}
    one = {"type": "data", "module": {"api_name": module}, "file_id": file, **resource}
    answer = zoho.post(WRITE, {**body, "resource": [one]})
    assert answer.status_code == 201, answer.text
    details: dict[str, Any] = zoho.get(f"{WRITE}/{answer.json()['details']['id']}").json()
    result = zoho.get(details["result"]["download_url"])
    with ZipFile(io.BytesIO(result.content)) as archive:
        content = archive.read(archive.namelist()[0]).decode()
    return {**details, "rows": list(csv.reader(io.StringIO(content)))}
