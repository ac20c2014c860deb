"""What was paid and credited on the data set's invoices."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sandbox.finance.documents import Archive, Document, Line
from sandbox.finance.payments import MODES, Receipt, payment
from sandbox.finance.rules import Calendar, Fate, instant
from sandbox.finance.sales import Paper, credit_note
from sandbox.finance.source import SourceOrder
from sandbox.finance.wire import STAMPS, hundredths, identity, number, stamp
from sandbox.zoho.invented import number_for

FIRST_PAYMENT, FIRST_CREDIT_NOTE = 20_000_000, 30_000_000
ONE_IN_JOINED, ONE_IN_TOO_MUCH, ONE_IN_CREDITED = 12, 150, 50
TOO_MUCH = 1_000  # cents
JOINED_WITHIN = timedelta(days=120)
Invoices = Sequence[tuple[SourceOrder, Document, Fate]]


@dataclass
class _Planned:
    """A payment to be made: the day, and the invoices with what is paid on each."""

    key: str
    customer: str
    day: date
    applied: list[tuple[Document, int]]


def add_payments(archive: Archive, invoices: Invoices) -> None:
    """A payment for each paid invoice; some pay two at once, some bring too much."""
    for at, plan in enumerate(sorted(_plans(invoices), key=lambda one: (one.day, one.key))):
        total = sum(cents for _, cents in plan.applied)
        more = TOO_MUCH if number_for(f"too much {plan.key}", ONE_IN_TOO_MUCH) == 0 else 0
        created = instant(plan.day, f"paid {plan.key}")
        for document, cents in plan.applied:
            _mark_paid(document, cents, plan.day, max(created, document.created))
        receipt = Receipt(
            identity(FIRST_PAYMENT + 10 * at),
            str(at + 1),
            archive.of("contacts")[plan.customer],
            plan.day,
            created,
            total + more,
            plan.applied,
            mode=list(MODES)[number_for(f"mode {plan.customer}", len(MODES))],
            reference=f"R{number_for(plan.key, 10**6):06}",
        )
        archive.place("customerpayments", payment(receipt))


def _plans(invoices: Invoices) -> Iterator[_Planned]:
    last: dict[str, _Planned] = {}
    for order, document, end in invoices:
        if end.paid_on is None:
            continue
        customer = str(document.values["customer_id"])
        cents = hundredths(document.values["total"]) * end.percent // 100
        before = last.get(customer)
        joined = number_for(f"joined {order.number}", ONE_IN_JOINED) == 0
        if joined and before is not None and end.paid_on - before.day < JOINED_WITHIN:
            before.applied.append((document, cents))
            before.day = max(before.day, end.paid_on)
            continue
        if before is not None:
            yield before
        last[customer] = _Planned(order.number, customer, end.paid_on, [(document, cents)])
    yield from last.values()


def _mark_paid(document: Document, cents: int, day: date, moment: int) -> None:
    left = hundredths(document.values["total"]) - cents
    document.values |= {"balance": number(left), "last_payment_date": day.isoformat()}
    document.extra["payment_made"] = number(cents)
    document.modified = moment
    document.values |= {key: stamp(moment) for key in STAMPS}


def add_credit_notes(
    archive: Archive, calendar: Calendar, invoices: Invoices, line_ids: Iterator[int]
) -> None:
    """Some customers gave one piece back: refunded, open, draft or void."""
    paid = (one for one in invoices if one[2].status == "paid")
    chosen = [one for one in paid if number_for(f"credited {one[0].number}", ONE_IN_CREDITED) == 0]
    for at, (order, document, end) in enumerate(chosen):
        day = end.paid_on or calendar.yesterday
        day = min(day + timedelta(days=number_for(f"given back {order.number}", 20)), calendar.yesterday)
        line = document.lines[0]
        draw = number_for(f"credit {order.number}", 10)
        status = ("void", "draft", "open", "open")[draw] if draw < 4 else "closed"  # noqa: PLR2004
        paper = Paper(
            identity(FIRST_CREDIT_NOTE + 10 * at),
            f"CN-{at + 1:05}",
            archive.of("contacts")[str(document.values["customer_id"])],
            day,
            max(instant(day, f"credit {order.number}"), document.modified),
            [Line(identity(next(line_ids)), line.item, line.name, 1, line.rate)],
            status,
            reference=str(document.values["invoice_number"]),
            salesperson=(document.values["salesperson_id"], document.values["salesperson_name"]),
            paid=line.rate if status == "closed" else 0,
        )
        archive.place("creditnotes", credit_note(paper))
