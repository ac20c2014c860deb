"""Enriching one account: what is proposed beside what stands there, and what a person has chosen of it."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

import structlog

from bot.app.acting_ports import OwnWriters
from bot.app.enriching_as_whom import Did, Written, written_as
from bot.app.enriching_fit import MappingCheck, digest_of, mapping_checks, proposed_rows
from bot.app.enriching_judged import CHANGED, MODIFIED, judged, unmodified_since
from bot.app.enriching_ports import CrmRecords, EnrichableAccounts, Proposals, Writes
from bot.app.enriching_values import (
    MAY_ENRICH_ONE,
    NOT_SETTLED,
    PROPOSAL_HOURS,
    Applied,
    FieldWrite,
    Proposed,
    ProposedField,
    Settled,
    WriteState,
    key_of,
)
from bot.app.errors import ConfigurationError, UserError
from bot.app.people import Person
from bot.app.ports import Audit, Clock
from bot.app.scope import seen_by
from connector.enrichment.values import Company, CompanyReading, Outcome, Provider
from connector.errors import Conflict, ConnectorError, Fatal, Skippable
from connector.ports import FieldDescription
from connector.write_ports import OwnValue
from scoring.config import Configuration
from scoring.enrichment_config import NEVER, Enrichment

ACTION: Final = "enrich"  # in the audit log
NOT_ALLOWED: Final = "Only members of the sales team can enrich accounts."
GONE: Final = "The account is not in the CRM any more."
TRIES: Final = 3  # a record that others change at the same time is read again so often

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class CrmSide:
    """The accounts in the CRM, and the local copy of them.

    Attributes:
        records: the CRM; built when it is first asked for.
        own: of those who have let us write as them; None where nobody can.
    """

    records: Callable[[], CrmRecords]
    accounts: EnrichableAccounts
    configuration: Callable[[], Configuration]
    own: Callable[[], OwnWriters | None] = lambda: None

    @property
    def module(self) -> str:
        """Of the accounts."""
        return self.configuration().mapping.accounts.module

    @property
    def settings(self) -> Enrichment:
        """The document's part for enrichment."""
        return self.configuration().enrichment

    def write_as(self, key: str, do: Callable[[Written], Did]) -> Did:
        """Write as the person with this key, if they have let us; raises ``connector.errors``."""
        return written_as(key, self.own(), self.records, do)

    def fields(self) -> dict[str, FieldDescription]:
        """The accounts' fields by API name, as the CRM describes them now.

        Raises:
            ConnectorError: the CRM does not say.
        """
        return {one.api_name: one for one in self.records().fields(self.module)}

    def names(self, fields: Collection[str]) -> list[str]:
        """The API names that are mapped and there."""
        mapped = (one.field for one in self.settings.fields.values() if one.rule != NEVER)
        return [one for one in dict.fromkeys(mapped) if one in fields]


