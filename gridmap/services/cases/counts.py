"""How many incidents there are: by grid, and in one grid's story."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import TypedDict

from sqlalchemy.orm import Session

from gridmap.domain.gridkey import UNASSIGNED, Scope, is_region
from gridmap.domain.protection import Counts
from gridmap.domain.query import IncidentQuery
from gridmap.services.cases import protected
from gridmap.services.cases.query import chosen_by
from gridmap.services.ground import regions
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
    counts: Counts = Counts.TRUE,
) -> protected.GridCount:
    """How many incidents each grid of a level has.

    Parameters
    ----------
    database : Database
    scope : Scope
    query : IncidentQuery
    level : int
    now : datetime, optional
        Aware; by it cases are overdue.
    counts : Counts
        Class of the numbers, as :func:`gridmap.domain.protection.counts_for` decides it.

    Returns
    -------
    dict
        class, additive, level, from, to, query, as_of, counts (key as text to number; grids without incidents are
        absent), total, sealed (of the total: counted only, in no list of this scope), unassigned (of the total: those
        in no grid of this level; below the village also the sealed ones), and outside: what the query finds in no grid
        at all. Perturbed numbers are None where they are not told, and do not add up; how many are sealed is never.
    """
    chosen = chosen_by(database, query, now)
    with database.scoped_session(scope) as session:
        if counts is Counts.PERTURBED:
            return protected.count_by_grid(session, chosen, level)
        found = counted.count_by_grid(session, chosen, level)
        outside, _ = counted.total_and_sealed(session, replace(chosen, query=replace(query, grid=UNASSIGNED)))
    sealed = sum(hidden for _, hidden in found.values())
    by_key = {key: n for key, (n, _) in found.items()}
    unassigned = by_key.pop(UNASSIGNED, 0)
    return {
        "level": level,
        **protected.period_of(query),
        "counts": {str(k): n for k, n in sorted(by_key.items())},
        "total": sum(by_key.values()) + unassigned,
        "sealed": sealed,
        "unassigned": unassigned,
        "outside": outside,
        **protected.of_class(chosen),
    }


def shaded(
    database: Database, scope: Scope, query: IncidentQuery, level: int, *, now: dt.datetime | None = None
) -> tuple[dict[int, int], IncidentQuery]:
    """Return the perturbed counts by which a map for everybody shades grids: those of `count_by_grid`, without totals.

    Parameters
    ----------
    database : Database
    scope : Scope
    query : IncidentQuery
    level : int
    now : datetime, optional
        Aware.

    Returns
    -------
    counts : dict
        Grid key to number; what is not told is absent.
    query : IncidentQuery
        With the period as it is answered.
    """
    with database.scoped_session(scope) as session:
        return protected.of_grids(session, chosen_by(database, query, now), level)


class Sites(TypedDict):
    """Sites of temporary residents: how many, and their head-count."""

    clusters: int
    head_count: int


class GridSummary(protected.Story):
    """A grid's story: who is there, and what is reported."""

    grid_key: str
    population: int | None
    households: int | None
    teams: int
    migrants: Sites
    organisations: int


def grid_summary(
    database: Database,
    scope: Scope,
    query: IncidentQuery,
    *,
    now: dt.datetime | None = None,
    counts: Counts = Counts.TRUE,
) -> GridSummary:
    """Tell a grid's story: its incidents by domain, stage and kind, what is due, who is there.

    Parameters
    ----------
    database : Database
    scope : Scope
    query : IncidentQuery
        Its grid is the one that is told about.
    now : datetime, optional
        Aware; by it cases are overdue.
    counts : Counts
        Class of the numbers of incidents.

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
        population, households = _people(session, key)
        about: protected.Story = (
            protected.story(session, chosen)
            if counts is Counts.PERTURBED
            else {
                "incidents": counted.totals(session, chosen),
                "by_domain": counted.count_by(session, chosen, "domain"),
                "by_stage": counted.count_by(session, chosen, "stage"),
                "by_kind": counted.count_by(session, chosen, "kind"),
                **protected.of_class(chosen),
            }
        )
        clusters = sites.list_migrant_clusters(session, key)
        return {
            "grid_key": str(key),
            "population": population,
            "households": households,
            "teams": sum(1 for t in field.list_teams(session) if int(t["grid_key"]) in inside),
            "migrants": {"clusters": len(clusters), "head_count": sum(c["head_count"] for c in clusters)},
            "organisations": len(sites.list_organisations(session, key)),
            **about,
        }


def _people(session: Session, key: int) -> tuple[int | None, int | None]:
    """Residents and households of a grid, or of all towns of a region where each of them is known."""
    if is_region(key):
        towns = regions.towns_in(session, key)
        return (
            regions.summed([town["population"] for town in towns]),
            regions.summed([town["households"] for town in towns]),
        )
    grid = stored.find_grid(session, key)
    if grid is None:
        raise grid_not_found(key)
    return grid.population, grid.households
