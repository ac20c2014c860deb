"""What is written back to the CRM's accounts: a label and the scores of each segmentation. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter

from bot.app.technique_rules import label_names
from connector.write_ports import OwnField, OwnValue, Wanted
from scoring.config import Configuration
from scoring.standing import MEASURE_PARTS

# A field's label is shown in narrow columns, and the CRM makes the API name of it.
LONGEST_NAME = 24
KIND = "publish"


@dataclass(frozen=True, slots=True)
class ScoreLine:
    """What one segmentation says of one account."""

    account_id: str
    segmentation: str
    label: str | None
    r: int | None
    f: int | None
    m: int | None
    total: int | None
    measure: int | None = None  # in ten-thousandths, as it is kept


# Of each technique: attribute of a score line -> what the CRM field is called behind the segmentation's name.
_PARTS: Mapping[str, Mapping[str, str]] = {
    "rfm": {"label": "Label", "r": "R", "f": "F", "m": "M", "total": "Total"},
    "leaving": {"label": "Label", "measure": "Risk"},
    "engagement": {"label": "Label", "measure": "Score"},
    "recommendations": {"label": "Label", "measure": "Chance"},  # percent
    "voice": {"label": "Label", "measure": "Mood"},  # net sentiment, -100 to 100
}
_LABEL_ALONE = {"label": "Label"}


def field_labels(segmentation: str, configuration: Configuration) -> Mapping[str, str]:
    """Attribute of a score line -> label of the CRM field that shows it."""
    name = _short_names(configuration)[segmentation]
    parts = {one.name: _PARTS.get(one.technique, _LABEL_ALONE) for one in configuration.segmentations}
    return {part: f"{name} {word}" for part, word in parts[segmentation].items()}


def own_fields(configuration: Configuration) -> tuple[OwnField, ...]:
    """Every field that we write; none unless writing back is switched on."""
    if not configuration.write_back.enabled:
        return ()
    return tuple(
        OwnField(label, "text", 100) if part == "label" else OwnField(label, "integer", 3)
        for segmentation in configuration.segmentations
        for part, label in field_labels(segmentation.name, configuration).items()
    )


def own_tags(configuration: Configuration) -> tuple[str, ...]:
    """The tags that are ours to give and take: the first segmentation's labels, if that is switched on."""
    if not (configuration.write_back.enabled and configuration.write_back.tags):
        return ()
    return label_names(configuration.primary)


def wanted(lines: Iterable[ScoreLine], configuration: Configuration) -> Iterator[Wanted]:
    """What every scored account should say; ``lines`` come with those of one account together."""
    labels = {one.name: field_labels(one.name, configuration) for one in configuration.segmentations}
    first = configuration.primary.name
    tagged = bool(own_tags(configuration))
    for account_id, of_account in groupby(lines, key=attrgetter("account_id")):
        values: dict[str, OwnValue] = {}
        tag: str | None = None
        for line in of_account:
            if line.segmentation not in labels:  # of a configuration that is not in force any more
                continue
            values |= {label: _written(line, part) for part, label in labels[line.segmentation].items()}
            tag = line.label if tagged and line.segmentation == first else tag
        yield Wanted(account_id, values, tag)


def _written(line: ScoreLine, part: str) -> OwnValue:
    """What the CRM shows: of a measure the whole number, half a one up."""
    if part == "measure":
        return None if line.measure is None else (2 * line.measure + MEASURE_PARTS) // (2 * MEASURE_PARTS)
    found: OwnValue = getattr(line, part)
    return found


def _short_names(configuration: Configuration) -> Mapping[str, str]:
    """A name for each segmentation that fits into a label; those that would be alike get a number."""
    names: dict[str, str] = {}
    for one in configuration.segmentations:
        short = one.name[:LONGEST_NAME].strip()
        number = 2
        while short.casefold() in {name.casefold() for name in names.values()}:
            short = f"{one.name[: LONGEST_NAME - 2].strip()} {number}"
            number += 1
        names[one.name] = short
    return names
