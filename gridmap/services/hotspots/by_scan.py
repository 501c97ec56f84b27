"""Scan statistics: the clusters of cells, in space or in space and time, that chance explains least."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.special import pdtrc

from gridmap.analysis import scan
from gridmap.domain.hotspots import Evidence, Finding, RunSummary
from gridmap.domain.terms import MINIMUM
from gridmap.errors import InvalidInput
from gridmap.services.hotspots.by_cell import require_cells
from gridmap.services.hotspots.guard import guarded_clusters
from gridmap.services.hotspots.observations import Inputs
from gridmap.services.hotspots.publish import Outcome, chance, in_words, number, proposal
from gridmap.services.hotspots.slices import Slices, newest, slices
from gridmap.services.hotspots.spec import HotspotSpec

_MOST = 20
_LATE = 0.05


def require_window(weight: NDArray[np.float64], max_population: float) -> None:
    """Refuse a scan in which no cluster is possible: each place by itself holds more than one may.

    Parameters
    ----------
    weight : (n,) float array
        People, or incidents where only these are known.
    max_population : float
        Largest share of them in a cluster.

    Raises
    ------
    InvalidInput
    """
    if ((weight > 0) & (weight <= max_population * weight.sum() * (1.0 + 1e-12))).any():
        return
    raise InvalidInput(
        "scan-no-window",
        f"地点太少，无法判断：一个聚集至多占 {max_population:.0%}，而每个地点自己就超过。请选更细的“层级”（--level）、"
        "更大的范围，或放宽“最大人口占比”（--max-population）。",
        f"There are too few places to tell: a cluster holds {max_population:.0%} at most, and each place holds more by "
        "itself. Choose a finer level (--level), a wider grid, or a larger share of people (--max-population).",
    )


def by_scan(inputs: Inputs, spec: HotspotSpec) -> Outcome:
    """Scan circles or ellipses by the Poisson model: by people present, or all cells with the same expectation."""
    require_cells(inputs)
    require_window(_population(inputs, spec), spec.max_population)
    found = scan.spatial(
        inputs.centres,
        inputs.counts,
        _population(inputs, spec),
        model="poisson",
        shape="ellipse" if spec.ellipses else "circle",
        max_population=spec.max_population,
        max_radius=spec.max_radius_m,
        permutations=_permutations(spec),
        rng=np.random.default_rng(spec.seed),
        min_cases=MINIMUM,
        ids=inputs.cells["grid_key"].to_numpy(dtype=np.int64),
        null=_null(spec),
    )
    return _outcome(inputs, spec, found, None)


def by_space_time_scan(inputs: Inputs, spec: HotspotSpec, *, reaching: dt.date | None = None) -> Outcome:
    """Cylindrical scan: the space-time permutation model for counts, the Poisson model for rates.

    Parameters
    ----------
    inputs : Inputs
    spec : HotspotSpec
    reaching : date, optional
        Look only for clusters that end on this day or later, and are high from this day on, too: one that holds an
        earlier rise may else end in the first slice behind it.
    """
    require_cells(inputs)
    cut = slices(spec)
    reached = None
    if reaching is not None:
        reached = next((n for n, before in enumerate(cut.starts[1:]) if before > reaching), None)
    longest = spec.max_duration
    if longest is None and spec.by == "rate":
        # A place that is high all along, or for more than half of it, would else be told as one that rose and is over.
        # By count no place can stand out that is.
        longest = len(cut.names)
    cube = cut.cube(inputs)
    by_rate = spec.by == "rate"
    people = inputs.positive_exposure() if by_rate else cube.sum(axis=1).astype(np.float64)
    require_window(people, spec.max_population)
    found = scan.space_time(
        inputs.centres,
        cube,
        _population(inputs, spec) if spec.by == "rate" else None,
        model="poisson" if spec.by == "rate" else "permutation",
        max_population=spec.max_population,
        max_duration=longest,
        max_radius=spec.max_radius_m,
        prospective=spec.prospective,
        reaching=reached,
        permutations=_permutations(spec),
        rng=np.random.default_rng(spec.seed),
        min_cases=MINIMUM,
        ids=inputs.cells["grid_key"].to_numpy(dtype=np.int64),
        null=_null(spec),
    )
    if reached is not None:
        by_slice = np.full(cube.shape[1], cube.sum() / cube.shape[1]) if by_rate else cube.sum(axis=0)
        found = high_since(found, cube, np.outer(people / people.sum(), by_slice), reached)
    return _outcome(inputs, spec, found, cut)


def high_since(
    found: scan.ScanResult, cube: NDArray[np.int64], expected: NDArray[np.float64], reached: int
) -> scan.ScanResult:
    """Keep clusters that from a slice on hold more, too, than chance lets happen once in twenty.

    Parameters
    ----------
    found : ScanResult
    cube : (n, T) int64 array
        Incidents of each cell in each slice.
    expected : (n, T) float array
        What the model of the scan expects of them.
    reached : int
        The slice, counted from 0.
    """

    def is_high(cluster: scan.Cluster) -> bool:
        rows = np.asarray(cluster.members)
        late = slice(max(int(cluster.start or 0), reached), int(cluster.end or 0) + 1)
        return float(pdtrc(int(cube[rows, late].sum()) - 1, float(expected[rows, late].sum()))) <= _LATE

    return replace(
        found,
        clusters=tuple(cluster for cluster in found.clusters if is_high(cluster)),
        conventions=found.conventions
        | {"late": f"high in those steps themselves, too (Poisson, p <= {_LATE:g})"},
    )


_LOOKED_AT = {"day": 14, "week": 4, "month": 2}
_COMPARED_WITH = {"day": 91, "week": 26, "month": 12}
"""Slices of the past: a quarter of a year of days, half a year of weeks, a year of months."""


def by_expected_scan(inputs: Inputs, spec: HotspotSpec) -> Outcome:
    """Expectation-based scan: what the last slices hold beyond each place's own past, days by their weekdays."""
    require_cells(inputs)
    now = _LOOKED_AT[spec.step] if spec.max_duration is None else spec.max_duration
    cut = newest(slices(spec), now + (spec.baseline or _COMPARED_WITH[spec.step]))
    cube = cut.cube(inputs)
    require_window(cube.sum(axis=1).astype(np.float64), spec.max_population)
    found = scan.expectation(
        inputs.centres,
        cube,
        now=now,
        phase=[day.weekday() for day in cut.starts[:-1]] if spec.step == "day" else None,
        max_population=spec.max_population,
        max_radius=spec.max_radius_m,
        permutations=_permutations(spec),
        rng=np.random.default_rng(spec.seed),
        min_cases=MINIMUM,
        ids=inputs.cells["grid_key"].to_numpy(dtype=np.int64),
    )
    return _outcome(inputs, spec, found, cut)


