"""The documents to begin with: one text, whose lines about sales depend on where the sales are."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from enum import StrEnum
from importlib.resources import files

# Works on any Zoho organisation that uses the standard modules; written by `bellwether init`.
STARTING_DOCUMENT = files("bot.app.config").joinpath("starting.yaml").read_text(encoding="utf-8")


class Sales(StrEnum):
    """Where the sales are."""

    DEALS = "deals"
    INVOICES = "invoices"
    SUBSCRIPTIONS = "subscriptions"


_COUNTED = '    transactions: stage = "Closed Won"        # criteria: which deals count as a purchase\n'
_INVOICES = """\
    purchases:                                # what counts; void documents and drafts never do
      - {from: invoices}
      - {from: credit_notes}                  # take their money away
"""
# A subscription itself would be a single purchase, on the day it began; its invoices tell of every renewal.
_RENEWALS = """\
    purchases:                                # every renewal is an invoice; void ones and drafts never count
      - {from: invoices}
"""
_RENEWED = """\
  - name: Renewals
    criteria: any subscription where (ends_on in next 30 days)

# Words that mean the same."""
# In the example of the technique leaving, which counts what RFM counts.
_EXAMPLE = '#     transactions: stage = "Closed Won"\n#     horizon_days'
_EXAMPLE_OF_INVOICES = "#     purchases: [{from: invoices}]\n#     horizon_days"
_TECHNOLOGIES = "technologies: {field: Technologies}"
_FIRST_LINE, _FURTHER_LINE = "#   - name: ", "#     "
_EDITS = {
    Sales.DEALS: (),
    Sales.INVOICES: (
        (_COUNTED, _INVOICES),
        (_EXAMPLE, _EXAMPLE_OF_INVOICES),
        ("finance: []", "finance:\n  - {product: books}"),
    ),
    Sales.SUBSCRIPTIONS: (
        (_COUNTED, _RENEWALS),
        (_EXAMPLE, _EXAMPLE_OF_INVOICES),
        ("\n# Words that mean the same.", _RENEWED),
        ("finance: []", "finance:\n  - {product: billing}"),
    ),
}


class Example(StrEnum):
    """What stands in the document as an example: a further segmentation, by its technique, or a field."""

    LEAVING = "leaving"
    FIRMOGRAPHICS = "firmographics"
    ENGAGEMENT = "engagement"
    VOICE = "voice"
    RECOMMENDATIONS = "recommendations"
    TECHNOLOGIES = "technologies"  # what companies' sites are made with, into the CRM field Technologies


def starting_document(sales: Sales, examples: Collection[Example] = ()) -> str:
    """A document that works on any Zoho organisation whose sales are there.

    Args:
        sales: where they are.
        examples: what is used of those that it has.
    """
    text = STARTING_DOCUMENT
    if Example.TECHNOLOGIES in examples:
        text = text.replace(f"    # {_TECHNOLOGIES}", f"    {_TECHNOLOGIES}")
    for old, new in _EDITS[sales]:
        text = text.replace(old, new)
    return "".join(_used(text.splitlines(keepends=True), examples))


def _used(lines: Sequence[str], examples: Collection[Example]) -> Iterator[str]:
    """The lines, with the "# " taken from those of some examples."""
    used = False
    for line, following in zip(lines, (*lines[1:], ""), strict=True):
        if line.startswith(_FIRST_LINE):
            used = following.partition(":")[2].strip() in {one.value for one in examples}
        elif not line.startswith(_FURTHER_LINE):
            used = False
        yield line.removeprefix("# ") if used else line
