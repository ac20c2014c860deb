"""The organisation's own people: agents, their managers, one administrator."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sandbox.zoho.clock import wire_time
from sandbox.zoho.schema import ORGANISATION_DIGITS
from sandbox.zoho.source import SourceAgent
from sandbox.zoho.store import Record, Store

MAIL_DOMAIN = "bellwether.example"
ADMINISTRATOR = ORGANISATION_DIGITS + 300_001
FIRST_PROFILE, FIRST_ROLE = ORGANISATION_DIGITS + 26_011, ORGANISATION_DIGITS + 31_151
PROFILES = ("Administrator", "Standard", "Manager")
ROLES = (
    "CEO",
    "Central Manager",
    "Central Sales",
    "East Manager",
    "East Sales",
    "West Manager",
    "West Sales",
)


def add_staff(store: Store, agents: Iterable[SourceAgent], since: int) -> dict[str, int]:
    """Put everybody into the Users table; ids by full name."""
    agents = tuple(agents)
    _add(store, ADMINISTRATOR, "Ada Lindqvist", "Administrator", "CEO", since, boss=None)
    ids = {"Ada Lindqvist": ADMINISTRATOR}
    offices = {agent.manager: agent.office for agent in agents}
    for identity, (manager, office) in enumerate(sorted(offices.items()), ADMINISTRATOR + 1):
        _add(store, identity, manager, "Manager", f"{office} Manager", since, boss=ADMINISTRATOR)
        ids[manager] = identity
    for identity, agent in enumerate(agents, ADMINISTRATOR + 1 + len(offices)):
        boss = ids[agent.manager]
        _add(store, identity, agent.name, "Standard", f"{agent.office} Sales", since, boss=boss)
        ids[agent.name] = identity
    return ids


def _add(
    store: Store, identity: int, name: str, profile: str, role: str, since: int, *, boss: int | None
) -> None:
    first, _, last = name.partition(" ")
    values: dict[str, Any] = {
        "first_name": first,
        "last_name": last,
        "full_name": name,
        "email": f"{first}.{last.replace(' ', '')}@{MAIL_DOMAIN}".lower(),
        "status": "active",
        "role": {"name": role, "id": str(FIRST_ROLE + ROLES.index(role))},
        "profile": {"name": profile, "id": str(FIRST_PROFILE + PROFILES.index(profile))},
        "Reporting_To": boss,
        "Created_Time": wire_time(since),
        "Modified_Time": wire_time(since),
    }
    store.tables["Users"].add(Record(identity, since, since, values))
