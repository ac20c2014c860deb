"""Batches of accounts to be enriched: which accounts, within which limits, and how far they are."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from bot.app.enriching import ACTION, CrmSide
from bot.app.enriching_fit import mapping_checks, wants_nothing
from bot.app.enriching_ports import AccountResult, Batches, BatchJob, Entered
from bot.app.enriching_values import (
    MAY_ENRICH_MANY,
    NOT_AGAIN_FOR,
    Batch,
    BatchState,
    Rehearsed,
    key_of,
)
from bot.app.errors import ConfigurationError, UserError
from bot.app.people import Person
from bot.app.ports import Audit, Clock, Jobs, Posted
from bot.app.scope import seen_by
from bot.app.wording import counted
from connector.enrichment.values import Company
from scoring.enrichment_config import Enrichment

KIND: Final = "enrich"  # of the job
NOT_ALLOWED: Final = "Only administrators can enrich many accounts at once."
_ASKED_AT_ONCE: Final = 2_000  # accounts whose records are looked at together
_RECENT: Final = 50
_TRIES: Final = 10  # to find accounts that no other batch takes at the same moment


@dataclass(frozen=True, slots=True)
class Wish:
    """Which accounts somebody wants enriched.

    Attributes:
        criteria: of accounts.
        said: how it was said, for the history.
        most: no more than so many; None: as many as a batch may have.
        again: also those that were read lately.
    """

    criteria: str
    said: str
    most: int | None = None
    again: bool = False


class EnrichingBatches:
    """The use case for many accounts. A batch is worked on by ``bot.app.enriching_work``."""

    def __init__(
        self,
        crm: CrmSide,
        batches: Batches,
        jobs: Jobs,
        audit: Audit,
        clock: Clock,
        provider: Callable[[], str],
    ) -> None:
        """Take what it works with; ``provider`` gives the name of the one that is set up."""
        self._crm = crm
        self._batches = batches
        self._jobs = jobs
        self._audit = audit
        self._clock = clock
        self._provider = provider

    @property
    def limits(self) -> Enrichment:
        """The document's part for enrichment: how many accounts a batch and a day may have."""
        return self._crm.settings

    def of_segment(self, name: str, most: int | None = None, *, again: bool = False) -> Wish:
        """The wish for the accounts of a saved segment.

        Raises:
            UserError: there is none of that name.
        """
        segments = self._crm.configuration().segments
        for one in segments:
            if one.name.casefold() == name.strip().casefold():
                return Wish(one.criteria, f"segment {one.name}", most, again)
        raise UserError(f"There is no segment {name}.", "`bellwether config export` lists them.")

    def rehearse(self, wish: Wish, person: Person, place: str) -> Rehearsed:
        """What a batch would hold; nothing is entered. Errors as of ``enter``, but for an empty batch."""
        self._allow(person, wish.said, place)
        with seen_by(person.scope):
            return self._select(wish)[0]

    def enter(
        self,
        wish: Wish,
        person: Person,
        place: str,
        *,
        background: bool = True,
        progress_at: Posted | None = None,
        identifier: str = "",
    ) -> Batch:
        """Enter a batch, and with ``background`` the job that works on it.

        Args:
            wish: which accounts.
            person: who wants it.
            place: where they are.
            background: leave it to a worker.
            progress_at: the message in which the worker tells how far it is.
            identifier: 16 hexadecimal digits; a batch that is entered under it already is not entered again.

        Raises:
            UserError: not allowed, nothing to enrich, more than a batch or the day may have, or criteria that
                do not fit.
            ConfigurationError: the mapping cannot work.
        """
        self._allow(person, wish.said, place)
        known = self._batches.find(identifier) if identifier else None
        if known is not None:
            return known
        self._refuse_mapping()
        for _ in range(_TRIES):
            batch = self._entered(
                wish, person, place, identifier or secrets.token_hex(8), progress_at, background=background
            )
            if batch is not None:
                said = f"entered: {batch.total} accounts, {batch.provider}, {wish.said}"
                self._note(person, batch.id, said, place)
                return batch
        raise UserError("Others are entering batches of the same accounts.", "Try again in a minute.")

    def _entered(
        self,
        wish: Wish,
        person: Person,
        place: str,
        identifier: str,
        progress_at: Posted | None,
        *,
        background: bool,
    ) -> Batch | None:
        """The batch; None when another one has just taken some of its accounts."""
        with seen_by(person.scope):
            rehearsed, companies = self._select(wish)
        if not companies:
            hint = "Wait until it is." if rehearsed.held else "Choose other criteria, or add --again."
            raise UserError(_why_none(rehearsed), hint)
        batch = Batch(
            id=identifier,
            what=wish.said,
            by=key_of(person),
            place=place,
            provider=self._provider(),
            day=self._crm.accounts.today().isoformat(),
            total=len(companies),
            state=BatchState.WAITING,
            at=self._clock.now(),
        )
        most = self._crm.settings.daily_limit
        job = BatchJob(KIND, batch.id, _job(batch.id, progress_at)) if background else None
        entered = self._batches.enter(batch, companies, most, job)
        if entered is Entered.TOO_MANY:
            left = self._batches.left(self._crm.accounts.today(), most)
            raise UserError(
                f"{counted(len(companies), 'account')} are more than the {left:,} that are left of today's "
                f"{most:,}.",
                f"Add --most {left}, or wait until tomorrow." if left else "Wait until tomorrow.",
            )
        return batch if entered is Entered.DONE else None

    def resume(
        self,
        batch_id: str,
        person: Person,
        place: str,
        *,
        background: bool = True,
        progress_at: Posted | None = None,
    ) -> Batch:
        """Have a stopped batch worked on again; with ``background`` by a worker.

        Raises:
            UserError: not allowed, there is none, or it is done.
        """
        self._allow(person, batch_id, place)
        batch = self.found(batch_id)
        if batch.state is BatchState.DONE:
            raise UserError("This batch is done.", "`bellwether enrich history` shows how it ended.")
        self._note(person, batch_id, "resumed", place)
        if background:
            now = self._clock.now()
            job = {**_job(batch_id, progress_at), "by": key_of(person)}
            self._jobs.enqueue(KIND, f"{batch_id}:{now:%Y%m%d%H%M%S}", job, now)
        return batch

    def cancel(self, batch_id: str, person: Person, place: str) -> Batch:
        """Read no more accounts of a batch. What is being read is finished; what was written stays.

        Raises:
            UserError: not allowed, there is none, or it is done.
        """
        self._allow(person, batch_id, place)
        if self.found(batch_id).state is BatchState.DONE:
            raise UserError("This batch is done.", "What it wrote can be taken back.")
        number = self._batches.cancel(batch_id, f"Cancelled by {person.name}.")
        self._note(person, batch_id, f"cancelled: {counted(number, 'account')} not read", place)
        batch = self.found(batch_id)
        if batch.finished == batch.total and batch.state is not BatchState.RUNNING:
            self._batches.mark(batch_id, BatchState.DONE)
        return self.found(batch_id)

    def found(self, batch_id: str) -> Batch:
        """A batch with its counts.

        Raises:
            UserError: there is none.
        """
        found = self._batches.find(batch_id)
        if found is None:
            raise UserError(f"There is no batch {batch_id}.", "`bellwether enrich history` lists them.")
        return found

    def recent(self, person: Person) -> tuple[Batch, ...]:
        """The latest batches, for those who may enter one."""
        return self._batches.recent(_RECENT) if person.may(MAY_ENRICH_MANY) else ()

    def accounts(self, batch_id: str, person: Person) -> tuple[AccountResult, ...]:
        """What became of every account of a batch.

        Raises:
            UserError: not allowed.
        """
        self._allow(person, batch_id, "history")
        return self._batches.accounts(batch_id)

    def _select(self, wish: Wish) -> tuple[Rehearsed, list[Company]]:
        settings = self._crm.settings
        most = settings.batch_limit if wish.most is None else wish.most
        if not 1 <= most <= settings.batch_limit:
            raise UserError(
                f"A batch has 1 to {settings.batch_limit:,} accounts.",
                "Raise enrichment.batch_limit in the configuration, or enter several batches.",
            )
        ids = self._crm.accounts.meeting(wish.criteria)
        since = self._clock.now() - NOT_AGAIN_FOR
        chosen: list[Company] = []
        full = lately = held = 0
        for start in range(0, len(ids), _ASKED_AT_ONCE):
            some = ids[start : start + _ASKED_AT_ONCE]
            known = frozenset() if wish.again else self._batches.read_since(some, since)
            waiting = self._batches.held(some)
            for company, record in self._crm.accounts.companies(some):
                if wants_nothing(settings.fields, record):
                    full += 1
                elif company.account_id in waiting:
                    held += 1
                elif company.account_id in known:
                    lately += 1
                elif len(chosen) < most:
                    chosen.append(company)
        left = self._batches.left(self._crm.accounts.today(), settings.daily_limit)
        return Rehearsed(len(ids), full, lately, len(chosen), left, held), chosen

    def _refuse_mapping(self) -> None:
        checks = mapping_checks(self._crm.settings.fields, self._crm.accounts.fields())
        wrong = [f"{one.field}: {one.problem}" for one in checks if one.problem]
        if wrong or not checks:
            said = "; ".join(wrong) or "nothing is mapped"
            raise ConfigurationError(
                f"The mapping of enrichment does not fit the CRM: {said}.",
                "Correct enrichment.fields in the configuration; `bellwether enrich check` shows every line.",
            )

    def admit(self, person: Person, target: str, place: str) -> None:
        """Let those through who may enrich many accounts.

        Raises:
            UserError: the person may not.
        """
        self._allow(person, target, place)

    def _allow(self, person: Person, target: str, place: str) -> None:
        if not person.may(MAY_ENRICH_MANY):
            reason = person.refusal or NOT_ALLOWED
            self._note(person, target, f"refused: {reason}", place)
            raise UserError(reason)

    def _note(self, person: Person, batch: str, said: str, place: str) -> None:
        self._audit.record(key_of(person), ACTION, f"batch {batch}", said, place)


