"""Hand-made sentences of customers: with and without competitors' names, and with what each is for."""

from __future__ import annotations

from pathlib import Path

COMPETITORS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Acme CRM", ()),
    ("Brightwave", ()),
    ("Close", ("Close CRM", "close.io")),
    ("Copper", ("Copper CRM",)),
    ("Creatio", ()),
    ("Delta Systems", ("Delta",)),
    ("Freshsales", ()),
    ("HubSpot", ()),
    ("Insightly", ()),
    ("Marketo", ()),
    ("Microsoft Dynamics", ("Dynamics 365", "MS Dynamics", "Dynamics CRM", "Dynamics")),
    ("Monday", ("monday.com",)),
    ("Oracle", ()),
    ("Pipedrive", ()),
    ("Sage", ()),
    ("Salesforce", ("SFDC",)),
    ("SugarCRM", ("Sugar CRM",)),
    ("United Software", ("United",)),
    ("Zendesk", ()),
)
BLOCKED = ("delta", "united")
_FOLDER = Path(__file__).parents[1] / "data" / "voice"


def competitor_sentences() -> list[tuple[str, tuple[str, ...], str]]:
    """Part, the competitors mentioned, sentence."""
    rows = _rows("competitors.tsv")
    return [(part, tuple(one for one in named.split("|") if one), text) for part, named, text in rows]


def intent_sentences() -> list[tuple[str, str]]:
    """What the sentence is for, sentence."""
    return [(intent, text) for intent, text in _rows("intents.tsv")]


def _rows(name: str) -> list[list[str]]:
    lines = (_FOLDER / name).read_text(encoding="utf-8").splitlines()
    return [line.split("\t") for line in lines if line and not line.startswith("#")]
