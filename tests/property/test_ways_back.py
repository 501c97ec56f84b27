"""Any export fills an empty workspace with the same; any import that is undone leaves what was in force before."""

from __future__ import annotations

import csv
import datetime as dt
import itertools
import json
from pathlib import Path
from typing import Any

import pytest
import shapely
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from gridmap.domain.accounts import Actor
from gridmap.domain.cases.number import ORDERS
from gridmap.domain.gridkey import Scope
from gridmap.services.house import EXPORT_LAYERS, HISTORY_KINDS, IMPORT_KINDS
from gridmap.services.imports import history
from gridmap.services.imports.records import ImportOptions, ImportResult, import_records
from gridmap.services.workspace.exports import export_layer
from gridmap.storage.cases.desk import draw_numbers
from gridmap.storage.database import Database
from tests.conftest import MakeDatabase

WHOLE = Scope.whole()
KEEPER = Actor.at_the_machine()
TABLES = {
    "incidents": "incidents",
    "organisations": "organisations",
    "migrants": "migrant_clusters",
    "fixed_points": "fixed_points",
    "teams": "teams",
    "rulings": "rulings",
    "projects": "projects",
}
_NUMBER = itertools.count()
_NAMES = st.sampled_from(["服务点", "=1+1", "-村口", "@学校", "工地，北", '"引号"', "a;b", "枫桥　站"])
_MAYBE = st.sampled_from(["", "周一至周五", "0123", "1e5", "2026-01-01", "全天"])
_PLACES = st.tuples(st.floats(120.36, 120.46), st.floats(29.75, 29.83)).map(
    lambda p: (f"{p[0]:.8f}", f"{p[1]:.8f}")
)
_CODES = st.integers(0, 5).map(lambda n: f"R{n:02}")


def _outline(place: tuple[str, str]) -> str:
    return shapely.box(*map(float, place), *(float(part) + 0.001 for part in place)).wkt


def _street(ends: tuple[tuple[str, str], tuple[str, str]]) -> str:
    return f"LINESTRING ({', '.join(' '.join(end) for end in ends)})"


def rows_of(noun: str) -> st.SearchStrategy[dict[str, str]]:
    """Rows of a file: codes repeat between files, and optional cells are blank or full."""
    if noun == "rulings":
        told: dict[str, Any] = {"on_day": st.just("2026-10-05"), "question": _NAMES, "ruling": _MAYBE}
        return st.fixed_dictionaries({"code": _CODES, **told})
    if noun == "incidents":
        first = dt.datetime(2026, 9, 1, tzinfo=dt.UTC)
        when = st.integers(0, 84_000).map(lambda n: f"{first + dt.timedelta(minutes=n):%Y-%m-%d %H:%M}")
        told = {
            "uid": _CODES,
            "domain": st.just("dispute"),
            "occurred_at": when,
            "place": _PLACES,
            "summary": _NAMES,
        }
        told |= {
            "kind": st.sampled_from(["", "02", "邻里纠纷", "99"]),
            "channel": st.sampled_from(["", "电话", "visit"]),
        }
        told |= {"stage": st.sampled_from(["", "accepted", "mediating", "resolved", "archived"])}
        told |= {"told_method": _MAYBE, "told_body": _MAYBE, "told_result": _MAYBE, "evaluation": _MAYBE}
        told |= {"evaluated_on": st.sampled_from(["", "2026-10-30"])}
        return st.fixed_dictionaries(told | {"people_count": st.sampled_from(["", "2", "40"])})
    if noun == "projects":
        days = st.sampled_from(["", "2026-09-01", "2026-09-20"])
        told = {"code": _CODES, "name_zh": _NAMES, "wkt": _PLACES.map(_outline), "plan_on": days}
        told |= {
            "asked": st.sampled_from(["", "12"]),
            "in_favour": st.sampled_from(["", "8"]),
            "lead": _MAYBE,
        }
        return st.fixed_dictionaries(told | {"follow_up": _MAYBE})
    told = {"code": _CODES, "name_zh": _NAMES, "place": _PLACES}
    more: dict[str, dict[str, Any]] = {
        "organisations": {"kind": st.sampled_from(["centre", "service_point"]), "opens": _MAYBE},
        "migrants": {"kind": st.just("housing"), "head_count": st.integers(10, 99).map(str)},
        "fixed_points": {
            "kind": st.sampled_from(["school", "bank"]),
            "times": st.integers(1, 6).map(str),
            "hours": st.sampled_from(["", "20:00-21:00"]),
            # A point by two columns, a segment, and a point where a line might stand: each under any code.
            "line": st.one_of(
                st.just(""),
                st.tuples(_PLACES, _PLACES).filter(lambda p: p[0] != p[1]).map(_street),
                _PLACES.map(lambda p: f"POINT ({p[0]} {p[1]})"),
            ),
            "direction": st.sampled_from(["", "forward"]),
            "on_foot": st.sampled_from(["", "true"]),
        },
        "teams": {
            "kind": st.just("专业巡防队"),
            "size": st.sampled_from(["", "4", "12"]),
            # One without a base lies in no grid.
            "place": st.one_of(st.none(), _PLACES),
        },
    }
    return st.fixed_dictionaries(told | more[noun])


