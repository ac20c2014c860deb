"""How large a generated organisation is."""

from __future__ import annotations

from dataclasses import dataclass, fields

MOST_EXTRA_FIELDS = 1_000


@dataclass(frozen=True)
class OrganisationSpec:
    """The size of a generated organisation; the same numbers give the same records on the same day.

    ``contacts`` None means as many as accounts. ``extra_fields`` is how many custom fields accounts, contacts
    and deals have each, for modules wider than one call can read.

    Raises:
        ValueError: a number is negative, or there are too many extra fields.
    """

    accounts: int
    deals: int
    contacts: int | None = None
    products: int = 50
    seed: int = 1
    extra_fields: int = 0

    def __post_init__(self) -> None:
        for one in fields(self):
            value = getattr(self, one.name)
            if value is not None and value < 0:
                raise ValueError(f"{one.name} must not be negative, but is {value}")
        if self.extra_fields > MOST_EXTRA_FIELDS:
            raise ValueError(f"at most {MOST_EXTRA_FIELDS} extra fields, not {self.extra_fields}")

    @property
    def people(self) -> int:
        """How many contacts there are."""
        return self.accounts if self.contacts is None else self.contacts
