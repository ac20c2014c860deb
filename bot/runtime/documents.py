"""The organisation's fields that a configuration's criteria may use, from the copy that is held."""

from __future__ import annotations

from bot.app.config.criteria import Catalogs
from bot.store.catalog import account_catalog, transaction_catalog
from bot.store.concerned import user_fields
from bot.store.sold_products import sold_products
from connector.cache.engine import Database
from scoring.config import Configuration


def catalogs_of(database: Database, configuration: Configuration) -> Catalogs:
    """What the copy knows by now: fields, and the values of closed sets."""
    with database.reads.begin() as connection:
        return Catalogs(
            account_catalog(connection, configuration),
            transaction_catalog(connection, configuration),
            tuple(sold_products(connection).names.values()),
            user_fields(connection, configuration.mapping.accounts.module),
        )
