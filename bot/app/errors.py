"""What can go wrong in the application, sorted by how one recovers.

BellwetherError
├── UserError          a person can put it right: bad input, not allowed (shown as it is)
├── ConfigurationError the configuration or the environment is wrong (stop, say what to do)
└── SendError          a message could not be sent
    ├── SendLater      not posted; try again after a while
    ├── SendUnclear    may have been posted; look before trying again
    └── SendNever      never will be; tell an administrator
"""

from __future__ import annotations

from datetime import timedelta


class BellwetherError(Exception):
    """Something went wrong."""

    def __init__(self, what_happened: str | None = None, what_to_do: str = "") -> None:
        self.what_happened = what_happened or (type(self).__doc__ or "").strip()
        self.what_to_do = what_to_do
        super().__init__(" ".join(part for part in (self.what_happened, what_to_do) if part))


class UserError(BellwetherError):
    """That cannot be done as it was asked."""


class ConfigurationError(BellwetherError):
    """The configuration is not usable."""


class SendError(BellwetherError):
    """The message could not be sent."""


class SendLater(SendError):
    """Slack did not take the message; it will be tried again."""

    def __init__(self, what_happened: str | None = None, *, after: timedelta = timedelta(seconds=5)) -> None:
        super().__init__(what_happened)
        self.after = after


class SendUnclear(SendError):
    """Slack did not answer; the message may have been posted."""


class SendNever(SendError):
    """Slack will not take this message."""
