"""Mailing lists: the contacts of accounts by role and keyword. Their columns, and who is left out. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import IntEnum
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


class LeftOut(IntEnum):
    """Why a contact is not in a list. Of several reasons the first is told."""

    OPTED_OUT = 1  # in the CRM
    OPTED_OUT_OF_MAILINGS = 2  # in Zoho Campaigns
    MARKED_AS_SPAM = 3
    WITHOUT_ADDRESS = 4
    SAME_ADDRESS = 5


# The events of engagement with which somebody says that they want no e-mail.
REFUSALS: Final[Mapping[str, LeftOut]] = {
    "mailing_opted_out": LeftOut.OPTED_OUT_OF_MAILINGS,
    "mailing_marked_as_spam": LeftOut.MARKED_AS_SPAM,
}
_SAID: Final[Mapping[LeftOut, str]] = {
    LeftOut.OPTED_OUT: "opted out of e-mail",
    LeftOut.OPTED_OUT_OF_MAILINGS: "opted out of mailings",
    LeftOut.MARKED_AS_SPAM: "marked a mailing as spam",
    LeftOut.WITHOUT_ADDRESS: "without an address",
    LeftOut.SAME_ADDRESS: "with the same address as another",
}


@dataclass(frozen=True, slots=True)
class ContactCount:
    """How many contacts a mailing list has, and how many are left out of it.

    Attributes:
        rows: in the list.
        left_out: by reason; one that is not there is of nobody.
        opt_out_known: False when the CRM's field that tells it is not among those that are read.
    """

    rows: int
    left_out: Mapping[LeftOut, int]
    opt_out_known: bool = True

    @property
    def remark(self) -> str | None:
        """For a person; None when there is nothing to say."""
        numbers = ((self.left_out.get(one, 0), said) for one, said in _SAID.items())
        left = [f"{counted(number, 'contact')} {said}" for number, said in numbers if number]
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
