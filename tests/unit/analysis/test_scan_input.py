"""What the scan statistics refuse, and with which words."""

from __future__ import annotations

import numpy as np
import pytest

from gridmap.analysis import scan
from gridmap.errors import InvalidInput

XY = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 2.0]])


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"xy": XY[:, :1]}, "scan-points-shape"),
        ({"xy": XY[:0], "cases": [], "population": []}, "scan-points-shape"),
        ({"xy": [[0, np.nan], [1, 0], [0, 2]]}, "scan-coordinate-not-finite"),
        ({"cases": [1, 2]}, "scan-cases-shape"),
        ({"cases": [1, -2, 3]}, "scan-cases-not-counts"),
        ({"cases": [1, 2.5, 3]}, "scan-cases-not-counts"),
        ({"cases": [1, np.nan, 3]}, "scan-cases-not-counts"),
        ({"cases": [0, 0, 0]}, "scan-no-cases"),
        ({"population": [1, 2]}, "scan-population-shape"),
        ({"population": [1, -2, 3]}, "scan-population-invalid"),
        ({"population": [0, 0, 0]}, "scan-population-zero"),
        ({"population": [0, 5, 5]}, "scan-cases-exceed-population"),
        ({"population": [0.5, 5, 5], "model": "bernoulli"}, "scan-population-not-whole"),
        ({"population": [1, 1, 5], "model": "bernoulli"}, "scan-cases-exceed-population"),
        ({"model": "normal"}, "scan-model"),
        ({"shape": "square"}, "scan-shape"),
        ({"shape": "ellipse", "ratios": (0.5,)}, "scan-ratio"),
        ({"side": "left"}, "scan-side"),
        ({"max_population": 0.0}, "scan-max-population"),
        ({"permutations": -1}, "scan-option-negative"),
        ({"ids": ["a"]}, "scan-ids-shape"),
    ],
)
def test_what_cannot_be_scanned_is_refused(change: dict[str, object], code: str) -> None:
    good = {"xy": XY, "cases": [1, 2, 3], "population": [5, 5, 5]}
    with pytest.raises(InvalidInput) as refused:
        scan.spatial(**(good | change))
    assert refused.value.code == code


def test_a_space_time_scan_says_what_it_needs() -> None:
    cases = np.ones((3, 4))
    with pytest.raises(InvalidInput, match="permutation"):
        scan.space_time(XY, cases)
    with pytest.raises(InvalidInput, match="1 to 4"):
        scan.space_time(XY, cases, np.ones(3), max_duration=5)
    with pytest.raises(InvalidInput, match="coarser"):
        scan.space_time(np.random.default_rng(0).random((9000, 2)), np.ones((9000, 400)), model="permutation")
