"""Names of villages as people write them."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from gridmap.domain.villages import village_stem

CODES = Path(__file__).resolve().parents[2] / "data" / "boundaries" / "village_codes.csv"


@pytest.mark.parametrize(
    "name",
    ["枫源", "枫源村", "枫源社区", "枫源村委会", "枫源居委会", "枫源村民委员会", "枫源社区居委会",
     "枫源村村委会", " 枫源村 "],
)  # fmt: skip
def test_every_way_to_write_a_village_has_one_stem(name: str) -> None:
    assert village_stem(name) == "枫源"


@pytest.mark.parametrize(
    "name", ["Loujia", "Loujia village", "LOUJIA Community", "loujia  committee", "Loujia precinct"]
)
def test_english_names_have_one_stem_too(name: str) -> None:
    assert village_stem(name) == "loujia"


@pytest.mark.parametrize("name", ["村", "社区", "村委会"])
def test_a_name_that_is_only_the_word_for_village_stays(name: str) -> None:
    assert village_stem(name) == name


def test_a_stem_keeps_what_is_not_an_ending() -> None:
    assert village_stem("村前村") == "村前"
    assert village_stem("Villagetown") == "villagetown"


@pytest.mark.parametrize("column", ["name_2016", "name_2023"])
def test_no_two_villages_of_the_town_share_a_stem(column: str) -> None:
    with CODES.open(encoding="utf-8") as lines:
        names = [row[column] for row in csv.DictReader(lines)]
    assert len({village_stem(name) for name in names}) == len(names)


def test_a_village_keeps_its_stem_when_it_becomes_a_community() -> None:
    with CODES.open(encoding="utf-8") as lines:
        changed = [row for row in csv.DictReader(lines) if row["changed_to_community"] == "1"]
    assert len(changed) == 5
    for row in changed:
        assert village_stem(row["name_2016"]) == village_stem(row["name_2023"]), row
