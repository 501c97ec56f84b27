"""A kept plan's rows and JSON as :class:`gridmap.domain.patrols.KeptPlan`."""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

import shapely
from sqlalchemy.orm import Session

from gridmap.domain.patrols import Emergency, KeptPlan, KeptRoute, KeptVisit, Leg, Street
from gridmap.storage.patrols import plans as stored


def find_plan(session: Session, patrol_id: int, zone: ZoneInfo) -> KeptPlan | None:
    """Read one plan with its routes, or None; its times in a zone."""
    row = stored.find_patrol(session, patrol_id)
    if row is None:
        return None
    told = ("patrol_id", "hotspot_run_id", "replaces_id", "seed", "iterations")
    plain = ("parameters", "data_sha256", "version", "summary")
    times = ("begins_at", "ends_at", "created_at", "evidence_at")
    return KeptPlan(
        **{k: row[k] for k in told + plain},
        **{k: row[k] and row[k].astimezone(zone) for k in times},
        routes=kept_routes(session, patrol_id),
    )


def kept_routes(session: Session, patrol_id: int) -> tuple[KeptRoute, ...]:
    """Read a plan's routes in order of team."""
    rows = stored.patrol_routes(session, patrol_id)
    return tuple(route_from_json(r["team_code"], r["properties"], r["geometry"]) for r in rows)


def route_from_json(team_code: str, kept: dict[str, Any], geometry: shapely.LineString | None) -> KeptRoute:
    """Read a route; what older versions did not keep is empty.

    Parameters
    ----------
    team_code : str
    kept : dict
        The properties of its row.
    geometry : LineString or None
        EPSG:4326.
    """
    rest = kept.get("rest")
    same = ("name_zh", "name_en", "mode", "length_m", "travel_s", "dwell_s", "load", "prize")
    return KeptRoute(
        team_code,
        **{k: kept[k] for k in same},
        begin=_time(kept["begin"]),
        end=_time(kept["end"]),
        rest=None if rest is None else (_time(rest[0]), _time(rest[1])),
        base_lon=float(kept["base_lon"]),
        base_lat=float(kept["base_lat"]),
        visits=tuple(_visit(visit) for visit in kept["visits"]),
        taken=tuple(
            Emergency(e["after"], e["lon"], e["lat"], _time(e["free_at"]), _leg(e["leg"]))
            for e in kept.get("taken", ())
        ),
        home=_leg(kept["home"]) if kept.get("home") else None,
        geometry=geometry,
    )


def _visit(kept: dict[str, Any]) -> KeptVisit:
    """Read a visit of a route's properties."""
    same = ("stop", "number", "name_zh", "name_en", "words_zh", "words_en", "lon", "lat", "prize")
    key = kept.get("grid_key")
    return KeptVisit(
        **{k: kept[k] for k in same},
        grid_key=None if key in {None, "None"} else int(key),
        village=int(kept.get("village") or 0),
        arrive=_time(kept["arrive"]),
        start=_time(kept["start"]),
        leave=_time(kept["leave"]),
        leg=_leg(kept["leg"]),
    )


def _leg(kept: dict[str, Any]) -> Leg:
    streets = tuple(Street(s["name"], s["length_m"], s["seconds"]) for s in kept.get("streets", ()))
    return Leg(kept["length_m"], kept["seconds"], streets)


def _time(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text)
