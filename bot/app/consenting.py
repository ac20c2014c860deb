"""A person lets us write to the CRM as them: who may, what is kept, and how it ends.

Slack users are matched to CRM users by e-mail. A consent is kept only when the one who gave it in Zoho is
that CRM user: so neither a link that was passed on nor another's browser makes one person write as another.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Protocol

import structlog

from bot.app.errors import UserError
from bot.app.people import Person, Role
from bot.app.people_ports import People
from bot.app.ports import Audit, Clock
from connector.access_ports import Granted
from connector.errors import ConnectorError

MAY_CONSENT: Final = Role.MEMBER  # those who may write
STATE_LIFE: Final = timedelta(minutes=10)
LONGEST_ANSWER: Final = 500  # characters of what a browser brings back
ACTION: Final = "zoho consent"
NOT_ALLOWED: Final = "You may not write to the CRM, so there is nothing to connect."
NOBODY: Final = "Nobody in the CRM has your e-mail address, so there is nobody to write as."
OTHER_USER: Final = "You signed in to Zoho as somebody else than the CRM user with your Slack e-mail address."
EXPIRED: Final = "This link has expired, or was used before."
BEGIN_AGAIN: Final = "Begin again in Slack: write zoho connect to Bellwether."
CONNECTED: Final = (
    "🔗 Connected: tasks, notes and owners that you write from Slack stand in Zoho CRM as yours."
)
LOST: Final = (
    "⚠ Zoho does not accept your consent any more, or it does not cover what you did. What you do here is "
    "still written to Zoho CRM: by Bellwether, with your name. Write zoho connect to me to write as yourself "
    "again."
)

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Asked:
    """For whom a person was sent to Zoho."""

    slack_id: str
    team_id: str


@dataclass(frozen=True, slots=True)
class Consent:
    """What somebody has let us do.

    Attributes:
        crm_user_id: who gave it in Zoho.
    """

    slack_id: str
    team_id: str
    crm_user_id: str
    given_at: datetime
    refresh_token: str = field(repr=False)


class Consents(Protocol):
    """States on their way to Zoho and back, and the consents that came of them."""

    def ask(self, state: str, asked: Asked, until: datetime) -> None:
        """Remember a state until then; the person's earlier ones are void."""
        ...

    def asked(self, state: str) -> Asked | None:
        """Use a state up; None when it is unknown, over, or was used."""
        ...

    def keep(self, consent: Consent, told: str) -> Consent | None:
        """Keep a consent and tell the person; gives the earlier one, in whose place it is."""
        ...

    def held(self, slack_id: str) -> Consent | None:
        """A person's consent."""
        ...

    def end(self, consent: Consent, told: str = "") -> bool:
        """Forget a consent and tell the person something; False, and nothing said, when it was not there."""
        ...


class ConsentDesk(Protocol):
    """Zoho, for consents (``connector.zoho.consent``)."""

    def address(self, state: str) -> str:
        """The page on which a person consents."""
        ...

    def exchange(self, code: str, location: str = "") -> Granted:
        """What a code stands for. Raises ConnectorError."""
        ...

    def revoke(self, refresh_token: str) -> bool:
        """Give a token back; False when Zoho did not say that it took it."""
        ...


