"""Where the result of a bulk write is: a path at the API's host, whatever else Zoho says."""

from __future__ import annotations

import io
from zipfile import ZipFile

import pytest
import responses

from connector.errors import NotOffered
from connector.write_ports import BulkUpdate
from connector.zoho.client import ZohoClient
from connector.zoho.crm import CrmClient
from connector.zoho.write import CrmWriteClient
from tests.connector.test_client import API, CountedTokens, Patience

JOB = BulkUpdate("7", "Accounts", ("Label",))


def zipped(text: str) -> bytes:
    buffer = io.BytesIO()
    with ZipFile(buffer, "w") as archive:
        archive.writestr("7.csv", text)
    return buffer.getvalue()


@pytest.fixture
def writer() -> CrmWriteClient:
    client = ZohoClient(CountedTokens(), sleep=Patience())
    return CrmWriteClient(client, CrmClient(client))


@pytest.mark.parametrize("address", ["/v8/crm/org1/bulk-write/7/7.zip", "v8/crm/org1/bulk-write/7/7.zip"])
def test_a_result_is_taken_with_and_without_a_slash_before_its_path(
    writer: CrmWriteClient, address: str
) -> None:
    body = {"status": "COMPLETED", "id": "7", "result": {"download_url": address}}
    lines = zipped("id,Label,STATUS,RECORD_ID,ERRORS\n1,VIP,UPDATED,1,\n")
    with responses.RequestsMock() as zoho:
        zoho.get(f"{API}/crm/bulk/v8/write/7", json=body)
        zoho.get(f"{API}/v8/crm/org1/bulk-write/7/7.zip", body=lines)
        outcomes = writer.bulk_outcomes(JOB)
        assert outcomes is not None
        assert [(one.change.values, one.outcome.done) for one in outcomes] == [({"Label": "VIP"}, True)]


@pytest.mark.parametrize("address", ["https://elsewhere.example/7.zip", "", "/", None])
def test_a_result_at_another_host_is_not_taken(writer: CrmWriteClient, address: str | None) -> None:
    body = {"status": "COMPLETED", "id": "7", "result": {"download_url": address}}
    with responses.RequestsMock() as zoho:
        zoho.get(f"{API}/crm/bulk/v8/write/7", json=body)
        with pytest.raises(NotOffered, match="no result"):
            writer.bulk_outcomes(JOB)
