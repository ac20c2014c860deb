"""What the labels of a segmentation ask of accounts, and whether sync marks whoever says something else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.app.techniques.technique import Evidence
from scoring.config import Segmentation
from scoring.criteria.fields import Catalog, Field, FieldType
from scoring.criteria.tree import Measured, Related
from scoring.label_rules import LabelRule, account_fields, fields_used, related_conditions
from scoring.purchases_config import Contribution


@dataclass(frozen=True)
class Asked:
    """Labels' criteria as trees, with the account fields and the conditions on related records in them."""

    catalog: Catalog
    rules: Sequence[LabelRule]
    fields: Sequence[Field]
    related: Sequence[Measured | Related]

    @classmethod
    def by(cls, rules: Sequence[LabelRule], catalog: Catalog) -> Asked:
        """What rules ask for."""
        return cls(catalog, rules, account_fields(rules, catalog), related_conditions(rules, catalog))

    @property
    def by_day(self) -> bool:
        """Whether the criteria ask for a day, so that what they say changes as days pass."""
        used = (fields_used(rule.when, self.catalog) for rule in self.rules)
        fields = (self.catalog.find(name) for names in used for name in names)
        return any(one is not None and one.type is FieldType.DATE for one in fields)

    def of_marked_alone(
        self, evidence: Evidence, segmentation: Segmentation, contributions: Sequence[Contribution] = ()
    ) -> bool:
        """Whether of accounts that sync has not marked everything is as it was on the same day.

        Raises:
            CriteriaError: criteria that do not fit the organisation's fields.
        """
        return not self.related and evidence.own(segmentation.accounts, contributions, self.fields)
