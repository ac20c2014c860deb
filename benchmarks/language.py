"""How long it takes to read a question: ``python -m benchmarks.language [accounts …]``.

Processor time of ``understand`` with the names of so many accounts in the index; the time to build the index,
and the memory that the process holds afterwards.
"""

from __future__ import annotations

import argparse
import random
import resource
import statistics
import time

from bot.app.ports import NamedAccount, OrganisationWords
from bot.language.understand import understand
from bot.language.vocabulary import Vocabulary, build_index
from tests.support.questions import QUESTIONS
from tests.support.sample_organisation import ANNA, CATALOG, CONFIGURATION, PRODUCTS, TODAY, sample

SYLLABLES = (
    "kar",
    "lo",
    "ven",
    "tim",
    "ox",
    "ba",
    "sil",
    "du",
    "fa",
    "neo",
    "wer",
    "qui",
    "zan",
    "pol",
    "mi",
    "tra",
)
FORMS = (" Inc", " Group", " Labs GmbH", " & Co", "")
MISSPELT = (
    "how is acne corp doing?",
    "why is Karlovntimox at risk?",
    "what should I offer zoomitt?",
    "tell me about J-Texan",
    "how is ventimoxba labs doing",
    "Konexx",
)
CHARACTERS = "abcdefghijklmnopqrstuvwxyz         0123456789=<>,.'\"-()"
SEED = 20261123


def named(accounts: int) -> tuple[NamedAccount, ...]:
    """Accounts with names of four syllables and a legal form."""
    return tuple(NamedAccount(f"a{at}", _name(at)) for at in range(accounts))


def _name(at: int) -> str:
    syllables = [SYLLABLES[(at // 16**digit) % 16] for digit in range(5)]
    return "".join(syllables).title() + FORMS[at % len(FORMS)]


def milliseconds(texts: list[str], vocabulary: Vocabulary) -> list[float]:
    """Processor time of each text."""
    spent = []
    for text in texts:
        begun = time.process_time()
        understand(text, vocabulary)
        spent.append((time.process_time() - begun) * 1000)
    return sorted(spent)


def line(title: str, spent: list[float]) -> str:
    """Median, 99th percentile and longest."""
    last = spent[min(len(spent) - 1, int(len(spent) * 0.99))]
    middle = statistics.median(spent)
    figures = f"median {middle:6.1f} ms   p99 {last:6.1f} ms   longest {spent[-1]:6.1f} ms"
    return f"  {title:<28} {figures}   of {len(spent)}"


def measure(accounts: int) -> None:
    """Print the figures for one number of accounts."""
    words = sample().words()
    begun = time.process_time()
    known = OrganisationWords((*named(accounts), *words.accounts), words.users, words.values, PRODUCTS)
    made = time.process_time()
    vocabulary = Vocabulary(build_index(known, CATALOG, CONFIGURATION), ANNA, TODAY)
    built = time.process_time() - made
    held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{accounts:,} accounts: index {built:.1f} s (names made in {made - begun:.1f} s), {held:.0f} MB held"
    )
    rng = random.Random(SEED)
    texts = ["".join(rng.choice(CHARACTERS) for _ in range(500)) for _ in range(40)]
    ordinary = [text for text, _ in QUESTIONS]
    milliseconds(ordinary[:50], vocabulary)
    print(line("questions", milliseconds(ordinary, vocabulary)))
    print(line("misspelt names of accounts", milliseconds(list(MISSPELT) * 5, vocabulary)))
    print(line("500 random characters", milliseconds(texts, vocabulary)))


def main() -> None:
    """Measure each of the numbers of accounts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("accounts", nargs="*", type=int, default=[100_000, 1_000_000])
    for accounts in parser.parse_args().accounts:
        measure(accounts)


if __name__ == "__main__":
    main()
