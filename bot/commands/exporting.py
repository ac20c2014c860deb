"""The commands that export: a question's accounts into a file, and the history of exports."""

from __future__ import annotations

import getpass
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, BinaryIO
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from bot.app.errors import BellwetherError, ConfigurationError, UserError
from bot.app.exporting_rhythm import ExportSchedule, Rhythm
from bot.app.exporting_values import (
    Batch,
    Export,
    ExportSort,
    FileForm,
    Format,
    Header,
    Mailing,
    Selection,
    Status,
    Wish,
    size_said,
)
from bot.app.people import OPERATOR
from bot.app.scope import seen_by
from bot.app.wording import counted, day, one_line
from bot.commands.console import AsJson, DryRun, opened, print_json, print_table
from scoring.criteria.errors import CriteriaError

if TYPE_CHECKING:
    from bot.app.exporting import Exports
    from bot.app.exporting_schedules import ExportSchedules
    from bot.app.exporting_work import ExportWork, Told
    from bot.app.people import Person
    from bot.language.question import Question
    from bot.runtime.wiring import Bellwether

EXIT_NOT_UNDERSTOOD = 3
EXIT_INTERRUPTED = 130
PLACE = "terminal"


def exporting_commands(app: typer.Typer) -> None:
    """Add them to the command line."""
    app.command()(export)
    app.command()(exports)


