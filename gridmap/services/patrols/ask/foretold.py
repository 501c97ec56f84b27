"""What a week's forecast says of the hours of a shift at the stops of a plan."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from gridmap.analysis.hours import HOURS
from gridmap.domain.forecasts import WEEK, KeptForecast
from gridmap.domain.hotspots import Finding
from gridmap.domain.shown_plans import Notice
from gridmap.services.hotspots.kept_forecasts import expected_between

Floats = NDArray[np.float64]


def foretold_shares(
    told: KeptForecast,
    features: Sequence[Finding],
    shares: Sequence[Floats],
    daily: Sequence[float],
    begins_at: dt.datetime,
) -> list[Floats]:
    """Tell what is expected at each stop in each hour of a shift, over its incidents a day.

    Parameters
    ----------
    told : KeptForecast
        Of the week in which the shift begins; the hours of a Monday after its Sunday are those of its own Monday.
    features : sequence of Finding
        The hotspots.
    shares : sequence of ndarray, shape (24,)
        Share of the day in each hour, of the kinds of each.
    daily : sequence of float
        Incidents a day of each in the run's period.
    begins_at : datetime
        Of the shift, local, naive.

    Returns
    -------
    list of ndarray, shape (24,)
        For :func:`gridmap.services.patrols.ask.by_hour.with_hours`, in place of `shares`. Hours that the shift does not
        have are those of the day on which it begins or of the next.

    Notes
    -----
    A forecast has one course of the week for all its grids. What it expects in an hour in the stop's grids is times how
    much more, or less, of the stop's kinds falls into that hour than of all. Where the forecast does not have the
    stop's grids (it is of another level, or the place is no set of grids) the stop keeps its own number a day, and has
    the weekday and the hour from the forecast.
    """
    week = np.array(told.hours, dtype=np.float64)
    of_hour = week.sum(axis=0)
    row = {key: n for n, key in enumerate(told.cells.keys)}
    said = float(sum(told.cells.said))
    expected = np.array([expected_between(told, *_hour(told, begins_at, hour)) for hour in range(HOURS)])
    out = []
    for feature, share, a_day in zip(features, shares, daily, strict=True):
        own = np.divide(share, of_hour, out=np.zeros(HOURS), where=of_hour > 0.0)
        rows = [row.get(key, -1) for key in _grids(feature)]
        if rows and min(rows) >= 0 and a_day > 0.0:
            out.append(expected[:, rows].sum(axis=1) * own / a_day)
        else:
            out.append(expected.sum(axis=1) * own * (7.0 / said) if said > 0.0 else share)
    return out


def _hour(told: KeptForecast, begins_at: dt.datetime, hour: int) -> tuple[dt.datetime, dt.datetime]:
    day = begins_at.date() + dt.timedelta(days=hour < begins_at.hour)
    if day >= told.first_day + WEEK:
        day -= WEEK
    begins = dt.datetime.combine(day, dt.time(hour))
    return begins, begins + dt.timedelta(hours=1)


def _grids(feature: Finding) -> list[int]:
    members = feature.evidence.get("members")
    if members:
        return [int(key) for key in members]
    return [feature.grid_key] if feature.grid_key and feature.evidence.get("cells", 1) == 1 else []


def hours_foretold(told: KeptForecast) -> Notice:
    """Tell that prizes by hour rest on a forecast, and on which."""
    return {
        "code": "hours-forecast",
        "stop": None,
        "team": None,
        "zh": f"各时段得分按 {told.first_day} 起一周的预测（第 {told.forecast_id} 号）："
        "各网格预计件数、星期与钟点；各类事件的钟点按以往。",
        "en": f"Prizes by hour rest on the forecast of the week from {told.first_day} (number {told.forecast_id}): "
        "what it expects of grids, weekdays and hours; the hours of kinds are those of the past.",
    }


def hours_of_records() -> Notice:
    """Tell that no forecast of the week can be used, so that prizes by hour rest on the past."""
    return {
        "code": "hours-records",
        "stop": None,
        "team": None,
        "zh": "没有可用的这一周预测（须同一范围和领域，热点不限小类和时段），各时段得分按以往事件的钟点。"
        "可先做预测：gridmap forecast keep",
        "en": "No forecast of this week can be used (one of the same ground and domain, for hotspots of all kinds and "
        "times): prizes by hour rest on the hours of the past. Make one first: gridmap forecast keep",
    }
