"""Writing to the CRM as oneself: the part of App Home, and the message with the way to Zoho's page."""

from __future__ import annotations

from bot.slack import ids
from bot.slack.views.blocks import Json, Message, actions, button, divider, link_button, run, sentence
from bot.slack.views.text import web_address

_CONNECTED = "🔗 Tasks, notes and owners that you write from Slack stand in Zoho CRM as yours."
_OFFERED = (
    "Tasks, notes and owners that you write from Slack carry your name, but Bellwether writes them. "
    "Connect your Zoho, and they are yours."
)
_ASKED = (
    "On Zoho's page, let Bellwether create tasks and notes and change accounts as you. "
    "The way there is yours alone, good once and for ten minutes."
)


def zoho_link_blocks(*, connected: bool) -> tuple[Json, ...]:
    """The part of App Home of somebody who is connected, or could be."""
    pressed = (
        button("Disconnect my Zoho", ids.ZOHO_DISCONNECT, "disconnect")
        if connected
        else button("Connect my Zoho", ids.ZOHO_CONNECT, "connect")
    )
    said = sentence(run(_CONNECTED if connected else _OFFERED))
    return (divider(), said, actions("zoho_link", pressed))


def way_message(address: str) -> Message:
    """The way to Zoho's page, for one person."""
    safe = web_address(address)
    if safe is None:
        said = "Zoho's page cannot be offered: its address is not a safe one. Ask an administrator."
        return Message(said, (sentence(run(said)),))
    way = actions("zoho_way", link_button("Go to Zoho", ids.ZOHO_OPEN, safe))
    return Message(_ASKED, (sentence(run(_ASKED)), way))
