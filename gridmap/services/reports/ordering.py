"""Reports that somebody asks for: what is left out is chosen, and the work goes into the queue."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from gridmap.domain.accounts import Actor
from gridmap.domain.jobs import Job
from gridmap.services.cases.overview import period_and_level
from gridmap.services.hotspots.basis import Basis, usual_basis
from gridmap.services.hotspots.observations import require_ground
from gridmap.services.jobs import desk
from gridmap.services.reports.jobs import REPORT, ReportJob
from gridmap.services.reports.request import PURPOSE, REPLICATIONS, ReportRequest
from gridmap.storage.database import Database


@dataclass(frozen=True, slots=True)
class WantedReport:
    """A hotspot report as somebody asks for it; see `ReportRequest`.

    Attributes
    ----------
    since, until : date or None
        The first and last day that have incidents where None.
    level : int or None
        The finest that has grids where None.
    by : {'count', 'rate'} or None
        By rate where the people present are known.
    within, domain, kind, seed, languages, purpose, permutations
        As there.
    """

    since: dt.date | None = None
    until: dt.date | None = None
    level: int | None = None
    by: Basis | None = None
    within: int | None = None
    domain: str | None = None
    kind: str | None = None
    seed: int = 0
    languages: Literal["zh", "en", "both"] = "both"
    purpose: str = PURPOSE
    permutations: int = REPLICATIONS


def request_of(database: Database, actor: Actor, wanted: WantedReport) -> ReportRequest:
    """Choose what was left out.

    Raises
    ------
    InvalidInput
        When the period, the level or the purpose cannot be used.
    NotFound
        When there is no such grid, or it lies outside of what the actor may see.
    """
    first, last, finest = period_and_level(database, actor.scope)
    level = wanted.level or finest
    require_ground(database, actor.scope, wanted.within)
    request = ReportRequest(
        since=wanted.since or first,
        until=wanted.until or last,
        level=level,
        by=wanted.by or usual_basis(database, actor.scope, level, within=wanted.within),
        within=wanted.within,
        domain=wanted.domain,
        kind=wanted.kind,
        seed=wanted.seed,
        languages=wanted.languages,
        purpose=wanted.purpose,
        permutations=wanted.permutations,
    )
    # It refuses what no run can be asked.
    _ = request.spec
    return request


def order_report(database: Database, actor: Actor, wanted: WantedReport, *, assets: Path) -> Job:
    """Put a hotspot report into the queue.

    Parameters
    ----------
    database : Database
    actor : Actor
        Whose report it is; it is about grids of the actor's scope.
    wanted : WantedReport
    assets : Path
        Folder with the files of the browser's map library.

    Raises
    ------
    InvalidInput, NotFound
        As of `request_of`.
    Busy, Unavailable
        When the queue is full.
    """
    asked = ReportJob(request_of(database, actor, wanted), assets)
    return desk.submit(database, actor.scope, REPORT, asked, owner=actor.post)


def reports_of(database: Database, actor: Actor, *, limit: int = 20) -> list[Job]:
    """Return the actor's own reports that are made or wait, newest first, as long as their files are kept."""
    own = desk.list_jobs(database, actor.scope, owner=actor.post, limit=200)
    return [job for job in own if job.kind == REPORT.name][:limit]


def request_behind(job: Job) -> ReportRequest:
    """Return what a report's job was asked."""
    return REPORT.decode(job.parameters).request
