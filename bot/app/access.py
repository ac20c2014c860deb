"""Who somebody is and what they may do: decided from what Slack and the CRM say. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.app.people import APP, Person, Role
from bot.app.ports import SlackProfile
from bot.app.scope import EVERYTHING, NOTHING, Scope, Whose, team_of
from scoring.config import Access

NO_TERRITORIES = (
    "Your role sees the accounts of your territories, but {missing}. An administrator can switch territories "
    "on in the CRM and sync again, or choose own or team for your role under access: scopes: in the "
    "configuration."
)

GROUPS_UNKNOWN = "Slack does not say right now which user groups you are in. Try again in a minute."


@dataclass(frozen=True, slots=True)
class CrmUser:
    """A CRM user, as far as access goes.

    Attributes:
        territories: ids of those that the user belongs to; None when the copy says nothing about territories.
    """

    id: str
    name: str
    profile: str | None
    territories: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """What is known beside the person: asked for only as far as the configuration needs it.

    Attributes:
        groups: handles of the Slack user groups that the person is in, folded; None: Slack does not say.
        managers: CRM user id -> the id of their manager.
        territories_of_accounts: whether the copy knows the territories of accounts.
    """

    groups: frozenset[str] | None = frozenset()
    managers: Mapping[str, str | None] = field(default_factory=dict)
    territories_of_accounts: bool = False


def admit(
    slack_id: str,
    profile: SlackProfile | None,
    crm_user: CrmUser | None,
    access: Access,
    known: Known | None = None,
) -> Person:
    """Give a role and a scope to a Slack user.

    Args:
        slack_id: who asks.
        profile: what Slack says of them; None when Slack does not know them.
        crm_user: the active CRM user with the same e-mail, if there is exactly one.
        access: which people, user groups and CRM profiles have which role, and what the roles see.
        known: user groups, managers, territories.
    """
    reason = _reason(profile, crm_user)
    if profile is None or crm_user is None or reason is not None:
        name, email = (profile.name, profile.email) if profile else ("somebody", None)
        return _refused(slack_id, name, email, reason or "")
    known = known or Known()
    role = _role(profile.email, crm_user.profile, known.groups, access)
    scope = GROUPS_UNKNOWN if role is None else scope_of(role, crm_user, access, known)
    if role is None or isinstance(scope, str):
        return _refused(slack_id, profile.name, profile.email, str(scope))
    return Person(slack_id, crm_user.name, profile.email, crm_user.id, role, scope=scope)


def _reason(profile: SlackProfile | None, crm_user: CrmUser | None) -> str | None:
    """Why somebody gets nothing whatever their role would be."""
    if profile is None:
        return "Slack does not say who you are."
    if profile.is_bot:
        return APP
    if profile.is_guest:
        return "Guests of this workspace see no account data."
    if crm_user is None:
        email = profile.email or "(none)"
        return f"No active CRM user has your e-mail {email}; an administrator can add one."
    return None


def _role(
    email: str | None, crm_profile: str | None, groups: frozenset[str] | None, access: Access
) -> Role | None:
    """By name first, then by user group, then by CRM profile; None when the groups cannot be known.

    Without them nobody falls back to the profile: a group may be there to allow less.
    """
    named = {one.strip().casefold(): role for one, role in access.people.items()}.get(
        (email or "").casefold()
    )
    if named is not None:
        return Role[named.upper()]
    if access.user_groups:
        if groups is None:
            return None
        given = [role for one, role in access.user_groups.items() if handle(one) in groups]
        if given:  # who is in several may do what each of them allows
            return max(Role[one.upper()] for one in given)
    for profiles, role in (
        (access.admin_profiles, Role.ADMIN),
        (access.manager_profiles, Role.MANAGER),
        (access.member_profiles, Role.MEMBER),
    ):
        if crm_profile in profiles:
            return role
    return Role.VIEWER


def everybody_sees_all(access: Access) -> bool:
    """Whether every role sees every account, so that whoever reads along may see what one of them sees.

    Of somebody who reads a channel nothing is asked: with one narrower scope there may be a reader who does
    not see the account.
    """
    return access.scopes.each() == {Whose.ALL}


def handle(group: str) -> str:
    """A user group as it is compared."""
    return group.strip().removeprefix("@").casefold()


def scope_of(role: Role, user: CrmUser, access: Access, known: Known) -> Scope | str:
    """Whose accounts a CRM user in a role sees, or why that cannot be said.

    Administrators see every account: they could give themselves the right.
    """
    scopes = access.scopes
    seen = {Role.ADMIN: Whose.ALL, Role.MANAGER: scopes.manager, Role.MEMBER: scopes.member}
    whose, own = Whose(seen.get(role, scopes.viewer)), frozenset({user.id})
    if whose is Whose.TERRITORY:
        return _territory(own, user, known)
    if whose is Whose.TEAM:
        return Scope(whose, team_of(user.id, known.managers))
    return EVERYTHING if whose is Whose.ALL else Scope(whose, own)


def _territory(own: frozenset[str], user: CrmUser, known: Known) -> Scope | str:
    if not known.territories_of_accounts:
        return NO_TERRITORIES.format(missing="the copy of the CRM has no territories of accounts")
    if user.territories is None:
        return NO_TERRITORIES.format(missing="the CRM does not say which territories you belong to")
    return Scope(Whose.TERRITORY, own, user.territories)


def _refused(slack_id: str, name: str, email: str | None, reason: str) -> Person:
    return Person(slack_id, name, email, None, Role.NOBODY, reason, NOTHING)
