"""Importing this puts every table into ``SQLModel.metadata``: for migrations, for erasing, for tests."""

from bot.store import (  # noqa: F401
    consent_tables,
    enrichment_tables,
    erasure_tables,
    export_tables,
    installation_tables,
    tables,
    technique_tables,
    territory_tables,
)
from bot.store.deal_blocks import tables as block_tables  # noqa: F401
from bot.store.memory import tables as memory_tables  # noqa: F401
