"""Reading by bulk jobs: a job is entered, looked at until it is done, and its file read a page at a time.

The file stays compressed, in a temporary file without a name: nothing is left behind whatever happens.
"""

from __future__ import annotations

import csv
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, NoReturn, TypeVar
from urllib.parse import quote

import orjson
from pyarrow import ArrowInvalid

from connector.errors import ConnectorError, Fatal, NeedsPerson, NotOffered, Retriable, StartOver
from connector.memory import give_back
from connector.ports import Page, Selection
from connector.zoho import bulk_file
from connector.zoho.bulk_question import first_question, joins, next_question, unserved
from connector.zoho.canonical import Form
from connector.zoho.client import ZohoClient
from connector.zoho.downloads import Downloads
from connector.zoho.file_records import FileReader
from connector.zoho.lists import MakeReader
from connector.zoho.looks import Looks
from connector.zoho.metadata import items
from connector.zoho.queries import PERMISSION_CODES
from connector.zoho.records import RecordReader, join_path
from connector.zoho.refusals import LONGEST_QUOTE

READ = "/crm/bulk/v8/read"
# Jobs take minutes; one that has taken this long is not going to end.
PATIENCE_SECONDS = 3 * 3600.0
COMPLETED, FAILED = "COMPLETED", frozenset({"FAILURE", "FAILED"})
DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, csv.Error, ArrowInvalid)
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a reading by bulk jobs is.

    Attributes:
        job: the job whose file is read, or waited for.
        rows: how many rows of it are done.
        following: the job that reads on behind it, once it is entered.
    """

    job: str
    rows: int = 0
    following: str | None = None

    def written(self) -> str:
        """As the text that ``Page.after`` is."""
        return orjson.dumps({"job": self.job, "rows": self.rows, "next": self.following}).decode()


def read_place(text: str) -> Place:
    """The place that a text means.

    Raises:
        StartOver: it is none.
    """
    try:
        found = orjson.loads(text)
        return Place(str(found["job"]), int(found["rows"]), found.get("next"))
    except (ValueError, TypeError, KeyError):
        raise StartOver("The place in the bulk job cannot be read.") from None


@dataclass(frozen=True, slots=True)
class _Result:
    """A finished job."""

    rows: int
    token: str | None
    at: datetime | None


class BulkReads:
    """Bulk jobs of one CRM."""

    def __init__(self, client: ZohoClient, reader: MakeReader, sleep: Callable[[float], None]) -> None:
        self._client = client
        self._reader = reader
        self._sleep = sleep
        self._downloads = Downloads(sleep)

    def pages(self, selection: Selection, after: str | None) -> Iterator[Page]:
        """See ``CrmSource.bulk``."""
        module = selection.module
        reason = unserved(selection)
        if reason is not None:
            raise NotOffered(reason)
        place: Place | None
        if after is None:
            job, at = self._entered_first(selection)
            place = Place(job)
            yield Page((), after=place.written(), read_at=at)
        else:
            place = read_place(after)
        begun = after is not None and place.rows > 0
        reader, looks = self._reader(selection, Form.FILE), Looks()
        while place is not None:
            result = yield from self._awaited(module, place, looks, begun=begun)
            if result.token is not None and place.following is None:
                following, at = self._entered(module, next_question(result.token), begun=True)
                place = replace(place, following=following)
                yield Page((), after=place.written(), read_at=at)
            if result.rows > place.rows:
                yield from self._file(selection, reader, place, result.at)
                give_back()
                begun = True
            elif place.following is None:
                yield Page((), read_at=result.at)
            place = Place(place.following) if place.following is not None else None

    def _entered_first(self, selection: Selection) -> tuple[str, datetime | None]:
        """Enter the first job; without the names of lookups if Zoho refuses these."""
        joined = joins(selection)
        try:
            return self._entered(selection.module, first_question(selection, joined), begun=False)
        except NotOffered:
            if not joined:
                raise
            return self._entered(selection.module, first_question(selection, ()), begun=False)

    def _entered(
        self, module: str, question: Mapping[str, Any], *, begun: bool
    ) -> tuple[str, datetime | None]:
        """Enter a job; its id, and Zoho's time."""
        try:
            answer = self._client.query(READ, question, module=module)
        except (Fatal, NeedsPerson) as error:
            _not_offered(error, module, begun=begun)
        (found,) = items(answer, "data")[:1] or ({},)
        details = found.get("details")
        identity = details.get("id") if isinstance(details, dict) else None
        if found.get("status") != "success" or not isinstance(identity, str | int):
            _refused(module, found, begun=begun)
        return str(identity), answer.at

    def _awaited(
        self, module: str, place: Place, looks: Looks, *, begun: bool
    ) -> Generator[Page, None, _Result]:
        """Look at the job until it is done; a page without records after each look."""
        waited = 0.0
        while True:
            state, result, at = self._looked_at(module, place)
            if state == COMPLETED:
                looks.ended(waited)
                return _result(module, result, at)
            if state in FAILED:
                said = result.get("error_message")
                _refused(module, said if isinstance(said, dict) else {}, begun=begun)
            if waited > PATIENCE_SECONDS:
                raise (StartOver if begun else NotOffered)(
                    f"A bulk job of {module} has not ended for {waited / 3600:.0f} hours; it is {state}."
                )
            yield Page((), after=place.written(), read_at=at)
            wait = looks.wait(waited)
            self._sleep(wait)
            waited += wait

    def _looked_at(self, module: str, place: Place) -> tuple[str, Mapping[str, Any], datetime | None]:
        """A job's state, its result, and Zoho's time.

        Raises:
            StartOver: Zoho has forgotten the job.
        """
        answer = self._kept(module, place.job, lambda: self._client.read(_path(place.job), module=module))
        (found,) = items(answer, "data")[:1] or ({},)
        result = found.get("result")
        state = str(found.get("state", "")).upper()
        return state, result if isinstance(result, dict) else {}, answer.at

    def _kept(self, module: str, job: str, call: Callable[[], _T]) -> _T:
        try:
            return call()
        except Fatal as error:
            if not error.code and "404" not in error.what_happened:
                raise
            raise StartOver(f"Zoho has not kept bulk job {job} of {module}: {error.what_happened}") from None

    def _file(
        self, selection: Selection, reader: RecordReader, place: Place, at: datetime | None
    ) -> Iterator[Page]:
        """The rest of a job's file, in pages."""
        with tempfile.TemporaryFile(prefix="bellwether-bulk-") as file:
            path = f"{_path(place.job)}/result"
            self._kept(
                selection.module,
                place.job,
                lambda: self._downloads.take(
                    lambda: self._client.download(path, file, module=selection.module)
                ),
            )
            given = False
            try:
                with zipfile.ZipFile(file) as archive:
                    for page in _pages(selection, reader, archive, place):
                        yield replace(page, read_at=at)
                        given = True
            except DAMAGED as error:
                # What was already given may be wrong, so that it is read again from the start.
                kind = StartOver if given else Retriable
                raise kind(f"The file of bulk job {place.job} is damaged ({type(error).__name__}).") from None


