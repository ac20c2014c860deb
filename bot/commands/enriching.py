"""The commands that enrich accounts: one with consent, many in a batch, their history and the way back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from bot.app.errors import UserError
from bot.app.people import OPERATOR
from bot.commands.console import AsJson, DryRun, opened, print_json, print_lines, print_said

if TYPE_CHECKING:
    from bot.app.enriching_batches import Wish
    from bot.app.enriching_values import Applied, Batch, FieldWrite, Proposed
    from bot.runtime.enriching_parts import EnrichingParts

EXIT_FAILED = 1
PLACE = "terminal"


def enriching_commands(app: typer.Typer) -> None:
    """Add them to the command line."""
    app.command(
        epilog="Besides accounts: enrich history [ACCOUNT or BATCH], enrich undo ID, enrich resume BATCH, "
        "enrich check."
    )(enrich)


def enrich(
    account: Annotated[
        list[str] | None,
        typer.Argument(help="An account's name or id; or history, undo, resume, check."),
    ] = None,
    *,
    accept: Annotated[
        str | None,
        typer.Option(help="Take these without asking: phone,email; or all: what fills an empty field."),
    ] = None,
    criteria: Annotated[str | None, typer.Option(help="Many accounts: those that meet criteria.")] = None,
    segment: Annotated[str | None, typer.Option(help="Many accounts: those of a saved segment.")] = None,
    most: Annotated[int | None, typer.Option(help="No more accounts than so many.")] = None,
    again: Annotated[bool, typer.Option("--again", help="Also those read in the last 30 days.")] = False,
    background: Annotated[bool, typer.Option("--background", help="Leave the batch to a worker.")] = False,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Fill empty fields of accounts from the companies' own sites, from Zia, or from a file."""
    parts, words = opened().enriching_parts, account or []
    many = criteria is not None or segment is not None
    if many:
        if words or (criteria is not None and segment is not None):
            raise UserError("That names accounts twice.", "Give a name, --criteria or --segment.")
        _many(parts, _wish(parts, criteria, segment, most, again=again), background, dry_run, as_json)
        return
    match words:
        case []:
            raise UserError(
                "Say which account.", "bellwether enrich NAME, or --criteria '…', or --segment NAME"
            )
        case ["history", *name]:
            _history(parts, " ".join(name), as_json=as_json)
        case ["undo", identifier]:
            _undo(parts, identifier, dry_run=dry_run, as_json=as_json)
        case ["resume", identifier]:
            parts.many.resume(identifier, OPERATOR, PLACE, background=background)
            _work(parts, parts.many.found(identifier), background=background, as_json=as_json)
        case ["check"]:
            _check(parts, as_json=as_json)
        case _:
            _one(parts, " ".join(words), accept, dry_run=dry_run, as_json=as_json)


def _one(parts: EnrichingParts, account: str, accept: str | None, *, dry_run: bool, as_json: bool) -> None:
    found = parts.one.propose(account, OPERATOR, PLACE, keep=not dry_run)
    if not as_json:
        _show(found)
    chosen = [] if dry_run else _accepted(found, accept, ask=not as_json)
    if not chosen:
        if as_json:
            print_json(found.as_json())
        return
    applied = parts.one.apply(found.id, chosen, OPERATOR, PLACE, found.digest)
    if as_json:
        print_json(found.as_json() | {"applied": [one.as_json() for one in applied.writes]})
    else:
        _show_applied(applied)


def _accepted(found: Proposed, accept: str | None, *, ask: bool) -> list[str]:
    """The fields to write: named, all that are empty, or asked for one by one."""
    if accept is not None:
        if accept.strip() == "all":
            return [row.field for row in found.rows if row.ticked]
        return [one.strip() for one in accept.split(",") if one.strip()]
    rows = [row for row in found.rows if row.can_be_chosen] if ask else []
    return [
        row.field
        for row in rows
        if typer.confirm(f"Write {row.label}: {row.proposed}?", default=row.ticked, err=True)
    ]


def _show(found: Proposed) -> None:
    console = Console()
    console.print(f"{found.account_name}: {found.reason}", highlight=False, markup=False)
    if found.rows:
        table = Table("Field", "Now", "Proposed", "Sure", "From", box=None, pad_edge=False)
        for row in found.rows:
            source = " ".join(part for part in (row.source_url, f"({row.method})") if part)
            proposed = f"{row.proposed} — {row.problem}" if row.problem else row.proposed
            cells = (row.label, row.current_shown, proposed, f"{row.confidence:.0%}", source)
            table.add_row(*map(escape, cells))
        console.print(table)
    if found.used:
        console.print(f"It uses {found.used}", highlight=False, markup=False)


