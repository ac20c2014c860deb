"""The account card: what a person wants to know before they call."""

from __future__ import annotations

from datetime import datetime

from bot.app.answers import AccountCard, Answer, CardOffer, Explanation
from bot.app.wording import counted, day, isolated, money, percent
from bot.slack import ids
from bot.slack.views.blocks import (
    Json,
    Message,
    actions,
    bullets,
    context,
    fields,
    line,
    link_button,
    rich_text,
    run,
    sentence,
)
from bot.slack.views.drawing import Drawing
from bot.slack.views.marks import marked
from bot.slack.views.text import code, data_age, mrkdwn, plain, utc, web_address


def account_message(answer: Answer, drawing: Drawing) -> Message:
    """The card of one account, or that there is none."""
    card = answer.card
    if card is None:
        gone = "That account is not in the local copy of the CRM any more."
        return Message(gone, (sentence(run(gone)), context(data_age(answer.as_of, drawing.now))))
    account = card.line
    label = marked(account.label, drawing.marks) if account.label else "⚪ no label"
    blocks = (
        sentence(run(isolated(plain(account.name, 150)), "bold"), run(f"  {label}{_since(card)}")),
        fields(_facts(card, answer.currency)),
        *_why(card),
        *_advice(card, answer.currency),
        *_further(card, drawing),
        *_contacts(card),
        *_links(card),
        context(*_footer(answer, card, drawing.now)),
    )
    said = f"{mrkdwn(account.name)}: {mrkdwn(account.label) if account.label else 'no label'}"
    text = f"{said}, spent {money(account.spend_minor, answer.currency)}, owner {mrkdwn(account.owner)}"
    return Message(text, blocks + ((context(drawing.note),) if drawing.note else ()))


def _since(card: AccountCard) -> str:
    parts = [f" since {day(card.label_since.date())}"] if card.label_since else []
    if card.last_change:
        parts.append(f", before that {plain(card.last_change.old) if card.last_change.old else 'none'}")
    return "".join(parts)


def _facts(card: AccountCard, currency: str) -> list[tuple[str, str]]:
    account = card.line
    scores = " ".join(
        f"{name} {score}" for name, score in (("R", account.r), ("F", account.f), ("M", account.m)) if score
    )
    deals = f"{card.open_deals:,}" + (
        f", {money(card.open_deals_minor, currency)}" if card.open_deals else ""
    )
    if card.last_deal_name:
        deals += f"\nlast: {mrkdwn(card.last_deal_name, 80)}"
    place = ", ".join(mrkdwn(part, 60) for part in (account.city, account.state, account.country) if part)
    bought = f"{money(account.spend_minor, currency)} in {counted(account.purchases, 'purchase')}"
    return [
        ("Scores", f"{scores} (total {account.total})" if scores else "not scored"),
        ("Owner", mrkdwn(account.owner)),
        ("Spend", bought),
        ("Last purchase", day(account.last_purchase)),
        ("Open deals", deals),
        ("Industry", mrkdwn(account.industry)),
        ("Place", place or mrkdwn(None)),
        ("Revenue", money(account.annual_revenue_minor, currency)),
    ]


def _why(card: AccountCard) -> tuple[Json, ...]:
    reasons = [line(run(plain(reason, 300))) for reason in card.why]
    return (rich_text(line(run("Why", "bold")), bullets(reasons)),) if reasons else ()


def _advice(card: AccountCard, currency: str) -> tuple[Json, ...]:
    """What to do next, and what to offer."""
    step = (line(run("Next step: ", "bold"), run(plain(card.next_step, 300))),) if card.next_step else ()
    offers = [line(run(plain(one.what, 120), "bold"), run(_chance(one, currency))) for one in card.offers]
    lines = (*step, *((line(run("Offer", "bold")), bullets(offers)) if offers else ()))
    return (rich_text(*lines),) if lines else ()


def _chance(one: CardOffer, currency: str) -> str:
    value = money(one.value_minor, currency)
    return f" · {percent(one.chance)} chance · {value} expected · {plain(one.why, 150)}"


def _further(card: AccountCard, drawing: Drawing) -> tuple[Json, ...]:
    """What the other segmentations say: a line each, with the first sentence of why."""
    lines = [
        line(run(plain(one.segmentation, 100), "bold"), run(f": {_said(one, drawing)}"))
        for one in card.further
    ]
    return (rich_text(line(run("Other segmentations", "bold")), bullets(lines)),) if lines else ()


def _said(one: Explanation, drawing: Drawing) -> str:
    label = marked(one.label, drawing.marks) if one.label else "no label"
    measured = [plain(one.measured, 100)] if one.measured else []
    why = f" – {plain(one.why[0], 300)}" if one.why else ""
    return " · ".join([label, *measured]) + why


def _contacts(card: AccountCard) -> tuple[Json, ...]:
    people = [
        line(run(plain(name, 80)), run("".join(f" · {plain(part, 80)}" for part in (title, email) if part)))
        if title or email
        else line(run(plain(name, 80)))
        for name, title, email in card.contacts
    ]
    return (rich_text(line(run("Contacts", "bold")), bullets(people)),) if people else ()


def _links(card: AccountCard) -> tuple[Json, ...]:
    addresses = [("Open in CRM", web_address(card.crm_url)), ("Website", web_address(card.website))]
    buttons = [
        link_button(text, ids.numbered(ids.OPEN_IN_CRM, number), address)
        for number, (text, address) in enumerate(addresses)
        if address
    ]
    return (actions("links", *buttons),) if buttons else ()


def _footer(answer: Answer, card: AccountCard, now: datetime) -> list[str]:
    read = [f"Read as {code(answer.read_as)}"] if answer.read_as else []
    moved = [f"label changed {utc(card.last_change.at)}"] if card.last_change else []
    return [" · ".join([*read, f"by {mrkdwn(card.segmentation)}", *moved, data_age(answer.as_of, now)])]
