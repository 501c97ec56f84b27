"""The hash of a run's records is that of every version: as Python writes each record, whatever their order."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from gridmap.services.hotspots.data_hash import sorted_rows

FLOATS = st.floats(allow_nan=True, width=64) | st.sampled_from(
    [-0.0, 0.0, 1e-5, 9.9e-5, 1e-4, -3.3e-7, 1761955200.0, 120.1234567, 123456789012345.6, 1e15, 1e16, 5e-324]
)
TEXT = st.none() | st.sampled_from(["dispute", "x'y", 'x"y', "土地", "a\\b", "x)"])


def plainly(columns: tuple[np.ndarray, ...]) -> bytes:
    return "\n".join(sorted(map(str, zip(*(c.tolist() for c in columns), strict=True)))).encode()


@given(st.data(), st.integers(0, 30))
def test_records_are_written_as_python_writes_them_one_by_one(data: st.DataObject, n: int) -> None:
    drawn = data.draw
    columns = (
        drawn(arrays.arrays(np.float64, n, elements=FLOATS)),
        drawn(arrays.arrays(np.int64, n)),
        np.array(drawn(st.lists(TEXT, min_size=n, max_size=n)), dtype=object),
        drawn(arrays.arrays(np.int64, n)),
    )
    assert sorted_rows(columns) == plainly(columns)


def test_numbers_of_every_size_are_written_as_python_writes_them() -> None:
    rng = np.random.default_rng(1)
    exponents = 10.0 ** rng.integers(-20, 20, 20_000)
    digits = np.round(rng.uniform(-10, 10, 20_000), 3)
    columns = (digits * exponents, rng.uniform(-180, 180, 20_000), np.floor(rng.uniform(0, 2e9, 20_000)))
    assert sorted_rows(columns) == plainly(columns)
