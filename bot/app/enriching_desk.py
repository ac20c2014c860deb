"""Enriching for people who are not at a terminal: what they want is noted as a job, and told in a message."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from bot.app.enriching import Enriching
from bot.app.enriching_batches import EnrichingBatches, Wish
from bot.app.enriching_undo import EnrichingHistory
from bot.app.enriching_values import OURS, Batch, FieldWrite, Proposed
from bot.app.errors import UserError
from bot.app.linked_accounts import LinkedAccounts
from bot.app.people import Person
from bot.app.ports import Clock, Jobs, NamedAccount, Posted
from bot.app.saving import written
from bot.language.question import Kind, Question

# Kinds of jobs, each told in one message.
LOOK, APPLY, START, UNDO = "enrich_look", "enrich_apply", "enrich_start", "enrich_undo"
PLACE: Final = "slack"
_OF_ACCOUNTS: Final = {Kind.LIST, Kind.COUNT, Kind.COUNT_BY}
_COMMAND: Final = re.compile(r"^enrich(?:\s+(?P<rest>.+))?$", re.IGNORECASE)
_HISTORY: Final = re.compile(r"^history(?:\s+(?:of\s+)?(?P<name>.+))?$", re.IGNORECASE)
HOW: Final = "Write `enrich` and an account, or `enrich` and a question for accounts; or `enrich history`."


@dataclass(frozen=True, slots=True)
class Enrich:
    """What somebody wants: the history, of one account or all, or to enrich what ``text`` names."""

    text: str
    history: bool = False


def enrich_wanted(text: str) -> Enrich | None:
    """What is to be enriched or looked up; None when the text asks for something else."""
    found = _COMMAND.match(text.strip())
    if found is None:
        return None
    rest = _named(found["rest"])
    history = _HISTORY.match(rest)
    return Enrich(rest) if history is None else Enrich(_named(history["name"]), history=True)


def _named(said: str | None) -> str:
    return (said or "").strip().strip("\"'“”").strip()


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """What was enriched together: a proposal or a batch.

    Attributes:
        what: the account's name, or what the batch was asked for.
        values: of a proposal each value; of a batch the latest, if they are not long ago.
        batch: of a batch: its counts.
        can_undo: some of it is still as it was written.
    """

    id: str
    what: str
    by: str
    values: tuple[FieldWrite, ...] = ()
    batch: Batch | None = None
    can_undo: bool = False


@dataclass(frozen=True)
class EnrichingDesk:
    """The use case.

    Attributes:
        linked: accounts as a person may see them.
    """

    one: Enriching
    many: EnrichingBatches
    history: EnrichingHistory
    linked: LinkedAccounts
    jobs: Jobs
    clock: Clock

    def called(self, text: str, person: Person) -> tuple[NamedAccount, ...]:
        """The accounts that a person may see and that have this name; else those with it in their name."""
        found = self.linked.like(text, person)
        exact = tuple(one for one in found if one.name.casefold() == text.casefold())
        return exact or found

    def look(self, account_id: str, person: Person, posted: Posted) -> NamedAccount:
        """Have an account's site read; what is proposed is told in the message.

        Raises:
            UserError: the person may not, or there is no such account that they may see.
        """
        self.one.admit(person, account_id, PLACE)
        line = self.linked.line(account_id, person)
        if line is None:
            raise UserError("There is no such account.", "Ask for it by its name.")
        self._enter(LOOK, f"{posted.channel}:{posted.ts}", person, posted, {"account": account_id})
        return NamedAccount(line.id, line.name)

    def apply(
        self, proposal_id: str, seen: str, chosen: Collection[str], person: Person, posted: Posted
    ) -> Proposed:
        """Have the chosen fields of a proposal written.

        Raises:
            UserError: the person may not, it is not theirs or too old, or a field cannot be chosen.
        """
        self.one.admit(person, proposal_id, PLACE)
        proposed = self.one.kept(proposal_id, person, seen)
        self.one.check_chosen(proposed, chosen)
        fields = sorted(chosen)
        slot = f"{proposal_id}:{self.clock.now():%Y%m%d%H%M%S%f}"
        self._enter(APPLY, slot, person, posted, {"proposal": proposal_id, "seen": seen, "chosen": fields})
        return proposed

    def start(self, wish: Wish, person: Person, posted: Posted) -> None:
        """Have a batch entered, once for each message that asks for it.

        Raises:
            UserError: the person may not.
        """
        self.many.admit(person, wish.said, PLACE)
        args = {"criteria": wish.criteria, "said": wish.said}
        self._enter(START, f"{posted.channel}:{posted.ts}", person, posted, args)

    def to_undo(self, identifier: str, person: Person) -> tuple[str, int]:
        """What would be taken back: of which account or batch, and how many values.

        Raises:
            UserError: the person may not, or nothing was written under this id.
        """
        values = [one for one in self.history.of(identifier, person) if one.state in OURS]
        if not values:
            raise UserError("Nothing of it is left to take back.")
        batch = next((one for one in self.many.recent(person) if one.id == identifier), None)
        line = self._line(identifier, values, person, batch)
        return (batch.what if batch is not None else line.what), len(values)

    def undo(self, identifier: str, person: Person, posted: Posted) -> None:
        """Have a proposal's or a batch's values taken back.

        Raises:
            UserError: the person may not, or nothing was written under this id.
        """
        self.history.of(identifier, person)
        slot = f"{identifier}:{self.clock.now():%Y%m%d%H%M%S%f}"
        self._enter(UNDO, slot, person, posted, {"of": identifier})

    def lines(self, person: Person, account: str = "") -> tuple[HistoryLine, ...]:
        """What was enriched lately, newest first: batches for those who may enter one, and single accounts.

        Raises:
            UserError: the person may not see it, or there is no such account that they may see.
        """
        account_id = self._account_id(account, person) if account else None
        writes = self.history.recent(person, account_id)
        batches = {one.id: one for one in self.many.recent(person)}
        groups: dict[str, list[FieldWrite]] = {}
        for write in writes:
            groups.setdefault(write.of, []).append(write)
        lines = [] if account else [_of_batch(one, groups.pop(one.id, ())) for one in batches.values()]
        lines += [self._line(of, values, person, batch=batches.get(of)) for of, values in groups.items()]
        return tuple(sorted(lines, key=_at, reverse=True))

    def wish(self, question: Question, said: str) -> Wish:
        """The wish for the accounts that a question is about.

        Raises:
            UserError: it is no question for accounts, or for the first few of them.
        """
        if question.kind not in _OF_ACCOUNTS:
            raise UserError("That is no question for accounts.", HOW)
        if question.limit is not None:
            raise UserError(
                "A batch has no order, so it cannot take the first few.",
                "Say it by criteria: `enrich accounts over 50k`.",
            )
        return Wish(written(question) or "name is not empty", said)

    def _account_id(self, account: str, person: Person) -> str:
        found = self.called(account, person)
        if len(found) != 1:
            names = ", ".join(one.name for one in found[:5])
            raise UserError(
                f"{len(found)} accounts have “{account}” in their name." if found else
                f"There is no account “{account}”.",
                f"Say which: {names}." if found else "",
            )  # fmt: skip
        return found[0].id

    def _line(
        self, of: str, values: Sequence[FieldWrite], person: Person, batch: Batch | None
    ) -> HistoryLine:
        account = self.linked.line(values[0].account_id, person)
        can_undo = batch is None and any(one.state in OURS for one in values)
        what = account.name if account is not None else f"account {values[0].account_id}"
        return HistoryLine(of, what, values[0].by, tuple(values), None, can_undo)

    def _enter(self, kind: str, slot: str, person: Person, posted: Posted, args: Mapping[str, Any]) -> None:
        told = {"person": person.slack_id, "progress_at": asdict(posted)}
        self.jobs.enqueue(kind, slot, {**args, **told}, self.clock.now())


def _of_batch(batch: Batch, values: Sequence[FieldWrite]) -> HistoryLine:
    left = any(one.state in OURS for one in values) if values else bool(batch.fields)
    return HistoryLine(batch.id, batch.what, batch.by, tuple(values), batch, can_undo=left)


def _at(line: HistoryLine) -> Any:
    return line.batch.at if line.batch is not None else line.values[0].at
