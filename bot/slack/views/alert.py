"""Alerts: readable in five seconds, with what to do next; drawn again in place when somebody acts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC
from typing import Any, Final

from bot.app.acting import CAN_BE_ACKNOWLEDGED, CAN_BE_GIVEN, NOT_AT_RISK, NOTE, OPEN, TASK
from bot.app.notices import AlertNotice
from bot.app.wording import day, money
from bot.slack import ids
from bot.slack.views import limits
from bot.slack.views.alert_deeds import deed_line
from bot.slack.views.blocks import (
    Json,
    Message,
    actions,
    bullets,
    button,
    context,
    fields,
    group,
    line,
    link_button,
    overflow,
    plain_section,
    rich_text,
    run,
    select,
    sentence,
    table,
)
from bot.slack.views.marks import direction_mark
from bot.slack.views.rows import fitting
from bot.slack.views.text import clip, clock_time, moment, mrkdwn, plain, split, web_address

SNOOZE_DAYS: Final = (1, 7, 30)
REASONS: Final = 3
SUMMARY_COLUMNS: Final = ("Account", "Change", "Spend")
MOST_TEXT_SECTIONS: Final = 4
MOST_DEEDS: Final = 5


def alert_message(notice: AlertNotice) -> Message:
    """One label change: old and new, why, money, owner, next step, and what can be done about it."""
    return Message(
        _in_one_line(notice),
        (*_mention(notice), *alert_blocks(notice), *_note(notice), context(_footer(notice))),
    )


def alert_blocks(notice: AlertNotice) -> tuple[Json, ...]:
    """The alert without its footer: the same in a channel and on App Home."""
    return (_headline(notice), fields(_facts(notice)), *_next_step(notice), *_state(notice))


def _in_one_line(notice: AlertNotice) -> str:
    """What the notification on a phone says."""
    change = f"{direction_mark(notice.direction)} {mrkdwn(notice.account_name, 100)} {_moved(notice, mrkdwn)}"
    what = "at stake" if _is_worse(notice) else "spent"
    stake = f"{money(notice.money_minor, notice.currency)} {what}, owner {mrkdwn(notice.owner_name, 100)}"
    return f"{change}. {stake}.{_done(notice)}"


def _mention(notice: AlertNotice) -> tuple[Json, ...]:
    """The user group that is to look; as a mere text when Slack does not know it."""
    if not notice.mention:
        return ()
    return (sentence(group(notice.mention, notice.mention_id)),)


def _note(notice: AlertNotice) -> tuple[Json, ...]:
    return (context(mrkdwn(notice.note, 500)),) if notice.note else ()


def _is_worse(notice: AlertNotice) -> bool:
    return notice.direction == "worse"


def _done(notice: AlertNotice) -> str:
    if notice.state == "open":
        return ""
    return f" {mrkdwn(notice.state, 40).capitalize()} by {mrkdwn(notice.acted_by, 100)}."


def _moved(notice: AlertNotice, write: Any = plain) -> str:
    old = write(notice.old_label, 60) if notice.old_label else "no label"
    return f"{old} → {write(notice.new_label, 60) if notice.new_label else 'no label'}"


def _headline(notice: AlertNotice) -> Json:
    first = line(
        run(f"{direction_mark(notice.direction)} "),
        run(plain(notice.account_name, 100), "bold"),
        run(f" {_moved(notice)}"),
    )
    reasons = [line(run(plain(reason, 300))) for reason in notice.reasons[:REASONS]]
    return rich_text(first, *((bullets(reasons),) if reasons else ()))


def _facts(notice: AlertNotice) -> list[tuple[str, str]]:
    return [
        ("At stake" if _is_worse(notice) else "Spend", money(notice.money_minor, notice.currency)),
        ("Owner", mrkdwn(notice.owner_name)),
        ("Last purchase", day(notice.last_purchase)),
        *([("Last contact", day(notice.last_contact))] if notice.last_contact else []),
    ]


def _next_step(notice: AlertNotice) -> tuple[Json, ...]:
    if not notice.next_step.strip():
        return ()
    return (sentence(run("Next step: ", "bold"), run(plain(notice.next_step, 500))),)


def _state(notice: AlertNotice) -> tuple[Json, ...]:
    """What was done, by whom, and what can be done now."""
    done = [*_earlier(notice), *_what_was_done(notice), *map(deed_line, notice.deeds[-MOST_DEEDS:])]
    shown = (context("\n".join(_newest(done))),) if done else ()
    return (*shown, actions(f"alert.{notice.alert_id}", *_buttons(notice)))


def _newest(lines: Sequence[str]) -> list[str]:
    """The last lines that fit into one block: escaping makes a sign five, so that names may be long."""
    kept: list[str] = []
    for one in reversed(lines):
        if sum(map(len, kept)) + len(kept) + len(one) > limits.SECTION_TEXT:
            break
        kept.insert(0, one)
    return kept


def _buttons(notice: AlertNotice) -> list[Json]:
    """First what takes note of it, then what explains it, and behind three dots what is written down."""
    number = str(notice.alert_id)
    row: list[Json] = []
    if notice.state in CAN_BE_ACKNOWLEDGED:
        row.append(button("Acknowledge", ids.ACKNOWLEDGE, number, primary=True))
    if notice.state in CAN_BE_GIVEN:
        row.append(button("Assign", ids.ASSIGN, number))
    if notice.state == OPEN:
        days = [(f"{one} day{'s' if one > 1 else ''}", f"{number}:{one}") for one in SNOOZE_DAYS]
        row.append(select("Snooze…", ids.SNOOZE, days))
    row.append(button("Explain", ids.EXPLAIN, number))
    if address := web_address(notice.crm_url):
        row.append(link_button("Open in CRM", ids.OPEN_IN_CRM, address))
    return [*row, overflow(ids.MORE, _more(notice))]


def _more(notice: AlertNotice) -> list[tuple[str, str]]:
    number = notice.alert_id
    more = [("Create task in CRM", f"{number}:{TASK}"), ("Add a note in CRM", f"{number}:{NOTE}")]
    return [*more, ("Not at risk…", f"{number}:{NOT_AT_RISK}")] if notice.state in CAN_BE_GIVEN else more


def _earlier(notice: AlertNotice) -> list[str]:
    """Why an earlier alert of this account was said to be none."""
    one = notice.earlier
    if one is None:
        return []
    who = f"{mrkdwn(one.by, 100)} said on {day(one.at.astimezone(UTC).date())}"
    return [f"📌 {who} that it was not at risk: {mrkdwn(one.said, 300)}"]


def _what_was_done(notice: AlertNotice) -> list[str]:
    """By the alert's state; the reason of one that is none stands among the deeds."""
    if notice.state in (OPEN, NOT_AT_RISK):
        return []
    if notice.state == "reopened":
        return ["🔁 It got worse while it was at rest: see the newer alert"]
    who = f"by {mrkdwn(notice.acted_by, 100)}"
    when = f" · {clock_time(notice.acted_at)}" if notice.acted_at else ""
    if notice.state == "snoozed":
        until = f" until {day(notice.snoozed_until.astimezone(UTC).date())}" if notice.snoozed_until else ""
        return [f"💤 Snoozed{until} {who}{when}"]
    return [f"✅ {mrkdwn(notice.state, 40).capitalize()} {who}{when}"]


