"""A proposal of firmographic labels from the organisation's own accounts and what became of their deals."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd

from bot.app.worth import Worth
from bot.app.write_back import field_labels
from scoring.config import Configuration
from scoring.criteria.fields import Catalog, Field, FieldType
from scoring.firmographics.config import PREDEFINED_LABELS
from scoring.firmographics.propose import MOST_LEARNED_FROM, ProposedLabel, RulesProposal, propose_rules
from scoring.firmographics.values import MOST_GROUPS, FieldRank, rank_fields, usable
from scoring.wording import counted, written_money

# What says who somebody is, and not what kind of company.
_NO_FIRMOGRAPHICS = frozenset({"name", "website", "phone"})
_SOURCES = ("account.", "raw:text:", "raw:number:", "raw:truth:")
# A text field whose frequent values cover less than that says nothing about kinds of companies.
LEAST_COVERED = 0.5
MOST_RANKED = 5
BY_CHANCE = 0.05
DEFAULT_NAME = "Fit"


class Told(Protocol):
    """What is read for a proposal."""

    def catalog(self) -> Catalog:
        """The account fields."""
        ...

    def outcomes(self) -> pd.DataFrame:
        """A row per account with a transaction that is over: ``account_id tried won spend_minor``, by id."""
        ...

    def accounts(self, ids: Sequence[str], fields: Sequence[Field]) -> pd.DataFrame:
        """Some accounts: ``account_id`` and the fields, named as in the catalog."""
        ...


@dataclass(frozen=True)
class _Learned:
    """A proposal, and what it was made of."""

    proposal: RulesProposal
    ranks: tuple[FieldRank, ...]
    accounts: int
    deals: int
    by: Worth


def proposed(told: Told, configuration: Configuration, currency: str, by: Worth | None = None) -> str:
    """A part of the document, as YAML with comments.

    Args:
        told: the organisation's data.
        configuration: which transactions count as won, and which fields we write ourselves.
        currency: ISO code.
        by: what labels should tell apart; None: wins where there are lost deals too, otherwise spend.
    """
    learned = _learned(told, configuration, by)
    labels = learned.proposal.labels
    lines = [*_head(learned), "segmentations:", f"  - name: {DEFAULT_NAME}", "    technique: firmographics"]
    lines.append("    labels:")
    if labels:
        lines += [line for one in labels for line in _label(one, learned.by, currency)]
    else:
        lines += [
            f"      - {{name: {_quoted(one.name)}, when: {_quoted(one.when)}}}" for one in PREDEFINED_LABELS
        ]
    return "\n".join(lines) + "\n"


def _learned(told: Told, configuration: Configuration, by: Worth | None) -> _Learned:
    outcomes, catalog = told.outcomes(), told.catalog()
    deals = int(outcomes["tried"].sum())
    if by is None:
        by = Worth.WINS if 0 < int(outcomes["won"].sum()) < deals else Worth.SPEND
    if len(outcomes) > MOST_LEARNED_FROM:
        outcomes = outcomes.sample(MOST_LEARNED_FROM, random_state=0).sort_values("account_id")
    fields = list(_fields(catalog, configuration))
    accounts = told.accounts(list(outcomes["account_id"]), fields)
    outcomes = outcomes.set_index("account_id").reindex(accounts["account_id"]).reset_index()
    names = [one.name for one in fields if _says_something(accounts[one.name], one)]
    weights = outcomes["tried"].tolist() if by is Worth.WINS else None
    proposal = propose_rules(accounts, _worth(outcomes, by).tolist(), catalog, names, weights=weights)
    ranks = rank_fields(accounts, _each(outcomes), catalog, names) if by is Worth.WINS else ()
    return _Learned(proposal, ranks, len(accounts), deals, by)


def _fields(catalog: Catalog, configuration: Configuration) -> Iterator[Field]:
    """What kind of company an account is: neither who it is, nor what scoring says of it."""
    ours = {
        label.casefold()
        for one in configuration.segmentations
        for label in field_labels(one.name, configuration).values()
    }
    for one in catalog.fields:
        mine = {one.label.casefold(), *(alias.casefold() for alias in one.aliases)}
        known = usable(catalog, one.name) is not None and one.source.startswith(_SOURCES)
        if known and one.name not in _NO_FIRMOGRAPHICS and not mine & ours:
            yield one


def _says_something(column: pd.Series[Any], field: Field) -> bool:
    known = column.dropna()
    if field.type is not FieldType.TEXT:
        return not known.empty
    counts = known.astype(str).str.casefold().value_counts()
    return bool(len(counts)) and float(counts.head(MOST_GROUPS).sum()) >= LEAST_COVERED * len(known)


def _worth(outcomes: pd.DataFrame, by: Worth) -> npt.NDArray[np.float64]:
    if by is Worth.SPEND:
        return outcomes["spend_minor"].to_numpy(np.float64)
    share: npt.NDArray[np.float64] = outcomes["won"].to_numpy(np.float64) / outcomes["tried"].to_numpy()
    return share


def _each(outcomes: pd.DataFrame) -> pd.DataFrame:
    """A row per deal that is over."""
    tried, won = outcomes["tried"].to_numpy(np.int64), outcomes["won"].to_numpy(np.int64)
    account = np.repeat(outcomes["account_id"].to_numpy(), tried)
    number = np.arange(len(account)) - np.repeat(np.cumsum(tried) - tried, tried)
    return pd.DataFrame({"account_id": account, "won": number < np.repeat(won, tried)})


def _head(learned: _Learned) -> Iterator[str]:
    accounts, deals = counted(learned.accounts, "account"), counted(learned.deals, "deal")
    if learned.proposal.labels:
        what = "how often deals are won" if learned.by is Worth.WINS else "what accounts spend"
        yield f"# Proposed from {accounts} and {deals} that are over, by {what}."
        yield f"# The labels explain {learned.proposal.separation:.1%} of how much that differs."
    else:
        found = f"{accounts} and {deals} that are over"
        yield f"# Nothing better than the predefined labels was found in {found}."
        yield from (f"# {sentence}" for sentence in learned.proposal.warnings)
    telling = [one for one in learned.ranks if one.chance < BY_CHANCE][:MOST_RANKED]
    if telling:
        said = ", ".join(f"{one.field} ({one.share:.1%}, known of {one.known:.0%})" for one in telling)
        yield f"# What tells most of whether deals are won: {said}."
    elif learned.ranks:
        yield "# No field by itself tells of whether deals are won better than chance would."
    yield "# Put it among your segmentations, change what you like, and run `bellwether config check`."


def _label(one: ProposedLabel, by: Worth, currency: str) -> Iterator[str]:
    if by is Worth.WINS:
        worth = f"{one.worth:.0%} of the deals won"
    else:
        worth = f"{written_money(round(one.worth), currency)} each"
    yield f"      - name: {_quoted(one.label.name)}    # {counted(one.accounts, 'account')}, {worth}"
    yield f"        when: {_quoted(one.label.when)}"


def _quoted(text: str) -> str:
    """A text as YAML and JSON write it alike."""
    return json.dumps(text, ensure_ascii=False)
