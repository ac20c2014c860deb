"""The names by which Slack and we recognise a command, a button or a message of ours."""

from __future__ import annotations

import re

COMMAND = "/bellwether"
OUTBOX_EVENT = "bellwether_outbox"  # metadata event_type of every message that the outbox posts

ASK = "ask"  # value: a whole question
CHART = "chart"  # value: a whole question
READING = "reading"  # value: JSON {"q": question, "word": not understood, "as": what stands in its place}
KEEP_WORD = "keep_word"  # value: the same, without a question
PAGE = "page"  # value: JSON {"q": question, "offset": n}
ACKNOWLEDGE = "alert_acknowledge"  # value: the alert's number
SNOOZE = "alert_snooze"  # selected value: "<alert number>:<days>"
OPEN_IN_CRM = "open_in_crm"  # a link; Slack tells us of the click all the same
ASSIGN = "alert_assign"  # value: the alert's number
EXPLAIN = "alert_explain"  # value: the alert's number
MORE = "alert_more"  # selected value: "<alert number>:<task, note or not at risk>"
WHOM = "crm_user"  # a choice of CRM users; a long one asks us for its options
RESCORE = "rescore"
SAVE = "save"  # value: a whole question
SAVE_FORM = "save_form"  # callback id of the modal
SHARE = "share"  # value: a whole question
SORT = "sort"  # selected value: "?" and a whole question, or "-field", "+field"
EXPORT = "export"  # value: a whole question, or JSON {"q": question}
EXPORT_OPEN = "export_open"  # value: the id of a draft
EXPORT_MODAL = "export_modal"  # private metadata: the id of a draft
EXPORT_FIELDS = "export_fields"
EXPORT_CANCEL = "export_cancel"  # value: an export's id
EXPORT_SEND = "export_send"  # value, or selected value: an export's id
EXPORT_DOWNLOAD = "export_download"  # a link; Slack tells us of the click all the same
EXPORT_SORT = "export_sort"  # selected value: by what
ASK_SHORTCUT = "ask_question"  # a global shortcut
ASK_FORM = "ask_form"  # callback id of the modal
LOG_SHORTCUT = "log_to_account"  # a message shortcut
LOG_CHOICE = "log_choice"  # callback id of the modal in which the account is chosen
LOG_FORM = "log_form"  # callback id of the same, when the account is chosen; private metadata: its id
ACCOUNT = "crm_account"  # a choice of accounts, which asks us for its options
ENRICH_ACCOUNT = "enrich_account"  # selected value: an account's id
ENRICH_REVIEW = "enrich_review"  # value: a proposal's id
ENRICH_FORM = "enrich_form"  # callback id; private metadata: proposal, its digest, and the message
ENRICH_LEAVE = "enrich_leave"  # nothing is to be done
ENRICH_BATCH = "enrich_batch"  # value: a whole question
ENRICH_CANCEL = "enrich_cancel"  # value: a batch's id
ENRICH_RESUME = "enrich_resume"  # value: a batch's id
ENRICH_UNDO = "enrich_undo"  # value, or selected value: the id of a proposal or a batch
ENRICH_UNDO_FORM = "enrich_undo_form"  # callback id; private metadata: the same
FIND_ACCOUNTS = "find_accounts"  # a workflow step
CONFIG_EDIT = "config_edit"  # opens the choice of what is edited
CONFIG_CHOICE = "config_choice"  # callback id; the choice asks us for its options
CONFIG_ENTRY = "config_entry"  # what is edited: JSON [kind, name, of]
CONFIG_FORM = "config_form"  # callback id; private metadata: what is edited and the version
CONFIG_CONFIRM = "config_confirm"  # callback id; private metadata: the whole edit
ZOHO_CONNECT = "zoho_connect"
ZOHO_DISCONNECT = "zoho_disconnect"
ZOHO_OPEN = "zoho_open"  # a link; Slack tells us of the click all the same
EXPORT_SCHEDULE = "export_schedule"  # selected value: stop or resume, a colon, a schedule's id


def numbered(action_id: str, number: int) -> str:
    """An action id for one of several like buttons: within a block, action ids must differ."""
    return f"{action_id}.{number}"


def any_number_of(action_id: str) -> re.Pattern[str]:
    """What recognises every ``numbered`` form of an action id, and the plain one."""
    return re.compile(rf"^{re.escape(action_id)}(\.\d+)?$")


def owned(block_id: str, slack_id: str) -> str:
    """A block id that remembers whose question the message answers."""
    return f"{block_id}@{slack_id}"


def owner(block_id: str) -> str:
    """Whose question a message answers; empty when its block id does not say."""
    return block_id.partition("@")[2]
