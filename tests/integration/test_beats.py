"""Beats of the town: contiguous by its own borders, even in work, changes counted, taken back; command, API, page."""

from __future__ import annotations

import datetime as dt
import itertools
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import networkx as nx
import pytest
import shapely
from click.testing import CliRunner

from gridmap.cli.main import main
from gridmap.domain.accounts import Actor, Role
from gridmap.domain.gridkey import Scope, ancestor
from gridmap.errors import Conflict, Forbidden, InvalidInput
from gridmap.services.patrols.ask.request import PatrolRequest
from gridmap.services.patrols.keep.codec import load_kept
from gridmap.services.patrols.make.beats import (
    BeatsRequest,
    beat_features,
    make_beats,
    show_beats,
    undo_beats,
)
from gridmap.services.patrols.make.plans import plan_patrols, solve_again
from gridmap.storage.database import Database
from gridmap.storage.ground.grids import list_grids
from tests.doors import client_of
from tests.towns import environment_of

WHOLE = Scope.whole()
KEEPER = Actor.at_the_machine()
TEAMS = ("T02", "T04", "T05", "T07")


def neighbours(database: Database) -> nx.Graph:
    """Join villages whose outlines share a line, in degrees: nothing of the product's own borders is used."""
    with database.scoped_session(WHOLE) as session:
        shapes = {
            str(g["grid_key"]): shapely.from_geojson(g["geometry"]) for g in list_grids(session, level=3)
        }
    graph = nx.Graph()
    graph.add_nodes_from(shapes)
    for (a, one), (b, other) in itertools.combinations(shapes.items(), 2):
        if one.intersection(other).length > 1e-4:
            graph.add_edge(a, b)
    return graph


