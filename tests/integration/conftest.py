"""Small towns to import into: copies of the suite's templates."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from gridmap.storage.database import Database
from tests.towns import Towns


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
def recorded_town(towns: Towns) -> Iterator[Database]:
    """A workspace with villages and every record of the demonstration town."""
    made = towns.make("recorded")
    yield made
    towns.drop(made)


@pytest.fixture(scope="module")
def hot_town(towns: Towns) -> Iterator[Database]:
    """The whole demonstration town with one Gi* run; a module's own."""
    made = towns.make("hot")
    yield made
    towns.drop(made)
