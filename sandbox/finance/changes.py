"""Random changes, seeded, as customers and clerks make them in the world outside."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import timedelta

from sandbox.finance.documents import Archive, Document, Line
from sandbox.finance.kinds import BOOKS_KINDS
from sandbox.finance.parties import Party, contact
from sandbox.finance.payments import UNPAYABLE, Receipt, payment, receive
from sandbox.finance.sales import MAKERS, Paper
from sandbox.finance.shapes import in_use
from sandbox.finance.wire import HOME, hundredths, today
from sandbox.finance.writes import PREFIXES, delete, set_status

INSERTED = (
    "invoices",
    "invoices",
    "invoices",
    "customerpayments",
    "estimates",
    "salesorders",
    "creditnotes",
    "contacts",
)
UPDATED = ("invoices", "contacts", "items", "estimates", "salesorders", "creditnotes", "purchaseorders")
DELETED = ("invoices", "estimates", "salesorders", "creditnotes", "customerpayments", "contacts")
FIRST_STATUS = {"invoices": "sent", "estimates": "sent", "salesorders": "open", "creditnotes": "open"}
DAYS_BACK = 60
TRIES = 20


class Changes:
    """Makes changes and counts them by list and kind; the same seed makes the same ones."""

    def __init__(self, archive: Archive, seed: int) -> None:
        self._archive = archive
        self._random = random.Random(seed)
        self.made: Counter[str] = Counter()

    def make(self, wishes: Mapping[str, int]) -> None:
        """So many inserts, updates, deletes and voids, one after another."""
        makers: Mapping[str, Callable[[], str]] = {
            "inserts": self._insert,
            "updates": self._update,
            "deletes": self._delete,
            "voids": self._void,
        }
        for name, times in wishes.items():
            for _ in range(times):
                self.made[f"{name} {makers[name]()}"] += 1

    def _any(self, name: str) -> Document | None:
        documents = self._archive.of(name)
        return self._random.choice(list(documents.values())) if documents else None

    def _insert(self) -> str:
        name = self._random.choice(INSERTED)
        customer = self._customer()
        if name == "contacts" or customer is None:
            return self._insert_contact()
        if name == "customerpayments":
            return self._pay() or self._insert_paper("invoices", customer)
        return self._insert_paper(name, customer)

    def _customer(self) -> Document | None:
        contacts = self._archive.of("contacts").values()
        customers = [one for one in contacts if one.values["contact_type"] == "customer"]
        return self._random.choice(customers) if customers else None

    def _insert_contact(self) -> str:
        number = self._random.randrange(10**6)
        party = Party(f"Newcomer {number:06}", email=f"buyer{number}@newcomer.example", currency=HOME)
        made = contact(self._archive.new_id(), self._archive.clock.epoch(), party)
        self._archive.insert("contacts", made)
        return "contacts"

    def _insert_paper(self, name: str, customer: Document) -> str:
        where = self._archive.new_id()
        day = today(self._archive.clock) - timedelta(days=self._random.randrange(DAYS_BACK))
        lines = [self._line() for _ in range(self._random.randint(1, 4))]
        called = f"{PREFIXES[name]}-R{where[-6:]}"
        paper = Paper(
            where, called, customer, day, self._archive.clock.epoch(), lines, FIRST_STATUS[name]
        )  # fmt: skip
        self._archive.insert(name, MAKERS[name](paper))
        return name

    def _line(self) -> Line:
        item = self._any("items")
        quantity, where = self._random.randint(1, 9), self._archive.new_id()
        if item is None:
            return Line(where, "", "Odds and ends", quantity, 1_000)
        return Line(where, item.id, str(item.values["name"]), quantity, hundredths(item.values["rate"]))

    def _pay(self) -> str:
        """Pay all or half of what is owed on an invoice; nothing when none was found that is owed."""
        for _ in range(TRIES):
            invoice = self._any("invoices")
            if invoice is None or invoice.values["status"] in UNPAYABLE or not invoice.values["balance"]:
                continue
            owed = hundredths(invoice.values["balance"])
            cents = owed if self._random.random() < 0.7 else max(owed // 2, 1)  # noqa: PLR2004
            day, now = today(self._archive.clock), self._archive.clock.epoch()
            customer = self._archive.of("contacts")[invoice.values["customer_id"]]
            made = Receipt(self._archive.new_id(), f"R{now}", customer, day, now, cents, [(invoice, cents)])
            receive(self._archive, payment(made), day)
            return "customerpayments"
        return ""

    def _update(self) -> str:
        name = self._random.choice(UPDATED)
        document = self._any(name)
        if document is None:
            return "nothing"
        mark = f"{self._random.randrange(10**6):06}"
        if name == "contacts":
            self._archive.update(name, document, phone=f"(206) 555-01{mark[:2]}")
        elif name == "items":
            self._archive.update(name, document, rate=int(mark) / 100)
        else:
            self._archive.update(name, document, reference_number=f"PO {mark}")
        return name

    def _delete(self) -> str:
        name = self._random.choice(DELETED)
        for _ in range(TRIES):
            document = self._any(name)
            if document is not None and not (name == "contacts" and in_use(self._archive, document)):
                delete(self._archive, BOOKS_KINDS[name], document)
                return name
        return "nothing"

    def _void(self) -> str:
        for _ in range(TRIES):
            document = self._any("invoices")
            if document is not None and document.values["status"] not in UNPAYABLE:
                set_status(self._archive, BOOKS_KINDS["invoices"], document, "void")
                return "invoices"
        return "nothing"
