"""Which CRM account a Finance contact belongs to, found in the database: all contacts in one statement.

In this order: its own CRM account, the account of its own CRM contact, the account of the deals on its
documents, of a CRM contact with its e-mail address, and the account of exactly its name. A way that leads to
several accounts leads to none.
"""

from __future__ import annotations

from sqlalchemy import (
    Connection,
    Select,
    Subquery,
    and_,
    case,
    func,
    literal,
    null,
    or_,
    select,
    update,
)

from connector.cache.finance_tables import FinanceContactRow, FinanceDocumentRow
from connector.cache.tables import AccountRow, ContactRow, TransactionRow, table_of

_ACCOUNT = table_of(AccountRow)
_PERSON = table_of(ContactRow)
_DEAL = table_of(TransactionRow)
_CONTACT = table_of(FinanceContactRow)
_DOCUMENT = table_of(FinanceDocumentRow)


def link_contacts(connection: Connection, source: str) -> int:
    """Write the accounts of a product's contacts anew; how many changed."""
    found = _found(source)
    changed = connection.execute(
        update(_CONTACT)
        .where(
            _CONTACT.c.source == source,
            _CONTACT.c.id == found.c.id,
            or_(
                _CONTACT.c.account_id.is_distinct_from(found.c.account_id),
                _CONTACT.c.link.is_distinct_from(found.c.link),
            ),
        )
        .values(account_id=found.c.account_id, link=found.c.link)
    )
    return changed.rowcount


def link_documents(connection: Connection, source: str) -> frozenset[str]:
    """Write the accounts of a product's documents anew; the accounts that gained or lost counting ones.

    Among them those of the deals that these documents name: a deal counts only without its documents.
    """
    found = document_accounts(source).subquery("found")
    differs = and_(
        _DOCUMENT.c.source == source,
        _DOCUMENT.c.kind == found.c.kind,
        _DOCUMENT.c.id == found.c.id,
        _DOCUMENT.c.account_id.is_distinct_from(found.c.account_id),
    )
    pairs = (
        select(_DOCUMENT.c.account_id, found.c.account_id.label("new"), _DEAL.c.account_id.label("of_deal"))
        .select_from(_DOCUMENT)
        .join(found, differs)
        .outerjoin(_DEAL, _DEAL.c.id == _DOCUMENT.c.deal_id)
        .where(_DOCUMENT.c.counts)
        .distinct()
    )
    touched = {one for row in connection.execute(pairs) for one in row if one}
    connection.execute(update(_DOCUMENT).where(differs).values(account_id=found.c.account_id))
    return frozenset(touched)


def document_accounts(source: str) -> Select[tuple[str, str, str | None]]:
    """(kind, id, account_id) of a product's documents: their contact's account, else their own deal's."""
    contact = and_(_CONTACT.c.source == _DOCUMENT.c.source, _CONTACT.c.id == _DOCUMENT.c.contact_id)
    return (
        select(
            _DOCUMENT.c.kind,
            _DOCUMENT.c.id,
            func.coalesce(_CONTACT.c.account_id, _DEAL.c.account_id).label("account_id"),
        )
        .select_from(_DOCUMENT)
        .outerjoin(_CONTACT, contact)
        .outerjoin(_DEAL, _DEAL.c.id == _DOCUMENT.c.deal_id)
        .where(_DOCUMENT.c.source == source)
    )


def _found(source: str) -> Subquery:
    deal, email, name, company = _by_deal(source), _by_email(source), _by_name("name"), _by_name("company")
    own = func.coalesce(_ACCOUNT.c.id, _PERSON.c.account_id)
    named = func.coalesce(name.c.account_id, company.c.account_id)
    folded_name, folded_company = func.bw_fold(_CONTACT.c.name), func.bw_fold(_CONTACT.c.company)
    link = case(
        (own.is_not(None), literal("crm")),
        (deal.c.account_id.is_not(None), literal("deal")),
        (email.c.account_id.is_not(None), literal("email")),
        (named.is_not(None), literal("name")),
        (_CONTACT.c.crm_account_id.is_not(None), literal("none")),
        else_=null(),
    )
    return (
        select(
            _CONTACT.c.id,
            func.coalesce(own, deal.c.account_id, email.c.account_id, named).label("account_id"),
            link.label("link"),
        )
        .select_from(_CONTACT)
        .outerjoin(_ACCOUNT, _ACCOUNT.c.id == _CONTACT.c.crm_account_id)
        .outerjoin(_PERSON, _PERSON.c.id == _CONTACT.c.crm_contact_id)
        .outerjoin(deal, deal.c.contact_id == _CONTACT.c.id)
        .outerjoin(email, email.c.email == func.bw_fold(_CONTACT.c.email))
        .outerjoin(name, name.c.name == folded_name)
        .outerjoin(company, company.c.name == folded_company)
        .where(_CONTACT.c.source == source)
        .subquery("found")
    )


def _by_deal(source: str) -> Subquery:
    return (
        select(_DOCUMENT.c.contact_id, func.min(_DEAL.c.account_id).label("account_id"))
        .join(_DEAL, _DEAL.c.id == _DOCUMENT.c.deal_id)
        .where(
            _DOCUMENT.c.source == source, _DOCUMENT.c.deal_id.is_not(None), _DEAL.c.account_id.is_not(None)
        )
        .group_by(_DOCUMENT.c.contact_id)
        .having(func.count(_DEAL.c.account_id.distinct()) == 1)
        .subquery("by_deal")
    )


def _by_email(source: str) -> Subquery:
    folded = func.bw_fold(_PERSON.c.email)
    asked = select(func.bw_fold(_CONTACT.c.email)).where(
        _CONTACT.c.source == source, _CONTACT.c.email.is_not(None)
    )
    return (
        select(folded.label("email"), func.min(_PERSON.c.account_id).label("account_id"))
        .where(_PERSON.c.account_id.is_not(None), folded.in_(asked))
        .group_by(folded)
        .having(func.count(_PERSON.c.account_id.distinct()) == 1)
        .subquery("by_email")
    )


def _by_name(label: str) -> Subquery:
    folded = func.bw_fold(_ACCOUNT.c.name)
    return (
        select(folded.label("name"), func.min(_ACCOUNT.c.id).label("account_id"))
        .where(_ACCOUNT.c.name.is_not(None))
        .group_by(folded)
        .having(func.count() == 1)
        .subquery(f"by_{label}")
    )
