"""Tiles of incidents that are kept: the same for whoever sees the same, and new with every change of the data."""

from __future__ import annotations

import datetime as dt
import threading
import uuid
from typing import Any

import pytest

from gridmap.domain.accounts import Actor
from gridmap.domain.cases.asked import NewCase
from gridmap.domain.gridkey import Scope
from gridmap.domain.query import IncidentQuery
from gridmap.services.cases import intake, tiles
from gridmap.storage.cases import tiles as stored
from gridmap.storage.database import Database
from gridmap.storage.workspace import settings
from tests.conftest import MakeDatabase

PLACE = (120.3988, 29.7630)
BLOCK = (12, range(3417, 3419), range(1692, 1694))
ANY = IncidentQuery()


@pytest.fixture(scope="module")
def town(make_database: MakeDatabase) -> Database:
    return make_database("villages")


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """Which tiles were made of the database."""
    found: list[tuple[int, int]] = []
    make = stored.incident_tile

    def incident_tile(session: Any, z: int, x: int, y: int, chosen: Any) -> bytes:
        found.append((x, y))
        return make(session, z, x, y, chosen)

    monkeypatch.setattr(stored, "incident_tile", incident_tile)
    return found


def record(town: Database) -> None:
    lon, lat = PLACE
    new = NewCase("dispute", dt.datetime.now(dt.UTC), "相邻争吵", kind="02", lon=lon, lat=lat, accuracy_m=20)
    intake.record(town, Actor.at_the_machine(), new, uuid.uuid4())


def test_a_tile_is_made_once_for_whoever_sees_the_same_and_again_after_each_change(
    town: Database, made: list[tuple[int, int]]
) -> None:
    record(town)
    first = tiles.incident_block(town, Scope.whole(), *BLOCK, ANY)
    assert len(made) == 4
    assert sum(map(bool, first)) == 1
    assert tiles.incident_block(town, Scope.whole(), *BLOCK, ANY) == first
    assert len(made) == 4
    record(town)
    second = tiles.incident_block(town, Scope.whole(), *BLOCK, ANY)
    assert len(made) == 8
    assert second != first


def test_no_scope_and_no_question_is_given_the_tile_of_another(
    town: Database, made: list[tuple[int, int]]
) -> None:
    record(town)
    whole = tiles.incident_block(town, Scope.whole(), *BLOCK, ANY)
    elsewhere = Scope(33068110901000000, 33068110901999999)
    assert tiles.incident_block(town, elsewhere, *BLOCK, ANY) == [b""] * 4
    asked = IncidentQuery(domains=("safety",))
    assert tiles.incident_block(town, Scope.whole(), *BLOCK, asked) == [b""] * 4
    assert any(whole)
    assert len(made) == 12


def test_what_changes_with_the_clock_is_made_again_after_a_minute(
    town: Database, made: list[tuple[int, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    tiles.incident_block(town, Scope.whole(), *BLOCK, IncidentQuery(text="x"))
    monkeypatch.setattr(tiles, "KEPT_S", 0)
    tiles.incident_block(town, Scope.whole(), *BLOCK, IncidentQuery(text="x"))
    assert len(made) == 8


def test_two_who_change_the_data_at_once_give_it_two_versions(town: Database) -> None:
    with town.scoped_session(Scope.whole()) as session:
        before = settings.data_version(session)
    waits = threading.Event()

    def other() -> None:
        with town.scoped_session(Scope.whole(), write=True) as session:
            settings.read_settings(session)
            waits.set()
            settings.touch(session)

    with town.scoped_session(Scope.whole(), write=True) as session:
        settings.touch(session)
        second = threading.Thread(target=other)
        second.start()
        assert waits.wait(60)
    second.join()
    with town.scoped_session(Scope.whole()) as session:
        assert settings.data_version(session) == before + 2
