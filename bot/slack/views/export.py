"""What is shown of exports: the modal with the choice, the message that tells how far it is, the history."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from bot.app.exporting import chosen_said, target_of
from bot.app.exporting_rhythm import ExportSchedule, Rhythm
from bot.app.exporting_values import (
    MOST_COLUMNS,
    Export,
    ExportColumn,
    ExportSort,
    Format,
    Header,
    Mailing,
    Status,
    Wish,
    size_said,
)
from bot.app.wording import counted
from bot.slack import ids
from bot.slack.views import limits
from bot.slack.views.blocks import (
    Json,
    Message,
    actions,
    button,
    context,
    link_button,
    plain_section,
    run,
    select,
    sentence,
    table,
)
from bot.slack.views.export_schedules import schedule_blocks
from bot.slack.views.text import code, moment, mrkdwn, plain, utc, web_address

FORMATS: Final[Mapping[Format, str]] = {
    Format.CSV: "CSV in a ZIP",
    Format.XLSX: "Excel (XLSX)",
    Format.PARQUET: "Parquet",
}
HEADERS: Final[Mapping[Header, str]] = {Header.LABELS: "Labels", Header.NAMES: "API names"}
FORMAT, HEADER, COLUMNS, FIELDS = "format", "header", "columns", "fields"  # blocks and actions of the modal
ALL, CHOSEN, LAST = "all", "chosen", "last"
ROWS, ROLES, KEYWORDS, REPEAT = "rows", "roles", "keywords", "repeat"
ACCOUNTS, CONTACTS, ONCE = "accounts", "contacts", "once"
ROWS_SAID: Final[Mapping[str, str]] = {
    ACCOUNTS: "The accounts",
    CONTACTS: "Their contacts, as a mailing list",
}
NO_MARKS: Final = Mailing()
REPEATS: Final[Mapping[str, str]] = {
    ONCE: "Only now",
    **{one.value: f"Now, and {one.said}" for one in Rhythm},
}
HISTORY_LINES: Final = 20
SORTS: Final[Mapping[ExportSort, str]] = {
    ExportSort.WHEN: "Newest",
    ExportSort.ROWS: "Most rows",
    ExportSort.SIZE: "Largest",
    ExportSort.STATUS: "Status",
    ExportSort.WHO: "Who",
}
_SAID: Final[Mapping[Status, str]] = {
    Status.DRAFT: "not started",
    Status.WAITING: "waiting",
    Status.RUNNING: "running",
    Status.DONE: "done",
    Status.FAILED: "failed",
    Status.CANCELLED: "cancelled",
    Status.INVALID: "invalid",
    Status.EXPIRED: "file removed",
}


def export_modal(export: Export, what: str, fields: int, marks: Mailing = NO_MARKS) -> Json:
    """The choice of format and columns, with that of the last time in it.

    Args:
        export: the draft.
        what: how many accounts, and which; plain text that may hold anything.
        fields: how many there are in all.
        marks: the roles and keywords of contacts that can be chosen.
    """
    wish = export.wish
    return {
        "type": "modal",
        "callback_id": ids.EXPORT_MODAL,
        "private_metadata": export.public_id,
        "title": _text("Export"),
        "submit": _text("Export"),
        "close": _text("Cancel"),
        "blocks": [
            plain_section(plain(what, 500)),
            _input(FORMAT, "Format", "static_select", _options(FORMATS), wish.format),
            _input(HEADER, "Names of columns", "radio_buttons", _options(HEADERS), wish.header),
            _columns(wish, fields),
            _search(),
            _input(ROWS, "Rows", "radio_buttons", _options(ROWS_SAID), ACCOUNTS),
            *_marks(ROLES, "Roles of the contacts", marks.roles),
            *_marks(KEYWORDS, "Keywords of the contacts", marks.keywords),
            _input(REPEAT, "Repeat", "static_select", _options(REPEATS), ONCE),
            context(
                "The file comes to you alone, in our direct message. It can be had for 14 days, and every "
                "export stands in the audit log."
            ),
        ],
    }


def _columns(wish: Wish, fields: int) -> Json:
    choices = {ALL: f"All {fields:,} fields", CHOSEN: "The fields below"}
    if wish.columns is not None:
        choices[LAST] = f"The {counted(len(wish.columns), 'field')} of last time"
    first = ALL if wish.columns is None else LAST
    return _input(COLUMNS, "Fields", "radio_buttons", _options(choices), first)


def _search() -> Json:
    element = {
        "type": "multi_external_select",
        "action_id": ids.EXPORT_FIELDS,
        "placeholder": _text("Search for fields"),
        "min_query_length": 0,
        "max_selected_items": MOST_COLUMNS,
    }
    label = _text(f"Up to {MOST_COLUMNS} fields")
    return {"type": "input", "block_id": FIELDS, "optional": True, "label": label, "element": element}


def _marks(block: str, label: str, names: Sequence[str]) -> list[Json]:
    """A choice of some; none is any."""
    if not names:
        return []
    options = [{"text": _text(plain(one, limits.OPTION_TEXT)), "value": one} for one in names]
    element = {
        "type": "multi_static_select",
        "action_id": block,
        "placeholder": _text("Any"),
        "options": options[: limits.OPTIONS],
    }
    return [{"type": "input", "block_id": block, "optional": True, "label": _text(label), "element": element}]


def _input(block: str, label: str, kind: str, options: list[Json], initial: str) -> Json:
    first = next((one for one in options if one["value"] == initial), options[0])
    element = {"type": kind, "action_id": block, "options": options, "initial_option": first}
    return {"type": "input", "block_id": block, "label": _text(label), "element": element}


def _options(choices: Mapping[Any, str]) -> list[Json]:
    return [{"text": _text(said), "value": str(value)} for value, said in choices.items()]


def _text(text: str) -> Json:
    return {"type": "plain_text", "text": text, "emoji": False}


def field_options(columns: Iterable[ExportColumn]) -> list[Json]:
    """Fields as options of the search; labels that are the same are told apart by their names."""
    offered = [one for one in columns if len(one.name) <= limits.OPTION_VALUE]
    labels = [one.label for one in offered]
    return [
        {
            "text": _text(
                plain(
                    one.label if labels.count(one.label) == 1 else f"{one.label} ({one.api_name})",
                    limits.OPTION_TEXT,
                )
            ),
            "value": one.name,
        }
        for one in offered
    ][: limits.OPTIONS]


@dataclass(frozen=True, slots=True)
class Chosen:
    """What was chosen in the modal.

    Attributes:
        problems: by block, what is wrong with it.
        rhythm: when it is to be made again; None is never.
    """

    wish: Wish
    problems: Mapping[str, str]
    rhythm: Rhythm | None = None


def chosen(values: Mapping[str, Any], last: Wish) -> Chosen:
    """Read the modal. What does not stand in it as we wrote it is the usual choice, never an error."""
    form = _value(values, FORMAT, FORMAT, {one.value for one in Format}, Format.CSV)
    header = _value(values, HEADER, HEADER, {one.value for one in Header}, Header.LABELS)
    which = _value(values, COLUMNS, COLUMNS, {ALL, CHOSEN, LAST}, ALL)
    repeat = _value(values, REPEAT, REPEAT, set(Rhythm), ONCE)
    fields = _several(values, FIELDS, ids.EXPORT_FIELDS)
    mailing = Mailing(_several(values, ROLES, ROLES), _several(values, KEYWORDS, KEYWORDS))
    contacts = _value(values, ROWS, ROWS, {ACCOUNTS, CONTACTS}, ACCOUNTS) == CONTACTS
    columns = {ALL: None, CHOSEN: fields, LAST: last.columns}[which]
    wish = Wish(Format(form), Header(header), columns, mailing if contacts else None)
    problems = _problems_of_contacts(fields) if contacts else _problems_of_accounts(which, fields, mailing)
    return Chosen(wish, problems, None if repeat == ONCE else Rhythm(repeat))


def _problems_of_contacts(fields: Sequence[str]) -> dict[str, str]:
    return {FIELDS: "A mailing list has columns of its own: choose none here."} if fields else {}


def _problems_of_accounts(which: str, fields: Sequence[str], mailing: Mailing) -> dict[str, str]:
    problems = {}
    if which == CHOSEN and not fields:
        problems[FIELDS] = "Choose at least one field, or take all."
    elif which != CHOSEN and fields:
        problems[FIELDS] = "Fields are chosen here, but “The fields below” is not."
    for block, names in ((ROLES, mailing.roles), (KEYWORDS, mailing.keywords)):
        if names:
            problems[block] = f"These are of contacts, but “{ROWS_SAID[CONTACTS]}” is not chosen."
    return problems


def _several(values: Mapping[str, Any], block: str, action: str) -> tuple[str, ...]:
    selected = _element(values, block, action).get("selected_options") or ()
    return tuple(dict.fromkeys(str(one.get("value")) for one in selected))


def _value(values: Mapping[str, Any], block: str, action: str, known: set[str], usual: str) -> str:
    value = (_element(values, block, action).get("selected_option") or {}).get("value")
    return str(value) if value in known else usual


def _element(values: Mapping[str, Any], block: str, action: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = (values.get(block) or {}).get(action) or {}
    return found


def offer_message(export: Export, what: str) -> Message:
    """Where no modal can be opened: a button that opens it."""
    said = f"Export {plain(what, 300)}: which format, and which fields?"
    choose = button("Choose", ids.EXPORT_OPEN, export.public_id, primary=True)
    return Message(mrkdwn(said, 400), (sentence(run(said)), actions("export", choose)))


def export_message(export: Export, link: str | None = None) -> Message:
    """How far an export is. The link is the person's own and works once."""
    said, details = _state(export)
    told = f"{said} · {plain(_name(export), 200)}"
    blocks = [sentence(run(told))]
    if details:
        blocks.append(context(*details))
    buttons = _buttons(export, link)
    if buttons:
        blocks.append(actions(f"export.{export.public_id}", *buttons))
    return Message(mrkdwn(told, 400), tuple(blocks))