class Enriching:
    """The use case for one account."""

    def __init__(
        self,
        crm: CrmSide,
        provider: Callable[[], Provider],
        proposals: Proposals,
        writes: Writes,
        audit: Audit,
        clock: Clock,
    ) -> None:
        self._crm = crm
        self._provider = provider
        self._proposals = proposals
        self._writes = writes
        self._audit = audit
        self._clock = clock

    def check(self) -> tuple[MappingCheck, ...]:
        """The mapping against the CRM's own description of its fields.

        Raises:
            ConnectorError: the CRM does not say.
        """
        return mapping_checks(self._crm.settings.fields, tuple(self._crm.fields().values()))

    def propose(self, account: str, person: Person, place: str, *, keep: bool = True) -> Proposed:
        """Read what a provider says of an account, and put it beside what the CRM says now.

        Args:
            account: its id or name.
            person: who wants to see it; nobody else can apply it.
            place: where they are, for the audit log.
            keep: False only looks: the proposal cannot be applied.

        Raises:
            UserError: the person may not, or there is no such account.
            ConfigurationError: the provider is not set up, or nothing is mapped.
            ConnectorError: the CRM or the provider as a whole does not answer.
        """
        self._allow(person, account, place)
        with seen_by(person.scope):
            company = self._crm.accounts.company(account)
        fields = self._crm.fields()
        names = self._crm.names(fields)
        if not names:
            raise ConfigurationError(
                "No field of the CRM is mapped for enrichment.", "See `bellwether enrich check`."
            )
        provider = self._provider()
        reading = _one(provider, company, self._clock.now())
        current = self._crm.records().said(self._crm.module, [company.account_id], names)
        if company.account_id not in current:
            raise UserError(GONE, "The next sync removes it here too.")
        proposed = self._proposed(person, provider.name, reading, fields, current[company.account_id])
        if keep:
            self._proposals.add(proposed)
            said = f"proposed {len(proposed.rows)} fields, {reading.outcome}: {proposed.id}"
            self._note(person, company.account_id, said, place)
        return proposed

    def apply(
        self, proposal_id: str, chosen: Collection[str], person: Person, place: str, seen: str | None = None
    ) -> Applied:
        """Write the chosen fields; their values come from what was kept, never from the caller.

        A field that says something else by now than when it was proposed is not written. Applying twice
        writes once.

        Args:
            proposal_id: which.
            chosen: names of ``EnrichedField``.
            person: who consents; it has to be their own proposal.
            place: where they are.
            seen: the digest of what they saw, where it is known.

        Raises:
            UserError: not allowed, not theirs, too old, of an account that they do not see, or a field that
                cannot be chosen.
            ConnectorError: the CRM does not answer; what was written is kept.
        """
        self._allow(person, proposal_id, place)
        proposed = self._own(proposal_id, person, seen)
        rows = _chosen(proposed, chosen)
        now, key = self._clock.now(), key_of(person)
        wanted = [
            FieldWrite(
                proposed.id, proposed.account_id, row.field, row.crm_field, row.current, row.value, key, now
            )
            for row in rows
        ]
        self._writes.plan(wanted)
        writer = Writer(self._crm, self._writes)
        try:
            writer.write(proposed.id, proposed.account_id, {row.crm_field for row in rows})
        finally:
            applied = self._applied(proposed, rows)
            self._note(person, proposed.account_id, _outcome(applied), place)
        return applied

    def admit(self, person: Person, target: str, place: str) -> None:
        """Let those through who may enrich one account.

        Raises:
            UserError: the person may not.
        """
        self._allow(person, target, place)

    def kept(self, proposal_id: str, person: Person, seen: str | None = None) -> Proposed:
        """A proposal of this person's that can still be applied.

        Raises:
            UserError: not theirs, too old, or not what they saw.
        """
        return self._own(proposal_id, person, seen)

    def check_chosen(self, proposed: Proposed, chosen: Collection[str]) -> None:
        """Whether these fields can be chosen of a proposal.

        Raises:
            UserError: none is, or one cannot be.
        """
        _chosen(proposed, chosen)

    def _applied(self, proposed: Proposed, rows: Sequence[ProposedField]) -> Applied:
        names = {row.crm_field for row in rows}
        kept = self._writes.of(proposed.id, [proposed.account_id])
        return Applied(
            proposed.id, proposed.account_name, tuple(one for one in kept if one.crm_field in names)
        )

    def _own(self, proposal_id: str, person: Person, seen: str | None) -> Proposed:
        found = self._proposals.find(proposal_id)
        if found is None or found.by != key_of(person):
            raise UserError("There is no such proposal of yours.", "Enrich the account once more.")
        if found.expires_at <= self._clock.now():
            raise UserError("This proposal is older than a day.", "Enrich the account once more.")
        if seen is not None and seen != found.digest:
            raise UserError("This is not what you saw.", "Enrich the account once more.")
        with seen_by(person.scope):  # the account may be another's by now
            if not self._crm.accounts.seen([found.account_id]):
                raise UserError("The account is not one of those that you see any more.")
        return found

    def _proposed(
        self,
        person: Person,
        provider: str,
        reading: CompanyReading,
        fields: Mapping[str, FieldDescription],
        current: Mapping[str, Any],
    ) -> Proposed:
        found, now = reading.reading, self._clock.now()
        proposals = found.proposals if found is not None and found.is_company else ()
        made = Proposed(
            id=secrets.token_hex(16),
            account_id=reading.company.account_id,
            account_name=reading.company.name,
            by=key_of(person),
            at=now,
            expires_at=now + PROPOSAL_HOURS,
            provider=provider,
            outcome=reading.outcome,
            reason=reading.reason,
            rows=proposed_rows(proposals, self._crm.settings.fields, fields, current),
            technologies=found.technologies if found is not None else (),
        )
        return replace(made, digest=digest_of(made))

    def _allow(self, person: Person, target: str, place: str) -> None:
        if not person.may(MAY_ENRICH_ONE):
            reason = person.refusal or NOT_ALLOWED
            self._note(person, target, f"refused: {reason}", place)
            raise UserError(reason)

    def _note(self, person: Person, account: str, said: str, place: str) -> None:
        self._audit.record(key_of(person), ACTION, f"account {account}", said, place)


