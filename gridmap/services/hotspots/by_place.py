"""Methods that look at places rather than at cells: kernel densities in the plane and along roads, near repeats."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.special import gammaln

from gridmap.analysis import density, near_repeat
from gridmap.domain.hotspots import Finding, PairsBand, RunSummary
from gridmap.domain.terms import MINIMUM, SEASON_DAYS
from gridmap.errors import InvalidInput
from gridmap.services.hotspots.observations import Inputs
from gridmap.services.hotspots.publish import (
    LONG_SEASON_NOTE,
    NEAR_REPEAT_NOTE,
    Outcome,
    in_words,
    number,
    proposal,
)
from gridmap.services.hotspots.spec import HotspotSpec

_SHARES = (0.25, 0.5, 0.75)
_FEWEST_PLACES = 10
_MOST_ROADS = 40


def _places(inputs: Inputs) -> NDArray[np.float64]:
    xy = inputs.xy[inputs.placed & (inputs.cell >= 0)]
    if len(xy) < _FEWEST_PLACES:
        raise InvalidInput(
            "places-too-few",
            f"只有 {len(xy)} 件事件有坐标，至少需要 {_FEWEST_PLACES} 件。请放宽时段或改用按网格的方法（gi）。",
            f"Only {len(xy)} incidents have a place; {_FEWEST_PLACES} are needed. Widen the period, or use a method by "
            "grid (gi).",
        )
    return xy


def by_kde(inputs: Inputs, spec: HotspotSpec) -> Outcome:
    """Quartic kernel density inside the grids; the smallest areas that hold a quarter, half and three quarters."""
    xy = _places(inputs)
    mask = shapely.union_all(inputs.cells.geometry.to_numpy())
    bandwidth_m = spec.bandwidth_m or float(np.mean(density.bandwidth(xy)))
    cell_m = spec.cell_m or max(bandwidth_m / 12.0, 10.0)
    found = density.kde(xy, bandwidth_m, cell_m, mask=mask)
    mass = np.where(found.inside, found.values, 0.0).ravel() * cell_m**2
    order = np.argsort(-mass, kind="stable")
    cumulative = np.cumsum(mass[order]) / mass.sum()
    features: list[Finding] = []
    inner = 0
    for share in _SHARES:
        cells = order[: int(np.searchsorted(cumulative, share)) + 1]
        geometry = shapely.intersection(_squares(found, cells), mask)
        count = int(shapely.contains_xy(geometry, xy[:, 0], xy[:, 1]).sum())
        beyond = len(xy) - count
        # The areas hold each other, so that what lies between two of them could be found by subtraction.
        if count - inner >= MINIMUM and (beyond >= MINIMUM or beyond == 0):
            inner = count
            features.append(_area(share, geometry, count, len(xy), mask.area, spec))
    summary: RunSummary = {
        "bandwidth_m": number(bandwidth_m, 1),
        "cell_m": number(cell_m, 1),
        "peak_per_km2": number(float(found.values[found.inside].max()) * 1e6, 1),
        "incidents": len(xy),
        "withheld": len(_SHARES) - len(features),
        "conventions": found.conventions,
    }
    return Outcome(features, summary)


def _squares(found: Any, cells: NDArray[np.int64]) -> Any:
    """Union of raster cells, row by row: one rectangle a run of neighbours."""
    columns = found.values.shape[1]
    marked = np.zeros(found.values.size, dtype=bool)
    marked[cells] = True
    padded = np.zeros((found.values.shape[0], columns + 2), dtype=np.int8)
    padded[:, 1:-1] = marked.reshape(found.values.shape)
    row, begin = np.nonzero(np.diff(padded, axis=1) == 1)
    _, end = np.nonzero(np.diff(padded, axis=1) == -1)
    x, y, size = found.x0, found.y0, found.cell_m
    boxes = shapely.box(x + begin * size, y + row * size, x + end * size, y + (row + 1) * size)
    return shapely.union_all(boxes)


def _area(share: float, geometry: Any, count: int, total: int, whole_m2: float, spec: HotspotSpec) -> Finding:
    expected = total * geometry.area / whole_m2
    zh, en = in_words(count, expected)
    return Finding(
        f"top{round(100 * share)}",
        None,
        geometry,
        {
            "name_zh": f"最密集的区域，占核密度总量的 {share:.0%}",
            "name_en": f"densest area, {share:.0%} of the kernel density",
            "observed": count,
            "expected": number(expected, 1),
            "z": None,
            "p": None,
            "q": None,
            "area_km2": number(geometry.area / 1e6, 3),
            "area_share": number(geometry.area / whole_m2, 4),
            "words_zh": f"{zh}，占面积 {geometry.area / whole_m2:.1%}",
            "words_en": f"{en}, on {geometry.area / whole_m2:.1%} of the land",
            "proposal": proposal(spec.domain),
        },
    )


def by_network_kde(inputs: Inputs, spec: HotspotSpec, roads: NDArray[np.object_]) -> Outcome:
    """Kernel density along roads; the stretches that together hold half of the incidents."""
    xy = _places(inputs)
    graph = density.line_graph(roads)
    bandwidth_m = spec.bandwidth_m or 300.0
    found = density.network_kde(graph, xy, bandwidth_m, lixel_m=spec.cell_m or 50.0)
    length = found.end_m - found.begin_m
    mass = found.values * length
    order = np.argsort(-found.values, kind="stable")
    dense = order[: int(np.searchsorted(np.cumsum(mass[order]) / mass.sum(), 0.5)) + 1]
    # A density that rests on fewer incidents than may be shown is left out, however high it is.
    pieces = found.lines(graph)[dense]
    ends = np.array([[line.coords[0], line.coords[-1]] for line in pieces]).reshape(-1, 2, 2)
    part = _joined(ends)
    features: list[Finding] = []
    withheld = 0
    for group in np.unique(part):
        rows = dense[part == group]
        count = float(mass[rows].sum())
        if count < MINIMUM:
            withheld += 1
            continue
        features.append(
            _stretch(shapely.line_merge(shapely.union_all(pieces[part == group])), count, length[rows].sum())
        )
    features.sort(key=lambda f: -(f.evidence["per_km"] or 0.0))
    summary: RunSummary = {
        "bandwidth_m": number(bandwidth_m, 1),
        "incidents": len(xy),
        "stretches": len(features),
        "withheld": withheld,
        "conventions": found.conventions,
    }
    return Outcome(features[:_MOST_ROADS], summary)


def _joined(ends: NDArray[np.float64]) -> NDArray[np.int64]:
    """Give each piece the number of its connected stretch; two ends of each, shape (n, 2, 2)."""
    n = len(ends)
    if n == 0:
        return np.empty(0, dtype=np.int64)
    _, node = np.unique(np.round(ends.reshape(-1, 2), 2), axis=0, return_inverse=True)
    piece = np.repeat(np.arange(n), 2)
    nodes = int(node.max()) + 1
    link = coo_array((np.ones(2 * n), (piece, n + node.ravel())), shape=(n + nodes, n + nodes))
    _, part = connected_components(link, directed=False)
    return np.asarray(part[:n], dtype=np.int64)


def _stretch(geometry: Any, count: float, length_m: float) -> Finding:
    per_km = count / length_m * 1000.0
    return Finding(
        "stretch",
        None,
        geometry,
        {
            "name_zh": f"路段，长 {length_m:,.0f} 米",
            "name_en": f"stretch of road, {length_m:,.0f} m",
            "observed": round(count),
            "expected": None,
            "z": None,
            "p": None,
            "q": None,
            "per_km": number(per_km, 1),
            "length_m": number(length_m, 0),
            "words_zh": f"约 {count:.0f} 件接报（核密度估计），每公里 {per_km:.1f} 件",
            "words_en": f"about {count:.0f} reported (kernel estimate), {per_km:.1f} a kilometre",
        },
    )


def _require_orders(days: NDArray[np.float64], spec: HotspotSpec) -> None:
    """Refuse days that shuffling leaves nearly as they are: no pairs could then be more than chance brings."""
    cuts = near_repeat.season_cuts(days, spec.season_days) if spec.season_days else [np.zeros(len(days))]
    orders = []
    for season in cuts:
        of_season = np.unique(season, return_counts=True)[1]
        alike = np.unique(np.column_stack([season, days]), axis=0, return_counts=True)[1]
        orders.append(float(gammaln(of_season + 1.0).sum() - gammaln(alike + 1.0).sum()))
    if min(orders) < -np.log(spec.alpha):
        raise InvalidInput(
            "near-repeat-orders",
            "事件太少或都在相同的日子，打乱时间也几乎不变，无法判断有没有近重复。请放宽时段，或加长“打乱时间的季节”"
            "（--season-days）。",
            "The incidents are too few, or of the same days: shuffled in time they stay nearly as they are, so near "
            "repeats cannot be told from chance. Widen the period, or choose a longer season of the shuffles "
            "(--season-days).",
        )


def by_near_repeat(inputs: Inputs, spec: HotspotSpec) -> Outcome:
    """Pairs of incidents close in space and time, against what chance would bring."""
    kept = inputs.placed & (inputs.cell >= 0)
    _places(inputs)
    days = np.floor(inputs.day[kept])
    _require_orders(days, spec)
    found = near_repeat.table(
        inputs.xy[kept],
        days,
        spec.space_bands_m,
        spec.time_bands_days,
        permutations=999 if spec.permutations is None else spec.permutations,
        rng=np.random.default_rng(spec.seed),
        season=spec.season_days or None,
    )
    metres, since = spec.space_bands_m, spec.time_bands_days
    long = not 0 < spec.season_days <= SEASON_DAYS
    rows: list[PairsBand] = [
        {
            "from_m": metres[i],
            "to_m": metres[i + 1],
            "from_days": since[j],
            "to_days": since[j + 1],
            "observed": int(found.observed[i, j]),
            "expected": number(found.expected[i, j], 1),
            "ratio": number(found.ratio[i, j]),
            "p": number(found.p[i, j], 4),
            "p_family": number(found.p_family[i, j], 4),
            "q": number(found.q[i, j], 4),
        }
        for i in range(len(metres) - 1)
        for j in range(len(since) - 1)
    ]
    shown = [row for row in rows if row["observed"] >= MINIMUM or row["observed"] == 0]
    summary: RunSummary = {
        "incidents": int(kept.sum()),
        "withheld": len(rows) - len(shown),
        "table": shown,
        "conventions": found.conventions
        | {"family": "min-p over all bands", "q": "Benjamini-Hochberg over all bands"},
        "notes": [list(note) for note in (NEAR_REPEAT_NOTE, LONG_SEASON_NOTE)[: 2 if long else 1]],
    }
    return Outcome([], summary)
