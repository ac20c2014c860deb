"""What each kind of job does: read the CRM, score, tell how it went."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import structlog

from bot.app.errors import BellwetherError, SendError
from bot.app.facts import RunSummary
from bot.app.ports import Chat, Job, Posted
from bot.app.recompute import Recompute
from bot.app.rescoring import KIND as RESCORE
from bot.app.write_back import KIND as PUBLISH
from bot.runtime.feed import (
    CHANNELS,
    FEED,
    MOST_FINANCE_BATCHES,
    ROWS_AT_ONCE,
    ChangeFeed,
    ReadAgain,
)
from bot.runtime.sources import SOURCES
from bot.runtime.work import Handler, Stopping
from bot.store.incidents import SqlIncidents
from connector.errors import ConnectorError
from connector.sync.pipeline import Sync
from connector.sync.publish import OnPublished, PublishReport

SYNC, DAILY = "sync", "daily"
ZOHO = "zoho"  # the incident's name

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Handlers:
    """The kinds of jobs.

    Attributes:
        sync: makes a sync, from the mapping that is in force.
        feed: the change feed.
        sources: reads Finance and the suite; called between pages with what raises when asked to stop.
        publish: writes scores back; None when that is not switched on.
        require_copy: raises UserError while the CRM has not been read to its end once.
        stop: set when the process is asked to stop.
        finance_again: reads rows of a list of Finance again.
    """

    sync: Callable[[], Sync]
    feed: Callable[[], ChangeFeed]
    sources: Callable[[Callable[[], None]], Mapping[str, Any]]
    publish: Callable[[OnPublished], PublishReport | None]
    require_copy: Callable[[], None]
    recompute: Recompute
    chat: Callable[[], Chat]
    incidents: SqlIncidents
    stop: threading.Event
    finance_again: ReadAgain = lambda _name, _ids: None

    def by_kind(self) -> Mapping[str, Handler]:
        """Which kind is done by what."""
        return {
            SYNC: self.on_sync,
            DAILY: self.on_daily,
            RESCORE: self.on_rescore,
            FEED: self.on_feed,
            CHANNELS: self.on_channels,
            SOURCES: self.on_sources,
            PUBLISH: self.on_publish,
        }

    def on_sync(self, _job: Job) -> Mapping[str, Any]:
        """Bring the copy up to date and score what it touched."""
        return {"sync": self._read(), "score": self.recompute.run("change").as_json()}

    def on_daily(self, _job: Job) -> Mapping[str, Any]:
        """Bring the copy up to date and score everything: a day has passed for all."""
        return {"sync": self._read(), "score": self.recompute.run("daily").as_json()}

    def on_feed(self, _job: Job) -> Mapping[str, Any]:
        """Read again what callbacks hinted at, and score what it touched."""
        feed, done = self.feed(), {}
        troubles: list[ConnectorError] = []
        try:
            done["feed"] = feed.read_again({"crm": self.sync().read_again}, self._stop_if_asked)
        except ConnectorError as error:  # Finance is asked all the same: it is another API
            troubles.append(error)
        try:
            done["finance"] = feed.read_again(
                {"books": self.finance_again}, self._stop_if_asked, ROWS_AT_ONCE, MOST_FINANCE_BATCHES
            )
        except ConnectorError as error:
            troubles.append(error)
        if troubles:
            raise troubles[0]
        return {**done, "score": self.recompute.run("change").as_json()}

    def on_channels(self, _job: Job) -> Mapping[str, Any]:
        """Make, renew and repair the notification channels at Zoho."""
        return self.feed().tend_channels()

    def on_sources(self, _job: Job) -> Mapping[str, Any]:
        """Read Finance and the suite."""
        return self.sources(self._stop_if_asked)

    def on_publish(self, _job: Job) -> Mapping[str, Any]:
        """Write scores and labels back to the CRM: what differs."""
        self.require_copy()
        report = self.publish(lambda _done, _all: self._stop_if_asked())
        return {} if report is None else asdict(report)

    def on_rescore(self, job: Job) -> Mapping[str, Any]:
        """Score on command, and say in the message that asked for it how it went."""
        self.require_copy()
        summary = self.recompute.run("command", job.args.get("segmentation"))
        place = job.args.get("progress_at")
        if place:
            self._tell(Posted(**place), summary)
        return summary.as_json()

    def on_failure(self, job: Job, error: BellwetherError | ConnectorError) -> None:
        """Tell the administrators, once. Without channels Zoho is polled: that is a trouble of its own."""
        about_zoho = isinstance(error, ConnectorError) and job.kind != CHANNELS
        name = ZOHO if about_zoho else f"job:{job.kind}"
        self.incidents.begin(name, error.what_happened, error.what_to_do)

    def on_success(self, job: Job) -> None:
        """What had failed works again."""
        if job.kind in (SYNC, DAILY):  # a feed that works says little: it may have had nothing to read
            self.incidents.end(ZOHO)
        self.incidents.end(f"job:{job.kind}")

    def _read(self) -> Any:
        feed = self.feed()
        covered = feed.before_poll()
        report = json.loads(self.sync().run(lambda _progress: self._stop_if_asked()).as_json())
        changes = ("inserted", "updated", "deleted")
        feed.judge_poll(
            covered, {one["module"]: sum(one[name] for name in changes) for one in report["modules"]}
        )
        return report

    def _stop_if_asked(self) -> None:
        if self.stop.is_set():
            raise Stopping

    def _tell(self, posted: Posted, summary: RunSummary) -> None:
        try:
            self.chat().edit(posted, "text", {"text": "\n".join(summary.sentences())})
        except SendError as error:
            # The scores are written; only the notice of it is late. App Home shows the run.
            log.warning("rescore_not_told", reason=str(error))
