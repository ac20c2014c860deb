"""The configuration document as values: shapes and limits. Reading YAML and checking names: ``bot.app``."""

from __future__ import annotations

from datetime import time
from typing import Annotated, Any, Literal, TypeVar

from pydantic import Discriminator, Field, Tag

from scoring.alert_config import Alerts
from scoring.alert_config import Route as Route  # noqa: PLC0414 - the document's parts are found here
from scoring.criteria.fields import singular
from scoring.engagement.config import EngagementLimits, EngagementSegmentation
from scoring.engines.config import Scoring
from scoring.enrichment_config import Enrichment
from scoring.firmographics.config import FirmographicLimits, FirmographicSegmentation
from scoring.leaving.config import LeavingSegmentation
from scoring.market_config import MarketLimits, Markets
from scoring.purchases_config import DEALS, WON, Buying, Contribution
from scoring.recommendations.config import RecommendationSegmentation
from scoring.rfm_config import RfmSegmentation
from scoring.shape import Part, TimeOfDay
from scoring.voice.config import VoiceSegmentation

Segmentation = (
    RfmSegmentation
    | LeavingSegmentation
    | FirmographicSegmentation
    | EngagementSegmentation
    | VoiceSegmentation
    | RecommendationSegmentation
)
Of = TypeVar("Of", bound=Segmentation)
DEFAULT_TECHNIQUE = "rfm"


def _technique(value: Any) -> Any:
    """The technique of a part that is being read; one that names none is RFM."""
    if isinstance(value, dict):
        return value.get("technique", DEFAULT_TECHNIQUE)
    return getattr(value, "technique", None)


AnySegmentation = Annotated[
    Annotated[RfmSegmentation, Tag("rfm")]
    | Annotated[LeavingSegmentation, Tag("leaving")]
    | Annotated[FirmographicSegmentation, Tag("firmographics")]
    | Annotated[EngagementSegmentation, Tag("engagement")]
    | Annotated[VoiceSegmentation, Tag("voice")]
    | Annotated[RecommendationSegmentation, Tag("recommendations")],
    Discriminator(_technique),
]


class Organisation(Part):
    """What the CRM does not say, or says wrongly."""

    time_zone: str | None = None  # IANA name; None: the CRM organisation's
    fiscal_year_starts: Annotated[int, Field(ge=1, le=12)] = 1


class ModuleChoice(Part):
    """Which CRM module plays a role; ``fields`` maps system field names to API names where they differ."""

    module: str
    fields: dict[str, str] = Field(default_factory=dict)


class Mapping(Part):
    """The four roles."""

    accounts: ModuleChoice = ModuleChoice(module="Accounts")
    contacts: ModuleChoice = ModuleChoice(module="Contacts")
    products: ModuleChoice = ModuleChoice(module="Products")
    transactions: ModuleChoice = ModuleChoice(module="Deals")


class Segment(Part):
    """A saved question over accounts."""

    name: Annotated[str, Field(min_length=1, max_length=100)]
    criteria: str


class SynonymGroup(Part):
    """Words that mean the same value of a field: whichever of them the organisation has as values."""

    field: str
    same: Annotated[tuple[str, ...], Field(min_length=2)]


RoleName = Literal["viewer", "member", "manager", "admin"]
Sees = Literal["all", "team", "own", "territory"]


class Scopes(Part):
    """Whose accounts a role sees; administrators see all."""

    viewer: Sees = "all"
    member: Sees = "all"
    manager: Sees = "all"

    def each(self) -> frozenset[str]:
        """Every scope that a role has."""
        return frozenset({self.viewer, self.member, self.manager})


class Access(Part):
    """Who may do what; answers are private but in ``public_channels``.

    The role is the one that ``people`` gives to an e-mail address, or else the highest one that
    ``user_groups`` gives to a Slack user group (its handle) of the person, or else that of the CRM profile;
    who has none is a viewer. Nobody has any role without an active CRM user of the same e-mail.
    """

    people: dict[str, RoleName] = Field(default_factory=dict)
    user_groups: dict[str, RoleName] = Field(default_factory=dict)
    admin_profiles: tuple[str, ...] = ("Administrator",)
    manager_profiles: tuple[str, ...] = ("Manager",)
    member_profiles: tuple[str, ...] = ("Standard",)
    scopes: Scopes = Scopes()
    public_channels: tuple[str, ...] = ()


class Schedule(Part):
    """When the daily run starts, in the organisation's time zone; not between 00:00 and 03:59."""

    daily_at: TimeOfDay = time(6, 15)


class Syncing(Part):
    """How the CRM is read.

    Attributes:
        also: modules without a role that are kept all the same: Leads, Calls, Events, a custom module …
        reserve_percent: of a day's API credits, the share that is left to your other programs.
        rate: what the CRM's exchange rates say: units of the currency for one of the home currency, or the
            other way round.
    """

    also: tuple[str, ...] = ()
    deletions_every_minutes: Annotated[int, Field(ge=1, le=1440)] = 15
    reconcile_every_days: Annotated[int, Field(ge=1, le=90)] = 7
    reserve_percent: Annotated[int, Field(ge=0, le=95)] = 20
    rate: Literal["per_home", "home_per_unit"] = "per_home"


