"""What one segmentation says of one account. A value only: whatever computes it imports more."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

# In one of what a technique measures: a standing counts ten-thousandths.
MEASURE_PARTS = 10_000
# Of 1970-01-01: days are kept as ordinals, and come as days since then.
EPOCH_ORDINAL = date(1970, 1, 1).toordinal()


@dataclass(frozen=True, slots=True)
class Standing:
    """What one segmentation says of one account: facts, scores, label. Money in minor units.

    Attributes:
        r, f, m, total: of RFM; None without a counted transaction.
        measure: another technique's number in ten-thousandths: percent of risk, an engagement score.
        value_minor: money at risk, or what recommendations are worth.
        details: JSON with whatever else the technique says; None where it is not read or there is none.
    """

    last_purchase: date | None = None
    purchases: int = 0
    spend_minor: int = 0
    r: int | None = None
    f: int | None = None
    m: int | None = None
    total: int | None = None
    label: str | None = None
    measure: int | None = None
    value_minor: int | None = None
    details: str | None = None

    @property
    def facts(self) -> tuple[date | None, int, int]:
        """The account's own facts, which nothing but its own transactions moves."""
        return (self.last_purchase, self.purchases, self.spend_minor)
