"""Published clusters: the SIDS counties, leukaemia in New York (SaTScan), medieval graves (SaTScan)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from gridmap.analysis import scan

pytestmark = pytest.mark.reference


@pytest.fixture(scope="module")
def folder(reference_dir: Path) -> Path:
    return reference_dir / "hotspot"


@pytest.fixture(scope="module")
def expected(folder: Path) -> dict[str, Any]:
    answers: dict[str, Any] = json.loads((folder / "expected.json").read_text(encoding="utf-8"))
    return answers


def _digits(printed: float) -> float:
    """Half a unit of the last digit that is printed."""
    text = f"{printed}"
    return 0.51 * 10.0 ** -(len(text.partition(".")[2]))


def _is(value: float, printed: float) -> bool:
    return abs(value - printed) <= _digits(printed)


def test_the_three_clusters_of_sudden_infant_deaths(folder: Path, expected: dict[str, Any]) -> None:
    counties = pd.read_csv(folder / "nc_sids" / "nc_sids.csv")
    found = scan.spatial(
        counties[["east", "north"]], counties.SID74 + counties.SID79, counties.BIR74 + counties.BIR79
    )
    answers = expected["nc_sids"]["scan_SID74plus79_poisson_east_north"]
    assert len(answers) == 3
    for cluster, answer in zip(found.clusters, answers, strict=False):
        assert sorted(counties.NAME[cluster.members]) == answer["counties"]
        assert cluster.observed == answer["cases"]
        assert _is(cluster.expected, answer["expected"])
        assert _is(cluster.relative_risk, answer["rr"])
        assert _is(cluster.llr, answer["llr"])
    assert found.clusters[0].p == found.clusters[1].p == 0.001


def _tracts(folder: Path) -> pd.DataFrame:
    tracts = pd.read_csv(folder / "ny_leukemia" / "nydf.csv")
    return tracts.assign(cases=np.floor(tracts.cases).astype(int))


def test_the_circular_clusters_of_leukaemia_in_new_york(folder: Path, expected: dict[str, Any]) -> None:
    tracts = _tracts(folder)
    found = scan.spatial(
        tracts[["longitude", "latitude"]], tracts.cases, tracts.population, max_population=0.1
    )
    answers = expected["ny_leukemia_scan_poisson_ubpop0.1_floor_cases_lonlat"]
    assert len(answers) == 3
    for answer in answers:
        cluster = found.clusters[answer["rank"] - 1]
        assert (cluster.members + 1).tolist() == answer["ids"]
        assert (cluster.population, cluster.observed) == (answer["pop"], answer["cases"])
        assert _is(cluster.expected, answer["exp"])
        assert _is(cluster.relative_risk, answer["rr"])
        assert _is(cluster.llr, answer["llr"])
        assert cluster.p == pytest.approx(answer["satscan_p"], abs=0.02)
        assert cluster.p_gumbel == pytest.approx(answer["satscan_p"], abs=0.02)
        if "smr" in answer:
            assert _is(cluster.observed / cluster.expected, answer["smr"])
        if "r" in answer:
            assert _is(cluster.radius, answer["r"])


def test_the_elliptic_cluster_of_leukaemia_in_new_york(folder: Path, expected: dict[str, Any]) -> None:
    tracts = _tracts(folder)
    found = scan.spatial(
        tracts[["longitude", "latitude"]],
        tracts.cases,
        tracts.population,
        shape="ellipse",
        max_population=0.1,
    )
    best, answer = found.clusters[0], expected["ny_leukemia_scan_elliptic_a0"]
    assert _is(best.llr, answer["llr"])
    assert (best.population, best.observed) == (answer["pop"], answer["cases"])
    assert _is(best.expected, answer["exp"])
    assert _is(best.relative_risk, answer["rr"])
    assert (best.shape, best.angle) == (answer["shape"], answer["angle"])
    assert best.p == 0.001
    assert best.p_gumbel == pytest.approx(answer["satscan_p"], abs=0.0005)


def test_a_penalty_prefers_the_rounder_ellipse_as_satscan_does(folder: Path) -> None:
    tracts = _tracts(folder)
    best = scan.spatial(
        tracts[["longitude", "latitude"]],
        tracts.cases,
        tracts.population,
        shape="ellipse",
        max_population=0.1,
        penalty=0.5,
        permutations=0,
    ).clusters[0]
    assert (best.shape, best.angle, best.observed, best.population) == (1.5, 90, 93, 99685)
    assert _is(best.llr, 14.772705)
    assert _is(best.statistic, 14.474236)


def test_the_clusters_of_affected_graves(folder: Path, expected: dict[str, Any]) -> None:
    graves = pd.read_csv(folder / "grave" / "grave.csv")
    found = scan.spatial(
        graves[["x", "y"]], (graves.mark == "affected").astype(int), np.ones(len(graves)), "bernoulli"
    )
    answers = expected["grave_scan_bernoulli_ub0.5"]
    assert len(answers) == 2
    for cluster, answer in zip(found.clusters, answers, strict=False):
        assert set((cluster.members + 1).tolist()) == set(answer["ids"])
        assert (cluster.population, cluster.observed) == (answer["pop"], answer["cases"])
        assert _is(cluster.expected, answer["exp"])
        assert _is(cluster.relative_risk, answer["rr"])
        assert _is(cluster.llr, answer["llr_here"])
