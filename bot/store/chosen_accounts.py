"""Which accounts an export is of: by criteria, and by how their labels were or changed in the past."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import ColumnElement, false

from bot.app.answering.held import held_asked
from bot.app.answering.moves import changes_asked
from bot.app.exporting_values import Past, Selection
from bot.language.question import Moved
from bot.store.account_reading import Reading
from bot.store.label_moves import accounts_that_moved, first_run
from bot.store.labels_held import accounts_that_held
from bot.store.places import ACCOUNT


def chosen_accounts(reading: Reading, selection: Selection) -> Iterator[ColumnElement[bool]]:
    """What has to hold of an account.

    Raises:
        CriteriaError: a field or value that the catalog does not know.
    """
    yield reading.meets(selection.criteria)
    if selection.past is not None:
        yield _as_it_was(reading, selection.past)


def _as_it_was(reading: Reading, past: Past) -> ColumnElement[bool]:
    configuration, today = reading.configuration, reading.today.day
    if isinstance(past, Moved):
        return ACCOUNT.c.id.in_(accounts_that_moved(changes_asked(past, configuration, today)))
    segmentation = past.segmentation or configuration.primary.name
    began = first_run(reading.connection, segmentation)
    if began is None:
        return false()
    return ACCOUNT.c.id.in_(accounts_that_held(held_asked(past, configuration, began, today)))
