"""The workspace's grids as imports need them: found by code, by name and by place, read where a file touches them."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Container, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from gridmap import crs
from gridmap.analysis.reach.assign import Assignment, assign_to_grids, crosses_edge
from gridmap.domain.gridkey import LEVELS, UNASSIGNED, VILLAGE, Scope
from gridmap.domain.villages import village_stem
from gridmap.storage.database import Database
from gridmap.storage.ground import cells
from gridmap.storage.ground import grids as stored
from gridmap.tilekey import ZOOM, Box, tile_key

if TYPE_CHECKING:
    import geopandas as gpd

_BOUNDS_MARGIN_DEG = 0.5
_METRES_OF_DEGREE = 110_000.0
_HAN = "0-9\u4e00-\u9fff"
# What also stands inside of names in other scripts parts two names only where it stands between such characters.
_PATH = re.compile(
    rf"[/\\＼>＞／、|｜→⇒»》;；，]+|\s*[-－—–]+[>＞]?\s*|(?<=[{_HAN}])\s*[.·・•_＿,:：]+\s*(?=[{_HAN}])"
)
_DIGITS = "〇一二三四五六七八九"
_ORDINAL = re.compile(rf"第?\s*(\d{{1,4}}|[{_DIGITS}零两十百]{{1,5}})\s*号?\s*(?:微?网格|微格|格)?")
_NUMBERED_GRID = re.compile(
    rf"(.+?)(第?\s*(?:\d{{1,4}}|[{_DIGITS}零两十百]{{1,5}})\s*号?\s*(?:微?网格|微格))"
)
_BLOCK_ZOOM = 13
_BLOCKS_AT_ONCE = 64
"""So many blocks of about 4 km hold a county: what is read at once does not grow with the workspace."""


class GridBook:
    """The grids that stand now, and what they were called before.

    Parameters
    ----------
    asking : callable
        Opens a scoped session, as often as something is looked up.
    """

    def __init__(self, asking: Callable[[], AbstractContextManager[Session]]) -> None:
        self._asking = asking
        self._keys: dict[str, int] = {}

    @classmethod
    def of(cls, database: Database, scope: Scope) -> GridBook:
        """Return the grids of a scope; every look-up is a transaction of its own."""
        return cls(lambda: database.scoped_session(scope))

    @classmethod
    def within(cls, session: Session) -> GridBook:
        """Return the grids as a transaction sees them, for as long as it is open."""
        return cls(lambda: nullcontext(session))

    @cached_property
    def _box(self) -> Box | None:
        with self._asking() as session:
            return stored.bounds(session)

    @property
    def is_empty(self) -> bool:
        """Whether there are no grids yet."""
        return self._box is None

    @cached_property
    def tops(self) -> gpd.GeoDataFrame:
        """Grids of the highest level that there is, as `current_frame` of the storage gives them."""
        with self._asking() as session:
            there = stored.levels(session)
            return stored.current_frame(session, level=min(there, default=LEVELS[0]))

    @cached_property
    def bounds(self) -> Box | None:
        """West, south, east, north around the grids with half a degree of margin."""
        if self._box is None:
            return None
        west, south, east, north = self._box
        m = _BOUNDS_MARGIN_DEG
        return (west - m, south - m, east + m, north + m)

    @property
    def epsg(self) -> int:
        """Projected system of the workspace."""
        return crs.metric_crs(np.array(self._box))

    def assign(self, lon: NDArray[np.float64], lat: NDArray[np.float64]) -> Assignment:
        """Assign points; missing coordinates get no grid.

        Parameters
        ----------
        lon, lat : ndarray of float64, shape (n,)
            EPSG:4326, not a number where there is none.
        """
        keys = np.zeros(len(lon), np.int64)
        levels = np.zeros(len(lon), np.int8)
        for rows, boxes in _blocks(lon, lat, np.zeros(len(lon))):
            found = assign_to_grids(np.column_stack([lon[rows], lat[rows]]), self._near(boxes, LEVELS))
            keys[rows], levels[rows] = found.grid_key, found.level
        return Assignment(keys, levels)

    def needs_confirmation(
        self, lon: NDArray[np.float64], lat: NDArray[np.float64], accuracy_m: NDArray[np.float64]
    ) -> NDArray[np.bool_]:
        """Tell which points' accuracy circles cross an edge between villages (EPSG:4326 in, shape (n,))."""
        out = np.zeros(len(lon), np.bool_)
        ask = np.flatnonzero(accuracy_m > 0)
        # Twice the circle: a degree is not everywhere as long as it is taken for.
        reach = 2 * accuracy_m[ask] / _METRES_OF_DEGREE
        for rows, boxes in _blocks(lon[ask], lat[ask], reach):
            villages = self._near(boxes, (VILLAGE,)).geometry.to_numpy()
            if len(villages) == 0:
                continue
            of = ask[rows]
            xy = np.column_stack(crs.from_wgs84(lon[of], lat[of], self.epsg))
            out[of] = crosses_edge(xy, accuracy_m[of], crs.geometries_from_wgs84(villages, self.epsg))
        return out

    def _near(self, boxes: Sequence[Box], levels: Collection[int]) -> gpd.GeoDataFrame:
        with self._asking() as session:
            return stored.current_frame(session, keys=cells.grids_reaching(session, boxes, levels))

    def known_codes(self, codes: Collection[str]) -> dict[str, int]:
        """Key of each official code, grid key or former code that is one, by code."""
        wanted = {c for c in codes if c not in self._keys}
        if wanted:
            with self._asking() as session:
                found = stored.keys_of_codes(session, wanted)
            self._keys |= {code: found.get(code, UNASSIGNED) for code in wanted}
        return {code: key for code in codes if (key := self._keys[code])}

    def key_of_codes(self, codes: pa.ChunkedArray) -> NDArray[np.int64]:
        """Key of each official or former code, shape (n,); 0 where it is empty or unknown."""
        return _looked_up(codes, self.known_codes(codes.unique().drop_null().to_pylist()))

    def key_of_villages(self, names: pa.ChunkedArray) -> NDArray[np.int64]:
        """Key of each village name, shape (n,); 0 where it is empty or unknown."""
        spelled = names.unique().drop_null().to_pylist()
        return _looked_up(names, {n: self.named(n) for n in spelled})

    @property
    def names(self) -> Container[str]:
        """What :meth:`named` knows."""
        return _Names(self)

    @property
    def shared_names(self) -> Container[str]:
        """Names that several villages have, with nothing that tells which is meant."""
        return _SharedNames(self)

    @cached_property
    def _villages(self) -> dict[str, tuple[int, ...]]:
        """Stems of villages' names to the keys of those that have it."""
        with self._asking() as session:
            rows = stored.names_of(session, (VILLAGE,))
        return _by_name((key, village_stem(name)) for key, *names in rows for name in names if name)

    @cached_property
    def _above(self) -> dict[str, tuple[int, ...]]:
        """Names of towns and areas to the keys of those that have it."""
        with self._asking() as session:
            rows = stored.names_of(session, tuple(level for level in LEVELS if level < VILLAGE))
        return _by_name((key, name.lower()) for key, *names in rows for name in names if name)

    def _micro_grids(self, village: int) -> dict[str, int]:
        """Micro-grids of a village by name without the village's, and by ordinal."""
        with self._asking() as session:
            rows = stored.names_of(session, LEVELS[VILLAGE - 1 :], Scope.of_grid(village))
        name_of = {key: zh for key, zh, _ in rows}
        found = {str(key % 1000): key for key in name_of if key != village}
        for key, name in name_of.items():
            for spelled in {name, name.removeprefix(name_of[village])} if key != village else ():
                found.setdefault(spelled, key)
        return found

    def meant(self, text: str) -> tuple[int, ...]:
        """Keys of the grids that a text may mean; see :meth:`named`."""
        whole = self._villages.get(village_stem(text), ())
        if whole:
            return whole
        parts = [p.strip() for p in _PATH.split(text) if p.strip()]
        if len(parts) == 1:
            parts = self._parted(parts[0])
        at = max((i for i, p in enumerate(parts) if village_stem(p) in self._villages), default=-1)
        if len(parts) < 2 or at < 0:
            return ()
        villages = self._villages[village_stem(parts[at])]
        for part in parts[:at]:
            above = [Scope.of_grid(key) for key in self._above.get(part.lower(), ())]
            if above and len(villages) > 1:
                villages = tuple(v for v in villages if any(v in scope for scope in above))
        below = parts[at + 1 :]
        if not below or len(villages) != 1:
            return villages
        known = self._micro_grids(villages[0])
        numbered = _ORDINAL.fullmatch(below[0])
        micro = known.get(below[0]) or (known.get(str(ordinal(numbered[1]))) if numbered else None)
        return (micro,) if micro and len(below) == 1 else ()

    def _parted(self, text: str) -> list[str]:
        """Return town, village and micro-grid that no sign parts, also behind a province or county."""
        low = text.lower()
        ends = [(low.rfind(name) + len(name), len(name)) for name in self._above if name in low]
        town_end, length = max(
            (e for e in ends if e[0] < len(low)), default=(0, 0), key=lambda e: (e[1], e[0])
        )
        parts = [text[town_end - length : town_end], text[town_end:].strip()] if length else [text]
        numbered = _NUMBERED_GRID.fullmatch(parts[-1])
        return [*parts[:-1], numbered[1].strip(), numbered[2]] if numbered else parts

    def named(self, text: str) -> int:
        """Key of the grid that a village's name, or a path such as ``枫桥镇/海角社区/第3网格``, means; 0 where none.

        Names above the village tell apart villages of one name, and are read past otherwise; a part behind it names one
        of its micro-grids, by name or by number.
        """
        found = self.meant(text)
        return found[0] if len(found) == 1 else UNASSIGNED


