"""Real files from packages that ship data: each goes in, out and back unchanged, or is refused by its name; no trace.

Run with ``python -m scripts.bench.real_files [FOLDER ...]``; folders hold further files, such as unpacked archives
of packages with test data. Each file gets an empty workspace: polygons are boundaries, lines roads, points and tables
incidents of the demonstration town. It ends with 1 where a file ended otherwise.
"""

from __future__ import annotations

import argparse
import importlib.util
import shutil
import sys
import tempfile
import zipfile
from collections import Counter
from pathlib import Path

import pyogrio

from gridmap.domain.gridkey import Scope
from gridmap.errors import GridmapError
from gridmap.services.demo import GRIDS
from gridmap.services.ground.boundaries import BoundaryOptions, import_boundaries
from gridmap.services.house import EXPORT_LAYERS, IMPORT_KINDS
from gridmap.services.imports.records import ImportOptions, import_records
from gridmap.services.workspace.exports import export_layer
from gridmap.settings import Settings
from gridmap.storage.database import Database
from gridmap.storage.schema import upgrade

WHOLE = Scope.whole()
BOUNDARIES = Path(__file__).resolve().parents[2] / "data" / "boundaries"
_MOST_BYTES = 20 * 1024 * 1024
_EVENT = {"domain": "=policing", "occurred_at": "=2024-05-01"}
_PACKAGES = (
    "libpysal",
    "pyogrio",
    "esda",
    "pointpats",
    "geopandas",
    "fiona",
    "shapefile",
    "shapely",
    "pandas",
)
_ENDINGS = frozenset(
    [
        ".shp",
        ".geojson",
        ".json",
        ".gpkg",
        ".kml",
        ".kmz",
        ".fgb",
        ".parquet",
        ".topojson",
        ".csv",
        ".xls",
        ".xlsx",
        ".xlsm",
        ".xlsb",
        ".ods",
        ".osm",
        ".pbf",
        ".zip",
        ".gml",
        ".tab",
        ".gpx",
        ".gdb",
    ]
)
_GDAL_S_OWN = frozenset({"gdal_data", "proj_data"})
"""Folders of definitions that wheels carry for GDAL and PROJ: tables for programs, nobody's data."""
_TABLES = frozenset({".csv", ".xls", ".xlsx", ".xlsm", ".xlsb", ".ods"})


def shipped(folders: list[Path]) -> list[Path]:
    """Return files with shapes or tables of installed packages and of folders, in order of their names."""
    for name in _PACKAGES:
        found = importlib.util.find_spec(name)
        if found is not None and found.origin:
            folders = [*folders, Path(found.origin).parent]
    return sorted(
        path
        for folder in folders
        for path in folder.rglob("*")
        if path.suffix.lower() in _ENDINGS
        and path.is_file()
        and path.stat().st_size < _MOST_BYTES
        and _GDAL_S_OWN.isdisjoint(path.parts)
    )


def packed(path: Path, folder: Path) -> Path:
    """Copy a file; a shapefile with its parts becomes an archive."""
    if path.suffix.lower() != ".shp":
        return Path(shutil.copyfile(path, folder / path.name))
    target = folder / f"{path.stem}.zip"
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for part in sorted(path.parent.glob(f"{path.stem}.*")):
            if part.suffix.lower() in {".shp", ".shx", ".dbf", ".prj", ".cpg"}:
                archive.write(part, part.name)
    return target


def kind_of(path: Path) -> str:
    """Tell what a file is tried as."""
    if path.suffix.lower() in _TABLES:
        return "incidents"
    if path.suffix.lower() in {".osm", ".pbf"}:
        return "roads"
    try:
        told = str(pyogrio.read_info(path).get("geometry_type"))
    except (OSError, ValueError, RuntimeError):
        told = ""
    return "roads" if "Line" in told else "incidents" if "Point" in told else "grids"


def empty(database: Database) -> None:
    """Take everything out of the workspace."""
    with database.owner_engine() as engine, engine.begin() as connection:
        connection.exec_driver_sql(
            "truncate gridmap.boundary_versions, gridmap.grids, gridmap.grid_predecessors, gridmap.incidents,"
            " gridmap.roads, gridmap.import_runs, gridmap.import_changes, gridmap.case_days cascade"
        )


