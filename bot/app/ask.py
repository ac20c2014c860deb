"""Answering a question: read it in its conversation, look it up in the account book, say how it was read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from types import MappingProxyType

from bot.app.answers import Answer
from bot.app.columns import relevant
from bot.app.conversing import Turn, decide, direct, whole_sentence
from bot.app.kept_index import KeptIndexes, Runner, at_once
from bot.app.misses import Missing
from bot.app.people import Person
from bot.app.ports import AccountBook, Conversation, Conversations
from bot.app.scope import seen_by
from bot.language.help import topics
from bot.language.question import Kind, NotUnderstood, Question, Sort
from bot.language.refine import Outcome, begin
from bot.language.restate import read_as
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
        *,
        conversations: Conversations | None = None,
        missing: Missing | None = None,
        together: Callable[[], AbstractContextManager[None]] = nullcontext,
    ) -> None:
        """Put it together.

        Args:
            book: the accounts.
            configuration: the one in force.
            further: answers the kinds that are no list, number or card of accounts.
            runner: where the vocabulary is built anew when data has changed.
            conversations: what was asked where; without it every sentence begins anew.
            missing: counts what was not understood.
            together: within it the book reads everything in one look, of one moment.
        """
        self._book = book
        self._further = further
        self._index = KeptIndexes(book, configuration, runner)
        self._conversations = conversations
        self._missing = missing
        self._together = together

    def ask(
        self,
        text: str,
        person: Person,
        offset: int = 0,
        *,
        conversation: str = "",
        pressed: bool = False,
    ) -> Answer:
        """Answer a sentence, or say what was not understood. Never raises for what somebody typed.

        Args:
            text: the sentence.
            person: who asks: ``my`` means them.
            offset: how many accounts of a list to pass over, for its later pages.
            conversation: where it was asked: what was asked there before is gone on with. Empty: nowhere.
            pressed: a button said it, nobody typed it: what it does not understand is not counted.
        """
        with seen_by(person.scope), self._together():
            empty = self._empty(text)
            if person.refusal is not None:
                return replace(empty, not_understood=NotUnderstood((), person.refusal))
            conversation = _own(conversation, person)
            return self._asked(text, person, empty, max(0, offset), conversation, pressed=pressed)

    def _asked(
        self, text: str, person: Person, empty: Answer, offset: int, conversation: str, *, pressed: bool
    ) -> Answer:
        vocabulary = self.vocabulary(person)
        known = self._known(conversation)
        turn = decide(text, vocabulary, known, offset, direct=direct(conversation), pressed=pressed)
        answer = self._answered(turn, empty, person, vocabulary, gone_on=known is not None)
        if answer.not_understood is not None and self._missing is not None and not pressed:
            self._missing.count(text, answer.not_understood, person)
        self._keep(conversation, turn, answer)
        return answer

    def read(self, text: str, person: Person) -> Outcome:
        """How a sentence is read by itself; nothing is looked up, kept or counted."""
        with seen_by(person.scope):
            return begin(text, self.vocabulary(person))

    def _known(self, key: str) -> Conversation | None:
        return self._conversations.load(key) if self._conversations is not None and key else None

    def _keep(self, key: str, turn: Turn, answer: Answer) -> None:
        """Keep what was answered; a page behind the end of a list is none."""
        behind = turn.offset > 0 and answer.shown == 0
        if self._conversations is None or not key or turn.after is None or behind:
            return
        if answer.not_understood is None:
            self._conversations.save(key, replace(turn.after, shown=answer.shown))

    def _answered(
        self, turn: Turn, empty: Answer, person: Person, vocabulary: Vocabulary, *, gone_on: bool
    ) -> Answer:
        """The answer to what was decided; what a button carries asks the whole question."""
        question = turn.question
        if question is None:
            return replace(empty, not_understood=turn.problem)
        if gone_on:
            empty = replace(empty, question=whole_sentence(empty.question, question, vocabulary))
        framed = replace(empty, offset=turn.offset, asked=question, request=turn.request)
        try:
            if question.kind in self._further:
                return self._further[question.kind](question, person, framed)
            return self._answer(question, framed, vocabulary.index.catalog, turn.lines)
        except CriteriaError as error:
            return replace(empty, not_understood=NotUnderstood((), str(error)))

    def vocabulary(self, person: Person) -> Vocabulary:
        """The words that this person's sentences may use now."""
        index = self._index.current(person.scope)
        return Vocabulary(index, person, self._book.today(), self._book.currency())

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

    def _answer(
        self, question: Question, empty: Answer, catalog: Catalog, lines_wanted: int | None = None
    ) -> Answer:
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
        limit = min(lines_wanted or question.limit or PAGE_LINES, MOST_LINES)
        lines = self._book.page(question.criteria, question.sort, limit, answer.offset, shown.wanted)
        answer = replace(answer, columns=shown.names, further=shown.further)
        return replace(answer, total=total, accounts=tuple(lines), shown=len(lines))

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


def _own(conversation: str, person: Person) -> str:
    """Where somebody goes on. Who does not see every account goes on with nobody else's questions.

    What others have asked in the same thread may name what only they see.
    """
    if not conversation or person.scope.everything:
        return conversation
    return f"{conversation}:{person.slack_id or person.crm_user_id}"
