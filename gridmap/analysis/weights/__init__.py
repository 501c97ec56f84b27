"""Spatial weights: who is whose neighbour, as sparse matrices of ones without a diagonal.

Contiguity counts every shared point (queen) or every shared piece of boundary (rook), also where a corner of one
polygon touches the inside of another's edge. All functions are independent of the order of the rows: the same polygons
in another order give the same matrix in that order.
"""

from gridmap.analysis.weights.neighbours import (
    distance_band,
    from_pairs,
    higher_order,
    islands,
    knn,
    lattice,
    queen,
    rook,
    row_standardised,
)

__all__ = [
    "distance_band",
    "from_pairs",
    "higher_order",
    "islands",
    "knn",
    "lattice",
    "queen",
    "rook",
    "row_standardised",
]
