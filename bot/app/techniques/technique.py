"""What every technique is to a run: how it scores, what of it is compared and kept, how it gives reasons."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from bot.app.facts import AccountFacts, Accounts, Activity, EnginePass, LeftOut, PurchaseDays
from bot.app.moved import Moved
from bot.app.offers import Offer
from bot.app.order_lines import OrderLines
from scoring.config import Configuration, Segmentation
from scoring.criteria.fields import Catalog, Field
from scoring.criteria.periods import Today
from scoring.criteria.tree import Measured, Related
from scoring.leaving.config import LeavingSegmentation
from scoring.purchases_config import Contribution
from scoring.recommendations.config import RecommendationSegmentation
from scoring.rfm_config import RfmSegmentation
from scoring.standing import Standing
from scoring.voice.config import VoiceSegmentation

if TYPE_CHECKING:  # not at run time: it brings scipy, which most commands do without
    import pandas as pd
    import pyarrow as pa

    from bot.app.voice_reader import Voices
    from scoring.standings import Standings

S = TypeVar("S", bound=Segmentation)
# What is learned holds for so many days; then a daily run, or one on command, learns again.
LEARN_EVERY_DAYS = 7


class Evidence(Protocol):
    """What techniques read, as of the run's day. With ``only`` of those accounts alone."""

    def catalog(self) -> Catalog:
        """The account fields that criteria may use, without closed sets."""
        ...

    def accounts(
        self,
        criteria: str,
        fields: Sequence[Field] = (),
        related: Sequence[Measured | Related] = (),
        only: Sequence[str] | None = None,
    ) -> Accounts:
        """The accounts that take part, with some of their fields.

        Raises:
            CriteriaError: criteria that do not fit the organisation's fields.
        """
        ...

    def activity(self, accounts: pa.Array, kinds: Collection[str]) -> Iterator[Activity]:
        """The events of accounts, each of them once, some at a time, in any order."""
        ...

    def unlinked(self, kinds: Collection[str]) -> int:
        """How many events of these kinds belong to no account."""
        ...

    def people_named(self, contacts: Sequence[str]) -> Mapping[str, str]:
        """The names of contacts, by id; of those that have one."""
        ...

    def facts(self, segmentation: RfmSegmentation, only: Sequence[str] | None = None) -> AccountFacts:
        """Last purchase, number and sum of every account that takes part.

        Raises:
            CriteriaError: as ``accounts``.
        """
        ...

    def purchase_days(
        self,
        segmentation: LeavingSegmentation,
        only: Sequence[str] | None = None,
        between: tuple[str, str] | None = None,
    ) -> PurchaseDays:
        """The days on which accounts bought; of a million accounts a portion at a time.

        Args:
            segmentation: what counts as a purchase.
            only: of these accounts.
            between: of the accounts from one id to another as texts; of digits alone, which are in one
                order in every database.

        Raises:
            CriteriaError: as ``accounts``.
        """
        ...

    def left_out_purchases(self, segmentation: LeavingSegmentation) -> LeftOut:
        """What meets the criteria of purchases and does not count."""
        ...

    def passed(self, segmentation: RfmSegmentation) -> EnginePass | None:
        """RFM's whole pass by the engine that the document chooses; None: it is scored in process.

        Raises:
            CriteriaError: as ``accounts``.
            ConfigurationError: the engine is not there, or does not reach its files.
        """
        ...

    def own(
        self, accounts: str, contributions: Sequence[Contribution] = (), fields: Sequence[Field] = ()
    ) -> bool:
        """Whether criteria and account fields ask only for what the records themselves say.

        Then sync has marked every account of which they may say something else than before.

        Raises:
            CriteriaError: as ``accounts``.
        """
        ...

    def moved_since(self, segmentation: RfmSegmentation, day: date) -> Moved | None:
        """The accounts whose facts are others than on a day, but for those that sync has marked.

        None when that cannot be said: another account's facts may be others too, because criteria ask for
        what sync marks nobody for, or for a day while days have passed.
        """
        ...

    def voices(self, segmentation: VoiceSegmentation, only: Sequence[str] | None = None) -> Voices:
        """What customers said, sentence by sentence; messages that nobody has read are read and kept."""
        ...

    def kept_voices(self, segmentation: VoiceSegmentation, only: Sequence[str]) -> pd.DataFrame:
        """The sentences of some accounts as they were read last; nothing is read or written."""
        ...

    def order_lines(self, segmentation: RecommendationSegmentation) -> OrderLines:
        """Who bought what, of everybody: an account's recommendations are made of what others buy.

        Raises:
            CriteriaError: as ``accounts``.
        """
        ...

    def offers(self, segmentation: RecommendationSegmentation, account_id: str) -> Sequence[Offer]:
        """What the last run recommended to an account and still holds, the likeliest first."""
        ...

    def dismissals(self) -> pd.DataFrame:
        """What is not to be offered to whom: ``account_id``, ``product_id``, ``day``."""
        ...