def _null(spec: HotspotSpec) -> str:
    # By count a place stands out for its many people, which is no dispersion; the run says so.
    return "fitted" if spec.by == "rate" else "poisson"


def _permutations(spec: HotspotSpec) -> int:
    return 999 if spec.permutations is None else spec.permutations


def _population(inputs: Inputs, spec: HotspotSpec) -> Any:
    return inputs.positive_exposure() if spec.by == "rate" else np.ones(len(inputs.cells))


def _outcome(inputs: Inputs, spec: HotspotSpec, found: Any, cut: Slices | None) -> Outcome:
    features = [
        _feature(inputs, spec, cluster, cut)
        for cluster in found.clusters[:_MOST]
        if cluster.observed >= MINIMUM
    ]
    labels = [f.label for f in features]
    summary: RunSummary = {
        "clusters": len(features),
        "labels": {label: labels.count(label) for label in sorted(set(labels))},
        "withheld": 0,
        "permutations_few": 0 < _permutations(spec) < 1.0 / spec.alpha - 1.0,
        "conventions": found.conventions,
    }
    if cut is not None:
        summary["slices"] = cut.names
    held = [c for c in found.clusters[:_MOST] if c.observed >= MINIMUM]
    inside = [_inside(inputs, cluster, cut) for cluster in held]
    whole = None
    if spec.method != "expected-scan":
        whole = float(inputs.counts.sum()) if cut is None else float(cut.cube(inputs).sum())
    return Outcome(features, summary, guarded_clusters(inputs, spec, features, inside, whole))


def _inside(inputs: Inputs, cluster: Any, cut: Slices | None) -> NDArray[np.bool_]:
    """Tell which incidents a cluster holds; shape (m,)."""
    held = np.isin(inputs.cell, np.asarray(cluster.members))
    if cut is None:
        return held
    since, before = cut.starts[int(cluster.start)], cut.starts[int(cluster.end) + 1]
    first = cut.first
    return held & (inputs.day >= (since - first).days) & (inputs.day < (before - first).days)


def _feature(inputs: Inputs, spec: HotspotSpec, cluster: Any, cut: Slices | None) -> Finding:
    rows = np.asarray(cluster.members)
    p = float(cluster.p)
    zh, en = in_words(int(cluster.observed), float(cluster.expected), p=p, sign="p")
    first = inputs.cells.iloc[int(rows[0])]
    evidence: Evidence = {
        "name_zh": first["name_zh"] + ("" if len(rows) == 1 else f" 一带 {len(rows)} 格"),
        "name_en": first["name_en"] + ("" if len(rows) == 1 else f" and around, {len(rows)} grids"),
        "cells": len(rows),
        "observed": int(cluster.observed),
        "expected": number(cluster.expected, 1),
        "relative_risk": number(cluster.relative_risk),
        "llr": number(cluster.llr, 3),
        "z": None,
        "p": chance(p),
        "q": None,
        "p_gumbel": chance(float(cluster.p_gumbel)),
        "radius_m": number(cluster.radius, 0),
        "words_zh": zh,
        "words_en": en,
        "members": [str(k) for k in inputs.cells["grid_key"].to_numpy()[np.sort(rows)]],
        "proposal": proposal(spec.domain),
    }
    if cut is not None:
        since, last = cut.starts[int(cluster.start)], cut.starts[int(cluster.end) + 1]
        evidence |= {"since": since.isoformat(), "before": last.isoformat()}
        evidence["words_zh"] += f"，{since:%Y-%m-%d} 起，至 {last:%Y-%m-%d} 前"
        evidence["words_en"] += f", from {since:%Y-%m-%d} to before {last:%Y-%m-%d}"
    return Finding(
        "cluster" if p <= spec.alpha else "candidate",
        int(first["grid_key"]),
        shapely.union_all(inputs.cells.geometry.to_numpy()[rows]),
        evidence,
    )
