"""The demonstration town, as it stands in the database."""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import json
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from sqlalchemy import text

from gridmap import crs
from gridmap.domain.cases.worklists import Wanted
from gridmap.domain.gridkey import LEVELS, Scope, ancestor
from gridmap.errors import Conflict
from gridmap.services import demo
from gridmap.services.cases import worklists
from gridmap.services.ground.grids import grid_features
from gridmap.services.teams.features import team_features
from gridmap.storage.cases.rederive import differing
from gridmap.storage.database import Database

DATA = Path(__file__).resolve().parents[2] / "data" / "boundaries"
WHOLE = Scope.whole()
TABLES = (
    "grids",
    "grid_predecessors",
    "incidents",
    "incident_steps",
    "teams",
    "team_positions",
    "migrant_clusters",
    "organisations",
    "roads",
    "basemap_features",
)


def codes(column: str) -> list[str]:
    with (DATA / "village_codes.csv").open(encoding="utf-8") as lines:
        return sorted(row[column] for row in csv.DictReader(lines))


def counts(database: Database) -> dict[str, int]:
    with database.scoped_session(WHOLE.for_upkeep()) as session:
        return {t: session.scalar(text(f"select count(*) from {t}")) for t in TABLES}


def shapes_of(database: Database, level: int, on: dt.date | None = None) -> dict[int, Any]:
    features = grid_features(database, WHOLE, level=level, on=on)["features"]
    return {
        int(f["properties"]["grid_key"]): shapely.from_geojson(json.dumps(f["geometry"])) for f in features
    }


def test_the_villages_are_those_of_the_code_list_today_and_in_2017(demo_database: Database) -> None:
    now = grid_features(demo_database, WHOLE, level=3, geometry=False)["features"]
    then = grid_features(demo_database, WHOLE, level=3, on=dt.date(2017, 1, 1), geometry=False)["features"]
    assert len(now) == 28
    assert sorted(f["properties"]["code"] for f in now) == codes("code_2023")
    assert sorted(f["properties"]["code"] for f in then) == codes("code_2016")


@pytest.mark.parametrize("level", [1, 2, 3])
def test_a_grid_is_the_union_of_its_children_to_the_square_metre(demo_database: Database, level: int) -> None:
    parents, children = shapes_of(demo_database, level), shapes_of(demo_database, level + 1)
    assert parents
    for key, shape in parents.items():
        mine = [c for k, c in children.items() if ancestor(k, level) == key]
        assert mine
        union = crs.geometries_from_wgs84(np.array([shapely.union_all(mine)]), 4549)[0]
        whole = crs.geometries_from_wgs84(np.array([shape]), 4549)[0]
        assert shapely.symmetric_difference(union, whole).area < 1.0


@pytest.mark.parametrize("level", [1, 2, 3])
def test_postgis_finds_the_same_union(demo_database: Database, level: int) -> None:
    size = {1: 10**8, 2: 10**6, 3: 10**3}[level]
    with demo_database.scoped_session(WHOLE) as session:
        rows = session.execute(
            text(
                "select p.grid_key, ST_Area(ST_SymDifference(ST_Transform(p.geom, 4549),"
                " ST_Union(ST_Transform(c.geom, 4549)))) as off_m2"
                " from grids p join grids c on c.grid_key - c.grid_key % :size = p.grid_key and c.level = p.level + 1"
                " where p.level = :level and p.valid_to is null and c.valid_to is null group by 1, p.geom"
            ),
            {"size": size, "level": level},
        ).all()
    assert len(rows) == {1: 1, 2: 3, 3: 28}[level]
    assert max(off for _, off in rows) < 1.0


def test_every_incident_inside_has_one_grid_at_each_level_and_those_outside_are_kept(
    demo_database: Database,
) -> None:
    with demo_database.scoped_session(WHOLE) as session:
        rows = session.execute(
            text("select uid, ST_X(geom), ST_Y(geom), grid_key from incidents where geom is not null")
        ).all()
    levels = {level: shapes_of(demo_database, level) for level in LEVELS}
    town = next(iter(levels[1].values()))
    x, y = np.array([r[1] for r in rows]), np.array([r[2] for r in rows])
    outside = ~shapely.intersects_xy(town, x, y)
    keys = np.array([r[3] for r in rows])
    assert outside.any()
    assert ((keys == 0) == outside).all()
    chosen = np.random.default_rng(5).choice(np.flatnonzero(~outside), 500, replace=False)
    for i in chosen.tolist():
        for level, grids in levels.items():
            found = [k for k, shape in grids.items() if shapely.intersects_xy(shape, x[i], y[i])]
            assert min(found) == ancestor(int(keys[i]), level), rows[i][0]


def test_no_row_of_the_files_is_lost(demo_database: Database) -> None:
    there = counts(demo_database)
    for table, file in (
        ("incidents", "incidents"),
        ("incident_steps", "incident_steps"),
        ("teams", "teams"),
        ("team_positions", "team_positions"),
        ("migrant_clusters", "migrant_clusters"),
        ("organisations", "organisations"),
    ):
        with (DATA / f"{file}.csv").open(encoding="utf-8") as lines:
            assert there[table] == sum(1 for _ in csv.DictReader(lines)), table
    assert there["roads"] == len(json.loads((DATA / "roads.geojson").read_text("utf-8"))["features"])


