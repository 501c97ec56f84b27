"""The printable sheet: a page a team, in Chinese, with codes that a phone opens and no address of another host."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pyproj
import pytest
import segno
import shapely

from gridmap.reporting import sheet
from gridmap.reporting.border_map import NamedShape, border_map
from gridmap.reporting.sheet_map import apart
from gridmap.reporting.still_map import StillMap

BASE = (120.30, 29.80)


def route(team: str, count: int) -> dict[str, Any]:
    visits = [
        {
            "name_zh": f"枫源村第{n}微网格",
            "name_en": f"Fengyuan micro-grid {n}",
            "arrive": f"2026-11-01T2{n % 4}:10:00+08:00",
            "leave": f"2026-11-01T2{n % 4}:22:00+08:00",
            "lon": 120.30 + 0.001 * n,
            "lat": 29.80 + 0.001 * (n % 5),
            "leg": {
                "length_m": 500.0,
                "streets": [
                    {"name": "杜黄路", "length_m": 300.0},
                    {"name": "杜黄路", "length_m": 100.0},
                    {"name": None, "length_m": 100.0},
                ],
            },
        }
        for n in range(1, count + 1)
    ]
    return {
        "team_code": team,
        "name_zh": "<b>巡防</b>一队",
        "name_en": "Patrol & team 1",
        "mode": "bike",
        "begin": "2026-11-01T20:00:00+08:00",
        "end": "2026-11-02T01:00:00+08:00",
        "rest": ["2026-11-01T23:00:00+08:00", "2026-11-01T23:30:00+08:00"],
        "length_m": 12_345.0,
        "base_lon": BASE[0],
        "base_lat": BASE[1],
        "visits": visits,
        "home": {"length_m": 900.0, "streets": [{"name": "绍诸大道", "length_m": 900.0}]},
        "taken": [],
        "geometry": shapely.LineString([BASE, *((v["lon"], v["lat"]) for v in visits), BASE]),
    }


PLAN: dict[str, Any] = {
    "patrol_id": 12,
    "begins_at": "2026-11-01T18:00:00+08:00",
    "ends_at": "2026-11-02T06:00:00+08:00",
    "seed": 7,
    "data_sha256": "abcdef0123456789",
    "version": "1",
}
ROADS = [shapely.LineString([(120.29, 29.79), (120.35, 29.85)])]


def test_there_is_a_page_a_team_with_every_stop_and_its_streets() -> None:
    page = sheet.render_sheets(PLAN, [route("T01", 3), route("T02", 20)], ROADS)
    assert page.count('<section class="sheet">') == 2
    assert page.count("杜黄路 400 米 → 无名路 100 米") == 23
    assert page.count("返回驻地") == 2
    assert "23:00–23:30" in page
    assert "2026-11-01 18:00 – 06:00" in page


def test_names_are_escaped() -> None:
    page = sheet.render_sheets(PLAN, [route("T01", 1)], ROADS)
    assert "<b>巡防</b>" not in page
    assert "&lt;b&gt;巡防&lt;/b&gt;一队" in page


def test_the_page_asks_nothing_of_another_host() -> None:
    page = sheet.render_sheets(PLAN, [route("T01", 5)], ROADS, url="http://10.0.0.5:8010")
    assert not re.search(r"(?:src|href|url\(|@import|https?:|//)\s*=?\s*[\"'(]?\s*(?:https?:)?//", page)
    assert "<script" not in page
    assert "<link" not in page


@pytest.mark.parametrize("url", [None, "http://10.0.0.5:8010/"])
def test_codes_hold_places_without_a_server_and_the_route_with_one(
    url: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[str] = []
    drawn = segno.make_qr
    monkeypatch.setattr(segno, "make_qr", lambda text, **how: given.append(text) or drawn(text, **how))
    made = route("T 1", 3)
    page = sheet.render_sheets(PLAN, [made], ROADS, url=url)
    if url is None:
        assert given == [f"geo:{v['lat']:.6f},{v['lon']:.6f}" for v in made["visits"]]
    else:
        assert given == ["http://10.0.0.5:8010/patrols/12/T%201"]
    assert page.count('class="qr"') == len(given)


def test_an_emergency_stands_where_it_comes_in_the_night() -> None:
    made = route("T01", 3)
    event = {"after": 1, "free_at": "2026-11-01T22:15:00+08:00", "leg": {"length_m": 70.0, "streets": []}}
    made["taken"] = [event]
    page = sheet.render_sheets(PLAN, [made], ROADS)
    order = [page.index(text) for text in ("第1微网格", "紧急任务", "第2微网格")]
    assert order == sorted(order)


def test_numbers_on_the_map_do_not_cover_each_other_and_stay_inside() -> None:
    points = np.full((12, 2), 40.0)
    out = apart(points, 190.0, 80.0)
    distance = np.hypot(*(out[:, None] - out[None]).transpose(2, 0, 1))
    assert distance[~np.eye(12, dtype=bool)].min() > 5.0
    assert (out > 0).all()
    assert (out < [190.0, 80.0]).all()


def test_a_route_that_stays_out_has_no_way_home() -> None:
    made = route("T01", 2) | {"home": None}
    assert "返回驻地" not in sheet.render_sheets(PLAN, [made], ROADS)


@pytest.mark.parametrize(
    ("url", "opens"),
    [
        ("http://10.0.0.5:8010", True),
        ("https://map.town.example/", True),
        ("http://[fd00::5]:8010", True),
        ("http://127.0.0.1:8010", False),
        ("http://localhost:8010", False),
        ("http://x.localhost", False),
        ("http://[::1]:8010", False),
        ("http://0.0.0.0:8010", False),
        ("javascript:1", False),
        ("http://a@b", False),
        ("http://[", False),
        ("10.0.0.5", False),
    ],
)
def test_a_code_leads_only_where_a_telephone_can_come(url: str, opens: bool) -> None:
    assert sheet.is_reachable(url) is opens


def test_every_map_on_paper_is_drawn_by_one_drawer_with_scale_and_north() -> None:
    square = shapely.box(120.30, 29.80, 120.34, 29.83)
    beside = shapely.box(120.34, 29.80, 120.38, 29.83)
    sheets = [
        border_map(NamedShape(square, "枫源村"), [NamedShape(beside, "<b>新择湖村")], "边界图", "示意边界"),
        sheet.render_sheets(PLAN, [route("T01", 3)], ROADS),
    ]
    for drawn in sheets:
        assert drawn.count('class="north"') == 2, "an arrow and its letter"
        length, unit = re.findall(r'class="scale"[^>]*>([\d.]+) (k?m)<', drawn)[0]
        begin, end = re.findall(r'<path d="M([\d.]+) [\d.]+v1.5H([\d.]+)v-1.5"', drawn)[0]
        assert float(length) * (1000 if unit == "km" else 1) > 0
        assert float(end) > float(begin)
    assert "示意边界" in sheets[0]
    assert "&lt;b&gt;新择湖村" in sheets[0]
    # The bar is as long on paper as it says: the square is 0.03 degrees of latitude high.
    top, bottom = 29.83, 29.80
    length, unit = re.findall(r'class="scale"[^>]*>([\d.]+) (k?m)<', sheets[0])[0]
    begin, end = (float(v) for v in re.findall(r'<path d="M([\d.]+) [\d.]+v1.5H([\d.]+)v-1.5"', sheets[0])[0])
    own = re.findall(r'<path d="(M[^"]*)" fill="#eceaf6"', sheets[0])[0]
    ys = [float(y) for y in re.findall(r"[\d.]+ ([\d.]+)", own)]
    mm_per_m = (max(ys) - min(ys)) / ((top - bottom) * 111_320.0)
    assert (end - begin) / mm_per_m == pytest.approx(float(length) * (1000 if unit == "km" else 1), rel=0.01)


@pytest.mark.parametrize("lat", [3.0, 29.8, 52.0])
def test_the_bar_of_a_still_map_is_as_long_as_the_way_over_the_earth(lat: float) -> None:
    still = StillMap((120.30, lat - 0.02, 120.36, lat + 0.02), 180.0, 120.0)
    drawn = str(still.drawn("图", css="still"))
    length, unit = re.findall(r'class="scale"[^>]*>([\d.]+) (k?m)<', drawn)[0]
    begin, end = (float(v) for v in re.findall(r'<path d="M([\d.]+) [\d.]+v1.5H([\d.]+)v-1.5"', drawn)[0])
    told = float(length) * (1000 if unit == "km" else 1)
    x, y = still.projection.point(120.33, lat)
    east = still.projection.lon + (end - begin) / (still.projection.per_degree * still.projection.shrink)
    north = still.projection.lat + (end - begin) / still.projection.per_degree
    assert still.projection.point(east, lat) == pytest.approx((x + end - begin, y))
    for lon_to, lat_to in ((east, lat), (120.33, north)):
        _, _, way = pyproj.Geod(ellps="WGS84").inv(120.33, lat, lon_to, lat_to)
        assert way == pytest.approx(told, rel=0.01)
