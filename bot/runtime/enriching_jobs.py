"""The jobs of enrichment: batches, and what people ask for in Slack. Each edits its message."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, Self

import structlog

from bot.app.enriching_batches import Wish
from bot.app.enriching_desk import APPLY, LOOK, PLACE, START, UNDO, EnrichingDesk
from bot.app.enriching_values import BatchState
from bot.app.enriching_work import BatchWork, BusyError
from bot.app.errors import BellwetherError, SendError, UserError
from bot.app.people import NOT_ASKED, Person
from bot.app.ports import Job, Posted
from bot.app.scope import seen_by
from bot.runtime.work import Handler, Stopping
from bot.slack.views.blocks import Message
from bot.slack.views.enriching import applied_message, batch_message, proposed_message, undone_message
from bot.slack.views.problem import problem_message
from bot.store.incidents import SqlIncidents
from connector.errors import ConnectorError, Retriable

BUSY_SECONDS: Final = 60.0
TELL_SECONDS: Final = 1.5  # Slack takes about one edit of a message a second

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Telling:
    """The messages that tell how a job goes.

    Attributes:
        show: draws a message again; raises SendError.
    """

    show: Callable[[Posted, Message], None]

    def tell(self, job: Job, message: Message) -> None:
        """Draw a job's message, if it has one. What is done is done, whether Slack listens or not."""
        place = job.args.get("progress_at")
        if not place:
            return
        try:
            self.show(Posted(**place), message)
        except SendError as error:
            log.warning("enriching_not_told", job=job.id, reason=str(error))


@dataclass(frozen=True)
class BatchJobs:
    """Does the jobs of the kind ``enrich``: batches.

    Attributes:
        stop: set when the process is asked to stop; asked after every account.
    """

    work: Callable[[], BatchWork]
    incidents: SqlIncidents
    stop: threading.Event
    telling: Telling

    def on_enrich(self, job: Job) -> Mapping[str, Any]:
        """Work on a batch until it is done."""
        work = self.work()
        try:
            with _Progress(self, work, job) as progress:
                by = job.args.get("by")
                batch = work.run(str(job.args["batch"]), progress.note, self.stop.is_set, by)
        except BusyError as error:
            raise Retriable(error.what_happened, after_seconds=BUSY_SECONDS) from None
        if batch is not None and batch.state is not BatchState.DONE:
            raise Stopping
        if batch is not None:
            self.telling.tell(job, batch_message(batch))
        return {} if batch is None else {"total": batch.total, "counts": dict(batch.counts)}

    def on_failure(self, job: Job, error: BellwetherError | ConnectorError) -> None:
        """Tell the administrators once; that it waits for another batch is no failure."""
        if not (isinstance(error, Retriable) and error.after_seconds == BUSY_SECONDS):
            self.incidents.begin(f"job:{job.kind}", error.what_happened, error.what_to_do)
        batch = self.work().batches.find(str(job.args["batch"]))
        if batch is not None:
            self.telling.tell(job, batch_message(batch))

    def on_success(self, job: Job) -> None:
        """What had failed works again."""
        self.incidents.end(f"job:{job.kind}")


class _Progress:
    """Edits a batch's message from a thread of its own, so that the work never waits for Slack.

    As a context: what it draws is drawn before the context is left.
    """

    def __init__(self, jobs: BatchJobs, work: BatchWork, job: Job) -> None:
        self._jobs, self._work, self._job = jobs, work, job
        self._read = 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._draw, name=f"told-{job.id}", daemon=True)

    def __enter__(self) -> Self:
        if self._job.args.get("progress_at"):
            self._thread.start()
        return self

    def __exit__(self, *_details: object) -> None:
        self._over.set()
        if self._thread.ident is not None:
            self._thread.join()

    def note(self, read: int, _total: int) -> None:
        """So many sites were read."""
        self._read = read

    def _draw(self) -> None:
        drawn: Message | None = None
        while True:
            batch = self._work.batches.find(str(self._job.args["batch"]))
            message = drawn if batch is None else batch_message(batch, self._read)
            if message is not None and message != drawn:
                drawn = message
                self._jobs.telling.tell(self._job, message)
            if self._over.wait(TELL_SECONDS):
                return


@dataclass(frozen=True)
class DeskJobs:
    """Does what single people asked for. Who they are and what they may is looked up when it is done."""

    desk: Callable[[], EnrichingDesk]
    person: Callable[[str], Person]
    incidents: SqlIncidents
    telling: Telling

    def by_kind(self) -> Mapping[str, Handler]:
        """Which kind is done by what."""
        return {LOOK: self.on_look, APPLY: self.on_apply, START: self.on_start, UNDO: self.on_undo}

    def on_look(self, job: Job) -> Mapping[str, Any]:
        """Read an account's site, and say what is proposed."""
        with self._as_whoever_asked(job) as person:
            found = self.desk().one.propose(str(job.args["account"]), person, PLACE)
        self.telling.tell(job, proposed_message(found))
        return {"proposal": found.id, "outcome": found.outcome.value}

    def on_apply(self, job: Job) -> Mapping[str, Any]:
        """Write what was chosen, and say what became of each field."""
        identifier, chosen, seen = (job.args[name] for name in ("proposal", "chosen", "seen"))
        with self._as_whoever_asked(job) as person:
            applied = self.desk().one.apply(identifier, chosen, person, PLACE, seen)
        self.telling.tell(job, applied_message(applied))
        return {"written": applied.written}

    def on_start(self, job: Job) -> Mapping[str, Any]:
        """Enter a batch, whose own job tells the rest in the same message. A second attempt enters none."""
        wish = Wish(str(job.args["criteria"]), str(job.args["said"]))
        posted = Posted(**job.args["progress_at"])
        identifier = hashlib.sha256(f"{job.kind}:{job.slot}".encode()).hexdigest()[:16]
        with self._as_whoever_asked(job) as person:
            batch = self.desk().many.enter(wish, person, PLACE, progress_at=posted, identifier=identifier)
        self.telling.tell(job, batch_message(batch))
        latest = self.desk().many.found(batch.id)
        if latest.state is not batch.state:
            self.telling.tell(job, batch_message(latest))  # the other loop was quicker, and was drawn over
        return {"batch": batch.id}

    def on_undo(self, job: Job) -> Mapping[str, Any]:
        """Take values back, and say how many."""
        with self._as_whoever_asked(job) as person:
            done = self.desk().history.undo(str(job.args["of"]), person, PLACE)
        self.telling.tell(job, undone_message(done))
        return {"undone": done.undone, "kept": done.kept, "refused": done.refused}

    def on_failure(self, job: Job, error: BellwetherError | ConnectorError) -> None:
        """Tell whoever asked; the administrators only of what no user can put right."""
        again = " It is tried again." if isinstance(error, Retriable) else ""
        self.telling.tell(job, problem_message(f"{error.what_happened}{again}", error.what_to_do))
        if not isinstance(error, UserError):
            self.incidents.begin(f"job:{job.kind}", error.what_happened, error.what_to_do)

    def on_success(self, job: Job) -> None:
        """What had failed works again."""
        self.incidents.end(f"job:{job.kind}")

    @contextmanager
    def _as_whoever_asked(self, job: Job) -> Iterator[Person]:
        """The person, with the rights that they have now, seeing what they may see.

        Raises:
            Retriable: Slack does not say who they are.
        """
        person = self.person(str(job.args["person"]))
        if person.refusal == NOT_ASKED:
            raise Retriable(NOT_ASKED)
        with seen_by(person.scope):
            yield person
