"""What a sentence was read as, in one line, for tables of expectations."""

from __future__ import annotations

from bot.language.question import Kind, NotUnderstood, Understanding
from scoring.criteria.canonical import canonical
from scoring.criteria.parse import parse
from scoring.criteria.tree import Always
from tests.support.sample_organisation import CATALOG, sample


def said(understood: Understanding) -> str:
    """``kind: criteria; sort; limit; by field``; ``asked`` when nothing was answered."""
    if isinstance(understood, NotUnderstood):
        return "asked"
    if understood.kind is Kind.HELP:
        return "help"
    if understood.kind is Kind.ACCOUNT:
        return f"account: {next(line.name for line in sample().lines if line.id == understood.account_id)}"
    always = isinstance(understood.criteria, Always)
    parts = ["" if always else canonical(understood.criteria)]
    parts += [("-" if one.descending else "+") + one.field for one in understood.sort]
    parts += [str(understood.limit)] if understood.limit is not None else []
    parts += [f"by {understood.group_by}"] if understood.group_by else []
    return f"{understood.kind.value}: {'; '.join(parts)}"


def expected(text: str) -> str:
    """An expectation in the same form: its criteria in canonical spelling."""
    kind, colon, rest = text.partition(":")
    if not colon or kind == "account":
        return text
    criteria, *others = [part.strip() for part in rest.split(";")]
    node = parse(criteria, CATALOG) if criteria else Always()
    others = ["+" + one if CATALOG.find(one) and one[:1] not in "-+" else one for one in others]
    return f"{kind}: {'; '.join(['' if isinstance(node, Always) else canonical(node), *others])}"
