"""Zoho Books, Invoice, Inventory and Billing behind the port ``FinanceReader``. Nothing writes to them."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

import requests

from connector.access_ports import CallBook
from connector.errors import Fatal, NeedsPerson, NotOffered, Skippable
from connector.finance_lists import CONTACT, ITEM, PER_PAGE, FinanceList, Product
from connector.finance_ports import (
    ContactDetail,
    DocumentDetail,
    Echo,
    FinanceDocument,
    FinanceOrganisation,
    FinancePage,
    FinanceRow,
    FinanceSingle,
    ListRequest,
    Pace,
)
from connector.ports import Clock
from connector.zoho import finance_documents as documents
from connector.zoho import finance_values as values
from connector.zoho.auth import TokenSource
from connector.zoho.finance_canonical import as_listed
from connector.zoho.finance_http import FinanceAnswer, FinanceHttp, Params
from connector.zoho.finance_products import PRODUCTS, ROWS, SINGLES, everything
from connector.zoho.finance_refusals import Absent, FinanceExchange, WrongOrganisation, quoted

COUNT_ONLY = 2  # response_option: the number of rows and no row
NO_ACCOUNT = "0"  # no CRM record has this id
MONTH_NAMES = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)


class FinanceClient:
    """One organisation of one Finance product, read at the organisation's pace.

    Args:
        product: which one.
        tokens: access tokens; they say at which API host.
        organization_id: the organisation; None for the default one of the credentials.
        book, pace: the ledger and the pace of all processes.
    """

    def __init__(
        self,
        product: Product,
        tokens: TokenSource,
        organization_id: str | None,
        book: CallBook,
        pace: Pace,
        clock: Clock,
        *,
        session: requests.Session | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._facts = PRODUCTS[product]
        self._product: Product = product
        self._wanted = organization_id
        self._organization_id = organization_id
        self._http = FinanceHttp(tokens, book, pace, clock, session=session, sleep=sleep)
        self._context = values.Context("", ZoneInfo("UTC"), self._facts.modified)
        self._filters_honoured: dict[str, bool] = {}

    @property
    def product(self) -> Product:
        """Which product."""
        return self._product

    @property
    def wanted(self) -> str | None:
        """The organisation's id that was configured."""
        return self._wanted

    @property
    def calls(self) -> int:
        """How many calls were sent so far."""
        return self._http.calls

    def organisations(self) -> tuple[FinanceOrganisation, ...]:
        """Every organisation that the credentials reach."""
        body = self._get("organizations").body
        return tuple(_organisation(row) for row in _rows(body, ("organizations",)))

    def use(self, organisation: FinanceOrganisation) -> None:
        """Read this one from now on."""
        self._organization_id = organisation.id
        zone = ZoneInfo(organisation.time_zone)
        self._context = values.Context(organisation.currency, zone, self._facts.modified)

    def page(self, request: ListRequest) -> FinancePage:
        """One page of a list; every list is asked for everything, active or not."""
        name = request.list.name
        asked = everything(name)
        params: dict[str, str | int] = {"page": request.page, "per_page": PER_PAGE, "filter_by": asked}
        if request.sort is not None:
            params["sort_column"], params["sort_order"] = request.sort
        if request.since is not None:
            # With the organisation's offset and no colon in it, as the lists themselves write stamps.
            params["last_modified_time"] = request.since.astimezone(self._context.zone).strftime(
                "%Y-%m-%dT%H:%M:%S%z"
            )
        choosy = request.sort is not None or request.since is not None
        return self._page(request, asked, self._get(name, params, is_choosy=choosy))

    def count(self, of: FinanceList) -> int | None:
        """How many rows a list has; None when it does not say."""
        params: Params = {"response_option": COUNT_ONLY, "filter_by": everything(of.name)}
        context = self._get(of.name, params).body.get("page_context")
        total = context.get("total") if isinstance(context, Mapping) else None
        return total if isinstance(total, int) and not isinstance(total, bool) and total >= 0 else None

    def contact(self, of: FinanceList, identifier: str) -> ContactDetail | None:
        """A single contact's CRM ids."""
        row = self._single(of, identifier)
        return _contact_detail(identifier, row) if row is not None else None

    def document(self, of: FinanceList, identifier: str) -> DocumentDetail | None:
        """A single document's lines and amounts. Skippable when one of them cannot be used."""
        row = self._single(of, identifier)
        return documents.detail(of.kind, row, self._context) if row is not None else None

    def single(self, of: FinanceList, identifier: str, held: str | None) -> FinanceSingle | None:
        """A single row as lists give it, with what only it says. Skippable when it cannot be used."""
        row = self._single(of, identifier)
        if row is None:
            return None
        return FinanceSingle(
            self._row(of.kind, as_listed(row, held)),
            _contact_detail(identifier, row) if of.kind == CONTACT else None,
            documents.detail(of.kind, row, self._context) if of.has_lines else None,
        )

    def exists(self, of: FinanceList, identifier: str) -> bool:
        """Whether a row exists."""
        return self._single(of, identifier) is not None

    def contacts_of(self, of: FinanceList, crm_account_id: str) -> tuple[str, ...]:
        """The contacts that belong to a CRM account.

        A filter that a list does not know is passed over silently, so an account that cannot exist is asked
        for first.
        """
        if of.name not in self._filters_honoured:
            self._filters_honoured[of.name] = not self._filtered(of, NO_ACCOUNT)
        if not self._filters_honoured[of.name]:
            raise NotOffered("the filter zcrm_account_id is ignored")
        return self._filtered(of, crm_account_id)

    def _filtered(self, of: FinanceList, crm_account_id: str) -> tuple[str, ...]:
        params: Params = {"zcrm_account_id": crm_account_id, "per_page": PER_PAGE}
        body = self._get(of.name, params, is_choosy=True).body
        return tuple(
            values.identifier(row, "contact_id", "customer_id") for row in _rows(body, _keys(of.name))
        )

    def _single(self, of: FinanceList, identifier: str) -> Mapping[str, Any] | None:
        try:
            body = self._get(of.name, path=f"{of.name}/{identifier}").body
        except Absent:
            return None
        row = body.get(SINGLES[of.name])
        if not isinstance(row, Mapping):
            raise Fatal(f"Zoho Finance's answer for one of {of.name} has no {SINGLES[of.name]} in it.")
        return row

    def _get(
        self,
        name: str,
        params: Params | None = None,
        *,
        path: str | None = None,
        is_choosy: bool = False,
    ) -> FinanceAnswer:
        shown = f"GET {self._product} {name}{'/id' if path else ''}"
        exchange = FinanceExchange(self._facts, name, shown, is_choosy)
        try:
            return self._http.get(exchange, self._organization_id, params, path=path)
        except WrongOrganisation as error:
            if name == "organizations":
                raise
            raise self._named(error) from None

    def _named(self, error: WrongOrganisation) -> NeedsPerson:
        """The refusal of an organisation, with those that exist."""
        found = ", ".join(f"{quoted(one.name)} ({one.id})" for one in self.organisations())
        return NeedsPerson(
            error.what_happened,
            f"Set organization_id of {self._product} to one of: {found or 'none is reached'}.",
        )

    def _page(self, request: ListRequest, asked: str, answer: FinanceAnswer) -> FinancePage:
        rows = _rows(answer.body, _keys(request.list.name))
        read: list[FinanceRow] = []
        unreadable: list[tuple[str, str]] = []
        for row in rows:
            try:
                read.append(self._row(request.list.kind, row))
            except Skippable as error:
                unreadable.append((_name_of(request.list, row), error.what_happened))
        context = answer.body.get("page_context")
        context = context if isinstance(context, Mapping) else {}
        more = context.get("has_more_page")
        return FinancePage(
            rows=tuple(read),
            more=more if isinstance(more, bool) else len(rows) >= PER_PAGE,
            echo=_echo(context),
            unreadable=tuple(unreadable),
            notices=_notices(read, self._context.currency),
            asked_filter=asked,
            read_at=answer.read_at,
        )

    def _row(self, kind: str, row: Mapping[str, Any]) -> FinanceRow:
        if kind == CONTACT:
            return values.contact(row, self._context)
        if kind == ITEM:
            return values.item(row, self._context)
        return documents.document(kind, row, self._context)


