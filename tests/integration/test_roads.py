"""Roads from a file to a way that a person can drive."""

from __future__ import annotations

import datetime as dt
import json
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import click
import geopandas as gpd
import numpy as np
import osmium
import pytest
import shapely
from click.testing import CliRunner
from sqlalchemy import text

from gridmap import crs
from gridmap.analysis.roads import MODES, Router
from gridmap.cli import main
from gridmap.domain.gridkey import Scope
from gridmap.errors import InvalidInput
from gridmap.services.ground import roads as service
from gridmap.services.ground.road_imports import RoadImport, import_roads
from gridmap.services.ground.road_reports import check_roads
from gridmap.services.imports.records import ImportOptions
from gridmap.storage.database import Database
from gridmap.storage.ground import roads as stored_roads

DATA = Path(__file__).resolve().parents[2] / "data" / "boundaries"
WHOLE = Scope.whole()
Line = list[list[float]]


def write(path: Path, roads: dict[str, Line], **columns: dict[str, Any]) -> Path:
    features = [
        {
            "type": "Feature",
            "properties": {"road_id": key} | {name: values.get(key) for name, values in columns.items()},
            "geometry": {"type": "LineString", "coordinates": line},
        }
        for key, line in roads.items()
    ]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), "utf-8")
    return path


def load(database: Database, path: Path, **more: Any) -> RoadImport:
    return import_roads(database, WHOLE, path, ImportOptions(), **more)


def stored(database: Database) -> dict[str, str]:
    with database.scoped_session(WHOLE) as session:
        rows = session.execute(text("select road_id, ST_AsText(geom) as wkt from roads order by road_id"))
        return {str(row.road_id): str(row.wkt) for row in rows}


def run(database: Database, *words: str) -> tuple[int, str]:
    own = {
        "COLUMNS": "200",
        "GRIDMAP_HOME": str(database.settings.home),
        "DATABASE_URL": database.owner_url.render_as_string(hide_password=False),
        "GRIDMAP_APP_DATABASE_URL": database.app_url.render_as_string(hide_password=False),
    }
    done = CliRunner().invoke(main, list(words), env=own)
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, done.output


EAST_WEST: Line = [[120.400, 29.780], [120.420, 29.780]]
NORTH_SOUTH: Line = [[120.410, 29.770], [120.410, 29.790]]
CROSS = {"E": EAST_WEST, "N": NORTH_SOUTH}


def test_roads_that_cross_are_cut_and_a_second_import_changes_nothing(town: Database, tmp_path: Path) -> None:
    done = load(town, write(tmp_path / "a.geojson", CROSS))
    assert done.report is not None
    assert done.report.cut == ("E", "N")
    assert len(done.report.network.components) == 1
    before = stored(town)
    assert sorted(before) == ["E", "E-2", "N", "N-2"]
    assert load(town, tmp_path / "a.geojson").result.same_as_run is not None
    # The same roads in a file of other bytes and another order.
    again = load(town, write(tmp_path / "b.geojson", dict(reversed(CROSS.items()))))
    assert (again.result.inserted, again.result.updated, again.result.unchanged) == (0, 0, 4)
    assert stored(town) == before


def test_no_noding_keeps_the_file_as_it_is(town: Database, tmp_path: Path) -> None:
    path = write(tmp_path / "a.geojson", CROSS | {"far": [[121.0, 29.0], [121.1, 29.0]]})
    done = load(town, path, noding=False)
    assert sorted(stored(town)) == ["E", "N", "far"]
    assert done.report is not None
    assert done.report.cut == ("E", "N")
    assert check_roads(town, WHOLE).cut == ("E", "N")


def test_a_corrected_file_leaves_no_pieces_of_the_old_one(town: Database, tmp_path: Path) -> None:
    load(town, write(tmp_path / "a.geojson", CROSS))
    load(town, write(tmp_path / "b.geojson", {"E": EAST_WEST}))
    assert sorted(stored(town)) == ["E", "N", "N-2"]


def test_an_identifier_that_a_road_has_is_not_given_to_a_piece(town: Database, tmp_path: Path) -> None:
    load(town, write(tmp_path / "a.geojson", CROSS | {"E-2": [[120.430, 29.770], [120.431, 29.770]]}))
    assert sorted(stored(town)) == ["E", "E-2", "E-3", "N", "N-2"]


