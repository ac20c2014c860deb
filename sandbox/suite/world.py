"""What happened between the organisation and its contacts: tickets, mailings, chats, e-mails. Seeded."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from sandbox.zoho.invented import number_for
from sandbox.zoho.state import Zoho
from sandbox.zoho.store import Record

DAY = 24 * 3600
MOST_CONTACTS = 400  # of a large organisation only the first have anything to tell
SUBJECTS = (
    "Delivery is late",
    "A part is missing",
    "How do I update?",
    "The invoice is wrong",
    "It stopped working",
)
REPLIES = ("Please help soon.", "Thank you, that solved it.", "Still the same problem.", "I will try that.")
QUESTIONS = ("What does it cost?", "Do you deliver abroad?", "Can I speak to somebody?", "Is there a manual?")
MOODS = ("POSITIVE", "NEUTRAL", "NEGATIVE")
Row = dict[str, Any]


@dataclass
class Suite:
    """The products' records. ``extra`` holds what was ordered through the sandbox's own API."""

    zoho: Zoho
    extra: dict[str, list[Row]] = field(default_factory=lambda: {"tickets": [], "chats": []})

    @cached_property
    def contacts(self) -> list[Record]:
        """The contacts who have something to tell, by id."""
        table = self.zoho.store.tables["Contacts"]
        found: list[Record] = []
        for record in table.in_id_order():
            found.append(record)
            if len(found) == MOST_CONTACTS:
                break
        return found

    @cached_property
    def opened(self) -> int:
        """When the products were first looked at: the past is counted back from here."""
        return self.zoho.clock.epoch()

    def tickets(self) -> list[Row]:
        """Every ticket, by time of change."""
        made = [ticket for contact in self.contacts if (ticket := self._ticket(contact)) is not None]
        return sorted([*made, *self.extra["tickets"]], key=lambda one: (one["modified"], one["id"]))

    def chats(self) -> list[Row]:
        """Every conversation, by time of change."""
        made = [chat for contact in self.contacts if (chat := self._chat(contact)) is not None]
        return sorted([*made, *self.extra["chats"]], key=lambda one: (one["ended"], one["id"]))

    def mailings(self) -> list[Row]:
        """Every mailing that was sent, the latest first: one a month for a year, one of them long ago."""
        return [
            {
                "key": f"mailing{month:02}",
                "name": f"News of month {month}",
                "subject": f"What is new, part {12 - month}",
                "sent": self.opened - month * 30 * DAY - 5 * DAY,
            }
            for month in range(13)
        ]

    def recipients(self, key: str, action: str) -> list[Record]:
        """The contacts who did something with a mailing."""
        shares = {"sentcontacts": 100, "openedcontacts": 40, "clickedcontacts": 12, "optoutcontacts": 1,
                  "senthardbounce": 2, "spamcontacts": 0}  # fmt: skip
        share = shares.get(action, 0)
        return [one for one in self.contacts if number_for(f"{key} {action} {one.id}", 100) < share]

    def emails(self, contact: int) -> list[Row]:
        """The e-mails of a contact, the latest first."""
        count = number_for(f"emails {contact}", 25)
        return [self._email(contact, number) for number in range(count)]

    def _ticket(self, contact: Record) -> Row | None:
        if number_for(f"has a ticket {contact.id}", 100) >= 35:  # noqa: PLR2004 -- a third of them
            return None
        created = self.opened - DAY - number_for(f"ticket {contact.id}", 300) * DAY
        closed = created + 3 * DAY if number_for(f"closed {contact.id}", 3) else None
        return new_ticket(
            str(contact.id + 10**9),
            contact,
            _one_of(SUBJECTS, f"subject {contact.id}"),
            _one_of(MOODS, f"mood {contact.id}"),
            (created, closed),
        )

    def _chat(self, contact: Record) -> Row | None:
        if number_for(f"has a chat {contact.id}", 100) >= 20:  # noqa: PLR2004 -- a fifth of them
            return None
        started = self.opened - DAY - number_for(f"chat {contact.id}", 200) * DAY
        rating = number_for(f"stars {contact.id}", 7)
        return {
            "id": str(contact.id + 2 * 10**9),
            "email": contact.values["Email"],
            "question": _one_of(QUESTIONS, f"question {contact.id}"),
            "started": started,
            "attended": started + 40 if number_for(f"attended {contact.id}", 5) else None,
            "ended": started + 600,
            "rating": rating if 1 <= rating <= 5 else None,  # noqa: PLR2004
        }

    def _email(self, contact: int, number: int) -> Row:
        at = self.opened - number * 12 * DAY - number_for(f"mail {contact} {number}", DAY)
        sent = number_for(f"sent {contact} {number}", 3) > 0
        opened = sent and number_for(f"opened {contact} {number}", 2) == 0
        return {
            "id": f"{contact:x}{number:04x}",
            "at": at,
            "sent": sent,
            "opened": at + 3600 if opened else None,
            "bounced": sent and number_for(f"bounced {contact} {number}", 40) == 0,
            "mood": _one_of(MOODS, f"mail mood {contact} {number}").casefold(),
            "subject": _one_of(SUBJECTS if not sent else QUESTIONS, f"mail {contact} {number}"),
        }


def new_ticket(
    identifier: str, contact: Record, subject: str, mood: str, times: tuple[int, int | None]
) -> Row:
    """A ticket of a contact, as it is kept here."""
    created, closed = times
    return {
        "id": identifier,
        "contact": contact.id,
        "account": contact.values["Account_Name"],
        "email": contact.values["Email"],
        "subject": subject,
        "mood": mood,
        "created": created,
        "closed": closed,
        "modified": closed or created,
        "reply": _one_of(REPLIES, f"reply {identifier}"),
        "rating": (None, "good", "ok", "bad")[number_for(f"rating {identifier}", 4)] if closed else None,
    }


def suite_of(zoho: Zoho) -> Suite:
    """The products of a running Zoho, made when they are first asked for."""
    if zoho.suite is None:
        zoho.suite = Suite(zoho)
    suite = zoho.suite
    assert isinstance(suite, Suite)  # noqa: S101 -- for the type checker: the state does not know this package
    return suite


def _one_of(words: tuple[str, ...], key: str) -> str:
    return words[number_for(key, len(words))]
