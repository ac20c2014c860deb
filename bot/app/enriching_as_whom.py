"""As whom enriched values are written: as the person who consented in Zoho, else by us, in their name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol, TypeVar

from bot.app.acting_ports import OwnWriters
from connector.errors import Fatal, NotConsented, NotPermitted
from connector.write_ports import Change, Outcome

Did = TypeVar("Did")


class Written(Protocol):
    """Records that can be changed: ours, or a person's own."""

    def set_fields(
        self, module: str, identifier: str, values: Mapping[str, Any], unmodified_since: datetime | None
    ) -> None:
        """Change one record, unless somebody else has changed it meanwhile (Conflict)."""
        ...

    def update(
        self, module: str, changes: Sequence[Change], *, unmodified_since: datetime | None = None
    ) -> tuple[Outcome, ...]:
        """Change at most 100 records, without triggering workflows; an outcome for each, in order.

        Nothing is written when one of them was changed after ``unmodified_since`` (Conflict), or that one is
        left out (``changed_since`` of its outcome).
        """
        ...


def written_as(
    key: str, own: OwnWriters | None, service: Callable[[], Written], do: Callable[[Written], Did]
) -> Did:
    """Write as a person, else as we are.

    Args:
        key: of the person, as the history names them; only a Slack id can have consented.
        own: of those who have let us write as them; None where nobody can.
        service: ours.
        do: the writing.

    Raises:
        Fatal: the person may not do it in the CRM; so we, who may, do not do it for them.
    """
    theirs = own.of(key) if own is not None else None
    if theirs is not None:
        try:
            return do(theirs.records)
        except NotConsented:
            theirs.lost()  # nothing was written
        except NotPermitted as error:
            raise Fatal(
                f"Zoho does not let the person who asked for it do this. {error.what_happened}",
                "Ask for the permission in the CRM.",
            ) from error
    return do(service())
