"""What was asked where, in the database."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import structlog
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from bot.app.conversing import kept_for
from bot.app.ports import Clock, Conversation
from bot.language.question import Question
from bot.language.question_json import question_json, question_of_json
from bot.store.tables import ConversationRow
from connector.cache.engine import Database
from connector.cache.statements import upsert
from connector.cache.tables import table_of
from scoring.criteria.errors import CriteriaError
from scoring.criteria.fields import Catalog

_CONVERSATION = table_of(ConversationRow)

log = structlog.get_logger(__name__)


class SqlConversations:
    """The port ``Conversations``."""

    def __init__(self, database: Database, clock: Clock, catalog: Callable[[], Catalog]) -> None:
        """Args: ``catalog`` has the fields that a question may speak of now."""
        self._database, self._clock, self._catalog = database, clock, catalog

    def load(self, key: str) -> Conversation | None:
        """The conversation at a place; None when there is none, or it is too old.

        Questions that the organisation's fields, or this release, do not have any more are left out.
        """
        since = self._clock.now() - kept_for(key)
        wanted = select(_CONVERSATION.c.state).where(
            _CONVERSATION.c.key == key, _CONVERSATION.c.updated_at >= since
        )
        with self._database.reads.begin() as connection:
            state = connection.execute(wanted).scalar()
        return None if state is None else _conversation(json.loads(state), self._catalog())

    def save(self, key: str, conversation: Conversation) -> None:
        """Keep it. That it could not be kept is logged, and takes no answer away."""
        state = {
            "questions": [question_json(one) for one in conversation.questions],
            "offset": conversation.offset,
            "shown": conversation.shown,
        }
        values = {
            "key": key,
            "state": json.dumps(state),  # in ASCII: what was typed may hold half a sign
            "updated_at": self._clock.now(),
        }
        try:
            with self._database.writes.begin() as connection:
                statement = upsert(_CONVERSATION, connection.dialect.name, frozenset(values))
                connection.execute(statement, values)
        except SQLAlchemyError as error:
            log.warning("conversation.not_kept", reason=type(error).__name__)


def _conversation(state: Any, catalog: Catalog) -> Conversation | None:
    """What stands in a row; the place in the list only when its question could be read."""
    kept = [_question(one, catalog) for one in state["questions"]]
    questions = tuple(one for one in kept if one is not None)
    if not questions:
        return None
    whole = kept[-1] is not None
    return Conversation(questions, state["offset"] if whole else 0, state["shown"] if whole else 0)


def _question(value: Any, catalog: Catalog) -> Question | None:
    try:
        return question_of_json(value, catalog)
    except CriteriaError:
        return None
