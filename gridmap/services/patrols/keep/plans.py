"""Plans that are kept: shown, listed, deleted."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from gridmap.domain.accounts import Actor
from gridmap.domain.gridkey import Scope
from gridmap.domain.patrols import KeptPlan
from gridmap.domain.shown_plans import ShownPlan, ShownRoute, WholePlan
from gridmap.errors import NotFound
from gridmap.services.accounts.owners import require_owner
from gridmap.services.patrols.keep.codec import absent
from gridmap.storage.database import Database
from gridmap.storage.patrols import plans as stored
from gridmap.storage.patrols.codec import find_plan
from gridmap.storage.patrols.plans import PatrolRow


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


def patrol_plan(database: Database, scope: Scope, patrol_id: int) -> WholePlan:
    """One plan with its routes as JSON tells it; :func:`kept_plan` gives it typed.

    Returns
    -------
    WholePlan

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
    return {
        **_shown(row, ZoneInfo(database.settings.timezone)),
        "routes": [
            {"team_code": r["team_code"], "geometry": r["geometry"], **r["properties"]} for r in routes
        ],
    }


def route_of(plan: WholePlan, team: str) -> ShownRoute:
    """Return a team's route of a plan.

    Raises
    ------
    NotFound
        When the plan has none for the team.
    """
    found = next((route for route in plan["routes"] if route["team_code"] == team), None)
    if found is None:
        raise NotFound(
            "route-not-found",
            "这份计划里没有这支队伍的路线。请核对路线单。",
            "This plan has no route for that team. Look at the sheet again.",
        )
    return found


def list_plans(database: Database, scope: Scope, limit: int = 50) -> list[ShownPlan]:
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


def _shown(row: PatrolRow, zone: ZoneInfo) -> ShownPlan:
    evidence_at = row["evidence_at"]
    return {
        "patrol_id": row["patrol_id"],
        "begins_at": row["begins_at"].astimezone(zone).isoformat(),
        "ends_at": row["ends_at"].astimezone(zone).isoformat(),
        "created_at": row["created_at"].astimezone(zone).isoformat(),
        "evidence_at": None if evidence_at is None else evidence_at.astimezone(zone).isoformat(),
        "hotspot_run_id": row["hotspot_run_id"],
        "replaces_id": row["replaces_id"],
        "seed": row["seed"],
        "iterations": row["iterations"],
        "parameters": row["parameters"],
        "data_sha256": row["data_sha256"],
        "version": row["version"],
        "owner": row["owner"],
        "summary": row["summary"],
    }
