"""Forecasts that are kept each week, and held against what came."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from gridmap.domain.gridkey import Scope

WEEK = dt.timedelta(days=7)
Hours = tuple[tuple[float, ...], ...]
"""Shares of the hours of a week: seven days from Monday, 24 hours each."""


def monday_of(day: dt.date) -> dt.date:
    """Return the Monday on or before a day."""
    return day - dt.timedelta(days=day.weekday())


@dataclass(frozen=True, slots=True)
class Standing:
    """A forecast that is made each Monday.

    Attributes
    ----------
    number : int
    domain : str or None
        Code; all domains where None.
    level : int
        Of the grids.
    within : int or None
        Key of the grid that it is about; all that its post sees where None.
    post : str
        Whose it is: made in what that post may see, and no more once it is locked.
    made_for : date or None
        Monday of the newest week of which it was asked for.
    job : str or None
        Number of the job that makes it.
    """

    number: int
    domain: str | None
    level: int
    within: int | None
    post: str
    made_for: dt.date | None = None
    job: str | None = None


@dataclass(frozen=True, slots=True)
class ToldCell:
    """What was said of one grid: expected incidents, those of the comparator, and those that it was made from."""

    grid_key: int
    said: float
    counted: float
    known: int


@dataclass(frozen=True, slots=True)
class ToldCells:
    """What was said of each grid.

    Attributes
    ----------
    keys : tuple of int
    area_m2 : tuple of float
    said, counted : tuple of float
        Incidents that the forecast expects in the week, and the comparator.
    known : tuple of int
        Incidents of each grid that it was made from.
    """

    keys: tuple[int, ...]
    area_m2: tuple[float, ...]
    said: tuple[float, ...]
    counted: tuple[float, ...]
    known: tuple[int, ...]

    def densest(self) -> list[ToldCell]:
        """Return the grids by what is expected on their area, the densest first; of equal ones the lower key."""
        rows = zip(self.area_m2, self.keys, self.said, self.counted, self.known, strict=True)
        order = sorted(rows, key=lambda row: (-row[2] / row[0], row[1]))
        return [ToldCell(*row[1:]) for row in order]


@dataclass(frozen=True, slots=True)
class KeptForecast:
    """What was said of one week, before it came.

    Attributes
    ----------
    scope : Scope
        Grids that it is about.
    domain : str or None
    level : int
    first_day : date
        Monday of the week; everything that it knew had been reported before.
    model, comparator : str
    cells : ToldCells
    shares : dict
        Of the models in the blend.
    known : int
        Incidents that it was made from.
    hours : tuple
        Shares of the hours of the week.
    timed : int
        Incidents whose time of day is known, of which the hours are.
    data_sha256, version : str
    owner : str or None
    forecast_id : int or None
    created_at : datetime or None
    """

    scope: Scope
    domain: str | None
    level: int
    first_day: dt.date
    model: str
    comparator: str
    cells: ToldCells
    shares: dict[str, float]
    known: int
    hours: Hours
    timed: int
    data_sha256: str
    version: str
    owner: str | None = None
    forecast_id: int | None = None
    created_at: dt.datetime | None = None
