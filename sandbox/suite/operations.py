"""The addresses of Zoho's other products, with the scope that each needs."""

from __future__ import annotations

from collections.abc import Callable

from sandbox.suite import chats, desk, mail, marketing
from sandbox.zoho.answers import Answer, Call
from sandbox.zoho.state import Zoho

Route = tuple[str, str, Callable[[Zoho, Call], Answer], str | None]


def routes() -> tuple[Route, ...]:
    """Method, address, handler and scope of each."""
    tickets, campaign = "Desk.tickets.READ", "ZohoCampaigns.campaign.READ"
    return (
        ("POST", "/_sandbox/suite/tickets", desk.add_ticket, None),
        ("GET", "/api/v1/tickets/search", desk.search_tickets, tickets),
        ("GET", "/api/v1/tickets/{id}/threads", desk.threads, tickets),
        ("GET", "/api/v1/customerHappiness", desk.happiness, tickets),
        ("GET", "/api/v1.1/recentsentcampaigns", marketing.sent_campaigns, campaign),
        ("POST", "/api/v1.1/getcampaignrecipientsdata", marketing.recipients, campaign),
        ("GET", "/api/v2/{portal}/conversations", chats.conversations, "SalesIQ.conversations.READ"),
        ("GET", "/crm/v8/{module}/{id}/Emails", mail.emails, "ZohoCRM.modules.{module}.READ"),
    )
