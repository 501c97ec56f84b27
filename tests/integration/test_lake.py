"""The lake: other programs read it as it is, what has not changed is left, and what is torn is told."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import geopandas as gpd
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from sqlalchemy import text

from gridmap.cli import main
from gridmap.domain.gridkey import Scope
from gridmap.domain.query import IncidentQuery
from gridmap.errors import Conflict, InvalidInput
from gridmap.services.cases.counts import count_by_grid
from gridmap.services.cases.lake import MANIFEST, check_lake, write_lake
from gridmap.storage.database import Database
from tests.conftest import MakeDatabase

WHOLE = Scope.whole()


@pytest.fixture(scope="module")
def town(make_database: MakeDatabase) -> Database:
    return make_database("recorded")


@pytest.fixture(scope="module")
def lake(town: Database, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("lake") / "town"
    assert write_lake(town, WHOLE, folder).written > 12
    return folder


def unsealed(database: Database) -> int:
    with database.scoped_session(WHOLE.for_upkeep()) as session:
        asked = "select count(*) from incidents where withdrawn_at is null and not sealed"
        return int(session.scalar(text(asked)) or 0)


def test_other_programs_read_every_case_that_is_not_sealed_and_no_text(town: Database, lake: Path) -> None:
    total = unsealed(town)
    table = ds.dataset(lake / "incidents", partitioning="hive").to_table()
    assert table.num_rows == total
    assert not {"summary", "place", "raw_x", "raw_y", "record_key"} & set(table.column_names)
    files = sorted((lake / "incidents").rglob("*.parquet"))
    assert len({pq.read_schema(file).remove_metadata() for file in files}) == 1
    frames = [gpd.read_parquet(file) for file in files]
    assert sum(map(len, frames)) == total
    assert {frame.crs.to_epsg() for frame in frames} == {4326}
    # With no extension: the layout, the columns and the covering of bounding boxes are all that is asked for.
    asked = duckdb.connect()
    asked.execute("set autoinstall_known_extensions = false; set autoload_known_extensions = false")
    source = f"read_parquet('{lake}/incidents/*/*/*.parquet', hive_partitioning = true)"
    by_village = dict(
        asked.execute(
            f"select grid_key - grid_key % 1000, count(*) from {source} where grid_key > 0 group by 1"
        ).fetchall()
    )
    counted = count_by_grid(town, WHOLE, IncidentQuery(), level=3)
    with town.scoped_session(WHOLE) as session:
        told = session.execute(text("select grid_key, count(*) from sealed_facts(null, null) group by 1"))
        sealed = {key - key % 1000: 0 for key, _ in told}
    assert {key for key in by_village if key not in sealed} <= {int(key) for key in counted["counts"]}
    assert all(by_village.get(int(key), 0) <= n for key, n in counted["counts"].items())
    assert sum(by_village.values()) <= total
    east = asked.execute(f"select max(bbox.xmax), count(bbox.xmin) from {source}").fetchone()
    assert east is not None
    assert east[0] == pytest.approx(max(frame.total_bounds[2] for frame in frames if len(frame)), abs=1e-6)
    (month,) = {row[0] for row in asked.execute(f"select typeof(month) from {source} limit 1").fetchall()}
    assert month in {"VARCHAR", "DATE"}


def test_only_what_has_changed_is_written_again_and_what_is_gone_is_taken_away(
    make_database: MakeDatabase, tmp_path: Path
) -> None:
    town = make_database("recorded")
    first = write_lake(town, WHOLE, tmp_path)
    with town.scoped_session(WHOLE.for_upkeep()) as session:
        asked = "select count(*) from incidents where withdrawn_at is null and sealed"
        assert first.sealed == session.scalar(text(asked)) > 0
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.parquet")}
    again = write_lake(town, WHOLE, tmp_path)
    assert (again.written, again.kept, again.removed) == (0, first.written, 0)
    with town.scoped_session(WHOLE.for_upkeep(), write=True) as session:
        month = "to_char(occurred_at at time zone 'Asia/Shanghai', 'YYYY-MM')"
        last = session.scalar(text(f"select max({month}) from incidents where not sealed and grid_key > 0"))
        session.execute(
            text(f"update incidents set severity = 3 where {month} = :last and not sealed and grid_key > 0"),
            {"last": last},
        )
    assert check_lake(tmp_path, town, WHOLE).behind == (
        f"incidents/county=330681/month={last}/part-0.parquet",
    )
    more = write_lake(town, WHOLE, tmp_path)
    assert (more.written, more.removed) == (1, 0)
    changed = {path.parent.name for path, then in before.items() if path.stat().st_mtime_ns != then}
    assert changed == {f"month={last}"}
    with town.scoped_session(WHOLE.for_upkeep(), write=True) as session:
        held = "select grid_key from incidents where not sealed and grid_key > 0 and {month} = :last limit 1"
        renamed = f"update grids set code = 'G-1' where grid_key = ({held.format(month=month)})"
        session.execute(text(renamed), {"last": last})
    # The code of a grid is in the file, too.
    assert f"incidents/county=330681/month={last}/part-0.parquet" in (
        check_lake(tmp_path, town, WHOLE).behind or ()
    )
    assert write_lake(town, WHOLE, tmp_path).removed == 0
    with town.scoped_session(WHOLE.for_upkeep(), write=True) as session:
        session.execute(
            text(f"update incidents set withdrawn_at = now() where {month} = '{last}' and grid_key > 0")
        )
    gone = write_lake(town, WHOLE, tmp_path)
    assert (gone.written, gone.removed) == (0, 1)
    found = check_lake(tmp_path, town, WHOLE)
    assert (found.is_whole, found.behind, found.rows) == (True, (), unsealed(town))


def test_a_torn_or_strange_file_is_told_and_written_anew(town: Database, tmp_path: Path) -> None:
    write_lake(town, WHOLE, tmp_path)
    file = min(tmp_path.rglob("*.parquet"))
    file.write_bytes(file.read_bytes()[:-7])
    (file.parent / "other.parquet").write_bytes(b"PAR1")
    name = str(file.relative_to(tmp_path))
    found = check_lake(tmp_path)
    assert (found.torn, found.strange, found.behind) == (
        (name,),
        (name.replace("part-0", "other"),),
        None,
    )
    (file.parent / "other.parquet").unlink()
    assert write_lake(town, WHOLE, tmp_path).written == 1
    assert check_lake(tmp_path, town, WHOLE).is_whole
    (tmp_path / MANIFEST).write_text(json.dumps({"format": 99}), "utf-8")
    for done in (lambda: write_lake(town, WHOLE, tmp_path), lambda: check_lake(tmp_path)):
        with pytest.raises(InvalidInput, match=MANIFEST):
            done()
    with pytest.raises(InvalidInput, match="lake write"):
        check_lake(file.parent)


def test_a_list_that_names_files_elsewhere_and_a_folder_that_cannot_be_locked_are_refused(
    town: Database, tmp_path: Path
) -> None:
    village = Scope.of_grid(33068110901007000)
    write_lake(town, village, tmp_path / "lake")
    kept = tmp_path / "kept.txt"
    kept.write_text("mine", "utf-8")
    manifest = tmp_path / "lake" / MANIFEST
    told = json.loads(manifest.read_text("utf-8"))
    told["parts"][0]["file"] = "../kept.txt"
    manifest.write_text(json.dumps(told), "utf-8")
    with pytest.raises(InvalidInput, match=MANIFEST):
        write_lake(town, village, tmp_path / "lake")
    assert kept.exists()
    (tmp_path / "other" / "_lock").mkdir(parents=True)
    with pytest.raises(InvalidInput) as refused:
        write_lake(town, village, tmp_path / "other")
    assert refused.value.code == "folder-unwritable"


def test_a_lake_holds_one_scope_and_is_not_taken_apart_by_another(town: Database, tmp_path: Path) -> None:
    with town.scoped_session(WHOLE) as session:
        key = session.scalar(
            text("select grid_key - grid_key % 1000 from incidents where not sealed and grid_key > 0 limit 1")
        )
    village = Scope.of_grid(int(key))
    part = write_lake(town, village, tmp_path)
    assert 0 < part.rows < unsealed(town)
    with pytest.raises(Conflict, match="another scope"):
        write_lake(town, WHOLE, tmp_path)
    assert check_lake(tmp_path, town, village).behind == ()


def test_the_commands_write_and_check(town: Database, tmp_path: Path) -> None:
    own = {
        "GRIDMAP_HOME": str(town.settings.home),
        "DATABASE_URL": town.owner_url.render_as_string(hide_password=False),
        "GRIDMAP_APP_DATABASE_URL": town.app_url.render_as_string(hide_password=False),
        "COLUMNS": "200",
    }
    run = CliRunner()
    done = run.invoke(main, ["lake", "write", str(tmp_path / "lake")], env=own)
    assert done.exit_code == 0, done.output
    assert "written" in done.output
    told = run.invoke(main, ["lake", "check", str(tmp_path / "lake")], env=own)
    assert (told.exit_code, "equal to the workspace" in told.output) == (0, True)
    file = max((tmp_path / "lake").rglob("*.parquet"))
    file.unlink()
    told = run.invoke(main, ["lake", "check", "--alone", str(tmp_path / "lake")], env=own)
    assert (told.exit_code, file.name in told.output) == (1, True)
