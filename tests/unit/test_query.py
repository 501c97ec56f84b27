"""One query: what the page asks and what Python reads are the same."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridmap.domain.query import FLAGS, IncidentQuery

VECTORS = json.loads((Path(__file__).resolve().parents[1] / "vectors" / "queries.json").read_text("utf-8"))

codes = st.lists(st.sampled_from(["dispute", "land", "02", "x_y"]), max_size=3, unique=True).map(
    lambda found: tuple(sorted(found))
)
queries = st.builds(
    IncidentQuery,
    grid=st.none() | st.integers(0, 10**17 - 1),
    since=st.none() | st.dates(dt.date(1949, 1, 1), dt.date(2100, 1, 1)),
    until=st.none() | st.dates(dt.date(1949, 1, 1), dt.date(2100, 1, 1)),
    domains=codes,
    kinds=codes,
    stages=codes,
    flags=st.frozensets(st.sampled_from(FLAGS)),
    text=st.none() | st.text(min_size=1, max_size=20),
)


@given(queries)
def test_a_query_comes_back_from_its_parameters_and_from_its_address(query: IncidentQuery) -> None:
    assert IncidentQuery.from_parameters(query.parameters()) == query
    printable = query.text is None or query.text.isprintable()
    address = dict(parse_qsl(query.address(), keep_blank_values=True)) if printable else query.parameters()
    assert IncidentQuery.from_parameters(address) == query


def test_there_are_vectors() -> None:
    assert len(VECTORS) >= 10


@pytest.mark.parametrize("vector", VECTORS)
def test_the_pages_parameters_are_read_as_they_are_written(vector: dict[str, Any]) -> None:
    query = IncidentQuery.from_parameters(vector["parameters"])
    assert query.parameters() == vector["parameters"]
    assert list(query.parameters()) == list(vector["parameters"]), "in one order, so that addresses are equal"
