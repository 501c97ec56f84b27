"""Maps in classes: what was reported by village, as it may leave the house; how far services are."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import numpy as np

from gridmap import crs
from gridmap.domain.gridkey import AREA, VILLAGE, Scope, ancestors
from gridmap.domain.query import IncidentQuery
from gridmap.reporting.class_map import Area, ClassMap
from gridmap.reporting.classes import classes_of
from gridmap.reporting.model import Ground, Text
from gridmap.services.cases.counts import shaded
from gridmap.services.hotspots.observations import Inputs
from gridmap.services.reports.drawing import Drawing, draw_ground
from gridmap.services.reports.request import ReportRequest
from gridmap.storage.database import Database
from gridmap.storage.ground import grids as stored
from gridmap.storage.ground.roads import road_rows

_FEWEST = 3
"""Areas: fewer make no map."""
_PEOPLE, _STEP = 1000, 5
"""Rates are per so many people, in steps: a finer one would tell how many temporary residents a village has."""
_NAMES = {AREA: Text("片区", "area"), VILLAGE: Text("村", "village")}


def shading(
    database: Database, scope: Scope, request: ReportRequest, inputs: Inputs, ground: Ground
) -> ClassMap | None:
    """Shade the villages of a report; None where there are fewer than three of them.

    All matters together and by whole years, for finer numbers of a village are told to nobody outside. By rate the
    numbers are per 1,000 people present, in steps of 5.

    Parameters
    ----------
    database : Database
    scope : Scope
    request : ReportRequest
    inputs : Inputs
    ground : Ground
        Its outlines are filled.
    """
    level = max((outline.level for outline in ground.outlines), default=0)
    villages = [outline for outline in ground.outlines if outline.level == level]
    if len(villages) < _FEWEST or level not in _NAMES:
        return None
    since, until = dt.date(request.since.year, 1, 1), dt.date(request.until.year, 12, 31)
    counts, answered = shaded(database, scope, IncidentQuery(request.within, since, until), level)
    values: dict[int, float] = {key: float(n) for key, n in counts.items()}
    if request.by == "rate":
        above, row = np.unique(
            ancestors(inputs.cells["grid_key"].to_numpy(dtype=np.int64), level), return_inverse=True
        )
        people = dict(zip(above.tolist(), np.bincount(row, inputs.positive_exposure()).tolist(), strict=True))
        values = {
            key: float(_STEP * round(_PEOPLE * n / people[key] / _STEP))
            for key, n in values.items()
            if people.get(key)
        }
    name = _NAMES[level]
    by_people = (
        Text("：每千名在场人口件数", ", per 1,000 people present")
        if request.by == "rate"
        else Text("件数", "")
    )
    first, last = answered.since or since, answered.until or until
    years = f"{first} – {last}"
    return ClassMap(
        title=Text(f"各{name.zh}接报{by_people.zh}", f"Reported by {name.en}{by_people.en}"),
        unit=Text("件/千人", "per 1,000") if request.by == "rate" else Text("件", "incidents"),
        notes=(
            Text(
                f"{years}，全部领域，含保密事件；件数为扰动数。一个{name.zh}只按整年、全部领域提供数字，所以与上图的时段、领域可能不同。",
                f"{years}, all domains, sealed cases included; numbers are perturbed. Of one {name.en} numbers are "
                "told by whole years and of all matters only, so period and domain may differ from the map above.",
            ),
            Text(
                "颜色深只说明接报多，不用来排名；件数少的地方，差一级可能只是偶然。",
                "A darker colour says that more is reported, and ranks nobody; where numbers are small, "
                "one class more may be chance.",
            ),
        ),
        areas=tuple(
            Area(outline.name, outline.geometry, outline.point, values.get(int(outline.grid_key or 0)))
            for outline in villages
        ),
        classes=classes_of([values.get(int(outline.grid_key or 0)) for outline in villages]),
        ground=ground,
    )


def ground_of(database: Database, scope: Scope) -> Ground | None:
    """Draw the villages of a scope and the roads among them; None where there are fewer than three villages."""
    with database.scoped_session(scope) as session:
        frame, roads = stored.current_frame(session), road_rows(session)
    if int((frame["level"] == VILLAGE).sum()) < _FEWEST:
        return None
    return draw_ground(frame, roads, VILLAGE, None, Drawing(crs.metric_crs(frame.total_bounds)))


def minutes_map(
    ground: Ground, title: Text, minutes: Mapping[int, float | None], notes: tuple[Text, ...]
) -> ClassMap:
    """Shade villages by minutes.

    Parameters
    ----------
    ground : Ground
    title : Text
    minutes : mapping of int to float or None
        By the village's key, as a table rounds them.
    notes : tuple of Text
    """
    villages = [outline for outline in ground.outlines if outline.level == VILLAGE]
    values = [minutes.get(int(outline.grid_key or 0)) for outline in villages]
    return ClassMap(
        title=title,
        unit=Text("分钟", "min"),
        notes=notes,
        areas=tuple(
            Area(outline.name, outline.geometry, outline.point, value)
            for outline, value in zip(villages, values, strict=True)
        ),
        classes=classes_of(values),
        ground=ground,
    )
