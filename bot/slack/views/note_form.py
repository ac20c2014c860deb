"""The forms of *Log to account*: which account, then the note as the CRM will have it."""

from __future__ import annotations

from typing import Final

from bot.app.acting import LONGEST_NOTE
from bot.app.answers import AccountLine
from bot.slack import ids
from bot.slack.views.blocks import Json, context, modal, named, run, sentence, text_input
from bot.slack.views.form_parts import saying, searched
from bot.slack.views.text import clip, mrkdwn, plain

ACCOUNT, NOTE = "account", "note"
TITLE: Final = "Log to account"


def note_choice(text: str) -> Json:
    """The first step: the account, and the text that the message gives."""
    account = searched("Account", ACCOUNT, ids.ACCOUNT, "A part of its name")
    return modal(TITLE, ids.LOG_CHOICE, "Preview", "", (account, _note(text)))


def note_form(account: AccountLine, text: str, by: str) -> Json:
    """The second: the account that was chosen, and the note as it will be written."""
    about = " · ".join(plain(one, 60) for one in (account.label, account.owner, account.city) if one)
    blocks = (
        sentence(run(plain(account.name, 150), "bold"), *((run(f"  {about}"),) if about else ())),
        _note(text),
        context(f"It is signed “{mrkdwn(by, 80)} via Bellwether” and stands below the account in the CRM."),
    )
    return modal(TITLE, ids.LOG_FORM, "Write note", account.id, blocks)


def note_kept(account: AccountLine, url: str | None) -> Json:
    """That it is on its way."""
    said = sentence(run("⏳ Your note to "), named(account.name, url), run(" is on its way to the CRM."))
    return saying(TITLE, said, context("I tell you in our direct messages when it stands there."))


def _note(text: str) -> Json:
    return text_input("Note", NOTE, clip(text, LONGEST_NOTE), LONGEST_NOTE, multiline=True)
