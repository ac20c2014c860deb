"""An answer as JSON, for ``bellwether ask --json`` and for programs that read it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from bot.app.answers import AccountCard, AccountLine, Answer, CardOffer, Group
from bot.app.tables import AnswerTable, Cell, CellType
from bot.language.question import NotUnderstood, Reading


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
        "accounts": [_listed(line, answer) for line in answer.accounts],
        "group_by": answer.group_by,
        "groups": [_group(group) for group in answer.groups],
        "card": _card(answer.card, answer.currency) if answer.card else None,
        "help": [{"title": topic.title, "examples": list(topic.examples)} for topic in answer.help],
        "not_understood": _words(missing) if missing else [],
        "reason": missing.reason if missing else None,
        "readings": [_reading(one) for one in missing.readings] if missing else [],
        "said": answer.said,
        "table": _table(answer.table) if answer.table else None,
        "remarks": list(answer.remarks),
    }


def _table(table: AnswerTable) -> dict[str, Any]:
    columns = table.columns
    return {
        "columns": [{"key": one.key, "head": one.head, "type": one.type.value} for one in columns],
        "rows": [
            {one.key: _value(cell, one.type) for one, cell in zip(columns, row, strict=True)}
            for row in table.rows
        ],
        "total": table.total,
    }


def _value(cell: Cell, kind: CellType) -> str | int | float | None:
    """A cell as JSON has it: money in whole units, shares of one, days in ISO form."""
    if cell is None or isinstance(cell, str):
        return cell
    if isinstance(cell, date):
        return cell.isoformat()
    if kind is CellType.MONEY:
        return money(round(cell))
    return cell if isinstance(cell, int) else float(cell)


def money(minor: int | None) -> float | None:
    """Minor units as a number; they are hundredths in every currency, as the local copy keeps them."""
    return None if minor is None else float(Decimal(minor) / 100)


def _listed(line: AccountLine, answer: Answer) -> dict[str, Any]:
    """A line of a list, with the other fields that the question speaks of."""
    columns = [one.column for one in answer.further]
    further = {one.key: _value(cell, one.type) for one, cell in zip(columns, line.further, strict=True)}
    return _line(line, answer.currency) | {"further": further}


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
        "total_spend": money(line.spend_minor),
        "annual_revenue": money(line.annual_revenue_minor),
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
        "open_deals_amount": money(card.open_deals_minor),
        "last_deal": card.last_deal_name,
        "contacts": [{"name": name, "title": title, "email": email} for name, title, email in card.contacts],
        "website": card.website,
        "phone": card.phone,
        "crm_url": card.crm_url,
        "next_step": card.next_step,
        "offers": [_offer(one) for one in card.offers],
    }


def _offer(offer: CardOffer) -> dict[str, Any]:
    return {
        "what": offer.what,
        "kind": offer.kind,
        "chance": float(offer.chance),
        "value": money(offer.value_minor),
        "why": offer.why,
    }


def _words(missing: NotUnderstood) -> list[dict[str, Any]]:
    return [
        {"word": one.word, "position": one.position, "readings": [_reading(r) for r in one.readings]}
        for one in missing.words
    ]


def _reading(reading: Reading) -> dict[str, str]:
    return {"text": reading.text, "shown": reading.shown}
