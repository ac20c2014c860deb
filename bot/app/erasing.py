"""Forgetting accounts and contacts that are gone: whom, when, and what their names are replaced by."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from bot.app.errors import UserError
from bot.app.ports import Audit, Posted

KIND: Final = "erase"  # the job
EDIT_KIND: Final = "erase_posted"  # the job that edits one message in Slack
EVERY_SECONDS: Final = 60
INCIDENT: Final = "erasure"
AT_ONCE: Final = 200  # accounts and contacts of one transaction
# When so many leave the copy together, a person says that they are gone: a lost permission looks the same.
MOST_UNASKED: Final = 50
MOST_UNASKED_SHARE: Final = 0.1
SHORTEST_NAME: Final = 3  # letters; shorter ones stand in every other sentence
GONE_TEXT: Final = "This told of an account that was deleted in Zoho CRM."
ADVICE: Final = "Look into Zoho CRM. If they are gone there, run `bellwether erase --gone`."


@dataclass(frozen=True, slots=True)
class Gone:
    """An account or contact that is to be forgotten.

    Attributes:
        kind: ``account`` or ``contact``.
        account_id: of a contact, its account.
        names: by which it is known in free text: name, e-mail.
        by_command: whether it was erased by command, not deleted in Zoho.
    """

    kind: str
    id: str
    account_id: str | None
    names: tuple[str, ...]
    by_command: bool = False

    @property
    def stand_in(self) -> str:
        """What stands for its names from now on."""
        return f"{self.kind} {self.id}"


@dataclass(frozen=True, slots=True)
class Due:
    """What is to be done. ``held``: how many accounts and contacts wait for a person's word."""

    gone: tuple[Gone, ...]
    held: int = 0


def are_too_many(gone: int, living: int, from_empty: int = 0) -> bool:
    """Whether so many that leave together may be a mistake; an empty copy says nothing of any.

    Args:
        gone: how many.
        living: how many are still in the copy.
        from_empty: of more than so many it is asked when the copy is empty.
    """
    if gone > from_empty and not living:
        return True
    return gone > MOST_UNASKED and gone > MOST_UNASKED_SHARE * (gone + living)


class Names:
    """Finds names in texts, in any case, as whole words."""

    def __init__(self, stand_ins: Mapping[str, str]) -> None:
        """Args: ``stand_ins`` has, for each name, what is to stand in its place."""
        usable = {one.strip(): said for one, said in stand_ins.items() if len(one.strip()) >= SHORTEST_NAME}
        self._stand_ins = {name.casefold(): said for name, said in usable.items()}
        self.names = tuple(sorted(usable, key=lambda one: (-len(one), one)))
        words = "|".join(re.escape(one) for one in self.names)
        self._pattern = re.compile(rf"(?<!\w)(?:{words})(?!\w)", re.IGNORECASE) if words else None

    def __bool__(self) -> bool:
        return self._pattern is not None

    def named_in(self, value: Any) -> bool:
        """Whether a text, or a text anywhere in a JSON value, has one of the names in it."""
        return self._pattern is not None and any(self._pattern.search(one) for one in texts_in(value))

    def without(self, value: Any) -> Any:
        """A text or JSON value with the names replaced; keys stay."""
        if isinstance(value, str):
            return self._pattern.sub(self._stand_in, value) if self._pattern else value
        if isinstance(value, Mapping):
            return {key: self.without(one) for key, one in value.items()}
        return [self.without(one) for one in value] if isinstance(value, list) else value

    def _stand_in(self, found: re.Match[str]) -> str:
        return self._stand_ins.get(found[0].casefold(), "somebody who was erased")


def texts_in(value: Any) -> Iterator[str]:
    """Every text in a JSON value, keys included."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, one in value.items():
            yield str(key)
            yield from texts_in(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from texts_in(one)


def without_records(value: Any, ids: frozenset[str]) -> Any:
    """A record's JSON without what it says of others: a lookup of one of these ids becomes null."""
    if isinstance(value, Mapping):
        if value.get("id") in ids:
            return None
        return {key: without_records(one, ids) for key, one in value.items()}
    if isinstance(value, list):
        return [one for one in (without_records(one, ids) for one in value) if one is not None]
    return value


def scrubbed_message(kind: str, payload: Mapping[str, Any], names: Names) -> Mapping[str, Any]:
    """A message that tells of several accounts, or of none by its id: without what it says of these."""
    if kind == "alert_summary" and payload.get("lines"):
        lines = payload["lines"]
        left = [one for one in lines if not names.named_in(str(one.get("name") or ""))]
        total = int(payload.get("total") or len(lines)) - (len(lines) - len(left))
        payload = {**payload, "lines": left, "total": max(total, 0)}
    cleaned: Mapping[str, Any] = names.without(payload)
    return cleaned


