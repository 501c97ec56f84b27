"""Where something is likelier to be found: what the cells a little farther off say of a cell."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from gridmap.analysis._given import numbers_of

_NEAREST, _FARTHEST = 3, 5
"""Steps. Two neighbourhoods share no cell where their middles lie three steps apart."""
_SCREENED = 0.2
_LEAST, _MOST = 0.005, 0.8


def surroundings(near: sparse.csr_array) -> sparse.csr_array:
    """Find the cells that lie three to five steps from each cell.

    Parameters
    ----------
    near : csr_array, shape (n, n)
        Who is whose neighbour: entries above 0 count.

    Returns
    -------
    csr_array, shape (n, n)
        Ones.
    """
    step = sparse.csr_array(near > 0).astype(np.int32) + sparse.eye_array(near.shape[0], dtype=np.int32)
    step = sparse.csr_array(step)
    step.data[:] = 1
    within = [step]
    while len(within) < _FARTHEST:
        farther = sparse.csr_array(within[-1] @ step)
        farther.data[:] = 1
        within.append(farther)
    ring = sparse.csr_array(within[_FARTHEST - 1] - within[_NEAREST - 2])
    ring.eliminate_zeros()
    ring.sort_indices()
    return ring


def weights_around(p: ArrayLike, around: sparse.csr_array) -> NDArray[np.float64]:
    """Weigh each cell's test by how many of the cells around have something to find.

    Parameters
    ----------
    p : array_like of float, shape (n,)
        Of each cell and its neighbours; not-a-number tells nothing.
    around : csr_array, shape (n, n)
        From `surroundings`: no cell is in its own.

    Returns
    -------
    ndarray of float64, shape (n,)
        For `gridmap.analysis.fdr.weighted`: s / (1 - s), s the share of cells around with something to find, kept
        within 0.5 and 80 %. Of the p around that come from nothing four in five lie above 0.2; how many are missing
        there is the share (Storey). A cell without any around has the share of the whole map.

    Notes
    -----
    Where a hotspot is, others are near. The cell's own neighbourhood has no part in its weight, so that a p from
    nothing is as likely to be small whatever its weight is, and the false discovery rate holds.

    References
    ----------
    T. T. Cai, W. Sun, Y. Xia, *LAWS: a locally adaptive weighting and screening approach to spatial multiple testing*,
    J. Am. Statist. Assoc. 117, 2022, who weigh so, a cell's own surroundings included. J. D. Storey, *A direct approach
    to false discovery rates*, J. R. Statist. Soc. B 64, 2002.
    """
    given = numbers_of(p, "p 值", "P-values")
    known = ~np.isnan(given)
    beyond = (known & (given > _SCREENED)).astype(np.float64)
    seen, high = around @ known.astype(np.float64), around @ beyond
    whole = beyond.sum() / max(int(known.sum()), 1)
    quiet = np.divide(high, seen, out=np.full(len(given), float(whole)), where=seen > 0)
    share = np.clip(1.0 - quiet / (1.0 - _SCREENED), _LEAST, _MOST)
    return np.asarray(share / (1.0 - share), dtype=np.float64)
