"""OAuth scopes: ``ZohoCRM.<group>[.<sub>].<operation>``."""

from __future__ import annotations

from collections.abc import Iterable

DEFAULT_SCOPES = (
    "ZohoCRM.modules.ALL",
    "ZohoCRM.coql.READ",
    "ZohoCRM.bulk.ALL",
    "ZohoCRM.settings.ALL",
    "ZohoCRM.users.READ",
    "ZohoCRM.org.READ",
    "ZohoCRM.notifications.ALL",
    "ZohoSearch.securesearch.READ",
    "Desk.tickets.READ",
    "ZohoCampaigns.campaign.READ",
    "SalesIQ.conversations.READ",
    "ZohoFiles.files.ALL",
)
OPERATIONS = {"ALL", "READ", "CREATE", "UPDATE", "DELETE", "WRITE", "CUSTOM"}
SERVICES = {"ZohoCRM", "ZohoSearch", "ZohoFiles", "Desk", "ZohoCampaigns", "SalesIQ"}


def split_scopes(text: str) -> tuple[str, ...]:
    """Scopes as a client writes them: separated by commas or blanks."""
    return tuple(text.replace(",", " ").split())


def all_well_formed(scopes: Iterable[str]) -> bool:
    """Whether there are scopes and each is one."""
    scopes = tuple(scopes)
    return bool(scopes) and all(map(well_formed, scopes))


def well_formed(scope: str) -> bool:
    """Whether it is a scope at all."""
    parts = scope.split(".")
    return len(parts) in {3, 4} and parts[0] in SERVICES and parts[-1].upper() in OPERATIONS


def allows(granted: Iterable[str], needed: str) -> bool:
    """Whether one of the granted scopes covers the needed one; WRITE covers CREATE and UPDATE."""
    return any(_covers(scope.lower().split("."), needed.lower().split(".")) for scope in granted)


def _covers(granted: list[str], needed: list[str]) -> bool:
    if granted[:-1] != needed[: len(granted) - 1]:
        return False
    same = granted[-1] in {"all", needed[-1]}
    return same or (granted[-1] == "write" and needed[-1] in {"create", "update"})
