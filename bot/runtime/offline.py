"""``bellwether score --transactions …``: tables from files, scored, into a file."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from bot.app.config.published import read_configuration
from bot.app.config.shape import nearest
from bot.app.errors import UserError
from scoring.config import Configuration
from scoring.criteria.errors import CriteriaError
from scoring.criteria.periods import Today
from scoring.offline import Offline, UnreadableTableError, score_tables
from scoring.rfm_config import RfmSegmentation

KINDS = (".csv", ".parquet")


@dataclass(frozen=True)
class Tables:
    """What is scored.

    Attributes:
        transactions, accounts: CSV (UTF-8, with a header) or Parquet; see ``scoring.offline.score_tables``.
        config: a configuration document.
        as_of: the day of the run; today when left out.
        out: CSV or Parquet; nothing is written when left out.
    """

    transactions: Path
    accounts: Path | None
    config: Path
    as_of: date | None
    out: Path | None

    def score(self, segmentation: str | None) -> Offline:
        """Read, score by the named segmentation or the document's first one, and write what was found.

        Raises:
            UserError: a file, a column, a value or the criteria cannot be used.
            ConfigurationError: the document cannot be used.
        """
        if self.out is not None:
            _kind(self.out)
        configuration = read_configuration(_text(self.config), self.config.name)
        chosen = _chosen(configuration, segmentation)
        day = self.as_of or datetime.now(UTC).date()
        today = Today(day, configuration.organisation.fiscal_year_starts)
        accounts = _table(self.accounts) if self.accounts is not None else None
        try:
            found = score_tables(_table(self.transactions), accounts, chosen, today)
        except UnreadableTableError as error:
            raise UserError(str(error)) from None
        except CriteriaError as error:
            raise UserError(f"The criteria of '{chosen.name}' do not fit the columns: {error}") from None
        if self.out is not None:
            _write(found.frame, self.out)
        return found


def as_json(found: Offline) -> dict[str, Any]:
    """What was found, without the accounts."""
    return {
        "accounts": len(found.frame),
        "counted": found.counted,
        "left_out": dict(found.left_out),
        "labels": {str(name): int(count) for name, count in found.frame["label"].value_counts().items()},
        "warnings": list(found.warnings),
    }


def sentences(found: Offline) -> list[str]:
    """What was found, for a person."""
    lines = [f"{len(found.frame):,} accounts, {found.counted:,} transactions count."]
    lines += [f"{count:,} {reason}." for reason, count in found.left_out.items() if count]
    labels = found.frame["label"].value_counts(dropna=False)
    lines += [
        f"{count:,} {name if isinstance(name, str) else 'without a label'}" for name, count in labels.items()
    ]
    return [*lines, *found.warnings]


def _chosen(configuration: Configuration, name: str | None) -> RfmSegmentation:
    chosen = configuration.segmentation(name) if name else configuration.primary
    if name and chosen is None:
        known = [one.name for one in configuration.segmentations]
        raise UserError(f"There is no segmentation '{name}'.{nearest(name, known)}")
    if not isinstance(chosen, RfmSegmentation):
        raise UserError(
            f"'{name or configuration.primary.name}' is no segmentation by RFM.", "Name one that is."
        )
    return chosen


def _kind(path: Path) -> str:
    kind = path.suffix.casefold()
    if kind not in KINDS:
        raise UserError(f"{path.name} is neither CSV nor Parquet.", "Its name must end in .csv or .parquet.")
    return kind


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path.name} cannot be read: {_why(error)}.") from None


def _table(path: Path) -> pd.DataFrame:
    try:
        if _kind(path) == ".parquet":
            return pd.read_parquet(path)
        # As texts: ids keep their zeros, amounts their digits.
        return pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    except (OSError, ValueError) as error:  # pandas' and Arrow's errors of reading are ValueErrors
        raise UserError(f"{path.name} cannot be read: {_why(error)}.") from None


def _write(frame: pd.DataFrame, path: Path) -> None:
    try:
        if _kind(path) == ".parquet":
            frame.to_parquet(path, index=False)
        else:
            frame.to_csv(path, index=False)
    except OSError as error:
        raise UserError(f"{path.name} cannot be written: {_why(error)}.") from None


def _why(error: Exception) -> str:
    said = error.strerror if isinstance(error, OSError) else None
    return (said or str(error) or type(error).__name__).splitlines()[0][:200].rstrip(".")
