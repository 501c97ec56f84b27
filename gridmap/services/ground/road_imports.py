"""Import of roads, cut where they meet and trimmed to the town, and the check of those that are there."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from gridmap.domain.gridkey import Scope
from gridmap.ingest.road_findings import write_road_findings
from gridmap.services.ground.imports import ROADS
from gridmap.services.ground.road_reports import (
    RoadReport,
    finding_layers,
)
from gridmap.services.ground.road_shaping import Shaping
from gridmap.services.imports.records import ImportOptions, ImportResult, Progress, import_records
from gridmap.storage.database import Database


@dataclass(frozen=True, slots=True)
class RoadImport:
    """An import of roads and its report; no report where nothing was accepted."""

    result: ImportResult
    report: RoadReport | None


def import_roads(
    database: Database,
    scope: Scope,
    path: Path,
    options: ImportOptions,
    *,
    noding: bool = True,
    findings: Path | None = None,
    on_progress: Progress | None = None,
) -> RoadImport:
    """Import a file of roads, cut where they meet and trimmed to the town's outline and 2 km around it.

    A road that is not cut stays as it is in the file; further pieces of one that is get its identifier with ``-2``,
    ``-3`` and so on. Pieces that an earlier import left on the line of a road of this file are removed.

    Parameters
    ----------
    database : Database
    scope : Scope
    path : Path
    options : ImportOptions
    noding : bool
        Whether to cut and trim; the file is taken as it is otherwise.
    findings : Path, optional
        GeoPackage of what is odd.
    on_progress : callable, optional
        As :func:`gridmap.services.imports.records.import_records` calls it.

    Returns
    -------
    RoadImport

    Raises
    ------
    InvalidInput
        When the file cannot be used, or none of its roads is near the town.
    """
    work = Shaping(noding)
    result = import_records(
        database,
        scope,
        ROADS,
        path,
        options,
        reshape=work.reshape,
        tidy=work.tidy,
        # A file that was read before turns were is read again.
        remember={"noding": noding, "turns": True},
        on_progress=on_progress,
    )
    if findings is not None and work.report is not None:
        write_road_findings(finding_layers(work.report), findings)
    return RoadImport(result, work.report)
