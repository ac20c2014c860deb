"""The configuration document as values: shapes and limits. Reading YAML and checking names: ``bot.app``."""

from __future__ import annotations

from datetime import time
from typing import Annotated, Literal

from pydantic import Field

from scoring.shape import Part


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


class PeriodBand(Part):
    """A recency band: a last purchase in this period gives this score; the first band that holds wins."""

    within: str  # a period of the criteria language: "this quarter", "last 90 days"
    score: Annotated[int, Field(ge=1, le=5)]


class Percentiles(Part):
    """Scores by rank: every 100/N-th percentile, ties share a score."""

    method: Literal["percentile"] = "percentile"


class RecencyBands(Part):
    """Scores by when the last purchase was; an account that no band holds scores 1."""

    method: Literal["bands"]
    bands: tuple[PeriodBand, ...]


class ThresholdBands(Part):
    """Scores by thresholds: a value of at least the k-th scores k + 1; one less than the first scores 1.

    ``at_least`` is ascending and has N - 1 values; money in whole currency units.
    """

    method: Literal["bands"]
    at_least: tuple[float, ...]


class Label(Part):
    """A label and its criteria, over account fields and what the technique says (see its segmentation)."""

    name: Annotated[str, Field(min_length=1, max_length=100)]
    when: str


class RfmSegmentation(Part):
    """RFM over the transactions module.

    ``labels`` are tried in order, by criteria over ``r f m rfm purchases total_spend last_purchase`` and
    account fields, and are listed from best to worst: that order decides whether a change is for better or
    for worse. An account that meets none has no label.
    """

    name: Annotated[str, Field(min_length=1, max_length=100)]
    technique: Literal["rfm"] = "rfm"
    accounts: str = ""  # criteria: which accounts take part
    transactions: str = 'stage = "Closed Won"'  # criteria: which transactions count
    scores: Annotated[int, Field(ge=2, le=5)] = 5  # N
    recency: Annotated[Percentiles | RecencyBands, Field(discriminator="method")] = Percentiles()
    frequency: Annotated[Percentiles | ThresholdBands, Field(discriminator="method")] = Percentiles()
    monetary: Annotated[Percentiles | ThresholdBands, Field(discriminator="method")] = Percentiles()
    labels: tuple[Label, ...]


class Segment(Part):
    """A saved question over accounts."""

    name: Annotated[str, Field(min_length=1, max_length=100)]
    criteria: str


class SynonymGroup(Part):
    """Words that mean the same value of a field: whichever of them the organisation has as values."""

    field: str
    same: Annotated[tuple[str, ...], Field(min_length=2)]


class Route(Part):
    """Which label changes are told, and where.

    Attributes:
        when: ``worse``, ``better`` or ``any``.
        labels: only changes to one of these labels; empty means every label.
        at_least: only when at least this much money (whole currency units of counted spend) is at stake.
        flood: more alerts than this from one run become one summary message.
    """

    name: Annotated[str, Field(min_length=1, max_length=100)]
    when: Literal["worse", "better", "any"] = "worse"
    segmentation: str | None = None
    labels: tuple[str, ...] = ()
    at_least: float = 0
    channel: str
    flood: Annotated[int, Field(ge=1, le=500)] = 20


class Alerts(Part):
    """Where label changes are told; administrators are told of trouble in ``admin_channel``."""

    routes: tuple[Route, ...] = ()
    admin_channel: str | None = None


class Access(Part):
    """Who may do what, by CRM profile; answers are private but in ``public_channels``."""

    admin_profiles: tuple[str, ...] = ("Administrator",)
    manager_profiles: tuple[str, ...] = ("Manager",)
    public_channels: tuple[str, ...] = ()


class Schedule(Part):
    """When the daily run starts, in the organisation's time zone; not between 00:00 and 03:59."""

    daily_at: time = time(6, 15)


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


class Limits(Part):
    """Zoho's own limits, as defaults."""

    rfm_labels: Annotated[int, Field(ge=1, le=50)] = 8


class Configuration(Part):
    """What an organisation decides. One YAML document; the database keeps every version."""

    version: Literal[1] = 1
    organisation: Organisation = Organisation()
    mapping: Mapping = Mapping()
    segmentations: Annotated[tuple[RfmSegmentation, ...], Field(min_length=1)]
    segments: tuple[Segment, ...] = ()
    synonyms: tuple[SynonymGroup, ...] = ()
    alerts: Alerts = Alerts()
    access: Access = Access()
    schedule: Schedule = Schedule()
    sync: Syncing = Syncing()
    write_back: WriteBack = WriteBack()
    finance: tuple[FinanceSource, ...] = ()
    suite: Suite = Suite()
    limits: Limits = Limits()
