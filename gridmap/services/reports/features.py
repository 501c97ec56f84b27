"""Collections of features for programs that read maps (OGC API Features, notebooks), paged and within a scope."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from gridmap.domain.accounts import Actor
from gridmap.domain.geojson import Feature
from gridmap.domain.query import IncidentQuery
from gridmap.domain.roles import Action, require
from gridmap.errors import InvalidInput, NotFound
from gridmap.services.cases.query import chosen_by
from gridmap.storage.database import Database
from gridmap.storage.reports import features as stored
from gridmap.storage.reports.features import BBox, Between, Wanted

__all__ = ["MOST", "Between", "Collection", "Page", "collections", "every", "find", "one", "page"]

MOST = 10_000
"""Features on a page at most."""


@dataclass(frozen=True, slots=True)
class Collection:
    """A collection as programs are told of it."""

    name: str
    zh: str
    en: str
    needs: Action
    bbox: BBox | None = None
    span: tuple[dt.datetime, dt.datetime] | None = None


_KNOWN = (
    Collection("grids", "网格", "Grids of all levels", Action.SEE_MAP),
    Collection("incidents", "事件（不含保密事件）", "Incidents, sealed cases left out", Action.SEE_CASES),
    Collection("roads", "道路", "Roads", Action.SEE_MAP),
    Collection("teams", "队伍驻地", "Teams at their bases", Action.SEE_TEAMS),
    Collection("organisations", "机构", "Organisations", Action.SEE_SERVICES),
)


@dataclass(frozen=True, slots=True)
class Page:
    """A page of features.

    Attributes
    ----------
    features : tuple of Feature
        GeoJSON (RFC 7946), EPSG:4326; numbers beyond 2**53 are text.
    matched : int
        Of the whole collection under the question.
    next_after : int or None
        Number to go on after; None on the last page.
    remaining : int
        Of those matched: on this page and on those after it.
    """

    features: tuple[Feature, ...]
    matched: int
    next_after: int | None
    remaining: int


def collections(database: Database, actor: Actor) -> list[Collection]:
    """Return the collections with their extents."""
    with database.scoped_session(actor.scope) as session:
        span = stored.span(session)
        return [
            Collection(
                known.name,
                known.zh,
                known.en,
                known.needs,
                stored.bounds(session, known.name),
                span if known.name == "incidents" else None,
            )
            for known in _KNOWN
        ]


def find(name: str) -> Collection:
    """Return a collection by its name, without its extents.

    Raises
    ------
    NotFound
    """
    for known in _KNOWN:
        if known.name == name:
            return known
    raise NotFound(
        "collection-unknown",
        f"没有图层 {name}，可用：{'、'.join(known.name for known in _KNOWN)}。",
        f"There is no collection {name}; there are {', '.join(known.name for known in _KNOWN)}.",
    )


def page(
    database: Database,
    actor: Actor,
    name: str,
    *,
    limit: int,
    after: int | None = None,
    bbox: BBox | None = None,
    level: int | None = None,
    query: IncidentQuery | None = None,
    between: Between | None = None,
) -> Page:
    """Return a page of a collection.

    Parameters
    ----------
    database : Database
    actor : Actor
    name : str
    limit : int
        1 to `MOST`.
    after : int, optional
        Number of the last feature of the page before.
    bbox : tuple, optional
        West, south, east, north.
    level : int, optional
        Of grids.
    query : IncidentQuery, optional
        Of incidents.
    between : tuple of datetime, optional
        First and last instant of incidents, aware; layers that know no time are not narrowed by it.

    Raises
    ------
    NotFound
        When there is no such collection.
    Forbidden
        When the role may not see it.
    InvalidInput
        When the limit is none.
    """
    if not 1 <= limit <= MOST:
        raise InvalidInput("limit-range", f"limit 应为 1 至 {MOST}。", f"limit is 1 to {MOST}.")
    wanted = replace(_wanted(database, actor, name, bbox, level, query), between=between or (None, None))
    with database.scoped_session(actor.scope) as session:
        rows = stored.page(session, wanted, after=after, limit=limit + 1)
        matched = stored.count(session, wanted)
        remaining = matched if after is None else stored.count(session, wanted, after=after)
    more = len(rows) > limit
    features = tuple(_feature(row) for row in rows[:limit])
    return Page(features, matched, int(rows[limit - 1]["id"]) if more else None, remaining)


def one(database: Database, actor: Actor, name: str, number: int) -> Feature:
    """Return one feature.

    Raises
    ------
    NotFound, Forbidden
    """
    wanted = _wanted(database, actor, name, None, None, None)
    with database.scoped_session(actor.scope) as session:
        row = stored.one(session, wanted, number)
    if row is None:
        raise NotFound(
            "feature-not-found",
            f"图层 {name} 中没有 {number}，或超出管辖范围。",
            f"The collection {name} has no {number} in your scope.",
        )
    return _feature(row)


def every(database: Database, actor: Actor, name: str, **asked: Any) -> Iterator[Feature]:
    """Yield all features of a collection, page by page; parameters as `page`."""
    after: int | None = None
    while True:
        here = page(database, actor, name, limit=MOST, after=after, **asked)
        yield from here.features
        if here.next_after is None:
            return
        after = here.next_after


def _wanted(
    database: Database,
    actor: Actor,
    name: str,
    bbox: BBox | None,
    level: int | None,
    query: IncidentQuery | None,
) -> Wanted:
    require(actor, find(name).needs)
    if bbox is not None and not (bbox[0] <= bbox[2] and bbox[1] <= bbox[3]):
        raise InvalidInput(
            "bbox-order", "bbox 的顺序应为 西,南,东,北。", "bbox is given as west,south,east,north."
        )
    chosen = chosen_by(database, query or IncidentQuery()) if name == "incidents" else None
    return Wanted(name, chosen, bbox, level)


def _feature(row: Mapping[str, Any]) -> Feature:
    properties = {name: _plain(name, value) for name, value in row.items() if name not in {"id", "geometry"}}
    shape = row["geometry"]
    return {
        "type": "Feature",
        "id": str(row["id"]),
        "geometry": json.loads(shape) if shape else None,
        "properties": properties,
    }


def _plain(name: str, value: Any) -> Any:
    if isinstance(value, dt.datetime | dt.date):
        return value.isoformat()
    return str(value) if name.endswith("_key") and value is not None else value
