"""Who uses what in a configuration: which segments, routes and labels stand on others, and on sources."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal

from bot.app.config.criteria import Catalogs
from bot.app.config.places import Place, places
from bot.app.technique_rules import label_names
from scoring.change_fields import LABELS, OWN_SOURCE
from scoring.config import Configuration
from scoring.criteria.check import atoms
from scoring.criteria.errors import CriteriaError
from scoring.criteria.fields import Catalog
from scoring.criteria.tree import Compare, In, InSegment, Leaf, Measured, Node, Operator, Related
from scoring.purchases import records_of
from scoring.purchases_config import Buying

Kind = Literal["label", "labels", "scores", "segment", "segmentation", "route", "records"]
_OF_CHANGES = frozenset(f"{OWN_SOURCE}{name}" for name in LABELS)
_NAMED_VALUE = frozenset({Operator.EQ, Operator.NE})


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a configuration that others can use.

    Attributes:
        kind: ``labels`` are all labels of a segmentation, ``scores`` its numbers, ``records`` related records
            by the source of their relation.
        name: of the segmentation, segment, route or source.
        label: of a label, its own name.
    """

    kind: Kind
    name: str
    label: str = ""

    def said(self) -> str:
        """For a message."""
        if self.kind == "label":
            return f"label '{self.label}' of '{self.name}'"
        if self.kind in {"labels", "scores"}:
            return f"{self.kind} of '{self.name}'"
        return f"{self.kind} '{self.name}'"


@dataclass(frozen=True, slots=True)
class Use:
    """``user`` uses ``used``. A route that takes whatever there is does not name it."""

    user: Part
    used: Part
    named: bool = True


def uses(configuration: Configuration, catalogs: Catalogs) -> tuple[Use, ...]:
    """Every use, each once. Criteria that do not fit the fields use nothing."""
    found: list[Use] = []
    for place in places(configuration, catalogs):
        tree, user = place.tree(), _user(configuration, place)
        if tree is not None:
            found += (Use(user, one) for one in _used(tree, place.catalog, configuration))
    found += _uses_of_purchases(configuration, catalogs.accounts)
    found += _uses_of_routes(configuration)
    return tuple(one for one in dict.fromkeys(found) if not _own(one))


def dependents(edited: Iterable[Part], known: Sequence[Use]) -> tuple[Use, ...]:
    """Everything that stands on what is edited, however far away; each user once, nearest first."""
    found: dict[Part, Use] = {}
    reached = list(dict.fromkeys(edited))
    for part in reached:  # grows while it is walked
        for use in known:
            if use.used in _meant(part) and use.user not in found and use.user not in reached:
                found[use.user] = use
                reached.append(use.user)
    return tuple(found.values())


def labels_of(configuration: Configuration, name: str) -> tuple[Part, ...]:
    """Every label of a segmentation."""
    segmentation = configuration.segmentation(name)
    return (
        () if segmentation is None else tuple(Part("label", name, one) for one in label_names(segmentation))
    )


def _meant(part: Part) -> tuple[Part, ...]:
    """What one uses who uses this: a label is used by whoever uses all labels."""
    return (part, Part("labels", part.name)) if part.kind == "label" else (part,)


def _own(use: Use) -> bool:
    """A segmentation's own labels stand on its own scores; nobody needs to be told."""
    return use.user.kind in {"label", "segmentation"} and use.user.name == use.used.name


def _user(configuration: Configuration, place: Place) -> Part:
    section, at = place.path[0], place.path[1]
    if section == "alerts":
        return Part("route", configuration.alerts.routes[int(place.path[2])].name)
    if section == "segments":
        return Part("segment", configuration.segments[int(at)].name)
    segmentation = configuration.segmentations[int(at)]
    if place.path[2] == "labels":
        return Part("label", segmentation.name, segmentation.labels[int(place.path[3])].name)
    return Part("segmentation", segmentation.name)


def _used(node: Node, catalog: Catalog, configuration: Configuration) -> Iterator[Part]:
    for atom in atoms(node):
        if isinstance(atom, InSegment):
            known = catalog.segment(atom.name)
            yield Part("segment", known[0] if known else atom.name)
        elif isinstance(atom, Related | Measured):
            yield from _records(atom, catalog)
        else:
            yield from _of_field(atom, catalog, configuration)


def _records(atom: Related | Measured, catalog: Catalog) -> Iterator[Part]:
    name = atom.relation if isinstance(atom, Related) else atom.fact.relation
    where = atom.where if isinstance(atom, Related) else atom.fact.where
    relation = catalog.relation(name)
    while relation is not None:
        yield Part("records", relation.source)
        relation = relation.through
    found = catalog.relation(name)
    if found is not None:
        for inner in atoms(where):
            if isinstance(inner, Related | Measured):
                yield from _records(inner, found.catalog)


def _of_field(leaf: Leaf, catalog: Catalog, configuration: Configuration) -> Iterator[Part]:
    field = catalog.find(leaf.field)
    if field is None:
        return
    kind, _, rest = field.source.partition(":")
    primary = configuration.primary.name
    if field.source in _OF_CHANGES:
        for segmentation in configuration.segmentations:
            known = set(label_names(segmentation))
            named = _labels(leaf, segmentation.name, configuration)
            yield from (one for one in named if one.kind == "label" and one.label in known)
    elif field.source == "score.label" or kind == "label":
        yield from _labels(leaf, rest or primary, configuration)
    elif kind.startswith("score."):
        yield Part("scores", primary)
    elif kind == "score":
        yield Part("scores", rest.partition(":")[2])
    elif kind == "detail":
        yield Part("scores", rest.split(":", 2)[2])
    elif kind.startswith("deals."):
        yield Part("records", "transaction")


def _labels(leaf: Leaf, segmentation: str, configuration: Configuration) -> Iterator[Part]:
    """The labels that a condition names; all of them where it names none."""
    named: tuple[object, ...] = ()
    if isinstance(leaf, In):
        named = leaf.values
    elif isinstance(leaf, Compare) and leaf.operator in _NAMED_VALUE:
        named = (leaf.value,)
    spelled = {one.label.casefold(): one for one in labels_of(configuration, segmentation)}
    if not named:
        yield Part("labels", segmentation)
    for one in named:
        text = str(one)
        yield spelled.get(text.casefold(), Part("label", segmentation, text))


def _uses_of_purchases(configuration: Configuration, accounts: Catalog) -> Iterator[Use]:
    """What counts as a purchase is read from its records, whatever their criteria say."""
    for segmentation in configuration.segmentations:
        if isinstance(segmentation, Buying):
            for one in segmentation.contributions:
                with suppress(CriteriaError):
                    source = records_of(one, accounts).source
                    yield Use(Part("segmentation", segmentation.name), Part("records", source))


def _uses_of_routes(configuration: Configuration) -> Iterator[Use]:
    for route in configuration.alerts.routes:
        user = Part("route", route.name)
        for segmentation in configuration.segmentations:
            name = segmentation.name
            if route.segmentation not in (None, name):
                continue
            known = set(label_names(segmentation))
            for label in route.labels:
                if label in known:
                    yield Use(user, Part("label", name, label))
            if not route.labels:
                yield Use(user, Part("labels", name), named=route.segmentation is not None)
