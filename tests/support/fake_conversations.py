"""Conversations and misses in memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from bot.app.ports import Conversation, Miss

SYNCED = datetime(2026, 11, 23, 6, 15, tzinfo=UTC)


@dataclass
class FakeConversations:
    """The port ``Conversations``; nothing is ever too old."""

    kept: dict[str, Conversation] = field(default_factory=dict)

    def load(self, key: str) -> Conversation | None:
        return self.kept.get(key)

    def save(self, key: str, conversation: Conversation) -> None:
        self.kept[key] = conversation


@dataclass
class FakeMisses:
    """The port ``Misses``."""

    kept: dict[str, Miss] = field(default_factory=dict)

    def count(self, text: str, words: Sequence[str], reason: str) -> None:
        new = Miss(len(self.kept) + 1, text, tuple(words), reason, 0, SYNCED, SYNCED)
        known = self.kept.get(text, new)
        self.kept[text] = replace(known, words=tuple(words), reason=reason, count=known.count + 1)

    def recent(self, limit: int) -> tuple[Miss, ...]:
        return tuple(sorted(self.kept.values(), key=lambda one: -one.count)[:limit])

    def forget(self, miss_id: int, *, keep: bool = True) -> bool:
        found = next((text for text, one in self.kept.items() if one.id == miss_id), None)
        if found is None:
            return False
        return not keep or self.kept.pop(found, None) is not None
