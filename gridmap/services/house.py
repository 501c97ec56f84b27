"""What the wings bring, in one place: what can be imported, the layers that can be exported, the kinds of job."""

from __future__ import annotations

from typing import Any

from gridmap.errors import NotFound
from gridmap.services.cases import exports as case_exports
from gridmap.services.cases import imports as case_imports
from gridmap.services.cases import projects
from gridmap.services.ground import exports as ground_exports
from gridmap.services.ground import imports as ground_imports
from gridmap.services.ground import versions
from gridmap.services.hotspots.jobs import HOTSPOT_RUN, WEEK_FORECAST
from gridmap.services.imports.incoming import incoming_kind
from gridmap.services.imports.jobs import import_kind
from gridmap.services.imports.kinds import ImportKind, OtherKind
from gridmap.services.jobs.kinds import JobKind
from gridmap.services.patrols.ask import fixed_points
from gridmap.services.patrols.make import jobs as patrol_jobs
from gridmap.services.reports.jobs import REPORT
from gridmap.services.response.jobs import SITING
from gridmap.services.teams import exports as team_exports
from gridmap.services.teams import imports as team_imports
from gridmap.services.workspace.exports import ExportLayer
from gridmap.services.workspace.jobs import export_kind

IMPORT_KINDS: dict[str, ImportKind] = {
    kind.noun: kind
    for kind in (
        case_imports.INCIDENTS,
        case_imports.INCIDENT_STEPS,
        team_imports.TEAMS,
        team_imports.TEAM_POSITIONS,
        team_imports.MIGRANTS,
        team_imports.ORGANISATIONS,
        fixed_points.FIXED_POINTS,
        projects.PROJECTS,
        projects.RULINGS,
        ground_imports.ROADS,
    )
}
"""Kinds by noun."""

HISTORY_KINDS: dict[str, ImportKind | OtherKind] = {**IMPORT_KINDS, versions.VERSIONS.noun: versions.VERSIONS}
"""What is listed, shown and taken back as an import, by noun."""

EXPORT_LAYERS: dict[str, ExportLayer] = {
    layer.name: layer
    for layer in (
        ground_exports.GRIDS,
        case_exports.INCIDENTS,
        team_exports.TEAMS,
        team_exports.MIGRANTS,
        team_exports.ORGANISATIONS,
        fixed_points.LAYER,
        projects.PROJECT_LAYER,
        projects.RULING_LAYER,
        ground_exports.ROADS,
    )
}
"""Layers by name."""


def find_layer(name: str) -> ExportLayer:
    """Return the layer of a name.

    Raises
    ------
    NotFound
        When there is none.
    """
    if name not in EXPORT_LAYERS:
        raise NotFound(
            "layer-unknown",
            f"没有图层 {name}，可用：{'、'.join(EXPORT_LAYERS)}。",
            f"There is no layer {name}; there are {', '.join(EXPORT_LAYERS)}.",
        )
    return EXPORT_LAYERS[name]


EXPORT = export_kind(find_layer)
IMPORT = import_kind(IMPORT_KINDS)
INCOMING = incoming_kind(IMPORT_KINDS)

JOB_KINDS: dict[str, JobKind[Any]] = {
    kind.name: kind
    for kind in (
        HOTSPOT_RUN,
        WEEK_FORECAST,
        patrol_jobs.PATROL_PLAN,
        patrol_jobs.PATROL_AGAIN,
        patrol_jobs.PATROL_CHANGE,
        patrol_jobs.ROSTER,
        patrol_jobs.BEATS,
        SITING,
        EXPORT,
        REPORT,
        IMPORT,
        INCOMING,
    )
}
"""Kinds of job by name."""
