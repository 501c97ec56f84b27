"""The workspace's grids as imports need them: found by code, by name and by place."""

from __future__ import annotations

import re
from collections.abc import Container
from dataclasses import dataclass
from functools import cached_property

import geopandas as gpd
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from gridmap import crs
from gridmap.analysis.reach.assign import Assignment, assign_to_grids, crosses_edge
from gridmap.domain.gridkey import UNASSIGNED, VILLAGE
from gridmap.domain.villages import village_stem
from gridmap.storage.ground import grids as stored

_BOUNDS_MARGIN_DEG = 0.5
_PATH = re.compile(r"[/\\>＞／、|]+|\s*[-－—]+\s*")
_ORDINAL = re.compile(r"第?\s*0*(\d{1,3})\s*号?\s*(?:微?网格|微格|格)?")


@dataclass(frozen=True)
class GridBook:
    """The grids that stand now, and what they were called before.

    Attributes
    ----------
    grids : GeoDataFrame
        As :func:`gridmap.storage.ground.grids.current_frame` gives them.
    former : dict
        Former official code to the key of the grid that took over most of its land.
    """

    grids: gpd.GeoDataFrame
    former: dict[str, int]

    @classmethod
    def read(cls, session: Session) -> GridBook:
        """Read the grids of a scoped session."""
        return cls(stored.current_frame(session), stored.successors(session))

    @property
    def is_empty(self) -> bool:
        """Whether there are no grids yet."""
        return bool(self.grids.empty)

    @cached_property
    def codes(self) -> dict[str, int]:
        """Official codes, grid keys and former codes to keys."""
        keys = self.grids["grid_key"].tolist()
        out = dict(self.former)
        out |= {str(k): k for k in keys}
        out |= {code: key for code, key in zip(self.grids["code"], keys, strict=True) if code}
        return out

    @cached_property
    def villages(self) -> dict[str, int]:
        """Stems of names to keys; a name that two villages share names neither."""
        found: dict[str, set[int]] = {}
        villages = self.grids[self.grids["level"] == VILLAGE]
        for column in ("name_zh", "name_en"):
            for name, key in zip(villages[column], villages["grid_key"], strict=True):
                if name:
                    found.setdefault(village_stem(name), set()).add(int(key))
        return {stem: keys.pop() for stem, keys in found.items() if len(keys) == 1}

    @cached_property
    def bounds(self) -> crs.BBox | None:
        """West, south, east, north around the grids with half a degree of margin."""
        if self.grids.empty:
            return None
        west, south, east, north = self.grids.total_bounds.tolist()
        m = _BOUNDS_MARGIN_DEG
        return (west - m, south - m, east + m, north + m)

    @cached_property
    def epsg(self) -> int:
        """Projected system of the workspace."""
        return crs.metric_crs(self.grids.total_bounds)

    def assign(self, lon: NDArray[np.float64], lat: NDArray[np.float64]) -> Assignment:
        """Assign points; missing coordinates get no grid.

        Parameters
        ----------
        lon, lat : ndarray of float64, shape (n,)
            EPSG:4326, not a number where there is none.
        """
        placed = np.isfinite(lon) & np.isfinite(lat)
        keys = np.zeros(len(lon), np.int64)
        levels = np.zeros(len(lon), np.int8)
        found = assign_to_grids(np.column_stack([lon[placed], lat[placed]]), self.grids)
        keys[placed] = found.grid_key
        levels[placed] = found.level
        return Assignment(keys, levels)

    def needs_confirmation(
        self, lon: NDArray[np.float64], lat: NDArray[np.float64], accuracy_m: NDArray[np.float64]
    ) -> NDArray[np.bool_]:
        """Tell which points' accuracy circles cross an edge between villages (EPSG:4326 in, shape (n,))."""
        out = np.zeros(len(lon), np.bool_)
        villages = self.grids[self.grids["level"] == VILLAGE].geometry.to_numpy()
        ask = np.isfinite(lon) & np.isfinite(lat) & (accuracy_m > 0)
        if len(villages) == 0 or not ask.any():
            return out
        edges_m = crs.geometries_from_wgs84(villages, self.epsg)
        x, y = crs.from_wgs84(lon[ask], lat[ask], self.epsg)
        out[ask] = crosses_edge(np.column_stack([x, y]), accuracy_m[ask], edges_m)
        return out

    def key_of_codes(self, codes: pa.ChunkedArray) -> NDArray[np.int64]:
        """Key of each official or former code, shape (n,); 0 where it is empty or unknown."""
        return _looked_up(codes, self.codes)

    def key_of_villages(self, names: pa.ChunkedArray) -> NDArray[np.int64]:
        """Key of each village name, shape (n,); 0 where it is empty or unknown."""
        spelled = names.unique().drop_null().to_pylist()
        return _looked_up(names, {n: self.named(n) for n in spelled})

    @property
    def names(self) -> Container[str]:
        """What :meth:`named` knows."""
        return _Names(self)

    @cached_property
    def _micro_grids(self) -> dict[tuple[int, str], int]:
        """Village's key with a micro-grid's name without the village's, or its ordinal, to the micro-grid's key."""
        found: dict[tuple[int, str], int] = {}
        villages = self.grids[self.grids["level"] == VILLAGE].set_index("grid_key")["name_zh"].to_dict()
        micro = self.grids[self.grids["level"] > VILLAGE]
        for key, name in zip(micro["grid_key"].tolist(), micro["name_zh"], strict=True):
            village = key - key % 1000
            found[village, str(key % 1000)] = key
            for spelled in {name or "", (name or "").removeprefix(villages.get(village) or "")}:
                found.setdefault((village, spelled), key)
        return found

    def named(self, text: str) -> int:
        """Key of the grid that a village's name, or a path such as ``枫桥镇/海角社区/第3网格``, means; 0 where none.

        Names above the village are read past; a part behind it names one of its micro-grids, by name or by number.
        """
        key = self.villages.get(village_stem(text), UNASSIGNED)
        if key:
            return key
        parts = [p.strip() for p in _PATH.split(text) if p.strip()]
        found = [
            (i, self.villages[village_stem(p)])
            for i, p in enumerate(parts)
            if village_stem(p) in self.villages
        ]
        if len(parts) < 2 or not found:
            return UNASSIGNED
        at, village = found[-1]
        below = parts[at + 1 :]
        if not below:
            return village
        numbered = _ORDINAL.fullmatch(below[0])
        wanted = str(int(numbered[1])) if numbered else below[0]
        micro = self._micro_grids.get((village, wanted), UNASSIGNED)
        return micro if len(below) == 1 else UNASSIGNED


class _Names:
    """Tells whether a name or a path is known."""

    def __init__(self, book: GridBook) -> None:
        self._book = book

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self._book.named(name) != UNASSIGNED


def _looked_up(values: pa.ChunkedArray, table: dict[str, int]) -> NDArray[np.int64]:
    encoded = (
        values.combine_chunks().dictionary_encode()
        if values.num_chunks != 1
        else values.chunk(0).dictionary_encode()
    )
    keys = np.array(
        [table.get(v, UNASSIGNED) for v in encoded.dictionary.to_pylist()] + [UNASSIGNED], np.int64
    )
    index = encoded.indices.fill_null(len(keys) - 1).to_numpy(zero_copy_only=False)
    out: NDArray[np.int64] = keys[index]
    return out
