"""Every table, and what is done in it when an account or contact is forgotten.

A new table is entered here: a test looks that none is missing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import bot.store.every_table  # noqa: F401


class How(StrEnum):
    """What is done with the rows of somebody."""

    DELETE = "delete"
    # The record is another one, which Zoho still has: the row stays, without what it says of the account.
    # When the account was erased by command, its records go with it.
    UNLINK = "unlink"
    OWN = "own"  # ``bot.store.erasing`` has a step for it


@dataclass(frozen=True, slots=True)
class Named:
    """Free text that may name somebody who is not its row's subject.

    Attributes:
        columns: the texts.
        delete: whether the row goes; otherwise the name is replaced in it.
        json: the columns hold JSON.
        keys: the primary key.
        of_contacts: for contacts, only rows of their account are looked at: ``account_id`` says whose.
        only: a condition on the rows, as SQL of our own.
    """

    columns: tuple[str, ...]
    delete: bool = False
    json: bool = False
    keys: tuple[str, ...] = ("id",)
    of_contacts: bool = False
    only: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """A table.

    Attributes:
        account: by ``account_id``, or by the key of ``crm_account`` itself.
        contact: by ``contact_id``, or by the key of ``crm_contact`` itself.
        named: what is done about free text.
        why: what stays in it, and why it may.
    """

    account: How | None = None
    contact: How | None = None
    named: Named | None = None
    why: str = ""


_STATE: Final = "the product's own state: names nobody"
_ZOHO: Final = "how far Zoho was read, and with what; names no record but by id"
_THINGS: Final = "what is sold, who works here and how the CRM is made; no customer"
_FINANCE: Final = "Zoho Finance's own records stay until they are deleted there; they lose the link"
_SUMS: Final = "sums over many"
_FACTS: Final = Named(("facts",), json=True, of_contacts=True)
_DETAILS: Final = Named(("details",), json=True, keys=("segmentation", "account_id"), of_contacts=True)

PLACES: Final[Mapping[str, Place]] = {
    # the copy of Zoho
    "crm_account": Place(How.OWN, why="another account's own fields are what Zoho says of it"),
    "crm_contact": Place(How.UNLINK, How.OWN, why="a contact's own fields are what Zoho says of them"),
    "crm_transaction": Place(How.UNLINK, How.UNLINK, why="a deal's own name is what Zoho calls it"),
    "crm_record": Place(How.UNLINK, How.UNLINK, why="a note's or task's own text is what Zoho has"),
    "engagement_event": Place(How.UNLINK, How.DELETE, why="of an account: until its contacts are deleted"),
    "message_reading": Place(How.OWN, How.OWN, why="labels of sentences; goes with its event"),
    "fin_contact": Place(How.UNLINK, How.UNLINK, why=_FINANCE),
    "fin_document": Place(How.UNLINK, why=_FINANCE),
    "fin_line": Place(How.OWN, why="goes with its document"),
    "fin_item": Place(why=_THINGS),
    "fin_organisation": Place(why=_THINGS),
    "crm_product": Place(why=_THINGS),
    "crm_user": Place(why=_THINGS),
    "crm_field": Place(why=_THINGS),
    "crm_module": Place(why=_THINGS),
    "crm_organisation": Place(why=_THINGS),
    "change_hint": Place(why=_ZOHO),
    "sync_cursor": Place(why=_ZOHO),
    "sync_run": Place(why="counts by module, and what went wrong; ids at most; kept for `retention.runs`"),
    "source_cursor": Place(why=_ZOHO),
    "api_pace": Place(why=_ZOHO),
    "api_spend": Place(why=_ZOHO),
    "zoho_channel": Place(why=_ZOHO),
    "zoho_job": Place(why="columns and numbers of rows of a bulk job, no values"),
    "zoho_token": Place(why=_STATE),
    "account_territory": Place(How.DELETE, why="follows the account, by a trigger"),
    "touched_account": Place(How.DELETE),
    "deal_day": Place(why=_SUMS),
    "deal_day_mark": Place(why=_SUMS),
    "account_deals": Place(How.DELETE),
    "deal_block": Place(How.OWN, why="numbers of deals under an account's id: written anew without it"),
    "deal_blocks": Place(why=_STATE),
    "deal_block_mark": Place(
        why="ids of accounts that changed of late; goes when their block is written anew"
    ),
    "memory_mark": Place(why="ids of accounts that changed of late; goes with the next thousands of changes"),
    # scores and their history
    "score": Place(How.DELETE, named=_DETAILS),
    "score_history": Place(How.DELETE),
    "label_change": Place(How.DELETE, named=_FACTS),
    "offer": Place(How.DELETE, why="details speak of products"),
    "dismissal": Place(How.DELETE),
    "standing_snapshot": Place(How.OWN, why="a copy of scores: taken away, and made anew by the next run"),
    "learned": Place(why="weights and scales learned from all; no record"),
    "backtest": Place(why=_SUMS),
    "run": Place(named=Named(("warnings",), json=True)),
    # alerts and what people did
    "alert": Place(How.DELETE),
    "alert_action": Place(How.DELETE, named=Named(("details",), json=True, of_contacts=True)),
    "held_back": Place(How.OWN, why="goes with its change"),
    "outbox": Place(
        How.OWN, named=Named(("payload",), json=True), why="that a message was sent, without what it said"
    ),
    # what people asked, marked and exported
    "conversation": Place(named=Named(("state",), delete=True, json=True, keys=("key",))),
    "miss": Place(named=Named(("text", "words", "reason"), delete=True)),
    "correction": Place(named=Named(("sentence",), delete=True)),
    "mark": Place(How.OWN, How.OWN, why="a mark is a word for many"),
    "export": Place(
        How.OWN, named=Named(("question", "criteria", "reason")), why="a line says who had a file, and when"
    ),
    "export_schedule": Place(
        named=Named(("question", "criteria", "reason")), why="one that asks for somebody who is gone ends"
    ),
    # what enrichment found and wrote
    "enrichment_proposal": Place(
        How.DELETE, named=Named(("content",), delete=True, json=True), why="nobody may apply it changed"
    ),
    "enrichment_write": Place(
        How.DELETE, named=Named(("old", "new"), json=True, keys=("of", "account_id", "crm_field"))
    ),
    "enrichment_account": Place(How.OWN, named=Named(("found",), json=True, keys=("batch_id", "account_id"))),
    "enrichment_batch": Place(named=Named(("what", "reason"))),
    "enrichment_day": Place(why=_SUMS),
    "config_version": Place(why="what people decided; that a segment names it is said when it is erased"),
    # the product itself
    "audit": Place(
        named=Named(("actor", "target", "outcome", "details")), why="who did what, on the id alone"
    ),
    "incident": Place(named=Named(("message", "what_to_do"), keys=("name",))),
    "job": Place(
        named=Named(("args", "progress", "result", "last_error"), delete=True, only="state <> 'pending'")
    ),
    "erasure": Place(How.OWN, How.OWN, why="the id alone of those who are kept out"),
    "person": Place(why="people of this organisation who use Slack"),
    "heartbeat": Place(why=_STATE),
    "seen_event": Place(why=_STATE),
    "used_once": Place(why=_STATE),
    "slack_installation": Place(why=_STATE),
    "zoho_consent": Place(why="people of this organisation who let us write as them"),
    "zoho_consent_request": Place(why=_STATE),
}
