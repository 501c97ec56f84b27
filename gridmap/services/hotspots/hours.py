"""When in the day incidents are reported, by kind."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from gridmap.analysis.hours import HOURS, HourlyProfile, hourly_profile
from gridmap.domain.gridkey import Scope
from gridmap.domain.query import IncidentQuery
from gridmap.services.cases.query import chosen_by
from gridmap.services.hotspots.observations import has_time, local_days
from gridmap.storage.database import Database
from gridmap.storage.hotspots import runs as stored


@dataclass(frozen=True, slots=True)
class KindHours:
    """The hours of one kind of incident; of all that were asked for where domain and kind are None.

    Attributes
    ----------
    domain, kind : str or None
    profile : HourlyProfile
        Of those whose time of day is known.
    untimed : int
        Incidents with a date alone.
    """

    domain: str | None
    kind: str | None
    profile: HourlyProfile
    untimed: int


def hours_by_kind(
    database: Database, scope: Scope, query: IncidentQuery, *, seed: int, patrol_found: bool = True
) -> list[KindHours]:
    """Tell the hours of the day at which incidents occurred: of all, then of each kind, the most frequent first.

    Parameters
    ----------
    database : Database
    scope : Scope
    query : IncidentQuery
    seed : int
        Of the intervals.
    patrol_found : bool
        Whether those that patrols found are among them: they are found when patrols are out.
    """
    with database.scoped_session(scope, timeout_s=60) as session:
        points, _ = stored.incident_points(
            session, chosen_by(database, query), by_village=True, patrol_found=patrol_found
        )
    zone = ZoneInfo(database.settings.timezone)
    at = pd.to_datetime(points.at_s, unit="s", utc=True).tz_convert(zone)
    timed = has_time(local_days(points.at_s, dt.date(1970, 1, 1), zone))
    frame = pd.DataFrame({"domain": points.domain, "kind": points.kind, "hour": at.hour, "timed": timed})
    out = [_hours(None, None, frame, seed)]
    kinds = [
        _hours(str(domain), str(kind), own, seed)
        for (domain, kind), own in frame.groupby(["domain", "kind"], sort=True)
    ]
    return out + sorted(kinds, key=lambda found: -found.profile.count)


def _hours(domain: str | None, kind: str | None, own: pd.DataFrame, seed: int) -> KindHours:
    hours = own.loc[own["timed"], "hour"].to_numpy(dtype=np.int64)
    profile = hourly_profile(np.bincount(hours, minlength=HOURS), seed=seed)
    return KindHours(domain, kind, profile, len(own) - len(hours))