def test_roads_beyond_the_town_are_left_out_and_counted(town: Database, tmp_path: Path) -> None:
    far = {"F1": [[121.0, 29.78], [121.01, 29.78]], "F2": [[120.41, 29.2], [120.42, 29.2]]}
    done = load(town, write(tmp_path / "a.geojson", CROSS | far))
    assert done.report is not None
    assert done.report.left_out == 2
    assert sorted(stored(town)) == ["E", "E-2", "N", "N-2"]
    with pytest.raises(InvalidInput) as refused:
        load(town, write(tmp_path / "b.geojson", far))
    assert refused.value.code == "roads-elsewhere"


def test_without_grids_nothing_is_trimmed(empty_town: Database, tmp_path: Path) -> None:
    done = load(empty_town, write(tmp_path / "a.geojson", CROSS | {"F": [[120.6, 29.7], [120.61, 29.7]]}))
    assert done.report is not None
    assert done.report.left_out == 0
    assert len(done.report.network.components) == 2
    graph, _ = service.load_graph(empty_town, WHOLE)
    assert len(graph.lines) == 5


def test_a_dry_run_reports_and_writes_nothing(town: Database, tmp_path: Path) -> None:
    done = import_roads(town, WHOLE, write(tmp_path / "a.geojson", CROSS), ImportOptions(dry_run=True))
    assert done.report is not None
    assert done.report.cut == ("E", "N")
    assert stored(town) == {}


def test_the_towns_own_roads_stay_as_they_are(town: Database, tmp_path: Path) -> None:
    found = tmp_path / "odd.gpkg"
    done = load(town, DATA / "roads.geojson", findings=found)
    features = json.loads((DATA / "roads.geojson").read_text("utf-8"))["features"]
    expected = {f["properties"]["road_id"]: f["geometry"]["coordinates"] for f in features}
    now = {key: shapely.get_coordinates(shapely.from_wkt(wkt)).tolist() for key, wkt in stored(town).items()}
    assert now == expected
    assert done.report is not None
    assert (done.report.cut, done.report.duplicates, done.report.left_out) == ((), (), 0)
    assert len(gpd.read_file(found, layer="dead_ends")) == len(done.report.network.dead_ends)
    assert set(gpd.list_layers(found)["name"]) == {"pieces", "cut", "duplicates", "dead_ends"}


def test_an_openstreetmap_extract_becomes_a_network(town: Database, tmp_path: Path) -> None:
    path = tmp_path / "town.osm.pbf"
    nodes = {1: (120.40, 29.78), 2: (120.41, 29.78), 3: (120.42, 29.78), 4: (120.41, 29.79), 5: (120.405, 29.79),
             6: (120.405, 29.77), 7: (120.415, 29.79), 8: (120.415, 29.77)}  # fmt: skip
    ways: list[tuple[int, list[int], dict[str, str]]] = [
        (1, [1, 2, 3], {"highway": "tertiary", "name": "枫桥路"}),
        (2, [2, 4], {"highway": "residential"}),
        (3, [5, 6], {"highway": "residential"}),
        (4, [7, 8], {"highway": "trunk", "bridge": "yes"}),
    ]
    with osmium.SimpleWriter(str(path)) as writer:
        for number, place in nodes.items():
            writer.add_node(osmium.osm.mutable.Node(id=number, location=place))
        for number, refs, tags in ways:
            writer.add_way(osmium.osm.mutable.Way(id=number, nodes=refs, tags=tags))
    code, said = run(town, "roads", "import", str(path))
    assert code == 0, said
    assert "OpenStreetMap" in said
    # 1 is cut at the node that it shares: the file names its junctions, and where ways merely cross there is none.
    assert sorted(stored(town)) == ["w1", "w1-2", "w2", "w3", "w4"]


def test_a_bollard_of_an_extract_stops_cars_and_nobody_else(town: Database, tmp_path: Path) -> None:
    path = tmp_path / "town.osm.pbf"
    nodes = {1: (120.400, 29.78), 2: (120.410, 29.78), 3: (120.420, 29.78), 4: (120.410, 29.79)}
    with osmium.SimpleWriter(str(path)) as writer:
        for number, place in nodes.items():
            tags = {"barrier": "bollard"} if number == 2 else {}
            writer.add_node(osmium.osm.mutable.Node(id=number, location=place, tags=tags))
        for number, refs, tags in (
            (1, [1, 2, 3], {"highway": "residential"}),
            (2, [1, 4, 3], {"highway": "service", "bicycle": "no"}),
        ):
            writer.add_way(osmium.osm.mutable.Way(id=number, nodes=refs, tags=tags))
    done = load(town, path)
    assert any(notice.code == "osm-barriers" for notice in done.result.warnings)
    here, there = (120.405, 29.78), (120.415, 29.78)
    straight = crs.distance_m(*np.array([[here[0]], [here[1]], [there[0]], [there[1]]]))[0]
    for mode in ("foot", "bike"):
        found = service.find_route(town, WHOLE, here, there, mode)  # type: ignore[arg-type]
        assert found.length_m == pytest.approx(straight, rel=0.001)
    assert service.find_route(town, WHOLE, here, there, "car").length_m > 2 * straight
    with town.scoped_session(WHOLE) as session:
        rows = session.execute(
            text("select barrier, motor_vehicle, bicycle, road_class from roads order by road_id")
        ).all()
    assert [tuple(row) for row in rows] == [
        (None, None, None, "residential"),
        ("bollard", "no", None, "residential"),
        ("bollard", "no", None, "residential"),
        (None, None, None, "residential"),
        (None, None, "no", "service"),
    ]


