"""What can go wrong between us and Zoho, sorted by how one recovers.

ConnectorError
├── Retriable     it will pass: 429, 5xx, a time-out, a cut answer (carries how long to wait)
│   ├── OutOfBudget   the share of API credits that we may use is used up: later, without insisting
│   └── Overtaken     another process has just written a record that we were about to write as a new one
├── Conflict      somebody else has changed the record meanwhile: nothing was written
├── Skippable     one record or one field cannot be used: counted and reported, the rest goes on
├── NeedsPerson   somebody must act: a wrong secret
│   ├── NotConsented   the consent behind the token was withdrawn, or does not cover this
│   └── NotPermitted   the user behind the token may not do this
├── NotOffered    this way of reading is not offered for the module: another way is taken, and said
│   └── NotGranted    because the credentials do not cover it, whatever fields are asked for
├── StartOver     the place in a list was lost (its page token expired): that list is read from its start
└── Fatal         the run cannot go on: an answer that makes no sense, a module that does not exist
"""

from __future__ import annotations


class ConnectorError(Exception):
    """The exchange with Zoho failed. ``code`` is Zoho's own word for it, empty when it gave none."""

    code: str = ""

    def __init__(self, what_happened: str | None = None, what_to_do: str = "") -> None:
        self.what_happened = what_happened or (type(self).__doc__ or "").strip()
        self.what_to_do = what_to_do
        super().__init__(" ".join(part for part in (self.what_happened, what_to_do) if part))


class Retriable(ConnectorError):
    """Zoho did not answer properly; trying again may help."""

    def __init__(
        self, what_happened: str | None = None, what_to_do: str = "", *, after_seconds: float | None = None
    ) -> None:
        super().__init__(what_happened, what_to_do)
        self.after_seconds = after_seconds


class OutOfBudget(Retriable):
    """Our share of the API's credits is used up; the rest is left to the customer's other programs."""


class Overtaken(Retriable):
    """Another process wrote the same records to the database at the same time; the next try sees them."""


class Conflict(ConnectorError):
    """Somebody else has changed the record in the CRM meanwhile; nothing was written."""


class Skippable(ConnectorError):
    """A record could not be used."""


class NeedsPerson(ConnectorError):
    """Zoho refuses until somebody acts."""


class NotConsented(NeedsPerson):
    """The consent behind the token was withdrawn, or does not cover this; nothing was written."""


class NotPermitted(NeedsPerson):
    """The user behind the token may not do this in the CRM; nothing was written."""


class NotOffered(ConnectorError):
    """The CRM does not offer this way of reading for the module."""


class NotGranted(NotOffered):
    """The credentials do not cover this way of reading the module."""


class StartOver(ConnectorError):
    """The place in Zoho's list was lost."""


class Fatal(ConnectorError):
    """Zoho's answer cannot be worked with."""
