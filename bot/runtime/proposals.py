"""Proposals for the configuration document, from the organisation's own data."""

from __future__ import annotations

from bot.app.config.proposing import proposed
from bot.app.config.published import PublishedConfigurations
from bot.app.errors import UserError
from bot.app.ports import Clock
from bot.app.worth import Worth
from bot.store.outcomes import SqlTold
from bot.store.scores import SqlScoringTransaction
from connector.cache.engine import Database

TECHNIQUES = ("firmographics",)


def propose(
    database: Database,
    configurations: PublishedConfigurations,
    clock: Clock,
    technique: str,
    by: Worth | None = None,
) -> str:
    """A part of the document for a technique, as YAML.

    Raises:
        UserError: nothing can be proposed for that technique.
    """
    if technique not in TECHNIQUES:
        raise UserError(
            f"Nothing can be proposed for '{technique}'.", f"Write one of: {', '.join(TECHNIQUES)}."
        )
    configuration = configurations.current().configuration
    with database.reads.begin() as connection:
        organisation = SqlScoringTransaction(connection).organisation()
        today = organisation.today(configuration, clock.now())
        return proposed(SqlTold(connection, configuration, today), configuration, organisation.currency, by)
