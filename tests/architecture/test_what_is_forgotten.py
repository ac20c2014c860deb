"""Every table of the product is either handled when somebody is erased, or says why it need not be."""

from __future__ import annotations

from sqlalchemy import String, Text
from sqlmodel import SQLModel

import bot.store.erasing  # noqa: F401  (for every table)
from bot.store.erasing_places import PLACES, How
from bot.store.erasure_tables import statements
from bot.store.retention import _RULES
from bot.store.schema import MIGRATIONS
from scoring.config import Retention

_IDS = {"account": ("account_id", "crm_account_id"), "contact": ("contact_id", "crm_contact_id")}


def test_every_table_is_handled_or_says_why_not() -> None:
    tables = SQLModel.metadata.tables
    migrated = "".join(one.read_text() for one in (MIGRATIONS / "versions").glob("*.py"))
    missing = {name for name in tables if f'"{name}"' in migrated} - PLACES.keys()
    assert missing == set(), "enter these into bot.store.erasing_places"
    for name, place in PLACES.items():
        columns = tables[name].c
        for kind, ids in _IDS.items():
            handled = getattr(place, kind)
            if name != "fin_document" or kind != "contact":  # Finance's own contact
                assert handled or not set(ids) & set(columns.keys()), (name, kind)
            if handled in (How.DELETE, How.UNLINK):
                assert f"{kind}_id" in columns or f"crm_{kind}_id" in columns, (name, kind)
        assert "record_id" not in columns or place.account or place.why, name
        texts = {one.name for one in columns if isinstance(one.type, Text) or _is_long(one.type)}
        assert not texts or place.named or place.why or place.account is How.DELETE, name
        if place.named:
            assert {*place.named.columns, *place.named.keys} <= set(columns.keys()), name


def _is_long(kind: object) -> bool:
    return isinstance(kind, String) and (kind.length is None or kind.length > 100)


def test_the_triggers_note_both_kinds_on_both_databases() -> None:
    for dialect in ("sqlite", "postgresql"):
        made = " ".join(statements(dialect))
        assert "account_gone" in made
        assert "contact_gone" in made


def test_every_term_of_the_configuration_has_a_rule() -> None:
    assert set(Retention.model_fields) == set(_RULES)
