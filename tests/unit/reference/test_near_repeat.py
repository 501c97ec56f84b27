"""Published space-time tables: arsons in Chicago (Near Repeat Calculator), Burkitt's lymphoma in Uganda."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from gridmap.analysis import near_repeat

pytestmark = pytest.mark.reference


@pytest.fixture(scope="module")
def folder(reference_dir: Path) -> Path:
    return reference_dir / "hotspot"


@pytest.fixture(scope="module")
def expected(folder: Path) -> dict[str, Any]:
    answers: dict[str, Any] = json.loads((folder / "expected.json").read_text(encoding="utf-8"))
    return answers


def test_the_near_repeat_table_of_arsons_in_chicago(folder: Path, expected: dict[str, Any]) -> None:
    arsons = pd.read_csv(folder / "chicago_arson" / "chicago_arson.csv")
    day = (pd.to_datetime(arsons.date) - pd.Timestamp(2016, 1, 1)).dt.days
    answer = expected["chicago_arson_knox"]
    found = near_repeat.table(
        arsons[["X", "Y"]],
        day,
        answer["nrc_true_space_breaks"],
        answer["nrc_true_time_breaks"],
        "manhattan",
    )
    assert found.observed.tolist() == answer["exact_here"]
    # The calculator itself prints two of the pairs one band further.
    assert np.abs(found.observed - np.array(answer["nrc_13_printed"])).sum() == 4
    printed_p = np.array(
        [
            [1.00, 0.01, 1.00, 1.00],
            [0.01, 0.27, 0.23, 1.00],
            [0.01, 1.00, 1.00, 1.00],
            [0.01, 1.00, 1.00, 0.96],
            [1.00, 0.84, 0.30, 0.01],
        ]
    )
    # Its 99 shuffles against these 999; the first cell differs by one pair.
    same = np.ones(printed_p.shape, np.bool_)
    same[0, 0] = False
    assert np.abs(found.p - printed_p)[same].max() < 0.16
    assert (found.p[same & (printed_p == 0.01)] <= 0.01).all()


def test_the_tests_of_interaction_on_burkitts_lymphoma(folder: Path, expected: dict[str, Any]) -> None:
    cases, answer = pd.read_csv(folder / "burkitt" / "burkitt.csv"), expected["burkitt"]
    xy, t = cases[["X", "Y"]], cases["T"]
    found = near_repeat.knox(xy, t, 20, 5)
    assert found.statistic == answer["knox_delta20_tau5"]
    assert found.observed.tolist() == answer["table"]
    assert found.p_poisson == pytest.approx(answer["p_poisson"], rel=1e-12)
    assert near_repeat.mantel(xy, t, 99).statistic == pytest.approx(answer["mantel_scon1_spow-1"], abs=5e-7)
    assert near_repeat.jacquez(xy, t, 3).statistic == answer["jacquez_k3"]
    assert near_repeat.modified_knox(xy, t, 20, 5).statistic == pytest.approx(
        answer["modified_knox"], abs=5e-6
    )
