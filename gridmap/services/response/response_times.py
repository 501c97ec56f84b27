"""How long it takes until the first team is there: by domain, village or area, never by person or team."""

from __future__ import annotations

import datetime as dt
from typing import TypedDict

import numpy as np

from gridmap.domain.codes import code_list
from gridmap.domain.gridkey import AREA, UNASSIGNED, VILLAGE, Scope, ancestor, level_of
from gridmap.domain.query import IncidentQuery
from gridmap.domain.terms import MINIMUM
from gridmap.errors import InvalidInput
from gridmap.services.cases.query import chosen_by
from gridmap.storage.database import Database
from gridmap.storage.ground import grids
from gridmap.storage.response import dispatches as stored
from gridmap.storage.response.dispatches import FirstArrival

BY = ("domain", "village", "area")


class Times(TypedDict):
    """How many, and in how many seconds half and nine tenths of them."""

    count: int
    median_s: float
    p90_s: float


class GroupTimes(Times):
    """Times of a domain, a village or an area."""

    key: str
    name_zh: str
    name_en: str


# `from` is a word of the language, so this type is made by a call.
ResponseTimes = TypedDict(
    "ResponseTimes",
    {
        "by": str,
        "from": str | None,
        "to": str | None,
        "groups": list[GroupTimes],
        "withheld_groups": int,
        "total": Times | None,
        "odd": int,
    },
)


def response_times(
    database: Database,
    scope: Scope,
    *,
    by: str = "domain",
    domain: str | None = None,
    since: dt.date | None = None,
    until: dt.date | None = None,
) -> ResponseTimes:
    """Tell the seconds from the report of an incident to the first team's arrival.

    Parameters
    ----------
    database : Database
    scope : Scope
    by : {'domain', 'village', 'area'}
    domain : str, optional
        Only incidents of this domain.
    since, until : date, optional
        Local days on which incidents occurred, both included.

    Returns
    -------
    ResponseTimes
        Groups with at least five incidents; how many groups have fewer; the total over the groups that are shown; and
        how many arrivals before the report were left out.

    Raises
    ------
    InvalidInput
        When there is no such grouping.

    Notes
    -----
    The total leaves out what is withheld, so that it cannot be found by subtracting. Percentiles are interpolated
    linearly between the ordered values (R. J. Hyndman, Y. Fan, *Sample quantiles in statistical packages*, 1996,
    type 7).
    """
    if by not in BY:
        raise InvalidInput(
            "times-by", f"没有分组 {by}，可用：{'、'.join(BY)}。", f"No grouping {by}: {', '.join(BY)}."
        )
    query = IncidentQuery(since=since, until=until, domains=(domain,) if domain else ())
    with database.scoped_session(scope) as session:
        rows = stored.first_arrivals(session, chosen_by(database, query))
        named = (
            {c.code: (c.zh, c.en) for c in code_list("domain")}
            if by == "domain"
            else {
                str(g["grid_key"]): (g["name_zh"], g["name_en"])
                for g in grids.list_grids(session, level=VILLAGE if by == "village" else AREA, geometry=False)
            }
        )
    values: dict[str, list[float]] = {}
    odd = 0
    for row in rows:
        seconds = (row["arrived_at"] - row["told_at"]).total_seconds()
        if seconds < 0:
            odd += 1
        else:
            values.setdefault(_group(row, by), []).append(seconds)
    shown = {key: found for key, found in sorted(values.items()) if len(found) >= MINIMUM}
    every = [s for found in shown.values() for s in found]
    return {
        "by": by,
        "from": since.isoformat() if since else None,
        "to": until.isoformat() if until else None,
        "groups": [
            {
                "key": key,
                "name_zh": named.get(key, ("网格以外",))[0],
                "name_en": named.get(key, ("", "outside"))[1],
                **_summary(found),
            }
            for key, found in shown.items()
        ],
        "withheld_groups": len(values) - len(shown),
        "total": _summary(every) if every else None,
        "odd": odd,
    }


def _group(row: FirstArrival, by: str) -> str:
    if by == "domain":
        return str(row["domain"])
    key = int(row["grid_key"])
    level = VILLAGE if by == "village" else AREA
    return str(ancestor(key, level)) if key != UNASSIGNED and level_of(key) >= level else "0"


def _summary(seconds: list[float]) -> Times:
    return {
        "count": len(seconds),
        "median_s": round(float(np.median(seconds)), 1),
        "p90_s": round(float(np.percentile(seconds, 90)), 1),
    }
