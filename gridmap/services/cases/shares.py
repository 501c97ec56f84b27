"""Shares of the cases of each grid, drawn towards the share of all the more the fewer cases a grid has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, get_args

from gridmap.domain.cases.figures import GridCounts

ShareName = Literal["on-time", "solved", "in-village", "satisfied"]
SHARE_NAMES: tuple[ShareName, ...] = get_args(ShareName)
_PARTS: dict[ShareName, tuple[str, tuple[str, ...]]] = {
    "on-time": ("on_time", ("due",)),
    "solved": ("solved", ("solved", "unsolved")),
    "in-village": ("solved_village", ("solved",)),
    "satisfied": ("satisfied", ("asked",)),
}
TOLD: dict[ShareName, tuple[str, str]] = {
    "on-time": ("按期办结占应办", "closed on time, of those due"),
    "solved": ("化解占办结", "solved, of those closed"),
    "in-village": ("村级化解占化解", "solved in the village, of those solved"),
    "satisfied": ("满意占抽查", "satisfied, of those drawn by lot and asked"),
}


@dataclass(frozen=True, slots=True)
class GridShare:
    """A share of a grid's cases.

    Attributes
    ----------
    part, whole : int
        Cases counted, and of how many; the whole is above 0.
    drawn : float
        The share drawn towards that of all grids (beta-binomial empirical Bayes).
    low, high : float
        Its 95 % interval.
    """

    grid_key: int
    part: int
    whole: int
    drawn: float
    low: float
    high: float


def shares(rows: Sequence[GridCounts], of: ShareName) -> tuple[GridShare, ...]:
    """Return the drawn share of each grid that has cases to share, in the order of the rows.

    Parameters
    ----------
    rows : sequence of GridCounts
        True counts.
    of : {"on-time", "solved", "in-village", "satisfied"}
    """
    name, wholes = _PARTS[of]
    counted = [(row.grid_key, getattr(row, name), sum(getattr(row, w) for w in wholes)) for row in rows]
    told = [one for one in counted if one[2] > 0]
    drawn = _drawn(tuple((part, whole) for _, part, whole in told)) if told else ()
    return tuple(GridShare(*one, *three) for one, three in zip(told, drawn, strict=True))


@lru_cache(maxsize=64)
def _drawn(pairs: tuple[tuple[int, int], ...]) -> tuple[tuple[float, float, float], ...]:
    # Imported when it is asked for: every command would wait for it.
    from gridmap.analysis.rates import empirical_bayes

    parts, wholes = zip(*pairs, strict=True)
    found = empirical_bayes(parts, wholes, method="beta-binomial")
    return tuple(
        (float(rate), float(low), float(high))
        for rate, low, high in zip(found.rate, found.lower, found.upper, strict=True)
    )
