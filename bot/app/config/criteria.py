"""Whether the criteria of a document fit the organisation's fields: every problem, at its place."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from bot.app.alert_addresses import lookups
from bot.app.config.document import Path, Problem
from bot.app.config.shape import nearest
from bot.app.technique_rules import label_names
from scoring.change_fields import change_catalog
from scoring.config import Configuration, Segmentation
from scoring.criteria.check import field_named
from scoring.criteria.errors import CriteriaError
from scoring.criteria.fields import Catalog, Field
from scoring.criteria.parse import parse
from scoring.engagement.config import EngagementSegmentation
from scoring.label_rules import fields_used
from scoring.leaving.config import LeavingSegmentation
from scoring.leaving.fields import FIELDS
from scoring.purchases import amount_of, contributed, day_of, never_right, records_of
from scoring.purchases_config import Buying, Contribution
from scoring.recommendations.config import RecommendationSegmentation, named_products
from scoring.rfm_config import RfmSegmentation
from scoring.voice.catalog import in_criteria, voice_fields
from scoring.voice.config import VoiceSegmentation

# Where the fields of RFM come from; only its own labels may ask for them.
_OF_RFM = frozenset(
    f"score.{name}" for name in ("r", "f", "m", "total", "last_purchase", "purchases", "spend_minor")
)
_OF_SCORES = ("score.", "score:", "label:", "detail:")

Forbidden = Callable[[str], str | None]


@dataclass(frozen=True)
class Catalogs:
    """The fields that the document's criteria may use, and the names of everything that is sold.

    ``lookups``: the accounts' fields that hold a CRM user, by API name; None: not known.
    """

    accounts: Catalog
    transactions: Catalog
    products: tuple[str, ...] = ()
    lookups: tuple[str, ...] | None = None


def check_against(configuration: Configuration, catalogs: Catalogs) -> list[Problem]:
    """Everything in the criteria that does not fit the organisation's fields."""
    return (
        [
            problem
            for at, segmentation in enumerate(configuration.segmentations)
            for problem in _segmentation_problems(("segmentations", at), segmentation, catalogs)
        ]
        + [
            problem
            for at, segment in enumerate(configuration.segments)
            for problem in _criteria_problems(
                ("segments", at, "criteria"), segment.criteria, catalogs.accounts
            )
        ]
        + list(_route_problems(configuration, catalogs))
    )


def route_catalog(configuration: Configuration, accounts: Catalog) -> Catalog:
    """The fields that routes may ask for: those of a change of label first, then those of its account."""
    segmentations = configuration.segmentations
    labels = (name for one in segmentations for name in label_names(one))
    return change_catalog(accounts, labels, (one.name for one in segmentations))


def route_criteria(configuration: Configuration) -> Iterator[tuple[Path, str]]:
    """Every place of routes where criteria may stand, with what stands there."""
    for at, route in enumerate(configuration.alerts.routes):
        path: Path = ("alerts", "routes", at)
        yield (*path, "criteria"), route.criteria
        for window, quiet in enumerate(route.quiet):
            yield (*path, "quiet", window, "except"), quiet.unless


def _route_problems(configuration: Configuration, catalogs: Catalogs) -> Iterator[Problem]:
    catalog = route_catalog(configuration, catalogs.accounts)
    for path, text in route_criteria(configuration):
        yield from _criteria_problems(path, text, catalog)
    for at, route in enumerate(configuration.alerts.routes):
        for name in lookups(route):
            if catalogs.lookups is not None and name not in catalogs.lookups:
                sentence = f"there is no user field '{name}' of accounts.{nearest(name, catalogs.lookups)}"
                yield Problem(("alerts", "routes", at, "to"), sentence)


def label_catalog(segmentation: Segmentation, accounts: Catalog) -> Catalog:
    """The fields that the labels of a segmentation may ask for: its own first, then those of accounts."""
    return with_fields(own_fields(segmentation), accounts)


def own_fields(segmentation: Segmentation) -> tuple[Field, ...]:
    """The fields that a technique itself gives to the criteria of its labels."""
    if isinstance(segmentation, LeavingSegmentation):
        return FIELDS
    if isinstance(segmentation, VoiceSegmentation):
        return voice_fields(one.name for one in segmentation.competitors)
    return ()


def with_fields(own: tuple[Field, ...], catalog: Catalog) -> Catalog:
    """A catalog in which some fields come before all others."""
    if not own:
        return catalog
    names = {one.name for one in own}
    absent = {name: sentence for name, sentence in catalog.absent.items() if name not in names}
    return replace(catalog, fields=(*own, *catalog.fields), absent=absent)


