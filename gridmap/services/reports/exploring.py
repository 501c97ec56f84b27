"""What a notebook's map of a workspace shows: grids by how many incidents they had, incidents, hotspots of a run."""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import shapely

from gridmap.crs import BBox
from gridmap.domain.accounts import Actor
from gridmap.domain.geojson import Feature
from gridmap.domain.gridkey import LEVELS, ancestor
from gridmap.domain.hotspots import KeptRun
from gridmap.domain.query import IncidentQuery
from gridmap.errors import InvalidInput
from gridmap.reporting.classes import Scheme, classes_of
from gridmap.reporting.explore_map import Explored, Shown
from gridmap.reporting.model import Text
from gridmap.services.hotspots.publish import is_cold
from gridmap.services.hotspots.runs import hotspot_run, newest_run
from gridmap.services.reports import features
from gridmap.storage.database import Database

Per = Literal["grid", "km2", "people"]
MOST_POINTS = 5_000
_PER: dict[Per, tuple[Text, int]] = {
    "grid": (Text("事件（件）", "incidents"), 0),
    "km2": (Text("每平方千米事件", "incidents per km²"), 2),
    "people": (Text("每千人事件", "incidents per 1,000 people"), 2),
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a map is asked to show.

    Attributes
    ----------
    level : int
        Of the grids, 1 to 4.
    since, until : date or None
        First and last local day of the incidents.
    domain : str or None
    per : {'grid', 'km2', 'people'}
        What grids are coloured by: incidents, or these to the area or the people.
    scheme : {'fisher_jenks', 'quantiles', 'equal_interval'}
    classes : int
        2 to 5.
    run : int, 'newest' or None
        Hotspots of which run.
    """

    level: int = 3
    since: dt.date | None = None
    until: dt.date | None = None
    domain: str | None = None
    per: Per = "grid"
    scheme: Scheme = "fisher_jenks"
    classes: int = 5
    run: int | Literal["newest"] | None = "newest"


def explored(database: Database, actor: Actor, wanted: Wanted) -> Explored:
    """Gather what a map shows.

    Raises
    ------
    InvalidInput
        When the level, the measure or the classes are none, or the workspace has no grids of the level.
    NotFound
        When there is no such run.
    """
    if wanted.level not in LEVELS or wanted.per not in _PER:
        raise InvalidInput(
            "explore-asked",
            f"level 只能是 1 至 4，per 只能是 {'、'.join(_PER)}。",
            f"A level is 1 to 4, and per is one of {', '.join(_PER)}.",
        )
    grids = list(features.every(database, actor, "grids", level=wanted.level))
    if not grids:
        raise InvalidInput(
            "explore-no-grids",
            "工作区里没有这一层级的网格。请先导入：gridmap grids import FILE",
            "The workspace has no grids of this level. Import them first: gridmap grids import FILE",
        )
    query = IncidentQuery(None, wanted.since, wanted.until, (wanted.domain,) if wanted.domain else ())
    cases = list(features.every(database, actor, "incidents", query=query))
    counts = Counter(
        ancestor(int(str(key)), wanted.level) for case in cases if (key := case["properties"]["grid_key"])
    )
    named, digits = _PER[wanted.per]
    drawn = [_grid(grid, counts, wanted.per, named, digits) for grid in grids]
    placed = [case for case in cases if case["geometry"]]
    run = _run(database, actor, wanted.run)
    return Explored(
        grids=drawn,
        incidents=[_incident(case) for case in placed[-MOST_POINTS:]],
        hotspots=[] if run is None else _hotspots(run),
        classes=classes_of([one.value for one in drawn], scheme=wanted.scheme, most=wanted.classes),
        value=named,
        digits=digits,
        notes=(*_left_out(len(cases), len(placed), sum(counts.values())), *_of_run(run)),
        bounds=_bounds(drawn),
    )


def _grid(grid: Feature, counts: Counter[int], per: Per, named: Text, digits: int) -> Shown:
    told: Mapping[str, Any] = grid["properties"]
    count = counts[int(told["grid_key"])]
    over = {"grid": 1.0, "km2": (told["area_m2"] or 0) / 1e6, "people": (told["population"] or 0) / 1e3}[per]
    value = count / over if over else None
    words = [f"{told['name_zh']} / {told['name_en']}", f"事件 / incidents: {count:,}"]
    if per != "grid":
        shown = "–" if value is None else f"{value:,.{digits}f}"
        words.append(f"{named.zh} / {named.en}: {shown}")
    return Shown(_shape(grid), "\n".join(words), value)


def _incident(case: Feature) -> Shown:
    told: Mapping[str, Any] = case["properties"]
    words = (told["number"], f"{told['domain']} {told['kind'] or ''}".strip(), str(told["occurred_at"])[:16])
    return Shown(_shape(case), "\n".join(str(word) for word in words if word))


def _shape(feature: Feature) -> shapely.Geometry:
    return shapely.from_geojson(json.dumps(feature["geometry"]))


def _run(database: Database, actor: Actor, asked: int | Literal["newest"] | None) -> KeptRun | None:
    if asked == "newest":
        return newest_run(database, actor.scope)
    return None if asked is None else hotspot_run(database, actor.scope, asked)


def _hotspots(run: KeptRun) -> list[Shown]:
    return [
        Shown(
            found.geometry,
            "\n".join(
                f"{found.evidence.get(f'{part}_zh', '')} / {found.evidence.get(f'{part}_en', '')}"
                for part in ("name", "words")
            ),
        )
        for found in run.findings
        if found.geometry is not None and found.label != "none" and not is_cold(found.label)
    ]


def _left_out(cases: int, placed: int, in_grids: int) -> tuple[Text, ...]:
    told = [Text("真实数；不含保密事件", "true numbers, without sealed cases")]
    if in_grids < cases:
        told.append(Text(f"{cases - in_grids:,} 件不在任何网格", f"{cases - in_grids:,} in no grid"))
    if placed < cases:
        told.append(Text(f"{cases - placed:,} 件没有坐标", f"{cases - placed:,} without a place"))
    if placed > MOST_POINTS:
        told.append(
            Text(f"点只画最后登记的 {MOST_POINTS:,} 件", f"points: the {MOST_POINTS:,} recorded last only")
        )
    return tuple(told)


def _of_run(run: KeptRun | None) -> tuple[Text, ...]:
    if run is None:
        return ()
    about, span = run.summary, f"{run.since} – {run.until}"
    return (
        Text(
            f"热点：第 {run.run_id} 次分析（{about['method_zh']}，{span}），不含冷点",
            f"hotspots: run {run.run_id} ({about['method_en']}, {span}), without cold spots",
        ),
    )


def _bounds(drawn: Sequence[Shown]) -> BBox:
    west, south, east, north = shapely.total_bounds([one.shape for one in drawn])
    return float(west), float(south), float(east), float(north)
