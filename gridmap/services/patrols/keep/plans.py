"""Plans that are kept: shown, listed, deleted."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from gridmap.domain.accounts import Actor
from gridmap.domain.gridkey import Scope
from gridmap.domain.patrols import KeptPlan
from gridmap.services.accounts.owners import require_owner
from gridmap.services.patrols.keep.codec import absent
from gridmap.storage.database import Database
from gridmap.storage.patrols import plans as stored
from gridmap.storage.patrols.codec import find_plan


def kept_plan(database: Database, scope: Scope, patrol_id: int) -> KeptPlan:
    """One plan with its routes, typed; its times are in the workspace's zone.

    Raises
    ------
    NotFound
        When there is no such plan in the scope.
    """
    with database.scoped_session(scope) as session:
        found = find_plan(session, patrol_id, ZoneInfo(database.settings.timezone))
    if found is None:
        raise absent(patrol_id)
    return found


def patrol_plan(database: Database, scope: Scope, patrol_id: int) -> dict[str, Any]:
    """One plan with its routes as JSON tells it; :func:`kept_plan` gives it typed.

    Returns
    -------
    dict
        The plan's columns, and ``routes``: team_code, geometry (shapely, EPSG:4326) and the properties of each: times,
        visits in order with the leg that leads to each, and the way home.

    Raises
    ------
    NotFound
        When there is no such plan in the scope.
    """
    with database.scoped_session(scope) as session:
        row = stored.find_patrol(session, patrol_id)
        routes = stored.patrol_routes(session, patrol_id) if row is not None else []
    if row is None:
        raise absent(patrol_id)
    return _shown(row, ZoneInfo(database.settings.timezone)) | {
        "routes": [
            {"team_code": r["team_code"], "geometry": r["geometry"], **r["properties"]} for r in routes
        ]
    }


def list_plans(database: Database, scope: Scope, limit: int = 50) -> list[dict[str, Any]]:
    """Return the plans that a scope may see, newest first, without their routes."""
    with database.scoped_session(scope) as session:
        rows = stored.list_patrols(session, limit)
    return [_shown(row, ZoneInfo(database.settings.timezone)) for row in rows]


def delete_plan(database: Database, actor: Actor, patrol_id: int) -> None:
    """Delete a plan.

    Raises
    ------
    NotFound
        When there is no such plan in the scope.
    Forbidden
        When it is another's, and the actor is no administrator.
    """
    plan = patrol_plan(database, actor.scope, patrol_id)
    require_owner(actor, plan["owner"])
    with database.scoped_session(actor.scope, write=True) as session:
        stored.delete_patrol(session, patrol_id)


def _shown(row: dict[str, Any], zone: ZoneInfo) -> dict[str, Any]:
    out = {k: v for k, v in row.items() if k not in {"scope_lo", "scope_hi"}}
    times = ("begins_at", "ends_at", "created_at", "evidence_at")
    return out | {k: row[k].astimezone(zone).isoformat() for k in times if row[k] is not None}