def _segmentation_problems(path: Path, segmentation: Segmentation, catalogs: Catalogs) -> Iterator[Problem]:
    yield from _criteria_problems(
        (*path, "accounts"), segmentation.accounts, catalogs.accounts, _not_from_scores
    )
    if isinstance(segmentation, Buying) and segmentation.purchases:
        yield from _purchase_problems((*path, "purchases"), segmentation, catalogs)
    elif isinstance(segmentation, Buying | RecommendationSegmentation):
        yield from _criteria_problems(
            (*path, "transactions"), segmentation.transactions, catalogs.transactions
        )
    if isinstance(segmentation, RecommendationSegmentation):
        yield from _recommendation_problems(path, segmentation, catalogs)
    if isinstance(segmentation, EngagementSegmentation | RecommendationSegmentation):
        return  # their labels have no criteria
    fields, own = label_catalog(segmentation, catalogs.accounts), own_fields(segmentation)
    sources = frozenset(field.source for field in own)
    allowed = _OF_RFM if isinstance(segmentation, RfmSegmentation) else sources
    for at, label in enumerate(segmentation.labels):
        yield from _criteria_problems((*path, "labels", at, "when"), label.when, fields, _only(allowed))


def _recommendation_problems(
    path: Path, segmentation: RecommendationSegmentation, catalogs: Catalogs
) -> Iterator[Problem]:
    """Fields that accounts are compared by, and the products that labels name."""
    for at, name in enumerate(segmentation.firmographics):
        try:
            found = field_named(name, catalogs.accounts)
        except CriteriaError as error:
            yield Problem((*path, "firmographics", at), f"firmographics: {error}")
            continue
        why_not = _not_from_scores(found.source)
        if why_not is not None:
            yield Problem((*path, "firmographics", at), f"firmographics: '{name}' {why_not}")
    known = {name.strip().casefold() for name in catalogs.products}
    for place, name in named_products(segmentation):
        if name.strip().casefold() not in known:
            sentence = f"there is no product '{name}'.{nearest(name, catalogs.products)}"
            yield Problem((*path, *place), sentence)


def _purchase_problems(path: Path, segmentation: Buying, catalogs: Catalogs) -> Iterator[Problem]:
    """What does not fit in the kinds of records that count; how they go together, if all of them fit."""
    found: list[Problem] = []
    for at, one in enumerate(segmentation.purchases):
        found += _contribution_problems((*path, at), one, catalogs)
    yield from found
    if not found:
        sentence = never_right(tuple(contributed(one, catalogs.accounts) for one in segmentation.purchases))
        if sentence is not None:
            yield Problem(path, sentence)


def _contribution_problems(path: Path, one: Contribution, catalogs: Catalogs) -> Iterator[Problem]:
    try:
        relation = records_of(one, catalogs.accounts)
    except CriteriaError as error:
        yield Problem((*path, "from"), f"from: {error}")
        return
    if relation.source == "transaction":
        relation = replace(relation, catalog=catalogs.transactions)  # with the stages that there are
    yield from _criteria_problems((*path, "when"), one.when, relation.catalog)
    for key, find in (("date", day_of), ("amount", amount_of)):
        try:
            find(one, relation)
        except CriteriaError as error:
            yield Problem((*path, key), f"{key}: {error}")


def _criteria_problems(
    path: Path, text: str, catalog: Catalog, forbidden: Forbidden = lambda _: None
) -> Iterator[Problem]:
    text = in_criteria(text)
    try:
        node = parse(text, catalog)
    except CriteriaError as error:
        near = "" if error.position is None else _near(text, error.position)
        yield Problem(path, f"{path[-1]}: {error}{near}", error.position)
        return
    for name in sorted(fields_used(node, catalog)):
        found = catalog.find(name)
        why_not = forbidden(found.source) if found is not None else None
        if why_not is not None:
            yield Problem(path, f"{path[-1]}: '{name}' {why_not}")


def _near(text: str, position: int) -> str:
    rest = " ".join(text[position:].split())
    return f" (at '{rest[:30]}')" if rest else " (at its end)"


def _not_from_scores(source: str) -> str | None:
    if source.startswith(_OF_SCORES):
        return "comes from the scores, which are made of the accounts that this chooses; use account fields."
    return None


def _only(allowed: frozenset[str]) -> Forbidden:
    """Refuses what comes from scores but for the segmentation's own."""

    def forbidden(source: str) -> str | None:
        if source in allowed or not source.startswith(_OF_SCORES):
            return None
        if source.startswith(("score.label", "label:")):
            return (
                "is what these criteria decide; use r, f, m, rfm, purchases, total_spend or account fields."
                if allowed == _OF_RFM
                else "is what segmentations decide; use account fields."
            )
        return "comes from another segmentation; use what this one gives, or account fields."

    return forbidden
