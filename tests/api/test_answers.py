"""What the API answers is what the files say."""

from __future__ import annotations

import datetime as dt
import gzip
import itertools
import json
import math
from collections import Counter
from typing import Any

import numpy as np
import pytest
import shapely
from flask.testing import FlaskClient
from sqlalchemy import text

from gridmap.domain.cases.sealing import is_sealed
from gridmap.domain.gridkey import Scope, ancestor, level_of
from gridmap.storage.database import Database
from gridmap.storage.models import Base

from .conftest import read_tile

TOWN = 33068110900000000
AREA = 33068110901000000
VILLAGE = 33068110901004000


def _stem(name: str) -> str:
    return name.removesuffix("委会").removesuffix("社区").removesuffix("村")


@pytest.fixture(scope="module")
def oracle(client: FlaskClient, incident_file: list[dict[str, str]]) -> list[dict[str, Any]]:
    """The file's incidents with their smallest grid, found by plain containment."""
    features = client.get("/api/v1/grids").get_json(force=True)["features"]
    keys = np.array([int(f["properties"]["grid_key"]) for f in features])
    shapes = [shapely.geometry.shape(f["geometry"]) for f in features]
    codes = {f["properties"]["code"]: int(f["properties"]["grid_key"]) for f in features}
    names = {_stem(f["properties"]["name_zh"]): int(f["properties"]["grid_key"]) for f in features}
    former = {c: int(f["properties"]["grid_key"]) for f in features for c in f["properties"]["predecessors"]}
    points = [shapely.Point(float(r["lon"]), float(r["lat"])) if r["lon"] else None for r in incident_file]
    found = [0] * len(points)
    tree = shapely.STRtree(shapes)
    placed = [i for i, p in enumerate(points) if p is not None]
    inputs, hits = tree.query([points[i] for i in placed], predicate="intersects")
    for n, k in zip(inputs.tolist(), keys[hits].tolist(), strict=True):
        i = placed[n]
        deeper = not found[i] or level_of(k) > level_of(found[i])
        found[i] = k if deeper or (level_of(k) == level_of(found[i]) and k < found[i]) else found[i]
    out = []
    for row, point, key in zip(incident_file, points, found, strict=True):
        if point is None:
            stem = _stem(row["village_name"])
            key = codes.get(row["grid_code"]) or former.get(row["grid_code"]) or names.get(stem, 0)  # noqa: PLW2901
            assert key, row
        day = dt.datetime.fromisoformat(row["occurred_at"]).date()
        out.append(
            {"uid": row["uid"], "domain": row["domain"], "day": day, "key": key, "point": point, "row": row}
        )
    return out


def _chosen(oracle: list[dict[str, Any]], question: dict[str, str]) -> list[dict[str, Any]]:
    since = dt.date.fromisoformat(question.get("from", "0001-01-01"))
    until = dt.date.fromisoformat(question.get("to", "9999-12-31"))
    return [
        r for r in oracle
        if since <= r["day"] <= until and question.get("domain", r["domain"]) == r["domain"]
    ]  # fmt: skip


