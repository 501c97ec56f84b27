"""Hotspot runs and forecasts as jobs."""

from __future__ import annotations

from gridmap.services.hotspots.kept_forecasts import WeekAsked, keep_forecast
from gridmap.services.hotspots.runs import run_hotspots
from gridmap.services.hotspots.spec import HotspotSpec
from gridmap.services.jobs.kinds import JobKind, Outcome, Work


def _run(spec: HotspotSpec, work: Work) -> Outcome:
    run = run_hotspots(work.database, work.scope, spec, owner=work.owner, on_progress=work.tell)
    return Outcome({"number": run.run_id})


HOTSPOT_RUN = JobKind("hotspot-run", "热点分析", "hotspot run", HotspotSpec, _run)


def _forecast(asked: WeekAsked, work: Work) -> Outcome:
    told = keep_forecast(work.database, work.scope, asked, owner=work.owner)
    return Outcome({"first_day": told.first_day.isoformat()})


WEEK_FORECAST = JobKind(
    "week-forecast", "下周预测", "forecast of a week", WeekAsked, _forecast, repeatable=True
)
