"""What a plan is asked for."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, fields

from gridmap.domain import terms
from gridmap.domain.clock import read_break
from gridmap.errors import InvalidInput
from gridmap.services.patrols.ask.rules import Rules

DWELL_S = (600.0, 900.0)
"""Ten to fifteen minutes at a hotspot do most for least time (Koper 1995)."""


FIRST_DAY = dt.date(1949, 10, 1)
_AHEAD_DAYS = 366


def locks_of(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return stops with the team that each is kept for.

    Raises
    ------
    InvalidInput
        When a stop is kept for two teams.
    """
    out: dict[str, str] = {}
    for stop, team in pairs:
        if out.setdefault(stop, team) != team:
            raise InvalidInput(
                "lock-twice",
                f"停靠点 {stop} 同时锁定给队伍 {out[stop]} 和 {team}，请只留一处。",
                f"Stop {stop} is locked to the teams {out[stop]} and {team}; keep one of the two locks.",
            )
    return out


@dataclass(frozen=True, slots=True)
class PatrolRequest:
    """Parameters of a plan; together with the data they make the same plan again.

    Attributes
    ----------
    on : date
        Local day on which the shift begins.
    hotspot_run_id : int or None
        Run whose hotspots are visited; the newest Gi* run where None.
    teams : tuple of str or None
        Codes; all teams with a base and hours where None.
    seed : int
    seconds : float or None
        Time for the search.
    iterations : int or None
        Steps of the search, in place of a time: the same plan on every machine.
    dwell_s : float
        Length of a visit.
    village_share : float
        Least share of its prize that each village gets over seven days with this one, 0 to 1.
    visits : int
        Most visits to a stop in the shift.
    min_gap_s : float
        Least time between the starts of two of them.
    revisit_share : float
        Each further visit earns this share of the one before.
    rest : str or None
        Break of every team: earliest-latest/minutes, as 23:00-01:00/30.
    rules : Rules or None
        For single stops and teams; they come before the numbers above.
    locks : tuple of (str, str)
        Stops with the team that they are kept for, which must visit them.
    leave_out : tuple of str
        Stops that are never visited.
    vary : bool
        Whether tonight's plan is drawn by the seed from several that are nearly best.
    loss : float
        Most share of the best plan's prize that is given up for plans that differ.
    nights : int
        Consecutive nights for which plans are drawn.
    balance : float
        Most share of the prize that is given up so that teams share the work evenly; 0 where that may cost nothing.
    max_wait_s : float
        Most time that a team waits before a visit.
    max_interval_s : float or None
        Most time that a stop is left alone, from start to start, while a team may come.
    fixed_points : bool
        Whether the workspace's fixed points are visited, too.
    dose_min : float
        Minutes a week that a place is to have: the more of them it got in the seven days before, the less it is worth;
        0 where that is not asked for.
    patrol_found : bool
        Whether incidents that patrols found count for prizes, too.
    by_hour : bool
        Whether a stop's prize changes through the shift with the hours of its incidents.
    roster : bool
        Whether the teams, and their hours, are those that the week's roster names for the day.
    duty : str or None
        Code or name of one of the town's shifts: its hours are those of the teams, and of a roster its teams alone.
    near_min, near_level : float
        Minutes within which some team could be at this share of households in every quarter of an hour; not asked for
        where the minutes are 0.
    within_beats : bool
        Whether a stop is visited by the team of its beat only, but where it must be visited.
    """

    on: dt.date
    hotspot_run_id: int | None = None
    teams: tuple[str, ...] | None = None
    seed: int = 0
    seconds: float | None = terms.SEARCH_S
    iterations: int | None = None
    dwell_s: float = terms.DWELL_S
    village_share: float = 0.0
    visits: int = 1
    min_gap_s: float = terms.GAP_S
    revisit_share: float = terms.REVISIT_SHARE
    rest: str | None = None
    rules: Rules | None = None
    locks: tuple[tuple[str, str], ...] = ()
    leave_out: tuple[str, ...] = ()
    vary: bool = False
    loss: float = terms.LOSS
    nights: int = 1
    balance: float = terms.BALANCE
    max_wait_s: float = terms.MAX_WAIT_S
    max_interval_s: float | None = None
    fixed_points: bool = True
    by_hour: bool = False
    dose_min: float = terms.DOSE_MIN
    patrol_found: bool = False
    roster: bool = False
    duty: str | None = None
    within_beats: bool = False
    near_min: float = terms.NEAR_MIN
    near_level: float = terms.NEAR_LEVEL

    def __post_init__(self) -> None:
        """Refuse numbers that make no sense."""
        if (self.seconds is None) == (self.iterations is None):
            raise InvalidInput(
                "patrol-stop-rule",
                "请在 --time 与 --iterations 中选一个。",
                "Choose either --time or --iterations.",
            )
        for term, value in (
            (terms.SEED, self.seed),
            (terms.SEARCH, self.seconds),
            (terms.STEPS, self.iterations),
            (terms.DWELL, self.dwell_s),
            (terms.VILLAGE_SHARE, self.village_share),
            (terms.VISITS, self.visits),
            (terms.GAP, self.min_gap_s),
            (terms.REVISIT, self.revisit_share),
            (terms.LOST, self.loss),
            (terms.NIGHTS, self.nights),
            (terms.BALANCED, self.balance),
            (terms.WAIT, self.max_wait_s),
            (terms.DOSE, self.dose_min),
            (terms.NEAR, self.near_min),
            (terms.NEAR_SHARE, self.near_level),
            (terms.INTERVAL, self.max_interval_s),
        ):
            term.refuse(value)
        if self.rest is not None:
            read_break(self.rest)
        if not FIRST_DAY <= self.on <= dt.datetime.now(dt.UTC).date() + dt.timedelta(days=_AHEAD_DAYS):
            raise InvalidInput(
                "patrol-shift-day",
                f"班次日期 {self.on} 超出范围：应在 {FIRST_DAY} 与一年之后之间。",
                f"The shift's day {self.on} is out of range: it must lie between {FIRST_DAY} and a year ahead.",
            )
        if self.roster and self.teams is not None:
            raise InvalidInput(
                "roster-or-teams",
                "队伍或取自班表，或点名，请只选一种。",
                "Teams are taken from the roster or named; choose one of the two.",
            )
        locks_of(self.locks)

    @property
    def near_s(self) -> float | None:
        """Seconds within which households are to be near to some team; None where that is not asked for."""
        return 60.0 * self.near_min if self.near_min > 0 else None

    @property
    def draws(self) -> bool:
        """Whether plans that differ are drawn."""
        return self.vary or self.nights > 1

    def as_dict(self) -> dict[str, object]:
        """Return the parameters as JSON holds them."""
        out: dict[str, object] = {f.name: getattr(self, f.name) for f in fields(self)}
        return out | {
            "on": self.on.isoformat(),
            "teams": list(self.teams) if self.teams else None,
            "rules": None if self.rules is None else self.rules.as_dict(),
            "locks": dict(self.locks),
            "leave_out": list(self.leave_out),
        }
