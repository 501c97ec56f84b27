"""A kept plan's rows and JSON as :class:`gridmap.domain.patrols.KeptPlan`."""

from __future__ import annotations

import datetime as dt
from typing import cast
from zoneinfo import ZoneInfo

import shapely
from shapely.geometry.base import BaseGeometry
from sqlalchemy.orm import Session

from gridmap.domain.patrols import Emergency, KeptPlan, KeptRoute, KeptVisit, Leg, Street
from gridmap.domain.shown_plans import RouteTold, ShownLeg, ShownVisit
from gridmap.storage.patrols import plans as stored


def find_plan(session: Session, patrol_id: int, zone: ZoneInfo) -> KeptPlan | None:
    """Read one plan with its routes, or None; its times in a zone."""
    row = stored.find_patrol(session, patrol_id)
    if row is None:
        return None
    return KeptPlan(
        patrol_id=row["patrol_id"],
        begins_at=row["begins_at"].astimezone(zone),
        ends_at=row["ends_at"].astimezone(zone),
        created_at=row["created_at"].astimezone(zone),
        evidence_at=row["evidence_at"] and row["evidence_at"].astimezone(zone),
        hotspot_run_id=row["hotspot_run_id"],
        replaces_id=row["replaces_id"],
        seed=row["seed"],
        iterations=row["iterations"],
        parameters=row["parameters"],
        data_sha256=row["data_sha256"],
        version=row["version"],
        summary=row["summary"],
        routes=kept_routes(session, patrol_id),
    )


def kept_routes(session: Session, patrol_id: int) -> tuple[KeptRoute, ...]:
    """Read a plan's routes in order of team."""
    rows = stored.patrol_routes(session, patrol_id)
    return tuple(route_from_json(r["team_code"], r["properties"], r["geometry"]) for r in rows)


def route_from_json(team_code: str, kept: RouteTold, geometry: BaseGeometry | None) -> KeptRoute:
    """Read a route; what older versions did not keep is empty.

    Parameters
    ----------
    team_code : str
    kept : dict
        The properties of its row.
    geometry : LineString or None
        EPSG:4326.
    """
    rest, home = kept.get("rest"), kept.get("home")
    return KeptRoute(
        team_code,
        name_zh=kept["name_zh"],
        name_en=kept["name_en"],
        mode=kept["mode"],
        length_m=kept["length_m"],
        travel_s=kept["travel_s"],
        dwell_s=kept["dwell_s"],
        load=kept["load"],
        prize=kept["prize"],
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
        home=None if home is None else _leg(home),
        geometry=cast("shapely.LineString | None", geometry),
    )


def _visit(kept: ShownVisit) -> KeptVisit:
    """Read a visit of a route's properties."""
    key, along = kept.get("grid_key"), kept.get("along")
    return KeptVisit(
        stop=kept["stop"],
        number=kept["number"],
        name_zh=kept["name_zh"],
        name_en=kept["name_en"],
        words_zh=kept["words_zh"],
        words_en=kept["words_en"],
        lon=kept["lon"],
        lat=kept["lat"],
        prize=kept["prize"],
        grid_key=None if key in {None, "None"} else int(key),
        village=int(kept.get("village") or 0),
        arrive=_time(kept["arrive"]),
        start=_time(kept["start"]),
        leave=_time(kept["leave"]),
        leg=_leg(kept["leg"]),
        along=None if along is None else _leg(along),
    )


def _leg(kept: ShownLeg) -> Leg:
    streets = tuple(Street(s["name"], s["length_m"], s["seconds"]) for s in kept.get("streets", ()))
    return Leg(kept["length_m"], kept["seconds"], streets)


def _time(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text)
