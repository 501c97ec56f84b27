"""A report's words are those of the model that ran: by count no share of chance, by rate nothing of Gi*."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest

from gridmap.reporting import front, page, tables, words
from gridmap.reporting.methods import method_words
from gridmap.reporting.model import HotspotReport, Text
from gridmap.services.hotspots.publish import PROPOSALS, falls, proposal
from tests.unit.test_reporting import CLUSTER, REPORT, SPOT

BY_RATE = replace(REPORT, by_rate=True, hotspots=(SPOT,))
OF_COUNT = (
    "Gi*",
    "swapped among",
    "互换",
    "置换",
    "space-time permutation",
    "whatever their population",
)
OF_RATE = ("beta-binomial", "贝塔", "Poisson scan", "泊松", "people present")


def written(report: object) -> str:
    return page.render(report, (), "both", leaflet_js="", leaflet_css="")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("by_rate", "domains", "level"), list(itertools.product((False, True), (1, 6), (3, 4)))
)
def test_every_sentence_on_method_is_of_the_model_that_ran(by_rate: bool, domains: int, level: int) -> None:
    base = BY_RATE if by_rate else REPORT
    report = replace(base, tested_domains=domains, level=Text(f"第 {level} 级", f"level {level}"))
    text = written(report)
    mine, others = (OF_RATE, OF_COUNT) if by_rate else (OF_COUNT, OF_RATE)
    said = " ".join(t.zh + t.en for t in method_words(report))
    for word in others:
        assert word not in said, word
    assert sum(word in said for word in mine) >= 4
    assert ("expected to be due to chance" in text) is by_rate
    assert ("population is not taken out" in text) is (not by_rate)
    if by_rate:
        assert "Gi*" not in text


@pytest.mark.parametrize("report", [REPORT, BY_RATE])
def test_a_row_s_dates_and_class_are_of_one_analysis_and_a_cluster_s_stand_under_its_letter(
    report: HotspotReport,
) -> None:
    alone = replace(
        report, hotspots=(SPOT,), clusters=(replace(CLUSTER, first="2026-06-01", last="2026-07-31"),)
    )
    _, frame = tables.frames(alone)["hotspots"]
    assert (frame["since_en"][0], frame["class_en"][0]) == (SPOT.since.en, SPOT.label.en)
    assert SPOT.since.zh in words.hotspot_words(SPOT).zh
    rows = written(alone).split("二、热点")[1].split("时空聚集")[0]
    assert SPOT.since.en in rows
    assert "2026-06-01" not in rows
    (spot,) = front.spots(alone)
    assert [line.en for line in spot.since] == [
        f"1 {SPOT.since.en}",
        "A since 2026-06-01, still going on at the end",
    ]
    (spot,) = front.spots(replace(alone, clusters=()))
    assert spot.since == (SPOT.since,)


@pytest.mark.parametrize(
    ("now", "before", "fell"),
    [
        (8, 90, True),
        (20, 120, True),
        # Neighbouring bands: one could be at its top, the other at its bottom.
        (39, 79, False),
        (60, 120, False),
        (60, 240, True),
        (20, 20, False),
        (30, None, False),
    ],
)
def test_a_place_that_fell_clearly_is_proposed_for_less(now: int, before: int | None, fell: bool) -> None:
    assert falls(now, before) is fell
    said = PROPOSALS["falling" if falls(now, before) else proposal("policing")]
    assert ("巡防" in said[0]) is (not fell)
