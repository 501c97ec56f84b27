"""Plan against done as JSON tells it."""

from __future__ import annotations

from typing import TypedDict

import shapely


class VisitTold(TypedDict):
    """A visit that was not planned, as JSON tells it."""

    team_code: str
    stop: str
    arrived_at: str
    left_at: str | None
    evidence: list[str]
    check_in: int | None
    note: str | None


class VisitAgainstPlan(TypedDict):
    """A planned visit with what became of it; ``said_at`` is when the team itself says that it came."""

    stop: str
    number: int
    name_zh: str
    name_en: str
    lon: float
    lat: float
    arrive: str
    leave: str
    grid_key: str | None
    made: bool
    by: str | None
    arrived_at: str | None
    left_at: str | None
    late_s: int | None
    check_in: int | None
    said_at: str | None
    note: str | None
    on_spot: bool
    evidence: list[str]


class TeamAgainstPlan(TypedDict):
    """A team's night: planned and done."""

    team_code: str
    name_zh: str
    name_en: str
    planned: int
    made: int
    segments: int
    driven: int
    length_m: float
    driven_m: float
    visits: list[VisitAgainstPlan]


class DrivenTold(TypedDict):
    """A stretch that was driven; its line in EPSG:4326."""

    team_code: str
    number: int
    begun_at: str
    ended_at: str
    length_m: float
    geometry: shapely.LineString


class Done(TypedDict):
    """A plan against what was done; ``source`` is ``positions``, ``kept`` or ``none``."""

    patrol_id: int
    planned: int
    made: int
    teams: list[TeamAgainstPlan]
    unplanned: list[VisitTold]
    segments: list[DrivenTold]
    source: str


class CheckInKept(TypedDict):
    """A check-in; no number when the same one was kept before."""

    visit_id: int | None
    stop: str
    team_code: str
    arrived_at: str
