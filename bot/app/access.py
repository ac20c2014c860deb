"""Who somebody is and what they may do: decided from what Slack and the CRM say. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from bot.app.people import Person, Role
from bot.app.ports import SlackProfile
from scoring.config import Access


@dataclass(frozen=True, slots=True)
class CrmUser:
    """A CRM user, as far as access goes."""

    id: str
    name: str
    profile: str | None


def admit(slack_id: str, profile: SlackProfile | None, crm_user: CrmUser | None, access: Access) -> Person:
    """Give a role to a Slack user.

    Args:
        slack_id: who asks.
        profile: what Slack says of them; None when Slack does not know them.
        crm_user: the active CRM user with the same e-mail, if there is exactly one.
        access: which CRM profiles are administrators and managers.
    """
    if profile is None:
        return _refused(slack_id, "somebody", None, "Slack does not say who you are.")
    if profile.is_bot:
        return _refused(slack_id, profile.name, None, "Other apps are not answered.")
    if profile.is_guest:
        return _refused(
            slack_id, profile.name, profile.email, "Guests of this workspace see no account data."
        )
    if crm_user is None:
        return _refused(
            slack_id,
            profile.name,
            profile.email,
            f"No active CRM user has your e-mail {profile.email or '(none)'}; an administrator can add one.",
        )
    return Person(slack_id, crm_user.name, profile.email, crm_user.id, _role(crm_user.profile, access))


def _role(profile: str | None, access: Access) -> Role:
    if profile in access.admin_profiles:
        return Role.ADMIN
    return Role.MANAGER if profile in access.manager_profiles else Role.MEMBER


def _refused(slack_id: str, name: str, email: str | None, reason: str) -> Person:
    return Person(slack_id, name, email, None, Role.NOBODY, reason)
