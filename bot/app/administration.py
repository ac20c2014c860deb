"""What an administrator looks after: the last runs, people without a CRM user, the configuration."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from scoring.config import Configuration

RUNS_SHOWN: Final = 6
PEOPLE_SHOWN: Final = 10


@dataclass(frozen=True, slots=True)
class RecentRun:
    """The newest run of one segmentation.

    Attributes:
        cause: daily, change, command or first.
        status: ``done``, or what became of it.
        warnings: how many sentences it had to say.
    """

    segmentation: str
    cause: str
    started_at: datetime
    finished_at: datetime | None
    status: str
    accounts: int
    changed: int
    warnings: int = 0


@dataclass(frozen=True, slots=True)
class UnmatchedPerson:
    """Somebody in Slack whom no active CRM user matches: they get nothing until one does."""

    name: str
    email: str | None


@dataclass(frozen=True, slots=True)
class InForce:
    """The version of the configuration that is in force, and what it holds."""

    version: int
    published_at: datetime
    author: str
    note: str
    segmentations: tuple[str, ...]
    labels: int
    segments: int
    routes: int


@dataclass(frozen=True, slots=True)
class Administration:
    """What App Home shows an administrator besides.

    Attributes:
        unmatched: the first of them; ``unmatched_count`` are all.
    """

    runs: tuple[RecentRun, ...] = ()
    unmatched: tuple[UnmatchedPerson, ...] = ()
    unmatched_count: int = 0
    configuration: InForce | None = None


class Runs(Protocol):
    """Runs that scored."""

    def newest(self, limit: int) -> Sequence[RecentRun]:
        """The newest runs, newest first."""
        ...


class Version(Protocol):
    """A published version, as far as it is told of."""

    @property
    def version(self) -> int:
        """Its number."""
        ...

    @property
    def published_at(self) -> datetime:
        """When."""
        ...

    @property
    def author(self) -> str:
        """By whom."""
        ...

    @property
    def note(self) -> str:
        """Why."""
        ...


@dataclass(frozen=True)
class Administering:
    """The use case.

    Attributes:
        unmatched: name and e-mail of everybody whom no CRM user matches.
        version: the one in force; None when none was published.
    """

    runs: Runs
    unmatched: Callable[[], Sequence[tuple[str, str | None]]]
    version: Callable[[], Version | None]
    configuration: Callable[[], Configuration]

    def view(self) -> Administration:
        """What to show now."""
        people = self.unmatched()
        return Administration(
            runs=tuple(self.runs.newest(RUNS_SHOWN)),
            unmatched=tuple(UnmatchedPerson(*one) for one in people[:PEOPLE_SHOWN]),
            unmatched_count=len(people),
            configuration=self._in_force(),
        )

    def _in_force(self) -> InForce | None:
        version = self.version()
        if version is None:
            return None
        configuration = self.configuration()
        return InForce(
            version=version.version,
            published_at=version.published_at,
            author=version.author,
            note=version.note,
            segmentations=tuple(one.name for one in configuration.segmentations),
            labels=sum(len(one.labels) for one in configuration.segmentations),
            segments=len(configuration.segments),
            routes=len(configuration.alerts.routes),
        )
