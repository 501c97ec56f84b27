"""Exports of layers as jobs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from gridmap.crs import WGS84
from gridmap.domain.query import IncidentQuery
from gridmap.services.jobs.kinds import JobKind, Outcome, Work
from gridmap.services.workspace.exports import ExportLayer, count_left_out, export_layer

MOST_INLINE_ROWS = 2000
"""Exports with more rows than this are jobs."""


@dataclass(frozen=True, slots=True)
class ExportRequest:
    """A layer as a file; see :func:`gridmap.services.workspace.exports.export_layer`."""

    layer: str
    format: Literal["geojson", "gpkg", "csv", "xlsx"]
    target_crs: str = WGS84
    query: IncidentQuery = field(default_factory=IncidentQuery)


def export_kind(find_layer: Callable[[str], ExportLayer]) -> JobKind[ExportRequest]:
    """Make the kind of job that exports the layers of all wings."""

    def run(asked: ExportRequest, work: Work) -> Outcome:
        layer = find_layer(asked.layer)
        file = work.folder / f"gridmap-{layer.name}.{asked.format}"
        work.tell("write", 0, 1)
        rows = export_layer(
            work.database,
            work.scope,
            layer,
            file,
            query=asked.query,
            target_crs=asked.target_crs,
        )
        work.tell("write", 1, 1)
        left_out = count_left_out(work.database, work.scope, layer, asked.query)
        return Outcome({"rows": rows, "sealed_left_out": left_out}, file)

    return JobKind(
        "export", "导出", "export", ExportRequest, run, most_open=60, most_of_owner=30, repeatable=True
    )
