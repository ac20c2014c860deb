"""The change feed: keeping the channels at Zoho, and reading again what callbacks hinted at."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog

from bot.app.ports import Clock
from bot.store.jobs import SqlJobs
from connector.cache.hints import HintBatch, SqlChannels, SqlHints
from connector.errors import ConnectorError, Fatal, Retriable
from connector.feed_ports import ChannelDesk, ChannelOrder, ChannelOutcome
from connector.sync.feed import CHANNEL_LIFE, FeedPlan, has_missed, is_covered, plan_channels

FEED, CHANNELS = "feed", "channels"  # kinds of jobs
CHANNELS_SECONDS = 6 * 3600
RECORDS_AT_ONCE = 100  # read by one call
SOURCES_READ = ("crm", "books")  # whose hints somebody reads
MOST_BATCHES = 50  # in one job, so that scoring does not wait for a flood to end
# The same for Finance, where each row is a call and 100 in a minute block the organisation for half an hour.
ROWS_AT_ONCE, MOST_FINANCE_BATCHES = 10, 5
GATHER = timedelta(seconds=3)  # between two jobs: changes come in bursts
PAUSE_AFTER_FAILURE = timedelta(seconds=60)

log = structlog.get_logger(__name__)
ReadAgain = Callable[[str, Sequence[str]], object]  # module, ids


def new_channel_id() -> str:
    """Eighteen digits that no channel has yet: Zoho takes at most nineteen."""
    return str(10**17 + secrets.randbelow(9 * 10**17))


def new_channel_token() -> str:
    """A word that cannot be guessed: 43 characters, of Zoho's 50."""
    return secrets.token_urlsafe(32)


@dataclass(frozen=True)
class ChangeFeed:
    """The feed of one installation.

    Attributes:
        desk: the channels at Zoho.
        modules: the modules to be told of.
        url: where Zoho calls; None when it cannot.
        polled_at: when a poll of a module last ended.
        new_id: digits that no channel has yet.
        new_token: a word that cannot be guessed, of at most 50 characters.
    """

    channels: SqlChannels
    hints: SqlHints
    desk: Callable[[], ChannelDesk]
    modules: Callable[[], Sequence[str]]
    url: str | None
    clock: Clock
    polled_at: Callable[[str], datetime | None]
    new_id: Callable[[], str] = new_channel_id
    new_token: Callable[[], str] = new_channel_token

    def plan(self) -> FeedPlan:
        """What is to be done about the channels now.

        Raises:
            ConnectorError: Zoho does not say which channels it has.
        """
        wanted = self.modules() if self.url else ()
        live = self.desk().channels()
        return plan_channels(wanted, self.channels.all(), live, self.url or "", self.clock.now())

    def tend_channels(self) -> Mapping[str, Any]:
        """Make, renew and drop channels; what was done, and which modules Zoho refuses.

        Raises:
            ConnectorError: Zoho refuses, or refuses every module.
        """
        plan, now = self.plan(), self.clock.now()
        made = [self._order(one, self.new_id(), self.new_token(), now) for one in plan.make]
        renewed = [self._order(one.module, one.channel_id, one.token or "", now) for one in plan.renew]
        self.channels.expect(made, now)
        desk = self.desk()
        outcomes = desk.create([*made, *renewed])
        ends = {one.order.channel_id: one.expires_at for one in outcomes if one.expires_at is not None}
        self.channels.confirm({**plan.ends, **ends}, now)
        if plan.drop:
            desk.delete(plan.drop)
        refused = [one for one in outcomes if one.refusal is not None]
        orders = {one.channel_id for one in made}
        self.channels.forget(
            plan.forget | {o.order.channel_id for o in refused if o.order.channel_id in orders}
        )
        _tell(plan, refused, all_refused=len(refused) == len(outcomes) and not plan.ends)
        return {
            "made": {module: str(reason) for module, reason in plan.make.items()},
            "renewed": [one.module for one in plan.renew],
            "dropped": len(plan.drop),
            "refused": {one.order.module: one.refusal for one in refused},
        }

    def covers(self, module: str) -> bool:
        """Whether callbacks may stand in for polls of a module now."""
        return self.url is not None and is_covered(module, self.channels.all(), self.clock.now())

    def before_poll(self) -> Mapping[str, datetime | None]:
        """The modules that callbacks cover now, and when each was last polled: for ``judge_poll``."""
        return {module: self.polled_at(module) for module in self.modules() if self.covers(module)}

    def judge_poll(self, before: Mapping[str, datetime | None], changes: Mapping[str, int]) -> None:
        """Compare what a poll found with what was heard: where callbacks are lost, polls come back.

        Args:
            before: what ``before_poll`` said.
            changes: how many records the poll found changed, by module.
        """
        missed = [
            one.module
            for one in self.channels.all()
            if one.module in before and has_missed(one, before[one.module], changes.get(one.module, 0))
        ]
        if missed:
            log.warning("callbacks_missed", modules=missed)
            self.channels.miss(missed, self.clock.now())

    def read_again(
        self,
        readers: Mapping[str, ReadAgain],
        stop_if_asked: Callable[[], None],
        at_once: int = RECORDS_AT_ONCE,
        batches: int = MOST_BATCHES,
    ) -> Mapping[str, int]:
        """Read what was hinted at, a batch of one module after the other; how much, and how much not.

        A module that cannot be read does not keep the others waiting; its error is raised at the end.

        Args:
            readers: who reads the records of a source; hints of other sources wait.
            stop_if_asked: called between batches; raises when the process is asked to stop.
            at_once: records of a batch.
            batches: the most that are read now; the others wait.

        Raises:
            ConnectorError: the first that came up.
        """
        counts = {"read": 0, "passed_over": 0}
        failed: dict[str, ConnectorError] = {}
        for _ in range(batches):
            stop_if_asked()
            batch = self.hints.take(tuple(readers), at_once, tuple(failed))
            if batch is None:
                break
            try:
                counts[self._read_batch(batch, readers[batch.source])] += len(batch.hints)
            except Retriable:
                raise
            except ConnectorError as error:
                failed[batch.module] = error
        if failed:
            raise next(iter(failed.values()))
        return counts

    def _read_batch(self, batch: HintBatch, read: ReadAgain) -> str:
        """A module that is not kept any more has nothing that could be read again."""
        wanted = batch.source != "crm" or batch.module in self.modules()
        if wanted:
            read(batch.module, [one.record_id for one in batch.hints])
        self.hints.settle(batch)
        return "read" if wanted else "passed_over"

    def _order(self, module: str, identity: str, token: str, now: datetime) -> ChannelOrder:
        return ChannelOrder(identity, module, self.url or "", token, now + CHANNEL_LIFE)


