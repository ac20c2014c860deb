"""An address, and where on a site it stands."""

from __future__ import annotations

import re
from dataclasses import dataclass

from connector.enrichment.documents import Document

# The street behind the rooms and buildings that one of two writings may leave out.
_HOUSE = re.compile(r"(?:^|, )(\d+(?!\d|st\b|nd\b|rd\b|th\b)\w?(?:, )?[^,]*[^\W\d_]{2}[^,]*)")


@dataclass(frozen=True)
class Address:
    """A postal address.

    Attributes:
        state: its code in the US, Canada and Australia, a county in Britain, else empty.
        country: ISO 3166 alpha-2; empty if the address does not tell.
    """

    street: str
    city: str
    state: str
    postcode: str
    country: str
    method: str

    @property
    def key(self) -> tuple[str, str]:
        """What makes two writings the same address."""
        house = _HOUSE.search(self.street)
        street = house.group(1) if house else self.street
        return re.sub(r"\W", "", street.lower())[:12], re.sub(r"\W", "", self.postcode)[:5]


@dataclass(frozen=True)
class Place:
    """An address in a page.

    Attributes:
        said: what its label says, as ``postal_labels.Said``.
        before: the words before it.
        line: of the page's lines, the one where it ends; -1 if it is not of the text.
    """

    address: Address
    document: Document
    quote: str
    in_footer: bool = False
    said: int = 2
    before: str = ""
    line: int = -1