def test_the_night_of_positions_is_last_night(demo_database: Database) -> None:
    now = dt.datetime.now(dt.UTC)
    with demo_database.scoped_session(WHOLE) as session:
        oldest, newest = session.execute(text("select min(at), max(at) from team_positions")).one()
    assert now - dt.timedelta(days=1) <= newest <= now
    assert newest - oldest < dt.timedelta(days=1)
    placed = Counter(bool(f["geometry"]) for f in team_features(demo_database, WHOLE)["features"])
    assert placed == {True: 12}


def test_a_second_loading_is_refused_and_changes_nothing(demo_database: Database) -> None:
    before = counts(demo_database)
    with pytest.raises(Conflict) as refused:
        demo.load_town(demo_database)
    assert refused.value.code == "workspace-not-empty"
    assert "GRIDMAP_HOME" in refused.value.en
    assert counts(demo_database) == before


class _CutError(RuntimeError):
    pass


def test_a_loading_that_was_cut_goes_on_and_ends_with_the_same_town(
    empty_town: Database, demo_database: Database, tmp_path: Path
) -> None:
    folder = tmp_path / "town"
    shutil.copytree(DATA, folder)
    truth = hashlib.sha256((folder / "planted.json").read_bytes()).hexdigest()
    for cut_at in ("basemap", "incidents.csv", "team_positions.csv"):

        def cut(step: str, _done: int, _total: int, at: str = cut_at) -> None:
            if step == at:
                raise _CutError

        with pytest.raises(_CutError):
            demo.load_town(empty_town, folder=folder, edition=1, on_progress=cut)
        assert demo.is_wanted(empty_town)
    steps: list[str] = []
    demo.load_town(empty_town, folder=folder, edition=1, on_progress=lambda step, _d, _t: steps.append(step))
    assert steps[-1] == "done"
    assert not demo.is_wanted(empty_town)
    assert counts(empty_town) == counts(demo_database)
    assert hashlib.sha256((folder / "planted.json").read_bytes()).hexdigest() == truth


def test_the_second_edition_ends_today_and_is_a_desk_s_year_with_its_troubles(empty_town: Database) -> None:
    now = dt.datetime(2027, 3, 9, 4, 30, tzinfo=dt.UTC)
    demo.load_town(empty_town, now=now)
    with empty_town.scoped_session(WHOLE.for_upkeep()) as session:
        ids = list(session.scalars(text("select incident_id from incidents")))
        assert len(ids) > 7000
        assert list(differing(session, ids)) == []
        newest = session.scalar(text("select max(occurred_at) from incidents"))
        done = Counter(session.scalars(text("select action from incident_steps")).all())
        ahead = session.scalar(text("select count(*) from incident_steps where at > :now"), {"now": now})
        untold = session.scalar(text("select count(*) from incidents where outcome = 'untold'"))
        solved = Counter(
            session.scalars(
                text(
                    "select solved_level from incidents where domain = 'dispute' and solved_level is not null"
                )
            ).all()
        )
        stages = Counter(session.scalars(text("select stage from incidents")).all())
        reopened = session.scalar(text("select count(*) from incidents where reopened > 0"))
        late = session.scalar(
            text("select count(*) from incidents where closed_at is null and due_at < :now"), {"now": now}
        )
        kinds = set(session.scalars(text("select distinct kind from organisations")))
        days = session.scalar(text("select count(*) from teams where shift_start = '06:00'"))
        points = session.execute(text("select code, kind, grid_key, geom is null from fixed_points")).all()
    assert now - dt.timedelta(days=1) < newest <= now
    assert (ahead, untold) == (0, 0)
    assert {"sign", "return", "pause", "resume", "end_unsolved", "reopen", "follow_up", "confer"} <= set(done)
    assert 0.62 < solved[3] / solved.total() < 0.78
    assert min(solved[1], solved[2]) > 50
    assert reopened > 20
    assert stages["paused"] > 0
    still_open = sum(n for stage, n in stages.items() if stage not in {"resolved", "unsolved", "archived"})
    assert 60 < still_open < 600
    assert late < 0.25 * still_open
    assert {"court", "police_station", "justice_office", "hospital", "union", "studio"} <= kinds
    assert {kind for _, kind, _, _ in points} == {"school", "station", "market", "hospital", "company"}
    assert [code for code, _, key, placeless in points if not key or placeless] == []
    assert days == 4
    waiting = worklists.totals(empty_town, WHOLE, Wanted("all"), now=now)
    assert min(waiting[name] for name in ("to_sign", "due_today", "follow_up")) >= 5
    listed = worklists.work_list(empty_town, WHOLE, Wanted("follow_up"), limit=50, now=now).rows
    assert {row.stage for row in listed} == {"resolved"}


def test_nothing_that_serves_people_reads_the_planted_truth() -> None:
    root = DATA.parents[1]
    files = [*(root / "gridmap").rglob("*.py"), *(root / "web").rglob("*.py")]
    assert len(files) > 100
    for file in files:
        assert "planted" not in file.read_text("utf-8"), file
