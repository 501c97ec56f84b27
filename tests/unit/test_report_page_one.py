"""The first page of a report is one page, however many places there are and whatever they are called."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

import pypdfium2
import pytest

from gridmap.reporting import page
from gridmap.reporting.front import spots
from gridmap.reporting.model import Cluster, Hotspot, HotspotReport, Notes, Text
from gridmap.reporting.page_one import page_one
from gridmap.reporting.paper import to_pdf
from tests.unit.test_reporting import CLUSTER, REPORT, SPOT

A4_HIGH_PT, MARGIN_PT, FOOT_PT = 841.89, 14 / 25.4 * 72, 18 / 25.4 * 72
LONG = Text(
    "会稽山西麓东白湖风景名胜区管理委员会第十七村民委员会",
    "Kuaiji Mountain western foothills and East White Lake scenic area villagers' committee no. 17",
)
LANGUAGES: tuple[page.Languages, ...] = ("zh", "en", "both")


def moved(one: Hotspot | Cluster, number: int) -> dict[str, Any]:
    east, north = (number % 8) * 0.2, (number // 8) * 0.2
    ring = [[x + east, y + north] for x, y in one.geometry["coordinates"][0]]
    return {
        "geometry": {"type": "Polygon", "coordinates": [ring]},
        "point": (one.point[0] + east, one.point[1] + north),
    }


def named_long(notes: Notes, number: int) -> Notes:
    several = tuple(Text(f"{LONG.zh}{n}", f"{LONG.en} {n}") for n in range(4))
    return replace(
        notes,
        villages=several,
        go_to=Text(
            f"{LONG.zh}旁约 160 米，第{number}微网格",
            f"about 160 m off 杜黄路, {LONG.en} micro-grid {number}",
        ),
        kinds=(
            Text("拖欠农民工工资", "wages owed to migrant workers"),
            Text("征地拆迁补偿", "compensation for land taken"),
        ),
        who=Text(
            "村调解委员会、网格员；镇综治中心协调",
            "the village's committee and grid posts; the town's centre leads",
        ),
    )


def many(places: int, *, long: bool = False) -> HotspotReport:
    notes = SPOT.notes
    assert notes is not None
    found = tuple(
        replace(
            SPOT,
            number=n + 1,
            before=50,
            last_year=60,
            notes=named_long(notes, n) if long else notes,
            **moved(SPOT, n),
        )
        for n in range(places)
    )
    report = replace(REPORT, hotspots=found, last_year="known", domains=Text("全部领域", "all domains"))
    if not long:
        return report
    several = tuple(
        replace(CLUSTER, letter=letter, **moved(CLUSTER, 60 + n)) for n, letter in enumerate("ABC")
    )
    return replace(report, place=LONG, clusters=several)


def first_page(report: HotspotReport, languages: page.Languages) -> bytes:
    html = page.render_paper(report, languages)
    head, section, _ = html.partition('<section class="details">')
    assert section
    return to_pdf(head + "</main></body></html>", "{}")


@pytest.mark.parametrize(
    ("languages", "places", "long"),
    [
        (of, *case)
        for of, case in itertools.product(LANGUAGES, ((1, False), (12, False), (25, True), (40, False)))
    ],
)
def test_page_one_is_one_page_and_says_how_many_places_are_elsewhere(
    languages: page.Languages, places: int, long: bool
) -> None:
    report = many(places, long=long)
    wanted = page.wanted_languages(languages)
    shown = page_one(report, spots(report), wanted)
    held = pypdfium2.PdfDocument(first_page(report, languages))
    assert len(held) == 1
    words = held[0].get_textpage()
    boxes = [words.get_charbox(n) for n in range(words.count_chars())]
    inside = [box for box in boxes if box[2] > box[0] and box[1] > FOOT_PT - 1]
    assert max(box[2] for box in inside) <= 595.28 - MARGIN_PT + 1
    text = "".join(words.get_text_bounded().split())
    rest = shown.places - len(shown.rows)
    assert (f"其余{rest}处见“全部地点”" in text) is (rest > 0 and "zh" in wanted)
    assert (f'theother{rest}areunder"Allplaces"' in text) is (rest > 0 and "en" in wanted)
    assert shown.places == places + (3 if long else 0)
    least = {"zh": 7, "en": 5, "both": 3}[languages]
    assert len(shown.rows) >= (1 if long else min(places, least))
    # Nothing of the table is cut: its last row ends above the page's foot.
    assert min(box[1] for box in inside) >= FOOT_PT


def test_all_places_follow_from_page_two_on_with_their_comparisons_and_villages() -> None:
    report = many(25)
    held = pypdfium2.PdfDocument(to_pdf(page.render_paper(report, "zh"), "{}"))
    texts = ["".join(held[n].get_textpage().get_text_bounded().split()) for n in range(len(held))]
    assert texts[1].startswith("全部地点")
    after = "".join(texts[1:])
    assert after.count("比去年同期：") == 25
    assert "枫一社区：" in after
    assert "比去年同期" not in texts[0]
    assert after.index("全部地点") < after.index("按村") < after.index("一、在哪里")
    assert len(held) <= 9


def test_a_report_without_places_has_no_page_of_its_own_for_them() -> None:
    calm = replace(REPORT, hotspots=(), clusters=())
    html = page.render_paper(calm, "both")
    assert 'class="one"' not in html
    assert "全部地点" not in html
