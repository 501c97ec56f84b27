"""A town's own server: dumps by an owner that policies bind, restored beside what was there, proven by a drill."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import text

from gridmap.domain.gridkey import Scope
from gridmap.errors import Conflict
from gridmap.services.backups.drill import drill
from gridmap.services.backups.making import make_backup
from gridmap.services.backups.restoring import Wanted, restore
from gridmap.services.ground.boundaries import BoundaryOptions, import_boundaries
from gridmap.services.house import IMPORT_KINDS
from gridmap.services.imports.records import ImportOptions, import_records
from gridmap.storage.backups.figures import figures, see_everything
from gridmap.storage.database import Database
from gridmap.storage.schema import require_current, upgrade
from tests.faults.test_external_server import Server, connect, server  # noqa: F401 - fixtures
from tests.towns import DATA

pytestmark = pytest.mark.faults


def figures_of(database: Database) -> object:
    with database.owner_engine() as engine, engine.connect() as connection:
        see_everything(connection)
        return figures(connection)


def test_an_external_database_comes_back_whole_by_an_owner_that_policies_bind(
    server: Server,  # noqa: F811 - a fixture
    connect: Callable[..., Database],  # noqa: F811 - a fixture
) -> None:
    owner = server.role("createrole")
    place = server.place(owner[0])
    town = connect(server.address(owner, place))
    upgrade(town)
    files = [DATA / f"{name}.geojson" for name in ("town", "areas", "villages")]
    assert import_boundaries(town, Scope.whole(), files, BoundaryOptions()).committed
    for noun in ("organisations", "teams"):
        file = DATA / f"{noun}.csv"
        assert import_records(town, Scope.whole(), IMPORT_KINDS[noun], file, ImportOptions()).committed
    before = figures_of(town)
    backup = make_backup(town)
    assert backup.kind == "dump"
    assert backup.tables == before
    assert backup.tables["teams"].rows > 5
    assert drill(town).tables == before

    with town.scoped_session(Scope.whole(), write=True) as session:
        session.execute(text("delete from gridmap.teams"))
    with pytest.raises(Conflict) as refused:
        restore(town, Wanted())
    assert refused.value.code == "database-there"
    town.close()
    done = restore(town, Wanted(replace=True))
    assert done.tables == before
    (aside,) = done.set_aside
    assert server.run(f"select count(*) from {aside}.teams", place) == 0
    town.open()
    require_current(town)
    with town.scoped_session(Scope.whole()) as session:
        assert session.scalar(text("select count(*) from gridmap.teams")) == backup.tables["teams"].rows
