"""What can be wrong with criteria: where it is, what it is, and what was probably meant."""

from __future__ import annotations


class CriteriaError(ValueError):
    """Criteria that cannot be read or do not fit the fields.

    Attributes:
        message: one sentence for a person.
        position: index of the first character it speaks of; None when the tree was not made from text.
        nearest: what was probably meant, best first.
        line, column: the position as an editor counts it, both from 1; None where there is no position.
    """

    def __init__(self, message: str, *, position: int | None = None, nearest: tuple[str, ...] = ()) -> None:
        self.message = message
        self.position = position
        self.nearest = nearest
        self.line: int | None = None
        self.column: int | None = None
        hint = f" Did you mean {' or '.join(nearest)}?" if nearest else ""
        super().__init__(message + hint)

    def locate(self, text: str) -> None:
        """Say line and column, in the text that was read."""
        if self.position is not None:
            before = text[: self.position]
            self.line = before.count("\n") + 1
            self.column = self.position - (before.rfind("\n") + 1) + 1
