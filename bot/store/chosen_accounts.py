"""Which accounts an export is of: by criteria, by how labels were or changed, by what is to be offered."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import ColumnElement, Select

from bot.app.answering.held import held_asked
from bot.app.answering.moves import changes_asked
from bot.app.exporting_values import Further, Offered, Selection
from bot.app.offers import dismissals_hold_from
from bot.language.question import Moved
from bot.store.account_reading import Reading
from bot.store.label_moves import accounts_that_moved, first_run
from bot.store.labels_held import accounts_that_held
from bot.store.offers import accounts_to_offer
from bot.store.places import ACCOUNT
from scoring.recommendations.config import RecommendationSegmentation


def chosen_accounts(reading: Reading, selection: Selection) -> Iterator[ColumnElement[bool]]:
    """What has to hold of an account.

    Raises:
        CriteriaError: a field that the catalog does not know. A value is none of its errors: when the export
            was asked for there were records with it.
    """
    yield reading.meets(selection.criteria, reading.catalog.open())
    if selection.further is not None:
        ids = _chosen(reading, selection.further)
        yield ACCOUNT.c.id.in_(() if ids is None else ids)


def _chosen(reading: Reading, further: Further) -> Select[Any] | None:
    """The ids; None where there can be none, because nothing was scored yet or nothing recommends."""
    configuration, today = reading.configuration, reading.today.day
    if isinstance(further, Moved):
        return accounts_that_moved(changes_asked(further, configuration, today))
    if isinstance(further, Offered):
        known = configuration.of(RecommendationSegmentation)
        since = dismissals_hold_from(today, known[0]) if known else today
        return accounts_to_offer(further.product, known[0].name, today, since) if known else None
    began = first_run(reading.connection, further.segmentation or configuration.primary.name)
    return None if began is None else accounts_that_held(held_asked(further, configuration, began, today))
