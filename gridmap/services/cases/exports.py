"""Incidents as files."""

from __future__ import annotations

import geopandas as gpd
from sqlalchemy.orm import Session

from gridmap.services.workspace.exports import Excerpt, ExportLayer, points_frame
from gridmap.storage.cases.exports import incident_rows, kept_in_files, sealed_rows
from gridmap.storage.cases.incidents import IncidentFilter
from gridmap.storage.models import Incident
from gridmap.storage.workspace.counts import count_of


def _chosen(wanted: Excerpt) -> IncidentFilter:
    return IncidentFilter(wanted.query, wanted.zone, wanted.now)


def _incidents(session: Session, wanted: Excerpt) -> gpd.GeoDataFrame:
    return points_frame(incident_rows(session, _chosen(wanted)))


def _count(session: Session, wanted: Excerpt) -> int:
    return count_of(session, Incident, *kept_in_files(_chosen(wanted)))


def _left_out(session: Session, wanted: Excerpt) -> int:
    return sealed_rows(session, _chosen(wanted))


INCIDENTS = ExportLayer("incidents", _incidents, _count, _left_out)
