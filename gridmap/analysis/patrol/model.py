"""What a plan is made of: teams, stops, the shift, and the plan itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import inf

from gridmap.domain.gridkey import UNASSIGNED, Scope
from gridmap.domain.terms import DWELL_S, GAP_S, REVISIT_SHARE


@dataclass(frozen=True, slots=True)
class Shift:
    """When the shift begins and ends, in seconds from any moment that all times share."""

    begin_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class Break:
    """A rest in which a team neither drives nor works.

    Attributes
    ----------
    earliest_s, latest_s : float
        Bounds on when it begins.
    length_s : float
    """

    earliest_s: float
    latest_s: float
    length_s: float


@dataclass(frozen=True, slots=True)
class Team:
    """A team that drives one route.

    Attributes
    ----------
    id : str
    start_place, end_place : int
        Rows of the travel matrices.
    mode : str
        Key of `travel_s`.
    begin_s, end_s : float
        Its own hours; those of the shift bind, too.
    rest : Break, optional
    speed : float
        Times in the matrix are divided by it.
    size : int
        People in it.
    scope : Scope
        Grids whose stops it may visit.
    """

    id: str
    start_place: int
    end_place: int
    mode: str
    begin_s: float
    end_s: float
    rest: Break | None = None
    speed: float = 1.0
    size: int = 2
    scope: Scope = field(default_factory=Scope.whole)


@dataclass(frozen=True, slots=True)
class Way:
    """A way to make a visit that is more than a stay: along a line, or on foot from where the vehicle is left.

    Attributes
    ----------
    mode : str
        Whose teams make it so.
    begins, ends : int
        Rows of the travel matrices: to where a team comes, and from where it goes on.
    along_s : float
        Along the line at the usual pace of the mode; a visit that is to take longer is made more slowly.
    aside_s : float
        On foot from the vehicle and back to it, besides.
    on_foot : bool
        The vehicle is left: the pace is that of people on foot, whatever the team's speed.
    least_s : float
        Along the line for a patrol that looks about, whatever the team's speed.
    """

    mode: str
    begins: int
    ends: int
    along_s: float = 0.0
    aside_s: float = 0.0
    on_foot: bool = False
    least_s: float = 0.0

    def lasts_s(self, dwell_s: float, speed: float) -> float:
        """How long a visit of at least some length takes a team of a speed."""
        return max(dwell_s, self.least_s, self.along_s / (1.0 if self.on_foot else speed)) + self.aside_s


@dataclass(frozen=True, slots=True)
class Stop:
    """A place that is worth a visit, or a line that is.

    Attributes
    ----------
    id : str
    place : int
        Row of the travel matrices.
    prize : float
        Of the first visit.
    dwell_s : float
        Length of a visit; 10 to 15 minutes at a hotspot.
    village : int
        Key of its village grid, by which fairness counts.
    grid_key : int
        Key that a team's scope must contain; the village's where it is 0.
    windows : tuple of (float, float)
        Opening hours that hold a whole visit; always open without any.
    must : bool
        Visited at least once if that is possible at all.
    closed_to : frozenset of str
        Modes that cannot come here.
    visits : int
        Most visits in the shift.
    min_gap_s : float
        Least time from the start of one visit to the start of the next.
    revisit_share : float
        Each further visit earns this share of the one before.
    min_size : int
        Fewest people of a team that comes here.
    only_team : str, optional
        The one team that may come.
    beat : str, optional
        The team in whose beat the stop lies: no other comes, but where the stop must be visited.
    max_interval_s : float, optional
        Most time from the start of one visit to the start of the next, from the beginning of the hours of the teams
        that may come (and of each window) to the first, and from the last to their end. A stop that cannot be visited
        so often is named.
    by_hour : tuple of (float, float)
        From when on the prize is multiplied by what, in order; the first holds before it, too. A visit has the factor
        of its start; 1 throughout without any.
    ways : tuple of Way
        The ways to make a visit where it is more than a stay at `place`; a mode without one cannot come here, and
        nobody where it is `walked` and there is none.
    """

    id: str
    place: int
    prize: float
    dwell_s: float = DWELL_S
    village: int = UNASSIGNED
    grid_key: int = UNASSIGNED
    windows: tuple[tuple[float, float], ...] = ()
    must: bool = False
    closed_to: frozenset[str] = frozenset()
    visits: int = 1
    min_gap_s: float = GAP_S
    revisit_share: float = REVISIT_SHARE
    min_size: int = 1
    only_team: str | None = None
    beat: str | None = None
    max_interval_s: float | None = None
    by_hour: tuple[tuple[float, float], ...] = ()
    ways: tuple[Way, ...] = ()
    walked: bool = False

    @property
    def most(self) -> float:
        """Prize of a first visit in the best hour."""
        return self.prize * max((factor for _, factor in self.by_hour), default=1.0)

    def prize_at(self, start_s: float) -> float:
        """Prize of a first visit that begins at a time."""
        factor = self.by_hour[0][1] if self.by_hour else 1.0
        for begins_s, then in self.by_hour:
            factor = then if begins_s <= start_s else factor
        return self.prize * factor


@dataclass(frozen=True, slots=True)
class Objective:
    """What a plan maximises besides prize.

    Attributes
    ----------
    village_share : float
        Least share of its prize that each village gets over the rolling week, 0 to 1; 0 for no fairness.
    week : mapping of int to (float, float)
        Prize that each village got on the nights before, and that it had.
    shortfall_price : float
        Prize that is given up for a village that gets nothing, in units of the mean village's prize.
    balance : float, optional
        Most share of the best plan's prize that is given up for even loads, 0 to 1: with 0 loads are evened out where
        that costs nothing. Nothing is done about loads without it.
    max_wait_s : float
        Most time that a team waits before a visit begins.
    near_s, near_level : float
        Seconds within which some team could be at this share of households, 0 to 1, in every quarter of an hour; not
        asked for where the seconds are None. What lacks has a price: a share of 1 in a quarter all prizes together.
    """

    village_share: float = 0.0
    week: Mapping[int, tuple[float, float]] = field(default_factory=dict)
    shortfall_price: float = 20.0
    balance: float | None = None
    max_wait_s: float = inf
    near_s: float | None = None
    near_level: float = 0.0


@dataclass(frozen=True, slots=True)
class Visit:
    """A visit of a plan.

    Attributes
    ----------
    stop : str
    place : int
        Where it begins.
    arrive_s, start_s, leave_s : float
        It waits between arrival and start, and for the break.
    travel_s : float
        Of the leg that leads here.
    number : int
        1 for the first visit of the shift to this stop.
    prize : float
    way : int, optional
        Which of the stop's ways.
    left_at : int, optional
        Where the team goes on from, where that is not the place.
    """

    stop: str
    place: int
    arrive_s: float
    start_s: float
    leave_s: float
    travel_s: float
    number: int
    prize: float
    way: int | None = None
    left_at: int | None = None

    @property
    def onward(self) -> int:
        """Row of the travel matrices from where the team goes on."""
        return self.place if self.left_at is None else self.left_at


@dataclass(frozen=True, slots=True)
class Route:
    """What one team does.

    Attributes
    ----------
    team, visits : str, and tuple of Visit
    begin_s, end_s : float
        Departure from the start and arrival at the end; both the beginning of the hours of a team that stays.
    rest_s : (float, float), optional
        The break.
    travel_s, dwell_s, wait_s : float
    load : float
        Share of its hours without the break that it travels or works.
    prize : float
    stays_out : bool
        The team dropped out during the shift: the way home is not planned.
    away : tuple of (float, float)
        From when until when it is near to nobody: it dropped out, or an emergency has it.
    """

    team: str
    visits: tuple[Visit, ...]
    begin_s: float
    end_s: float
    rest_s: tuple[float, float] | None
    travel_s: float
    dwell_s: float
    wait_s: float
    load: float
    prize: float
    stays_out: bool = False
    away: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a stop is in or out.

    Attributes
    ----------
    stop : str
    visited : int
        Number of visits.
    code : str
        ``visited``, ``no-prize``, ``no-team``, ``no-way``, ``out-of-reach``, ``no-room`` or ``not-found``.
    zh, en : str
    team : str, optional
        The team that visits, or that could most easily.
    extra_s, spare_s : float, optional
        Time that a visit would take of this team, and that it has left.
    """

    stop: str
    visited: int
    code: str
    zh: str
    en: str
    team: str | None = None
    extra_s: float | None = None
    spare_s: float | None = None


