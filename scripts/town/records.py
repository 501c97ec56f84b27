"""Write a year of records: incidents and their steps, planted truth, teams, migrant clusters, organisations."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import shapely
from numpy.typing import NDArray

from .build import Land
from .course import run_courses
from .edition2 import write_edition
from .grids import Grids
from .incidents import Incident, make_incidents
from .kinds import kinds_json
from .places import Place
from .plan import to_lonlat
from .planted import PLANTED, Planted
from .sites import make_clusters, make_organisations
from .teams import TEAMS, night_positions
from .where import Where
from .write import write_json, write_table

Floats = NDArray[np.float64]

_INCIDENT = (
    "uid",
    "domain",
    "kind",
    "scale",
    "channel",
    "occurred_at",
    "reported_at",
    "due_at",
    "stage",
    "closed_at",
    "severity",
    "lon",
    "lat",
    "accuracy_m",
    "grid_code",
    "village_name",
    "summary",
)
_STEP = ("uid", "at", "action", "stage_from", "stage_to", "to_grid_code", "note")
_TEAM = (
    "code",
    "name_zh",
    "name_en",
    "kind",
    "professional",
    "grid_code",
    "base_lon",
    "base_lat",
    "shift_start",
    "shift_end",
    "mode",
    "speed_kmh",
    "size",
)
_POSITION = ("team_code", "at", "lon", "lat", "accuracy_m")
_CLUSTER = ("code", "name_zh", "kind", "head_count", "lon", "lat", "as_of", "grid_code")
_ORGANISATION = ("code", "name_zh", "name_en", "kind", "lon", "lat", "grid_code", "opens")


def _degrees(xy: Floats) -> list[tuple[str, str]]:
    """Longitude and latitude as text, six decimals (0.1 m): finer would claim an accuracy that no record has."""
    return [(f"{lon:.6f}", f"{lat:.6f}") for lon, lat in to_lonlat(xy)]


def write_records(land: Land, grids: Grids, places: list[Place], seed: int, out: Path) -> None:
    """Draw and write every table of records."""
    where = Where(land)
    found = make_incidents(where, seed)
    label = where.micro_label(np.array([i.true_xy for i in found]))
    village_index = [k // 100 if k >= 0 else -1 for k in label.tolist()]
    run_courses(found, land.villages, village_index, seed)
    kept = {"incidents": _incident_rows(found)}
    write_table(out / "incidents.csv", _INCIDENT, kept["incidents"])
    write_table(out / "incident_steps.csv", _STEP, [s for i in found for s in i.steps])
    write_json(out / "kinds.json", kinds_json())
    truth = [_truth(spot, found, grids, where) for spot in PLANTED]
    outside = [i.uid for i in found if i.outside]
    write_json(out / "planted.json", {"seed": seed, "hotspots": truth, "outside_uids": outside})
    kept["teams"] = _write_teams(land, where, seed, out)
    for name, columns, (rows, xy) in (
        ("migrant_clusters.csv", _CLUSTER, make_clusters(land, where, seed)),
        ("organisations.csv", _ORGANISATION, make_organisations(land, places, where, seed)),
    ):
        placed = [{**row, "lon": lon, "lat": lat} for row, (lon, lat) in zip(rows, _degrees(xy), strict=True)]
        write_table(out / name, columns, placed)
        kept[name.removesuffix(".csv")] = placed
    write_edition(land, places, found, village_index, kept, _degrees, seed, out)


def _incident_rows(found: list[Incident]) -> list[dict[str, object]]:
    spots = iter(_degrees(np.array([i.xy for i in found if i.xy is not None])))
    rows = []
    for i in found:
        lon, lat = next(spots) if i.xy is not None else ("", "")
        rows.append(
            {
                "uid": i.uid,
                "domain": i.kind.domain,
                "kind": i.kind.code,
                "scale": i.scale,
                "channel": i.channel,
                "occurred_at": i.occurred.isoformat(),
                "reported_at": i.reported.isoformat(),
                "due_at": i.due.isoformat(),
                "stage": i.stage,
                "closed_at": i.closed.isoformat() if i.closed else None,
                "severity": i.severity,
                "lon": lon,
                "lat": lat,
                "accuracy_m": i.accuracy_m,
                "grid_code": i.grid_code,
                "village_name": i.village_name,
                "summary": i.summary,
            }
        )
    return rows


def _truth(spot: Planted, found: list[Incident], grids: Grids, where: Where) -> dict[str, object]:
    disc = shapely.Point(spot.x_m, spot.y_m).buffer(spot.radius_m)
    by_code = {g.code: g for g in grids.micro}
    micro, villages = [], set()
    for label, polygon in sorted(where.land.micro.items()):
        shared = shapely.intersection(polygon, disc).area
        # A grid counts as covered when a third of it, or a good part of the disc, lies in the disc.
        if shared > 0.33 * polygon.area or shared > 0.12 * disc.area:
            grid = by_code[f"{where.land.villages[label // 100].code}{label % 100 + 1:03d}"]
            micro.append(str(grid.key))
        if shared > 0.1 * disc.area:
            villages.add(
                str(by_code[f"{where.land.villages[label // 100].code}{label % 100 + 1:03d}"].parent)
            )
    own = [i for i in found if i.planted == spot.name]
    days = spot.days()
    ((lon, lat),) = _degrees(np.array([[spot.x_m, spot.y_m]]))
    return {
        "name": spot.name,
        "domain": spot.domain,
        "kind": spot.kind,
        "lon": float(lon),
        "lat": float(lat),
        "radius_m": spot.radius_m,
        "emerging": spot.emerging,
        "first_day": days[0].isoformat(),
        "last_day": days[-1].isoformat(),
        "months": list(spot.months),
        "hours": list(spot.hours),
        "expected": spot.count,
        "micro_grid_keys": micro,
        "village_keys": sorted(villages),
        "uids": [i.uid for i in own],
    }


def _write_teams(land: Land, where: Where, seed: int, out: Path) -> list[dict[str, object]]:
    bases = np.array([t.base for t in TEAMS], dtype=float)
    label = where.micro_label(bases)
    rows = []
    for team, k, (lon, lat) in zip(TEAMS, label.tolist(), _degrees(bases), strict=True):
        rows.append(
            {
                "code": team.code,
                "name_zh": team.name_zh,
                "name_en": team.name_en,
                "kind": team.kind,
                "professional": team.professional,
                "grid_code": land.villages[k // 100].code,
                "base_lon": lon,
                "base_lat": lat,
                "shift_start": team.shift[0],
                "shift_end": team.shift[1],
                "mode": team.mode,
                "speed_kmh": team.speed_kmh,
                "size": team.size,
            }
        )
    write_table(out / "teams.csv", _TEAM, rows)
    positions, xy = night_positions(land, seed)
    placed = [
        {**row, "lon": lon, "lat": lat} for row, (lon, lat) in zip(positions, _degrees(xy), strict=True)
    ]
    write_table(out / "team_positions.csv", _POSITION, placed)
    return rows
