"""A CRM link unfurled: who the account is and how it stands. No money, no person but the owner, no contact.

Everybody in the channel sees it, whoever posted the link.
"""

from __future__ import annotations

from bot.app.answers import AccountLine
from bot.slack.views.blocks import Json, context, named, run, sentence
from bot.slack.views.marks import Marks, marked
from bot.slack.views.text import mrkdwn


def account_unfurl(account: AccountLine, url: str, marks: Marks) -> Json:
    """The attachment for one link."""
    label = marked(account.label, marks) if account.label else "⚪ no label"
    place = ", ".join(mrkdwn(one, 60) for one in (account.city, account.country) if one)
    owner = f"owner {mrkdwn(account.owner, 80)}" if account.owner else ""
    industry = mrkdwn(account.industry, 60) if account.industry else ""
    facts = " · ".join(one for one in (industry, place, owner) if one)
    blocks = [sentence(named(account.name, url), run(f"  {label}"))]
    return {"blocks": [*blocks, *((context(facts),) if facts else ())]}
