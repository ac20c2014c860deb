"""Whether roles that see the accounts of their territories can see any, as a check."""

from __future__ import annotations

from collections.abc import Iterator

from bot.app.checks import Check
from bot.app.scope import Whose
from bot.app.wording import counted
from bot.store.seen_accounts import knows_territories, named_alone
from connector.cache.engine import Database
from scoring.config import Configuration

NAME = "territories"
_ADVICE = (
    "Switch territories on in the CRM and run `bellwether sync --full`, or choose own or team under "
    "access: scopes: in the configuration."
)


def territory_checks(database: Database, configuration: Configuration) -> Iterator[Check]:
    """Nothing where no role goes by territories."""
    scopes = configuration.access.scopes
    roles = [one for one in type(scopes).model_fields if getattr(scopes, one) == Whose.TERRITORY]
    if not roles:
        return
    said = f"{' and '.join(roles)} see by territory"
    with database.reads.connect() as connection:
        if not knows_territories(connection, configuration.mapping.accounts.module):
            detail = f"{said}, but the copy of the CRM has no territories of accounts: none of them is let in"
            yield Check(NAME, ok=False, detail=detail, advice=_ADVICE)
            return
        nameless = named_alone(connection)
    if nameless:
        detail = (
            f"{said}, but {counted(nameless, 'account')} of the copy have territories by name alone, as bulk "
            "files give them: only their owners see those"
        )
        yield Check(NAME, ok=False, detail=detail, advice="Run `bellwether sync --full`: it reads their ids.")
    else:
        yield Check(NAME, ok=True, detail=said)
