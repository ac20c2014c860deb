from __future__ import annotations

from typing import Any

import pytest

from connector.access_ports import ApiCall
from connector.zoho.prices import priced


@pytest.mark.parametrize(
    ("method", "path", "params", "body", "name", "credits_"),
    [
        ("GET", "/crm/v8/Deals", {"sort_by": "id"}, None, "GET Deals", 1),
        ("GET", "/crm/v8/Deals", {"sort_by": "Modified_Time"}, None, "GET Deals", 3),
        ("GET", "/crm/v8/Deals", {"cvid": "1"}, None, "GET Deals", 3),
        ("GET", "/crm/v8/Deals/5437000000000000017", None, None, "GET Deals", 1),
        ("GET", "/crm/v8/Deals/deleted", None, None, "GET Deals/deleted", 2),
        ("PUT", "/crm/v8/Deals", None, {"data": [{}] * 11}, "PUT Deals", 2),
        (
            "POST",
            "/crm/v8/Deals/actions/add_tags",
            None,
            {"ids": ["1"] * 51},
            "POST Deals/actions/add_tags",
            2,
        ),
        (
            "POST",
            "/crm/v8/Deals/actions/remove_tags",
            None,
            {"ids": ["1"] * 50},
            "POST Deals/actions/remove_tags",
            1,
        ),
        ("DELETE", "/crm/v8/Deals", {"ids": ",".join("1" * 101)}, None, "DELETE Deals", 2),
        ("POST", "/crm/v8/coql", None, {"select_query": "… limit 200"}, "COQL 200", 1),
        ("POST", "/crm/v8/coql", None, {"select_query": "… limit 201"}, "COQL 1000", 2),
        ("POST", "/crm/v8/coql", None, {"select_query": "… limit 2000"}, "COQL 2000", 3),
        ("POST", "/crm/v8/coql", None, {"select_query": "select COUNT(id) …"}, "COQL 200", 1),
        ("POST", "/crm/bulk/v8/read", None, {}, "bulk read", 50),
        ("GET", "/crm/bulk/v8/read/5437000000000000017", None, None, "bulk read state", 1),
        ("GET", "/crm/bulk/v8/read/5437000000000000017/result", None, None, "bulk read result", 1),
        ("POST", "/crm/bulk/v8/write", None, {}, "bulk write", 500),
        ("GET", "/crm/v8/settings/fields", {"module": "Deals"}, None, "GET settings/fields", 1),
        ("POST", "/crm/v8/actions/watch", None, {}, "POST actions/watch", 1),
    ],
)
def test_prices(method: str, path: str, params: Any, body: Any, name: str, credits_: int) -> None:
    assert priced(method, path, params, body) == ApiCall("crm", name, credits_)
