"""A plan as sheets for print, one A4 page a team; the file asks nothing of another host."""

from __future__ import annotations

import datetime as dt
import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast
from urllib.parse import quote, urlsplit

import numpy as np
import segno
import shapely
from markupsafe import Markup

from gridmap.domain.shown_plans import ShownEmergency, ShownLeg, ShownRoute, ShownVisit, WholePlan
from gridmap.reporting.sheet_map import route_map
from gridmap.reporting.templating import page_templates

_PAGE_MM, _WIDTH_MM = 273.0, 190.0
_HEAD_MM, _CODE_HEAD_MM, _FOOT_MM = 23.0, 31.0, 9.0
_ONE_COLUMN, _TABLE_HEAD_MM = 14, 7.0
_WIDE, _NARROW, _TIGHT = 9.1, 7.3, 6.4
"""Heights of a row in millimetres: of one column with streets beside, of two columns, of two long ones."""
_LONG = 17
_CODES, _MANY_CODES, _MANY = (12, 18.0), (16, 14.2), 24
"""Codes in a row, and its height in millimetres."""
_MAP_MM = (55.0, 125.0)
_STREETS = 3
_MODES = {"car": ("车", "car"), "bike": ("骑行", "bike"), "foot": ("步行", "on foot")}


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table: a stop, an emergency, or the way home."""

    number: str
    arrive: str
    leave: str
    zh: str
    en: str
    streets: str
    metres: int


@dataclass(frozen=True, slots=True)
class Code:
    """A QR code with what it says."""

    label: str
    content: str
    drawing: Markup


@dataclass(frozen=True, slots=True)
class Page:
    """The sheet of one team."""

    code: str
    zh: str
    en: str
    mode: tuple[str, str]
    begin: str
    end: str
    rest: str
    km: str
    stops: int
    map: Markup
    row_mm: float
    code_columns: int
    code_mm: float
    columns: tuple[tuple[Row, ...], ...]
    route_code: Code | None
    codes: tuple[Code, ...]


def geo_uri(lon: float, lat: float) -> str:
    """Return the address of a place by which a phone opens its map (RFC 5870: latitude first, WGS 84)."""
    return f"geo:{lat:.6f},{lon:.6f}"


def route_address(url: str, patrol_id: int, team: str) -> str:
    """Return the address of the page on which the workspace's own server shows a team's route on a telephone."""
    return f"{url.rstrip('/')}/patrols/{patrol_id}/{quote(team, safe='')}"


def ends_of(visit: ShownVisit) -> list[tuple[str, float, float]]:
    """Return where a visit begins and, where it is left at the other end of a line, where it ends, with their names."""
    along = visit.get("along")
    if along is None or "left" in along:
        return [("", visit["lon"], visit["lat"])]
    return [(" 起 start", visit["lon"], visit["lat"]), (" 终 end", visit["spot_lon"], visit["spot_lat"])]


def is_reachable(url: str) -> bool:
    """Tell whether a telephone in the same network could open an address: not one of this machine alone."""
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").casefold()
    except ValueError:
        return False
    if parts.scheme not in {"http", "https"} or not host or parts.username or parts.query or parts.fragment:
        return False
    try:
        at = ipaddress.ip_address(host)
    except ValueError:
        return host != "localhost" and not host.endswith(".localhost")
    return not (at.is_loopback or at.is_unspecified or at.is_multicast)


def render_sheets(
    plan: WholePlan,
    routes: Sequence[ShownRoute],
    roads: Sequence[shapely.Geometry],
    *,
    url: str | None = None,
) -> str:
    """Write the sheets.

    Parameters
    ----------
    plan : dict
        patrol_id, begins_at, ends_at, seed, data_sha256, version.
    routes : sequence of dict
        Of the plan; each becomes a page.
    roads : sequence of LineString
        EPSG:4326.
    url : str, optional
        Address of the server as a phone in the same network reaches it: one code then opens the whole route. Without
        it there is a code for each stop, which needs no network.

    Returns
    -------
    str
        HTML; the same for the same plan.
    """
    environment = page_templates()
    lines = [road for road in roads if not shapely.is_empty(road)]
    pages = [_page(plan, route, lines, url) for route in routes]
    page = environment.get_template("sheet.html.j2").render(plan=plan, pages=pages, night=_night(plan))
    return "\n".join(line.rstrip() for line in page.splitlines() if line.strip()) + "\n"


def _page(plan: WholePlan, route: ShownRoute, roads: Sequence[shapely.Geometry], url: str | None) -> Page:
    rows = _rows(route)
    two = len(rows) > _ONE_COLUMN
    half = -(-len(rows) // 2)
    columns = (tuple(rows[:half]), tuple(rows[half:])) if two else (tuple(rows),)
    visits = route["visits"]
    codes: tuple[Code, ...] = ()
    if url is None:
        codes = tuple(
            _code(f"{n}{side}", geo_uri(lon, lat))
            for n, v in enumerate(visits, 1)
            for side, lon, lat in ends_of(v)
        )
    row_mm = _WIDE if not two else _TIGHT if len(columns[0]) > _LONG else _NARROW
    across, code_row_mm = _MANY_CODES if len(codes) > _MANY else _CODES
    head_mm = _HEAD_MM if url is None else _CODE_HEAD_MM
    below_mm = _TABLE_HEAD_MM + len(columns[0]) * row_mm + code_row_mm * -(-len(codes) // across)
    left = _PAGE_MM - head_mm - _FOOT_MM - below_mm
    height = min(max(left, _MAP_MM[0]), _MAP_MM[1])
    rest = route.get("rest")
    return Page(
        route["team_code"],
        route["name_zh"],
        route["name_en"],
        _MODES.get(route["mode"], (route["mode"], route["mode"])),
        route["begin"][11:16],
        route["end"][11:16],
        f"{rest[0][11:16]}–{rest[1][11:16]}" if rest else "",
        f"{route['length_m'] / 1000:.1f}",
        len(visits),
        route_map(
            cast("shapely.LineString", route["geometry"]),
            np.array([[v["lon"], v["lat"]] for v in visits], dtype=np.float64).reshape(-1, 2),
            (route["base_lon"], route["base_lat"]),
            roads,
            width=_WIDTH_MM,
            height=height,
        ),
        row_mm,
        across,
        round(code_row_mm - 3.6, 1),
        columns,
        None if url is None else _code("", route_address(url, plan["patrol_id"], route["team_code"])),
        codes,
    )


def _rows(route: ShownRoute) -> list[Row]:
    taken = list(route.get("taken") or [])
    rows: list[Row] = []
    for number, visit in enumerate(route["visits"]):
        rows += [_emergency(event) for event in taken if event["after"] == number]
        rows.append(
            Row(
                str(number + 1),
                visit["arrive"][11:16],
                visit["leave"][11:16],
                visit["name_zh"],
                visit["name_en"],
                "；".join(part for part in (_streets(visit["leg"]), visit.get("side_zh")) if part),
                round(visit["leg"]["length_m"]),
            )
        )
    rows += [_emergency(event) for event in taken if event["after"] >= len(route["visits"])]
    if route["home"] is not None:
        home = route["home"]
        end = route["end"][11:16]
        rows.append(Row("返", end, "", "返回驻地", "back to base", _streets(home), round(home["length_m"])))
    return rows


def _emergency(event: ShownEmergency) -> Row:
    leg = event["leg"]
    return Row(
        "急", "", event["free_at"][11:16], "紧急任务", "emergency", _streets(leg), round(leg["length_m"])
    )


def _streets(leg: ShownLeg) -> str:
    """Return the streets in order, each once in a row; of many the longest."""
    named: list[tuple[str, float]] = []
    for street in leg["streets"]:
        name = street["name"] or "无名路"
        if named and named[-1][0] == name:
            named[-1] = name, named[-1][1] + street["length_m"]
        elif street["length_m"] >= 1:
            named.append((name, street["length_m"]))
    longest = sorted(range(len(named)), key=lambda i: -named[i][1])[:_STREETS]
    return " → ".join(f"{named[i][0]} {named[i][1]:.0f} 米" for i in sorted(longest))


def _code(label: str, content: str) -> Code:
    drawn = segno.make_qr(content, error="m", boost_error=False).svg_inline(
        omitsize=True, border=2, svgclass="qr", lineclass=None
    )
    return Code(label, content, Markup(drawn))  # noqa: S704 - paths of the library's own


def _night(plan: WholePlan) -> str:
    begin, end = (dt.datetime.fromisoformat(plan[k]) for k in ("begins_at", "ends_at"))
    return f"{begin:%Y-%m-%d %H:%M} – {end:%H:%M}"
