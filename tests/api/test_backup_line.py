"""The desk tells administrators and data keepers how the backups stand, and nobody else."""

from __future__ import annotations

import datetime as dt
import io
import re

import pytest

from gridmap.domain.accounts import Role
from gridmap.domain.backups import Backup
from gridmap.errors import Unavailable
from gridmap.files.packed import pack
from gridmap.services.backups.shelf import Shelf
from gridmap.storage.database import Database
from tests.doors import client_of

TOWN = 33068110900000000


def line(database: Database, role: Role, lang: str = "zh") -> str | None:
    answer = client_of(database, role, TOWN).get(f"/desk?lang={lang}", headers={"Accept": "text/html"})
    assert answer.status_code == 200
    found = re.search(r'<p class="([^"]*)" id="backups"[^>]*>(.*?)</p>', answer.text, re.DOTALL)
    return None if found is None else f"{found[1]}: {found[2]}"


def put(shelf: Shelf, at: dt.datetime) -> None:
    name = at.strftime("%Y%m%dT%H%M%SZ")
    place = shelf.place(name)
    place.mkdir(parents=True)
    main = pack(io.BytesIO(b"dump"), place, "database.dump")
    shelf.write(Backup(name, "dump", at, "1", "0013", 15, False, (main,), {}, None, None, 1.0))


@pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.KEEPER])
def test_the_desk_tells_when_the_last_good_backup_was_and_warns_when_it_is_old_or_absent(
    demo_database: Database, role: Role
) -> None:
    shelf = Shelf(demo_database.settings.backups)
    assert shelf.newest() is None
    try:
        said = line(demo_database, role)
        assert said is not None
        assert said.startswith("notice bad")
        assert "还没有备份" in said
        now = dt.datetime.now(dt.UTC)
        put(shelf, now - dt.timedelta(days=3))
        said = line(demo_database, role, "en")
        assert said is not None
        assert said.startswith("notice bad")
        assert "It is old" in said
        put(shelf, now)
        said = line(demo_database, role)
        assert said is not None
        assert not said.startswith("notice bad")
        assert "最近一次完好备份" in said
        shelf.note_trouble(Unavailable("disk-full", "磁盘已满。", "The disk is full."), now)
        said = line(demo_database, role)
        assert said is not None
        assert said.startswith("notice bad")
        assert "磁盘已满" in said
    finally:
        import shutil

        shutil.rmtree(shelf.folder, ignore_errors=True)


def test_posts_that_do_not_look_after_the_machine_are_not_told(demo_database: Database) -> None:
    assert line(demo_database, Role.TOWN_DESK) is None