@dataclass(frozen=True, slots=True)
class VillageShare:
    """What a village gets: tonight's prize and what was possible, and its share over the week with tonight."""

    prize: float
    possible: float
    share: float
    needed: float
    lacks: float


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan for a shift.

    Attributes
    ----------
    routes : tuple of Route
        One for each team, in the order of the teams.
    prize : float
    possible : float
        Prize of all visits that are asked for.
    bound : float
        Prize that no plan exceeds.
    objective_value : float
        Prize less what shortfalls and stops that must be visited but are not cost.
    missed : tuple of str
        Stops that must be visited and are not.
    reasons : tuple of Reason
        One for each stop, in the order of the stops.
    villages : dict of int to VillageShare
    fairness_cost : float
        Prize given up for fairness: that of the best plan found without it, less this one's.
    seed, iterations : int
    teams, stops, shift, objective
        What was planned for.
    conventions : dict of str to str
    late : tuple of str
        Stops that are left alone for longer than their most interval.
    balance_cost : float
        Prize given up for even loads.
    able : tuple of str
        Teams that can visit some stop: those whose loads are compared.
    by_place : tuple of Route
        Where prizes change with the hour: the routes of the same teams that were planned as if they did not.
    near : tuple of float
        Where it is asked for: the share of households that some team stays near to, by quarter of an hour.
    near_cost : float
        Prize given up for that.
    """

    routes: tuple[Route, ...]
    prize: float
    possible: float
    bound: float
    objective_value: float
    missed: tuple[str, ...]
    reasons: tuple[Reason, ...]
    villages: dict[int, VillageShare]
    fairness_cost: float
    seed: int
    iterations: int
    teams: tuple[Team, ...]
    stops: tuple[Stop, ...]
    shift: Shift
    objective: Objective
    conventions: dict[str, str]
    late: tuple[str, ...] = ()
    balance_cost: float = 0.0
    able: tuple[str, ...] = ()
    by_place: tuple[Route, ...] = ()
    near: tuple[float, ...] = ()
    near_cost: float = 0.0

    @property
    def unevenness(self) -> float:
        """The largest load over the mean load of the teams that can visit some stop; 1 where nobody works."""
        loads = [route.load for route in self.routes if route.team in self.able]
        return max(loads) * len(loads) / sum(loads) if sum(loads) > 0 else 1.0

    @property
    def covered(self) -> float:
        """Prize covered as a share of what was possible; 1 where nothing was."""
        return self.prize / self.possible if self.possible > 0 else 1.0
