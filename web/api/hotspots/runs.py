"""Hotspot runs: made, listed, shown, compared, exported, deleted."""

from __future__ import annotations

import datetime as dt
import tempfile
from pathlib import Path

from flask import Response
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag
from shapely.geometry import mapping

from gridmap.domain.geojson import Feature
from gridmap.domain.hotspots import Finding, KeptRun
from gridmap.domain.protection import Purpose
from gridmap.errors import InvalidInput
from gridmap.services.cases.overview import workspace_info
from gridmap.services.hotspots import comparison, runs
from gridmap.services.hotspots.basis import usual_basis
from gridmap.services.hotspots.jobs import HOTSPOT_RUN
from gridmap.services.hotspots.spec import HotspotSpec
from web import context
from web.api.files import FILE, TYPES
from web.api.hotspots.schemas import (
    ChangesShown,
    Done,
    HotspotChanges,
    HotspotComparePath,
    HotspotExportQuery,
    HotspotFeatures,
    HotspotRequest,
    HotspotRunPath,
    HotspotRuns,
    HotspotRunsQuery,
    RunShown,
)
from web.api.hotspots.words import classes_of
from web.api.jobs import JobAnswer, start
from web.api.schemas import Nothing, Problem
from web.context import actor, database, scope
from web.geojson import geojson

bp = APIBlueprint(
    "hotspots",
    __name__,
    url_prefix="/api/v1",
    abp_tags=[Tag(name="hotspots", description="热点: where reports gather beyond chance")],
    abp_responses={403: Problem, 404: Problem, 409: Problem, 422: Problem, 503: Problem},
)


@bp.get("/hotspot-runs", responses={200: HotspotRuns})
def list_hotspot_runs(query: HotspotRunsQuery) -> dict[str, list[RunShown]]:
    """List the runs that are kept, newest first, without what they found."""
    return {
        "runs": [
            _shown(run)
            for run in runs.list_runs(
                database(), scope(), counts=context.counts(), method=query.method, limit=query.limit
            )
        ]
    }


@bp.post("/hotspot-runs", responses={202: JobAnswer})
def start_hotspot_run(body: HotspotRequest) -> tuple[Response, int]:
    """Start a run, which takes seconds; ask its job how far it is."""
    return start(HOTSPOT_RUN, _spec(body))


def _spec(body: HotspotRequest) -> HotspotSpec:
    info = workspace_info(database(), scope())
    if info.period is None:
        raise InvalidInput(
            "hotspots-no-incidents",
            "工作区还没有事件。请先导入：gridmap incidents import FILE",
            "The workspace has no incidents yet. Import them first: gridmap incidents import FILE",
        )
    optional = ("max_population", "space_bands_m", "time_bands_days", "weekdays")
    given = body.model_dump(exclude={"since", "until", "level", "by", *optional})
    given |= {name: value for name in optional if (value := getattr(body, name)) is not None}
    given |= {name: tuple(given[name]) for name in optional if isinstance(given.get(name), list)}
    level = body.level or max(info.levels)
    return HotspotSpec(
        by=body.by
        or usual_basis(
            database(), scope(), level, method=body.method, hexagons=body.hexagons, within=body.within
        ),
        since=body.since or dt.date.fromisoformat(info.period["from"]),
        until=body.until or dt.date.fromisoformat(info.period["to"]),
        level=level,
        **given,
    )


@bp.get("/hotspot-runs/<int:run_id>", responses={200: HotspotFeatures})
def get_hotspot_run(path: HotspotRunPath, query: Nothing) -> Response:  # noqa: ARG001 - refuses parameters
    """Return a run with what it found as GeoJSON, in order of rank."""
    found = runs.hotspot_run(database(), scope(), path.run_id, context.counts())
    return geojson(
        {
            "type": "FeatureCollection",
            "features": [_feature(f) for f in found.findings],
            "run": _shown(found),
            "classes": classes_of(found.method),
        }
    )


def _shown(run: KeptRun) -> RunShown:
    return {
        "run_id": run.run_id,
        "method": run.method,
        "domain": run.domain,
        "kind": run.kind,
        "since": run.since.isoformat(),
        "until": run.until.isoformat(),
        "level": run.level,
        "seed": run.seed,
        "parameters": run.parameters,
        "data_sha256": run.data_sha256,
        "version": run.version,
        "summary": run.summary,
        "owner": run.owner,
        "created_at": None if run.created_at is None else run.created_at.isoformat(),
    }


def _feature(found: Finding) -> Feature:
    # Keys have more digits than browsers count.
    key = None if found.grid_key is None else str(found.grid_key)
    return {
        "type": "Feature",
        "id": found.rank,
        "geometry": None if found.geometry is None else mapping(found.geometry),
        "properties": {"rank": found.rank, "label": found.label, "grid_key": key, **found.evidence},
    }


@bp.delete("/hotspot-runs/<int:run_id>", responses={200: Done})
def delete_hotspot_run(path: HotspotRunPath, query: Nothing) -> dict[str, int]:  # noqa: ARG001 - refuses parameters
    """Delete a run."""
    runs.delete_run(database(), actor(), path.run_id)
    return {"run_id": path.run_id}


@bp.get("/hotspot-runs/<int:run_id>/export", responses={200: FILE})
def export_hotspot_run(path: HotspotRunPath, query: HotspotExportQuery) -> Response:
    """Return what a run found as a file."""
    found = runs.hotspot_run(
        database(),
        scope(),
        path.run_id,
        context.counts(Purpose.SHARE if query.for_others else Purpose.EXPORT),
    )
    with tempfile.TemporaryDirectory(prefix="gridmap-export-") as folder:
        file = Path(folder) / f"gridmap-hotspots-{path.run_id}.{query.format}"
        runs.export_run(found, file, database().settings.timezone)
        answer = Response(file.read_bytes(), content_type=TYPES[query.format])
    answer.headers["Content-Disposition"] = f"attachment; filename={file.name}"
    return answer


@bp.get("/hotspot-runs/<int:run_id>/compare/<int:other_id>", responses={200: HotspotChanges})
def compare_hotspot_runs(path: HotspotComparePath, query: Nothing) -> ChangesShown:  # noqa: ARG001 - refuses parameters
    """Lay two runs over each other: what was kept, is new, is gone."""
    first, second = (
        runs.hotspot_run(database(), scope(), n, context.counts()) for n in (path.run_id, path.other_id)
    )
    changes = comparison.changes_between(first, second)
    return {"first": path.run_id, "second": path.other_id, "changes": changes}
