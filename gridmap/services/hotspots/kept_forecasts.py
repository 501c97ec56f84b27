"""What is said of a week before it comes, and what came: kept, and held against each other ever after."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from gridmap import __version__
from gridmap.analysis import forecast
from gridmap.analysis.forecast.history import History
from gridmap.analysis.forecast.models import FEWEST_WEEKS
from gridmap.analysis.forecast.scoring import Judged, held_against
from gridmap.analysis.hours import DAYS, HOURS, weekly_profile
from gridmap.domain.forecasts import WEEK, KeptForecast, ToldCells, monday_of
from gridmap.domain.gridkey import SUBTREE_SIZE, TOWN, VILLAGE, Scope
from gridmap.domain.query import IncidentQuery
from gridmap.errors import InvalidInput
from gridmap.services.cases.overview import period_and_level
from gridmap.services.cases.query import chosen_by
from gridmap.services.hotspots.observations import Inputs, has_time, load_inputs, local_days, scope_of
from gridmap.services.hotspots.spec import HotspotSpec
from gridmap.services.hotspots.weekly import weekly_history
from gridmap.storage.database import Database
from gridmap.storage.hotspots import forecasts as stored
from gridmap.storage.hotspots.runs import incident_points

_MOST_WEEKS = 104
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class WeekAsked:
    """A week of which something is to be said.

    Attributes
    ----------
    domain : str or None
    level : int
    within : int or None
        Key of the grid that it is about.
    first_day : date
        Its Monday.
    """

    domain: str | None
    level: int
    within: int | None
    first_day: dt.date


def keep_forecast(database: Database, scope: Scope, asked: WeekAsked, *, owner: str | None) -> KeptForecast:
    """Say what a week will bring from what had been reported before its Monday, and keep it.

    What is already kept of that week stays, and is returned: nothing that was said is changed afterwards.

    Raises
    ------
    InvalidInput
        When there are fewer than twelve weeks of records before it.
    NotFound
        When the grid lies outside the scope.
    """
    about = scope_of(scope, asked.within)
    with database.scoped_session(scope) as session:
        there = stored.find_forecast(session, about, asked.level, asked.domain, asked.first_day)
    if there is not None:
        return there
    spec = spec_of(database, scope, asked)
    inputs = load_inputs(database, scope, spec, patrol_found=False)
    history, _ = weekly_history(inputs, spec.since, spec.until)
    area = inputs.cells.geometry.area.to_numpy()
    found = forecast.predict(history, inputs.centres, area=area)
    known = history.known(history.weeks).sum(axis=1)
    profile, timed = _hours(inputs, spec, history)
    told = KeptForecast(
        scope=about,
        domain=asked.domain,
        level=asked.level,
        first_day=asked.first_day,
        model=found.model,
        comparator=found.comparator,
        cells=ToldCells(
            tuple(int(key) for key in inputs.cells["grid_key"]),
            tuple(np.round(area, 1).tolist()),
            tuple(np.round(found.expected, 6).tolist()),
            tuple(np.round(found.counted, 6).tolist()),
            tuple(known.astype(int).tolist()),
        ),
        shares=found.shares,
        known=int(known.sum()),
        hours=tuple(tuple(np.round(day, 6).tolist()) for day in profile),
        timed=timed,
        data_sha256=inputs.sha256_as_reported,
        version=__version__,
        owner=owner,
    )
    with database.scoped_session(scope, write=True) as session:
        stored.add_forecast(session, told)
        kept = stored.find_forecast(session, about, asked.level, asked.domain, asked.first_day)
    return kept or told


def spec_of(database: Database, scope: Scope, asked: WeekAsked) -> HotspotSpec:
    """Return which records a week's forecast is made from: those of up to two years before its Monday.

    Raises
    ------
    InvalidInput
        When there are fewer than twelve weeks of them.
    """
    first, _, _ = period_and_level(database, scope)
    until = asked.first_day - dt.timedelta(days=1)
    weeks = ((until - first).days + 1) // DAYS
    if weeks < FEWEST_WEEKS:
        raise InvalidInput(
            "forecast-weeks",
            f"{asked.first_day} 之前只有 {max(weeks, 0)} 周的记录，至少需要 {FEWEST_WEEKS} 周。请等记录够了再启用。",
            f"There are only {max(weeks, 0)} weeks of records before {asked.first_day}; {FEWEST_WEEKS} are needed. "
            "Begin once there are.",
        )
    since = asked.first_day - min(weeks, _MOST_WEEKS) * WEEK
    return HotspotSpec(
        "gi", since=since, until=until, domain=asked.domain, level=asked.level, within=asked.within
    )


def _hours(inputs: Inputs, spec: HotspotSpec, history: History) -> tuple[Floats, int]:
    days = history.weeks * DAYS
    used = (
        (inputs.cell >= 0)
        & has_time(inputs.day)
        & (inputs.day >= 0)
        & (inputs.day < days)
        & (inputs.reported < days)
    )
    day = inputs.day[used]
    weekday = (np.floor(day).astype(np.int64) + spec.since.weekday()) % DAYS
    hour = np.floor(day % 1.0 * HOURS + 1e-9).astype(np.int64)
    counts = np.bincount(weekday * HOURS + hour, minlength=DAYS * HOURS).reshape(DAYS, HOURS)
    return weekly_profile(counts).share, int(used.sum())


def expected_between(told: KeptForecast, begins: dt.datetime, ends: dt.datetime) -> Floats:
    """Return the incidents that a forecast expects in each of its grids during a part of its week.

    Parameters
    ----------
    told : KeptForecast
    begins, ends : datetime
        Local times of the workspace, naive; what lies outside the week counts nothing.

    Returns
    -------
    (n,) float array
        In the order of ``told.cells.keys``.
    """
    monday = dt.datetime.combine(told.first_day, dt.time())
    lo, hi = ((at - monday).total_seconds() / 3600.0 for at in (begins, ends))
    at = np.arange(DAYS * HOURS, dtype=np.float64)
    inside = np.clip(np.minimum(at + 1.0, hi) - np.maximum(at, lo), 0.0, 1.0)
    share = float((np.array(told.hours).ravel() * inside).sum())
    return np.array(told.cells.said) * share


def forecast_for(
    database: Database, scope: Scope, domain: str | None, level: int, day: dt.date
) -> KeptForecast | None:
    """Return what was said of the week that holds a day, about exactly a ground, of a level or else a coarser one."""
    with database.scoped_session(scope) as session:
        for one in range(level, 0, -1):
            found = stored.find_forecast(session, scope, one, domain, monday_of(day))
            if found is not None:
                return found
    return None


@dataclass(frozen=True, slots=True)
class TrackWeek:
    """What was said of a week, and what came.

    Attributes
    ----------
    told : KeptForecast
    expected : float
        Incidents that it expected in all.
    came : int or None
        Those that came in grids of its level, late reports included; None while the week is not over.
    hits, counted : float or None
        Those among them that lay in what the forecast had flagged, and the comparator.
    """

    told: KeptForecast
    expected: float
    came: int | None
    hits: float | None
    counted: float | None


@dataclass(frozen=True, slots=True)
class Track:
    """What forecasts said since the start beside what came.

    Attributes
    ----------
    weeks : tuple of TrackWeek
        The newest first.
    area_share : float
        Share of the area that is flagged.
    over : int
        Weeks that are over.
    came : int
        Incidents of these.
    hits, counted : float
        Those in what the forecast had flagged, and the comparator.
    judged : Judged or None
        Difference of the hit rates with its 95 % interval and verdict; None before the first week is over.
    """

    weeks: tuple[TrackWeek, ...]
    area_share: float
    over: int
    came: int
    hits: float
    counted: float
    judged: Judged | None

    def pai(self, hits: float) -> float | None:
        """Return the predictive accuracy index of hits in all weeks that are over."""
        return hits / self.came / self.area_share if self.came else None


def track(
    database: Database, scope: Scope, asked: WeekAsked, *, area_share: float = 0.05, today: dt.date
) -> Track:
    """Hold what was kept of all weeks against what came.

    Parameters
    ----------
    database : Database
    scope : Scope
    asked : WeekAsked
        Its week is not looked at.
    area_share : float
        Share of the area that is flagged: the densest of what was said.
    today : date
        Weeks that end before it are over.
    """
    about = scope_of(scope, asked.within)
    with database.scoped_session(scope, timeout_s=60) as session:
        told = stored.forecasts_of(session, about, asked.level, asked.domain)
        if not told:
            return Track((), area_share, 0, 0, 0.0, 0.0, None)
        since, until = told[0].first_day, told[-1].first_day + WEEK - dt.timedelta(days=1)
        query = IncidentQuery(asked.within, since, until, (asked.domain,) if asked.domain else ())
        by_village = asked.level <= VILLAGE
        points, _ = incident_points(
            session, chosen_by(database, query), by_village=by_village, patrol_found=False
        )
    week = np.floor(local_days(points.at_s, since, ZoneInfo(database.settings.timezone)) / DAYS)
    placed = _in_a_grid(points.grid_key, asked.level)
    week, key = week[placed], (points.grid_key - points.grid_key % SUBTREE_SIZE[asked.level])[placed]
    weeks = [_held(one, key[week == (one.first_day - since).days // DAYS], area_share, today) for one in told]
    over = [one for one in weeks if one.came is not None]
    hits, counted, came = (
        np.array([float(getattr(one, name) or 0) for one in over]) for name in ("hits", "counted", "came")
    )
    return Track(
        tuple(reversed(weeks)),
        area_share,
        len(over),
        int(came.sum()),
        float(hits.sum()),
        float(counted.sum()),
        held_against(hits, counted, came) if came.sum() else None,
    )


def _in_a_grid(keys: NDArray[np.int64], level: int) -> NDArray[np.bool_]:
    """Tell which records are known to lie in a grid of a level: of others nothing was said."""
    return np.asarray(keys > 0 if level == TOWN else keys % SUBTREE_SIZE[level - 1] != 0, dtype=np.bool_)


def _held(told: KeptForecast, keys: NDArray[np.int64], area_share: float, today: dt.date) -> TrackWeek:
    cells = told.cells
    expected = float(sum(cells.said))
    if told.first_day + WEEK > today:
        return TrackWeek(told, expected, None, None, None)
    area = np.array(cells.area_m2)
    said, counted = (
        _hits(cells.keys, forecast.flagged(np.array(values), area, area_share), keys)
        for values in (cells.said, cells.counted)
    )
    return TrackWeek(told, expected, len(keys), said, counted)


def _hits(keys: Sequence[int], flagged: Floats, came: NDArray[np.int64]) -> float:
    known = dict(zip(keys, flagged.tolist(), strict=True))
    return float(sum(known.get(int(key), 0.0) for key in came))