def _tell(plan: FeedPlan, refused: Sequence[ChannelOutcome], *, all_refused: bool) -> None:
    """Say what Zoho did not grant.

    Raises:
        Fatal: it granted nothing, and there is no channel of before.
    """
    for one in refused:
        log.warning("channel_refused", module=one.order.module, reason=one.refusal)
    if refused and all_refused:
        raise Fatal(
            f"Zoho refuses every notification channel ({refused[0].refusal}); changes are polled for.",
            "Check that BELLWETHER_PUBLIC_URL begins with https:// and is this installation's address.",
        )
    if not plan.is_nothing:
        log.info("channels_tended", made=sorted(plan.make), renewed=len(plan.renew), dropped=len(plan.drop))


@dataclass(frozen=True)
class FeedBell:
    """Enters a job of the kind ``feed`` when hints wait: a loop of the worker.

    Attributes:
        sources: whose hints somebody can read.
        ready: whether the copy was read to its end once; before that there is nothing to keep up to date.
    """

    hints: SqlHints
    jobs: SqlJobs
    clock: Clock
    sources: tuple[str, ...]
    ready: Callable[[], bool]

    def step(self) -> bool:
        """Look once; False, as it never has more to do."""
        if self.hints.any_waits(self.sources) and self._may_enter() and self.ready():
            now = self.clock.now()
            self.jobs.enqueue(FEED, now.isoformat(timespec="seconds"), {}, now)
        return False

    def _may_enter(self) -> bool:
        if self.jobs.waiting(FEED):
            return False
        last = self.jobs.last_finished(FEED)
        if last is None:
            return True
        return self.clock.now() - last.finished_at >= (GATHER if last.ok else PAUSE_AFTER_FAILURE)
