"""Sparse matrices of ones."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from gridmap.errors import InvalidInput


def ones(n: int, indptr: NDArray[Any], indices: NDArray[np.int32]) -> sparse.csr_array:
    """Ones in compressed rows."""
    if indptr[-1] <= np.iinfo(np.int32).max:
        indptr = indptr.astype(np.int32, copy=False)
    w = sparse.csr_array((np.ones(len(indices)), indices, indptr), shape=(n, n))
    w.has_sorted_indices = True
    return w


def from_rows(n: int, rows: NDArray[Any], cols: NDArray[Any]) -> sparse.csr_array:
    """Ones at places, each once, in sorted rows."""
    w = sparse.csr_array((np.ones(len(rows)), (rows, cols)), shape=(n, n))
    w.sum_duplicates()
    w.data[:] = 1.0
    w.sort_indices()
    return w


def compressed(w: sparse.csr_array) -> sparse.csr_array:
    """Weights in compressed rows; raises InvalidInput for what is no square sparse matrix."""
    if not sparse.issparse(w) or w.ndim != 2 or w.shape[0] != w.shape[1]:
        raise InvalidInput(
            "weights-shape",
            "权重应为方形稀疏矩阵（scipy.sparse.csr_array）。",
            "Weights must be a square sparse matrix (scipy.sparse.csr_array).",
        )
    return sparse.csr_array(w)


def pattern(w: sparse.csr_array) -> sparse.csr_array:
    """Ones at the off-diagonal entries that are not zero, sorted."""
    w = compressed(w)
    rows = np.repeat(np.arange(w.shape[0]), np.diff(w.indptr))
    keep = (w.data != 0) & (rows != w.indices)
    return from_rows(w.shape[0], rows[keep], w.indices[keep])
