"""Answering a question: read it, look it up in the account book, and say how it was read."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from bot.app.answers import AccountLine, Answer
from bot.app.columns import relevant
from bot.app.kept_index import KeptIndex, Runner, at_once
from bot.app.people import Person
from bot.app.ports import AccountBook
from bot.language.help import topics
from bot.language.question import Kind, NotUnderstood, Question, Sort
from bot.language.restate import read_as
from bot.language.understand import understand
from bot.language.vocabulary import Vocabulary
from scoring.config import Configuration
from scoring.criteria.errors import CriteriaError
from scoring.criteria.fields import Catalog
from scoring.criteria.tree import Always

PAGE_LINES = 10
MOST_LINES = 50  # a message in Slack shows a table of at most 100 rows; half of that is still read


# Answers one kind of question: the question, who asks, and the answer that has nothing in it but its frame.
Answerer = Callable[[Question, Person, Answer], Answer]
_NONE: Mapping[Kind, Answerer] = MappingProxyType({})


class Ask:
    """The use case of a question.

    The vocabulary of the organisation is built once for each version of data and configuration.
    """

    def __init__(
        self,
        book: AccountBook,
        configuration: Callable[[], Configuration],
        further: Mapping[Kind, Answerer] = _NONE,
        runner: Runner = at_once,
    ) -> None:
        """Put together.

        Args:
            book: the accounts.
            configuration: the one in force.
            further: answers the kinds that are no list, number or card of accounts.
            runner: where the vocabulary is built anew when data has changed.
        """
        self._book = book
        self._further = further
        self._index = KeptIndex(book, configuration, runner)

    def ask(self, text: str, person: Person, offset: int = 0) -> Answer:
        """Answer a sentence, or say what was not understood. Never raises for what somebody typed.

        Args:
            text: the sentence.
            person: who asks: ``my`` means them.
            offset: how many accounts of a list to pass over, for its later pages.
        """
        empty = self._empty(text)
        if person.refusal is not None:
            return replace(empty, not_understood=NotUnderstood((), person.refusal))
        vocabulary = self.vocabulary(person)
        understood = understand(text, vocabulary)
        if isinstance(understood, NotUnderstood):
            return replace(empty, not_understood=understood)
        try:
            framed = replace(empty, offset=max(0, offset), asked=understood)
            if understood.kind in self._further:
                return self._further[understood.kind](understood, person, framed)
            return self._answer(understood, framed, vocabulary.index.catalog)
        except CriteriaError as error:
            return replace(empty, not_understood=NotUnderstood((), str(error)))

    def vocabulary(self, person: Person) -> Vocabulary:
        """The words that this person's sentences may use now."""
        return Vocabulary(self._index.current(), person, self._book.today(), self._book.currency())

    def _empty(self, text: str) -> Answer:
        return Answer(
            question=text,
            kind=None,
            read_as="",
            total=0,
            shown=0,
            as_of=self._book.as_of(),
            currency=self._book.currency(),
        )

    def _answer(self, question: Question, empty: Answer, catalog: Catalog) -> Answer:
        if question.kind is Kind.HELP:
            return replace(empty, kind=Kind.HELP, read_as="help", help=topics(self._some_account()))
        if question.kind is Kind.ACCOUNT:
            return self._card(question, empty)
        answer = replace(empty, kind=question.kind, read_as=read_as(question, catalog))
        total = self._book.count(question.criteria)
        if question.kind is Kind.COUNT:
            return replace(answer, total=total)
        if question.kind is Kind.COUNT_BY and question.group_by is not None:
            groups = tuple(self._book.breakdown(question.criteria, question.group_by))
            return replace(answer, total=total, groups=groups, group_by=question.group_by, shown=len(groups))
        shown = relevant(question, catalog)
        lines = self._page(question, answer.offset, shown.wanted)
        answer = replace(answer, columns=shown.names, further=shown.further)
        return replace(answer, total=total, accounts=lines, shown=len(lines))

    def _page(self, question: Question, offset: int, further: Sequence[str]) -> tuple[AccountLine, ...]:
        limit = min(question.limit or PAGE_LINES, MOST_LINES)
        return tuple(self._book.page(question.criteria, question.sort, limit, offset, further))

    def _some_account(self) -> str:
        """An account that everybody knows, for examples: the one that spent most."""
        biggest = self._book.page(Always(), (Sort("total_spend"),), 1)
        return biggest[0].name if biggest else "Acme"

    def _card(self, question: Question, empty: Answer) -> Answer:
        card = self._book.card(question.account_id or "")
        if card is None:
            reason = "That account is not in the copy of the CRM any more."
            return replace(empty, not_understood=NotUnderstood((), reason))
        name = f"the account {card.line.name}"
        return replace(empty, kind=Kind.ACCOUNT, read_as=name, total=1, shown=1, card=card)
