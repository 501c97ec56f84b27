"""What a file does not say is left as it is."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from sqlalchemy import text

from gridmap.domain.gridkey import Scope
from gridmap.services.house import EXPORT_LAYERS, IMPORT_KINDS
from gridmap.services.imports.records import ImportOptions, ImportResult, import_records
from gridmap.services.workspace.exports import export_layer
from gridmap.storage.database import Database

WHOLE = Scope.whole()
HEAD = ["uid", "domain", "kind", "channel", "occurred_at", "stage", "lon", "lat", "summary"]


def load(database: Database, folder: Path, noun: str, *rows: list[object]) -> ImportResult:
    file = folder / f"{len(list(folder.iterdir()))}.csv"
    with file.open("w", encoding="utf-8", newline="") as out:
        csv.writer(out).writerows(rows)
    done = import_records(database, WHOLE, IMPORT_KINDS[noun], file, ImportOptions())
    assert done.committed, done
    return done


def stored(database: Database, table: str, key: str, value: str) -> dict[str, object]:
    with database.scoped_session(WHOLE) as session:
        row = session.execute(text(f"select * from {table} where {key} = :v"), {"v": value}).mappings().one()
    return dict(row)


def test_absent_columns_blank_cells_and_defaults_leave_an_incident_alone(
    town: Database, tmp_path: Path
) -> None:
    first = ["KC-1", "dispute", "02", "visit", "2026-10-02 08:30", "mediating", 120.4186, 29.7894, "滴水"]
    load(town, tmp_path, "incidents", HEAD, first)
    before = stored(town, "incidents", "uid", "KC-1")
    moved = load(
        town, tmp_path, "incidents", ["uid", "domain", "occurred_at", "lon", "lat"],
        ["KC-1", "dispute", "2026-10-02 08:30", 120.4187, 29.7894],
    )  # fmt: skip
    assert (moved.inserted, moved.updated) == (0, 1)
    after = stored(town, "incidents", "uid", "KC-1")
    assert after["raw_x"] == pytest.approx(120.4187)
    changed = {c for c in after if after[c] != before[c]} - {"import_run_id"}
    assert changed <= {"raw_x", "geom", "tile_key", "grid_key", "needs_confirmation", "handler_key"}
    blank = ["KC-1", "dispute", "", "", "2026-10-02 08:30", "mediating", 120.4187, 29.7894, ""]
    assert load(town, tmp_path, "incidents", HEAD, blank).unchanged == 1
    assert stored(town, "incidents", "uid", "KC-1") == after


def test_three_columns_leave_a_team_s_shift_base_and_grid(recorded_town: Database, tmp_path: Path) -> None:
    before = stored(recorded_town, "teams", "code", "T01")
    done = load(
        recorded_town,
        tmp_path,
        "teams",
        ["code", "name_zh", "kind"],
        ["T01", before["name_zh"], before["kind"]],
    )
    assert done.unchanged == 1
    assert stored(recorded_town, "teams", "code", "T01") == before


@pytest.mark.parametrize("layer", ["incidents", "teams", "migrants", "organisations"])
def test_an_export_comes_back_unchanged(recorded_town: Database, tmp_path: Path, layer: str) -> None:
    for ending in ("csv", "geojson"):
        file = tmp_path / f"{layer}.{ending}"
        rows = export_layer(recorded_town, WHOLE, EXPORT_LAYERS[layer], file)
        done = import_records(recorded_town, WHOLE, IMPORT_KINDS[layer], file, ImportOptions())
        assert (done.inserted, done.updated, done.unchanged) == (0, 0, rows), ending