def test_who_may_use_a_road_is_read_from_any_file_and_comes_back_from_an_export(
    town: Database, tmp_path: Path
) -> None:
    columns = {
        "barrier": {"E": "石墩"},
        "bicycle": {"N": "否"},
        "access": {"N": "private"},
        "foot": {"N": "是"},
    }
    load(town, write(tmp_path / "a.geojson", CROSS, **columns))
    query = (
        "select access, foot, bicycle, motor_vehicle, barrier from roads"
        " where road_id in ('E', 'N') order by road_id"
    )
    expected = [(None, None, None, "no", "block"), ("no", "yes", "no", None, None)]
    with town.scoped_session(WHOLE) as session:
        assert [tuple(row) for row in session.execute(text(query))] == expected
    graph, _ = service.load_graph(town, WHOLE)
    assert np.isinf(graph.forward_s["car"]).all()
    assert np.isfinite(graph.forward_s["foot"]).all()
    assert np.isfinite(graph.forward_s["bike"]).sum() == 2
    out = tmp_path / "out.geojson"
    assert run(town, "roads", "export", str(out))[0] == 0
    with town.scoped_session(WHOLE, write=True) as session:
        session.execute(text("delete from roads"))
    load(town, out)
    with town.scoped_session(WHOLE) as session:
        assert [tuple(row) for row in session.execute(text(query))] == expected


def test_an_unknown_word_of_access_refuses_the_row_and_says_why(town: Database, tmp_path: Path) -> None:
    path = write(tmp_path / "a.geojson", CROSS, access={"E": "sometimes"})
    code, said = run(town, "roads", "import", str(path))
    assert code == 1
    assert "code-unknown" in said or "sometimes" in said


@pytest.mark.parametrize(
    "change",
    [
        "update roads set road_class = 'path' where road_id = 'E'",
        "update roads set motor_vehicle = 'no' where road_id = 'E'",
        "update roads set oneway_bicycle = 'no', oneway = 'yes' where road_id = 'E'",
        "delete from roads where road_id = 'E'",
    ],
)
def test_roads_changed_by_whomever_are_never_answered_from_an_old_graph(
    town: Database, tmp_path: Path, change: str
) -> None:
    load(town, write(tmp_path / "a.geojson", CROSS))
    before = service.load_roads(town, WHOLE)
    assert service.load_roads(town, WHOLE) is before
    with town.scoped_session(WHOLE, write=True) as session:
        session.execute(text(change))
    after = service.load_roads(town, WHOLE)
    assert not same(before.graph, after.graph)


