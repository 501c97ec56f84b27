"""A report's words are those of the model that ran: by count no share of chance, by rate nothing of Gi*."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest

from gridmap.reporting import page, tables, words
from gridmap.reporting.methods import method_words
from gridmap.reporting.model import Text
from gridmap.services.hotspots.publish import PROPOSALS, falls, proposal
from tests.unit.test_reporting import REPORT, SPOT

BY_RATE = replace(
    REPORT,
    by_rate=True,
    hotspots=(replace(SPOT, since=None, label=None, definition=None),),
)
OF_COUNT = (
    "Gi*",
    "swapped among grids",
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


def test_by_rate_a_row_joins_nothing_of_another_null() -> None:
    # The first page tells a cluster's own dates beside the hotspot that lies there, under its letter.
    text = written(BY_RATE).split("二、热点")[1]
    assert "何时开始</" not in text.replace("何时开始见", "")
    assert "Class" not in text
    _, frame = tables.frames(BY_RATE)["hotspots"]
    assert not {"since_zh", "class_zh"} & set(frame.columns)
    _, frame = tables.frames(REPORT)["hotspots"]
    assert {"since_zh", "class_zh"} <= set(frame.columns)
    assert "；" not in words.hotspot_words(BY_RATE.hotspots[0]).zh.partition("（q")[2]


@pytest.mark.parametrize(
    ("now", "before", "fell"),
    [
        (8, 56, True),
        (20, 60, True),
        (30, 40, False),
        (16, 22, False),
        (300, 500, True),
        (30, 0, False),
        (30, None, False),
    ],
)
def test_a_place_that_fell_clearly_is_proposed_for_less(now: int, before: int | None, fell: bool) -> None:
    assert falls(now, before) is fell
    said = PROPOSALS["falling" if falls(now, before) else proposal("policing")]
    assert ("巡防" in said[0]) is (not fell)
