"""Which grid took over from which, and what that means for records."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from gridmap import crs
from gridmap.domain.gridkey import (
    AREA,
    LEVELS,
    SUBTREE_SIZE,
    UNASSIGNED,
    VILLAGE,
    ancestor,
    level_of,
)
from gridmap.services.ground.gridbook import GridBook
from gridmap.services.ground.lands import grid_of_land
from gridmap.storage.ground import boundaries as versions
from gridmap.storage.imports.bulk import hide_withdrawn, show_withdrawn

Progress = Callable[[str, int, int], None]

_LEAST_SHARE = 0.01


def links_by_land(old: gpd.GeoDataFrame, new: gpd.GeoDataFrame, epsg: int) -> list[dict[str, Any]]:
    """Which new grid took over which old grid's land, level by level, by the share of the old one's area."""
    links = []
    old_m = crs.geometries_from_wgs84(old.geometry.to_numpy(), epsg)
    new_m = crs.geometries_from_wgs84(new.geometry.to_numpy(), epsg)
    tree = shapely.STRtree(new_m)
    a, b = tree.query(old_m, predicate="intersects")
    shares = shapely.area(shapely.intersection(old_m[a], new_m[b])) / shapely.area(old_m[a])
    for i, j, share in zip(a.tolist(), b.tolist(), shares.tolist(), strict=True):
        was, now = old.iloc[i], new.iloc[j]
        if was["level"] == now["level"] and share >= _LEAST_SHARE:
            links.append(
                {
                    "grid_key": int(now["grid_key"]),
                    "valid_from": now["valid_from"],
                    "predecessor_key": int(was["grid_key"]),
                    "predecessor_code": str(was["code"]),
                    "share": round(min(1.0, share), 6),
                }
            )
    return links


def declared_links(
    draft: gpd.GeoDataFrame, fresh: gpd.GeoDataFrame, linked: set[int]
) -> list[dict[str, Any]]:
    """Predecessors that the file itself names, where none was found by land."""
    begins = dict(zip(fresh["grid_key"].tolist(), fresh["valid_from"], strict=True))
    links = []
    for key, codes in zip(draft["grid_key"].tolist(), draft["predecessors"], strict=True):
        if key in begins and key not in linked:
            links += [
                {
                    "grid_key": key,
                    "valid_from": begins[key],
                    "predecessor_key": _former_key(code, key, n),
                    "predecessor_code": code,
                    "share": 1.0,
                }
                for n, code in enumerate(_code_list(codes))
            ]
    return links


def _code_list(value: Any) -> list[str]:
    """Codes as files hold them: a list, the JSON of one, or a text with commas."""
    if isinstance(value, list | tuple):
        return [str(v) for v in value]
    text = text_of(value)
    if text.startswith("["):
        return [str(v) for v in json.loads(text)]
    return [part.strip() for part in text.replace("、", ",").replace("，", ",").split(",") if part.strip()]


def _former_key(code: str, key: int, ordinal: int) -> int:
    """Key that an official village code had under its successor's area; otherwise a number that is no key."""
    town = str(key)[:9]
    if len(code) == 12 and code.isdecimal() and code.startswith(town) and level_of(key) == VILLAGE:
        return ancestor(key, AREA) + int(code[9:]) * SUBTREE_SIZE[VILLAGE]
    return -1 - ordinal


def reassign_records(
    session: Session, ended: set[int], standing: set[int], links: list[dict[str, Any]], say: Progress
) -> dict[str, int]:
    """Give every record its grid anew, by its point or by the grid that took over from the one it names.

    Parameters
    ----------
    session : Session
        A scoped session that may write, in which the new version is in force.
    ended : set of int
        Keys that no longer stand.
    standing : set of int
        Keys that stand.
    links : list of dict
        As :func:`links_by_land` gives them.
    say : callable
        Called with ``("reassign", done, total)``.

    Returns
    -------
    dict
        Rows that changed, by table; those without a point under ``by_name``.
    """
    book = GridBook.within(session)
    # What is withdrawn may come back into force, and then lies in today's grids.
    show_withdrawn(session)

    def assign(
        lon: NDArray[np.float64], lat: NDArray[np.float64], accuracy_m: NDArray[np.float64]
    ) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        keys = book.assign(lon, lat).grid_key
        return keys, book.needs_confirmation(lon, lat, np.nan_to_num(accuracy_m, nan=0.0))

    best: dict[int, tuple[float, int]] = {}
    for link in links:
        if link["predecessor_key"] in ended:
            candidate = (link["share"], link["grid_key"])
            best[link["predecessor_key"]] = max(best.get(link["predecessor_key"], candidate), candidate)
    heirs = {old: new for old, (_, new) in best.items()}
    heirs |= {key: _nearest_above(key, heirs, standing) for key in ended - set(heirs)}
    out = {}
    total = len(versions.PLACED_TABLES) + 2
    for n, table in enumerate(versions.PLACED_TABLES):
        say("reassign", n, total)
        out[table] = versions.reassign_points(session, table, assign)
    say("reassign", total - 2, total)
    out["projects"] = versions.reassign_lands(session, lambda shape: grid_of_land(shape, book))
    say("reassign", total - 1, total)
    out["by_name"] = versions.follow_successors(session, heirs)
    hide_withdrawn(session)
    say("reassign", total, total)
    return out


def _nearest_above(key: int, heirs: dict[int, int], standing: set[int]) -> int:
    """Grid for what only names a grid whose land no grid of its level took over: the one above it."""
    for level in reversed(LEVELS[: level_of(key) - 1]):
        above = ancestor(key, level)
        if (found := heirs.get(above, above)) in standing:
            return found
    return UNASSIGNED


def is_missing(value: Any) -> bool:
    """Tell whether a file left a value out."""
    return value is None or str(value) in {"", "NaT", "<NA>", "nan"}


def text_of(value: Any) -> str:
    """Return a value as text; empty where the file left it out."""
    return "" if is_missing(value) else str(value).strip()
