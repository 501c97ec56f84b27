"""Reports as jobs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from gridmap.reporting.paper import can_lay_out
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
        pdf=can_lay_out(),
        owner=work.owner,
        on_progress=work.tell,
    )
    beside = []
    for name in ("tables.xlsx", "layers.gpkg"):
        written = Path(made["tables"]) / name
        beside.append(written.rename(file.with_suffix(written.suffix)))
    if made["pdf"] is not None:
        beside.append(Path(made["pdf"]))
    kept = ("file_sha256", "data_sha256", "hotspots", "clusters")
    refused = [{"zh": part.zh, "en": part.en} for part in made["refused"]]
    result = {name: made[name] for name in kept} | {"number": made["report_id"], "refused": refused}
    return Outcome(result, file, tuple(beside))


REPORT = JobKind("report", "报告", "report", ReportJob, _build, most_open=10, most_of_owner=5)
"""Reports: written whole from a period and a scope, entered in the register, and the same bytes when made again."""