def test_while_roads_stay_no_hash_of_them_is_asked_for(
    town: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    load(town, write(tmp_path / "a.geojson", CROSS))
    before = service.load_roads(town, WHOLE)
    with monkeypatch.context() as patched:
        patched.setattr(stored_roads, "fingerprint", None)
        assert service.load_roads(town, WHOLE) is before
    with town.owner_engine() as engine, engine.begin() as connection:
        connection.execute(text("truncate gridmap.roads"))
    with pytest.raises(InvalidInput):
        service.load_roads(town, WHOLE)


def test_a_change_that_is_rolled_back_leaves_the_graph_and_its_mark(town: Database, tmp_path: Path) -> None:
    load(town, write(tmp_path / "a.geojson", CROSS))
    before = service.load_roads(town, WHOLE)
    with town.scoped_session(WHOLE, write=True) as session:
        session.execute(text("delete from roads"))
        session.rollback()
    assert service.load_roads(town, WHOLE) is before


def test_who_wants_to_be_there_in_time_is_told_when_to_leave(town: Database, tmp_path: Path) -> None:
    load(town, write(tmp_path / "a.geojson", CROSS, speed_kmh={"E": 3.6, "N": 3.6}))
    places = ("roads", "route", "--from", "120.401,29.78", "--to", "120.4019,29.78", "--arrive-by")
    seconds = service.find_route(town, WHOLE, (120.401, 29.78), (120.4019, 29.78), "car").seconds
    assert 60 < seconds < 120
    assert "leave at the latest: 21:28" in run(town, *places, "21:30")[1]
    assert "leave at the latest: 23:59（前一天" in run(town, *places, "00:01")[1]
    assert run(town, *places, "half past nine")[0] == 2


@pytest.mark.parametrize(
    ("by", "seconds", "expected"),
    [("21:30", 0.0, ("21:30", 0)), ("21:30", 60.0, ("21:29", 0)), ("21:30", 60.1, ("21:28", 0)),
     ("00:05", 601.0, ("23:54", 1)), ("00:00", 90_000.0, ("23:00", 2))],
)  # fmt: skip
def test_the_minute_to_leave_is_never_late(by: str, seconds: float, expected: tuple[str, int]) -> None:
    leave, midnights = service.leave_at(dt.time.fromisoformat(by), seconds)
    assert (f"{leave:%H:%M}", midnights) == expected


def test_who_can_be_at_a_place_in_time_is_not_where_one_can_be_from_it(
    town: Database, tmp_path: Path
) -> None:
    load(
        town,
        write(tmp_path / "a.geojson", CROSS, oneway={"E": "yes", "N": "yes"}, speed_kmh={"E": 20, "N": 20}),
    )
    place, out = "120.412,29.78", tmp_path / "reach.geojson"
    bounds = {}
    for words in ((), ("--arrive",)):
        code, said = run(town, "roads", "isochrone", "--at", place, "--minutes", "2", *words, "-o", str(out))
        assert code == 0, said
        found = gpd.read_file(out)
        bounds[found["direction"][0]] = found.geometry[0].bounds
    assert bounds["from"][0] > 120.411
    assert bounds["from"][2] > 120.418
    assert bounds["to"][0] < 120.406
    assert bounds["to"][2] < 120.413


def same(a: Any, b: Any) -> bool:
    return (
        all(np.array_equal(getattr(a, n), getattr(b, n)) for n in ("nodes", "tail", "head", "length_m"))
        and shapely.equals_exact(a.lines, b.lines, 0.0).all()
        and a.names == b.names
        and all(np.array_equal(a.forward_s[m], b.forward_s[m]) for m in MODES)
        and all(np.array_equal(a.backward_s[m], b.backward_s[m]) for m in MODES)
    )


def test_the_graph_beside_the_data_is_that_of_the_roads(
    town: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    load(town, DATA / "roads.geojson")
    built, epsg = service.load_graph(town, WHOLE)
    files = sorted((town.settings.home / "roads").iterdir())
    assert len(files) == 1
    assert epsg == 4549
    with monkeypatch.context() as patched:
        patched.setattr(service, "graph_of", None)
        remembered, _ = service.load_graph(town, WHOLE)
        assert remembered is built
        service.forget_roads()
        kept, _ = service.load_graph(town, WHOLE)
    assert same(built, kept)
    files[0].write_bytes(files[0].read_bytes()[:-500])
    service.forget_roads()
    again, _ = service.load_graph(town, WHOLE)
    assert same(built, again)
    load(town, write(tmp_path / "b.geojson", {"R00001": EAST_WEST}))
    changed, _ = service.load_graph(town, WHOLE)
    assert not same(built, changed)
    now = sorted((town.settings.home / "roads").iterdir())
    assert len(now) == 1
    assert now != files


def test_a_folder_that_cannot_be_written_costs_time_and_no_answer(town: Database, tmp_path: Path) -> None:
    load(town, write(tmp_path / "a.geojson", CROSS))
    (town.settings.home / "roads").write_text("in the way", "utf-8")
    graph, _ = service.load_graph(town, WHOLE)
    assert len(graph.lines) == 4


def test_a_route_follows_the_roads_and_is_written_for_a_phone(town: Database, tmp_path: Path) -> None:
    load(
        town,
        write(
            tmp_path / "a.geojson",
            CROSS,
            name_zh={"E": "枫桥路", "N": "学勉路"},
            speed_kmh={"E": 36, "N": 36},
        ),
    )
    start, end = (120.401, 29.7801), (120.4101, 29.789)
    route = service.find_route(town, WHOLE, start, end, "car")
    assert [s.name for s in route.streets] == ["枫桥路", "学勉路"]
    assert route.seconds == pytest.approx(route.length_m / 10.0)
    metres = crs.geometries_from_wgs84([route.line], 4549)[0].length
    assert metres == pytest.approx(route.length_m, abs=0.01)
    points = shapely.get_coordinates(route.line)
    assert crs.distance_m(points[0, :1], points[0, 1:], [120.401], [29.78])[0] < 0.1
    for ending in ("geojson", "gpx"):
        out = tmp_path / f"way.{ending}"
        code, said = run(
            town, "roads", "route", "--from", "120.401,29.7801", "--to", "120.4101,29.789", "-o", str(out)
        )
        assert code == 0, said
        assert "枫桥路" in said
        assert f"{route.seconds / 60:.1f}" in said
        assert f"{route.length_m / 1000:.2f}" in said
    track = ET.parse(tmp_path / "way.gpx").getroot()
    spots = [(float(p.attrib["lon"]), float(p.attrib["lat"])) for p in track.findall(".//{*}trkpt")]
    assert np.allclose(spots, points, atol=1e-7)
    assert len(track.findall("{*}wpt")) == 2
    assert gpd.read_file(tmp_path / "way.geojson").geometry[0].equals_exact(route.line, 1e-7)


def test_an_area_within_reach_holds_what_is_reached(town: Database, tmp_path: Path) -> None:
    load(town, DATA / "roads.geojson")
    out = tmp_path / "reach.geojson"
    code, said = run(
        town, "roads", "isochrone", "--at", "120.41,29.78", "--minutes", "5", "--mode", "foot", "-o", str(out)
    )
    assert code == 0, said
    outline = gpd.read_file(out).geometry[0]
    graph, epsg = service.load_graph(town, WHOLE)
    router = Router(graph, "foot")
    x, y = crs.from_wgs84([120.41], [29.78], epsg)
    reached = graph.nodes[router.reach(router.snap([[x[0], y[0]]]), 300.0).nodes < 300.0]
    assert len(reached) > 3
    near = shapely.buffer(crs.geometries_from_wgs84([outline], epsg)[0], 0.1)
    assert shapely.intersects(near, shapely.points(reached)).all()


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["route", "--from", "120.41,29.78", "--to", "120.45,29.5"], "place-off-road"),
        (["route", "--from", "29.78,120.41", "--to", "120.41,29.78"], None),
        (["route", "--from", "here", "--to", "120.41,29.78"], None),
        (["isochrone", "--at", "120.41,29.78", "--minutes", "0"], "isochrone-limit"),
        (["route", "--from", "120.405,29.78", "--to", "120.41,29.775", "-o", "way.doc"], "format-unknown"),
    ],
)
def test_mistakes_are_told(town: Database, tmp_path: Path, words: list[str], code: str | None) -> None:
    load(town, write(tmp_path / "a.geojson", CROSS))
    status, said = run(town, "roads", *words)
    assert status == (2 if code is None else 1)
    assert (code or "Usage") in said


