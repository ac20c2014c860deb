"""Reading what lies beside the CRM: Finance products, the suite's events. No source stops another."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import structlog

from bot.app.schedule import Every
from bot.app.write_back import KIND as PUBLISH
from connector.errors import ConnectorError, NeedsPerson
from connector.sync.events import EventSync
from connector.sync.finance import FinanceSync
from scoring.config import Configuration, Suite

SOURCES = "sources"
SOURCES_SECONDS = 900
# A look for differences reads only the database; it costs credits when scores have changed.
PUBLISH_SECONDS = 300

log = structlog.get_logger(__name__)


def beside_the_crm(configuration: Configuration) -> tuple[Every, ...]:
    """How often to read what is connected besides the CRM, and to write back; nothing if nothing is."""
    rhythms = []
    if configuration.finance or configuration.suite != Suite():
        rhythms.append(Every(SOURCES, SOURCES_SECONDS))
    if configuration.write_back.enabled:
        rhythms.append(Every(PUBLISH, PUBLISH_SECONDS))
    return tuple(rhythms)


@dataclass(frozen=True)
class Sources:
    """Every connected source.

    Attributes:
        finance: one reading of each connected Finance product.
        events: one reading of every connected source of engagement.
    """

    finance: Callable[[], Iterable[FinanceSync]]
    events: Callable[[], EventSync]

    def read(self, between: Callable[[], None]) -> Mapping[str, Any]:
        """Read what is new, everywhere.

        Args:
            between: called after every page; raises when the process is asked to stop.

        Raises:
            ConnectorError: the first trouble; the other sources were read all the same.
        """
        done: dict[str, Any] = {}
        troubles: list[ConnectorError] = []
        for sync in self.finance():
            try:
                sync.run(lambda _progress: between())
            except ConnectorError as error:
                troubles.append(error)
            report = sync.report()
            done[report.product] = json.loads(report.as_json())
            troubles += [NeedsPerson(problem) for problem in report.problems]
        reports = self.events().run(lambda _source, _read: between())
        done["events"] = [asdict(one) for one in reports]
        troubles += [NeedsPerson(f"{one.source}: {one.error}") for one in reports if one.error]
        if troubles:
            log.warning("sources_read", done=done)
            raise troubles[0]
        return done