def _contact_detail(identifier: str, row: Mapping[str, Any]) -> ContactDetail:
    return ContactDetail(identifier, values.text(row, "zcrm_account_id"), values.text(row, "zcrm_contact_id"))


def _keys(name: str) -> tuple[str, ...]:
    return ROWS.get(name, (name,))


def _rows(body: Mapping[str, Any], keys: Sequence[str]) -> list[Mapping[str, Any]]:
    found = next((body[key] for key in keys if key in body), None)
    if not isinstance(found, list) or not all(isinstance(row, Mapping) for row in found):
        raise Fatal(f"Zoho Finance's answer has no list {keys[0]} in it.")
    return found


def _name_of(of: FinanceList, row: Mapping[str, Any]) -> str:
    keys = {CONTACT: ("contact_id", "customer_id"), ITEM: ("item_id",)}.get(of.kind)
    try:
        return values.identifier(row, *(keys or (documents.SHAPES[of.kind].id,)))
    except Skippable:
        return "?"


def _echo(context: Mapping[str, Any]) -> Echo:
    page = context.get("page")
    return Echo(
        page if isinstance(page, int) and not isinstance(page, bool) else None,
        values.text(context, "applied_filter"),
        values.text(context, "sort_column"),
        values.text(context, "sort_order"),
    )


def _notices(rows: Sequence[FinanceRow], currency: str) -> tuple[str, ...]:
    """What is odd about documents, counted: unknown statuses, and currencies without a rate."""
    odd: Counter[str] = Counter()
    for row in rows:
        if not isinstance(row, FinanceDocument):
            continue
        if not documents.is_known(row.kind, row.status or ""):
            odd[f"with the unknown status “{quoted(row.status)[:40]}”, which does not count"] += 1
        if row.total_minor is None and row.currency != currency:
            odd[f"in {quoted(row.currency)[:10]} without an exchange rate in the list"] += 1
    return tuple(f"{count} {what}" for what, count in sorted(odd.items()))


def _organisation(row: Mapping[str, Any]) -> FinanceOrganisation:
    """An organisation; a zone that this machine does not know is read as UTC."""
    zone = values.text(row, "time_zone") or "UTC"
    try:
        ZoneInfo(zone)
    except (ValueError, OSError, KeyError):
        zone = "UTC"
    return FinanceOrganisation(
        id=values.identifier(row, "organization_id"),
        name=values.text(row, "name") or "",
        currency=values.text(row, "currency_code") or "",
        time_zone=zone,
        fiscal_year_starts=_month(row.get("fiscal_year_start_month")),
        plan=values.text(row, "plan_name"),
        is_default=row.get("is_default_org") is True,
    )


def _month(said: object) -> int | None:
    """A month from 1 to 12: Zoho writes 0 to 11, "1" or "april"."""
    if isinstance(said, int) and not isinstance(said, bool):
        return said + 1 if 0 <= said < len(MONTH_NAMES) else None
    word = said.strip().lower() if isinstance(said, str) else ""
    if word in MONTH_NAMES:
        return MONTH_NAMES.index(word) + 1
    return int(word) if word.isdecimal() and 1 <= int(word) <= len(MONTH_NAMES) else None
