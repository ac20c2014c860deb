"""Mailing lists: the contacts of accounts by role and keyword. Their columns, and who is left out. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from bot.app.config.shape import nearest
from bot.app.errors import UserError
from bot.app.exporting_values import ColumnType, ExportColumn, Mailing
from bot.app.wording import counted

OPT_OUT: Final = "Email_Opt_Out"  # of the CRM's contacts
CONTACT_COLUMNS: Final = (
    ExportColumn("name", "Full_Name", "Name", ColumnType.TEXT),
    ExportColumn("title", "Title", "Title", ColumnType.TEXT),
    ExportColumn("email", "Email", "E-mail", ColumnType.TEXT),
    ExportColumn("phone", "Phone", "Phone", ColumnType.TEXT),
    ExportColumn("account", "Account_Name", "Account", ColumnType.TEXT),
    ExportColumn("account.label", "label", "Label", ColumnType.TEXT),
    ExportColumn("opt_out", OPT_OUT, "E-mail opt out", ColumnType.TRUTH),
)


@dataclass(frozen=True, slots=True)
class ContactCount:
    """How many contacts a mailing list has, and how many are left out because they cannot be written to.

    ``opt_out_known``: False when the CRM's field that tells it is not among those that are read.
    """

    rows: int
    opted_out: int
    without_address: int
    opt_out_known: bool = True

    @property
    def remark(self) -> str | None:
        """For a person; None when there is nothing to say."""
        left = []
        if self.opted_out:
            left.append(f"{counted(self.opted_out, 'contact')} opted out of e-mail")
        if self.without_address:
            left.append(f"{counted(self.without_address, 'contact')} without an address")
        said = [f"Left out: {', '.join(left)}."] if left else []
        if not self.opt_out_known:
            said.append(f"Who has opted out is not known: the CRM's field {OPT_OUT} cannot be read.")
        return " ".join(said) or None


def known_marks(wanted: Mailing, there: Mailing) -> Mailing:
    """Roles and keywords as they are spelled; each once.

    Raises:
        UserError: one that there is not.
    """
    return replace(
        wanted,
        roles=_known("role", wanted.roles, there.roles),
        keywords=_known("keyword", wanted.keywords, there.keywords),
    )


def mailing_said(mailing: Mailing) -> str:
    """For a person: ``contacts (Decision Maker; fair)``."""
    parts = (" or ".join(one) for one in (mailing.roles, mailing.keywords) if one)
    told = "; ".join(parts)
    return f"contacts ({told})" if told else "contacts"


def _known(noun: str, wanted: tuple[str, ...], there: tuple[str, ...]) -> tuple[str, ...]:
    spelled = {one.casefold(): one for one in there}
    found: dict[str, None] = {}
    for one in (name.strip() for name in wanted):
        if one.casefold() not in spelled:
            raise UserError(
                f"There is no contact {noun} '{one}'.{nearest(one, list(there))}",
                "`bellwether mark list` lists them.",
            )
        found[spelled[one.casefold()]] = None
    return tuple(found)
