"""What a site or the CRM says can neither ping, link nor break a form or a message of enrichment."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.app.enriching_desk import Enrich, HistoryLine, enrich_wanted
from bot.app.enriching_values import (
    Applied,
    Batch,
    BatchState,
    FieldWrite,
    Proposed,
    ProposedField,
    Rehearsed,
    WriteState,
)
from bot.app.ports import NamedAccount, Posted
from bot.slack.views.blocks import Message
from bot.slack.views.enriching import (
    applied_message,
    batch_message,
    choice_message,
    chosen_fields,
    confirm_message,
    history_message,
    proposed_message,
    proposed_modal,
    undo_modal,
)
from bot.slack.views.limits import Surface, check
from connector.enrichment.values import EnrichedField, Outcome, Technology

NOW = datetime(2026, 3, 31, tzinfo=UTC)
HOSTILE = ("", "<!channel> & <@U1>", "*b* `c` ~d~", "<https://evil.example|x>", "\u202ea\nb\x00", "x" * 9_000)
LINKS = ("", "javascript:alert(1)", "http://a.example/", "https://a.example/|<!here>", "https://a.example/ok")


def problems(drawn: Message | dict[str, Any]) -> list[str]:
    if isinstance(drawn, Message):
        return check(drawn.payload(), Surface.MESSAGE)
    return check({key: value for key, value in drawn.items() if key != "type"}, Surface.MODAL)


@pytest.mark.parametrize(("text", "url"), list(zip(HOSTILE, (*LINKS, LINKS[1]), strict=True)))
@pytest.mark.parametrize("other", HOSTILE[:2])
def test_hostile_values_stay_values(text: str, other: str, url: str) -> None:
    rows = tuple(
        ProposedField(
            one, "F", text or "L", None, other, "v", text or "v", url, other, text or "m", 0.9, True,
            "no matching option" if at % 3 == 0 else None,
        )
        for at, one in enumerate(EnrichedField)
    )  # fmt: skip
    used = (Technology(text, other, text),)
    found = Proposed("f" * 32, "1", text, "U1", NOW, NOW, "crawler", Outcome.FOUND, text, rows, used)
    write = FieldWrite(
        "f" * 32, "1", "phone", other or "Phone", other, text, "U1", NOW, WriteState.REFUSED, text
    )
    writes = tuple(replace(write, state=state) for state in WriteState) * 3
    counts = {"found": 1, "cancelled": 2, text: 3}
    batch = Batch("b" * 16, text, other, "slack", "crawler", "2026-03-31", 6, BatchState.DONE, NOW,
                  reason=other, counts=counts, fields={text or "F": 1})  # fmt: skip
    lines = [HistoryLine("f" * 32, text, other, writes, can_undo=True) for _ in range(60)]
    lines.append(HistoryLine(batch.id, text, other, (), batch, can_undo=True))
    form = proposed_modal(found, Posted("D1", "1.0"))
    drawn: tuple[Message | dict[str, Any], ...] = (
        proposed_message(found),
        proposed_message(replace(found, rows=())),
        form,
        applied_message(Applied("f" * 32, text, writes)),
        confirm_message(text[:1_000] or "x", other, Rehearsed(9, 1, 1, 7, 50), 500, 5_000),
        *(batch_message(replace(batch, state=state)) for state in BatchState),
        history_message(lines, {other: text}, NOW),
        undo_modal("f" * 32, text, 3),
        choice_message(text, [NamedAccount("1", text)]),
    )
    assert [problems(one) for one in drawn] == [[]] * len(drawn)
    assert "javascript" not in str(str(form).split("'url': ")[1:])


def test_what_a_site_is_made_with_is_said_once() -> None:
    used = (Technology("Shopify", "shop", "a header"), Technology("HubSpot", "marketing", "a script"))
    found = Proposed("f" * 32, "1", "Acme", "U1", NOW, NOW, "crawler", Outcome.FOUND, "Read.", (), used)
    assert "It uses Shopify (shop), HubSpot (marketing)" in str(proposed_message(found).payload())
    row = ProposedField("technologies", "T", "Technologies", None, "", "Shopify, HubSpot", "Shopify, HubSpot",
                        "https://acme.example/", "q", "fingerprints", 0.9, True, None)  # fmt: skip
    told = str(proposed_message(replace(found, rows=(row,))).payload())
    assert "It uses" not in told
    assert "Shopify, HubSpot" in told


def test_only_what_is_ticked_is_chosen() -> None:
    ticked = {"chosen": {"type": "checkboxes", "selected_options": [{"value": "phone"}]}}
    left = {"chosen": {"type": "checkboxes", "selected_options": []}}
    assert chosen_fields({"field.phone": ticked, "field.city": left, "other": ticked}) == ["phone"]


def test_what_is_wanted() -> None:
    said = {
        "enrich Konex": Enrich("Konex"),
        "Enrich “The New York Inquirer”": Enrich("The New York Inquirer"),
        "enrich history": Enrich("", history=True),
        "enrich history of Konex": Enrich("Konex", history=True),
        "enrich": Enrich(""),
        "enriched accounts": None,
        "how rich are we?": None,
    }
    assert {text: enrich_wanted(text) for text in said} == said
