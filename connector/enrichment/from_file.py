"""Values of companies from a CSV file that somebody has made: bought, collected, or corrected by hand."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Final

from connector.enrichment.own_sites import site_key
from connector.enrichment.values import Company, CompanyReading, EnrichedField, Outcome, Proposal, SiteReading
from connector.errors import NeedsPerson

ACCOUNT_ID, WEBSITE = "account_id", "website"
LARGEST_FILE: Final = 50_000_000  # bytes: some hundred thousand companies
LONGEST_VALUE: Final = 32_000  # characters, of the longest field that Zoho has
_FIELDS: Final = {one.value: one for one in EnrichedField}
_COLUMNS: Final = (ACCOUNT_ID, WEBSITE, *_FIELDS)
_NUMBERS: Final = frozenset({EnrichedField.FOUNDED, EnrichedField.EMPLOYEES})
_FOUND, _NOTHING = "The file has values for this account.", "The file says nothing of this account."
_NO_ACCOUNT: Final = "the line names no account: account_id and website are empty, or tell nobody"
_EMPTY = "The file has a line for this account, without a value."


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the file: where it is, and what it says."""

    number: int
    values: Mapping[EnrichedField, str]


class FileProvider:
    """The port ``Provider`` on a CSV file in UTF-8 whose first line names the columns.

    Columns are ``account_id`` or ``website`` (or both: the id counts first) and any of ``EnrichedField``.
    Empty cells say nothing. Websites are compared by host, without ``www.``, those on a host that many share,
    such as a social network, with their path. What a person has written down needs no check against a site:
    its confidence is 1.
    """

    def __init__(self, path: Path, now: Callable[[], datetime]) -> None:
        self._path = path
        self._now = now

    @property
    def name(self) -> str:
        """What the history calls it."""
        return "file"

    def read(self, companies: Sequence[Company]) -> Iterator[CompanyReading]:
        """One reading for each company, in their order.

        Raises:
            NeedsPerson: the file cannot be used; with file and line.
        """
        by_key = self._lines
        for company in companies:
            key = site_key(company.website)
            line = by_key.get((ACCOUNT_ID, company.account_id)) or (
                by_key.get((WEBSITE, key)) if key else None
            )
            yield self._reading(company, line)

    def _reading(self, company: Company, line: Line | None) -> CompanyReading:
        if line is None or not line.values:
            reason = _NOTHING if line is None else _EMPTY
            return CompanyReading(company, Outcome.NOTHING_FOUND, reason, self._now())
        place = f"{self._path.name}:{line.number}"
        proposals = tuple(
            Proposal(field, value, value, place, "", "file", 1.0) for field, value in line.values.items()
        )
        reading = SiteReading(is_company=True, names=(), likeness=100.0, proposals=proposals)
        return CompanyReading(company, Outcome.FOUND, _FOUND, self._now(), reading, pages=0)

    @cached_property
    def _lines(self) -> dict[tuple[str, str], Line]:
        """Every line by account id and by website."""
        found: dict[tuple[str, str], Line] = {}
        for number, row in self._rows():
            line = Line(number, dict(self._values(number, row)))
            keys = [(ACCOUNT_ID, row.get(ACCOUNT_ID, "")), (WEBSITE, site_key(row.get(WEBSITE, "")))]
            keys = [key for key in keys if key[1]]
            if not keys:
                raise self._wrong(number, _NO_ACCOUNT)
            for key in keys:
                if key in found:
                    raise self._wrong(number, f"{key[0]} {key[1]} stands in line {found[key].number} too")
                found[key] = line
        return found

    def _rows(self) -> Iterator[tuple[int, dict[str, str]]]:
        try:
            if self._path.stat().st_size > LARGEST_FILE:
                raise self._wrong(1, f"the file is larger than {LARGEST_FILE // 1_000_000} MB")
            with self._path.open(encoding="utf-8-sig", newline="") as file:
                lines = csv.reader(file, strict=True)
                columns = self._columns(next(lines, []))
                for row in lines:
                    if row:
                        yield lines.line_num, self._row(lines.line_num, columns, row)
        except csv.Error as error:
            raise self._wrong(lines.line_num, f"this is not CSV: {error}") from None
        except UnicodeDecodeError:
            raise NeedsPerson(f"{self._path.name} is not in UTF-8.", "Save it as CSV UTF-8.") from None
        except OSError as error:
            said = f"The file {self._path.name} cannot be read ({error.strerror})."
            raise NeedsPerson(said, "Check enrichment.file in the configuration.") from None

    def _columns(self, names: Sequence[str]) -> list[str]:
        columns = [one.strip().casefold() for one in names]
        for at, one in enumerate(columns):
            if one not in _COLUMNS:
                raise self._wrong(
                    1, f"the column '{names[at]}' is not known; there are {', '.join(_COLUMNS)}"
                )
            if one in columns[:at]:
                raise self._wrong(1, f"the column '{one}' stands twice")
        if not {ACCOUNT_ID, WEBSITE} & set(columns):
            raise self._wrong(1, "there is no column account_id or website")
        return columns

    def _row(self, number: int, columns: Sequence[str], row: Sequence[str]) -> dict[str, str]:
        if len(row) != len(columns):
            raise self._wrong(number, f"there are {len(row)} cells under {len(columns)} columns")
        return {name: value.strip() for name, value in zip(columns, row, strict=True)}

    def _values(self, number: int, row: Mapping[str, str]) -> Iterator[tuple[EnrichedField, str]]:
        for name, value in row.items():
            field = _FIELDS.get(name)
            if field is None or not value:
                continue
            if len(value) > LONGEST_VALUE or "\0" in value:
                raise self._wrong(number, f"{name} is longer than {LONGEST_VALUE:,} characters, or no text")
            if field in _NUMBERS and not (value.isascii() and value.isdigit()):
                raise self._wrong(number, f"{name} has to be a whole number")
            yield field, value

    def _wrong(self, number: int, what: str) -> NeedsPerson:
        return NeedsPerson(f"{self._path.name}:{number}: {what}.", "Correct the file, and try again.")