def test_without_roads_every_question_says_what_to_do(town: Database) -> None:
    for words in (
        ["check"], ["route", "--from", "120.4,29.7", "--to", "120.41,29.7"], ["isochrone", "--at", "120.4,29.7"]
    ):  # fmt: skip
        status, said = run(town, "roads", *words)
        assert status == 1
        assert "gridmap roads import" in said


def test_the_report_and_the_findings_name_what_is_odd(town: Database, tmp_path: Path) -> None:
    roads = CROSS | {"N2": NORTH_SOUTH[::-1], "apart": [[120.430, 29.770], [120.431, 29.770]]}
    out = tmp_path / "odd.gpkg"
    code, said = run(
        town, "roads", "import", str(write(tmp_path / "a.geojson", roads)), "--findings", str(out)
    )
    assert code == 0, said
    assert "N2" in said
    assert gpd.read_file(out, layer="duplicates")["road_id"].tolist() == ["N2"]
    assert gpd.read_file(out, layer="pieces")["road_id"].tolist() == ["apart"]
    assert sorted(gpd.read_file(out, layer="cut")["road_id"]) == ["E", "E-2", "N", "N-2"]
    assert len(gpd.read_file(out, layer="dead_ends")) == 6
    code, said = run(town, "roads", "check")
    assert code == 0
    assert "断头" in said
    assert "dead ends" in said


def test_the_group_holds_its_commands() -> None:
    context = click.Context(main)
    group = main.get_command(context, "roads")
    assert isinstance(group, click.Group)
    assert set(group.commands) == {"import", "export", "check", "route", "isochrone"}