def written(noun: str, rows: list[dict[str, Any]], folder: Path) -> Path:
    """A file of rows; a coordinate is written as two columns."""
    lon, lat = ("base_lon", "base_lat") if noun == "teams" else ("lon", "lat")
    lines = []
    for row in rows:
        place = None if row.get("line") else row.get("place")
        lines.append(
            {k: v for k, v in row.items() if k != "place"} | ({lon: place[0], lat: place[1]} if place else {})
        )
    file = folder / f"{next(_NUMBER)}.csv"
    with file.open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, list(dict.fromkeys(name for line in lines for name in line)))
        writer.writeheader()
        writer.writerows(lines)
    return file


def import_of(database: Database, noun: str, file: Path) -> ImportResult:
    options = ImportOptions(accept_valid=True)
    return import_records(database, WHOLE, IMPORT_KINDS[noun], file, options, actor=KEEPER)


def bring(database: Database, noun: str, file: Path) -> int | None:
    return import_of(database, noun, file).run_id


def exported(database: Database, noun: str, folder: Path) -> bytes:
    file = folder / f"{next(_NUMBER)}.csv"
    export_layer(database, WHOLE, EXPORT_LAYERS[noun], file)
    return file.read_bytes()


def clear(*databases: Database) -> None:
    for database in databases:
        with database.scoped_session(WHOLE, write=True) as session:
            session.execute(text("select set_config('gridmap.withdrawn', 'shown', true)"))
            for table in TABLES.values():
                session.execute(text(f"delete from {table}"))
            # The bytes of the example before would be told as imported already.
            session.execute(text("update import_runs set undone_at = now() where undone_at is null"))


@pytest.fixture(scope="module")
def towns_pair(make_database: MakeDatabase) -> tuple[Database, Database]:
    return make_database("villages"), make_database("villages")


@settings(
    deadline=None,
    max_examples=21,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data(), noun=st.sampled_from(sorted(TABLES)))
def test_any_export_fills_an_empty_workspace_and_any_import_is_undone(
    towns_pair: tuple[Database, Database],
    tmp_path_factory: pytest.TempPathFactory,
    data: st.DataObject,
    noun: str,
) -> None:
    here, there = towns_pair
    folder = tmp_path_factory.mktemp("ways")
    clear(here, there)
    first, second = (
        data.draw(
            st.lists(
                rows_of(noun), min_size=1, max_size=5, unique_by=lambda row: row.get("code", row.get("uid"))
            )
        )
        for _ in range(2)
    )
    bring(here, noun, written(noun, first, folder))
    before = exported(here, noun, folder)
    run = bring(here, noun, written(noun, second, folder))
    state = exported(here, noun, folder)
    # A file whose every row was refused leaves nothing to hand on.
    assume(state.strip().count(b"\n") >= 1)
    again = import_records(
        here, WHOLE, IMPORT_KINDS[noun], _kept(folder, state), ImportOptions(dry_run=True), actor=KEEPER
    )
    assert (again.inserted, again.updated, again.refused) == (0, 0, 0)
    bring(there, noun, _kept(folder, state))
    assert exported(there, noun, folder) == state
    if run is not None:
        undone = history.undo_import(here, KEEPER, HISTORY_KINDS, run, "试一试")
        assert undone.left == ()
    assert exported(here, noun, folder) == before


