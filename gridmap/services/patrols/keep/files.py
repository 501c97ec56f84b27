"""A plan as files: GPX for a phone, a sheet for print, GeoJSON and tables for everything else."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import geopandas as gpd
import pandas as pd
import shapely

from gridmap.crs import WGS84
from gridmap.domain.gridkey import Scope
from gridmap.domain.shown_plans import ShownRoute, WholePlan
from gridmap.errors import InvalidInput
from gridmap.files.atomic import replacing
from gridmap.files.gpx import Place, write_gpx
from gridmap.files.layers import write_layer
from gridmap.reporting.sheet import ends_of, is_reachable, render_sheets
from gridmap.services.patrols.keep.plans import patrol_plan
from gridmap.storage.database import Database
from gridmap.storage.ground.roads import road_rows

FORMATS = ("gpx", "geojson", "gpkg", "csv", "xlsx", "html")


def export_kept(
    database: Database,
    scope: Scope,
    patrol_id: int,
    path: Path,
    *,
    team: str | None = None,
    url: str | None = None,
) -> int:
    """Write a kept plan to a file, as :func:`export_plan` does; a printable sheet shows the roads of the scope.

    Raises
    ------
    NotFound
        When there is no such plan in the scope.
    InvalidInput
        As :func:`export_plan`.
    """
    plan = patrol_plan(database, scope, patrol_id)
    roads: list[shapely.Geometry] = []
    if path.suffix.lower() == ".html":
        with database.scoped_session(scope, timeout_s=60) as session:
            roads = [shapely.from_wkb(bytes(row["wkb"])) for row in road_rows(session)]
    return export_plan(plan, path, database.settings.timezone, team=team, url=url, roads=roads)


def export_plan(
    plan: WholePlan,
    path: Path,
    zone: str,
    *,
    team: str | None = None,
    url: str | None = None,
    roads: Sequence[shapely.Geometry] = (),
) -> int:
    """Write a plan to a file, whole or not at all; return the number of rows (routes, or visits of a table).

    Parameters
    ----------
    plan : WholePlan
    path : Path
        The ending tells the format: gpx (a track and the stops of each team), geojson or gpkg (routes as lines), csv or
        xlsx (the table of times), html (a sheet for print, one page a team).
    zone : str
        IANA name.
    team : str, optional
        Only this team.
    url : str, optional
        For html: address of the server as a phone reaches it; without it the codes open each stop with no network.
    roads : sequence of LineString
        For html: drawn below the route, EPSG:4326.

    Raises
    ------
    InvalidInput
        When the ending is not that of a format, the plan has no route for the team, or no telephone could open the
        server's address.
    """
    ending = path.suffix.lower().lstrip(".")
    if ending not in FORMATS:
        raise InvalidInput(
            "format-unknown",
            f"不支持 {path.suffix or '没有扩展名的文件'}，可用：{'、'.join(FORMATS)}。",
            f"{path.suffix or 'A name without an ending'} is not a format; there are {', '.join(FORMATS)}.",
        )
    routes = [r for r in plan["routes"] if team is None or r["team_code"] == team]
    if not routes:
        raise InvalidInput(
            "patrol-no-route",
            f"这份计划里没有{f'队伍 {team} 的' if team else ''}路线。",
            f"This plan has no route{f' for team {team}' if team else ''}.",
        )
    if url is not None and not is_reachable(url):
        raise InvalidInput(
            "sheet-address",
            f"手机打不开 {url}。请给出本网内可访问的地址，如 http://10.0.0.5:8010；不给则每个停靠点一个离线二维码。",
            f"No telephone could open {url}. Give the server's address in the network, such as http://10.0.0.5:8010; "
            "without one each stop has a code that needs no server.",
        )
    if ending == "gpx":
        _write_gpx(plan, routes, path)
        return len(routes)
    if ending == "html":
        page = render_sheets(plan, routes, roads, url=url)
        with replacing(path) as part:
            part.write_text(page, "utf-8")
        return len(routes)
    frame = _table(routes) if ending in {"csv", "xlsx"} else _lines(routes)
    return write_layer(frame, path, target_crs=WGS84, layer="patrol", zone=zone)


def _write_gpx(plan: WholePlan, routes: list[ShownRoute], path: Path) -> None:
    places = [
        Place(
            f"{route['team_code']}-{number} {visit['name_zh']}{side}",
            lon,
            lat,
            " ".join(
                part
                for part in (
                    f"{visit['arrive'][11:16]}–{visit['leave'][11:16]}",
                    visit["words_zh"],
                    visit.get("stand_zh"),
                )
                if part
            ),
        )
        for route in routes
        for number, visit in enumerate(route["visits"], 1)
        for side, lon, lat in ends_of(visit)
    ]
    tracks = [
        (f"{route['team_code']} {route['name_zh']}", shapely.get_coordinates(route["geometry"]))
        for route in routes
    ]
    write_gpx(path, tracks, places=places, name=f"巡防计划 {plan['patrol_id']}")


def _lines(routes: list[ShownRoute]) -> gpd.GeoDataFrame:
    rows = [
        {
            "team_code": route["team_code"],
            "name_zh": route["name_zh"],
            "name_en": route["name_en"],
            "mode": route["mode"],
            "begin": route["begin"],
            "end": route["end"],
            "length_m": route["length_m"],
            "travel_s": route["travel_s"],
            "dwell_s": route["dwell_s"],
            "load": route["load"],
            "prize": route["prize"],
            "stops": len(route["visits"]),
        }
        for route in routes
    ]
    return gpd.GeoDataFrame(rows, geometry=[route["geometry"] for route in routes], crs=WGS84)


def _table(routes: list[ShownRoute]) -> pd.DataFrame:
    rows = [
        {
            "team_code": route["team_code"],
            "team_zh": route["name_zh"],
            "number": number,
            "name_zh": visit["name_zh"],
            "name_en": visit["name_en"],
            "arrive": visit["arrive"],
            "leave": visit["leave"],
            "metres": visit["leg"]["length_m"],
            "metres_along": (visit.get("along") or {"length_m": 0.0})["length_m"],
            "streets": "，".join(s["name"] or "无名路" for s in visit["leg"]["streets"]),
            "lon": visit["lon"],
            "lat": visit["lat"],
            "words_zh": visit["words_zh"],
            "words_en": visit["words_en"],
            "stand_zh": visit.get("stand_zh", ""),
            "stand_en": visit.get("stand_en", ""),
        }
        for route in routes
        for number, visit in enumerate(route["visits"], 1)
    ]
    return pd.DataFrame(rows)
