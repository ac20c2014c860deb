"""What to offer an account, and to which accounts to offer a product, as the last run found it."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Final

from bot.app.answering.pages import framed, rows_of_a_page, with_table
from bot.app.answers import Answer
from bot.app.errors import ConfigurationError, UserError
from bot.app.offers import CHANCE_PARTS, Among, Offer, Recommended, Recommending, because, expected_on
from bot.app.people import Person
from bot.app.ports import AccountBook
from bot.app.tables import AnswerTable, Cell, CellType, TableColumn
from bot.app.wording import counted, day
from bot.language.question import Question
from scoring.recommendations.wording import written_chance

_SAYS: Final = (
    TableColumn("kind", "Kind"),
    TableColumn("chance", "Chance", CellType.PERCENT),
    TableColumn("value", "Expected value", CellType.MONEY),
    TableColumn("expected", "Expected", CellType.DAY),
    TableColumn("until", "Holds until", CellType.DAY),
    TableColumn("because", "Because"),
)
OFFER_COLUMNS: Final = (TableColumn("product", "Product"), *_SAYS)
PROSPECT_COLUMNS: Final = (
    TableColumn("account", "Account", CellType.ACCOUNT),
    TableColumn("owner", "Owner"),
    TableColumn("product", "Offer"),
    *_SAYS,
)


class OfferAnswers:
    """Answers what to offer whom."""

    def __init__(self, recommending: Recommending, book: AccountBook) -> None:
        self._recommending = recommending
        self._book = book

    def offers(self, question: Question, _person: Person, empty: Answer) -> Answer:
        """What to offer one account, the likeliest first."""
        answer = replace(empty, kind=question.kind)
        try:
            found = self._recommending.recommend_to(question.account_id or "")
        except (ConfigurationError, UserError) as error:
            return replace(answer, read_as="what to offer an account", said=str(error))
        answer = replace(answer, read_as=f"what to offer the account {found.about}")
        page = found.offers[answer.offset :][: rows_of_a_page(question)]
        rows = tuple((one.what, *_says(one)) for one in page)
        answer = with_table(answer, AnswerTable(OFFER_COLUMNS, rows, found.total))
        return replace(answer, said=_said_of_offers(found), remarks=(_source(found),))

    def prospects(self, question: Question, _person: Person, empty: Answer) -> Answer:
        """To whom to offer one product, the likeliest first.

        Raises:
            CriteriaError: criteria that do not fit the fields any more.
        """
        answer = framed(question, empty, self._book)
        among = Among(question.criteria, rows_of_a_page(question), answer.offset)
        try:
            found = self._recommending.pitch_among(question.product or "", among)
        except (ConfigurationError, UserError) as error:
            return replace(answer, said=str(error))
        rows = tuple((one.account, one.owner, one.what, *_says(one)) for one in found.offers)
        answer = with_table(answer, AnswerTable(PROSPECT_COLUMNS, rows, found.total))
        return replace(
            answer,
            read_as=" · ".join((f"accounts to offer {found.about} to", *answer.read_as.split(" · ")[1:])),
            said=_said_of_prospects(found),
            remarks=(_source(found),),
        )


def _says(one: Offer) -> tuple[Cell, ...]:
    return (
        one.kind.replace("_", " "),
        Decimal(one.probability) / CHANCE_PARTS,
        one.value_minor,
        expected_on(one.kind, one.details),
        one.expires_on,
        because(one.kind, one.details),
    )


def _said_of_offers(found: Recommended) -> str:
    if not found.offers:
        return f"Nothing is recommended for {found.about} now."
    best = found.offers[0]
    chance = f"{written_chance(best.probability / CHANCE_PARTS)} by {day(best.expires_on)}"
    if found.total == 1:
        return f"Offer {found.about} {best.what}: {chance}."
    return f"{counted(found.total, 'offer')} for {found.about}; the likeliest is {best.what}: {chance}."


def _said_of_prospects(found: Recommended) -> str:
    if not found.total:
        return f"{found.about} is recommended for no account that meets the criteria now."
    return f"{found.about} is recommended for {counted(found.total, 'account')}, the likeliest first."


def _source(found: Recommended) -> str:
    return f"By '{found.segmentation}', as of its last run."
