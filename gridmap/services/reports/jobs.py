"""Reports as jobs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from gridmap.services.jobs.kinds import JobKind, Outcome, Work
from gridmap.services.reports.building import build_hotspot_report
from gridmap.services.reports.request import ReportRequest


@dataclass(frozen=True, slots=True)
class ReportJob:
    """A report, and the folder with the files of the browser's map library."""

    request: ReportRequest
    assets: Path


def _build(asked: ReportJob, work: Work) -> Outcome:
    file = work.folder / "gridmap-report.html"
    made = build_hotspot_report(
        work.database,
        work.scope,
        asked.request,
        file,
        assets=asked.assets,
        owner=work.owner,
        on_progress=work.tell,
    )
    return Outcome(
        {name: made[name] for name in ("file_sha256", "data_sha256")} | {"number": made["report_id"]}, file
    )


REPORT = JobKind("report", "报告", "report", ReportJob, _build, most_open=10, most_of_owner=5)
