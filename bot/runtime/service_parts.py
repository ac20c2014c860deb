"""What Slack's listeners may call, put together from the parts of an installation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.app.home import Home
from bot.app.rescoring import Rescoring
from bot.app.services import Services
from bot.store.moves import SqlMoves

if TYPE_CHECKING:
    from bot.runtime.wiring import Bellwether


def services_of(of: Bellwether) -> Services:
    """The use cases of one installation."""
    moves, missing = SqlMoves(of.database, of.crm_url), of.asking_parts.missing
    return Services(
        clock=of.clock,
        asking=of.asking_parts.in_turn,
        alerts=of.acting.desk,
        rescoring=Rescoring(of.jobs, of.audit, of.clock, of.configuration),
        voice=of.scoring.voice,
        saving=of.scoring.saving,
        people=of.people,
        home=Home(
            of.book,
            of.alerts,
            moves,
            of.health.all,
            of.configuration,
            missing,
            of.surfaces.administering.view,
            of.consent_parts.consenting,
        ),
        seen=of.seen,
        audit=of.audit,
        pictures=of.pictures,
        exports=of.export_parts.exports,
        schedules=of.export_parts.schedules,
        words=of.asking_parts.words,
        misses=missing,
        notes=of.surfaces.notes,
        linked=of.surfaces.linked,
        editing=of.surfaces.editing,
        consenting=of.consent_parts.consenting,
        enriching=of.enriching_parts.desk,
    )