def _show_applied(applied: Applied) -> None:
    from bot.app.enriching_values import OURS

    said = [
        f"{applied.written} of {len(applied.writes)} fields were written: bellwether enrich undo {applied.id}"
    ]
    left = [one for one in applied.writes if one.reason and one.state not in OURS]
    said += [f"{one.crm_field} was not written: {one.reason}" for one in left]
    print_said(None, said, as_json=False)


def _wish(
    parts: EnrichingParts, criteria: str | None, segment: str | None, most: int | None, *, again: bool
) -> Wish:
    from bot.app.enriching_batches import Wish

    if segment is not None:
        return parts.many.of_segment(segment, most, again=again)
    return Wish(criteria or "", criteria or "", most, again)


def _many(parts: EnrichingParts, wish: Wish, background: bool, dry_run: bool, as_json: bool) -> None:
    if dry_run:
        print_lines([parts.many.rehearse(wish, OPERATOR, PLACE)], as_json=as_json)
        return
    batch = parts.many.enter(wish, OPERATOR, PLACE, background=background)
    _work(parts, batch, background=background, as_json=as_json)


def _work(parts: EnrichingParts, batch: Batch, *, background: bool, as_json: bool) -> None:
    """Work on a batch here, with a bar; or say that a worker will."""
    from bot.app.enriching_batches import batch_sentences
    from bot.app.enriching_values import key_of

    if background:
        said = [f"Batch {batch.id} of {batch.total:,} accounts waits for a worker."]
        print_said(batch.as_json(), said, as_json=as_json)
        return
    columns = (TextColumn("Accounts"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("Accounts", total=batch.total)
        told = lambda done, _all: bar.update(task, completed=done)  # noqa: E731
        done = parts.work().run(batch.id, told, lambda: False, key_of(OPERATOR)) or batch
    print_said(done.as_json(), batch_sentences(done), as_json=as_json)


def _history(parts: EnrichingParts, name: str, *, as_json: bool) -> None:
    """Of everything: batches by their counts, single values exactly. Of a batch or an account: its lines."""
    if name and parts.batches_kept.find(name) is not None:
        print_lines(parts.many.accounts(name, OPERATOR), as_json=as_json)
        return
    writes = parts.history.recent(OPERATOR, name or None)
    if name:
        print_said([one.as_json() for one in writes], _lines(writes), as_json=as_json)
        return
    batches = parts.many.recent(OPERATOR)
    known = {one.id for one in batches}
    single = [one for one in writes if one.of not in known]
    values = {"batches": [one.as_json() for one in batches], "single": [one.as_json() for one in single]}
    print_said(values, [*map(_batch_line, batches), *_lines(single)] or ["Nothing."], as_json=as_json)


def _lines(writes: Sequence[FieldWrite]) -> list[str]:
    """A value a line. No table: an id that is cut short cannot be given to undo."""
    from bot.app.enriching_fit import shown

    return [
        f"{one.of} {one.at:%Y-%m-%d %H:%M} {one.by}: account {one.account_id}, {one.crm_field}: "
        f"{shown(one.old) or '(empty)'} → {shown(one.new)} ({one.state.value.replace('_', ' ')}"
        f"{': ' + one.reason if one.reason else ''})"
        for one in writes
    ]


def _batch_line(batch: Batch) -> str:
    counts = ", ".join(f"{name.replace('_', ' ')} {count:,}" for name, count in batch.counts.items() if count)
    return (
        f"{batch.id} {batch.at:%Y-%m-%d %H:%M} {batch.by}: batch of {batch.total:,} ({batch.what}), "
        f"{batch.state.value}: {counts or 'nothing yet'}"
    )


def _undo(parts: EnrichingParts, identifier: str, *, dry_run: bool, as_json: bool) -> None:
    from bot.app.enriching_values import OURS

    if dry_run:
        writes = [one for one in parts.history.of(identifier, OPERATOR) if one.state in OURS]
        print_said([one.as_json() for one in writes], _lines(writes), as_json=as_json)
        return
    print_lines([parts.history.undo(identifier, OPERATOR, PLACE)], as_json=as_json)


def _check(parts: EnrichingParts, *, as_json: bool) -> None:
    checks = parts.one.check()
    print_lines(checks, as_json=as_json)
    if any(one.problem for one in checks):
        raise typer.Exit(EXIT_FAILED)