def boundaries(database: Database, file: Path, folder: Path) -> str:
    """Try a file as boundaries."""
    tried = import_boundaries(database, WHOLE, [file], BoundaryOptions(dry_run=True))
    done = import_boundaries(database, WHOLE, [file], BoundaryOptions())
    if (tried.added, tried.changed) != (done.added, done.changed):
        return f"WRONG: a dry run tells {tried.added} new, the import {done.added}"
    if done.errors:
        return f"refused: finding {done.errors[0].kind}"
    out = folder / "back.gpkg"
    export_layer(database, WHOLE, EXPORT_LAYERS["grids"], out)
    again = import_boundaries(database, WHOLE, [out], BoundaryOptions(dry_run=True))
    if again.added or again.changed or again.ended:
        return f"WRONG: came back with {again.added} new, {again.changed} changed, {again.ended} ended"
    return f"came back: {done.added} grids"


def records(database: Database, noun: str, file: Path, folder: Path) -> str:
    """Try a file as records."""
    kind, mapping = IMPORT_KINDS[noun], _EVENT if noun == "incidents" else None
    if noun == "incidents":
        import_boundaries(database, WHOLE, [BOUNDARIES / name for name in GRIDS], BoundaryOptions())
    tried = import_records(
        database, WHOLE, kind, file, ImportOptions(mapping=mapping, accept_valid=True, dry_run=True)
    )
    done = import_records(database, WHOLE, kind, file, ImportOptions(mapping=mapping, accept_valid=True))
    if (tried.inserted, tried.updated) != (done.inserted, done.updated):
        return f"WRONG: a dry run tells {tried.inserted} new, the import {done.inserted}"
    if not done.inserted:
        codes = Counter(done.parsed.refused["code"]) if done.parsed is not None else Counter()
        return (
            f"refused: every row, {', '.join(codes)}"
            if codes
            else "WRONG: nothing came in and nothing was refused"
        )
    out = folder / "back.gpkg"
    export_layer(database, WHOLE, EXPORT_LAYERS[noun], out)
    again = import_records(database, WHOLE, kind, out, ImportOptions(dry_run=True))
    if again.inserted or again.updated or again.refused:
        fields = [f.name for row in again.rows[:1] for f in row.fields]
        told = f"{again.updated} changed ({fields}), {again.refused} refused, {again.inserted} new"
        return f"WRONG: came back with {told}"
    return f"came back: {done.inserted} rows, refused {done.refused}"


def outcome_of(database: Database, path: Path, folder: Path) -> str:
    """Tell how a file ended."""
    try:
        file, kind = packed(path, folder), kind_of(path)
        return (
            boundaries(database, file, folder) if kind == "grids" else records(database, kind, file, folder)
        )
    except GridmapError as refused:
        named = path.stem in refused.zh and path.stem in refused.en
        return f"refused: {refused.code}" if named else f"WRONG: no name in {refused.code}: {refused.en}"
    except Exception as trace:
        return f"WRONG: {trace!r}"[:300]


def main() -> None:
    """Try every file, and print how it ended."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="*", type=Path)
    home = Path(tempfile.mkdtemp(prefix="gridmap-real-"))
    outcomes = []
    try:
        with Database(Settings(home=home)) as database:
            upgrade(database)
            for number, path in enumerate(shipped(parser.parse_args().folders)):
                folder = home / f"file-{number}"
                folder.mkdir()
                empty(database)
                outcomes.append(outcome_of(database, path, folder))
                print(f"{path.parent.name}/{path.name}: {outcomes[-1]}", flush=True)
    finally:
        shutil.rmtree(home, ignore_errors=True)
    begun = Counter(outcome.partition(":")[0] for outcome in outcomes)
    print(f"{len(outcomes)} files: {dict(begun)}")
    sys.exit(1 if begun["WRONG"] else 0)


if __name__ == "__main__":
    main()
