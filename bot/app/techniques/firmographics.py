"""Firmographics in a run: labels by criteria on account fields, and which of the criteria gave them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from bot.app.technique_rules import label_names
from bot.app.techniques.asked import Asked
from bot.app.techniques.technique import Evidence, Scored, Situation, Technique
from scoring.criteria.fields import Catalog, FieldType
from scoring.firmographics.classify import classify, rules_of
from scoring.firmographics.config import UNCLASSIFIED, FirmographicSegmentation
from scoring.firmographics.explain import Condition, Explanation, Judged, explain
from scoring.label_rules import account_fields, related_conditions
from scoring.standing import Standing
from scoring.standings import Standings, digests
from scoring.wording import written_day, written_money

COLUMNS = ("digest",)


def scored(evidence: Evidence, situation: Situation[FirmographicSegmentation]) -> Scored:
    """Every account that takes part."""
    return _scored(evidence, situation, None)


def scored_some(
    evidence: Evidence, situation: Situation[FirmographicSegmentation], only: Sequence[str]
) -> Scored | None:
    """Some accounts alone, where labels ask for nothing but their own fields."""
    segmentation, catalog = situation.segmentation, evidence.catalog()
    asked = Asked.by(rules_of(segmentation, catalog), catalog)
    if not asked.of_marked_alone(evidence, segmentation):
        return None
    return replace(_scored(evidence, situation, only), warnings=())


def _scored(
    evidence: Evidence, situation: Situation[FirmographicSegmentation], only: Sequence[str] | None
) -> Scored:
    segmentation, catalog = situation.segmentation, evidence.catalog()
    asked = Asked.by(rules_of(segmentation, catalog), catalog)
    part = evidence.accounts(segmentation.accounts, asked.fields, asked.related, only)
    frame = part.frame.assign(account_id=part.ids.to_pandas())
    result = classify(frame, segmentation, catalog, situation.today)
    names = label_names(segmentation)
    label = pd.Categorical(result.frame["label"], categories=names).codes.astype(np.int64)
    texts = _details(result.frame["criterion"])
    standings = Standings(part.ids, label, names, {"digest": digests(texts)}, pa.array(texts, pa.string()))
    return Scored(standings, result.warnings)


def _details(criteria: pd.Series[Any]) -> list[str | None]:
    """The criterion that gave the label, as JSON; nothing where none did."""
    written = {one: json.dumps({"criterion": one}, ensure_ascii=False) for one in criteria.dropna().unique()}
    return [written.get(one) for one in criteria]


def _reasons(
    old: Standing, new: Standing, _situation: Situation[FirmographicSegmentation]
) -> tuple[str, ...]:
    if new.label is None:
        return ("It takes no part any more.",)
    before, after = _criterion(old), _criterion(new)
    found = []
    if after is not None:
        found.append(f"It meets '{after}' now, which is for {new.label}.")
    else:
        found.append("It meets no label's criteria any more.")
    if before is not None:
        found.append(f"Before, it was {old.label} by '{before}'.")
    return tuple(found)


def _criterion(standing: Standing) -> str | None:
    return json.loads(standing.details)["criterion"] if standing.details else None


def explained(
    evidence: Evidence,
    situation: Situation[FirmographicSegmentation],
    account_id: str,
    _standing: Standing,
) -> tuple[str, ...]:
    """The criterion that gave the label, what stands in the way of a better one, and what is not known."""
    segmentation, catalog = situation.segmentation, evidence.catalog()
    rules = rules_of(segmentation, catalog)
    fields, related = account_fields(rules, catalog), related_conditions(rules, catalog)
    part = evidence.accounts("", fields, related, only=[account_id])
    if not len(part.ids):
        return ("The account is not in the copy any more.",)
    values = {str(name): column.iloc[0] for name, column in part.frame.items()}
    found = explain(values, segmentation, catalog, situation.today)
    told = _Told(catalog, situation.currency)
    return (*told.label(found), *told.better(found), *told.unknown(found))


class _Told:
    """Sentences about an explanation, with fields by their labels and values as people write them."""

    def __init__(self, catalog: Catalog, currency: str) -> None:
        self._catalog = catalog
        self._currency = currency

    def label(self, found: Explanation) -> Iterator[str]:
        """Why it has the label that it has."""
        given = next((one for one in found.judged if one.holds), None)
        if given is None:
            yield f"It meets no label's criteria, so it is {UNCLASSIFIED}."
            return
        held = [one for one in given.conditions if one.holds and one.text in (given.criterion or "")]
        facts = f" ({', '.join(dict.fromkeys(map(self._fact, held)))})" if held else ""
        yield f"It is {given.label} because it meets '{given.criterion}'{facts}."

    def better(self, found: Explanation) -> Iterator[str]:
        """What stands in the way of the next better label."""
        better = [one for one in _above(found) if one.in_the_way]
        if better:
            nearest = better[-1]
            missing = " and ".join(f"'{one.text}' ({self._fact(one)})" for one in nearest.in_the_way)
            yield f"What keeps it from {nearest.label}: {missing}."

    def unknown(self, found: Explanation) -> Iterator[str]:
        """Fields without a value."""
        if found.unknown:
            names = ", ".join(self._name(one) for one in found.unknown)
            yield f"Not known: {names}. Where a value is not known, its conditions do not hold."

    def _name(self, field: str) -> str:
        known = self._catalog.find(field)
        return known.label or field if known is not None else field

    def _fact(self, condition: Condition) -> str:
        name = self._name(condition.field)
        if condition.unknown:
            return f"{name} is not known"
        return f"{name} is {self._written(condition)}"

    def _written(self, condition: Condition) -> str:
        value, field = condition.value, self._catalog.find(condition.field)
        if isinstance(value, date):
            return written_day(value)
        if isinstance(value, list):
            return ", ".join(map(str, value))
        if field is not None and field.type is FieldType.MONEY:
            return written_money(int(value), self._currency)
        if field is not None and field.type is FieldType.NUMBER:
            return f"{float(value):,.10g}"
        if field is not None and field.type is FieldType.BOOLEAN:
            return "yes" if value else "no"
        return str(value)


def _above(found: Explanation) -> list[Judged]:
    """The labels before the one it has; all of them when it has none."""
    above: list[Judged] = []
    for one in found.judged:
        if one.holds:
            break
        above.append(one)
    return above


FIRMOGRAPHICS = Technique[FirmographicSegmentation](
    COLUMNS, scored, _reasons, explained, score_some=scored_some
)