_GRADES = st.sampled_from(["village", "county", "path", "阶梯", "residential"])
_MAY = st.sampled_from(["", "yes", "no", "private", "destination"])
_LINES = st.lists(
    st.tuples(st.integers(12_036_000, 12_046_000), st.integers(2_975_000, 2_983_000)).map(
        lambda p: [p[0] / 100_000, p[1] / 100_000]
    ),
    min_size=2,
    max_size=4,
    unique_by=tuple,
)
_ROADS = st.lists(
    st.fixed_dictionaries(
        {
            "road_id": _CODES,
            "name_zh": _NAMES,
            "class": _GRADES,
            "oneway": st.sampled_from(["", "yes", "no", "-1"]),
            "speed_kmh": st.sampled_from([None, 20, 60.5]),
            "bridge": st.sampled_from(["", "true", "否"]),
            "foot": _MAY,
            "motor_vehicle": _MAY,
            "line": _LINES,
        }
    ),
    min_size=1,
    max_size=6,
    unique_by=lambda row: row["road_id"],
)


@settings(
    deadline=None,
    max_examples=4,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(rows=_ROADS, kind=st.sampled_from(["geojson", "gpkg", "csv"]))
def test_any_roads_that_were_exported_fill_an_empty_workspace_with_the_same(
    towns_pair: tuple[Database, Database],
    tmp_path_factory: pytest.TempPathFactory,
    rows: list[dict[str, Any]],
    kind: str,
) -> None:
    folder = tmp_path_factory.mktemp("roads")
    for database in towns_pair:
        with database.scoped_session(WHOLE, write=True) as session:
            session.execute(text("delete from roads"))
    here, there = towns_pair
    drawn = [
        {
            "type": "Feature",
            "properties": {k: v for k, v in row.items() if k != "line"},
            "geometry": {"type": "LineString", "coordinates": row["line"]},
        }
        for row in rows
    ]
    file = folder / f"{next(_NUMBER)}.geojson"
    file.write_text(json.dumps({"type": "FeatureCollection", "features": drawn}), "utf-8")
    bring(here, "roads", file)
    with here.scoped_session(WHOLE) as session:
        assume(session.scalar(text("select count(*) from roads")))
    handed = folder / f"{next(_NUMBER)}.{kind}"
    export_layer(here, WHOLE, EXPORT_LAYERS["roads"], handed)
    again = import_records(
        here, WHOLE, IMPORT_KINDS["roads"], handed, ImportOptions(dry_run=True), actor=KEEPER
    )
    assert (again.inserted, again.updated, again.refused) == (0, 0, 0)
    bring(there, "roads", handed)
    assert exported(there, "roads", folder) == exported(here, "roads", folder)


def _kept(folder: Path, content: bytes) -> Path:
    file = folder / f"{next(_NUMBER)}.csv"
    file.write_bytes(content)
    return file


def _numbers(database: Database) -> dict[str, str]:
    with database.scoped_session(WHOLE) as session:
        return dict(session.execute(text("select uid, number from incidents")).all())


def test_a_case_keeps_its_number_for_life_in_another_workspace_and_no_other_case_ever_gets_it(
    towns_pair: tuple[Database, Database], tmp_path: Path
) -> None:
    here, there = towns_pair
    clear(here, there)
    # No other test of these towns has cases of this day.
    drawn_at = "2025-09-03 10:00"
    row = {
        "domain": "dispute",
        "occurred_at": drawn_at,
        "reported_at": drawn_at,
        "place": ("120.40", "29.79"),
    }
    bring(here, "incidents", written("incidents", [{**row, "uid": "A"}], tmp_path))
    [number] = _numbers(here).values()
    taken, odd = {**row, "uid": "B", "number": number}, {**row, "uid": "C", "number": "村北-12"}
    told = import_of(
        there,
        "incidents",
        written("incidents", [{**row, "uid": "A", "number": number}, taken, odd], tmp_path),
    )
    got = _numbers(there)
    # That records are old and have no stage is another matter.
    of_numbers = [n for n in told.warnings if n.code != "history-without-stage"]
    assert {n.code: n.zh.split("（")[1] for n in of_numbers} == {
        "number-taken": f"第 3 行 {number}）。",
        "number-formless": "第 4 行 村北-12）。",
    }
    assert got["A"] == number
    assert len({*got.values()}) == 3
    assert {len(told) for told in got.values()} == {22}
    # What was kept is never drawn: the whole day is.
    with there.scoped_session(WHOLE, write=True) as session:
        rest = draw_numbers(session, int(number[:9]), dt.date(2025, 9, 3), ORDERS - 3)
        assert len({*rest, *got.values()}) == ORDERS
        assert {told[:17] for told in rest} == {number[:17]}
        session.rollback()
