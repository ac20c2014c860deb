"""Questions about the past, as values, answered by what is wired; and what a run of a world leaves."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sqlalchemy import delete
from sqlmodel import col

from bot.app.answers import Answer
from bot.app.figure_ports import FigureBook
from bot.app.people import OPERATOR
from bot.language.question import Question
from bot.runtime.asking_parts import past_answers
from bot.store.accounts import SqlAccountBook
from connector.cache.tables import AccountRow
from scoring.criteria.parse import parse
from scoring.criteria.tree import Node
from tests.support.scoring_parts import scoring_of
from tests.support.scoring_world import World


def book_of(world: World) -> SqlAccountBook:
    """The account book as it is wired."""
    parts = scoring_of(world)
    return SqlAccountBook(
        world.database,
        lambda: world.configurations.current().configuration,
        world.clock,
        lambda one: None,
        parts.explanations.of,
    )


def answered(
    world: World, question: Question, *, offset: int = 0, figures: FigureBook | None = None
) -> Answer:
    """What is said to a question of one of the kinds of ``past_answers``."""
    book = book_of(world)
    answers = past_answers(
        world.database,
        book,
        lambda: world.configurations.current().configuration,
        scoring_of(world).recommending,
        figures,
    )
    empty = Answer("?", None, "", 0, 0, book.as_of(), book.currency())
    return answers[question.kind](question, OPERATOR, replace(empty, offset=offset, asked=question))


def criteria(world: World, text: str) -> Node:
    """Criteria over the world's accounts."""
    return parse(text, book_of(world).catalog())


def rows_of(answer: Answer) -> list[tuple[Any, ...]]:
    """The rows of its table."""
    assert answer.table is not None
    return list(answer.table.rows)


def delete_account(world: World, account_id: str) -> None:
    """The CRM deletes an account, and sync has seen it."""
    with world.database.writes.begin() as connection:
        connection.execute(delete(AccountRow).where(col(AccountRow.id) == account_id))
    world.touch(account_id)
