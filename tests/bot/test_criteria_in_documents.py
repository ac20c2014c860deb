"""The whole language in a configuration document: segments of segments, related records, what may not be."""

from __future__ import annotations

from bot.app.config.criteria import Catalogs, check_against
from bot.store.catalog import account_catalog, transaction_catalog
from connector.cache.engine import Database
from scoring.config import Segment
from scoring.rfm_config import RfmSegmentation
from scoring.shape import Label
from tests.support.account_world import CONFIGURATION, settle

SEGMENTS = (
    Segment(name="Best", criteria="label = VIP and any contact where title contains CEO"),
    Segment(name="Wide", criteria="in segment Best or no open deal"),
    Segment(name="Hen", criteria="in segment Egg"),
    Segment(name="Egg", criteria="not in segment Hen"),
)
SEGMENTATION = RfmSegmentation(
    name="RFM",
    accounts="any deal where amount > 1k",
    transactions='product.category = Hardware and bought "GTX Pro"',
    labels=(
        Label(name="VIP", when="r >= 4 and in segment Wide"),
        Label(name="At Risk", when="open_deals.count where (amount > 1) > 2 and deals.sum(amont) > 3"),
    ),
)


def test_a_document_is_checked_through_segments_and_related_records(database: Database) -> None:
    settle(database)
    configuration = CONFIGURATION.model_copy(update={"segmentations": (SEGMENTATION,), "segments": SEGMENTS})
    with database.reads.connect() as connection:
        catalogs = Catalogs(
            account_catalog(connection, configuration), transaction_catalog(connection, configuration)
        )
    circle = "A segment cannot be made of itself:"
    found = check_against(configuration, catalogs)
    assert [(problem.path[:3], problem.message) for problem in found] == [
        (
            ("segmentations", 0, "transactions"),
            (
                "transactions: Conditions on transactions cannot ask what was bought: "
                "that is asked of accounts. (at 'bought \"GTX Pro\"')"
            ),
        ),
        (
            ("segmentations", 0, "labels"),
            (
                "when: 'label' is what these criteria decide; use r, f, m, rfm, purchases, total_spend "
                "or account fields."
            ),
        ),
        (
            ("segmentations", 0, "labels"),
            (
                "when: There is no field amont. Did you mean amount or account or contact.title? "
                "(at 'amont) > 3')"
            ),
        ),
        (
            ("segments", 2, "criteria"),
            f"criteria: The segment Egg cannot be used. {circle} Egg is made of Hen is made of Egg.",
        ),
        (
            ("segments", 3, "criteria"),
            f"criteria: The segment Hen cannot be used. {circle} Hen is made of Egg is made of Hen.",
        ),
    ]
