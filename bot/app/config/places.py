"""Every place of a document where criteria stand, with the fields that they may use, and their trees."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

from bot.app.config.criteria import Catalogs, label_catalog, route_catalog, route_criteria
from bot.app.config.document import Path
from scoring.config import Configuration, Segmentation
from scoring.criteria.canonical import canonical
from scoring.criteria.errors import CriteriaError
from scoring.criteria.fields import Catalog
from scoring.criteria.parse import parse
from scoring.criteria.tree import Node
from scoring.purchases import records_of
from scoring.purchases_config import Buying
from scoring.recommendations.config import RecommendationSegmentation
from scoring.shape import Label
from scoring.voice.catalog import in_criteria


@dataclass(frozen=True)
class Place:
    """Criteria at their place.

    Attributes:
        path: keys and indexes that lead to them.
        text: as they are written, but that shares of voice are fields already.
        catalog: the fields that they may use.
    """

    path: Path
    text: str
    catalog: Catalog

    def tree(self) -> Node | None:
        """Read; None when they do not fit the fields.

        A value that no record has is no hindrance: what an earlier document says may be gone by now.
        """
        for catalog in (self.catalog, self.catalog.open()):
            try:
                return parse(self.text, catalog)
            except CriteriaError:
                continue
        return None

    def canonical(self) -> str:
        """The one way to write them; criteria that cannot be read keep their own words."""
        tree = self.tree()
        return " ".join(self.text.split()) if tree is None else canonical(tree, self.catalog)


def places(configuration: Configuration, catalogs: Catalogs) -> Iterator[Place]:
    """Every place, in the order of the document."""
    for at, segmentation in enumerate(configuration.segmentations):
        yield from _of_segmentation(("segmentations", at), segmentation, catalogs)
    for at, segment in enumerate(configuration.segments):
        yield Place(("segments", at, "criteria"), segment.criteria, catalogs.accounts)
    routed = route_catalog(configuration, catalogs.accounts)
    for path, text in route_criteria(configuration):
        yield Place(path, text, routed)


def _of_segmentation(path: Path, segmentation: Segmentation, catalogs: Catalogs) -> Iterator[Place]:
    yield Place((*path, "accounts"), segmentation.accounts, catalogs.accounts)
    if isinstance(segmentation, Buying) and segmentation.purchases:
        yield from _of_purchases((*path, "purchases"), segmentation, catalogs.accounts)
    elif isinstance(segmentation, Buying | RecommendationSegmentation):
        yield Place((*path, "transactions"), segmentation.transactions, catalogs.transactions)
    fields = label_catalog(segmentation, catalogs.accounts)
    for at, label in enumerate(segmentation.labels):
        if isinstance(label, Label):
            yield Place((*path, "labels", at, "when"), in_criteria(label.when), fields)


def _of_purchases(path: Path, segmentation: Buying, accounts: Catalog) -> Iterator[Place]:
    for at, one in enumerate(segmentation.purchases):
        with suppress(CriteriaError):  # records that there are not: the check of the document says so
            yield Place((*path, at, "when"), one.when, records_of(one, accounts).catalog)
