"""Recommendations as people read them: what to offer an account, to whom to offer a product, and what not."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Protocol

import orjson

from bot.app.config.shape import nearest
from bot.app.errors import ConfigurationError, UserError
from bot.app.ports import AccountBook, Audit, Clock, NamedAccount
from scoring.config import Configuration
from scoring.criteria.tree import Always, Node
from scoring.recommendations.config import Kind, RecommendationSegmentation
from scoring.wording import counted, written_day

CHANCE_PARTS, LIFT_PARTS = 1_000_000, 1_000
DISMISSED = "dismiss_offer"
LONGEST_REASON = 500
TERMINAL = "terminal"


@dataclass(frozen=True, slots=True)
class Offer:
    """A recommendation of one product, or of two together.

    Attributes:
        segmentation: that says so.
        owner: the account's owner; None when nobody is.
        kind: of ``scoring.recommendations.config.Kind``.
        with_product: the other one of a bundle.
        probability: in millionths.
        lift: how many times as likely as for accounts in general, in thousandths.
        value_minor: probability times the usual amount.
        expires_on: the last day on which it is worth something.
        details: JSON: what speaks for it, see ``because``.
    """

    segmentation: str
    account_id: str
    account: str
    owner: str | None
    kind: str
    product_id: str
    product: str
    with_product: str | None
    probability: int
    lift: int
    value_minor: int
    expires_on: date
    details: str | None

    @property
    def what(self) -> str:
        """What is offered, by name."""
        return self.product if self.with_product is None else f"{self.product} + {self.with_product}"

    def as_json(self) -> dict[str, Any]:
        """For ``--json``: chances and lifts as fractions."""
        return {
            "account_id": self.account_id,
            "account": self.account,
            "owner": self.owner,
            "kind": self.kind,
            "product_id": self.product_id,
            "product": self.product,
            "with_product": self.with_product,
            "probability": self.probability / CHANCE_PARTS,
            "lift": self.lift / LIFT_PARTS,
            "value_minor": self.value_minor,
            "expires_on": self.expires_on,
            "why": because(self.kind, self.details),
        }


@dataclass(frozen=True, slots=True)
class Dismissal:
    """Somebody said that a product is not to be offered to an account for now."""

    account_id: str
    product_id: str
    day: date
    by: str
    reason: str


@dataclass(frozen=True, slots=True)
class Among:
    """Of which accounts, how many, and after how many."""

    criteria: Node
    limit: int
    offset: int = 0


class Offers(Protocol):
    """Reading recommendations; those that were dismissed after ``since``, or are over, are left out."""

    def products(self) -> Mapping[str, str]:
        """The names of everything that is sold, by id."""
        ...

    def account_name(self, account_id: str) -> str | None:
        """An account's name, or its id where it has none; None when there is no such account."""
        ...

    def of_account(self, segmentation: str, account_id: str, today: date, since: date) -> list[Offer]:
        """What to offer an account, the likeliest first."""
        ...

    def for_product(
        self, segmentation: str, product_id: str, today: date, since: date, among: Among
    ) -> tuple[list[Offer], int]:
        """To whom to offer a product, the likeliest first, each account once; and how many there are in all.

        Raises:
            CriteriaError: criteria that do not fit the accounts' fields.
        """
        ...


class Dismissals(Protocol):
    """Keeping what is not to be offered."""

    def add(self, dismissal: Dismissal, at: datetime) -> None:
        """Keep one, in the place of an earlier one of the same pair, and have the account scored again."""
        ...


@dataclass(frozen=True, slots=True)
class Recommended:
    """What was asked for and found.

    Attributes:
        about: the account's or the product's name.
        segmentation: that was read.
        currency: ISO code of the values.
        offers: the likeliest first.
        total: how many there are, where only some are here.
    """

    about: str
    segmentation: str
    currency: str
    offers: tuple[Offer, ...]
    total: int

    def as_json(self) -> dict[str, Any]:
        """For ``--json``."""
        return {
            "about": self.about,
            "segmentation": self.segmentation,
            "currency": self.currency,
            "offers": [one.as_json() for one in self.offers],
        }


