"""What is told of a place so that one can go there: its core, streets, villages, kinds and parts of the week."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import csr_array

from gridmap import crs
from gridmap.analysis.suppress import NOT_SHOWN
from gridmap.domain.gridkey import SUBTREE_SIZE, VILLAGE
from gridmap.domain.protection import LEAST_TOLD, VARIANCE, middle_of_band
from gridmap.domain.terms import MINIMUM
from gridmap.reporting.model import NO_TIMES, Notes, Text
from gridmap.services.hotspots.observations import Inputs, has_time
from gridmap.services.hotspots.publish import PROPOSALS, falls, proposal
from gridmap.services.reports.drawing import Drawing
from gridmap.storage.ground.roads import RoadRow

_LARGE = 6
"""A place of more grids than this reports its core."""
_MOST_STREETS, _MOST_KINDS = 3, 3
_BESIDE_M, _NEAR_M = 20.0, 800.0
_CLEARLY = 1.96
_PARTS = (
    (0, 6, Text("夜间 0–6 时", "nights 0–6")),
    (6, 12, Text("上午 6–12 时", "mornings 6–12")),
    (12, 18, Text("下午 12–18 时", "afternoons 12–18")),
    (18, 24, Text("晚上 18–24 时", "evenings 18–24")),
)
_WEEKEND = Text("周末", "weekends")
_WHO = {
    "mediate": Text("村调解委员会、网格员", "the village's mediation committee and grid posts"),
    "serve": Text("村便民服务点、网格员", "the village's service point and grid posts"),
    "patrol": Text("网格员先走访；巡防由镇里安排", "grid posts visit first; the town plans patrols"),
    "falling": Text("网格员了解原因", "grid posts find out why"),
}


@dataclass(frozen=True, slots=True, eq=False)
class Street:
    """A named street: its line in metres."""

    name: str
    line: shapely.Geometry


class Describer:
    """Tells of places found in one run's inputs.

    Parameters
    ----------
    inputs : Inputs
    touching : (n, n) csr_array or None
        Which cells touch; None where there are too few to say.
    frame : GeoDataFrame
        Grids that stand now, EPSG:4326.
    roads : list of RoadRow
    kinds : dict
        Lists of code, zh, en by domain.
    since : date
        First day of the period.
    draw : Drawing
    """

    def __init__(
        self,
        inputs: Inputs,
        touching: csr_array | None,
        frame: gpd.GeoDataFrame,
        roads: list[RoadRow],
        kinds: dict[str, list[dict[str, str]]],
        since: dt.date,
        draw: Drawing,
    ) -> None:
        self._inputs, self._touching, self._draw, self._since = inputs, touching, draw, since
        self._keys = inputs.cells["grid_key"].to_numpy(dtype=np.int64)
        villages = frame[frame["level"] == VILLAGE]
        self._villages = {
            int(key): Text(zh, en)
            for key, zh, en in zip(
                villages["grid_key"], villages["name_zh"], villages["name_en"], strict=True
            )
        }
        self._kinds = {
            (domain, item["code"]): Text(item["zh"], item.get("en", item["zh"]))
            for domain, items in kinds.items()
            for item in items
        }
        self._streets = _streets(roads, draw.epsg)

    def notes(self, rows: NDArray[np.int64], inside: NDArray[np.bool_], domain: str) -> Notes:
        """Tell of a place.

        Parameters
        ----------
        rows : (k,) int64
            Its cells.
        inside : (m,) bool
            Which incidents it holds, of its domain and time.
        domain : str
        """
        core = self._core(rows, inside) if len(rows) > _LARGE else rows
        there = inside & np.isin(self._inputs.cell, core)
        told = self._inputs.guard.told_set(there, self._named(domain, "core"), found=True)
        if told is None:
            core, there = rows, inside
        counts = np.bincount(self._inputs.cell[there], minlength=len(self._keys))
        first = int(core[np.argmax(counts[core])])
        shape = shapely.union_all(self._inputs.cells.geometry.to_numpy()[core])
        middle = shapely.point_on_surface(self._inputs.cells.geometry.iloc[first])
        streets = self._beside(shape)
        at = self._draw.point(middle)
        named = self._inputs.cells.iloc[first]
        keys = self._keys[core] - self._keys[core] % SUBTREE_SIZE[VILLAGE]
        return Notes(
            core=Text(
                named["name_zh"] + (f" 等 {len(core)} 格" if len(core) > 1 else ""),
                named["name_en"] + (f" and {len(core) - 1} more" if len(core) > 1 else ""),
            ),
            core_cells=len(core),
            core_observed=None if told is None or len(core) == len(rows) else middle_of_band(told),
            villages=tuple(self._villages[int(k)] for k in np.unique(keys) if int(k) in self._villages),
            streets=tuple(street.name for street in streets),
            go_to=self._go_to(Text(named["name_zh"], named["name_en"]), streets, shape, middle),
            at=at,
            kinds=self._told_kinds(there, domain),
            when=self._told_when(there, domain),
            proposal=Text(*PROPOSALS[proposal(domain)]),
            who=_WHO[proposal(domain)],
        )

    def _named(self, domain: str, what: str) -> str:
        return f"{self._inputs.guard.kind(None, domain)}place {what}"

    def _core(self, rows: NDArray[np.int64], inside: NDArray[np.bool_]) -> NDArray[np.int64]:
        """Grow from the fullest cell over the fullest that touches, until half of the incidents are in."""
        counts = np.bincount(self._inputs.cell[inside], minlength=len(self._keys))
        half = max(counts[rows].sum() / 2, MINIMUM)
        left = {int(row) for row in rows}
        core = [int(rows[np.argmax(counts[rows])])]
        left.discard(core[0])
        while left and counts[core].sum() < half:
            beside = left if self._touching is None else left & set(self._touching[core].indices.tolist())
            if not beside:
                break
            best = min(beside, key=lambda row: (-counts[row], self._keys[row]))
            core.append(best)
            left.discard(best)
        return np.sort(np.array(core, dtype=np.int64))

    def _beside(self, shape: shapely.Geometry) -> list[Street]:
        """Streets in a place, the longest there first; where there is none, the nearest."""
        reach = shapely.buffer(shape, _BESIDE_M)
        lengths = [(shapely.length(shapely.intersection(s.line, reach)), s) for s in self._streets]
        found = sorted((pair for pair in lengths if pair[0] > 0), key=lambda pair: (-pair[0], pair[1].name))
        if found:
            return [street for _, street in found[:_MOST_STREETS]]
        near = [(shapely.distance(s.line, shape), s) for s in self._streets]
        nearest = min(near, key=lambda pair: (pair[0], pair[1].name), default=(np.inf, None))
        return [nearest[1]] if nearest[1] is not None and nearest[0] <= _NEAR_M else []

    def _go_to(
        self, cell: Text, streets: list[Street], shape: shapely.Geometry, middle: shapely.Point
    ) -> Text:
        """Name a crossing of two streets of the place, else its first street, with the grid."""
        for n, one in enumerate(streets):
            for other in streets[n + 1 :]:
                if shapely.distance(shapely.intersection(one.line, other.line), shape) <= _BESIDE_M:
                    return Text(
                        f"{one.name}与{other.name}路口（{cell.zh}）",
                        f"where {one.name} and {other.name} meet ({cell.en})",
                    )
        if not streets:
            return cell
        away = round(float(shapely.distance(streets[0].line, middle)) / 10) * 10
        return Text(
            f"{streets[0].name}旁约 {away} 米，{cell.zh}", f"about {away} m off {streets[0].name}, {cell.en}"
        )

    def _told_kinds(self, there: NDArray[np.bool_], domain: str) -> tuple[Text, ...]:
        """Name kinds, the most frequent first: those of which a perturbed number may be told, without it."""
        codes = sorted({str(k) for k in self._inputs.kind[there] if k is not None})
        group = np.full(len(there), NOT_SHOWN, dtype=np.int64)
        for n, code in enumerate(codes):
            group[there & (self._inputs.kind == code)] = n
        told = self._inputs.guard.told(group, self._named(domain, "kind"), found=True)
        most = sorted(told, key=lambda n: (-told[n], codes[n]))[:_MOST_KINDS]
        return tuple(self._kinds.get((domain, codes[n]), Text(codes[n], codes[n])) for n in most)

    def _told_when(self, there: NDArray[np.bool_], domain: str) -> Text:
        """Name the parts of the day, and the weekend, that hold clearly more than an even share of the week."""
        day = self._inputs.day
        hour = np.floor((day % 1.0) * 24.0)
        weekday = (np.floor(day).astype(np.int64) + self._since.weekday()) % 7
        timed = has_time(day)
        told_all, told_timed = (
            self._inputs.guard.told_set(of, self._named(domain, "week"), found=True)
            for of in (there, there & timed)
        )
        if told_all is None:
            return Text("", "")
        cells = [
            (timed & (hour >= low) & (hour < high), 0.25, told_timed, name) for low, high, name in _PARTS
        ]
        cells.append((weekday >= 5, 2 / 7, told_all, _WEEKEND))
        found = []
        for n, (mask, share, whole, name) in enumerate(cells):
            told = self._inputs.guard.told_set(there & mask, self._named(domain, f"part {n}"), found=True)
            even = share * (whole or 0)
            spread = (even * (1 - share) + self.noise * (1 + share**2)) ** 0.5
            if told is not None and told >= LEAST_TOLD and told - even > _CLEARLY * spread:
                found.append(name)
        untimed = self._inputs.guard.told_set(there & ~timed, self._named(domain, "untimed"), found=True)
        zh, en = NO_TIMES
        if found:
            zh, en = "多在" + "、".join(n.zh for n in found), "mostly " + ", ".join(n.en for n in found)
        if untimed is not None and untimed >= LEAST_TOLD:
            zh, en = f"{zh}（部分无时刻）", f"{en} (some without a time of day)"
        return Text(zh, en)

    @property
    def noise(self) -> float:
        """Variance of what is added to a number of the period."""
        return VARIANCE * len(self._inputs.guard.protected.spans)


def _streets(roads: list[RoadRow], epsg: int) -> list[Street]:
    named = [row for row in roads if row["name_zh"]]
    if not named:
        return []
    lines = crs.geometries_from_wgs84(shapely.from_wkb([bytes(row["wkb"]) for row in named]), epsg)
    names = np.array([str(row["name_zh"]) for row in named])
    return [Street(str(name), shapely.union_all(lines[names == name])) for name in np.unique(names)]


def who_for(notes: Notes, observed: int, before: int | None) -> Text:
    """Tell who is proposed to act: fewer people where a place falls clearly."""
    return _WHO["falling"] if falls(observed, before) else notes.who