class WriteBack(Part):
    """Scores and labels as fields of the CRM's accounts; ``tags`` as tags too."""

    enabled: bool = False
    tags: bool = False


class FinanceSource(Part):
    """A Zoho Finance product to read. Without an id the default organisation of the credentials is taken.

    ``details_a_day``: so many single documents and contacts may be read for their lines and CRM links.
    """

    product: Literal["books", "invoice", "inventory", "billing"]
    organization_id: str | None = None
    lines: bool = False
    details_a_day: Annotated[int, Field(ge=0, le=10_000)] = 300


class SurveyQuestions(Part):
    """Which question of a Zoho Survey is what."""

    email: str = "Email address"
    nps: str | None = None
    csat: str | None = None
    comment: str | None = None


class Suite(Part):
    """Further sources of engagement and of the customer's voice."""

    crm_emails: bool = False
    crm_activities: bool = False
    campaigns: bool = False
    desk_organization_id: str | None = None
    salesiq_portal: str | None = None
    survey: SurveyQuestions | None = None


class Retention(Part):
    """For how many days things are kept; null is for ever. Exports have days of their own (product.md, 7).

    Attributes:
        conversations: since somebody went on with them.
        misses: since somebody typed such a sentence.
        jobs: since they ended.
        runs: reports of syncs, and of recomputes that no score is of.
        alerts: since they were raised: they, their messages and what people did about them, none of it open.
        history: since a label or score was followed by another: questions about the past reach back so far.
        audit: since it was done.
        enrichment: since a value was written, or a batch was asked for: so long it can be taken back.
    """

    conversations: Annotated[int, Field(ge=1, le=30)] = 30
    misses: Annotated[int, Field(ge=1, le=36_500)] = 90
    jobs: Annotated[int, Field(ge=1, le=36_500)] = 7
    runs: Annotated[int, Field(ge=1, le=36_500)] = 400
    alerts: Annotated[int, Field(ge=30, le=36_500)] | None = 1_100
    history: Annotated[int, Field(ge=400, le=36_500)] | None = None
    audit: Annotated[int, Field(ge=365, le=36_500)] | None = None
    enrichment: Annotated[int, Field(ge=30, le=36_500)] | None = 400


class Limits(EngagementLimits, FirmographicLimits, MarketLimits):
    """Zoho's own limits, as defaults; where Zoho tells none, ours."""

    rfm_labels: Annotated[int, Field(ge=1, le=50)] = 8
    leaving_labels: Annotated[int, Field(ge=1, le=50)] = 8
    voice_labels: Annotated[int, Field(ge=1, le=50)] = 8
    recommendation_labels: Annotated[int, Field(ge=2, le=50)] = 5
    products_of_a_label: Annotated[int, Field(ge=0, le=1_000)] = 10
    bundles_of_a_label: Annotated[int, Field(ge=0, le=1_000)] = 2
    segments: Annotated[int, Field(ge=1, le=10_000)] = 15


class Configuration(Part):
    """What an organisation decides. One YAML document; the database keeps every version."""

    version: Literal[1] = 1
    organisation: Organisation = Organisation()
    mapping: Mapping = Mapping()
    segmentations: Annotated[tuple[AnySegmentation, ...], Field(min_length=1)]
    segments: tuple[Segment, ...] = ()
    markets: Markets = Markets()
    synonyms: tuple[SynonymGroup, ...] = ()
    alerts: Alerts = Alerts()
    access: Access = Access()
    schedule: Schedule = Schedule()
    scoring: Scoring = Scoring()
    sync: Syncing = Syncing()
    write_back: WriteBack = WriteBack()
    finance: tuple[FinanceSource, ...] = ()
    suite: Suite = Suite()
    enrichment: Enrichment = Enrichment()
    retention: Retention = Retention()
    limits: Limits = Limits()

    @property
    def primary(self) -> Segmentation:
        """Whose label is meant where none is named: the first segmentation by RFM, or else the first."""
        return next(iter(self.of(RfmSegmentation)), self.segmentations[0])

    @property
    def contributions(self) -> tuple[Contribution, ...]:
        """What counts as a purchase, where no segmentation is named."""
        primary = self.primary
        return (primary if isinstance(primary, Buying) else Buying()).contributions

    @property
    def won(self) -> str:
        """The criteria of the deals among what counts as a purchase; those of won deals where none count."""
        module = self.mapping.transactions.module
        deals = {one.casefold() for name in (DEALS, "transactions", module) for one in (name, singular(name))}
        found = [one.when for one in self.contributions if one.source.casefold() in deals]
        if len(found) > 1:
            return "" if not all(found) else " or ".join(f"({one})" for one in found)
        return found[0] if found else WON

    def of(self, technique: type[Of]) -> tuple[Of, ...]:
        """The segmentations of one technique, in the order of the document."""
        return tuple(one for one in self.segmentations if isinstance(one, technique))

    def segmentation(self, name: str) -> Segmentation | None:
        """The segmentation of that name, in any case; None when there is none."""
        folded = name.casefold()
        return next((one for one in self.segmentations if one.name.casefold() == folded), None)
