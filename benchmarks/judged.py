"""Technologies that were judged by hand: what the product says of the same pages today.

``judged_technologies.csv`` has a line for each technology that was claimed of a page of the data set: two
people's verdicts, made apart from each other, from the page and without our evidence. The pages are the
first hundred by a hash of their files' names. What was learnt from the first fifty (a hint to a browser is
no use; a token of Ahrefs is not its analytics) was in the code before the second fifty were judged.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

VERDICTS: Final = Path(__file__).with_name("judged_technologies.csv")
PAGES_IN_A_SAMPLE: Final = 50
RIGHT: Final = "right"
SAMPLES: Final = {"1": "the first 50 pages, learnt from", "2": "the second 50, judged blind"}


@dataclass(frozen=True)
class Judged:
    """What came of one sample.

    Attributes:
        hits: technologies that the product names on the sample's pages.
        right: of these, what both judges call right; a doubt of one is enough to be wrong.
        wrong: page and technology of the others.
        unjudged: what nobody has judged, because it was not named then.
        lost: what both call right and the product does not name.
    """

    hits: int
    right: int
    wrong: tuple[tuple[str, str], ...]
    unjudged: tuple[tuple[str, str], ...]
    lost: tuple[tuple[str, str], ...]

    def said(self) -> str:
        """In a line."""
        share = 100 * self.right / max(1, self.hits)
        return (
            f"{self.right} of {self.hits} hits right by both judges ({share:.1f} %), "
            f"{len(self.unjudged)} not judged, {len(self.lost)} right ones not named"
        )


def sample_of(pages: Iterable[str]) -> Mapping[str, tuple[str, ...]]:
    """The pages of each sample, by a hash of their names."""
    ordered = sorted(pages, key=lambda page: hashlib.sha256(f"{page}.html.gz".encode()).hexdigest())
    return {
        number: tuple(ordered[place * PAGES_IN_A_SAMPLE :][:PAGES_IN_A_SAMPLE])
        for place, number in enumerate(SAMPLES)
    }


def judged(found: Mapping[str, Sequence[str]], verdicts: Path = VERDICTS) -> dict[str, Judged]:
    """What was found on pages (names of technologies by page) beside the verdicts, by sample."""
    with verdicts.open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    are_right = {
        (line["page"], line["technology"]): line["first_judge"] == line["second_judge"] == RIGHT
        for line in lines
    }
    return {number: _of(pages, found, are_right) for number, pages in sample_of(found).items()}


def _of(
    pages: Sequence[str], found: Mapping[str, Sequence[str]], are_right: Mapping[tuple[str, str], bool]
) -> Judged:
    hits = [(page, name) for page in pages for name in found[page]]
    known = {key: is_right for key, is_right in are_right.items() if key[0] in pages}
    return Judged(
        hits=len(hits),
        right=sum(known.get(one, False) for one in hits),
        wrong=tuple(one for one in hits if known.get(one) is False),
        unjudged=tuple(one for one in hits if one not in known),
        lost=tuple(sorted(one for one, is_right in known.items() if is_right and one not in hits)),
    )
