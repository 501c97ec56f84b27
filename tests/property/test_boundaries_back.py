"""Exported boundaries fill an empty workspace with the same; a version that is undone leaves the one before."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from shapely import MultiPolygon, box
from sqlalchemy import text

from gridmap.domain.accounts import Actor
from gridmap.domain.gridkey import Scope
from gridmap.services.ground.boundaries import BoundaryOptions, import_boundaries
from gridmap.services.house import EXPORT_LAYERS, HISTORY_KINDS
from gridmap.services.imports import history
from gridmap.services.workspace.exports import export_layer
from gridmap.storage.database import Database
from gridmap.storage.ground.grids import current_frame
from tests.conftest import MakeDatabase

WHOLE = Scope.whole()
KEEPER = Actor.at_the_machine()
TOWN = "330681109"
_WEST, _SOUTH, _SIDE = 120.36, 29.75, 0.01
_NAMES = st.sampled_from(["海角村", "=1+1村", '"东"村', "a;b 村", "枫桥　社区", "新村，北"])
_PEOPLE = st.sampled_from([None, 0, 7, 12_345])


@st.composite
def towns(draw: st.DrawFn, columns: int) -> list[dict[str, Any]]:
    """Draw villages beside each other: an inner edge lies anywhere, and some have two parts, or a part of another."""
    edges = [0.0, *(n + draw(st.floats(-0.3, 0.3)) for n in range(1, columns)), float(columns)]
    out = []
    for n in range(columns):
        land = box(_WEST + _SIDE * edges[n], _SOUTH, _WEST + _SIDE * edges[n + 1], _SOUTH + _SIDE)
        halves = draw(st.booleans())
        west, south, east, north = land.bounds
        shapes = [box(west, south, east, south + _SIDE / 2), box(west, south + _SIDE / 2, east, north)]
        for half, shape in enumerate(shapes if halves else [land]):
            out.append(
                {
                    "code": f"{TOWN}{100 + 10 * n + half:03}",
                    "name": f"{draw(_NAMES)}{n}{half}",
                    "population": draw(_PEOPLE),
                    "households": draw(_PEOPLE),
                    "geometry": MultiPolygon([shape]),
                }
            )
    return out


def written(villages: list[dict[str, Any]], file: Path) -> Path:
    frame = gpd.GeoDataFrame(villages, crs=4326)
    file.write_text(
        json.dumps({**json.loads(frame.to_json()), "name": "villages"}, ensure_ascii=False), "utf-8"
    )
    return file


def exported(database: Database, file: Path) -> Path:
    export_layer(database, WHOLE, EXPORT_LAYERS["grids"], file)
    return file


def in_force(database: Database) -> dict[int, tuple[Any, ...]]:
    """All that is told of each grid but its first day."""
    with database.scoped_session(WHOLE) as session:
        frame = current_frame(session)
    told = frame[["level", "code", "name_zh", "name_en", "population", "households"]].astype(object)
    told = told.where(told.notna(), None)
    lands = frame.geometry.normalize().to_wkt(rounding_precision=8)
    rows = zip(told.itertuples(index=False, name=None), lands, strict=True)
    return dict(zip(frame["grid_key"].tolist(), [(*row, land) for row, land in rows], strict=True))


def clear(*databases: Database) -> None:
    for database in databases:
        with database.scoped_session(WHOLE, write=True) as session:
            for table in ("grid_predecessors", "grids", "boundary_versions", "import_changes", "import_runs"):
                session.execute(text(f"delete from {table}"))


@pytest.fixture(scope="module")
def two_towns(make_database: MakeDatabase) -> tuple[Database, Database]:
    return make_database("with_schema"), make_database("with_schema")


@settings(
    deadline=None,
    max_examples=8,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data(), columns=st.integers(2, 4), kind=st.sampled_from(["geojson", "gpkg"]))
def test_any_boundaries_that_were_exported_fill_an_empty_workspace_and_any_version_is_undone(
    two_towns: tuple[Database, Database],
    tmp_path_factory: pytest.TempPathFactory,
    data: st.DataObject,
    columns: int,
    kind: str,
) -> None:
    here, there = two_towns
    folder = tmp_path_factory.mktemp("boundaries")
    clear(here, there)
    options = BoundaryOptions(town_code=TOWN, town_name="枫桥镇", accept_shift=True, accept_ended=True)
    today = dt.datetime.now(dt.UTC).date() - dt.timedelta(days=2)
    first = written(data.draw(towns(columns)), folder / "first.geojson")
    assert import_boundaries(here, WHOLE, [first], options, today=today, actor=KEEPER).committed
    before = in_force(here)
    second = written(data.draw(towns(columns)), folder / "second.geojson")
    run = import_boundaries(
        here, WHOLE, [second], options, today=today + dt.timedelta(days=1), actor=KEEPER
    ).run_id
    after = in_force(here)

    handed = exported(here, folder / f"handed.{kind}")
    again = import_boundaries(here, WHOLE, [handed], BoundaryOptions(dry_run=True), actor=KEEPER)
    assert (again.errors, again.added, again.changed, again.ended) == ([], 0, 0, 0)
    assert import_boundaries(there, WHOLE, [handed], BoundaryOptions(), actor=KEEPER).committed
    assert in_force(there) == after
    one, other = (exported(town, folder / f"{n}.geojson") for n, town in enumerate(two_towns))
    assert one.read_bytes() == other.read_bytes()

    if run is not None:
        assert history.undo_import(here, KEEPER, HISTORY_KINDS, run, "试一试").left == ()
    assert in_force(here) == before
