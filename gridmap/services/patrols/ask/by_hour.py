"""When in a shift stops are worth a visit: their prizes by hour, from the hours of the kinds of their incidents."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from gridmap.analysis.hours import HOURS
from gridmap.analysis.patrol import Stop
from gridmap.domain.hotspots import Finding, KeptRun
from gridmap.domain.query import IncidentQuery
from gridmap.domain.shown_plans import Notice
from gridmap.services.hotspots.hours import KindHours, hours_by_kind
from gridmap.services.hotspots.kept_forecasts import forecast_for
from gridmap.services.patrols.ask.foretold import foretold_shares, hours_foretold, hours_of_records
from gridmap.storage.database import Database

Floats = NDArray[np.float64]
Kinds = dict[tuple[str, str], int]

_LEAST = 30


def hours_of_run(database: Database, run: KeptRun, seed: int, *, patrol_found: bool) -> list[KindHours]:
    """Tell the hours of a run's incidents: of all, then of each kind; with or without those that patrols found."""
    domains = (run.domain,) if run.domain else ()
    query = IncidentQuery(None, run.since, run.until, domains, (run.kind,) if run.kind else ())
    # Whoever may see the run is told the hours of its whole ground, whatever part of that is theirs.
    return hours_by_kind(database, run.scope, query, seed=seed, patrol_found=patrol_found)


def shares_of(kinds: Sequence[Kinds], told: list[KindHours]) -> list[Floats] | None:
    """Share of the day's incidents in each hour at each stop; None where no incident has a time of day.

    Parameters
    ----------
    kinds : sequence of mapping
        How many incidents of each domain and kind each stop has.
    told : list of KindHours
        Of all and of each kind.

    Returns
    -------
    list of ndarray, shape (24,), or None

    Notes
    -----
    The mean of the smoothed profiles of the stop's kinds, by their numbers: a single stop has too few incidents for
    hours of its own. A kind of fewer than 30 incidents with a time has the profile of all.
    """
    whole = told[0].profile
    if whole.count == 0:
        return None
    by_kind = {(k.domain, k.kind): k.profile.share for k in told[1:] if k.profile.count >= _LEAST}
    out: list[Floats] = []
    for own in kinds:
        total = sum(own.values())
        parts = [n * by_kind.get(key, whole.share) for key, n in own.items()]
        out.append(np.sum(parts, axis=0) / total if total else whole.share)
    return out


def hourly(
    database: Database,
    run: KeptRun,
    stops: tuple[Stop, ...],
    features: Sequence[Finding],
    kinds: Sequence[Kinds],
    by_patrols: Sequence[int],
    hours: tuple[dt.datetime, dt.datetime],
    seed: int,
    *,
    patrol_found: bool = False,
) -> tuple[tuple[Stop, ...], list[Floats], list[Notice]]:
    """Give the hotspots of a run prizes by hour, from the week's forecast where there is one.

    With the hours' shares of each, and what is to be told.

    Parameters
    ----------
    database : Database
    run : KeptRun
    stops : tuple of Stop
        Its hotspots.
    features : sequence of Finding
        The same as the run found them.
    kinds : sequence of mapping
        As for :func:`shares_of`.
    by_patrols : sequence of int
        How many of their incidents patrols found: left out.
    hours : (datetime, datetime)
        Of the shift, aware.
    seed : int
    patrol_found : bool
        Whether incidents that patrols found count, too.
    """
    shares = shares_of(kinds, hours_of_run(database, run, seed, patrol_found=patrol_found)) if stops else []
    if shares is None:
        return stops, [], [hours_unknown()]
    zone = ZoneInfo(database.settings.timezone)
    begins_at = hours[0].astimezone(zone).replace(tzinfo=None)
    told = None
    if run.kind is None and run.times == (None, None):
        told = forecast_for(database, run.scope, run.domain, run.level, begins_at.date())
    notice = hours_of_records()
    if told is not None and told.timed:
        days = (run.until - run.since).days + 1
        daily = [
            max(0.0, float(f.evidence["observed"]) - found) / days
            for f, found in zip(features, by_patrols, strict=True)
        ]
        shares, notice = foretold_shares(told, features, shares, daily, begins_at), hours_foretold(told)
    return with_hours(stops, shares, *hours, zone), shares, [notice] if stops else []


def with_hours(
    stops: tuple[Stop, ...],
    shares: Sequence[Floats],
    begins_at: dt.datetime,
    ends_at: dt.datetime,
    zone: ZoneInfo,
) -> tuple[Stop, ...]:
    """Give stops prizes that change with the hour.

    A stop's prize in an hour is that of the whole day times the hour's share, over one number for all stops: with it
    their prizes have the same sum in the mean of the shift, so that what happens by day counts for less at night.
    """
    marks = _hours(begins_at, ends_at, zone)
    lengths = np.diff([since for since, _ in marks] + [(ends_at - begins_at).total_seconds()])
    of_shift = np.bincount([hour for _, hour in marks], weights=lengths, minlength=HOURS) / lengths.sum()
    prizes = np.array([stop.prize for stop in stops])
    means = np.array([float(share @ of_shift) for share in shares])
    scale = float(prizes @ means) / float(prizes.sum()) if prizes.sum() > 0 else 1.0
    if scale <= 0.0:
        return stops
    return tuple(
        replace(stop, by_hour=_steps([(since, float(share[hour]) / scale) for since, hour in marks]))
        for stop, share in zip(stops, shares, strict=True)
    )


def hours_unknown() -> Notice:
    """Tell that no incident of a run has a time of day."""
    return {
        "code": "hours-unknown",
        "stop": None,
        "team": None,
        "zh": "事件只有日期、没有时刻，得分不分时段。",
        "en": "The incidents have a date and no time of day: prizes are the same at all hours.",
    }


def _hours(begins_at: dt.datetime, ends_at: dt.datetime, zone: ZoneInfo) -> list[tuple[float, int]]:
    """When each hour of the clock begins within a shift, in its seconds."""
    out = [(0.0, begins_at.astimezone(zone).hour)]
    at = begins_at.astimezone(dt.UTC).replace(second=0, microsecond=0) + dt.timedelta(minutes=1)
    while at < ends_at:
        local = at.astimezone(zone)
        if local.hour != out[-1][1]:
            out.append(((at - begins_at).total_seconds(), local.hour))
        at += dt.timedelta(minutes=60 - local.minute)
    return out


def _steps(factors: list[tuple[float, float]]) -> tuple[tuple[float, float], ...]:
    """Leave out steps that change nothing."""
    kept = [factors[0]]
    kept += [step for before, step in pairwise(factors) if step[1] != before[1]]
    return tuple(kept)
