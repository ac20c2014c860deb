"""What can be asked, by topic, with examples that are understood: a test reads every one of them."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class HelpTopic:
    """One thing that can be asked.

    Attributes:
        examples: sentences to type, on any organisation with the ready-made labels.
        commands: what is typed at the terminal in place of the examples, where that is a command of its own;
            the examples of such a topic are for Slack, and are no questions.
    """

    title: str
    examples: tuple[str, ...]
    commands: tuple[str, ...] = ()


HELP: tuple[HelpTopic, ...] = (
    HelpTopic(
        "Lists by label, industry, place and owner",
        ("VIP accounts", "at-risk accounts in Texas", "my accounts", "accounts outside the United States"),
    ),
    HelpTopic(
        "Amounts",
        (
            "at-risk accounts over 50k",
            "accounts with revenue above 1M",
            "accounts with more than 10 purchases",
        ),
    ),
    HelpTopic(
        "Time",
        (
            "accounts that have not bought in 90 days",
            "VIPs that bought in the last 30 days",
            "accounts created this year",
        ),
    ),
    HelpTopic(
        "Who buys less, or more, than in as many days before",
        (
            "which customers are declining this quarter?",
            "which VIPs spend less than last year?",
            "top 10 growing accounts this year",
        ),
    ),
    HelpTopic(
        "Combining",
        ("VIP or at-risk accounts owned by me", "champions not in Texas", "accounts without an owner"),
    ),
    HelpTopic(
        "Order",
        (
            "top 10 accounts by spend",
            "top 10 accounts by revenue this year",
            "the 5 biggest accounts by revenue",
            "VIPs sorted by last purchase ascending",
        ),
    ),
    HelpTopic(
        "Numbers",
        ("how many VIPs?", "how many accounts per label?", "how many at-risk accounts by owner?"),
    ),
    HelpTopic(
        "The criteria language, for exact conditions",
        ("accounts where r >= 4 and f >= 4", "total_spend > 50k and last_purchase before 90 days ago"),
    ),
    HelpTopic("One account: just its name, or", ("how is {account} doing?", "why is {account} at risk?")),
)
DOING: tuple[HelpTopic, ...] = (
    HelpTopic(
        "Filling fields from a company's own website; nothing is written before you have seen it",
        ("enrich {account}", "enrich accounts over 50k", "enrich history"),
        commands=(
            'bellwether enrich "{account}"',
            'bellwether enrich --criteria "total_spend > 50k" --dry-run',
            "bellwether enrich history",
        ),
    ),
)


def topics(account: str) -> tuple[HelpTopic, ...]:
    """The registry with an account's name filled in."""

    def filled(sentences: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(one.replace("{account}", account) for one in sentences)

    return tuple(
        replace(topic, examples=filled(topic.examples), commands=filled(topic.commands))
        for topic in (*HELP, *DOING)
    )


def examples(account: str) -> tuple[str, ...]:
    """Every question among the examples, with an account's name filled in."""
    return tuple(one for topic in topics(account) if not topic.commands for one in topic.examples)
