"""Every run names its own conventions and those of no other: each method, by count and by rate, domain and level."""

from __future__ import annotations

import datetime as dt
import itertools
from typing import Any

import pytest

from gridmap.domain.gridkey import Scope
from gridmap.errors import InvalidInput
from gridmap.services.hotspots.runs import run_hotspots
from gridmap.services.hotspots.spec import COUNTING, COUNTS_ONLY, METHODS, HotspotSpec
from gridmap.storage.database import Database

# What only such a run says.
OWN = {
    ("gi", "count"): "statistic: Gi*",
    ("gi", "rate"): "neighbourhood count, own cell included",
    ("moran", "count"): "statistic: local Moran",
    ("moran", "rate"): "statistic: local Moran",
    ("scan", "count"): "model: poisson",
    ("scan", "rate"): "model: poisson",
    ("space-time-scan", "count"): "model: space-time permutation",
    ("space-time-scan", "rate"): "model: space-time poisson",
    ("expected-scan", "count"): "expectation-based Poisson",
    ("near-repeat", "count"): "times shuffled among the events",
    ("emerging", "count"): "values move over the whole cube",
    ("emerging", "rate"): "times all events of the bin's own periods",
    ("kde", "count"): "edge: jones-diggle",
    ("network-kde", "count"): "equal split, discontinuous",
}
OF_CELLS = {"gi", "moran", "emerging", "scan", "space-time-scan", "expected-scan"}
FITTED = "rates of places as dispersed as fitted"
NOT_TAKEN_OUT = "By count population is not taken out"
KINDS = [
    (method, by)
    for method in METHODS
    for by in ("count", "rate")
    if by == "count" or method not in COUNTS_ONLY
]


def told(database: Database, method: str, by: str, domain: str | None, level: int) -> str:
    given: dict[str, Any] = {"permutations": 0 if method in {"gi", "moran", "emerging"} else 19}
    if method == "expected-scan":
        given["step"] = "week"
    asked = HotspotSpec(
        method,  # type: ignore[arg-type]
        dt.date(2026, 1, 1),
        dt.date(2026, 10, 31),
        level=level,
        by=by,  # type: ignore[arg-type]
        domain=domain,
        **given,
    )
    about = run_hotspots(database, Scope.whole(), asked, keep=False).summary
    conventions = "\n".join(f"{name}: {value}" for name, value in about["conventions"].items())
    notes = "\n".join(en for _, en in about["notes"])
    return "\n".join((about["method_en"], notes, conventions))


def test_each_kind_of_run_has_words_of_its_own() -> None:
    assert set(OWN) == set(KINDS)


@pytest.mark.parametrize(("domain", "level"), list(itertools.product((None, "policing"), (1, 2, 3, 4))))
def test_a_run_names_its_own_conventions_and_those_of_no_other(
    demo_database: Database, domain: str | None, level: int
) -> None:
    # Points are the same at each level, and a density of a whole town takes seconds.
    kinds = [kind for kind in KINDS if level == 3 or not {kind[0]} & {"kde", "network-kde", "near-repeat"}]
    assert len(kinds) >= 10
    for method, by in kinds:
        if level < 3 and method in OF_CELLS:
            # One town or three areas: nothing to compare, and no words of a comparison.
            with pytest.raises(InvalidInput) as refused:
                told(demo_database, method, by, domain, level)
            assert refused.value.code == "cells-too-few"
            continue
        text = told(demo_database, method, by, domain, level)
        said = {kind for kind, word in OWN.items() if word in text}
        assert said == {kind for kind, word in OWN.items() if word == OWN[method, by]}, (method, by, text)
        assert ("by the people present" in text.splitlines()[0]) is (by == "rate"), (method, by)
        assert (NOT_TAKEN_OUT in text) is (by == "count" and method in COUNTING), (method, by)
        assert ("many people or many incidents" in text) is (by == "count" and method in COUNTING), (
            method,
            by,
        )
        assert (FITTED in text) is (by == "rate" and "scan" in method), (method, by)
        assert ("over 6 domains" in text) is (method == "gi" and domain is None), (method, by)
