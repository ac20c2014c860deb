"""The part of the document for what counts as a purchase: one kind of records, or several. Values only."""

from __future__ import annotations

from typing import Annotated

from pydantic import ConfigDict, Field

from scoring.shape import Part

DEALS = "deals"
WON = 'stage = "Closed Won"'


class Contribution(Part):
    """Records of one kind that count as purchases, or take away from them.

    Attributes:
        source: ``from`` in the document: ``deals``, a kind of Finance document (``invoices``,
            ``sales_orders``, ``estimates``, ``purchase_orders``, ``payments``, ``credit_notes``,
            ``subscriptions``), or a module of ``sync.also``.
        when: criteria over their fields; empty: all of them. Finance documents that are void, in draft or
            pending never count.
        date: the field with the day of the purchase; None: the record's own date.
        amount: the field with its money; None: the record's own amount.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    source: Annotated[str, Field(alias="from", min_length=1, max_length=100)]
    when: str = ""
    date: str | None = None
    amount: str | None = None


class Buying(Part):
    """What a technique takes for purchases.

    ``transactions`` is the short form for deals alone. With ``purchases`` several kinds count together.
    Credit notes, and whatever has a negative amount, take their money away and are no purchase. A sale
    counts once: of a deal and the documents that name it the documents count, of an estimate or a sales
    order and its invoice the invoice, and a record that meets two entries counts by the first of them.
    """

    transactions: str = WON  # criteria: which deals count
    purchases: tuple[Contribution, ...] = ()

    @property
    def contributions(self) -> tuple[Contribution, ...]:
        """What counts, in either form."""
        return self.purchases or (Contribution(source=DEALS, when=self.transactions),)