def _name(export: Export) -> str:
    return export.question or target_of(export)


def _state(export: Export) -> tuple[str, tuple[str, ...]]:
    """What is said, and small lines of mrkdwn below it: apart, because together they may be too long."""
    form = FORMATS[export.wish.format]
    reason = mrkdwn(export.reason, 500) if export.reason else ""
    if export.status is Status.RUNNING and export.total:
        share = f"{min(export.rows / export.total, 1):.0%}"
        return f"⏳ Exporting: {export.rows:,} of {counted(export.total, 'row')}, {share}", (form,)
    if export.status is Status.DONE:
        until = f"to be had until {moment(export.expires_at)}" if export.expires_at else ""
        size = f"{form}, {size_said(export.bytes)}"
        remark = mrkdwn(export.remark, 500) if export.remark else ""
        parts = (size, until, _read(export), _contacts(export), remark)
        first = " · ".join(one for one in parts if one)
        return f"✅ Exported {counted(export.rows, 'row')}", (first, *filter(None, (reason,)))
    said = {
        Status.WAITING: "⏳ The export waits for its turn",
        Status.RUNNING: "⏳ The export begins",
        Status.CANCELLED: "The export was cancelled; there is no file",
        Status.FAILED: "⚠ The export failed; there is no file",
        Status.INVALID: "The export is not to be had any more",
        Status.EXPIRED: "The export's file was removed",
        Status.DRAFT: "The export is not started",
    }
    return said[export.status], (reason or form,)


