"""What people did about an alert, in one line each: on the alert, and in its thread."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.app import acting
from bot.app.answers import Explanation
from bot.app.notices import AlertNotice, Deed, deed_from
from bot.app.wording import day
from bot.slack.views.blocks import Json, Message, bullets, line, rich_text, run, section, sentence
from bot.slack.views.text import clock_time, mrkdwn, plain

# So that the longest explanations stay below what a message may hold.
MOST_EXPLANATIONS, MOST_SENTENCES, LONGEST_SENTENCE = 8, 6, 200


def deed_line(deed: Deed) -> str:
    """One deed in mrkdwn, with who and when."""
    who = f" · {mrkdwn(deed.by, 100)}" if deed.by else ""
    return f"{_said(deed)}{who} · {clock_time(deed.at)}"


def history_message(payload: Mapping[str, Any]) -> Message:
    """The line in the alert's thread."""
    said = deed_line(deed_from(payload["deed"]))
    return Message(said, (section(said),))


def explanation_message(notice: AlertNotice, explained: tuple[Explanation, ...]) -> Message:
    """Why the account has its labels now."""
    name = plain(notice.account_name, 100)
    if not explained:
        said = f"{name} takes part in no segmentation at the moment."
        return Message(mrkdwn(said, 300), (sentence(run(said)),))
    blocks = [sentence(run("Why "), run(name, "bold"), run(" stands where it does"))]
    blocks += [_explained(one) for one in explained[:MOST_EXPLANATIONS]]
    return Message(f"Why {mrkdwn(notice.account_name, 100)} stands where it does", tuple(blocks))


def _explained(one: Explanation) -> Json:
    measured = f" · {plain(one.measured, 100)}" if one.measured else ""
    label = plain(one.label, 60) if one.label else "no label"
    head = line(run(plain(one.segmentation, 100), "bold"), run(f": {label}{measured}"))
    why = [line(run(plain(said, LONGEST_SENTENCE))) for said in one.why[:MOST_SENTENCES]]
    return rich_text(head, *((bullets(why),) if why else ()))


def _said(deed: Deed) -> str:
    if deed.state == "refused":
        return f"⚠ {_what(deed)} was refused by the CRM: {mrkdwn(deed.why, 150)}"
    if deed.state == "waiting":
        return f"⏳ {_what(deed)} is on its way to the CRM"
    if deed.kind in acting.IN_CRM:
        return f"📝 {_what(deed)} is in the CRM"
    return {
        acting.ACKNOWLEDGE: "✅ Acknowledged",
        acting.SNOOZE: f"💤 Snoozed until {day(deed.due)}",
        acting.ASSIGN: f"👤 Given to {mrkdwn(deed.to, 100)}",
        acting.NOT_AT_RISK: f"✋ Not at risk: {mrkdwn(deed.said, 300)}",
        acting.WOKE: f"⏰ The rest is over. {mrkdwn(deed.said, 300)}",
        acting.WORSE: f"🔁 It got worse: see the newer alert. {mrkdwn(deed.said, 300)}",
    }.get(deed.kind, mrkdwn(deed.kind, 40))


def _what(deed: Deed) -> str:
    match deed.kind:
        case acting.TASK:
            due = f", due {day(deed.due)}" if deed.due else ""
            return f"The task “{mrkdwn(deed.said, 120)}” for {mrkdwn(deed.to, 100)}{due}"
        case acting.NOTE:
            return f"The note “{mrkdwn(deed.said, 120)}”"
        case _:
            return f"The account, given to {mrkdwn(deed.to, 100)}"