class Writer:
    """Writes planned values into one record: only where it still says what it said."""

    def __init__(self, crm: CrmSide, writes: Writes) -> None:
        self._crm = crm
        self._writes = writes

    def write(self, of: str, account_id: str, names: Collection[str]) -> None:
        """Write what is planned for these fields of an account and not settled.

        Raises:
            ConnectorError: the CRM does not answer; what is not settled may be written by another try.
        """
        if self._written(of, account_id, names):
            return
        for name in sorted(names):  # one value that is refused must not keep the others out
            self._written(of, account_id, [name])

    def _written(self, of: str, account_id: str, names: Collection[str]) -> bool:
        """Try until all of it is settled; False when the CRM refuses several values together."""
        for _ in range(TRIES):
            kept = self._writes.of(of, [account_id])
            open_ones = [one for one in kept if one.crm_field in names and one.state in NOT_SETTLED]
            if not open_ones:
                return True
            try:
                if not self._attempt(of, account_id, open_ones):
                    return False
            except Conflict:
                log.info("enrichment_conflict", account=account_id)
        self._writes.settle(of, {account_id: [Settled(name, WriteState.CHANGED, CHANGED) for name in names]})
        return True

    def _attempt(self, of: str, account_id: str, planned: Sequence[FieldWrite]) -> bool:
        """Look, and write what still says what it said; False when several values are refused together."""
        names = [one.crm_field for one in planned]
        record = self._crm.records().said(self._crm.module, [account_id], [*names, MODIFIED]).get(account_id)
        if record is None:
            self._writes.settle(of, {account_id: [Settled(name, WriteState.REFUSED, GONE) for name in names]})
            return True
        sound, settled = judged(planned, record)
        if sound:
            self.ask(sound)
            done = self._set(account_id, sound, unmodified_since([record]))
            settled += done or ()
        self.settle_written(of, {account_id: settled}, {account_id: planned})
        return not sound or done is not None

    def ask(self, planned: Sequence[FieldWrite]) -> None:
        """Note that the CRM is about to be asked: from then on what stands there may be by us."""
        self._writes.move(planned, [WriteState.WRITING], {"state": WriteState.ASKED})

    def settle_written(
        self,
        of: str,
        settled: Mapping[str, Sequence[Settled]],
        planned: Mapping[str, Sequence[FieldWrite]],
    ) -> None:
        """Note how values of some accounts ended, and what of them stands in the CRM now."""
        written: dict[str, dict[str, OwnValue]] = {}
        for account_id, some in settled.items():
            done = {one.crm_field for one in some if one.state is WriteState.WRITTEN}
            values = {one.crm_field: one.new for one in planned.get(account_id, ()) if one.crm_field in done}
            if values:
                written[account_id] = values
        if written:
            self._crm.accounts.note_written(written)
        self._writes.settle(of, settled)

    def _set(
        self, account_id: str, planned: Sequence[FieldWrite], since: datetime | None
    ) -> list[Settled] | None:
        """Write values of one record together; None when several of them are refused."""
        module, values = self._crm.module, {one.crm_field: one.new for one in planned}
        try:
            self._crm.write_as(planned[0].by, lambda crm: crm.set_fields(module, account_id, values, since))
        except (Fatal, Skippable) as error:
            if len(values) > 1:
                return None
            return [Settled(name, WriteState.REFUSED, refusal(error)) for name in values]
        return [Settled(name, WriteState.WRITTEN) for name in values]


def refusal(error: ConnectorError) -> str:
    """Why the CRM did not take something, for the history."""
    return str(error) or "The CRM did not take it."


def _one(provider: Provider, company: Company, now: datetime) -> CompanyReading:
    found = next(iter(provider.read([company])), None)
    return found or CompanyReading(company, Outcome.UNREACHABLE, "The provider said nothing.", now)


def _chosen(proposed: Proposed, chosen: Collection[str]) -> list[ProposedField]:
    rows = {row.field: row for row in proposed.rows}
    for name in chosen:
        if name not in rows:
            raise UserError(f"Nothing is proposed for {name}.", f"Choose of: {', '.join(rows) or 'nothing'}.")
        if not rows[name].can_be_chosen:
            raise UserError(f"{rows[name].label} cannot be written: {rows[name].problem}.")
    if not chosen:
        raise UserError("No field is chosen.", "Choose one at least, or close the form.")
    return [row for name, row in rows.items() if name in chosen]


def _outcome(applied: Applied) -> str:
    said = ", ".join(f"{one.crm_field} {one.state}" for one in applied.writes)
    return f"{applied.id}: {said or 'nothing'}"
