"""The documents in memory. One thread, the server's event loop, touches them: no lock is needed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from sandbox.finance.wire import STAMPS, identity, stamp
from sandbox.zoho.clock import SandboxClock

FIRST_NEW_ID = 900_000_001
Event = Literal["insert", "update", "delete"]


@dataclass(slots=True)
class Line:
    """A line of a document; ``rate`` of one piece in hundredths of the document's currency."""

    id: str
    item: str
    name: str
    quantity: int
    rate: int

    @property
    def total(self) -> int:
        """What the line comes to."""
        return self.quantity * self.rate


@dataclass(slots=True, eq=False)
class Document:
    """A contact, invoice, item or the like.

    ``values`` are shown in lists and details, ``extra`` in details only; ``created`` and ``modified`` are
    seconds since 1970.
    """

    id: str
    created: int
    modified: int
    values: dict[str, Any]
    extra: dict[str, Any] = field(default_factory=dict)
    lines: list[Line] = field(default_factory=list)

    def get(self, key: str) -> Any:
        """A value, from wherever it is shown; ``""`` when there is none."""
        value = self.values.get(key)
        return self.extra.get(key, "") if value is None else value


Listener = Callable[[str, Event, Document], None]


class Archive:
    """All documents, by list; and who is told of changes."""

    def __init__(self, clock: SandboxClock) -> None:
        self.clock = clock
        self.lists: dict[str, dict[str, Document]] = {}
        self.listeners: list[Listener] = []
        self._next = FIRST_NEW_ID

    def of(self, name: str) -> dict[str, Document]:
        """The documents of a list, by id."""
        return self.lists.setdefault(name, {})

    def new_id(self) -> str:
        """An id that no document has."""
        self._next += 2
        return identity(self._next - 2)

    def place(self, name: str, document: Document) -> None:
        """Put a document in without telling anyone: the organisation is being built."""
        self.of(name)[document.id] = document

    def insert(self, name: str, document: Document) -> None:
        """Put a new document in."""
        self.place(name, document)
        self._tell(name, "insert", document)

    def update(self, name: str, document: Document, **values: Any) -> None:
        """Change values of a document and its time of modification."""
        document.values.update({key: one for key, one in values.items() if key not in document.extra})
        document.extra.update({key: one for key, one in values.items() if key in document.extra})
        document.modified = self.clock.epoch()
        stamps = {key: stamp(document.modified) for key in STAMPS if key in document.values}
        document.values.update(stamps)
        self._tell(name, "update", document)

    def delete(self, name: str, document: Document) -> None:
        """Take a document out; nothing is left of it."""
        del self.of(name)[document.id]
        self._tell(name, "delete", document)

    def of_customer(self, name: str, customer: str) -> Iterator[Document]:
        """A customer's documents of a list."""
        return (one for one in self.of(name).values() if one.values.get("customer_id") == customer)

    def _tell(self, name: str, event: Event, document: Document) -> None:
        for listener in self.listeners:
            listener(name, event, document)
