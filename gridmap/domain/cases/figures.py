"""Figures of the town and of its grids: counts that add up, and shares with their intervals."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Literal, get_args

from gridmap.domain.protection import Counts

GlanceName = Literal["new_today", "open", "due_today", "overdue", "teams_out"]
GLANCE_NAMES: tuple[GlanceName, ...] = get_args(GlanceName)


@dataclass(frozen=True, slots=True)
class Figure:
    """A number now, and what it was.

    Attributes
    ----------
    now : int or None
        None where it is too small to leave the house.
    before : int or None
        A day before, at the same time.
    year_before : int or None
        A year before, on the same day at the same time.
    month_mean : float or None
        Mean over the days of the same month a year before, each at the same time; None beside a perturbed number.
    sealed : int
        Of the number now: cases that are counted only, and in no list of whoever looks; 0 beside a perturbed number.
    """

    name: GlanceName
    now: int | None
    before: int | None
    year_before: int | None
    sealed: int = 0
    month_mean: float | None = None


@dataclass(frozen=True, slots=True)
class Glance:
    """The town in ten seconds.

    Attributes
    ----------
    latest_at : datetime or None
        When the newest case happened: figures of a workspace whose records ended long ago are old.
    earliest_at : datetime or None
        When the oldest one happened: of a span before it nothing is known, which is not that nothing was.
    counts : Counts
        Class of the figures.
    """

    figures: tuple[Figure, ...]
    as_of: dt.datetime
    latest_at: dt.datetime | None
    counts: Counts = Counts.TRUE
    earliest_at: dt.datetime | None = None

    def knows(self, moment: dt.datetime) -> bool:
        """Tell whether there are records of a moment: none are known from before the oldest."""
        return self.earliest_at is not None and moment >= self.earliest_at


@dataclass(frozen=True, slots=True)
class GridCounts:
    """How the cases of a grid stand. Counts of grids add up to those of the grid above, the median does not.

    Attributes
    ----------
    sealed : int
        Of those reported: counted only, in no list of whoever looks.
    due : int
        Cases whose due time has come, or that were closed before it.
    closed_of_due, on_time : int
        Of these: closed at all, and closed by their due time.
    solved_village, solved_area, solved_town : int
        Solved at the level named; those solved where nobody told the level are in `solved` alone.
    outcome_untold : int
        Ended by the word of a source that does not say with what outcome: neither solved nor unsolved.
    asked, satisfied, not_asked : int
        Of those solved: drawn by lot and asked by another post than the handler whether the parties are satisfied, of
        these satisfied, and not asked.
    by_villager, by_staff, by_police : int
        Who found it, as far as told.
    repeated : int
        Of the same kind and grid as one that happened at most 90 days before.
    median_days : float or None
        From taking in to closing, pauses not counted.
    untold : frozenset of str
        Counts that are not told, because they are too small to leave the house or never do; they read 0.
    too_fine : frozenset of str
        Of these, counts that are never told of cells as fine as this one, however great they are.
    """

    grid_key: int
    reported: int = 0
    sealed: int = 0
    open: int = 0
    overdue: int = 0
    solved: int = 0
    solved_village: int = 0
    solved_area: int = 0
    solved_town: int = 0
    outcome_untold: int = 0
    unsolved: int = 0
    reopened: int = 0
    repeated: int = 0
    deferred: int = 0
    paused: int = 0
    due: int = 0
    closed_of_due: int = 0
    on_time: int = 0
    followed_up: int = 0
    asked: int = 0
    satisfied: int = 0
    not_asked: int = 0
    by_villager: int = 0
    by_staff: int = 0
    by_police: int = 0
    median_days: float | None = None
    untold: frozenset[str] = frozenset()
    too_fine: frozenset[str] = frozenset()

    @classmethod
    def told(
        cls, grid_key: int, counts: Mapping[str, int | None], too_fine: frozenset[str] = frozenset()
    ) -> GridCounts:
        """Make the counts of a grid of which only some are told."""
        known = {name: n for name, n in counts.items() if n is not None}
        return cls(grid_key, **known, untold=frozenset(set(ADDED) - set(known)), too_fine=too_fine)


STANDING = ("reported", "open", "overdue", "solved", "unsolved", "due", "closed_of_due", "on_time")
"""Counts that may leave the house, perturbed."""

ADDED = tuple(
    f.name for f in fields(GridCounts) if f.name not in {"grid_key", "median_days", "untold", "too_fine"}
)
"""Counts that add up, where they are true ones."""

COUNTED = tuple(name for name in ADDED if name != "sealed")
"""Counts that stand for cases which a list may have."""
