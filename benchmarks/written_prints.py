"""What is read off prints written by hand: ``python -m benchmarks.written_prints [--show]``.

The prints are those of ``tests/connector/enrichment/written``: addresses in a layout chosen by hash,
telephone numbers, and sites with several addresses or with none, of a company that does not exist. For the
open half and the sealed one: yield (right of what is given), accuracy of what was answered, and answers where
there is none.
``--show`` names what is wrong in the open half.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from connector.enrichment.reading import read_site
from connector.enrichment.values import EnrichedField, SiteReading
from tests.connector.enrichment import written
from tests.connector.enrichment.written import NONE, Written

LONGEST_BESIDE = 45  # letters and digits beside the street that may be said: a suite, a building


@dataclass
class Count:
    """Of one kind of prints."""

    given: int = 0
    answered: int = 0
    right: int = 0
    invented: int = 0
    wrong: list[str] = field(default_factory=list)

    @property
    def yielded(self) -> float:
        """Right of what is given."""
        return self.right / max(1, self.given)

    @property
    def accuracy(self) -> float:
        """Right of what was answered."""
        return self.right / max(1, self.answered)

    def __str__(self) -> str:
        shares = f"yield {self.yielded:.2f}, accuracy {self.accuracy:.2f}"
        counts = f"{self.right} right of {self.given} given and {self.answered} answered"
        return f"{counts}: {shares}; {self.invented} invented"


def counted(prints: Sequence[Written]) -> Count:
    """Those prints, read."""
    count = Count()
    for one in prints:
        reading = read_site(one.company, one.site)
        wanted = one.phone or one.street
        said, right = _phone(reading, one) if one.phone else _place(reading, one)
        count.given += wanted != NONE
        count.answered += bool(said)
        count.right += bool(said) and right
        count.invented += bool(said) and wanted == NONE
        if not right:
            count.wrong.append(f"{one.title}\n          said: {said or 'nothing'}")
    return count


def _phone(reading: SiteReading, one: Written) -> tuple[str, bool]:
    said = _value(reading, EnrichedField.PHONE)
    return said, said == one.phone or (not said and one.phone == NONE)


def _place(reading: SiteReading, one: Written) -> tuple[str, bool]:
    street, city = _value(reading, EnrichedField.STREET), _value(reading, EnrichedField.CITY)
    if one.street == NONE or not street:
        return ", ".join(filter(None, (street, city))), not street and one.street == NONE
    mine, wanted = _bare(street), _bare(one.street)
    whole = wanted in mine and len(mine) <= len(wanted) + LONGEST_BESIDE and "kestrel" not in mine
    towns = {_bare(one.city), _bare(re.sub(r" \d{1,2}$", "", one.city))}  # Dublin 2 is Dublin
    return f"{street} = {city}", whole and _bare(city) in towns


def _value(reading: SiteReading, wanted: EnrichedField) -> str:
    return next((one.value for one in reading.proposals if one.field is wanted), "")


def _bare(text: str) -> str:
    return re.sub(r"[\W_]", "", text.casefold())


def main() -> None:
    """Both halves of every kind."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--show", action="store_true", help="name what is wrong in the open half")
    show = parser.parse_args().show
    for kind, prints in (
        ("addresses", written.addresses()),
        ("addresses, second set", written.addresses("addresses_two.txt")),
        ("sites", written.sites()),
        ("telephones", written.phones()),
    ):
        for sealed in (False, True):
            count = counted([one for one in prints if one.sealed is sealed])
            print(f"{kind}, {'sealed' if sealed else 'open'} half: {count}")
            for wrong in count.wrong if show and not sealed else ():
                print(f"        {wrong}")


if __name__ == "__main__":
    main()