def _read(export: Export) -> str:
    return f"read as {code(export.criteria)}" if export.criteria else ""


def _contacts(export: Export) -> str:
    return mrkdwn(chosen_said(export.wish), 300) if export.wish.mailing is not None else ""


def _buttons(export: Export, link: str | None) -> list[Json]:
    if export.status in (Status.WAITING, Status.RUNNING):
        return [button("Cancel", ids.EXPORT_CANCEL, export.public_id)]
    if export.status is not Status.DONE:
        return []
    address = web_address(link)
    download = [link_button("Download (once)", ids.EXPORT_DOWNLOAD, address)] if address else []
    return [*download, button("Send again", ids.EXPORT_SEND, export.public_id)]


def history_message(
    exports: Sequence[Export],
    available: Sequence[str],
    sort: ExportSort,
    now: datetime,
    schedules: Sequence[ExportSchedule] = (),
) -> Message:
    """The history as a list, with menus to sort it and to have a file sent again.

    Args:
        exports: in order.
        available: ids of those whose file this person can have.
        sort: what they are sorted by.
        now: the present.
        schedules: what is made again and again.
    """
    scheduled = schedule_blocks(schedules)
    if not exports:
        said = "There are no exports of the last 90 days."
        return Message(said, (sentence(run(said)), *scheduled))
    shown = exports[:HISTORY_LINES]
    heads = ["When", "What", "Format", "Rows", "Size", "Status", "Who"]
    drawn = table(heads, [_line(one) for one in shown], [False, False, False, True, True, False, False])
    said = f"{counted(len(exports), 'export')} of the last 90 days"
    left_out = f"{len(shown)} of {len(exports)} · " if len(exports) > len(shown) else ""
    menus = [select("Sort by", ids.EXPORT_SORT, [(text, key.value) for key, text in SORTS.items()])]
    ready = [one for one in shown if one.public_id in available]
    if ready:
        options = [(plain(f"{utc(one.created_at)} {_name(one)}", 75), one.public_id) for one in ready]
        menus.append(select("Send again", ids.EXPORT_SEND, options))
    note = context(f"{left_out}sorted by {SORTS[sort].lower()} · files are kept for 14 days · {utc(now)}")
    blocks = (sentence(run(said, "bold")), drawn, actions("exports", *menus), note, *scheduled)
    return Message(said, blocks)


def _line(export: Export) -> list[str]:
    return [
        utc(export.created_at),
        plain(_name(export), 80),
        export.wish.format.value,
        f"{export.rows:,}",
        size_said(export.bytes),
        _SAID[export.status],
        plain(export.requester, 60),
    ]
