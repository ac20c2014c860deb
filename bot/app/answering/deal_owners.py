"""Whose deals are meant: those that somebody owns, or those of the accounts that they own.

"My win rate" may ask for either, and the two differ wherever colleagues sell to one account. Both are told.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.app.figure_ports import FigureBook, FigureRow
from bot.language.question import DEAL_OWNER, OF_DEALS, Figure, Metric
from scoring.criteria.tree import And, Compare, In, Node, Operator, conjunction

_SUMS = frozenset({Metric.WON, Metric.LOST, Metric.PIPELINE, Metric.OPEN_DEALS})  # of nothing they are 0
_OWNER = "owner"


@dataclass(frozen=True)
class Owned:
    """Criteria that name owners of accounts.

    Attributes:
        names: of the owners.
        rest: what else has to hold.
    """

    names: tuple[str, ...]
    rest: Node


def owners_in(criteria: Node, figure: Figure) -> Owned | None:
    """The owners that criteria name, where a figure is one of deals; None where they name none so."""
    parts = criteria.parts if isinstance(criteria, And) else (criteria,)
    named = [(one, _names(one)) for one in parts]
    found = [(one, names) for one, names in named if names]
    if figure.metric not in OF_DEALS or len(found) != 1:
        return None
    ((part, names),) = found
    return Owned(names, conjunction(*(one for one in parts if one is not part)))


def _names(node: Node) -> tuple[str, ...]:
    if isinstance(node, Compare) and node.field == _OWNER and node.operator is Operator.EQ:
        return (str(node.value),)
    if isinstance(node, In) and node.field == _OWNER:
        return tuple(str(one) for one in node.values)
    return ()


def owned_deals(figures: FigureBook, owned: Owned, figure: Figure) -> list[FigureRow]:
    """A row for each of the owners: of the deals that they own themselves, whoever owns the account.

    Raises:
        CriteriaError: as ``FigureBook.figure``.
    """
    wanted = {one.casefold() for one in owned.names}
    rows = figures.figure(owned.rest, replace(figure, by=DEAL_OWNER))
    return [row for row in rows if isinstance(row.group, str) and row.group.casefold() in wanted]


def beside_each_other(
    own: Sequence[FigureRow], accounts: FigureRow, owned: Owned, figure: Figure
) -> list[FigureRow]:
    """One owner's own deals, and those of their accounts, which the figure itself counts."""
    (name,) = owned.names
    nothing = FigureRow(None, 0 if figure.metric in _SUMS else None, 0)
    return [
        replace(own[0] if own else nothing, group=f"Deals of {name}"),
        replace(accounts, group=f"Deals of accounts of {name}"),
    ]