def test_beats_of_the_town_hang_together_and_share_its_work(
    hot_town: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert show_beats(hot_town, WHOLE) is None
    with pytest.raises(Conflict, match="gridmap beats make"):
        undo_beats(hot_town, KEEPER)
    made = make_beats(hot_town, BeatsRequest(TEAMS, seconds=2.5), owner="desk")
    graph = neighbours(hot_town)
    assert {beat["team"] for beat in made["beats"]} == set(TEAMS)
    assert sorted(key for beat in made["beats"] for key in beat["grids"]) == sorted(graph)
    assert [
        beat["team"] for beat in made["beats"] if not nx.is_connected(graph.subgraph(beat["grids"]))
    ] == []
    minutes = [beat["minutes"] for beat in made["beats"]]
    assert made["largest"] == pytest.approx(max(minutes), abs=0.2)
    assert made["mean"] <= made["bound"] + 0.1 <= made["largest"] + 0.2
    assert made["largest"] < 1.15 * made["mean"]
    assert made["changed"] == []
    areas = beat_features(hot_town, WHOLE)["features"]
    assert [shapely.geometry.shape(f["geometry"]).geom_type for f in areas] == ["Polygon"] * 4

    again = make_beats(hot_town, BeatsRequest((*TEAMS, "T03"), seconds=2.5))
    now = {key: beat["team"] for beat in again["beats"] for key in beat["grids"]}
    was = {key: beat["team"] for beat in made["beats"] for key in beat["grids"]}
    assert again["changed"] == sorted(key for key in now if now[key] != was[key])
    assert 0 < len(again["changed"]) < len(now)

    for name, value in environment_of(hot_town).items():
        monkeypatch.setenv(name, value)
    told = CliRunner().invoke(main, ["beats", "undo"], catch_exceptions=False)
    assert told.exit_code == 0, told.output
    assert show_beats(hot_town, WHOLE) == made
    file = tmp_path / "beats.geojson"
    assert CliRunner().invoke(main, ["beats", "export", str(file)], catch_exceptions=False).exit_code == 0
    assert len(json.loads(file.read_text("utf-8"))["features"]) == 4

    client = client_of(hot_town, Role.TOWN_DESK)
    assert len(client.get("/api/v1/beats").get_json()["features"]) == 4
    page = client.get("/patrols/beats").get_data(as_text=True)
    assert page.count('class="beat look-') == 4
    assert client.post("/api/v1/beats", json={"teams": list(TEAMS), "seconds": 1}).status_code == 202
    assert client.post("/patrols/beats", data={"teams": "T02，T04"}).status_code == 303
    assert client.post("/patrols/beats", data={"minutes-a-case": "9999"}).status_code == 422
    village = 33068110901004000
    own = client_of(hot_town, Role.TEAM, village).get("/api/v1/beats").get_json()["features"]
    assert [f["properties"]["grids"] for f in own] == [[str(village)]], (
        "a part of the town is told of its own grids"
    )
    part = show_beats(hot_town, Scope.of_grid(village))
    assert part is not None
    (alone,) = part["beats"]
    whole = next(beat for beat in made["beats"] if str(village) in beat["grids"])
    assert alone["incidents"] < whole["incidents"]
    assert (part["largest"], part["mean"], part["bound"]) == (alone["minutes"], alone["minutes"], None)
    assert client_of(hot_town, Role.TEAM, village).get("/patrols/beats").status_code == 200
    assert show_beats(hot_town, Scope.of_grid(33068110999000000)) is None
    desk = client_of(hot_town, Role.VILLAGE_DESK, village)
    assert desk.post("/api/v1/beats", json={}).status_code == 403
    assert client.post("/api/v1/beats/undo").get_json() == {"beats": 0}
    assert client.get("/api/v1/beats").get_json()["features"] == []


def test_teams_stay_in_their_beats_but_for_what_must_be_visited(hot_town: Database) -> None:
    asked = PatrolRequest(
        dt.date(2026, 10, 29), seconds=None, iterations=150, within_beats=True, fixed_points=False
    )
    with pytest.raises(Conflict, match="gridmap beats make"):
        plan_patrols(hot_town, WHOLE, asked)
    make_beats(hot_town, BeatsRequest(TEAMS, seconds=1.0))
    beats = show_beats(hot_town, WHOLE)
    assert beats is not None
    beat_of = {key: beat["team"] for beat in beats["beats"] for key in beat["grids"]}
    # Of the teams with a beat, and one without.
    asked = replace(asked, teams=(*TEAMS, "T03"))

    def strayed(plan: Any) -> list[tuple[str, str]]:
        about = load_kept(hot_town, WHOLE, plan["patrol_id"])[0].about
        key = {stop: str(ancestor(int(told["grid_key"]), 3)) for stop, told in about.items()}
        return [
            (visit["stop"], route["team_code"])
            for route in plan["routes"]
            for visit in route["visits"]
            if beat_of.get(key[visit["stop"]], route["team_code"]) != route["team_code"]
        ]

    made: Any = plan_patrols(hot_town, WHOLE, asked)
    assert sum(len(route["visits"]) for route in made["routes"]) > 4
    assert strayed(made) == []
    # Whichever beats a second of searching makes: a stop in one of them, and another beat's team.
    stop, team = next(
        (visit["stop"], next(other for other in TEAMS if other != route["team_code"]))
        for route in made["routes"]
        if route["team_code"] in TEAMS
        for visit in route["visits"]
    )
    again: Any = solve_again(hot_town, WHOLE, made["patrol_id"], locks={stop: team}, iterations=150)
    assert strayed(again) == [(stop, team)], "a stop that is kept for a team is visited by it in any beat"


def test_what_cannot_be_divided_is_refused(hot_town: Database) -> None:
    with pytest.raises(InvalidInput, match="5 支队伍"):
        make_beats(hot_town, BeatsRequest((*TEAMS, "T03"), level=2))
    with pytest.raises(InvalidInput, match="巡区"):
        BeatsRequest(level=1)
    with pytest.raises(InvalidInput, match="policeing"):
        BeatsRequest(domain="policeing")
    with pytest.raises(InvalidInput, match="巡区"):
        BeatsRequest(case_min=0, km_min=0)
    village = Actor("village", Role.VILLAGE_DESK, Scope.of_grid(33068110901004000))
    with pytest.raises(Forbidden):
        undo_beats(hot_town, village)
