"""OpenStreetMap extracts: roads in our words, cut where they meet."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import osmium
import pytest
import shapely

from gridmap.errors import InvalidInput
from gridmap.ingest.osm_tags import CELLS, barrier_of, road_of, speed_of
from gridmap.ingest.rows import parse_table

NODES = {1: (120.40, 29.78), 2: (120.41, 29.78), 3: (120.42, 29.78), 4: (120.41, 29.79), 5: (120.41, 29.77)}
Way = tuple[int, list[int], dict[str, str]]


def write(path: Path, ways: list[Way], nodes: dict[int, tuple[float, float]] = NODES) -> Path:
    with osmium.SimpleWriter(str(path)) as writer:
        for number, place in nodes.items():
            writer.add_node(osmium.osm.mutable.Node(id=number, location=place))
        for number, refs, tags in ways:
            writer.add_way(osmium.osm.mutable.Way(id=number, nodes=refs, tags=tags))
    return path


def rows(path: Path, **more: Any) -> dict[str, dict[str, Any]]:
    parsed = parse_table(path, "roads", **more)
    assert not parsed.refused_rows, parsed.refused
    frame = parsed.rows
    return {r["road_id"]: r for r in frame.astype(object).where(frame.notna(), None).to_dict("records")}


@pytest.mark.parametrize("ending", [".osm.pbf", ".osm"])
def test_ways_are_cut_where_they_share_a_node(tmp_path: Path, ending: str) -> None:
    ways: list[Way] = [
        (10, [1, 2, 3], {"highway": "tertiary", "name": "枫桥路", "maxspeed": "40"}),
        (11, [4, 2, 5], {"highway": "residential", "surface": "concrete"}),
    ]
    found = rows(write(tmp_path / f"town{ending}", ways))
    assert sorted(found) == ["w10", "w10-2", "w11", "w11-2"]
    assert (found["w10-2"]["class"], found["w10-2"]["name_zh"], found["w10-2"]["speed_kmh"]) == (
        "tertiary", "枫桥路", 40.0
    )  # fmt: skip
    assert (found["w11"]["class"], found["w11"]["surface"], found["w11"]["bridge"]) == (
        "residential",
        "concrete",
        False,
    )
    assert shapely.get_coordinates(found["w10"]["geometry"]).tolist() == [[120.40, 29.78], [120.41, 29.78]]


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ({"highway": "motorway"}, {"class": "motorway", "oneway": "yes"}),
        ({"highway": "motorway_link"}, {"class": "motorway"}),
        ({"highway": "primary", "ref": "S211"}, {"class": "primary", "name_zh": "S211"}),
        ({"highway": "living_street", "maxspeed": "walk"}, {"class": "residential", "speed_kmh": "7"}),
        ({"highway": "primary", "maxspeed": "70"}, {"class": "primary", "speed_kmh": "70"}),
        ({"highway": "secondary", "oneway": "-1"}, {"class": "secondary", "oneway": "reverse"}),
        ({"highway": "tertiary", "junction": "roundabout"}, {"class": "tertiary", "oneway": "yes"}),
        ({"highway": "residential", "oneway": "true"}, {"class": "residential", "oneway": "yes"}),
        ({"highway": "living_street"}, {"class": "residential", "speed_kmh": "10"}),
        ({"highway": "unclassified", "bridge": "yes"}, {"class": "village", "bridge": "true"}),
        ({"highway": "unclassified", "tunnel": "yes"}, {"class": "village", "bridge": "true"}),
        ({"highway": "unclassified", "layer": "-1"}, {"class": "village", "bridge": "true"}),
        ({"highway": "unclassified", "bridge": "no", "layer": "0"}, {"class": "village"}),
        ({"highway": "footway", "surface": "gravel"}, {"class": "footway", "surface": "gravel"}),
        ({"highway": "steps"}, {"class": "steps"}),
        ({"highway": "bridleway"}, {"class": "path"}),
        ({"highway": "track", "motor_vehicle": "no"}, {"class": "track", "motor_vehicle": "no"}),
        ({"highway": "track", "motor_vehicle": "agricultural"}, {"class": "track", "motor_vehicle": "no"}),
        ({"highway": "service", "access": "destination"}, {"class": "service", "access": "destination"}),
        ({"highway": "residential", "access": "private", "foot": "yes"},
         {"class": "residential", "access": "no", "foot": "yes"}),
        ({"highway": "trunk", "motorroad": "yes"}, {"class": "trunk", "foot": "no", "bicycle": "no"}),
        ({"highway": "trunk", "motorroad": "yes", "bicycle": "yes"},
         {"class": "trunk", "foot": "no", "bicycle": "yes"}),
        ({"highway": "path", "vehicle": "no"}, {"class": "path", "bicycle": "no", "motor_vehicle": "no"}),
        ({"highway": "footway", "bicycle": "designated"}, {"class": "footway", "bicycle": "yes"}),
        ({"highway": "footway", "bicycle": "dismount"}, {"class": "footway", "bicycle": "dismount"}),
        ({"highway": "tertiary", "access": "nobody knows"}, {"class": "tertiary"}),
        ({"highway": "tertiary", "oneway": "yes", "oneway:bicycle": "no"},
         {"class": "tertiary", "oneway": "yes", "oneway_bicycle": "no"}),
        ({"highway": "tertiary", "oneway": "yes", "cycleway": "opposite_lane"},
         {"class": "tertiary", "oneway": "yes", "oneway_bicycle": "no"}),
        ({"highway": "tertiary", "oneway:bicycle": "no"}, {"class": "tertiary"}),
        ({"highway": "service", "access": "private"}, "closed"),
        ({"highway": "service", "foot": "no", "vehicle": "no"}, "closed"),
        ({"highway": "construction"}, "other"),
        ({"highway": "pedestrian", "area": "yes"}, "other"),
    ],
)  # fmt: skip
def test_tags_become_our_words(tags: dict[str, str], expected: dict[str, str] | str) -> None:
    found = road_of(tags)
    if isinstance(expected, str):
        assert found == expected
    else:
        usual = dict.fromkeys(CELLS) | {"oneway": "no", "bridge": "false"}
        assert dict(zip(CELLS, found, strict=True)) == usual | expected


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ({"highway": "crossing"}, None),
        ({"barrier": "gate"}, None),
        ({"barrier": "gate", "access": "private"}, ("gate", {"foot", "bike", "car"})),
        ({"barrier": "gate", "access": "private", "foot": "yes"}, ("gate", {"bike", "car"})),
        ({"barrier": "bollard"}, ("bollard", {"car"})),
        ({"barrier": "bollard", "motor_vehicle": "yes"}, None),
        ({"barrier": "bollard", "motor_vehicle": "yes", "foot": "no"}, ("other", {"foot"})),
        ({"barrier": "lift_gate", "motor_vehicle": "private"}, ("lift_gate", {"car"})),
        ({"barrier": "block"}, ("block", {"car"})),
        ({"barrier": "stile"}, ("stile", {"bike", "car"})),
        ({"barrier": "nobody knows"}, None),
        ({"barrier": "nobody knows", "access": "no"}, ("other", {"foot", "bike", "car"})),
    ],
)
def test_a_barrier_stops_those_whom_its_tags_or_else_its_kind_stop(
    tags: dict[str, str], expected: tuple[str, set[str]] | None
) -> None:
    found = barrier_of(tags)
    assert (found and (found[0], set(found[1]))) == expected


def test_the_metre_beside_a_barrier_is_a_piece_closed_to_those_it_stops(tmp_path: Path) -> None:
    path = tmp_path / "a.osm.pbf"
    bollard = osmium.osm.mutable.Node(id=2, location=NODES[2], tags={"barrier": "bollard"})
    with osmium.SimpleWriter(str(path)) as writer:
        for number in (1, 3):
            writer.add_node(osmium.osm.mutable.Node(id=number, location=NODES[number]))
        writer.add_node(bollard)
        writer.add_way(
            osmium.osm.mutable.Way(id=7, nodes=[1, 2, 3], tags={"highway": "residential", "foot": "yes"})
        )
    found = rows(path)
    assert [found[key]["barrier"] for key in ("w7", "w7-2", "w7-3", "w7-4")] == [
        None,
        "bollard",
        "bollard",
        None,
    ]
    assert [found[key]["motor_vehicle"] for key in ("w7", "w7-2", "w7-3", "w7-4")] == [None, "no", "no", None]
    assert {row["foot"] for row in found.values()} == {"yes"}
    lines = [found[key]["geometry"] for key in ("w7", "w7-2", "w7-3", "w7-4")]
    chained = [shapely.get_coordinates(line).tolist() for line in lines]
    assert [a[-1] == b[0] for a, b in itertools.pairwise(chained)] == [True] * 3
    assert chained[1][-1] == list(NODES[2])
    metres = [lines[i].length * 111_320 * np.cos(np.radians(29.78)) for i in (1, 2)]
    assert metres == pytest.approx([1.0, 1.0], abs=0.01)


@pytest.mark.parametrize(
    ("text", "kmh"),
    [("50", 50.0), ("30 mph", 48.3), ("60 km/h", 60.0), ("60;80", 60.0), ("none", None), ("CN:urban", None),
     ("0", None), ("900", None), (None, None), ("", None)],
)  # fmt: skip
def test_speed_limits_are_in_kilometres_an_hour(text: str | None, kmh: float | None) -> None:
    assert speed_of(text) == kmh


def test_what_is_left_out_is_told(tmp_path: Path) -> None:
    ways: list[Way] = [
        (1, [1, 2], {"highway": "tertiary"}),
        (2, [2, 3], {"highway": "service", "access": "private"}),
        (3, [2, 4], {"highway": "proposed"}),
        (4, [2, 5, 99], {"highway": "track"}),
        (5, [1, 4], {"waterway": "river"}),
    ]
    parsed = parse_table(write(tmp_path / "a.osm.pbf", ways), "roads")
    assert parsed.table["road_id"].to_pylist() == ["w1", "w4"]
    assert {n.code for n in parsed.warnings} == {"osm-licence", "osm-closed", "osm-other", "osm-incomplete"}


def test_roads_whose_access_changes_with_the_hour_are_named_with_what_they_say(tmp_path: Path) -> None:
    ways: list[Way] = [
        (10, [1, 2], {"highway": "service", "motor_vehicle:conditional": "no @ (22:00-06:00)"}),
        (11, [2, 3], {"highway": "service", "access:conditional": "no @ [bold]校门[/bold]"}),
        (12, [2, 4], {"highway": "service"}),
    ]
    parsed = parse_table(write(tmp_path / "town.osm", ways), "roads")
    (told,) = [notice for notice in parsed.warnings if notice.code == "osm-conditional"]
    for words in (told.zh, told.en):
        assert "2" in words
        assert "w10 motor_vehicle:conditional=no @ (22:00-06:00) | w11 access:conditional" in words
        assert "bold" not in words, "what is no time or measure is not repeated"
        assert "w12" not in words
    many: list[Way] = [(n, [1, 2], {"highway": "service", "access:conditional": "no"}) for n in range(20, 32)]
    (told,) = [
        notice
        for notice in parse_table(write(tmp_path / "many.osm", many), "roads").warnings
        if notice.code == "osm-conditional"
    ]
    assert "w29 " in told.en
    assert "w30 " not in told.en
    assert "and more" in told.en


def test_roads_far_from_the_town_are_not_read(tmp_path: Path) -> None:
    nodes = NODES | {7: (100.0, 30.0), 8: (100.1, 30.0)}
    ways: list[Way] = [(1, [1, 2], {"highway": "tertiary"}), (2, [7, 8], {"highway": "tertiary"})]
    path = write(tmp_path / "a.osm.pbf", ways, nodes)
    assert sorted(rows(path)) == ["w1", "w2"]
    assert sorted(rows(path, bounds=(120.0, 29.0, 121.0, 30.0))) == ["w1"]


def test_a_loop_keeps_its_ends_together(tmp_path: Path) -> None:
    found = rows(
        write(tmp_path / "a.osm.pbf", [(1, [2, 3, 4, 2], {"highway": "service", "junction": "circular"})])
    )
    assert sorted(found) == ["w1"]
    assert found["w1"]["geometry"].is_closed
    assert found["w1"]["oneway"] == "yes"


@pytest.mark.parametrize("ending", [".osm.pbf", ".osm"])
def test_an_extract_without_roads_is_refused(tmp_path: Path, ending: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        parse_table(write(tmp_path / f"a{ending}", [(1, [1, 2], {"waterway": "river"})]), "roads")
    assert refused.value.code == "no-rows"


def _damaged(tmp_path: Path) -> list[tuple[str, bytes]]:
    good = write(tmp_path / "good.osm.pbf", [(1, [1, 2, 3], {"highway": "tertiary"})]).read_bytes()
    return [
        ("cut.osm.pbf", good[:-9]),
        ("noise.osm.pbf", b"\xff\x00garbage" * 40),
        ("flipped.osm.pbf", good[: len(good) // 2] + bytes(b ^ 0x5A for b in good[len(good) // 2 :])),
        ("xml.osm.pbf", b"<osm version='0.6'/>"),
        ("open.osm", b'<?xml version="1.0"?><osm version="0.6"><node id="1" lat="1"'),
        ("page.osm", b"<html><body/></html>"),
        (
            "entity.osm",
            b'<!DOCTYPE o [<!ENTITY a "b">]><osm version="0.6"><node id="1" lat="1" lon="1"/></osm>',
        ),
        ("place.osm", b'<osm version="0.6"><node id="1" lat="x" lon="1"/></osm>'),
    ]


@pytest.mark.parametrize("which", range(8))
def test_a_damaged_extract_is_refused_by_name(tmp_path: Path, which: int) -> None:
    name, content = _damaged(tmp_path)[which]
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(InvalidInput) as refused:
        parse_table(path, "roads")
    assert refused.value.code == "file-broken"
    assert name in refused.value.zh
    assert name in refused.value.en