@dataclass(frozen=True, slots=True)
class Learned:
    """A model or scale that a segmentation scores with until it learns again; ``body`` is JSON values."""

    as_of: date
    config_version: int
    body: Mapping[str, Any]


@dataclass(frozen=True)
class Situation(Generic[S]):
    """What a run is about.

    Attributes:
        learned: what was learned earlier and may be used; None: learn now.
        before: what the last run said, for labels that wait; with details if the technique reads them.
        thresholds: what the last run kept for explaining, JSON values; None while scoring.
        baseline: the first run, or the first with a changed configuration: no label waits.
    """

    segmentation: S
    configuration: Configuration
    today: Today
    currency: str
    learned: Learned | None
    before: Standings
    thresholds: Mapping[str, Any] | None = None
    baseline: bool = False


@dataclass(frozen=True)
class Scored:
    """What a technique says.

    Attributes:
        standings: of every account that takes part, by id.
        warnings: sentences about what makes the scores say little, and about what was left out.
        thresholds: JSON values to be kept with the run, for explaining it.
        learned: JSON values of what was learned in this run; None when nothing was.
        offers: recommendations, with the columns of ``bot.store.technique_tables.OfferRow``; None: no such
            thing.
    """

    standings: Standings
    warnings: tuple[str, ...] = ()
    thresholds: Mapping[str, Any] | None = None
    learned: Mapping[str, Any] | None = None
    offers: pd.DataFrame | None = None


@dataclass(frozen=True)
class Changes:
    """What may be different since the last run.

    Attributes:
        marked: the accounts that sync has marked.
        since: the day of the last run.
    """

    marked: frozenset[str]
    since: date


@dataclass(frozen=True)
class Technique(Generic[S]):
    """A technique, as functions.

    Attributes:
        columns: of ``scoring.standings.NOTHING``, those it gives; they are compared and written.
        score: raises CriteriaError when the document's criteria do not fit.
        reasons: two or three sentences for a change of label, from the standings before and after.
        explain: sentences about one account, by its id and standing: the facts behind its label, the limits,
            what would bring it back.
        learns: whether it scores with something learned.
        details: whether it looks at the details of the last run while it scores.
        neighbours_move: whether an account can change its label because others did.
        score_changes: the same as ``score`` from what the last run said and what is different since; None
            where only a look at everything can tell.
        score_some: the same as ``score`` of some accounts alone, with what was learned, on the day of the
            last run; None where others may be different too. It warns of these accounts alone.
        daily: whether changes count from the next day on, because each may move everybody's scores and to
            score everybody takes long.
    """

    columns: tuple[str, ...]
    score: Callable[[Evidence, Situation[S]], Scored]
    reasons: Callable[[Standing, Standing, Situation[S]], tuple[str, ...]]
    explain: Callable[[Evidence, Situation[S], str, Standing], tuple[str, ...]]
    learns: bool = False
    details: bool = False
    neighbours_move: bool = False
    score_changes: Callable[[Evidence, Situation[S], Changes], Scored | None] | None = None
    score_some: Callable[[Evidence, Situation[S], Sequence[str]], Scored | None] | None = None
    daily: bool = False