def _footer(notice: AlertNotice) -> str:
    return f"{mrkdwn(notice.segmentation)} · changed {moment(notice.changed_at)}"


def summary_message(payload: Mapping[str, Any]) -> Message:
    """Many changes in one message: title, lines of (name, old, new, money_minor), total and currency."""
    title, currency = str(payload.get("title") or "Label changes"), str(payload.get("currency") or "USD")
    lines: Sequence[Mapping[str, Any]] = payload.get("lines") or ()
    total = int(payload.get("total") or len(lines))
    rows = fitting([_summary_row(one, currency) for one in lines])
    blocks: list[Json] = [sentence(run(plain(title, 300), "bold"))]
    if rows:
        blocks.append(table(SUMMARY_COLUMNS, rows, (False, False, True)))
    if total > len(rows):
        blocks.append(
            context(f"… and {total - len(rows):,} more; ask me for them by label." if rows else f"{total:,}")
        )
    if payload.get("mention"):
        blocks.insert(0, sentence(group(str(payload["mention"]), payload.get("mention_id"))))
    if payload.get("note"):
        blocks.append(context(mrkdwn(str(payload["note"]), 500)))
    return Message(mrkdwn(title, 300), tuple(blocks))


def _summary_row(one: Mapping[str, Any], currency: str) -> list[str]:
    change = " → ".join(plain(one.get(end), 60) if one.get(end) else "no label" for end in ("old", "new"))
    return [plain(one.get("name"), 80), change, money(one.get("money_minor"), currency)]


def text_message(text: str) -> Message:
    """A plain notice: nothing in it is interpreted, its lines are kept."""
    lines = "\n".join(plain(one, limits.SECTION_TEXT) if one.strip() else "" for one in text.splitlines())
    pieces = split(lines, limits.SECTION_TEXT)[:MOST_TEXT_SECTIONS] or [plain(None)]
    said = clip("\n".join(mrkdwn(one, 500) for one in lines.splitlines() if one), limits.TEXT - 1)
    return Message(said or pieces[0], tuple(plain_section(piece) for piece in pieces))
