"""The workspace, and layers as files."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from flask import Response
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag

from gridmap.services.cases import own_columns
from gridmap.services.cases.overview import workspace_info
from gridmap.services.house import EXPORT, find_layer
from gridmap.services.workspace.exports import count_left_out, count_rows, export_layer
from gridmap.services.workspace.jobs import MOST_INLINE_ROWS, ExportRequest
from web.api.files import FILE, TYPES
from web.api.jobs import JobAnswer, start
from web.api.schemas import ColumnsPath, ExportPath, ExportQuery, Nothing, Problem, QueryFields, Workspace
from web.context import database, scope

bp = APIBlueprint(
    "workspace",
    __name__,
    url_prefix="/api/v1",
    abp_tags=[Tag(name="workspace", description="工作区")],
    abp_responses={403: Problem, 404: Problem, 409: Problem, 422: Problem, 503: Problem},
)


@bp.get("/workspace", responses={200: Workspace})
def get_workspace(query: Nothing) -> dict[str, Any]:  # noqa: ARG001 - refuses parameters
    """Return the workspace's name, place, days with records and code lists."""
    return workspace_info(database(), scope()).as_dict()


@bp.get("/exports/<layer>.<format>", responses={200: FILE, 202: JobAnswer})
def get_export(path: ExportPath, query: ExportQuery) -> Response | tuple[Response, int]:
    """Return a layer as a file; above 2,000 rows start a job that makes the file, and answer with the job (202)."""
    layer = find_layer(path.layer)
    chosen = query.asked()
    if count_rows(database(), scope(), layer, chosen) > MOST_INLINE_ROWS:
        return start(EXPORT, ExportRequest(path.layer, path.format, query.crs, chosen))
    with tempfile.TemporaryDirectory(prefix="gridmap-export-") as folder:
        file = Path(folder) / f"gridmap-{path.layer}.{path.format}"
        export_layer(
            database(),
            scope(),
            layer,
            file,
            query=chosen,
            target_crs=query.crs,
        )
        answer = Response(file.read_bytes(), content_type=TYPES[path.format])
    answer.headers["Content-Disposition"] = f"attachment; filename={file.name}"
    answer.headers["Gridmap-Sealed-Left-Out"] = str(count_left_out(database(), scope(), layer, chosen))
    return answer


@bp.get("/exports/columns/<name>.<format>", responses={200: FILE})
def get_columns(path: ColumnsPath, query: QueryFields) -> Response:
    """Return cases in the columns of GB/T 31000-2015 (gbt31000) or of a source's own files, to go back in."""
    chosen = query.asked()
    own_columns.require_few(count_rows(database(), scope(), find_layer("incidents"), chosen))
    whose = own_columns.columns_of(database(), path.name)
    with tempfile.TemporaryDirectory(prefix="gridmap-export-") as folder:
        file = Path(folder) / f"cases.{path.format}"
        done = own_columns.write_columns(database(), scope(), whose, file, query=chosen)
        answer = Response(file.read_bytes(), content_type=TYPES[path.format])
    answer.headers["Content-Disposition"] = f"attachment; filename={file.name}"
    answer.headers["Gridmap-Elsewhere-Left-Out"] = str(done.elsewhere)
    return answer
