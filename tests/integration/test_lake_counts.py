"""Perturbed counts for whoever has no scope: what a screen outside of the house shows, and nothing of a case."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from gridmap.cli import main
from gridmap.domain.gridkey import LEVELS, MICRO, Scope, level_of, make_key
from gridmap.domain.protection import LEAST_TOLD, Counts, is_told
from gridmap.domain.query import IncidentQuery
from gridmap.errors import Conflict, InvalidInput
from gridmap.services.cases.counts import count_by_grid
from gridmap.services.cases.lake import COUNTS_LIST, MANIFEST, write_lake
from gridmap.services.cases.lake_counts import TABLES, check_counts, periods_over, write_counts
from gridmap.storage.database import Database
from tests.conftest import MakeDatabase
from tests.towns import environment_of

WHOLE = Scope.whole()
LATER = dt.datetime(2027, 1, 2, tzinfo=dt.UTC)
SPANS = {12: "year", 3: "quarter", 1: "month"}


@pytest.fixture(scope="module")
def town(make_database: MakeDatabase) -> Database:
    return make_database("recorded")


@pytest.fixture(scope="module")
def folder(town: Database, tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("shared") / "zhuji"
    assert write_counts(town, WHOLE, found, now=LATER).numbers > 20
    return found


def test_the_tables_are_the_finest_that_may_be_told() -> None:
    for table in TABLES:
        matter = "domain" if table.by_domain else "all"
        assert is_told(f"{table.level}/{matter}//{SPANS[table.months]}")
        finer = [span for months, span in SPANS.items() if months < table.months]
        assert not any(is_told(f"{table.level}/{matter}//{span}") for span in finer)
    assert not any(is_told(f"{MICRO}/all//{span}") for span in SPANS.values())
    assert {table.level for table in TABLES} == {level for level in LEVELS if level < MICRO}


def test_every_number_is_the_one_that_a_screen_outside_of_the_house_shows(
    town: Database, folder: Path
) -> None:
    asked = duckdb.connect()
    asked.execute("set autoinstall_known_extensions = false; set autoload_known_extensions = false")
    rows = asked.execute(
        'select "table", period_from, period_to, domain, grid_key, cases from'
        f" read_parquet('{folder}/counts/*/*/*.parquet', hive_partitioning = true)"
    ).fetchall()
    assert {row[0] for row in rows} == {table.name for table in TABLES}
    levels = {table.name: table.level for table in TABLES}
    seen: dict[tuple[str, dt.date, dt.date, str | None], dict[str, int]] = {}
    for name, since, until, domain, key, cases in rows:
        assert level_of(key) == levels[name]
        assert cases >= LEAST_TOLD
        seen.setdefault((name, since, until, domain), {})[str(key)] = cases
    differs = 0
    for (name, since, until, domain), numbers in seen.items():
        query = IncidentQuery(since=since, until=until, domains=(domain,) if domain else ())
        shown = count_by_grid(town, WHOLE, query, level=levels[name], counts=Counts.PERTURBED)
        assert (shown["from"], shown["to"]) == (since.isoformat(), until.isoformat())
        assert numbers == {key: n for key, n in shown["counts"].items() if key != "0"}
        true = count_by_grid(town, WHOLE, query, level=levels[name])["counts"]
        differs += sum(true[key] != n for key, n in numbers.items())
    assert differs > len(rows) / 2
    columns = {name for file in folder.rglob("*.parquet") for name in pq.read_schema(file).names}
    assert columns == {"grid_key", "period_from", "period_to", "domain", "cases"}
    assert json.loads((folder / COUNTS_LIST).read_text("utf-8"))["counts"] == "perturbed"


def test_periods_that_are_not_over_are_told_by_none() -> None:
    day = dt.date
    months = list(periods_over(day(2025, 11, 20), day(2026, 2, 1), 1))
    assert months == [
        (day(2025, 11, 1), day(2025, 11, 30)),
        (day(2025, 12, 1), day(2025, 12, 31)),
        (day(2026, 1, 1), day(2026, 1, 31)),
    ]
    assert list(periods_over(day(2025, 2, 28), day(2025, 12, 31), 12)) == []
    assert list(periods_over(day(2025, 11, 20), day(2026, 3, 31), 3)) == [
        (day(2025, 10, 1), day(2025, 12, 31))
    ]


@pytest.mark.parametrize("cut_short", [False, True])
def test_records_and_perturbed_counts_do_not_stand_in_one_folder(
    town: Database, folder: Path, tmp_path: Path, *, cut_short: bool
) -> None:
    records, counts = tmp_path / "records", tmp_path / "counts-of-it"
    write_lake(town, WHOLE, records)
    shutil.copytree(folder, counts)
    if cut_short:
        (records / MANIFEST).unlink()
        (counts / COUNTS_LIST).unlink()
    for write, where in ((write_counts, records), (write_lake, counts)):
        with pytest.raises(Conflict) as refused:
            write(town, WHOLE, where)
        assert refused.value.code == "lake-mixed"
    assert not (records / "counts").exists()
    assert not (counts / "incidents").exists()


def test_counts_of_another_scope_are_not_written_over(town: Database, folder: Path) -> None:
    before = {file: file.read_bytes() for file in folder.rglob("*") if file.is_file()}
    with pytest.raises(Conflict) as refused:
        write_counts(town, Scope.of_grid(make_key(330681109)), folder)
    assert refused.value.code == "lake-other-scope"
    assert {file: file.read_bytes() for file in folder.rglob("*") if file.is_file()} == before


def test_a_list_that_names_files_elsewhere_takes_none_of_them_away(town: Database, tmp_path: Path) -> None:
    (tmp_path / "shared").mkdir()
    (tmp_path / "kept.parquet").write_bytes(b"PAR1")
    told = {"format": 1, "scope": [WHOLE.lo, WHOLE.hi], "files": {"counts/../../kept.parquet": ""}}
    (tmp_path / "shared" / COUNTS_LIST).write_text(json.dumps(told), "utf-8")
    with pytest.raises(InvalidInput, match="no list that this version writes"):
        write_counts(town, WHOLE, tmp_path / "shared")
    assert (tmp_path / "kept.parquet").exists()


def test_shared_counts_are_checked_against_their_list(town: Database, folder: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    own = environment_of(town) | {"COLUMNS": "200"}

    def checked() -> tuple[int, str]:
        done = CliRunner().invoke(main, ["lake", "check", str(copy)], env=own)
        return done.exit_code, done.output

    found = check_counts(copy)
    assert (found.is_whole, found.rows) == (True, write_counts(town, WHOLE, copy, now=LATER).numbers)
    assert checked()[0] == 0
    torn = next(copy.rglob("*.parquet"))
    torn.write_bytes(torn.read_bytes()[:-9])
    strange = copy / "counts" / "county=330681" / "table=other" / "part-0.parquet"
    strange.parent.mkdir()
    shutil.copy(next(folder.rglob("*.parquet")), strange)
    code, said = checked()
    assert code == 1
    for told in (str(torn.relative_to(copy)), str(strange.relative_to(copy)), "gridmap lake share"):
        assert told in said


def test_the_command_shares_counts_and_takes_away_what_is_told_no_more(
    town: Database, tmp_path: Path
) -> None:
    write_counts(town, WHOLE, tmp_path, now=LATER)
    listed = json.loads((tmp_path / COUNTS_LIST).read_text("utf-8"))
    old = "counts/county=330681/table=old/part-0.parquet"
    listed["files"][old] = ""
    (tmp_path / COUNTS_LIST).write_text(json.dumps(listed), "utf-8")
    foreign = tmp_path / "counts" / "county=330681" / "table=old" / "README"
    foreign.parent.mkdir(parents=True)
    foreign.write_text("of somebody else", "utf-8")
    (tmp_path / old).write_bytes(b"PAR1")
    own = environment_of(town) | {"COLUMNS": "200"}
    done = CliRunner().invoke(main, ["lake", "share", str(tmp_path)], env=own)
    assert done.exit_code == 0, done.output
    assert "perturbed counts" in done.output
    assert not (tmp_path / old).exists()
    assert foreign.exists()
    listed = json.loads((tmp_path / COUNTS_LIST).read_text("utf-8"))["files"]
    assert set(listed) == {str(file.relative_to(tmp_path)) for file in tmp_path.rglob("*.parquet")}