class _Names:
    """Tells whether a name or a path is known."""

    def __init__(self, book: GridBook) -> None:
        self._book = book

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self._book.named(name) != UNASSIGNED


class _SharedNames(_Names):
    """Tells whether a name is several villages'."""

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and len(self._book.meant(name)) > 1


def ordinal(text: str) -> int:
    """Return a grid's number, told in digits or as 十二 and 一百零三."""
    if text.isdecimal():
        return int(text)
    hundreds, _, rest = text.rpartition("百")
    tens, sign, ones = rest.rpartition("十")
    value = [_DIGITS.find(part.strip("零").replace("两", "二")) for part in (hundreds, tens, ones)]
    return 100 * max(value[0], 0) + 10 * (max(value[1], 1) if sign else 0) + max(value[2], 0)


def _by_name(named: Iterator[tuple[int, str]]) -> dict[str, tuple[int, ...]]:
    found: dict[str, set[int]] = {}
    for key, name in named:
        found.setdefault(name, set()).add(key)
    return {name: tuple(sorted(keys)) for name, keys in found.items()}


def _blocks(
    lon: NDArray[np.float64], lat: NDArray[np.float64], reach: NDArray[np.float64]
) -> Iterator[tuple[NDArray[np.intp], list[Box]]]:
    """Rows of points that lie near each other, with boxes around them, wider by each point's reach (degrees)."""
    placed = np.flatnonzero(np.isfinite(lon) & np.isfinite(lat))
    block = tile_key(lon[placed], lat[placed]) >> 2 * (ZOOM - _BLOCK_ZOOM)
    order = np.argsort(block, kind="stable")
    placed, block = placed[order], block[order]
    begins = np.flatnonzero(np.r_[True, np.diff(block) != 0][: len(block)])
    x, y = lon[placed], lat[placed]
    dy = reach[placed]
    dx = dy / np.maximum(0.05, np.cos(np.radians(y)))
    edges = ((np.minimum, x - dx), (np.minimum, y - dy), (np.maximum, x + dx), (np.maximum, y + dy))
    if not len(begins):
        return
    boxes = np.column_stack([of.reduceat(values, begins) for of, values in edges])
    ends = np.r_[begins[1:], len(placed)]
    for first in range(0, len(begins), _BLOCKS_AT_ONCE):
        last = min(first + _BLOCKS_AT_ONCE, len(begins))
        told: list[Box] = [(w, s, e, n) for w, s, e, n in boxes[first:last].tolist()]
        yield placed[begins[first] : ends[last - 1]], told


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
