"""dlt's REST source into a database: ``python peer_dlt.py BASE_URL DATABASE_URL TOKEN FIELDS DIRECTORY``.

Runs in an environment of its own. Prints the number of rows, seconds and the peak memory as JSON.
"""

from __future__ import annotations

import json
import resource
import sys
import time

import dlt  # type: ignore[import-not-found]  # of its own environment
from dlt.sources.rest_api import rest_api_source  # type: ignore[import-not-found]


def main() -> None:
    """Read the deals once."""
    base_url, database, token, fields, directory = sys.argv[1:]
    began, before = time.perf_counter(), time.process_time()
    source = rest_api_source(
        {
            "client": {
                "base_url": f"{base_url}/crm/v8/",
                "headers": {"Authorization": f"Zoho-oauthtoken {token}"},
            },
            "resource_defaults": {"primary_key": "id", "write_disposition": "merge"},
            "resources": [
                {
                    "name": "deals",
                    "endpoint": {
                        "path": "Deals",
                        "params": {"fields": fields, "per_page": 200, "sort_by": "id", "sort_order": "asc"},
                        "data_selector": "data",
                        "paginator": {
                            "type": "cursor",
                            "cursor_path": "info.next_page_token",
                            "cursor_param": "page_token",
                        },
                    },
                }
            ],
        }
    )
    kind = "postgres" if database.startswith("postgresql") else "sqlalchemy"
    destination = getattr(dlt.destinations, kind)(credentials=database)
    pipeline = dlt.pipeline("deals", destination=destination, dataset_name="crm", pipelines_dir=directory)
    pipeline.run(source)
    rows = pipeline.last_trace.last_normalize_info.row_counts["deals"]
    seconds = time.perf_counter() - began
    json.dump(
        {
            "rows": rows,
            "seconds": seconds,
            "cpu": time.process_time() - before,
            "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        },
        sys.stdout,
    )


main()
