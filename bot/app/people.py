"""Who asks and clicks, and what their role allows. Values and pure decisions."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from bot.app.scope import EVERYTHING, Scope

APP: Final = "Other apps are not answered."
# The one refusal that says nothing of the person: whoever acts without them asks again later.
NOT_ASKED: Final = "Slack cannot be asked who you are right now."


class Role(IntEnum):
    """What somebody may do; each role may do all that the ones before it may."""

    NOBODY = 0  # guests, strangers and people without a CRM user: refused, with the reason
    VIEWER = 1  # asks
    MEMBER = 2  # asks and acts on alerts
    MANAGER = 3
    ADMIN = 4  # re-scores and publishes


@dataclass(frozen=True, slots=True)
class Person:
    """A Slack user, matched to the CRM user with the same verified e-mail.

    Attributes:
        slack_id: empty for the terminal.
        crm_user_id: None when nobody in the CRM has this e-mail; such a person is never treated as another.
        refusal: why they may do nothing; None for everybody with a role above NOBODY.
        scope: whose accounts they see.
    """

    slack_id: str
    name: str
    email: str | None
    crm_user_id: str | None
    role: Role
    refusal: str | None = None
    scope: Scope = EVERYTHING

    def may(self, needed: Role) -> bool:
        """Whether the person's role reaches the needed one."""
        return self.role >= needed


# Whoever sits at the terminal of the machine that runs Bellwether can read its database anyway.
OPERATOR = Person("", "operator", None, None, Role.ADMIN)
