"""What speaks for a product: an account's own habit, accounts like it, and products that go with what it has.

Three published methods and none that needs more than sparse products: decayed personal frequency and TIFU-KNN
(Hu et al., SIGIR 2020), UP-CF (Faggioli et al., UMAP 2020) and EASE (Steck, WWW 2019).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse

from scoring.recommendations.purchases import Integers, Purchases
from scoring.recommendations.rhythm import Rhythm

# Constants of the papers, found by them on validation splits of grocery data (TIFU-KNN's Ta-Feng row).
BASKET_DECAY, GROUP_DECAY, GROUP_SIZE, NEIGHBOURS = 0.9, 0.7, 7, 300
RECENT_BASKETS, ASYMMETRY, LOCALITY = 10, 0.75, 10
# Below so many buyers a regression of every product on every other has nothing to stand on.
FEWEST_FOR_REGRESSION = 500
# EASE inverts a dense products × products matrix: 3,000 products are 72 MB. Rarer ones are
# left to neighbours.
MOST_REGRESSED = 3_000
MOST_REFERENCES = 20_000
CELLS_PER_BLOCK = 4_000_000

Cells = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Signals:
    """What has to be known of everybody before one account can be scored.

    Attributes:
        purchases: of everybody.
        rhythm: when and how much.
        counts: accounts × products, the number of baskets that held it.
        decayed: the same, a basket counting ``BASKET_DECAY`` times the one after it; each row sums over its
            baskets' weights, so that 1 means "in every basket".
        habits: TIFU vectors: decayed within groups of baskets and over groups.
        recent: share of the last ``RECENT_BASKETS`` baskets.
        references: positions of accounts that can be neighbours.
        regression: EASE weights between ``regressed`` products; None where UP-CF is used.
        regressed: positions of the products that the regression knows.
    """

    purchases: Purchases
    rhythm: Rhythm
    counts: sparse.csr_array
    decayed: sparse.csr_array
    habits: sparse.csr_array
    recent: sparse.csr_array
    references: Integers
    regression: Cells | None
    regressed: Integers

    @cached_property
    def pool(self) -> sparse.csr_array:
        """The habits of the references."""
        return self.habits[self.references]

    @cached_property
    def directions(self) -> sparse.csc_array:
        """Products × references, each reference's habit scaled to length 1."""
        return sparse.csc_array(_unit_rows(self.pool).T)

    @cached_property
    def bought(self) -> sparse.csr_array:
        """Accounts × products of ones where the account ever bought it."""
        return _ones(self.counts)


@dataclass(frozen=True)
class BlockScores:
    """Scores of some accounts for every product, accounts × products."""

    accounts: Integers
    neighbours: Cells
    companions: Cells


def learn_signals(purchases: Purchases, *, seed: int, ridge: float) -> Signals:
    """Everything that scoring needs, from purchases alone.

    Args:
        purchases: of everybody, until the day of the run.
        seed: chooses the accounts that can be neighbours when there are more than ``MOST_REFERENCES``.
        ridge: how strongly the regression is held back, in accounts.
    """
    ones = np.ones(len(purchases.account))
    counts = purchases.matrix(ones)
    regressed = _most_bought(counts)
    buyers = int((purchases.baskets > 0).sum())
    regression = _regression(counts[:, regressed], ridge) if buyers >= FEWEST_FOR_REGRESSION else None
    return Signals(
        purchases,
        Rhythm(purchases),
        counts,
        _decayed(purchases),
        _habits(purchases),
        _recent(purchases),
        _references(purchases, seed),
        regression,
        regressed,
    )


def sample_by_hash(purchases: Purchases, accounts: Integers, most: int, seed: int) -> Integers:
    """At most so many of the accounts, chosen by a hash of their ids: one more displaces one at most."""
    if len(accounts) <= most:
        return accounts
    names = purchases.account_ids[accounts].astype(str).astype(object)
    hashed = pd.util.hash_array(names, hash_key=f"bellwether{seed:06d}", categorize=False)
    return np.sort(accounts[np.argsort(hashed, kind="stable")[:most]])