def _on_maps(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Those with a point that are not sealed."""
    return [
        r for r in rows if r["point"] is not None and not is_sealed(r["domain"], r["row"]["kind"] or None)
    ]


QUESTIONS: list[dict[str, str]] = [
    {},
    {"domain": "dispute"},
    {"from": "2026-01-01", "to": "2026-01-31"},
    {"domain": "policing", "from": "2026-05-01"},
    {"domain": "safety", "to": "2025-12-31"},
    {"from": "2026-02-17", "to": "2026-02-17"},
]


@pytest.mark.parametrize("level", [1, 2, 3, 4])
@pytest.mark.parametrize("question", QUESTIONS, ids=str)
def test_counts_agree_with_a_plain_count_over_the_file(
    client: FlaskClient, oracle: list[dict[str, Any]], level: int, question: dict[str, str]
) -> None:
    answer = client.get("/api/v1/counts", query_string={"level": level, **question}).get_json()
    mine = _chosen(oracle, question)
    sealed = [r for r in mine if is_sealed(r["domain"], r["row"]["kind"])]
    assert answer["sealed"] == len(sealed)
    # Below the village they are told of no grid.
    expected = Counter(
        ancestor(r["key"], level)
        if r["key"] and level_of(r["key"]) >= level and (level < 4 or r not in sealed)
        else 0
        for r in mine
    )
    assert answer["unassigned"] == expected.pop(0, 0)
    assert {int(k): n for k, n in answer["counts"].items()} == dict(expected)
    assert answer["total"] == len(mine)
    assert (answer["level"], answer["from"], answer["to"]) == (
        level,
        question.get("from"),
        question.get("to"),
    )


def test_counts_below_a_grid_are_those_of_its_children(client: FlaskClient) -> None:
    whole = client.get("/api/v1/counts?level=3").get_json()["counts"]
    below = client.get(f"/api/v1/counts?level=3&parent={AREA}").get_json()
    assert below["counts"] == {k: n for k, n in whole.items() if ancestor(int(k), 2) == AREA}


def test_the_list_visits_every_incident_once_newest_first(
    client: FlaskClient, oracle: list[dict[str, Any]]
) -> None:
    seen: list[str] = []
    times: list[dt.datetime] = []
    cursor: str | None = None
    for page in itertools.count():
        assert page < 20
        query = {"limit": 1000, "domain": "dispute"} | ({"cursor": cursor} if cursor else {})
        answer = client.get("/api/v1/incidents", query_string=query).get_json(force=True)
        seen += [f["properties"]["uid"] for f in answer["features"]]
        times += [dt.datetime.fromisoformat(f["properties"]["occurred_at"]) for f in answer["features"]]
        cursor = answer["next"]
        if cursor is None:
            break
    expected = {
        r["uid"] for r in oracle if r["domain"] == "dispute" and not is_sealed("dispute", r["row"]["kind"])
    }
    assert len(seen) == len(set(seen)) == len(expected) == answer["total"] - answer["sealed"]
    assert answer["sealed"] > 0
    assert set(seen) == expected
    assert times == sorted(times, reverse=True)


def test_the_timeline_counts_every_local_day(client: FlaskClient, oracle: list[dict[str, Any]]) -> None:
    for question in QUESTIONS:
        points = client.get("/api/v1/timeline", query_string=question).get_json()["points"]
        expected = Counter(r["day"].isoformat() for r in _chosen(oracle, question))
        assert {day: n for day, n in points if n} == dict(expected)
        days = [dt.date.fromisoformat(day) for day, _ in points]
        assert all(b - a == dt.timedelta(days=1) for a, b in itertools.pairwise(days))
    weeks = client.get("/api/v1/timeline?step=week").get_json()["points"]
    assert all(dt.date.fromisoformat(day).weekday() == 0 for day, _ in weeks)
    assert sum(n for _, n in weeks) == len(oracle)


def test_a_story_has_every_step_of_the_file(client: FlaskClient, incident_file: list[dict[str, str]]) -> None:
    import csv

    from .conftest import DATA

    with (DATA / "incident_steps.csv").open(encoding="utf-8") as lines:
        steps = list(csv.DictReader(lines))
    listed = client.get("/api/v1/incidents?limit=1000&stage=transferred").get_json(force=True)["features"]
    listed += client.get("/api/v1/incidents?limit=20").get_json(force=True)["features"]
    rows = {r["uid"]: r for r in incident_file}
    assert len(listed) > 20
    for feature in listed[:25]:
        uid = feature["properties"]["uid"]
        story = client.get(f"/api/v1/incidents/{feature['id']}").get_json(force=True)["properties"]
        # The file has one word for mediating disputes and handling other matters.
        other = rows[uid]["domain"] != "dispute"
        mine = [
            (
                dt.datetime.fromisoformat(s["at"]),
                "handle" if other and s["action"] == "mediate" else s["action"],
            )
            for s in steps
            if s["uid"] == uid
        ]
        assert [(dt.datetime.fromisoformat(s["at"]), s["action"]) for s in story["steps"]] == sorted(mine)
        assert story["summary"] == rows[uid]["summary"]
        assert (story["stage"], story["kind"]) == (rows[uid]["stage"], rows[uid]["kind"])


def test_a_summary_adds_up(client: FlaskClient, oracle: list[dict[str, Any]]) -> None:
    story = client.get(f"/api/v1/grids/{VILLAGE}/summary").get_json()
    mine = [r for r in oracle if r["key"] and ancestor(r["key"], 3) == VILLAGE]
    assert story["incidents"]["total"] == len(mine)
    assert story["by_domain"] == dict(Counter(r["domain"] for r in mine))
    assert story["by_stage"] == dict(Counter(r["row"]["stage"] for r in mine))
    assert sum(story["by_kind"].values()) == len([r for r in mine if r["row"]["kind"]])


def test_grids_of_a_day_long_ago_are_those_of_then(client: FlaskClient) -> None:
    now = client.get("/api/v1/grids?level=3&geometry=false").get_json(force=True)["features"]
    then = client.get("/api/v1/grids?level=3&geometry=false&on=2017-01-01").get_json(force=True)["features"]
    assert len(now) == 28
    gone = {f["properties"]["code"] for f in then} - {f["properties"]["code"] for f in now}
    assert len(gone) == 5
    heirs = {code for f in now for code in f["properties"]["predecessors"]}
    assert gone <= heirs


def test_grid_keys_travel_as_text_because_they_exceed_what_browsers_count(client: FlaskClient) -> None:
    for address in ("grids?geometry=false", "incidents", "teams", "migrant-clusters", "organisations"):
        features = client.get(f"/api/v1/{address}").get_json(force=True)["features"]
        keys = [(name, v) for f in features for name, v in f["properties"].items() if name.endswith("_key")]
        assert any(value is not None for _, value in keys), address
        for name, value in keys:
            assert value is None or isinstance(value, str), (address, name)


def _tiles_around(client: FlaskClient, z: int) -> list[tuple[int, int]]:
    west, south, east, north = client.get("/api/v1/workspace").get_json()["bounds"]

    def at(lon: float, lat: float) -> tuple[int, int]:
        x = (lon + 180) / 360 * 2**z
        y = (1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * 2**z
        return int(x), int(y)

    (x0, y0), (x1, y1) = at(west - 0.06, north + 0.06), at(east + 0.06, south - 0.06)
    return [(x, y) for x in range(x0, x1 + 1) for y in range(y0, y1 + 1)]


@pytest.mark.parametrize("z", [0, 9, 12, 14])
@pytest.mark.parametrize("question", QUESTIONS[:4], ids=str)
def test_the_symbols_of_all_tiles_add_up_to_the_count(
    client: FlaskClient, oracle: list[dict[str, Any]], z: int, question: dict[str, str]
) -> None:
    total = 0
    for x, y in _tiles_around(client, z):
        answer = client.get(f"/tiles/1/incidents/{z}/{x}/{y}.mvt", query_string=question)
        assert answer.status_code in {200, 204}
        layers = read_tile(answer.data)
        assert set(layers) <= {"incidents"}
        for symbol in layers.get("incidents", []):
            assert all(0 <= c <= 4096 for c in symbol["at"])
            total += symbol["n"]
    assert total == len(_on_maps(_chosen(oracle, question)))


def test_close_up_every_incident_is_a_point_of_its_own(
    client: FlaskClient, oracle: list[dict[str, Any]]
) -> None:
    z, ids = 15, []
    for x, y in _tiles_around(client, z):
        answer = client.get(f"/tiles/1/incidents/{z}/{x}/{y}.mvt?domain=land")
        for point in read_tile(answer.data).get("incidents", []):
            assert (point["n"], point["domain"]) == (1, "land")
            ids.append(point["id"])
    assert len(ids) == len(set(ids)) == len(_on_maps([r for r in oracle if r["domain"] == "land"]))


def test_a_tile_can_show_one_grid_or_what_lies_in_none(
    client: FlaskClient, oracle: list[dict[str, Any]]
) -> None:
    placed = _on_maps(oracle)
    for grid, expected in (
        (0, sum(1 for r in placed if r["key"] == 0)),
        (AREA, sum(1 for r in placed if r["key"] and ancestor(r["key"], 2) == AREA)),
    ):
        answer = client.get(f"/tiles/1/incidents/0/0/0.mvt?grid={grid}")
        assert {"Cookie", "Authorization"} <= set(answer.vary), (
            "a minute's tiles are of whoever asked for them"
        )
        assert sum(s["n"] for s in read_tile(answer.data).get("incidents", [])) == expected


@pytest.mark.parametrize("layer", ["grids", "roads", "water", "land", "places"])
def test_the_ground_is_on_the_tiles(client: FlaskClient, layer: str) -> None:
    found: Counter[str] = Counter()
    keys = set()
    for x, y in _tiles_around(client, 13):
        answer = client.get(f"/tiles/7/{layer}/13/{x}/{y}.mvt")
        assert "immutable" in answer.headers["Cache-Control"]
        for name, features in read_tile(answer.data).items():
            found[name] += len(features)
            keys |= {f["key"] for f in features if name == "grids" and f["level"] == 3}
    assert found[layer] > 0
    if layer == "grids":
        assert found["grid_labels"] > 0
        listed = client.get("/api/v1/grids?level=3&geometry=false").get_json(force=True)["features"]
        assert keys == {f["id"] for f in listed}


@pytest.mark.parametrize(
    ("layer", "levels"), [("ground", {1, 2, 3}), ("micro", {4}), ("grids", {1, 2, 3, 4})]
)
def test_micro_grids_have_tiles_of_their_own(client: FlaskClient, layer: str, levels: set[int]) -> None:
    found = set()
    for x, y in _tiles_around(client, 12):
        tile = read_tile(client.get(f"/tiles/7/{layer}/12/{x}/{y}.mvt").data)
        found |= {f["level"] for name in ("grids", "grid_labels") for f in tile.get(name, [])}
    assert found == levels


def test_the_map_page_brings_the_answers_that_it_would_ask_for(client: FlaskClient) -> None:
    page = client.get("/map").get_data(as_text=True)
    told = page.partition('<script type="application/json" id="opening">')[2].partition("</script>")[0]
    assert not set(told) & set("<>&")
    answers = json.loads(told)
    assert len(answers) == 6
    for address, answer in answers.items():
        asked = client.get(f"/api/v1{address}").get_json(force=True)
        assert answer | {"as_of": None} == asked | {"as_of": None}, address
    (counted,) = (answer for address, answer in answers.items() if address.startswith("/counts"))
    assert counted["total"] > 0
    assert {"grid", "from", "to"} == set(counted["query"])


def test_a_block_of_incident_tiles_is_its_tiles_row_by_row(client: FlaskClient) -> None:
    question = "grid=33068110900000000"
    body = client.get(f"/tiles/1/incidents/12/3416-3418/1691-1692.mvts?{question}").data
    body = gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body
    some = 0
    for y in (1691, 1692):
        for x in (3416, 3417, 3418):
            length, body = int.from_bytes(body[:4], "big"), body[4:]
            alone = client.get(f"/tiles/1/incidents/12/{x}/{y}.mvt?{question}").data
            assert body[:length] == (gzip.decompress(alone) if alone[:2] == b"\x1f\x8b" else alone)
            some += length > 0
            body = body[length:]
    assert not body
    assert some >= 2
    for wrong in ("3418-3416/1691-1691", "0-16/0-0"):
        assert client.get(f"/tiles/1/incidents/12/{wrong}.mvts").get_json(force=True)["code"] == "tiles-block"


def test_nearest_teams_are_those_of_a_plain_sort(client: FlaskClient) -> None:
    from gridmap.crs import distance_m

    teams = client.get("/api/v1/teams").get_json(force=True)["features"]
    at = np.array([f["geometry"]["coordinates"] for f in teams])
    lon, lat = 120.43, 29.80
    away = distance_m(np.full(len(at), lon), np.full(len(at), lat), at[:, 0], at[:, 1])
    expected = [teams[i]["properties"]["code"] for i in np.argsort(away)[:5]]
    answer = client.get(f"/api/v1/teams/nearest?lon={lon}&lat={lat}&k=5").get_json(force=True)
    assert [f["properties"]["code"] for f in answer["features"]] == expected


def test_reading_writes_nothing_but_the_audit(client: FlaskClient, demo_database: Database) -> None:
    def state() -> dict[str, Any]:
        tables = [str(t) for t in Base.metadata.sorted_tables if t.name != "audit"]
        with demo_database.scoped_session(Scope.whole()) as session:
            query = "select count(*), coalesce(max(xmin::text::bigint), 0) from {}"
            return {t: tuple(session.execute(text(query.format(t))).one()) for t in tables}

    listed = client.get("/api/v1/incidents?limit=1").get_json(force=True)["features"]
    before = state()
    for address in (
        "/map", "/desk", "/healthz", "/api/v1/workspace", "/api/v1/grids", f"/api/v1/grids/{VILLAGE}",
        f"/api/v1/grids/{VILLAGE}/summary", "/api/v1/counts", "/api/v1/timeline", "/api/v1/incidents",
        f"/api/v1/incidents/{listed[0]['id']}", "/api/v1/teams", "/api/v1/teams/T01/track", "/api/v1/migrant-clusters",
        "/api/v1/organisations", "/api/v1/teams/nearest?lon=120&lat=30", "/tiles/1/grids/11/1709/846.mvt",
        "/tiles/1/incidents/11/1709/846.mvt", "/api/v1/exports/incidents.csv?from=2026-10-25",
        "/api/v1/exports/teams.gpkg",
    ):  # fmt: skip
        assert client.get(address).status_code in {200, 204}, address
    assert state() == before


@pytest.mark.parametrize(
    "address",
    ["/", "/map", "/desk", "/healthz", "/api/v1/workspace", "/api/v1/openapi.json", "/api/v1/grids/1", "/nothing",
     "/tiles/1/grids/11/1709/846.mvt", "/api/v1/exports/teams.xlsx", "/static/nothing.js"],
)  # fmt: skip
def test_every_answer_forbids_other_hosts(client: FlaskClient, address: str) -> None:
    answer = client.get(address)
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "http" not in policy
    assert "*" not in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "Access-Control-Allow-Origin" not in answer.headers
    assert "Server" not in answer.headers or "Python" not in answer.headers["Server"]
