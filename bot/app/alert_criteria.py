"""Which changes of a run meet the criteria of a route: by the change itself, and by its account."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Protocol

import pandas as pd

from bot.app.errors import ConfigurationError
from bot.app.facts import AccountChange
from bot.app.technique_rules import label_names
from scoring.change_fields import change_catalog
from scoring.changes import left_to_ask
from scoring.config import Configuration
from scoring.criteria.errors import CriteriaError
from scoring.criteria.fields import Catalog
from scoring.criteria.parse import parse
from scoring.criteria.periods import Today
from scoring.criteria.tree import Always, Node


class AccountsAsked(Protocol):
    """Asking accounts whether they meet criteria."""

    def account_catalog(self, configuration: Configuration) -> Catalog:
        """The fields of accounts."""
        ...

    def meeting(
        self, criteria: Node, catalog: Catalog, segmentation: str, today: Today, account_ids: Sequence[str]
    ) -> set[str]:
        """Those of some accounts that meet criteria, as they are now."""
        ...


class ChangeCriteria:
    """The criteria of a document's routes. The catalog is read once, when it is first needed."""

    def __init__(self, accounts: AccountsAsked, configuration: Configuration, today: Today) -> None:
        self._accounts = accounts
        self._configuration = configuration
        self._today = today

    @cached_property
    def _catalog(self) -> Catalog:
        segmentations = self._configuration.segmentations
        labels = (name for one in segmentations for name in label_names(one))
        accounts = self._accounts.account_catalog(self._configuration)
        return change_catalog(accounts, labels, (one.name for one in segmentations)).open()

    def meeting(
        self, criteria: str, segmentation: str, changes: Sequence[AccountChange], where: str
    ) -> frozenset[str]:
        """The accounts of those changes that meet criteria.

        Args:
            criteria: as they are written; empty: all of them.
            segmentation: whose changes they are, one of an account at most.
            changes: of one run.
            where: what the criteria are of, for the error.

        Raises:
            ConfigurationError: they do not fit the organisation's fields any more.
        """
        if not criteria.strip() or not changes:
            return frozenset(one.account_id for one in changes)
        try:
            return self._meeting(criteria, segmentation, changes)
        except CriteriaError as error:
            raise ConfigurationError(
                f"The criteria of {where} do not fit the CRM's fields: {error}",
                "Run `bellwether config check`, correct the line it names, and apply the document.",
            ) from None

    def _meeting(self, criteria: str, segmentation: str, changes: Sequence[AccountChange]) -> frozenset[str]:
        tree = parse(criteria, self._catalog)
        found: set[str] = set()
        for rest, places in left_to_ask(
            tree, _frame(segmentation, changes), self._catalog, self._today
        ).items():
            ids = [changes[at].account_id for at in places]
            found.update(ids if isinstance(rest, Always) else self._asked(rest, ids))
        return frozenset(found)

    def _asked(self, rest: Node, ids: Sequence[str]) -> set[str]:
        primary = self._configuration.primary.name
        return self._accounts.meeting(rest, self._catalog, primary, self._today, ids)


def _frame(segmentation: str, changes: Sequence[AccountChange]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "old_label": pd.Series([one.old.label for one in changes], dtype=object),
            "new_label": pd.Series([one.new.label for one in changes], dtype=object),
            "change": pd.Series([one.direction.value for one in changes], dtype=object),
            "at_stake": pd.Series([one.at_stake_minor for one in changes], dtype="int64"),
            "segmentation": pd.Series([segmentation] * len(changes), dtype=object),
        }
    )
