"""How Finance meets the server: its addresses, its refusals of ordered faults, its headers, its places."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager

from sandbox.finance import calls, world
from sandbox.finance.kinds import PRODUCTS
from sandbox.finance.limits import blocked, day_used_up, too_many_at_once
from sandbox.finance.refusals import internal_error, invalid_token, not_allowed
from sandbox.zoho.access import presented_token
from sandbox.zoho.answers import HTML_TYPE, Answer, Call
from sandbox.zoho.faults import GATEWAY_ERRORS, Fault, refusal
from sandbox.zoho.state import Zoho

METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH")
MAINTENANCE = (
    "<html><head><title>503 Service Unavailable</title></head><body>We'll be back soon.</body></html>\n"
)
RATE_LIMIT_FAULT_SECONDS = 1_800
Handler = Callable[[Zoho, Call], Answer]


def addresses() -> tuple[tuple[str, str, Handler], ...]:
    """Method, template and handler; the last templates are for what is unknown."""
    templates = [
        template
        for product in PRODUCTS
        for name in ("organizations", *product.kinds, "{list}")
        for template in _templates(f"{product.root}/{name}")
    ]
    return tuple((method, template, calls.answer) for template in templates for method in METHODS)


def _templates(one: str) -> tuple[str, ...]:
    return one, f"{one}/{{id}}", f"{one}/{{id}}/{{action}}", f"{one}/{{id}}/{{action}}/{{more}}"


def sandbox_addresses() -> tuple[tuple[str, str, Handler], ...]:
    """The sandbox's own API of the Finance side."""
    root = "/_sandbox/finance"
    return (
        ("POST", f"{root}/changes", world.make_changes),
        ("GET", f"{root}/records/{{list}}", world.show_records),
        ("GET", f"{root}/limits", world.show_limits),
        ("POST", f"{root}/limits", world.set_limits),
        ("DELETE", f"{root}/limits", world.reset_limits),
        ("GET", f"{root}/webhooks", world.show_webhooks),
        ("POST", f"{root}/webhooks", world.add_webhook),
        ("DELETE", f"{root}/webhooks", world.remove_webhooks),
    )


class FinanceFace:
    """What the server asks of a service that is not the CRM."""

    def refusal(self, zoho: Zoho, call: Call, fault: Fault | None) -> Answer | None:
        """The answer of a fault that answers instead of the call, in Finance's words."""
        if zoho.faults.take("maintenance", call.path):
            return Answer(503, MAINTENANCE, content_type=HTML_TYPE, credits=0)
        if zoho.faults.take("busy", call.path):
            return too_many_at_once().answer()
        if zoho.faults.take("day_limit", call.path):
            return day_used_up(zoho.finance.limits.per_day).answer()
        if fault is None:
            return None
        if fault.kind == "expired_token":
            zoho.tokens.kill(presented_token(call) or "")
        if fault.kind in GATEWAY_ERRORS:
            return refusal(fault)
        refusals = {
            "rate_limit": blocked(RATE_LIMIT_FAULT_SECONDS),
            "server_error": internal_error(),
            "expired_token": invalid_token(),
            "scope_missing": not_allowed(),
        }
        return refusals[fault.kind].answer() if fault.kind in refusals else None

    def headers(self, zoho: Zoho) -> Mapping[str, str]:
        """What every answer carries."""
        return zoho.finance.limits.headers()

    def place(self, zoho: Zoho) -> AbstractContextManager[None]:
        """A place among the calls in progress."""
        return zoho.finance.limits.place()
