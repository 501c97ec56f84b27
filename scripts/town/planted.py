"""Hotspots that are put into the records on purpose, so that methods can be checked against the truth."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

FIRST_DAY = date(2025, 11, 1)
LAST_DAY = date(2026, 10, 31)
EMERGING_WEEKS = 10


@dataclass(frozen=True, slots=True)
class Planted:
    """One planted hotspot, local metres.

    Attributes
    ----------
    name : str
    domain, kind : str
    x_m, y_m, radius_m : float
    count : int
        Events put in.
    months : tuple of int
        Months in which it is on.
    hours : tuple of int
        First hour and the hour after the last.
    emerging : bool
        Grows from nothing over the last ten weeks.
    """

    name: str
    domain: str
    kind: str
    x_m: float
    y_m: float
    radius_m: float
    count: int
    months: tuple[int, ...]
    hours: tuple[int, int]
    emerging: bool = False

    def days(self) -> list[date]:
        """Days on which it is on."""
        year = [FIRST_DAY + timedelta(d) for d in range((LAST_DAY - FIRST_DAY).days + 1)]
        if self.emerging:
            return [d for d in year if (LAST_DAY - d).days < 7 * EMERGING_WEEKS]
        return [d for d in year if d.month in self.months]

    def day_weights(self) -> NDArray[np.float64]:
        """Weight of each of ``days()``: even, or a quarter more each week when emerging."""
        days = self.days()
        if not self.emerging:
            return np.full(len(days), 1 / len(days))
        week = np.array([(d - days[0]).days // 7 for d in days])
        weight = 1.28**week
        return np.asarray(weight / weight.sum())


ALL_YEAR = tuple(range(1, 13))

PLANTED: tuple[Planted, ...] = (
    Planted("labour-garment-park", "dispute", "10", -1300, -2300, 350, 90, (12, 1, 2), (8, 18)),
    Planted("fraud-town-heart", "policing", "fraud", 330, 330, 300, 130, ALL_YEAR, (18, 23)),
    Planted("theft-goods-market", "policing", "theft", 980, 520, 260, 95, (3, 4, 5, 6), (13, 19)),
    Planted("workshop-textile-park", "safety", "workshop", 1150, -1250, 380, 100, (11, 12, 1, 2, 3), (8, 18)),
    Planted("flood-river-mouth", "emergency", "flood", -5000, 2650, 500, 75, (6, 7, 8, 9), (0, 24)),
    Planted("building-weilian", "land", "illegal_building", 2550, 2450, 420, 65, (4, 5, 6, 7, 8, 9), (8, 18)),
    Planted(
        "emerging-ebike-zhongshan",
        "policing",
        "ebike_theft",
        1300,
        -640,
        320,
        80,
        (8, 9, 10),
        (20, 24),
        emerging=True,
    ),
)
