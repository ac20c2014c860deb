"""An answer as JSON, for ``bellwether ask --json`` and for programs that read it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from bot.app.answers import AccountCard, AccountLine, Answer, Group
from bot.language.question import NotUnderstood, Reading

# Currencies whose smallest unit is not a hundredth (ISO 4217): the number of decimals in minor amounts.
_DECIMALS = {
    "JPY": 0,
    "KRW": 0,
    "CLP": 0,
    "VND": 0,
    "ISK": 0,
    "BHD": 3,
    "KWD": 3,
    "JOD": 3,
    "OMR": 3,
    "TND": 3,
}


def answer_as_json(answer: Answer) -> dict[str, Any]:
    """The answer with keys that stay: amounts as numbers in whole units, days and instants in ISO form."""
    missing = answer.not_understood
    return {
        "question": answer.question,
        "kind": answer.kind.value if answer.kind else None,
        "read_as": answer.read_as,
        "total": answer.total,
        "shown": answer.shown,
        "as_of": answer.as_of.isoformat() if answer.as_of else None,
        "currency": answer.currency,
        "accounts": [_line(line, answer.currency) for line in answer.accounts],
        "group_by": answer.group_by,
        "groups": [_group(group) for group in answer.groups],
        "card": _card(answer.card, answer.currency) if answer.card else None,
        "help": [{"title": topic.title, "examples": list(topic.examples)} for topic in answer.help],
        "not_understood": _words(missing) if missing else [],
        "reason": missing.reason if missing else None,
        "readings": [_reading(one) for one in missing.readings] if missing else [],
    }


def money(minor: int | None, currency: str) -> float | None:
    """Minor units as a number with the decimals of the currency."""
    if minor is None:
        return None
    decimals = _DECIMALS.get(currency, 2)
    return float(round(Decimal(minor).scaleb(-decimals), decimals))


def _line(line: AccountLine, currency: str) -> dict[str, Any]:
    return {
        "id": line.id,
        "name": line.name,
        "label": line.label,
        "r": line.r,
        "f": line.f,
        "m": line.m,
        "rfm": line.total,
        "industry": line.industry,
        "city": line.city,
        "state": line.state,
        "country": line.country,
        "owner": line.owner,
        "last_purchase": line.last_purchase.isoformat() if line.last_purchase else None,
        "purchases": line.purchases,
        "total_spend": money(line.spend_minor, currency),
        "annual_revenue": money(line.annual_revenue_minor, currency),
        "employees": line.employees,
        "currency": currency,
    }


def _group(group: Group) -> dict[str, Any]:
    return {"value": group.value, "count": group.count}


def _card(card: AccountCard, currency: str) -> dict[str, Any]:
    change = card.last_change
    return {
        **_line(card.line, currency),
        "segmentation": card.segmentation,
        "label_since": card.label_since.isoformat() if card.label_since else None,
        "last_change": {"at": change.at.isoformat(), "old": change.old, "new": change.new}
        if change
        else None,
        "why": list(card.why),
        "segmentations": [
            {
                "segmentation": one.segmentation,
                "technique": one.technique,
                "label": one.label,
                "measured": one.measured,
                "why": list(one.why),
            }
            for one in card.further
        ],
        "open_deals": card.open_deals,
        "open_deals_amount": money(card.open_deals_minor, currency),
        "last_deal": card.last_deal_name,
        "contacts": [{"name": name, "title": title, "email": email} for name, title, email in card.contacts],
        "website": card.website,
        "phone": card.phone,
        "crm_url": card.crm_url,
    }


def _words(missing: NotUnderstood) -> list[dict[str, Any]]:
    return [
        {"word": one.word, "position": one.position, "readings": [_reading(r) for r in one.readings]}
        for one in missing.words
    ]


def _reading(reading: Reading) -> dict[str, str]:
    return {"text": reading.text, "shown": reading.shown}