def batch_sentences(batch: Batch) -> tuple[str, ...]:
    """How a batch stands, for people: every account once."""
    said = [f"{batch.finished:,} of {counted(batch.total, 'account')} of batch {batch.id} are done."]
    said += [f"{WORDS[name]}: {count:,}" for name, count in batch.counts.items() if count]
    if batch.fields:
        filled = ", ".join(f"{name} {count:,}" for name, count in batch.fields.items())
        said.append(f"Fields filled: {filled}")
    if batch.state is BatchState.STOPPED:
        said.append(f"Stopped: {batch.reason} Go on with `bellwether enrich resume {batch.id}`.")
    return tuple(said)


WORDS: Final[Mapping[str, str]] = {
    "found": "Enriched",
    "nothing_found": "Nothing to fill was found",
    "no_website": "No website",
    "not_this_company": "The site is not this company's",
    "blocked_by_robots": "The site asks not to be read",
    "unreachable": "The site could not be reached",
    "refused_address": "The website is not a public address",
    "page_too_hard": "The site could not be understood in time",
    "write_refused": "The CRM did not take it",
    "cancelled": "Cancelled before it was read",
    "interrupted": "The worker ended meanwhile; another batch reads them",
}


def _job(batch_id: str, progress_at: Posted | None) -> dict[str, Any]:
    told = {"progress_at": asdict(progress_at)} if progress_at is not None else {}
    return {"batch": batch_id, **told}


def _why_none(rehearsed: Rehearsed) -> str:
    if not rehearsed.meeting:
        return "No account meets the criteria."
    parts: Sequence[Any] = (
        (rehearsed.full, "have no empty field that a batch may fill"),
        (rehearsed.lately, "were read in the last 30 days"),
        (rehearsed.held, "are in another batch that is not done"),
    )
    said = " and ".join(f"{number:,} {what}" for number, what in parts if number)
    return f"Of {counted(rehearsed.meeting, 'account')} none is left: {said}."
