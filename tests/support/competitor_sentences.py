"""The hand-made sentences with and without competitors' names, and the competitors that are looked for."""

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
_FILE = Path(__file__).parents[1] / "data" / "voice" / "competitors.tsv"


def competitor_sentences() -> list[tuple[str, tuple[str, ...], str]]:
    """Part, the competitors mentioned, sentence."""
    rows = [
        line.split("\t")
        for line in _FILE.read_text(encoding="utf-8").splitlines()
        if line and not line.startswith("#")
    ]
    return [(part, tuple(one for one in named.split("|") if one), text) for part, named, text in rows]