class Recommending:
    """The use case. What is said is what the last run found."""

    def __init__(
        self,
        offers: Offers,
        dismissals: Dismissals,
        book: AccountBook,
        configuration: Callable[[], Configuration],
        audit: Audit,
        clock: Clock,
    ) -> None:
        self._offers = offers
        self._dismissals = dismissals
        self._book = book
        self._configuration = configuration
        self._audit = audit
        self._clock = clock

    def recommend(self, account: str, segmentation: str | None = None) -> Recommended:
        """What to offer an account.

        Raises:
            UserError: no such account or segmentation; names the nearest.
            ConfigurationError: no segmentation recommends anything.
        """
        chosen = self._segmentation(segmentation)
        return self._of_account(chosen, self._account(account))

    def recommend_to(self, account_id: str) -> Recommended:
        """What to offer the account with that id. Raises as ``recommend``."""
        name = self._offers.account_name(account_id)
        if name is None:
            raise UserError("That account is not in the copy of the CRM any more.")
        return self._of_account(self._segmentation(None), NamedAccount(account_id, name))

    def pitch(self, product: str, limit: int, segmentation: str | None = None) -> Recommended:
        """To whom to offer a product. Raises as ``recommend``, likewise for the product."""
        chosen = self._segmentation(segmentation)
        product_id, name = self._product(product)
        return self._for_product(chosen, product_id, name, Among(Always(), limit))

    def pitch_among(self, product_id: str, among: Among) -> Recommended:
        """To which of the accounts that meet criteria to offer a product.

        Raises:
            UserError: no such product.
            ConfigurationError: no segmentation recommends anything.
            CriteriaError: criteria that do not fit the accounts' fields.
        """
        chosen, name = self._segmentation(None), self._offers.products().get(product_id)
        if name is None:
            raise UserError("That product is not in the copy of the CRM any more.")
        return self._for_product(chosen, product_id, name, among)

    def _of_account(self, chosen: RecommendationSegmentation, one: NamedAccount) -> Recommended:
        today = self._book.today()
        found = self._offers.of_account(chosen.name, one.id, today, dismissals_hold_from(today, chosen))
        return Recommended(one.name, chosen.name, self._book.currency(), tuple(found), len(found))

    def _for_product(
        self, chosen: RecommendationSegmentation, product_id: str, name: str, among: Among
    ) -> Recommended:
        today = self._book.today()
        since = dismissals_hold_from(today, chosen)
        found, total = self._offers.for_product(chosen.name, product_id, today, since, among)
        return Recommended(name, chosen.name, self._book.currency(), tuple(found), total)

    def dismiss(self, account: str, product: str, reason: str, by: str, *, keep: bool = True) -> str:
        """Offer a product to an account no more for a horizon; a sentence that says so.

        Args:
            account: its name or id.
            product: its name or id.
            reason: why, for the record and for whoever learns from it.
            by: who says so.
            keep: False only says what would be done.

        Raises:
            UserError: no such account or product, no reason, or one that is too long.
            ConfigurationError: as ``recommend``.
        """
        chosen, one = self._segmentation(None), self._account(account)
        product_id, name = self._product(product)
        reason = _checked(reason)
        today = self._book.today()
        again = written_day(today + timedelta(days=chosen.horizon_days))
        if not keep:
            return f"{name} would not be offered to {one.name} before {again}."
        at = self._clock.now()
        self._dismissals.add(Dismissal(one.id, product_id, today, by, reason), at)
        self._audit.record(by, DISMISSED, f"{one.id}:{product_id}", reason, TERMINAL)
        return f"{name} is not offered to {one.name} before {again}."

    def _segmentation(self, name: str | None) -> RecommendationSegmentation:
        known = self._configuration().of(RecommendationSegmentation)
        if not known:
            raise ConfigurationError(
                "No segmentation recommends anything.",
                "Add one of the technique recommendations to the document, apply it, and run "
                "`bellwether score`.",
            )
        if name is None:
            return known[0]
        for one in known:
            if one.name.casefold() == name.casefold():
                return one
        names = [one.name for one in known]
        raise UserError(f"There is no segmentation '{name}' that recommends.{nearest(name, names)}")

    def _account(self, given: str) -> NamedAccount:
        accounts = self._book.words().accounts
        found = [
            one for one in accounts if given.strip().casefold() in {one.name.casefold(), one.id.casefold()}
        ]
        if len(found) > 1:
            ids = ", ".join(one.id for one in found)
            raise UserError(f"{len(found)} accounts are called '{given}'.", f"Give the id of one: {ids}.")
        if not found:
            raise UserError(f"There is no account '{given}'.{nearest(given, [one.name for one in accounts])}")
        return found[0]

    def _product(self, given: str) -> tuple[str, str]:
        products = self._offers.products()
        wanted = given.strip().casefold()
        found = [(one, name) for one, name in products.items() if wanted in {name.casefold(), one.casefold()}]
        if len(found) > 1:
            ids = ", ".join(one for one, _ in found)
            raise UserError(f"{len(found)} products are called '{given}'.", f"Give the id of one: {ids}.")
        if not found:
            raise UserError(f"There is no product '{given}'.{nearest(given, list(products.values()))}")
        return found[0]


def expected_on(kind: str, details: str | None) -> date | None:
    """The day on which a product that is bought again and again is due; None where there is no rhythm."""
    known = {} if details is None or kind != Kind.REPEAT_BUY else orjson.loads(details)
    if known.get("usual") is None:
        return None
    return date.fromisoformat(known["last"]) + timedelta(days=known["usual"])


def because(kind: str, details: str | None) -> str:
    """What speaks for a recommendation, in a few words."""
    known = {} if details is None else orjson.loads(details)
    if kind == Kind.BUNDLE:
        return "often ordered together"
    if kind == Kind.FIRST_BUY:
        return "accounts like it began with it" if known.get("like") else "many accounts began with it"
    if kind == Kind.REPEAT_BUY:
        return ", ".join(_habit(known))
    said = [words for key, words in _SAID.items() if known.get(key)]
    return " and ".join(said) or "bought by many of late"


_SAID: Mapping[str, str] = {"like": "accounts like it buy it", "goes": "goes with what it has"}


def _habit(known: Mapping[str, Any]) -> Iterator[str]:
    last = written_day(date.fromisoformat(known["last"]))
    if known["times"] == 1:
        yield f"bought once, on {last}"
        return
    yield f"bought {known['times']:,} times, last on {last}"
    if known.get("usual") is not None:
        yield f"usually every {counted(known['usual'], 'day')}"


def dismissals_hold_from(today: date, segmentation: RecommendationSegmentation) -> date:
    """Dismissals after this day hold: for a horizon."""
    return today - timedelta(days=segmentation.horizon_days)


def _checked(reason: str) -> str:
    reason = " ".join(reason.split())
    if not reason:
        raise UserError("A dismissal needs a reason.", 'Add --reason "they have their own".')
    if len(reason) > LONGEST_REASON:
        raise UserError(f"The reason is longer than {LONGEST_REASON} characters.", "Say it shorter.")
    return reason
