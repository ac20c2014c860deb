"""Notes that people write to an account from Slack, without an alert: who may, and the record of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Protocol

from bot.app.acting import LONGEST_NOTE, NOTE, some_lines
from bot.app.answers import AccountLine
from bot.app.errors import UserError
from bot.app.linked_accounts import LinkedAccounts
from bot.app.people import Person, Role
from bot.app.ports import Audit, NamedAccount

MAY_NOTE: Final = Role.MEMBER
NOT_ALLOWED: Final = "You may not write to the CRM."
UNKNOWN: Final = "There is no such account, or it is not one of those that you see."


class KeptNotes(Protocol):
    """Notes on their way to the CRM."""

    def keep(self, account: NamedAccount, by: Person, text: str, form: str) -> bool:
        """Keep that the CRM is to have a note; False when that form was sent before."""
        ...


@dataclass(frozen=True)
class AccountNotes:
    """The use case. Every method asks anew who may, and raises UserError when the person may not."""

    accounts: LinkedAccounts
    notes: KeptNotes
    audit: Audit

    def admit(self, person: Person) -> None:
        """Refuse who may not write notes.

        Raises:
            UserError: this person may not.
        """
        if not person.may(MAY_NOTE):
            self._record(person, "account", "refused")
            raise UserError(person.refusal or NOT_ALLOWED, "Ask an administrator.")

    def like(self, text: str, person: Person) -> tuple[NamedAccount, ...]:
        """Accounts to choose from; none for those who may not write."""
        return self.accounts.like(text, person) if person.may(MAY_NOTE) else ()

    def account(self, account_id: str, person: Person) -> AccountLine:
        """The account that was chosen.

        Raises:
            UserError: the person may not, or there is none that they see.
        """
        self.admit(person)
        line = self.accounts.line(account_id, person)
        if line is None:
            raise UserError(UNKNOWN, "Choose another one.")
        return line

    def add(self, account_id: str, text: str, form: str, person: Person) -> AccountLine:
        """Have a note written to an account, in the person's name; ``form`` names what was sent.

        Raises:
            FieldError: nothing is written, or too much.
            UserError: as ``account``.
        """
        line = self.account(account_id, person)
        said = some_lines("note", text, LONGEST_NOTE)
        first = self.notes.keep(NamedAccount(line.id, line.name), person, said, form)
        self._record(person, f"account {line.id} ({line.name})", "asked for" if first else "sent before")
        return line

    def _record(self, person: Person, target: str, outcome: str) -> None:
        self.audit.record(person.slack_id or person.name, NOTE, target, outcome, "slack")
