"""Incidents as files."""

from __future__ import annotations

import geopandas as gpd
from sqlalchemy.orm import Session

from gridmap.domain.days import local_span
from gridmap.services.workspace.exports import Excerpt, ExportLayer, points_frame
from gridmap.storage.cases.exports import incident_rows
from gridmap.storage.cases.incidents import IncidentFilter


def _incidents(session: Session, wanted: Excerpt) -> gpd.GeoDataFrame:
    start, end = local_span(wanted.zone, wanted.since, wanted.until)
    return points_frame(
        incident_rows(session, IncidentFilter(start, end, wanted.domain, None, wanted.within))
    )


INCIDENTS = ExportLayer("incidents", _incidents)
