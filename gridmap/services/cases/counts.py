"""How many incidents there are: by grid, and in one grid's story."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

from gridmap.domain.gridkey import UNASSIGNED, Scope
from gridmap.domain.query import IncidentQuery
from gridmap.services.cases.query import chosen_by, told
from gridmap.services.ground.grids import checked_level, grid_not_found
from gridmap.storage.cases import counts as counted
from gridmap.storage.database import Database
from gridmap.storage.ground import grids as stored
from gridmap.storage.teams import sites
from gridmap.storage.teams import teams as field


def count_by_grid(
    database: Database,
    scope: Scope,
    query: IncidentQuery,
    *,
    level: int,
    now: dt.datetime | None = None,
) -> dict[str, Any]:
    """How many incidents each grid of a level has.

    Parameters
    ----------
    database : Database
    scope : Scope
    query : IncidentQuery
    level : int
    now : datetime, optional
        Aware; by it cases are overdue.

    Returns
    -------
    dict
        level, from, to, query, as_of, counts (key as text to number; grids without incidents are absent), total,
        sealed (of the total: counted only, in no list of this scope), unassigned (of the total: those in no grid of
        this level; below the village also the sealed ones), and outside: what the query finds in no grid at all.
    """
    chosen = chosen_by(database, query, now)
    with database.scoped_session(scope) as session:
        found = counted.count_by_grid(session, chosen, level)
        outside, _ = counted.total_and_sealed(session, replace(chosen, query=replace(query, grid=UNASSIGNED)))
    sealed = sum(hidden for _, hidden in found.values())
    counts = {key: n for key, (n, _) in found.items()}
    unassigned = counts.pop(UNASSIGNED, 0)
    return {
        "level": level,
        "from": query.since.isoformat() if query.since else None,
        "to": query.until.isoformat() if query.until else None,
        "counts": {str(k): n for k, n in sorted(counts.items())},
        "total": sum(counts.values()) + unassigned,
        "sealed": sealed,
        "unassigned": unassigned,
        "outside": outside,
        **told(chosen),
    }


def grid_summary(
    database: Database, scope: Scope, query: IncidentQuery, *, now: dt.datetime | None = None
) -> dict[str, Any]:
    """Tell a grid's story: its incidents by domain, stage and kind, what is due, who is there.

    Parameters
    ----------
    database : Database
    scope : Scope
    query : IncidentQuery
        Its grid is the one that is told about.
    now : datetime, optional
        Aware; by it cases are overdue.

    Raises
    ------
    NotFound
        When there is no such grid in the scope.
    """
    key = query.grid or UNASSIGNED
    checked_level(key)
    chosen = chosen_by(database, query, now)
    inside = Scope.of_grid(key)
    with database.scoped_session(scope) as session:
        grid = stored.find_grid(session, key)
        if grid is None:
            raise grid_not_found(key)
        clusters = sites.list_migrant_clusters(session, key)
        return {
            "grid_key": str(key),
            "population": grid.population,
            "households": grid.households,
            "incidents": counted.totals(session, chosen),
            "by_domain": counted.count_by(session, chosen, "domain"),
            "by_stage": counted.count_by(session, chosen, "stage"),
            "by_kind": counted.count_by(session, chosen, "kind"),
            "teams": sum(1 for t in field.list_teams(session) if int(t["grid_key"]) in inside),
            "migrants": {"clusters": len(clusters), "head_count": sum(c["head_count"] for c in clusters)},
            "organisations": len(sites.list_organisations(session, key)),
            **told(chosen),
        }
