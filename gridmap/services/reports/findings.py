"""What a hotspot report finds: places, clusters in time, and the period before."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from shapely.geometry.base import BaseGeometry

from gridmap.analysis.emerging import CLASSES
from gridmap.domain.codes import code_list
from gridmap.domain.gridkey import TOWN, Scope, level_of
from gridmap.domain.hotspots import Finding
from gridmap.domain.protection import Counts, is_told, middle_of_band
from gridmap.domain.query import IncidentQuery
from gridmap.reporting.model import Cluster, Hotspot, Text, Total
from gridmap.services.cases.counts import count_by_grid
from gridmap.services.hotspots.by_cell import course_of, touching
from gridmap.services.hotspots.by_scan import by_space_time_scan
from gridmap.services.hotspots.guard import by_class, place_name
from gridmap.services.hotspots.observations import Inputs
from gridmap.services.hotspots.publish import PROPOSALS, Outcome, falls, proposal
from gridmap.services.hotspots.slices import Slices, slices
from gridmap.services.hotspots.spec import HotspotSpec
from gridmap.services.patrols.ask.history import Stayed
from gridmap.services.reports.described import Describer, who_for
from gridmap.services.reports.drawing import Drawing
from gridmap.services.reports.looked_for import found_share, patrol_hours
from gridmap.services.reports.request import ReportRequest
from gridmap.storage.database import Database

_GAP = 0.5
_CLASSES = {c.code: c for c in CLASSES}
_NO_START = Text("时有时无，没有明确的起点", "on and off, without a clear beginning")
_ALL_ALONG = Text("几乎一直", "nearly all along")
_COURSES = {
    "persistent_hot": _ALL_ALONG,
    "intensifying_hot": _ALL_ALONG,
    "diminishing_hot": _ALL_ALONG,
    "historical_hot": Text("几乎一直，期末除外", "nearly all along, not at the end"),
    "none": Text("合计才显著，分不出先后", "in the whole period only, in no part of it alone"),
}
_NOT_JUDGED = Text("无法判断", "cannot be judged")
DOMAINS = {c.code: Text(c.zh, c.en) for c in code_list("domain")}


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """Touching significant units of one domain.

    Attributes
    ----------
    domain : str
    features : list of Finding
        The units, strongest first.
    geometry : shapely geometry
        In the projected system of the inputs.
    rows : (k,) int64
        Rows of the cells in it.
    """

    domain: str
    features: list[Finding]
    geometry: Any
    rows: NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Course:
    """How the cells of one domain went through time: their class, and in which slices they were hot."""

    labels: NDArray[np.object_]
    hot: NDArray[np.bool_]
    cut: Slices


def of_domain(inputs: Inputs, domain: str) -> Inputs:
    """Keep the incidents of one domain."""
    return inputs.where(inputs.domain == domain)


def places(inputs: Inputs, outcome: Outcome) -> list[Place]:
    """Join hot units of one domain that touch; the strongest place first."""
    hot = [f for f in outcome.protected or [] if f.label == "hot"]
    inside = shapely.STRtree(shapely.point_on_surface(inputs.cells.geometry.to_numpy()))
    found = []
    for domain in sorted({str(f.evidence["domain"]) for f in hot}):
        units = [f for f in hot if f.evidence["domain"] == domain]
        shapes = np.array([f.geometry for f in units], dtype=object)
        one, other = shapely.STRtree(shapes).query(shapes, predicate="dwithin", distance=_GAP)
        near = coo_array((np.ones(len(one)), (one, other)), shape=(len(units), len(units)))
        _, part = connected_components(near, directed=False)
        for number in range(int(part.max()) + 1):
            members = [units[i] for i in np.flatnonzero(part == number)]
            shape = shapely.union_all([f.geometry for f in members])
            rows = np.sort(inside.query(shape, predicate="contains")).astype(np.int64)
            found.append(Place(domain, members, shape, rows))
    return sorted(found, key=lambda p: by_class(p.features[0]))


def course(inputs: Inputs, spec: HotspotSpec) -> Course:
    """Classify the cells of one domain through the slices of the period.

    Raises
    ------
    InvalidInput
        When there are too few slices or cells.
    """
    cut = slices(spec)
    found = course_of(inputs, spec, touching(inputs), cut, 0)
    return Course(found.labels.astype(object), found.side > 0, cut)


def scan_clusters(inputs: Inputs, spec: HotspotSpec, since: dt.date | None) -> list[Finding]:
    """Significant clusters in space and time of one domain, the surest first; of those that end on a day or later.

    Raises
    ------
    InvalidInput
        When there are too few slices, cells or incidents.
    """
    outcome = by_space_time_scan(inputs, replace(spec, method="space-time-scan"), reaching=since)
    return [
        replace(f, evidence=f.evidence | {"domain": spec.domain})
        for f in outcome.protected or []
        if f.label == "cluster"
    ]


def as_cluster(
    letter: str, feature: Finding, spec: HotspotSpec, inputs: Inputs, describer: Describer, draw: Drawing
) -> Cluster:
    """Tell a cluster of the scan."""
    about = feature.evidence
    domain = str(about["domain"])
    first_day = dt.date.fromisoformat(about["since"])
    keys = inputs.cells["grid_key"].astype(str).to_numpy()
    rows = np.flatnonzero(np.isin(keys, about["members"])).astype(np.int64)
    span = [(day - spec.since).days for day in (first_day, dt.date.fromisoformat(about["before"]))]
    inside = np.isin(inputs.cell, rows) & (inputs.domain == domain)
    inside &= (inputs.day >= span[0]) & (inputs.day < span[1])
    last = dt.date.fromisoformat(about["before"]) - dt.timedelta(days=1)
    shape = cast("BaseGeometry", feature.geometry)
    west, _, east, north = shape.bounds
    edge = shapely.LineString([(west, north - 1), (east, north - 1)]).intersection(shape)
    return Cluster(
        letter=letter,
        name=Text(about["name_zh"], about["name_en"]),
        domain=DOMAINS[domain],
        cells=about["cells"],
        observed=about["observed"],
        expected=about["expected"],
        relative_risk=about["relative_risk"],
        p=about["p"] or 1.0,
        first=about["since"],
        last=last.isoformat(),
        ongoing=_is_last(last, spec),
        whole=_is_last(last, spec) and first_day == slices(spec).starts[0],
        geometry=draw.area(shape),
        point=draw.point(edge if not edge.is_empty else shape),
        notes=describer.notes(rows, inside, domain),
    )


def _is_last(day: dt.date, spec: HotspotSpec) -> bool:
    # What lies behind the last whole slice is not scanned.
    cut = slices(spec)
    return day == cut.starts[-1] - dt.timedelta(days=1)


def as_hotspot(
    number: int,
    place: Place,
    inputs: Inputs,
    courses: dict[str, Course],
    compared: tuple[Compared, Compared],
    describer: Describer,
    draw: Drawing,
    *,
    stays: Sequence[Stayed] = (),
) -> Hotspot:
    """Tell a place: how much, how sure, since when by its course, against before and last year."""
    top = place.features[0]
    keys = inputs.cells["grid_key"].to_numpy()
    first = int(np.flatnonzero(keys == top.grid_key)[0])
    cells = sum(f.evidence["cells"] for f in place.features)
    named = inputs.cells.iloc[first]
    label, since = _in_time(place, inputs, courses.get(place.domain))
    shown = _CLASSES[label]
    earlier, last_year = (other.of(place) for other in compared)
    inside = np.isin(inputs.cell, place.rows) & (inputs.domain == place.domain)
    notes = describer.notes(place.rows, inside, place.domain)
    q = [f.evidence["q"] for f in place.features if f.evidence["q"] is not None]
    more = cells > 1
    observed = middle_of_band(sum(f.evidence["observed"] for f in place.features))
    return Hotspot(
        number=number,
        name=Text(
            named["name_zh"] + (f" 等 {cells} 格" if more else ""),
            named["name_en"] + (f" and {cells - 1} more" if more else ""),
        ),
        domain=DOMAINS[place.domain],
        cells=cells,
        observed=observed,
        expected=_sum_told(f.evidence["expected"] for f in place.features),
        z=top.evidence["z"],
        q=min(q) if q else None,
        before=earlier,
        since=since,
        label=Text(shown.zh, shown.en) if courses.get(place.domain) else _NOT_JUDGED,
        definition=Text(shown.definition_zh, shown.definition_en) if courses.get(place.domain) else None,
        proposal=Text(*PROPOSALS["falling" if falls(observed, earlier) else proposal(place.domain)]),
        geometry=draw.area(place.geometry),
        point=draw.point(place.geometry),
        last_year=last_year,
        notes=replace(notes, who=who_for(notes, observed, earlier)),
        found_share=found_share(inputs, inside, place.domain),
        patrol_h=patrol_hours(stays, place.geometry),
    )


def _sum_told(expected: Iterable[float | None]) -> float | None:
    parts = list(expected)
    told = [part for part in parts if part is not None]
    return float(sum(told)) if len(told) == len(parts) else None


@dataclass(frozen=True, slots=True, eq=False)
class Compared:
    """An earlier period: its incidents, None where there are none; and whether its records are whole."""

    inputs: Inputs | None
    known: bool

    def of(self, place: Place) -> int | None:
        """Tell in which band a place was then, by its middle; None where records are not whole."""
        if not self.known:
            return None
        return middle_of_band(0) if self.inputs is None else _earlier(self.inputs, place)


def _earlier(before: Inputs, place: Place) -> int:
    inside = np.isin(before.cell, place.rows) & (before.domain == place.domain)
    keys = before.cells["grid_key"].to_numpy()[place.rows]
    # The same ground shows the same number as in a run over that period.
    kind = before.guard.kind(level_of(int(keys[0])), place.domain)
    if len(keys) == 1:
        told = before.guard.banded_set(inside, kind)
    else:
        told = before.guard.banded_set(inside, f"{kind}place", place_name(keys))
    # That it held fewer than five then is not told apart from the lowest band.
    return middle_of_band(0) if told is None else told


def _in_time(place: Place, inputs: Inputs, gone: Course | None) -> tuple[str, Text]:
    """Class and beginning of a place, both of its course: the dates of the scan have another null."""
    if gone is None:
        return "none", _NOT_JUDGED
    label = _most(gone.labels[place.rows], inputs.counts_of(place.domain)[place.rows])
    if label not in {"new_hot", "consecutive_hot"}:
        return label, _COURSES.get(label, _NO_START)
    runs = np.logical_and.accumulate(gone.hot[place.rows][:, ::-1], axis=1).sum(axis=1)
    longest = int(runs[gone.labels[place.rows] == label].max())
    start = gone.cut.starts[len(gone.cut.names) - longest].isoformat()
    return label, Text(f"{start} 起", f"since {start}")


def _most(labels: NDArray[np.object_], counts: NDArray[np.int64]) -> str:
    """Return the class that holds most incidents; "none" only where no cell has a class."""
    tally: Counter[str] = Counter()
    for label, count in zip(labels, counts, strict=True):
        if label != "none":
            tally[str(label)] += int(count)
    return min(tally, key=lambda name: (-tally[name], name)) if tally else "none"


def totals(inputs: Inputs, before: Inputs | None, *, known: bool) -> tuple[Total, ...]:
    """Tell the incidents of each domain, those in no grid included; 0 where a number is not told."""
    now = _by_domain(inputs)
    then = {} if before is None else _by_domain(before)
    names = sorted(DOMAINS, key=lambda d: (-now.get(d, 0), d))
    return tuple(
        Total(DOMAINS[name], now.get(name, 0), then.get(name, 0) if known else None) for name in names
    )


def told_by_domain(inputs: Inputs) -> bool:
    """Tell whether a domain's incidents of the run's period may be told."""
    kind = inputs.guard.kind(None, "domain")
    return all(is_told(f"{kind}/{span}") for span in inputs.guard.protected.spans)


def totals_in_years(database: Database, scope: Scope, request: ReportRequest) -> tuple[Total, ...]:
    """Tell the incidents of each domain in the whole years that hold the period; None of a part of the town."""
    since, until = dt.date(request.since.year, 1, 1), dt.date(request.until.year, 12, 31)
    found: dict[str, int | None] = {}
    for name in [request.domain] if request.domain else DOMAINS:
        kinds = (request.kind,) if request.kind else ()
        query = IncidentQuery(request.within, since, until, (name,), kinds)
        found[name] = count_by_grid(database, scope, query, level=TOWN, counts=Counts.PERTURBED)["total"]
    # Where one domain is told, one that is not is below the least; in a part of the town none is.
    untold = 0 if any(found.values()) else None
    names = sorted(found, key=lambda d: (-(found[d] or 0), d))
    return tuple(Total(DOMAINS[name], found[name] or untold, None) for name in names)


def _by_domain(inputs: Inputs) -> dict[str, int]:
    names = sorted(DOMAINS)
    number = {name: i for i, name in enumerate(names)}
    group = np.array([number.get(d, -1) for d in inputs.domain], dtype=np.int64)
    told = inputs.guard.told(group, inputs.guard.kind(None, "domain"))
    return {names[i]: n for i, n in told.items()}
