"""Incidents as files."""

from __future__ import annotations

import geopandas as gpd
from sqlalchemy.orm import Session

from gridmap.services.workspace.exports import Excerpt, ExportLayer, points_frame
from gridmap.storage.cases.exports import incident_rows
from gridmap.storage.cases.incidents import IncidentFilter


def _incidents(session: Session, wanted: Excerpt) -> gpd.GeoDataFrame:
    return points_frame(incident_rows(session, IncidentFilter(wanted.query, wanted.zone, wanted.now)))


INCIDENTS = ExportLayer("incidents", _incidents)
