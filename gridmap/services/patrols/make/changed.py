"""What happens during a shift, as it is told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from gridmap.domain.terms import DWELL_S


@dataclass(frozen=True, slots=True)
class Taken:
    """An emergency takes a team.

    Attributes
    ----------
    team : str
    lon, lat : float
        Where it goes, and is free again.
    free_at : str
        When: HH:MM, or a day with a time.
    """

    team: str
    lon: float
    lat: float
    free_at: str


@dataclass(frozen=True, slots=True)
class Added:
    """A stop comes in.

    Attributes
    ----------
    lon, lat : float
    name : str or None
    prize : float or None
        Without a prize it must be visited.
    dwell_s : float
    """

    lon: float
    lat: float
    name: str | None = None
    prize: float | None = None
    dwell_s: float = DWELL_S


@dataclass(frozen=True, slots=True)
class Changed:
    """What happens.

    Attributes
    ----------
    at : str
        From when on: HH:MM within the shift, or a day with a time.
    teams_out : tuple of str
    taken : tuple of Taken
    added : tuple of Added
    locks : dict of stop to team
        For stops that are not begun yet.
    leave_out : tuple of str
    """

    at: str
    teams_out: tuple[str, ...] = ()
    taken: tuple[Taken, ...] = ()
    added: tuple[Added, ...] = ()
    locks: Mapping[str, str] | None = None
    leave_out: tuple[str, ...] = ()


def told(changed: Changed) -> Mapping[str, object]:
    """Return a change as a plan's parameters hold it."""
    return {
        "at": changed.at,
        "teams_out": list(changed.teams_out),
        "taken": [[t.team, t.lon, t.lat, t.free_at] for t in changed.taken],
        "added": [[a.lon, a.lat, a.name, a.prize, a.dwell_s] for a in changed.added],
        "locks": dict(changed.locks or {}),
        "leave_out": list(changed.leave_out),
    }
