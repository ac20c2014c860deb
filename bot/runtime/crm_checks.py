"""What Zoho CRM lets us do, as checks: mapped modules and fields, queries, bulk jobs, credits."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from difflib import get_close_matches
from functools import partial

from bot.app.checks import Check
from bot.app.errors import UserError
from bot.app.ports import Clock
from bot.runtime.zoho_parts import CRM, ZohoParts
from connector.budget import judge
from connector.cache.ledger import spendings, spent_of
from connector.errors import ConnectorError, NotOffered
from connector.mapping import ModuleMapping
from connector.ports import FieldDescription, ModuleDescription, Selection
from connector.sync.decide import select_fields

Tried = Callable[[str, Callable[[], str]], Check]
# No job has this number: the answer tells whether we may ask, and costs one credit instead of fifty.
NO_JOB = "/crm/bulk/v8/read/1"
JUST_NOW = timedelta(minutes=1)


@dataclass(frozen=True)
class CrmChecks:
    """The checks; ``tried`` turns an attempt into a check."""

    zoho: ZohoParts
    clock: Clock
    tried: Tried

    def all(self) -> Iterator[Check]:
        """Every check, without stopping at the first trouble."""
        modules: tuple[ModuleDescription, ...] = ()
        try:
            modules = self.zoho.crm.modules()
        except ConnectorError as error:
            yield Check("modules", ok=False, detail=error.what_happened, advice=error.what_to_do)
        for mapping in self.zoho.mapping().modules:
            yield self.tried(f"module {mapping.module}", partial(self._module, mapping, modules))
        yield self.tried("queries", self._queries)
        yield self.tried("bulk jobs", self._bulk)
        yield self.credits()

    def credits(self) -> Check:
        """What is left of the day's API credits, and what took most of them."""
        now = self.clock.now()
        allowance = self.zoho.allowance(CRM)
        spent = spent_of(self.zoho.database, CRM, now)
        verdict = judge(allowance, spent, 1, now)
        dearest = next((one for one in spendings(self.zoho.database, now) if one.api == CRM), None)
        most = f", most of them for {dearest.call} ({dearest.credits:,})" if dearest else ""
        used = f"{sum(one.credits for one in spent):,} used by us in 24 hours{most}"
        left = "" if verdict.left is None else f"{max(verdict.left, 0):,} left to us; "
        advice = (
            ""
            if verdict.until is None
            else f"Nothing is read until {_hour(verdict.until)}. Lower sync.reserve_percent, buy credits, "
            "or see which other program uses them."
        )
        return Check("credits", ok=verdict.until is None, detail=f"{left}{used}", advice=advice)

    def _module(self, mapping: ModuleMapping, modules: tuple[ModuleDescription, ...]) -> str:
        described = next((one for one in modules if one.api_name == mapping.module), None)
        if modules and (described is None or not described.readable):
            names = [one.api_name for one in modules if one.readable]
            near = get_close_matches(mapping.module, names, n=1, cutoff=0)
            raise UserError(
                f"The CRM has no module {mapping.module} that its API gives.",
                f"Map another one, perhaps {near[0]}." if near else "Map another one.",
            )
        fields = self.zoho.crm.fields(mapping.module)
        selection = select_fields(mapping, fields)
        if selection.missing:
            raise UserError(
                f"It has no field {', '.join(selection.missing)}.", _near_fields(selection.missing, fields)
            )
        self._read_one(selection)
        return f"readable, {len(selection.columns)} mapped fields of {len(fields)}"

    def _read_one(self, selection: Selection) -> None:
        """One page of one field: proof that the scope and the permission are there."""
        narrow = Selection(selection.module, selection.role, selection.fields[:1], {})
        next(iter(self.zoho.crm.listed(narrow)), None)

    def _queries(self) -> str:
        mapping = self.zoho.mapping().modules[0]
        selection = select_fields(mapping, self.zoho.crm.fields(mapping.module))
        try:
            next(iter(self.zoho.crm.queried_changes(selection, self.clock.now() - JUST_NOW)), None)
        except NotOffered as error:
            raise UserError(
                f"Not allowed, so record lists are read instead, which cost more ({error.what_happened})",
                "Make a new refresh token whose scopes include ZohoCRM.coql.READ.",
            ) from None
        return "allowed"

    def _bulk(self) -> str:
        try:
            self.zoho.client.get(NO_JOB)
        except ConnectorError as error:
            if error.code in ("OAUTH_SCOPE_MISMATCH", "NO_PERMISSION"):
                raise UserError(
                    "Not allowed, so large modules are read by queries, which cost more.",
                    "Make a new refresh token whose scopes include ZohoCRM.bulk.READ.",
                ) from None
            if error.code != "RESOURCE_NOT_FOUND":
                raise
        return "allowed"


def _near_fields(missing: tuple[str, ...], fields: tuple[FieldDescription, ...]) -> str:
    names = [one.api_name for one in fields]
    near = [f"{one} → {get_close_matches(one, names, n=1, cutoff=0)[0]}" for one in missing if names]
    return f"Correct the mapping in the configuration; the nearest names are {', '.join(near)}."


def _hour(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
