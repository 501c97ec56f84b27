"""Small towns to import into: copies of a template on the worker's own server."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import URL, create_engine, text
from sqlalchemy.pool import NullPool

from gridmap.domain.gridkey import Scope
from gridmap.services.demo import load_town
from gridmap.services.ground.boundaries import BoundaryOptions, import_boundaries
from gridmap.services.hotspots.runs import run_hotspots
from gridmap.services.hotspots.spec import HotspotSpec
from gridmap.services.house import IMPORT_KINDS
from gridmap.services.imports.records import ImportOptions, import_records
from gridmap.settings import Settings
from gridmap.storage.database import Database

DATA = Path(__file__).resolve().parents[2] / "data" / "boundaries"

_numbers = count()


def _run(url: URL, statement: str) -> None:
    engine = create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))


class Towns:
    """Databases on the worker's server, made from one another."""

    def __init__(self, server: Database, home: Path) -> None:
        self._server = server
        self._home = home
        self._open: dict[str, Database] = {}

    def _admin(self, statement: str) -> None:
        _run(self._server.owner_url.set(database="postgres"), statement)

    def make(self, template: str, name: str | None = None) -> Database:
        """Copy a database and open the copy."""
        name = name or f"town_{next(_numbers)}"
        if template in self._open:
            self._open[template].close()
        self._admin(f"create database {name} template {template}")
        home = self._home / name
        home.mkdir()

        def address(url: URL) -> str:
            return url.set(database=name).render_as_string(hide_password=False)

        opened = Database(
            Settings(
                home=home,
                threads=2,
                DATABASE_URL=address(self._server.owner_url),
                app_database_url=address(self._server.app_url),
            )
        ).open()
        self._open[name] = opened
        return opened

    def close(self) -> None:
        """Close every copy; their server goes away with the worker."""
        for opened in self._open.values():
            opened.close()

    def drop(self, database: Database) -> None:
        """Close a copy and remove it."""
        database.close()
        name = next(n for n, opened in self._open.items() if opened is database)
        del self._open[name]
        self._admin(f"drop database {name} with (force)")


@pytest.fixture(scope="session")
def towns(database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Towns]:
    """Towns of this worker; the template ``villages`` has 28 villages, ``recorded`` has records, too."""
    made = Towns(database, tmp_path_factory.mktemp("towns"))
    villages = made.make("with_schema", "villages")
    files = [DATA / f"{name}.geojson" for name in ("town", "areas", "villages")]
    result = import_boundaries(villages, Scope.whole(), files, BoundaryOptions())
    assert result.committed, [f.en for f in result.errors]
    yield made
    made.close()


@pytest.fixture(scope="session")
def _recorded(towns: Towns) -> None:
    town = towns.make("villages", "recorded")
    for noun, file in (
        ("organisations", "organisations"),
        ("teams", "teams"),
        ("migrants", "migrant_clusters"),
        ("incidents", "incidents"),
        ("incident_steps", "incident_steps"),
        ("team_positions", "team_positions"),
    ):
        # Cases that only name a micro-grid have no place here, and so have their steps.
        options = ImportOptions(accept_valid=noun.startswith("incident"))
        done = import_records(town, Scope.whole(), IMPORT_KINDS[noun], DATA / f"{file}.csv", options)
        assert done.committed
        assert done.inserted > 0.98 * done.total


@pytest.fixture
def empty_town(towns: Towns) -> Iterator[Database]:
    """A workspace without grids."""
    town = towns.make("with_schema")
    yield town
    towns.drop(town)


@pytest.fixture
def town(towns: Towns) -> Iterator[Database]:
    """A workspace with the town, its areas and its villages, and no records."""
    made = towns.make("villages")
    yield made
    towns.drop(made)


@pytest.fixture
def recorded_town(towns: Towns, _recorded: None) -> Iterator[Database]:
    """A workspace with villages and every record of the demonstration town."""
    made = towns.make("recorded")
    yield made
    towns.drop(made)


@pytest.fixture(scope="session")
def _hot(towns: Towns) -> None:
    town = towns.make("with_schema", "hot")
    load_town(town, on_progress=None)
    asked = HotspotSpec("gi", dt.date(2026, 5, 1), dt.date(2026, 10, 31), seed=7)
    run_hotspots(town, Scope.whole(), asked)


@pytest.fixture(scope="module")
def hot_town(towns: Towns, _hot: None) -> Iterator[Database]:
    """The whole demonstration town with one Gi* run; a module's own."""
    made = towns.make("hot")
    yield made
    towns.drop(made)