def _pages(
    selection: Selection, reader: RecordReader, archive: zipfile.ZipFile, place: Place
) -> Iterator[Page]:
    names = _header(selection, bulk_file.header_of(archive), begun=place.rows > 0)
    wanted = ["id", *selection.names]
    wanted += [path for one in reader.lookups.values() if (path := join_path(one, names)) is not None]
    files, done = FileReader(selection, reader), place.rows
    page: Page | None = None
    for block in bulk_file.blocks(archive, list(names), wanted, place.rows):
        if page is not None:
            yield page
        done += block.lines
        records, unreadable = files.read(block.columns)
        page = Page(records, block.broken + unreadable, replace(place, rows=done).written())
    after = Place(place.following).written() if place.following is not None else None
    yield replace(page, after=after) if page is not None else Page((), after=after)


def _header(selection: Selection, header: Sequence[str], *, begun: bool) -> Mapping[str, int]:
    """The place of each column. Zoho spells the first one Id, whatever one asks for.

    Raises:
        NotOffered, StartOver: a field is not there.
    """
    first = next((name for name in ("id", "Id") if name in header), header[0] if header else "id")
    columns = {"id" if name == first else name: place for place, name in enumerate(header)}
    missing = [name for name in selection.names if name not in columns]
    if missing or len(columns) != len(header):
        named = f" no column {', '.join(missing[:3])}" if missing else " two columns of one name"
        raise (StartOver if begun else NotOffered)(f"Zoho's bulk file of {selection.module} has{named}.")
    return columns


def _result(module: str, found: Mapping[str, Any], at: datetime | None) -> _Result:
    rows, token = found.get("count"), found.get("next_page_token")
    more = found.get("more_records") is True
    if not isinstance(rows, int) or (more and not isinstance(token, str)):
        raise Fatal(f"Zoho does not say what came of a bulk job of {module}, or how it goes on.")
    return _Result(rows, token if more else None, at)


def _path(job: str) -> str:
    return f"{READ}/{quote(job, safe='')}"


def _not_offered(error: ConnectorError, module: str, *, begun: bool) -> NoReturn:
    """A refusal of a job as the port wants it."""
    is_about_us = isinstance(error, NeedsPerson) and error.code not in PERMISSION_CODES
    if is_about_us or not error.code:
        raise error
    said = f"Zoho enters no bulk job of {module}: {error.what_happened}"
    raise (StartOver if begun else NotOffered)(said, error.what_to_do) from None


def _refused(module: str, said: Mapping[str, Any], *, begun: bool) -> NoReturn:
    """A refusal inside an answer, or the end of a job that failed, in Zoho's words."""
    words = " ".join(str(said[key]) for key in ("code", "message") if said.get(key)) or "no reason given"
    shown = "".join(sign if sign.isprintable() else " " for sign in words)[:LONGEST_QUOTE]
    raise (StartOver if begun else NotOffered)(f"Zoho's bulk job of {module} failed: {shown}.")
