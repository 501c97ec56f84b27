"""Places that stay where they are: migrant clusters and organisations."""

from __future__ import annotations

from typing import TypedDict, cast

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from gridmap.domain.gridkey import Scope
from gridmap.storage.models import MigrantCluster, Organisation

_HIDDEN = frozenset({"geom", "tile_key", "import_run_id", "withdrawn_at", "withdrawn_why"})


class SiteRow(TypedDict):
    """A housing or work site with its head-count, and its place where that is known."""

    cluster_id: int
    code: str
    grid_key: int
    head_count: int
    lon: float | None
    lat: float | None


class OrganisationRow(TypedDict):
    """An organisation, and its place where that is known."""

    organisation_id: int
    code: str
    name_zh: str
    name_en: str | None
    kind: str
    grid_key: int
    lon: float | None
    lat: float | None


def list_migrant_clusters(session: Session, within: int | None = None) -> list[SiteRow]:
    """Migrant clusters, largest first; only a grid's subtree where `within` is given."""
    columns = [c for c in MigrantCluster.__table__.columns if c.name not in _HIDDEN]
    query = select(
        *columns, func.ST_X(MigrantCluster.geom).label("lon"), func.ST_Y(MigrantCluster.geom).label("lat")
    ).order_by(MigrantCluster.head_count.desc(), MigrantCluster.code)
    if within is not None:
        scope = Scope.of_grid(within)
        query = query.where(MigrantCluster.grid_key.between(scope.lo, scope.hi))
    return [cast("SiteRow", dict(row)) for row in session.execute(query).mappings()]


def list_organisations(session: Session, within: int | None = None) -> list[OrganisationRow]:
    """Organisations by kind and code; only a grid's subtree where `within` is given."""
    columns = [c for c in Organisation.__table__.columns if c.name not in _HIDDEN]
    query = select(
        *columns, func.ST_X(Organisation.geom).label("lon"), func.ST_Y(Organisation.geom).label("lat")
    ).order_by(Organisation.kind, Organisation.code)
    if within is not None:
        scope = Scope.of_grid(within)
        query = query.where(Organisation.grid_key.between(scope.lo, scope.hi))
    return [cast("OrganisationRow", dict(row)) for row in session.execute(query).mappings()]
