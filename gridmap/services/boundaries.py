"""Import of boundaries: check, show what is wrong, and put a new version into force."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from gridmap import crs
from gridmap.domain.gridkey import AREA, SUBTREE_SIZE, VILLAGE, Scope, ancestor, level_of
from gridmap.errors import InvalidInput
from gridmap.ingest.boundaries import (
    BoundaryDraft,
    Finding,
    MendReport,
    check_boundaries,
    mend_slivers,
    read_boundaries,
)
from gridmap.ingest.boundaries.draft import polygons_only
from gridmap.services.gridbook import GridBook
from gridmap.storage import boundaries as versions
from gridmap.storage import grids as stored
from gridmap.storage import workspace
from gridmap.storage.database import Database

Progress = Callable[[str, int, int], None]

_WRITE_TIMEOUT_S = 1800
_LEAST_SHARE = 0.01


@dataclass(frozen=True)
class BoundaryOptions:
    """How a file of boundaries is to be read and put into force.

    Attributes
    ----------
    crs, mapping, level, layer, town_code, town_name
        As :func:`gridmap.ingest.boundaries.read_boundaries` takes them.
    valid_from : date or None
        First day of the new version; what the file says, or today.
    mend : bool
        Mend small slivers.
    max_width_m, max_area_m2 : float
        What counts as small.
    dry_run : bool
        Check and write nothing.
    """

    crs: str | None = None
    mapping: dict[str, str] | None = None
    level: int | None = None
    layer: str | None = None
    town_code: str | None = None
    town_name: str | None = None
    valid_from: dt.date | None = None
    mend: bool = False
    max_width_m: float = 2.0
    max_area_m2: float = 2000.0
    dry_run: bool = False


@dataclass(frozen=True)
class BoundaryResult:
    """What an import of boundaries found and did.

    Attributes
    ----------
    draft : BoundaryDraft
    findings : list of Finding
    mended : MendReport or None
    committed : bool
    added, changed, kept, ended : int
        Grids that are new, have another shape, name or count, stayed as they were, or no longer stand.
    reassigned : dict
        Rows of each table that got another grid.
    """

    draft: BoundaryDraft
    findings: list[Finding]
    mended: MendReport | None = None
    committed: bool = False
    added: int = 0
    changed: int = 0
    kept: int = 0
    ended: int = 0
    reassigned: dict[str, int] = field(default_factory=dict)

    @property
    def errors(self) -> list[Finding]:
        """Findings that stop an import."""
        return [f for f in self.findings if f.severity == "error"]


def import_boundaries(
    database: Database,
    scope: Scope,
    paths: Sequence[Path],
    options: BoundaryOptions,
    *,
    today: dt.date | None = None,
    on_progress: Progress | None = None,
) -> BoundaryResult:
    """Import a version of the boundaries.

    The version before it is kept with its validity; links say which grid took over whose land; every record is
    assigned again. All of it in one transaction.

    Parameters
    ----------
    database : Database
    scope : Scope
        The whole workspace, or the import is refused by the database.
    paths : sequence of Path
        One file with all levels, one file a level, or a flat file of villages.
    options : BoundaryOptions
    today : date, optional
        For tests.
    on_progress : callable, optional
        Called with ``(step, done, total)``; steps are ``read``, ``check``, ``write`` and ``reassign``.

    Returns
    -------
    BoundaryResult
        Not committed when it was a dry run, there are errors, or nothing differs.

    Raises
    ------
    InvalidInput
        When a file cannot be used.
    """
    say = on_progress or (lambda _step, _done, _total: None)
    say("read", 0, 1)
    draft = read_boundaries(
        list(paths),
        crs=options.crs,
        mapping=options.mapping,
        level=options.level,
        layer=options.layer,
        town_code=options.town_code,
        town_name=options.town_name,
    )
    say("read", 1, 1)
    shapes = draft.grids.geometry
    usable = shapes[shapes.notna() & ~shapes.is_empty]
    if usable.empty:
        raise InvalidInput("grids-empty", "文件中没有网格图形。", "The file holds no grid polygons.")
    west, south, east, north = usable.total_bounds
    epsg = crs.projected_crs((west + east) / 2, (south + north) / 2)
    mended = None
    if options.mend:
        draft, mended = mend_slivers(
            draft, epsg, max_width_m=options.max_width_m, max_area_m2=options.max_area_m2
        )
    say("check", 0, 1)
    findings = check_boundaries(draft, epsg)
    say("check", 1, 1)
    result = BoundaryResult(draft, findings, mended)
    if options.dry_run or result.errors:
        return result
    day = options.valid_from or today or dt.datetime.now(dt.UTC).date()
    with database.scoped_session(scope, write=True, timeout_s=_WRITE_TIMEOUT_S) as session:
        return _put_into_force(session, result, epsg, (day, options.valid_from is not None), say)


def _put_into_force(
    session: Session, result: BoundaryResult, epsg: int, when: tuple[dt.date, bool], say: Progress
) -> BoundaryResult:
    draft = result.draft
    day, was_asked = when
    old = stored.current_frame(session)
    # The first version may begin grid by grid as the file says; a later one begins on its own day.
    new = _rows(draft.grids, epsg, day, file_decides=old.empty and not was_asked)
    same, changed, added, ended = _compare(old, new)
    if not (changed or added or ended):
        return BoundaryResult(draft, result.findings, result.mended, kept=len(same))
    say("write", 0, 1)
    illustrative = bool(new["illustrative"].any())
    version = versions.add_version(
        session, day, ", ".join(sorted(draft.file_sha256)), illustrative=illustrative
    )
    versions.close_grids(session, [*changed, *ended], day)
    fresh = new[new["grid_key"].isin([*changed, *added])]
    versions.add_grids(session, fresh, version)
    links = _links(old[old["grid_key"].isin([*changed, *ended])], fresh, epsg) if len(old) else []
    links += _declared(draft.grids, fresh, {link["grid_key"] for link in links})
    versions.add_predecessors(session, links)
    say("write", 1, 1)
    reassigned = _reassign(session, set(ended), links, say) if len(old) else {}
    workspace.write_settings(session, epsg=epsg, illustrative=illustrative)
    workspace.touch(session)
    return BoundaryResult(
        draft,
        result.findings,
        result.mended,
        committed=True,
        added=len(added),
        changed=len(changed),
        kept=len(same),
        ended=len(ended),
        reassigned=reassigned,
    )


_PLAIN = ("code", "name_zh", "name_en", "population", "households")


def _rows(grids: gpd.GeoDataFrame, epsg: int, day: dt.date, *, file_decides: bool) -> gpd.GeoDataFrame:
    """Rows of the table grids."""
    frame = gpd.GeoDataFrame(
        {
            "grid_key": grids["grid_key"].astype("int64"),
            "level": grids["level"].astype(int),
            "code": [_text(c) or str(k) for c, k in zip(grids["code"], grids["grid_key"], strict=True)],
            "illustrative": [v is True or str(v).lower() == "true" for v in grids["illustrative"]],
        },
        geometry=_valid(grids.geometry.to_numpy()),
        crs="EPSG:4326",
    )
    for zh, en in (("name_zh", "name_en"), ("name_en", "name_zh")):
        frame[zh] = [
            _text(a) or _text(b) or code
            for a, b, code in zip(grids[zh], grids[en], frame["code"], strict=True)
        ]
    for column in ("population", "households"):
        frame[column] = [None if _missing(v) else int(v) for v in grids[column]]
        frame[column] = frame[column].astype(object).where(frame[column].notna(), None)
    frame["area_m2"] = crs.area_m2(frame.geometry.to_numpy(), epsg)
    frame["valid_from"] = [day if _missing(v) or not file_decides else _day(v) for v in grids["valid_from"]]
    frame["valid_to"] = None
    return frame


def _valid(shapes: NDArray[np.object_]) -> NDArray[np.object_]:
    """Repair what is valid in metres but crosses itself, by a rounding error, in degrees."""
    broken = ~shapely.is_valid(shapes)
    if broken.any():
        shapes = shapes.copy()
        shapes[broken] = polygons_only(np.asarray(shapely.make_valid(shapes[broken]), dtype=object))
    return shapes


def _compare(
    old: gpd.GeoDataFrame, new: gpd.GeoDataFrame
) -> tuple[list[int], list[int], list[int], list[int]]:
    """Keys that stay as they are, change, are new, and end."""
    before = {int(r.grid_key): r for r in old.itertuples()}
    same, changed, added = [], [], []
    for row in new.itertuples():
        key = int(row.grid_key)
        was = before.get(key)
        if was is None:
            added.append(key)
        elif all(_equal(getattr(was, c), getattr(row, c)) for c in _PLAIN) and _same_land(
            was.geometry, row.geometry
        ):
            same.append(key)
        else:
            changed.append(key)
    ended = sorted(set(before) - {int(k) for k in new["grid_key"]})
    return same, changed, added, ended


def _same_land(a: shapely.Geometry, b: shapely.Geometry) -> bool:
    return bool(shapely.equals_exact(shapely.normalize(_multi(a)), shapely.normalize(_multi(b)), 1e-9))


def _multi(shape: Any) -> shapely.MultiPolygon:
    return shape if isinstance(shape, shapely.MultiPolygon) else shapely.MultiPolygon([shape])


def _links(old: gpd.GeoDataFrame, new: gpd.GeoDataFrame, epsg: int) -> list[dict[str, Any]]:
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


def _declared(draft: gpd.GeoDataFrame, fresh: gpd.GeoDataFrame, linked: set[int]) -> list[dict[str, Any]]:
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
    text = _text(value)
    if text.startswith("["):
        return [str(v) for v in json.loads(text)]
    return [part.strip() for part in text.replace("、", ",").replace("，", ",").split(",") if part.strip()]


def _former_key(code: str, key: int, ordinal: int) -> int:
    """Key that an official village code had under its successor's area; otherwise a number that is no key."""
    town = str(key)[:9]
    if len(code) == 12 and code.isdecimal() and code.startswith(town) and level_of(key) == VILLAGE:
        return ancestor(key, AREA) + int(code[9:]) * SUBTREE_SIZE[VILLAGE]
    return -1 - ordinal


def _reassign(
    session: Session, ended: set[int], links: list[dict[str, Any]], say: Progress
) -> dict[str, int]:
    book = GridBook.read(session)

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
    out = {}
    total = len(versions.PLACED_TABLES) + 1
    for n, table in enumerate(versions.PLACED_TABLES):
        say("reassign", n, total)
        out[table] = versions.reassign_points(session, table, assign)
    out["by_name"] = versions.follow_successors(session, {old: new for old, (_, new) in best.items()})
    say("reassign", total, total)
    return out


def _missing(value: Any) -> bool:
    return value is None or str(value) in {"", "NaT", "<NA>", "nan"}


def _text(value: Any) -> str:
    return "" if _missing(value) else str(value).strip()


def _day(value: Any) -> dt.date:
    return value.date() if isinstance(value, dt.datetime) else dt.date.fromisoformat(str(value)[:10])


def _equal(a: Any, b: Any) -> bool:
    return (_missing(a) and _missing(b)) or a == b
