"""Firmographics: whether proposed labels tell accounts apart later, against the plain sector split.

Run as ``python -m benchmarks.truth.firmographics``. Rules are learned from what accounts bought, or from
their win rate, in an earlier time and judged by a later one (protocol D2): the share of the variance between
accounts that lies between the labels, beside that of the sector, and beside what the same method reaches when
it may learn from the later time itself (a ceiling, not a result). AdventureWorks is simulated; Maven is known
to hold no signal, so that the right proposal there is none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd

from benchmarks.truth.report import Goal, data_directory, goals_table, table
from scoring.criteria.fields import Catalog, Field, FieldType
from scoring.criteria.periods import Today
from scoring.firmographics.classify import classify
from scoring.firmographics.config import UNCLASSIFIED, FirmographicSegmentation
from scoring.firmographics.propose import RulesProposal, propose_rules, separation
from scoring.firmographics.values import rank_fields, tallies

MINOR_UNITS = 100
CUTS = ("2018-12-01", "2019-06-01", "2019-12-01")
WANTED = 2.0  # times the between-label variance of the sector split
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Case:
    """A set, cut in two times.

    Attributes:
        accounts: ``account_id`` and fields.
        sector: the field of the plain split.
        before, after: what each account was worth in the earlier and the later time; NaN where unknown.
        weights: how much ``before`` and ``after`` say of each account; None: all the same.
        outcomes: won or not, of the earlier time, for ranking fields.
    """

    name: str
    accounts: pd.DataFrame
    catalog: Catalog
    sector: str
    before: Floats
    after: Floats
    weights: tuple[Floats, Floats] | None
    outcomes: pd.DataFrame


def adventureworks(cut: str) -> Case:
    """Resellers by revenue: learned up to a day, judged by what came after."""
    directory = data_directory("adventureworks_resellers")
    sellers = pd.read_csv(directory / "Resellers.csv", dtype=str)
    lines = pd.read_csv(directory / "FactResellerSales.csv", dtype=str)
    lines["minor"] = (lines["SalesAmount"].astype(float) * MINOR_UNITS).round().astype("int64")
    early = lines["OrderDate"] < cut
    names = {
        "ResellerKey": "account_id",
        "BusinessType": "business_type",
        "City": "city",
        "StateProvinceName": "state",
        "Country_Region": "country",
    }
    accounts = sellers[list(names)].rename(columns=names)
    revenue = [
        lines[rows].groupby("ResellerKey")["minor"].sum().reindex(accounts["account_id"]).fillna(0)
        for rows in (early, ~early)
    ]
    before, after = (one.to_numpy(np.float64) / MINOR_UNITS for one in revenue)
    bought = pd.DataFrame({"account_id": accounts["account_id"], "won": before > 0})
    catalog = Catalog(
        tuple(Field(name, FieldType.TEXT, "") for name in names.values() if name != "account_id")
    )
    return Case(
        f"AdventureWorks, revenue from {cut}", accounts, catalog, "business_type", before, after, None, bought
    )


def maven(cut: str = "2017-09-01") -> Case:
    """Accounts by win rate: learned from the deals closed up to a day, judged by those closed after."""
    directory = data_directory("maven_crm")
    rows = pd.read_csv(directory / "accounts.csv")
    accounts = pd.DataFrame(
        {
            "account_id": rows["account"],
            "sector": rows["sector"].astype(object),
            "annual_revenue": (rows["revenue"] * 1_000_000 * MINOR_UNITS).round().astype("Int64"),
            "employees": rows["employees"].astype("Int64"),
            "country": rows["office_location"].astype(object),
            "founded": rows["year_established"].astype("Int64"),
            "subsidiary_of": rows["subsidiary_of"].astype(object),
        }
    )
    deals = pd.read_csv(directory / "sales_pipeline.csv")
    closed = deals[deals["deal_stage"].isin(["Won", "Lost"]) & deals["account"].notna()]
    outcomes = pd.DataFrame({"account_id": closed["account"], "won": closed["deal_stage"] == "Won"})
    early = (closed["close_date"] < cut).to_numpy(np.bool_)
    kinds = {
        "sector": FieldType.TEXT,
        "annual_revenue": FieldType.MONEY,
        "employees": FieldType.NUMBER,
        "country": FieldType.TEXT,
        "founded": FieldType.NUMBER,
        "subsidiary_of": FieldType.TEXT,
    }
    catalog = Catalog(tuple(Field(name, kind, "") for name, kind in kinds.items()))
    before, tried_before = _rates(accounts, outcomes[early])
    after, tried_after = _rates(accounts, outcomes[~early])
    weights = (tried_before, tried_after)
    return Case("Maven, win rate", accounts, catalog, "sector", before, after, weights, outcomes[early])


def _rates(accounts: pd.DataFrame, outcomes: pd.DataFrame) -> tuple[Floats, Floats]:
    found = tallies(accounts, outcomes)
    tried = found.tried.astype(np.float64)
    rates = np.divide(found.won, tried, out=np.full(len(tried), np.nan), where=tried > 0)
    return np.asarray(rates, dtype=np.float64), tried


def report(case: Case) -> list[Goal]:
    """Print what is proposed for a set and how it holds; its goals."""
    fields = [field.name for field in case.catalog]
    print(f"\n## {case.name}\n")
    ranks = rank_fields(case.accounts, case.outcomes, case.catalog, fields)
    told = [(one.field, one.bits, one.share, one.chance, one.known) for one in ranks]
    print(table(("field", "bits", "share of uncertainty", "by chance", "known"), told))
    proposal = _proposed(case, case.before, 0)
    print()
    if not proposal.labels:
        print(*proposal.warnings)
        return [Goal(f"{case.name}: labels proposed from noise", 0, 0, "less", "none, and that is right")]
    kinds = FirmographicSegmentation(name=case.name, labels=tuple(one.label for one in proposal.labels))
    given = classify(case.accounts, kinds, case.catalog, Today(date(2026, 11, 29)))
    labels = given.frame["label"].to_numpy(object)
    rows = [
        (
            one.label.name,
            one.label.when,
            given.counts[one.label.name],
            one.worth,
            _mean(case, labels, one.label.name),
        )
        for one in proposal.labels
    ]
    print(table(("label", "criteria", "accounts", "worth before", "worth after"), rows))
    by_label, by_sector = (
        _later(case, labels),
        _later(case, case.accounts[case.sector].fillna("").to_numpy(object)),
    )
    best = _proposed(case, case.after, 1).separation
    print(f"\nShare of the later variance between labels {by_label:.4f}, sectors {by_sector:.4f}; ", end="")
    print(f"learned from the later time itself {best:.4f}.")
    ratio = by_label / by_sector if by_sector else float("inf")
    counted = sum(given.counts.values())
    return [
        Goal(f"{case.name}: later variance between labels, times that of the sectors", WANTED, ratio),
        Goal(f"{case.name}: labels proposed, 3 to 5", 3, len(proposal.labels)),
        Goal(
            f"{case.name}: accounts with exactly one label",
            len(case.accounts),
            counted,
            note=f"{given.counts[UNCLASSIFIED]} of them unclassified",
        ),
    ]


def _proposed(case: Case, worth: Floats, which: int) -> RulesProposal:
    weights = None if case.weights is None else case.weights[which].tolist()
    fields = [field.name for field in case.catalog]
    return propose_rules(case.accounts, worth.tolist(), case.catalog, fields, weights=weights)


def _mean(case: Case, labels: Sequence[object] | npt.NDArray[np.object_], label: str) -> float:
    chosen = (np.asarray(labels) == label) & ~np.isnan(case.after)
    weights = None if case.weights is None else case.weights[1][chosen]
    return float(np.average(case.after[chosen], weights=weights)) if chosen.any() else float("nan")


def _later(case: Case, parts: npt.NDArray[np.object_]) -> float:
    known = ~np.isnan(case.after)
    weights = None if case.weights is None else case.weights[1][known]
    return separation(parts[known], case.after[known], weights)


def main() -> None:
    """Print everything."""
    print("# Firmographics")
    goals = [goal for case in (*map(adventureworks, CUTS), maven()) for goal in report(case)]
    print(f"\n## Goals\n\n{goals_table(goals)}")


if __name__ == "__main__":
    main()
