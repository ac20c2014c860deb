"""E-mails of the CRM's contacts: sent, received, opened, clicked, bounced; with mood where Zia says so."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote

import orjson

from connector.suite_ports import LONGEST_TEXT, EngagementEvent, EventPage
from connector.zoho.suite import from_iso, whole

# Of a status of an e-mail -> our event, and the key of its instant (Emails of a record, CRM v8).
_STATES = {
    "opened": ("email_opened", ("first_open", "time")),
    "clicked": ("email_clicked", ("first_open", "time")),
    "bounced": ("email_bounced", ("bounced_time", "time")),
}
_MOODS = {"positive": 100, "neutral": 0, "negative": -100}
MOST_PAGES = 20  # of ten e-mails, of one contact in one reading
Raw = Mapping[str, Any]
Get = Callable[[str, Mapping[str, str | int]], Any]


class EmailEvents:
    """The port ``EventSource`` on the e-mails of contacts, which Zoho gives contact by contact.

    Args:
        get: a GET of the CRM's API: path, parameters -> JSON or None.
        contacts: ids of the contacts that were changed or active since an instant, ascending, behind an id.
        contacts_a_reading: a call each at least, so a reading ends after so many and the next goes on.
    """

    def __init__(
        self,
        get: Get,
        contacts: Callable[[datetime, str | None], Iterator[str]],
        *,
        contacts_a_reading: int = 500,
    ) -> None:
        self._get = get
        self._contacts = contacts
        self._most = contacts_a_reading

    @property
    def name(self) -> str:
        """Of the source."""
        return "crm.emails"

    def pages(self, since: datetime, after: str | None) -> Iterator[EventPage]:
        """The e-mails of one contact after the other."""
        for number, contact in enumerate(self._contacts(since, after), start=1):
            yield EventPage(tuple(self._of(contact, since)), contact)
            if number >= self._most:
                return
        yield EventPage(())

    def _of(self, contact: str, since: datetime) -> Iterator[EngagementEvent]:
        """The latest come first; those before ``since`` are known, but may have been opened since."""
        index: str | None = None
        for _ in range(MOST_PAGES):
            params: dict[str, str | int] = {"index": index} if index else {}
            body = self._get(f"/crm/v8/Contacts/{quote(contact, safe='')}/Emails", params)
            mails = body.get("Emails") if isinstance(body, dict) else None
            rows: list[Raw] = [one for one in mails or () if isinstance(one, dict)]
            for mail in rows:
                yield from email_events(mail, contact)
            info = body.get("info") if isinstance(body, dict) else None
            following = (
                info.get("next_index") if isinstance(info, dict) and info.get("more_records") else None
            )
            times = [at for one in rows if (at := from_iso(one.get("time"))) is not None]
            if not following or following == index or (times and max(times) < since):
                return
            index = str(following)


def email_events(mail: Raw, contact: str) -> Iterator[EngagementEvent]:
    """An e-mail, and what became of it."""
    at, identifier = from_iso(mail.get("time")), mail.get("message_id")
    if at is None or not identifier:
        return
    sent = mail.get("sent") is True
    shared: dict[str, Any] = {
        "source": "crm.emails",
        "raw_id": str(identifier)[:100],
        "contact_id": contact,
        "object_key": str(identifier),
        "email": _address(mail, sent=sent),
    }
    words = "\n".join(str(mail[name]) for name in ("subject", "summary") if mail.get(name))[:LONGEST_TEXT]
    yield EngagementEvent(
        event_type="email_sent" if sent else "email_received",
        occurred_at=at,
        direction="out" if sent else "in",
        text=words or None,
        score=_MOODS.get(str(mail.get("sentiment_info") or "").casefold()),
        raw=orjson.dumps({name: mail.get(name) for name in ("intent", "emotion", "read")}).decode(),
        **shared,
    )
    states = mail.get("status")
    for state in states if isinstance(states, list) else ():
        kind = _STATES.get(str(state.get("type")).casefold()) if isinstance(state, dict) else None
        if kind is not None:
            moment = next((found for key in kind[1] if (found := from_iso(state.get(key)))), at)
            count = orjson.dumps({"count": whole(state.get("count"), 1)}).decode()
            yield EngagementEvent(event_type=kind[0], occurred_at=moment, direction="in", raw=count, **shared)


def _address(mail: Raw, *, sent: bool) -> str | None:
    """The customer's address: of the first recipient, or of the sender."""
    people = mail.get("to") if sent else mail.get("from")
    first = people[0] if isinstance(people, list) and people else people
    address = first.get("email") if isinstance(first, dict) else None
    return str(address).strip().casefold() if address else None
