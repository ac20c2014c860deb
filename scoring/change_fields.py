"""The fields that a change of label has for criteria, beside those of its account."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from scoring.criteria.fields import Catalog, Field, FieldType
from scoring.label_rules import Direction

OWN_SOURCE = "change:"
LABELS = ("old_label", "new_label")


def change_fields(labels: Iterable[str], segmentations: Iterable[str]) -> tuple[Field, ...]:
    """The fields of a change: its labels, direction, money at stake and segmentation."""
    known = tuple(dict.fromkeys(labels))
    return (
        Field("old_label", FieldType.TEXT, "change:old_label", values=known, label="Old label"),
        Field("new_label", FieldType.TEXT, "change:new_label", values=known, label="New label"),
        Field(
            "change",
            FieldType.TEXT,
            "change:change",
            aliases=("direction",),
            values=tuple(one.value for one in Direction),
            label="Change",
        ),
        Field("at_stake", FieldType.MONEY, "change:at_stake", label="At stake"),
        Field(
            "segmentation",
            FieldType.TEXT,
            "change:segmentation",
            values=tuple(segmentations),
            label="Segmentation",
        ),
    )


def change_catalog(accounts: Catalog, labels: Iterable[str], segmentations: Iterable[str]) -> Catalog:
    """What criteria of routes may use: the fields of a change first, then those of accounts."""
    own = change_fields(labels, segmentations)
    names = {name.casefold() for one in own for name in (one.name, *one.aliases)}
    absent = {name: sentence for name, sentence in accounts.absent.items() if name.casefold() not in names}
    return replace(accounts, fields=(*own, *accounts.fields), absent=absent, rows="changes of label")
