"""Real files from packages that ship data: each goes in, out and back unchanged, or is refused by its name."""

from __future__ import annotations

import importlib.util
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pyogrio
import pytest

from gridmap.domain.gridkey import Scope
from gridmap.errors import GridmapError
from gridmap.services.ground.boundaries import BoundaryOptions, import_boundaries
from gridmap.services.house import EXPORT_LAYERS, IMPORT_KINDS
from gridmap.services.imports.records import ImportOptions, import_records
from gridmap.services.workspace.exports import export_layer
from gridmap.storage.database import Database
from tests.towns import Towns

WHOLE = Scope.whole()
_LEAST = 40
_TOO_LARGE = 20 * 1024 * 1024
_EVENT = {"domain": "=policing", "occurred_at": "=2024-05-01"}


def package(name: str) -> Path | None:
    found = importlib.util.find_spec(name)
    return Path(found.origin).parent if found is not None and found.origin else None


def shipped() -> list[Path]:
    """Files with shapes or tables that installed packages ship, in order of their names."""
    folders = [
        p / inner
        for name, inner in (
            ("libpysal", "examples"),
            ("pyogrio", "tests/fixtures"),
            ("esda", "."),
            ("pointpats", "."),
            ("geopandas", "."),
            ("fiona", "."),
            ("shapefile", "."),
            ("shapely", "."),
            ("pandas", "."),
        )
        if (p := package(name)) is not None
    ]
    endings = {
        ".shp",
        ".geojson",
        ".gpkg",
        ".kml",
        ".fgb",
        ".parquet",
        ".csv",
        ".xls",
        ".xlsx",
        ".ods",
        ".osm",
        ".pbf",
    }
    return sorted(
        path
        for folder in folders
        for path in folder.rglob("*")
        if path.suffix.lower() in endings and path.is_file() and path.stat().st_size < _TOO_LARGE
    )


def packed(path: Path, folder: Path) -> Path:
    """The file under a plain name; a shapefile with its parts as an archive."""
    if path.suffix.lower() != ".shp":
        return Path(shutil.copyfile(path, folder / path.name))
    target = folder / f"{path.stem}.zip"
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for part in sorted(path.parent.glob(f"{path.stem}.*")):
            if part.suffix.lower() in {".shp", ".shx", ".dbf", ".prj", ".cpg"}:
                archive.write(part, part.name)
    return target


def kind_of(path: Path) -> str:
    """What a file holds: lines, points, or something that a town's boundaries are tried with."""
    if path.suffix.lower() in {".csv", ".xls", ".xlsx", ".ods"}:
        return "points"
    if path.suffix.lower() in {".osm", ".pbf"}:
        return "lines"
    try:
        told = str(pyogrio.read_info(path).get("geometry_type"))
    except Exception:
        told = ""
    return "lines" if "Line" in told else "points" if "Point" in told else "polygons"


@pytest.fixture(scope="module")
def workspace(towns: Towns) -> Iterator[Database]:
    made = towns.make("villages")
    yield made
    towns.drop(made)


def _boundaries(towns: Towns, file: Path, folder: Path) -> str:
    made = towns.make("with_schema")
    try:
        tried = import_boundaries(made, WHOLE, [file], BoundaryOptions(dry_run=True))
        done = import_boundaries(made, WHOLE, [file], BoundaryOptions())
        assert (tried.added, tried.changed) == (done.added, done.changed)
        if done.errors:
            assert not done.committed
            assert all(f.zh and f.en for f in done.errors)
            return f"findings: {done.errors[0].kind}"
        out = folder / "back.gpkg"
        export_layer(made, WHOLE, EXPORT_LAYERS["grids"], out)
        again = import_boundaries(made, WHOLE, [out], BoundaryOptions(dry_run=True))
        assert (again.added, again.changed, again.ended) == (0, 0, 0), (
            again.added,
            again.changed,
            again.ended,
        )
        return f"came back: {done.added}"
    finally:
        towns.drop(made)


def _records(database: Database, noun: str, file: Path, folder: Path, mapping: dict[str, str] | None) -> str:
    kind = IMPORT_KINDS[noun]
    options = ImportOptions(mapping=mapping, accept_valid=True)
    tried = import_records(
        database, WHOLE, kind, file, ImportOptions(mapping=mapping, accept_valid=True, dry_run=True)
    )
    done = import_records(database, WHOLE, kind, file, options)
    assert (tried.inserted, tried.updated) == (done.inserted, done.updated)
    assert done.parsed is not None
    if not done.inserted:
        assert done.refused
        return f"rows refused: {done.parsed.refused['code'].iloc[0]}"
    out = folder / f"back-{noun}.gpkg"
    export_layer(database, WHOLE, EXPORT_LAYERS[noun], out)
    again = import_records(database, WHOLE, kind, out, ImportOptions(dry_run=True))
    assert again.parsed is not None
    assert (again.inserted, again.updated, again.refused) == (0, 0, 0), (
        again.inserted,
        again.updated,
        again.parsed.refused.head(3).to_dict("records"),
        again.rows[:2],
    )
    return f"came back: {done.inserted}, refused {done.refused}"


def test_real_files_come_in_and_back_or_are_refused_by_name(
    towns: Towns, workspace: Database, tmp_path: Path, record_property: object
) -> None:
    outcomes: dict[str, str] = {}
    wrong: dict[str, str] = {}
    for number, path in enumerate(shipped()):
        folder = tmp_path / str(number)
        folder.mkdir()
        file = packed(path, folder)
        name = f"{path.parent.name}/{path.name}"
        try:
            kind = kind_of(path)
            if kind == "polygons":
                outcomes[name] = _boundaries(towns, file, folder)
            elif kind == "lines":
                outcomes[name] = _records(workspace, "roads", file, folder, None)
            else:
                outcomes[name] = _records(workspace, "incidents", file, folder, _EVENT)
        except GridmapError as refused:
            outcomes[name] = f"refused: {refused.code}"
            if file.name not in refused.zh or file.name not in refused.en:
                wrong[name] = f"no name in {refused.code}: {refused.zh}"
        except Exception as trace:
            wrong[name] = f"trace: {trace!r}"[:600]
    for name, outcome in outcomes.items():
        print(f"{name:50} {outcome}")
    print(f"{len(outcomes)} files, {sum('came back' in o for o in outcomes.values())} came back")
    assert not wrong, "\n".join(f"{name}: {why}" for name, why in wrong.items())
    assert len(outcomes) >= _LEAST
    assert sum("came back" in outcome for outcome in outcomes.values()) >= _LEAST // 3
