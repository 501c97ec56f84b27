"""What a team is there for: kinds of incident, hours, the ground that it serves, how fast it goes."""

from __future__ import annotations

import datetime as dt
import json
from functools import cache
from importlib import resources
from typing import Any

from gridmap.domain.gridkey import UNASSIGNED, VILLAGE, Scope, ancestor, level_of

USUAL_KMH = {"foot": 4.5, "bike": 14.0, "car": 35.0}
"""Speed of each mode on an ordinary road of the town; a team's own speed is measured against it."""


SERVICE_TEAM = "service team"
"""Kind of team that calls on households: it is shown with its grid, and neither patrols nor is sent to incidents."""


@cache
def _table() -> dict[str, Any]:
    text = resources.files("gridmap.domain").joinpath("team_duties.json").read_text("utf-8")
    table: dict[str, Any] = json.loads(text)
    return table


def suitable_kinds(domain: str, kind: str | None, risk: str = "red") -> tuple[str, ...]:
    """Return the kinds of team that are sent to an incident.

    Parameters
    ----------
    domain : str
        Code of the incident's domain.
    kind : str or None
        Code of its kind; one that ``team_duties.json`` does not name takes its domain's list.
    risk : str
        A dispute is for mediators: a team is sent only when its risk is red.

    Returns
    -------
    tuple of str
        Codes of ``team_kind``; empty for a domain that is not known.
    """
    if domain == "dispute" and risk != "red":
        return ()
    table = _table()
    named = table["kinds"].get(domain, {}).get(kind)
    return tuple(named if named is not None else table["domains"].get(domain, ()))


def on_shift(start: dt.time | None, end: dt.time | None, clock: dt.time) -> bool:
    """Tell whether a local time of day lies in a shift; one that ends before it begins runs past midnight.

    The last minute is excluded; a shift whose ends are equal lasts the whole day. Without hours nobody is on shift.
    """
    if start is None or end is None:
        return False
    if start < end:
        return start <= clock < end
    return clock >= start or clock < end


def served_ground(grid_key: int, *, professional: bool | None) -> Scope:
    """Return where a team is sent: a volunteer team to its own village, a professional one anywhere.

    Parameters
    ----------
    grid_key : int
        Grid of the team; one of a level above the village, or none, binds it to nothing.
    professional : bool or None
    """
    if professional or grid_key == UNASSIGNED or level_of(grid_key) < VILLAGE:
        return Scope.whole()
    return Scope.of_grid(ancestor(grid_key, VILLAGE))


def slowness(mode: str, speed_kmh: float | None) -> float:
    """Return by what a mode's times are multiplied for a team with a speed of its own; 1 where it has none.

    A team of 17.5 km/h by car takes twice as long as cars do: 35 / 17.5.
    """
    return USUAL_KMH[mode] / speed_kmh if speed_kmh else 1.0
