"""Deeds done by everybody, everywhere; and what of it leaks."""

from __future__ import annotations

import io
import itertools
import json
import zipfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from bot.store.tables import AlertActionRow
from tests.support.canary_world import ACCOUNTS, ASKERS, PROFILES, SCOPES, CanaryWorld, canary, hidden
from tests.support.permission_deeds import ANYWHERE, CHANNELS, Deed, Slack, Somebody


@dataclass
class Sent:
    """What somebody was sent because of one deed.

    Attributes:
        to_all: what everybody in the channel reads.
    """

    texts: list[str] = field(default_factory=list)
    to_all: list[str] = field(default_factory=list)


@dataclass
class Found:
    """What a run over combinations found.

    Attributes:
        combinations: how many were done.
        leaks: who was sent what they do not see, by doing what.
        told: words that somebody was sent who does see them, by role: that anything is sent at all.
    """

    combinations: int = 0
    leaks: list[str] = field(default_factory=list)
    told: Counter[str] = field(default_factory=Counter)


class Matrix:
    """Does deeds, and looks at everything that is sent."""

    def __init__(self, of: CanaryWorld) -> None:
        self.of, self.slack, self.found = of, Slack(of), Found()

    def close(self) -> None:
        self.slack.close()

    def run(
        self,
        some: Sequence[Deed],
        roles: Sequence[str] = ASKERS,
        scopes: Sequence[str] = SCOPES,
        kinds: Sequence[str] = tuple(CHANNELS),
    ) -> Found:
        """Every deed by every role with every scope in every kind of channel."""
        for scope in scopes:
            self.of.see(scope)
            for role, deed in itertools.product(roles, some):
                for kind in (ANYWHERE,) if deed.anywhere else kinds:
                    self.one(deed, Somebody(role, scope, kind))
        return self.found

    def one(self, deed: Deed, who: Somebody) -> None:
        """One combination."""
        sent = self._done(deed, who)
        self.found.combinations += 1
        everything = "\n".join(sent.texts).casefold()
        leaked = sorted(one for one in who.canaries() if one in everything)
        every = frozenset(canary(nick).casefold() for nick in ACCOUNTS)
        # In a private channel the person alone reads, but for what they share, and alerts that stand there.
        if who.kind == "private" and "share" not in deed.name and "alert" not in deed.name:
            aloud = "\n".join(sent.to_all).casefold()
            leaked += [f"{one} aloud" for one in sorted(every) if one in aloud]
        if who.kind == "private" and "share" in deed.name:  # whoever reads the channel has to see it, too
            unseen = {canary(nick).casefold() for role in PROFILES for nick in hidden(role, who.scope)}
            aloud = "\n".join(sent.to_all).casefold()
            leaked += [f"{one} shared" for one in sorted(unseen) if one in aloud]
        if leaked:
            self.found.leaks.append(f"{who.role} ({who.scope}, {who.kind}) {deed.name}: {leaked}")
        self.found.told[who.role] += sum(1 for one in every if one in everything)

    def _done(self, deed: Deed, who: Somebody) -> Sent:
        of, slack = self.of, self.slack
        of.slack.calls.clear()
        of.slack.messages.clear()
        of.pictures.drawn.clear()
        slack.answered.clear()
        deed.do(slack, of, who)
        files = [_text(one) for one in of.written_exports()]
        asked = {"users.info", "conversations.info", "conversations.members", "usergroups.list", "auth.test"}
        calls = [one for one in of.slack.calls if one.method not in asked]
        said = [json.dumps(one.arguments, ensure_ascii=False) for one in calls]
        aloud = [
            text
            for one, text in zip(calls, said, strict=True)
            if one.method == "chat.postMessage" and str(one.arguments.get("channel", "")).startswith("C")
        ]
        if of.world.rows(AlertActionRow):
            of.restore()
        return Sent([*said, *files, *of.pictures.drawn, *slack.answered], aloud)


def _text(file: bytes) -> str:
    """What is in a CSV in a ZIP, and what the files are called."""
    with zipfile.ZipFile(io.BytesIO(file)) as packed:
        return "\n".join(f"{one}\n{packed.read(one).decode()}" for one in packed.namelist())
