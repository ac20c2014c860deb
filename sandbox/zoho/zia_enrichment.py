"""Zia's enrichment of organisations: a job is entered, is scheduled once, and then says what is known."""

from __future__ import annotations

from typing import Any

from sandbox.zoho.answers import Answer, Call, Refused
from sandbox.zoho.clock import wire_time
from sandbox.zoho.invented import number_for
from sandbox.zoho.schema import ORGANISATION_DIGITS
from sandbox.zoho.shaping import user_receipt
from sandbox.zoho.state import Zoho

KEY = "__zia_org_enrichment"
SHORTEST = 3
FIRST_JOB = ORGANISATION_DIGITS + 80_001


def enter(zoho: Zoho, call: Call) -> Answer:
    """``POST /crm/v8/__zia_org_enrichment``, one company a call.

    Raises:
        Refused: there is nothing to look for.
    """
    items = call.json().get(KEY)
    first = items[0] if isinstance(items, list) and len(items) == 1 else None
    based_on = first.get("enrich_based_on") if isinstance(first, dict) else None
    given = {name: str(value) for name, value in based_on.items()} if isinstance(based_on, dict) else {}
    if not given or any(len(one) < SHORTEST for one in given.values()):
        raise Refused(400, "REQUIRED_PARAM_MISSING", {"api_name": "enrich_based_on"})
    identity = str(FIRST_JOB + len(zoho.enrichments))
    at = wire_time(zoho.clock.epoch())
    zoho.enrichments[identity] = {"based_on": given, "looks": 0, "at": at}
    said = {
        "code": "SCHEDULED",
        "details": {"id": identity},
        "message": "Org Enrichment scheduled successfully",
        "status": "success",
    }
    return Answer(202, {KEY: [said]})


def look(zoho: Zoho, call: Call) -> Answer:
    """``GET /crm/v8/__zia_org_enrichment/{id}``: scheduled at the first look.

    Raises:
        Refused: there is no such job.
    """
    job = zoho.enrichments.get(call.names["id"])
    if job is None:
        raise Refused(404, "RESOURCE_NOT_FOUND")
    job["looks"] += 1
    shown = {
        "id": call.names["id"],
        "enrich_based_on": job["based_on"],
        "status": "SCHEDULED",
        "created_time": job["at"],
        "created_by": user_receipt(zoho.store, zoho.store.acting_user),
    }
    if job["looks"] > 1:
        known = _known(zoho, job["based_on"].get("name", ""))
        shown |= {"status": "COMPLETED", "enriched_data": known} if known else {"status": "DATA_NOT_FOUND"}
    return Answer(200, {KEY: [shown]})


def _known(zoho: Zoho, name: str) -> dict[str, Any] | None:
    """What Zia knows of a company: of those that are accounts of this organisation."""
    accounts = zoho.store.tables["Accounts"].in_id_order()
    found = next((one.values for one in accounts if one.values.get("Account_Name") == name), None)
    if found is None:
        return None
    made = f"{''.join(filter(str.isalnum, name)).lower()}.example"
    host = str(found.get("Website") or "").removeprefix("https://").removeprefix("www.") or made
    return {
        "id": str(FIRST_JOB),
        "name": name,
        "website": f"https://{host}",
        "address": [{"city": "Austin", "state": "Texas", "country": "United States", "pin_code": "78701",
                     "fill_address": "Austin, Texas 78701, United States"}],
        "industries": [{"name": "software", "description": "Makers of software"}],
        "description": [{"title": "About", "description": f"{name} makes things."}],
        "primary_contact": f"+1512555{number_for(name, 10_000):04}",
        "primary_email": f"info@{host}",
        "social_media": [{"media_type": "linkedin", "media_url": [f"https://www.linkedin.com/company/{host}"]}],
        "no_of_employees": str(10 + number_for(f"{name} people", 500)),
        "founding_year": str(1950 + number_for(f"{name} year", 60)),
    }  # fmt: skip