def blocks(accounts: Integers, products: int, references: int) -> Iterator[Integers]:
    """Accounts in pieces whose dense scores stay within ``CELLS_PER_BLOCK`` numbers."""
    size = max(1, CELLS_PER_BLOCK // max(products, references, 1))
    for start in range(0, len(accounts), size):
        yield accounts[start : start + size]


def block_scores(signals: Signals, accounts: Integers) -> BlockScores:
    """What neighbours and companions say of some accounts."""
    return BlockScores(accounts, neighbour_scores(signals, accounts), companion_scores(signals, accounts))


def neighbour_scores(signals: Signals, accounts: Integers) -> Cells:
    """The mean habit of the accounts that are most like each of these, itself not counted (TIFU-KNN)."""
    weights = neighbour_weights(signals, accounts)
    return np.asarray((weights @ signals.pool).toarray(), dtype=np.float32)


def neighbour_weights(signals: Signals, accounts: Integers) -> sparse.csr_array:
    """Which references are neighbours, each row of weights summing to 1.

    Those as near as the ``NEIGHBOURS``-th count all, so that no tie is broken by position.
    """
    near = np.asarray((_unit_rows(signals.habits[accounts]) @ signals.directions).toarray(), dtype=np.float32)
    near[accounts[:, None] == signals.references[None, :]] = 0
    kept = _nearest(near, NEIGHBOURS)
    total = kept.sum(axis=1)
    scale = sparse.dia_array((1 / np.maximum(total, 1)[None, :], [0]), shape=(len(total), len(total)))
    return sparse.csr_array(scale @ sparse.csr_array(kept.astype(np.float64)))


def companion_scores(signals: Signals, accounts: Integers) -> Cells:
    """How well each product goes with what an account has: EASE, or UP-CF with few buyers."""
    width = len(signals.purchases.product_ids)
    if signals.regression is None:
        return similar_baskets(signals, accounts)
    found = np.zeros((len(accounts), width), dtype=np.float32)
    owned = signals.bought[accounts][:, signals.regressed]
    found[:, signals.regressed] = owned @ signals.regression
    return found


def similar_baskets(signals: Signals, accounts: Integers) -> Cells:
    """UP-CF@r: others' recent shares, weighted by an asymmetric cosine of what both ever bought."""
    bought = signals.bought
    sizes = np.maximum(np.diff(bought.indptr), 1).astype(np.float64)
    pool = signals.references
    near = np.asarray((bought[accounts] @ bought[pool].T).toarray(), dtype=np.float64)
    near /= sizes[accounts][:, None] ** ASYMMETRY * sizes[pool][None, :] ** (1 - ASYMMETRY)
    near = near**LOCALITY
    near[accounts[:, None] == pool[None, :]] = 0
    return np.asarray(near @ signals.recent[pool], dtype=np.float32)


def _decayed(purchases: Purchases) -> sparse.csr_array:
    weight = BASKET_DECAY ** purchases.basket.astype(np.float64)
    whole = (1 - BASKET_DECAY ** purchases.baskets.astype(np.float64)) / (1 - BASKET_DECAY)
    return purchases.matrix(weight / whole[purchases.account])


def _habits(purchases: Purchases) -> sparse.csr_array:
    """TIFU vectors: the last ``GROUP_SIZE`` baskets are the youngest group, the oldest one may be short."""
    group, within = np.divmod(purchases.basket, GROUP_SIZE)
    groups = -(-purchases.baskets // GROUP_SIZE)[purchases.account]
    size = np.minimum(purchases.baskets[purchases.account] - group * GROUP_SIZE, GROUP_SIZE)
    weight = (
        BASKET_DECAY ** within.astype(np.float64) / size * GROUP_DECAY ** group.astype(np.float64) / groups
    )
    return purchases.matrix(weight)


def _recent(purchases: Purchases) -> sparse.csr_array:
    kept = purchases.basket < RECENT_BASKETS
    share = 1 / np.minimum(purchases.baskets, RECENT_BASKETS)[purchases.account[kept]]
    return purchases.matrix(share, kept)


def _references(purchases: Purchases, seed: int) -> Integers:
    return sample_by_hash(purchases, np.flatnonzero(purchases.baskets > 0), MOST_REFERENCES, seed)


def _most_bought(counts: sparse.csr_array) -> Integers:
    owners = np.bincount(counts.indices, minlength=counts.shape[1])
    best = np.lexsort((np.arange(len(owners)), -owners))[:MOST_REGRESSED]
    return np.asarray(np.sort(best), dtype=np.int64)


def _regression(counts: sparse.csr_array, ridge: float) -> Cells:
    """EASE in closed form: each product regressed on all others, the diagonal held at zero."""
    owned = _ones(counts)
    gram = np.asarray((owned.T @ owned).toarray(), dtype=np.float64)
    gram[np.diag_indices_from(gram)] += ridge
    inverse = np.linalg.inv(gram)
    weights = inverse / -np.diag(inverse)
    np.fill_diagonal(weights, 0)
    return weights.astype(np.float32)


def _nearest(near: Cells, most: int) -> npt.NDArray[np.bool_]:
    if near.shape[1] > most:
        edge = np.partition(near, near.shape[1] - most, axis=1)[:, near.shape[1] - most]
    else:
        edge = np.zeros(len(near), dtype=near.dtype)
    return (near >= edge[:, None]) & (near > 0)


def _unit_rows(matrix: sparse.csr_array) -> sparse.csr_array:
    norms = np.sqrt(np.asarray((matrix * matrix).sum(axis=1)).ravel())
    found = matrix.astype(np.float32)
    found.data = found.data / np.repeat(np.where(norms > 0, norms, 1), np.diff(found.indptr)).astype(
        np.float32
    )
    return found


def _ones(matrix: sparse.csr_array) -> sparse.csr_array:
    found = matrix.astype(np.float32)
    found.data = np.ones_like(found.data)
    return found