def export(
    question: Annotated[
        list[str] | None,
        typer.Argument(help="A sentence, as you would type it in Slack; none: all accounts."),
    ] = None,
    *,
    segment: Annotated[str | None, typer.Option(help="A saved segment, in place of a question.")] = None,
    form: Annotated[Format, typer.Option("--format", help="csv is in a ZIP.")] = Format.CSV,
    columns: Annotated[
        str | None, typer.Option(help="Fields, with commas between; all when left out.")
    ] = None,
    header: Annotated[Header, typer.Option(help="Names of columns: labels or API names.")] = Header.LABELS,
    contacts: Annotated[
        bool, typer.Option("--contacts", help="The contacts of the accounts, as a mailing list.")
    ] = False,
    roles: Annotated[
        list[str] | None, typer.Option("--role", help="Of the contacts; one of several is enough.")
    ] = None,
    keywords: Annotated[
        list[str] | None, typer.Option("--keyword", help="Of the contacts; one of several is enough.")
    ] = None,
    every: Annotated[
        Rhythm | None,
        typer.Option(help="Have a worker make it again on these days; `exports --get` gives it."),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="The file to write; left out, it names itself.")] = None,
    as_email: Annotated[str | None, typer.Option("--as", help="As the CRM user with this e-mail.")] = None,
    fields: Annotated[bool, typer.Option("--fields", help="List the fields; write nothing.")] = False,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Write the accounts of a question into a file. Exit code 3 when it was not understood."""
    bellwether = opened()
    use_case = bellwether.export_parts.exports
    if fields:
        _print_fields(use_case, as_json=as_json)
        return
    person = bellwether.people.by_email(as_email) if as_email else OPERATOR
    if person.refusal:
        raise UserError(person.refusal)
    mailing = _mailing(contacts, roles, keywords, columns)
    names = None if columns is None else use_case.named_columns(columns.split(","))
    asked = _asked(bellwether, " ".join(question or ()), segment, person)
    wish = use_case.checked(Wish(form, header, names, mailing))
    with seen_by(person.scope):
        if dry_run:
            _rehearse(bellwether, asked, wish, person, as_json=as_json)
            return
        started = _started(bellwether, asked, wish, person, every)
        done = _written(bellwether.export_parts.work(_Nobody()), started, out)
    if as_json:
        print_json(_line(done[0]) | {"file": str(done[1])})
    else:
        again = "" if every is None else f"It is made again {every.said}: `bellwether exports --schedules`."
        said = f"Wrote {done[0].rows:,} rows, {size_said(done[0].bytes)}: {done[1]}"
        for line in filter(None, (said, done[0].remark, again)):
            Console().print(line, highlight=False, markup=False)


def exports(
    sort: Annotated[ExportSort, typer.Option(help="What comes first.")] = ExportSort.WHEN,
    get: Annotated[str | None, typer.Option(help="Copy the file of the export of this id.")] = None,
    out: Annotated[Path | None, typer.Option(help="Where to; named by itself when left out.")] = None,
    cancel: Annotated[str | None, typer.Option(help="Stop the export of this id.")] = None,
    schedules: Annotated[
        bool, typer.Option("--schedules", help="List what is made again and again.")
    ] = False,
    stop: Annotated[str | None, typer.Option(help="Stop the schedule of this id.")] = None,
    resume: Annotated[str | None, typer.Option(help="Resume your schedule of this id that rests.")] = None,
    as_json: AsJson = False,
) -> None:
    """Exports of the last 90 days: rows, size, status, who, when; and what is made again and again."""
    parts = opened().export_parts
    use_case = parts.exports
    if schedules or stop is not None or resume is not None:
        _schedules(parts.schedules, stop, resume, as_json=as_json)
        return
    if get is not None:
        _copy(use_case, get, out)
        return
    if cancel is not None:
        stopped = use_case.cancel(cancel, OPERATOR)
        Console().print(f"It is {stopped.status}.", highlight=False, markup=False)
        return
    found = use_case.listed(OPERATOR, sort)
    if as_json:
        print_json([_line(one) for one in found])
    else:
        _print_history(found, use_case.rows.zone())


def _asked(bellwether: Bellwether, text: str, segment: str | None, person: Person) -> tuple[Question, str]:
    """What to export, and how it was said."""
    from bot.language.question import Kind, Question

    if segment is not None:
        if text:
            raise UserError("A question and a segment are two things to export.", "Give one of them.")
        return bellwether.export_parts.exports.of_segment(segment), segment
    if not text:
        return Question(Kind.LIST), "all accounts"
    answer = bellwether.asking.ask(text, person)
    if answer.asked is None:
        reason = answer.not_understood.reason if answer.not_understood else "That is nothing to export."
        Console(stderr=True).print(reason, highlight=False, markup=False)
        raise typer.Exit(EXIT_NOT_UNDERSTOOD)
    return answer.asked, text


def _started(
    bellwether: Bellwether, asked: tuple[Question, str], wish: Wish, person: Person, every: Rhythm | None
) -> Export:
    use_case, schedules = bellwether.export_parts.exports, bellwether.export_parts.schedules
    draft = use_case.begin(*asked, person, PLACE)
    again = None if every is None else schedules.prepared(draft.public_id, wish, every, person)
    started = use_case.started(draft.public_id, wish, person, None, Status.WAITING)
    if again is not None:
        schedules.keep(again, person)
    return started


def _mailing(
    contacts: bool,
    roles: list[str] | None,
    keywords: list[str] | None,
    columns: str | None,
) -> Mailing | None:
    if not contacts:
        if roles or keywords:
            raise UserError("Roles and keywords are of contacts.", "Add --contacts.")
        return None
    if columns is not None:
        raise UserError("A mailing list has columns of its own.", "Leave out --columns.")
    return Mailing(tuple(roles or ()), tuple(keywords or ()))


def _rehearse(
    bellwether: Bellwether, asked: tuple[Question, str], wish: Wish, person: Person, *, as_json: bool
) -> None:
    from bot.app.exporting import further_of

    use_case, (question, text) = bellwether.export_parts.exports, asked
    use_case.check_allowed(person, text, PLACE)
    found: dict[str, Any]
    selection = Selection(question.criteria, question.sort, question.limit, (), further_of(question))
    if wish.mailing is not None:
        count = use_case.contacts.counted(selection, wish.mailing)
        found = {"rows": count.rows, "fields": len(use_case.contacts.columns()), "remark": count.remark}
    else:
        found = {"rows": use_case.rows.number(selection), "fields": len(use_case.rows.columns())}
    print_json(found) if as_json else print_table([found])


def _schedules(use_case: ExportSchedules, stop: str | None, resume: str | None, *, as_json: bool) -> None:
    if stop is not None:
        use_case.stop(stop, OPERATOR)
    if resume is not None:
        use_case.resume(resume, OPERATOR)
    rows = [_schedule_line(one) for one in use_case.listed(OPERATOR)]
    print_json(rows) if as_json else print_table(rows)


def _schedule_line(schedule: ExportSchedule) -> dict[str, Any]:
    from bot.app.exporting import chosen_said

    wanted, last = schedule.wanted, schedule.last_day
    return {
        "id": schedule.public_id,
        "when": schedule.rhythm.said,
        "what": wanted.question,
        "criteria": wanted.criteria,
        "format": wanted.wish.format.value,
        "columns": chosen_said(wanted.wish),
        "state": schedule.state.value,
        "who": wanted.requester,
        "last": last.isoformat() if last else None,
        "reason": schedule.reason,
    }


def _written(work: ExportWork, export: Export, out: Path | None) -> tuple[Export, Path]:
    """Write an export into a file of the person's own, with a bar on the way."""
    from bot.app.exporting_values import download_name
    from bot.exports.files import write_whole

    target = out if out is not None else Path(download_name(export))
    if not target.parent.is_dir():
        work.fail(export, "The directory does not exist.")
        raise UserError(f"There is no directory {target.parent}.", "Make it, or name another file.")
    if target.exists():
        work.fail(export, "There is a file of that name.")
        raise _taken(target)
    ours = False

    def write(form: FileForm, batches: Iterable[Batch]) -> int:
        nonlocal ours
        size = write_whole(target, form, batches)
        ours = True
        return size

    try:
        with _bar() as told:
            written = work.write(export, write, told, lambda: None, delivered=True)
    except KeyboardInterrupt:
        stopped = work.exports.cancel(export.public_id, OPERATOR)
        if ours and stopped.status is not Status.DONE:
            target.unlink(missing_ok=True)
        raise
    except (BellwetherError, CriteriaError) as error:
        work.fail(export, str(error))
        if ours:  # it was cancelled when the file was there already
            target.unlink(missing_ok=True)
        raise
    except OSError as error:
        work.fail(export, f"The file could not be written: {error.strerror}.")
        said = f"{target} cannot be written ({error.strerror})."
        raise ConfigurationError(said, "Check the path.") from None
    return written, target


