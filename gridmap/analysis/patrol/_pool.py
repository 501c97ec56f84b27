"""Good routes that a search has seen, kept in a hash table, compiled."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gridmap.analysis._compiled import compiled_in_place as compiled

Pool = tuple[
    NDArray[np.uint64], NDArray[np.float64], NDArray[np.float64], NDArray[np.int64], NDArray[np.int64],
    NDArray[np.int32], NDArray[np.uint64], NDArray[np.int64],
]  # fmt: skip
"""Keys, worth of the best plan that had the route, travel, kind of team, size and visits of each route; the name of
each visit and kind; and the kind of each team."""

_ROOM, _LONGEST = 4_096, 128
_PROBES = 4


def empty_pool(visits: int, kinds: NDArray[np.int64]) -> Pool:
    """Room for routes.

    Parameters
    ----------
    visits : int
    kinds : ndarray of int64, shape (teams,)
        Teams that can drive the same routes have the same number, from 0.

    Returns
    -------
    Pool
    """
    names = (
        np.random.SeedSequence(visits)
        .generate_state(visits + int(kinds.max()) + 1, np.uint64)
        .astype(np.uint64)
    )
    return (
        np.zeros(_ROOM, np.uint64),
        np.full(_ROOM, -np.inf),
        np.zeros(_ROOM),
        np.zeros(_ROOM, np.int64),
        np.zeros(_ROOM, np.int64),
        np.zeros((_ROOM, min(visits, _LONGEST)), np.int32),
        names,
        kinds,
    )


@compiled
def keep(r: int, worth: float, routes: Any, sizes: Any, driven: Any, pool: Any) -> None:
    """Keep a route; of routes with the same visits the shortest, and of many those of the best plans.

    Parameters
    ----------
    r : int
    worth : float
        Of the plan that the route is in.
    routes, sizes, driven : ndarray
    pool : Pool
    """
    keys, seen, length, kind, size, rows, names, kinds = pool
    n = sizes[r]
    if n == 0 or n > rows.shape[1]:
        return
    key = names[len(names) - 1 - kinds[r]]
    for i in range(n):
        key += names[routes[r, i]]
    mask = np.uint64(len(keys) - 1)
    slot, least = np.int64(-1), np.inf
    for probe in range(_PROBES):
        at = np.int64((key + np.uint64(probe)) & mask)
        if keys[at] == key and seen[at] > -np.inf:
            seen[at] = max(seen[at], worth)
            if driven[r] < length[at]:
                length[at] = driven[r]
                for i in range(n):
                    rows[at, i] = routes[r, i]
            return
        if seen[at] < least:
            slot, least = at, seen[at]
    if worth >= least:
        keys[slot], seen[slot], length[slot] = key, worth, driven[r]
        kind[slot], size[slot] = kinds[r], n
        for i in range(n):
            rows[slot, i] = routes[r, i]
