"""Stops kept for the teams in whose beats they lie."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TypedDict

from sqlalchemy.orm import Session

from gridmap.analysis.patrol import Stop, Team
from gridmap.domain.gridkey import Scope, ancestor, level_of
from gridmap.domain.shown_plans import Notice
from gridmap.errors import Conflict
from gridmap.storage.database import Database
from gridmap.storage.workspace.settings import read_settings

BEATS_SETTING = "beats"
"""Setting of the workspace that holds the beats, those in force last."""


class AskedOfBeats(TypedDict):
    """What beats were asked to be: level of their grids, domain, minutes of an incident and of a kilometre."""

    level: int
    domain: str | None
    case_min: float
    km_min: float


class KeptBeats(TypedDict):
    """Beats as they are kept: the team, incidents and kilometres of each grid; work in minutes a week."""

    areas: dict[str, str]
    asked: AskedOfBeats
    work: dict[str, list[float]]
    largest: float
    bound: float
    changed: list[str]
    made_at: str
    made_by: str | None


def kept_beats(session: Session, *, lock: bool = False) -> list[KeptBeats]:
    """Beats that were put in force, the newest last; locked for who writes them."""
    found: list[KeptBeats] = (
        read_settings(session, lock=BEATS_SETTING if lock else None).get(BEATS_SETTING) or []
    )
    return found


def no_beats() -> Conflict:
    """Return the error of a workspace without beats."""
    return Conflict(
        "beats-none",
        "还没有划过巡区。请运行 gridmap beats make。",
        "There are no beats yet. Run: gridmap beats make",
    )


def within_beats(
    database: Database, scope: Scope, stops: Sequence[Stop], teams: Sequence[Team], *, wanted: bool
) -> tuple[tuple[Stop, ...], list[Notice]]:
    """Keep each stop for the team in whose beat it lies.

    Parameters
    ----------
    database : Database
    scope : Scope
    stops : sequence of Stop
        One that must be visited, or is kept for a team by a rule, may be in any beat.
    teams : sequence of Team
    wanted : bool
        Nothing is done where beats do not count.

    Returns
    -------
    (tuple of Stop, list of Notice)
        Stops in nobody's beat, or in that of a team that is not planned for, are any team's; their number is told.

    Raises
    ------
    Conflict
        When no beats are in force.
    """
    if not wanted:
        return tuple(stops), []
    with database.scoped_session(scope) as session:
        kept = kept_beats(session)
    if not kept:
        raise no_beats()
    areas, level = kept[-1]["areas"], kept[-1]["asked"]["level"]
    crew = {team.id for team in teams}
    out, free = [], 0
    for stop in stops:
        key = stop.grid_key or stop.village
        whose = areas.get(str(ancestor(key, level))) if key and level_of(key) >= level else None
        if whose not in crew:
            free += stop.only_team is None and not stop.must
            whose = None
        out.append(stop if whose is None or stop.only_team is not None else replace(stop, beat=whose))
    return tuple(out), [_free(free)] if free else []


def _free(count: int) -> Notice:
    return {
        "code": "stops-in-no-beat",
        "stop": None,
        "team": None,
        "zh": f"有 {count} 个停靠点不在今晚任何队伍的巡区内，由各队安排。",
        "en": f"{count} stops lie in the beat of no team of tonight: any team may come.",
    }