class Consenting:
    """The use case."""

    def __init__(
        self,
        consents: Consents,
        desk: Callable[[], ConsentDesk],
        people: Callable[[], People],
        audit: Audit,
        clock: Clock,
        forget_access: Callable[[Consent], None],
    ) -> None:
        """Put it together; ``forget_access`` removes access tokens that a consent has given."""
        self._consents = consents
        self._desk = desk
        self._people = people
        self._audit = audit
        self._clock = clock
        self._forget_access = forget_access

    def begin(self, person: Person, team_id: str) -> str:
        """The address of Zoho's page for a person who was looked up just now; good once, for ten minutes.

        Raises:
            UserError: the person may not, or nobody in the CRM is them.
        """
        self._admit(person)
        state = secrets.token_urlsafe(32)
        asked = Asked(person.slack_id, team_id)
        self._consents.ask(state, asked, self._clock.now() + STATE_LIFE)
        self._record(person.slack_id, person.crm_user_id, "asked for")
        return self._desk().address(state)

    def finish(self, state: str, code: str, location: str = "") -> None:
        """Take what the browser brings back from Zoho; ``code`` is empty when the person refused there.

        Raises:
            UserError: it came to nothing; with a sentence for the person.
        """
        short = all(len(one) <= LONGEST_ANSWER for one in (state, code, location))
        asked = self._consents.asked(state) if state and short else None
        if asked is None:
            raise UserError(EXPIRED, BEGIN_AGAIN)
        if not code:
            self._record(asked.slack_id, None, "refused: not given in Zoho")
            raise UserError("You did not consent in Zoho, so nothing has changed.", BEGIN_AGAIN)
        person = self._people().person_now(asked.slack_id)
        self._admit(person)
        granted = self._granted(asked, code, location)
        if granted.user_id != person.crm_user_id or not granted.active:
            self._give_back(granted.refresh_token)
            self._record(asked.slack_id, person.crm_user_id, f"refused: given by user {granted.user_id}")
            raise UserError(OTHER_USER, "Sign out of Zoho there, and begin again in Slack.")
        now = self._clock.now()
        kept = Consent(asked.slack_id, asked.team_id, granted.user_id, now, granted.refresh_token)
        earlier = self._consents.keep(kept, CONNECTED)
        if earlier is not None:
            self._undo(earlier)
        self._record(asked.slack_id, granted.user_id, "given")

    def connected(self, person: Person) -> bool:
        """Whether we write as this person."""
        held = self._consents.held(person.slack_id)
        return held is not None and held.crm_user_id == person.crm_user_id

    def offered(self, person: Person) -> bool:
        """Whether this person could consent."""
        return person.may(MAY_CONSENT) and person.crm_user_id is not None

    def end(self, person: Person) -> str:
        """Write as this person no more; what was done, in a sentence. Anybody may take back their own."""
        held = self._consents.held(person.slack_id)
        if held is None or not self._consents.end(held):
            return "You are not connected with Zoho: what you write carries your name, by Bellwether."
        told = self._undo(held)
        self._record(person.slack_id, held.crm_user_id, "taken back")
        said = "Disconnected: what you write from now on carries your name, by Bellwether."
        if told:
            return said
        return f"{said} Zoho could not be told of it: remove Bellwether there too, under Connected apps."

    def lost(self, consent: Consent) -> None:
        """Zoho does not accept a consent any more: forget it, and tell the person, once."""
        if self._consents.end(consent, LOST):
            self._forget_access(consent)
            self._desk().revoke(consent.refresh_token)  # it may still be good for something else
            self._record(consent.slack_id, consent.crm_user_id, "lost: Zoho does not accept it any more")

    def _admit(self, person: Person) -> None:
        if self.offered(person):
            return
        why = person.refusal or (NOBODY if person.may(MAY_CONSENT) else NOT_ALLOWED)
        self._record(person.slack_id, person.crm_user_id, "refused: may not")
        raise UserError(why, "Ask an administrator.")

    def _granted(self, asked: Asked, code: str, location: str) -> Granted:
        try:
            return self._desk().exchange(code, location)
        except ConnectorError as error:
            log.warning("consent_not_confirmed", reason=error.what_happened)
            self._record(asked.slack_id, None, "refused: not confirmed by Zoho")
            raise UserError(
                f"Zoho did not confirm your consent. {error.what_happened}",
                f"{BEGIN_AGAIN} If it stays so, tell an administrator.",
            ) from None

    def _undo(self, consent: Consent) -> bool:
        self._forget_access(consent)
        return self._give_back(consent.refresh_token)

    def _give_back(self, refresh_token: str) -> bool:
        done = self._desk().revoke(refresh_token)
        if not done:
            log.warning("consent_not_given_back")
        return done

    def _record(self, slack_id: str, crm_user_id: str | None, outcome: str) -> None:
        target = f"CRM user {crm_user_id}" if crm_user_id else "CRM user"
        self._audit.record(slack_id, ACTION, target, outcome, "slack")