@dataclass(frozen=True, slots=True)
class Erased:
    """How many rows were removed or changed, by table; ``reports``: what a person has to change.

    Attributes:
        gone: who was forgotten: without those who were in the copy again by then.
    """

    rows: Mapping[str, int] = field(default_factory=dict)
    reports: tuple[str, ...] = ()
    gone: tuple[Gone, ...] = ()


class Erasures(Protocol):
    """Whom to forget, in the database."""

    def due(self, limit: int) -> Due:
        """Those who are gone; whoever is in the copy again is not."""
        ...

    def ask(self, kind: str, record_id: str) -> Gone | None:
        """Note that somebody is erased by command and kept out from now on; None when not known anywhere."""
        ...

    def confirm(self) -> int:
        """Those who wait for a person's word are gone indeed; how many."""
        ...

    def rehearse(self, one: tuple[str, str] | None, limit: int) -> Erased | None:
        """What erasing one (kind, id), or up to ``limit`` who wait for a person's word, would do.

        Nothing is kept of it. None when nothing here knows of the one.
        """
        ...

    def erase(self, gone: Sequence[Gone]) -> Erased:
        """Forget them in every table, and enter jobs that edit what stands in Slack.

        Whoever is in the copy again by now is left alone.
        """
        ...

    def settle(self, gone: Sequence[Gone]) -> None:
        """All is done: forget the names."""
        ...

    def message(self, message_id: int) -> tuple[Posted | None, str, Mapping[str, Any], bool]:
        """A message of the outbox: where it stands, kind and values, whether it may yet be sent."""
        ...


class Files(Protocol):
    """The files of exports."""

    def invalidate(self, gone: Sequence[Gone], names: Names, looked_through: set[str]) -> int:
        """Remove every file that holds one of these records, and what was asked by name; how many.

        ``looked_through``: names of files in which they are not; passed over, and added to.
        """
        ...


class Troubles(Protocol):
    """Telling an administrator, once."""

    def begin(self, name: str, message: str, what_to_do: str) -> bool:
        """Something needs a person."""
        ...

    def end(self, name: str) -> bool:
        """Not any more."""
        ...


@dataclass(frozen=True)
class Erasing:
    """The use case."""

    erasures: Erasures
    files: Files
    audit: Audit
    troubles: Troubles

    def do(self, actor: str = "bellwether", place: str = "clock") -> dict[str, Any]:
        """Forget whoever is due; what was done, by table.

        Every step may be done twice: a process that dies in the middle leaves them due.
        """
        counts: dict[str, int] = {}
        reports: list[str] = []
        done = files = 0
        while (due := self.erasures.due(AT_ONCE)).gone:
            # Files first: what is said of it in the audit log names what was asked for.
            looked_through: set[str] = set()
            files += self.files.invalidate(due.gone, names_of(due.gone), looked_through)
            found = self.erasures.erase(due.gone)
            # To look through them may take minutes: what was begun meanwhile has read them still.
            files += self.files.invalidate(found.gone, names_of(found.gone), looked_through)
            for table, many in found.rows.items():
                counts[table] = counts.get(table, 0) + many
            reports += found.reports
            for one in found.gone:
                why = "erased by command" if one.by_command else "erased: deleted in Zoho CRM"
                self.audit.record(actor, KIND, one.stand_in, why, place)
            self.erasures.settle(found.gone)
            done += len(found.gone)
        self._tell(due.held)
        return {"erased": done, "held": due.held, "rows": counts, "files": files, "to_do": reports}

    def by_command(self, kind: str, record_id: str, actor: str) -> dict[str, Any]:
        """Forget one, whether Zoho has deleted it or not; it is kept out of the copy from now on.

        Raises:
            UserError: nothing here knows of such a record.
        """
        if self.erasures.ask(kind, record_id) is None:
            raise _unknown(kind, record_id)
        return self.do(actor, "terminal")

    def rehearse(self, one: tuple[str, str] | None) -> dict[str, Any]:
        """What forgetting one (kind, id), or everybody who waits for a person's word, would do.

        Raises:
            UserError: nothing here knows of the one.
        """
        found = self.erasures.rehearse(one, AT_ONCE) or Erased()
        if one is not None and not found.gone:
            raise _unknown(*one)
        whom = [one.stand_in for one in found.gone]
        return {"would_erase": whom, "rows": dict(found.rows), "to_do": list(found.reports)}

    def _tell(self, held: int) -> None:
        if held:
            said = f"{held:,} accounts and contacts left Zoho CRM at once; they are kept until you say so."
            self.troubles.begin(INCIDENT, said, ADVICE)
        else:
            self.troubles.end(INCIDENT)


def _unknown(kind: str, record_id: str) -> UserError:
    return UserError(
        f"Nothing here knows of {kind} {record_id}.",
        "Its id stands at the end of its address in Zoho CRM, and in `bellwether ask --json`.",
    )


def names_of(gone: Sequence[Gone]) -> Names:
    """What is looked for in free text."""
    return Names({name: one.stand_in for one in gone for name in one.names})