def _taken(target: Path) -> UserError:
    return UserError(f"There is a file {target} already.", "Remove it, or name another file with --out.")


@contextmanager
def _bar() -> Iterator[Told]:
    columns = (TextColumn("Rows"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("Rows", total=None)
        yield lambda rows, total: bar.update(task, completed=rows, total=total)


def _copy(use_case: Exports, public_id: str, out: Path | None) -> None:
    """Whoever sits at the machine can read the directory anyway; the audit log says that they did."""
    from bot.app.exporting import KIND, target_of
    from bot.app.exporting_values import download_name

    found = use_case.own(public_id, OPERATOR)
    if not use_case.available(found):
        raise UserError("There is no file of it.", "`bellwether exports` shows why.")
    target = out if out is not None else Path(download_name(found))
    try:
        with use_case.files.open(found.file_name or "") as file, target.open("xb") as copy:
            target.chmod(0o600)
            shutil.copyfileobj(file, copy)
    except FileExistsError:
        raise _taken(target) from None
    criteria = target_of(found)
    said = f"copied by {getpass.getuser()}: {public_id}"
    use_case.audit.record(OPERATOR.name, KIND, criteria, said, PLACE)
    Console().print(f"Wrote {target}.", highlight=False, markup=False)


def _print_fields(use_case: Exports, *, as_json: bool) -> None:
    rows = [
        {"name": one.name, "api_name": one.api_name, "label": one.label, "type": one.type.value}
        for one in use_case.rows.columns()
    ]
    print_json(rows) if as_json else print_table(rows)


def _print_history(found: Sequence[Export], zone: ZoneInfo) -> None:
    """A few lines for each: an id is long, and is to be copied whole."""
    from bot.app.exporting import chosen_said, target_of

    console = Console()
    for one in found:
        made = one.created_at.astimezone(zone)
        said = (
            *(one.status.value, counted(one.rows, "row"), size_said(one.bytes)),
            *(
                f"{one.wish.format.value}, {chosen_said(one.wish)}",
                one.requester,
                f"{day(made)} {made:%H:%M}",
            ),
            *([f"made again: {one.schedule_id}"] if one.schedule_id else []),
        )
        console.print(one_line(one.question or target_of(one)), style="bold", highlight=False, markup=False)
        for line in filter(None, (" · ".join(said), one.reason, one.remark, one.public_id)):
            console.print(f"  {line}", highlight=False, markup=False)
    if not found:
        console.print("Nothing.")


def _line(export: Export) -> dict[str, Any]:
    until = export.expires_at
    return {
        "id": export.public_id,
        "when": export.created_at.isoformat(timespec="seconds"),
        "what": export.question,
        "criteria": export.criteria,
        "format": export.wish.format.value,
        "columns": None if export.wish.columns is None else len(export.wish.columns),
        "contacts": None if export.wish.mailing is None else asdict(export.wish.mailing),
        "schedule": export.schedule_id,
        "rows": export.rows,
        "bytes": export.bytes,
        "status": export.status.value,
        "who": export.requester,
        "until": until.isoformat(timespec="seconds") if until and export.file_name else None,
        "reason": export.reason,
        "remark": export.remark,
    }


class _Nobody:
    """Whoever waits at the terminal sees the bar, and needs no message."""

    def show(self, export: Export, link: str | None) -> None:
        """Nothing."""

    def tell(self, export: Export, link: str | None) -> None:
        """Nothing."""

    def tell_halted(self, schedule: ExportSchedule) -> None:
        """Nothing."""

    def upload(self, export: Export, file: BinaryIO, begun: Callable[[str], None]) -> None:
        """Nothing."""

    def take_back(self, slack_file: str) -> None:
        """Nothing."""
