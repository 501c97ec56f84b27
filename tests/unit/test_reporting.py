"""The report's page: complete in itself, the same each time, safe, and honest about small numbers."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser

import pytest

from gridmap.domain.cases.sealing import told_of_sealed
from gridmap.reporting import front, page, tables, words
from gridmap.reporting.model import (
    Cluster,
    Download,
    Forecast,
    ForecastRow,
    Ground,
    Hotspot,
    HotspotReport,
    Notes,
    Outline,
    Refusal,
    Text,
    Total,
)

SQUARE = {
    "type": "Polygon",
    "coordinates": [[[120.4, 29.7], [120.5, 29.7], [120.5, 29.8], [120.4, 29.8], [120.4, 29.7]]],
}
ROADS = {
    "type": "MultiLineString",
    "coordinates": [[[120.4, 29.7], [120.5, 29.8]], [[120.4, 29.8], [120.5, 29.7]]],
}
POLICING = Text("社区警务", "community policing")
SPOT = Hotspot(
    number=1,
    name=Text("枫一社区第1微网格 等 2 格", "Fengyi micro-grid 1 and 1 more"),
    domain=POLICING,
    cells=2,
    observed=60,
    expected=4.2,
    z=8.1,
    q=0.0001,
    before=20,
    since=Text("2026-09-01 起", "since 2026-09-01"),
    label=Text("新增热点", "New hot spot"),
    definition=Text("最后一个时段是显著热点。", "A significant hot spot in the last period."),
    proposal=Text("建议：先走访服务，再安排巡防", "Proposed: service visits first, then patrols"),
    geometry=SQUARE,
    point=(120.45, 29.75),
    last_year=None,
    notes=Notes(
        core=Text("枫一社区第1微网格", "Fengyi micro-grid 1"),
        core_cells=1,
        core_observed=20,
        villages=(Text("枫一社区", "Fengyi community"),),
        streets=("枫溪路", "天竺路"),
        go_to=Text("枫溪路与天竺路路口", "where 枫溪路 and 天竺路 meet"),
        at=(120.45, 29.75),
        kinds=(Text("盗窃", "theft"),),
        when=Text("多在晚上 18–24 时", "mostly evenings 18–24"),
        proposal=Text("建议：先走访服务，再安排巡防", "Proposed: service visits first, then patrols"),
        who=Text("网格员先走访", "grid posts visit first"),
    ),
)
CLUSTER = Cluster(
    "A",
    SPOT.name,
    POLICING,
    2,
    20,
    5.5,
    3.6,
    0.001,
    "2026-09-01",
    "2026-10-31",
    True,
    SQUARE,
    (120.45, 29.8),
    SPOT.notes,
)
SCORE = ForecastRow(words.MODELS["count"], 0.4, 0.3, 0.5, 8.0, 6.0, 10.0, 0.0, 0.0, 0.0, None)
BLEND = ForecastRow(
    words.MODELS["blend"],
    0.41,
    0.3,
    0.5,
    8.2,
    6.0,
    10.0,
    0.01,
    -0.02,
    0.03,
    Text("不优于计数", "no better than counting"),
)
REPORT = HotspotReport(
    place=Text("枫桥镇", "Fengqiao"),
    domains=POLICING,
    level=Text("微网格", "micro-grid"),
    purpose="例会 / meeting",
    since="2026-05-01",
    until="2026-10-31",
    before="known",
    before_since="2025-10-29",
    before_until="2026-04-30",
    records_since="2025-01-01",
    last_year="none",
    last_year_since="2025-05-01",
    last_year_until="2025-10-31",
    incidents=420,
    cells=100,
    sealed=Text(*told_of_sealed(closer_than_village=True)),
    cold=1,
    judged=True,
    scanned=True,
    by_rate=False,
    alpha=0.05,
    tested_domains=1,
    permutations=999,
    step=Text("月", "month"),
    totals=(Total(POLICING, 420, 400),),
    totals_of=None,
    hotspots=(SPOT, replace(SPOT, number=2, q=0.004, before=120), replace(SPOT, number=3, q=0.03, before=60)),
    clusters=(CLUSTER,),
    forecast=Forecast(
        (SCORE, BLEND),
        "no-better",
        Text("不优于计数", "no better than counting"),
        words.MODELS["count"],
        12,
        100,
        0.05,
    ),
    refusals=(),
    conventions="fdr = bh",
    ground=Ground(
        (120.4, 29.7, 120.5, 29.8),
        (Outline(3, Text("枫一社区", "Fengyi"), SQUARE, (120.45, 29.75)),),
        ROADS,
        ROADS,
        True,
    ),
    block=((Text("随机种子", "seed"), "1"),),
    command="gridmap reports build hotspots --seed 1 --out FILE.html",
)
_DASH = '<td class="n">–</td>'
TABLE = (Download("hotspots", Text("热点", "hotspots"), "\ufeffa,b\r\n".encode()),)
FETCHING = {"src", "srcset", "poster", "data", "action", "background", "formaction", "ping", "manifest"}


def written(report: HotspotReport = REPORT, languages: str = "both") -> str:
    style = ".layers { background: url(images/layers.png) } .vml { behavior: url(#default#VML) }"
    return page.render(
        report,
        TABLE,
        languages,  # type: ignore[arg-type]
        leaflet_js="var L = '</script>';",
        leaflet_css=page.with_images(style, {"layers.png": b"png"}),
    )


class Addresses(HTMLParser):
    """Everything that a browser might fetch."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.tags: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        names = FETCHING | ({"href", "xlink:href"} if tag in {"a", "link", "image", "use"} else set())
        self.found += [value or "" for name, value in attrs if name in names]
        self.found += [m for _, value in attrs for m in re.findall(r"url\(['\"]?([^)'\"]+)", value or "")]

    def handle_data(self, data: str) -> None:
        self.found += re.findall(r"url\(\s*['\"]?([^)'\"]+)|@import\s+['\"]?([^'\";]+)", data) and [
            a or b for a, b in re.findall(r"url\(\s*['\"]?([^)'\"]+)|@import\s+['\"]?([^'\";]+)", data)
        ]


def addresses(html: str) -> Addresses:
    parser = Addresses()
    parser.feed(html)
    return parser


def test_every_address_in_the_file_is_inside_the_file() -> None:
    parser = addresses(written())
    assert any(a.startswith("data:text/csv") for a in parser.found)
    assert any(a.startswith("data:image/png") for a in parser.found)
    assert [a for a in parser.found if not a.startswith(("data:", "#"))] == []
    assert not {"link", "iframe", "object", "embed", "base"} & set(parser.tags)


def test_the_file_forbids_the_browser_to_fetch_anything() -> None:
    assert "default-src 'none'" in written()


def test_two_renderings_are_the_same_bytes_and_hold_no_random_names() -> None:
    assert written() == written()
    assert re.findall(r"_[0-9a-f]{32}", written()) == []


def test_the_caption_stands_on_top_in_both_languages() -> None:
    html = written()
    assert html.index("接报量，不代表危险") < html.index("<h1>")
    assert html.index("reported incidents, not danger") < html.index("<h1>")


@pytest.mark.parametrize(
    ("languages", "there", "absent"), [("zh", "在哪里", "Where"), ("en", "Where", "在哪里")]
)
def test_one_language_alone_has_no_switch_and_no_word_of_the_other(
    languages: str, there: str, absent: str
) -> None:
    html = written(languages=languages)
    assert there in html
    assert absent not in html
    assert "data-set=" not in html
    assert f'class="{"en" if languages == "zh" else "zh"}"' not in html


def test_a_name_cannot_bring_a_script_along() -> None:
    bad = Text("<script>alert(1)</script>", "</script><img src=x onerror=alert(1)>")
    html = written(
        replace(
            REPORT,
            place=bad,
            purpose=bad.en,
            hotspots=(replace(SPOT, name=bad),),
            clusters=(replace(CLUSTER, name=bad),),
            ground=replace(REPORT.ground, outlines=(replace(REPORT.ground.outlines[0], name=bad),)),
        )
    )
    assert "<script>alert" not in html
    assert "<img" not in html
    assert addresses(html).tags.count("script") == addresses(written()).tags.count("script")


def test_confidence_shows_by_pattern_and_not_by_colour_alone() -> None:
    html = written()
    for pattern in ("gi-0", "gi-1", "gi-2"):
        assert f'<pattern id="{pattern}"' in html
        assert f'"fillColor": "url(#{pattern})"' in html
        assert (
            len(re.findall(rf'fill="url\(#{pattern}(?:-mm)?\)"', html)) == 2
        )  # the printed map and the legend


@pytest.mark.parametrize(
    ("before", "shown", "change"),
    [
        (None, "–", "–"),
        (0, "< 15", "–"),
        (14, "< 15", "–"),
        (15, "15", "+15 (+100%)"),
        (30, "30", "same"),
        (40, "40", "−10 (−25%)"),
    ],
)
def test_counts_below_the_least_are_never_told_nor_given_away_by_the_change(
    before: int | None, shown: str, change: str
) -> None:
    assert words.count_text(before).en == shown
    assert words.change_text(30, before).en == change


def test_tables_keep_small_numbers_back_and_carry_the_caption() -> None:
    made = tables.frames(REPORT)
    assert list(made) == ["hotspots", "clusters", "domains", "forecast"]
    spots = made["hotspots"][1]
    assert spots["reported"].tolist() == ["40–79"] * 3
    assert spots["before"].tolist() == ["< 40", "80–159", "40–79"]
    assert spots["change"].tolist() == ["from < 40 to 40–79", "from 80–159 to 40–79", "same band"]
    for _, frame in made.values():
        assert set(frame["caption_en"]) == {"reported incidents, not danger"}


def test_a_report_says_whether_sealed_cases_are_in_its_numbers() -> None:
    for closer in (True, False):
        said = told_of_sealed(closer_than_village=closer)
        html = written(replace(REPORT, sealed=Text(*said)))
        assert said[0] in html
        assert said[1] in html


def test_a_domain_s_whole_years_are_called_so_and_compared_with_nothing() -> None:
    years = replace(
        REPORT, totals=(Total(POLICING, 2000, None),), totals_of=Text("2026 年全年", "The whole of 2026")
    )
    html = written(years)
    assert "2026 年全年（件）" in html
    assert "The whole of 2026" in html
    assert "只按整年、全镇提供" in html
    assert "只按整年、全镇提供" not in written()
    table = tables.frames(years)["domains"][1]
    assert (table["since"][0], table["until"][0]) == (
        f"{REPORT.since[:4]}-01-01",
        f"{REPORT.until[:4]}-12-31",
    )


def test_what_is_expected_stands_as_a_dash_where_the_total_that_it_is_a_share_of_is_not_told() -> None:
    untold = replace(SPOT, expected=None), replace(CLUSTER, expected=None, relative_risk=None)
    report = replace(REPORT, hotspots=untold[:1], clusters=untold[1:])
    told = written(report)
    assert "one domain's total is told by whole years only" in unescape(told)
    assert (
        told.count(_DASH) == written(replace(report, hotspots=(SPOT,), clusters=(CLUSTER,))).count(_DASH) + 3
    )
    assert "40–79 reported" in told
    assert "times as many" not in told
    assert not re.search(r"[\d.]+ expected", told)
    assert "one domain's total is told by whole years only" not in unescape(written())
    for frame in (tables.frames(report)[name][1] for name in ("hotspots", "clusters")):
        assert frame["expected"].isna().all()


def test_no_hotspots_is_said_plainly() -> None:
    calm = replace(REPORT, hotspots=(), clusters=())
    html = written(calm)
    assert "There are no hotspots: nowhere do the differences exceed chance." in html
    assert "没有热点" in html
    assert all(len(frame.columns) for _, frame in tables.frames(calm).values())


def test_what_could_not_be_done_is_told_with_its_reason() -> None:
    reason = Refusal(Text("预测", "the forecast"), Text("只有 3 周。", "There are only 3 weeks."))
    html = written(replace(REPORT, judged=False, hotspots=(), forecast=None, refusals=(reason,)))
    assert "the forecast: There are only 3 weeks." in html
    assert "It could not be scored" in html
    assert "too few to judge" in html


def test_a_forecast_that_does_not_beat_counting_is_called_so() -> None:
    html = written()
    assert "the forecast is no better than counting" in html
    assert "Counting the past is enough" in html


@pytest.mark.parametrize(
    ("before", "said"),
    [
        ("none", "There are no data of the period before"),
        ("partly", "is not complete"),
    ],
)
def test_nothing_is_compared_with_a_period_that_has_no_full_records(before: str, said: str) -> None:
    html = written(replace(REPORT, before=before))
    assert said in html
    assert ">Before</span>" not in html
    assert ">Before</span>" in written()


def test_the_block_holds_the_command_that_makes_the_file_again() -> None:
    assert "gridmap reports build hotspots --seed 1 --out FILE.html" in written()


@pytest.mark.parametrize(
    ("q", "class_"), [(0.0, 0), (0.001, 0), (0.0011, 1), (0.01, 1), (0.011, 2), (0.05, 2)]
)
def test_confidence_has_three_classes_with_closed_upper_bounds(q: float, class_: int) -> None:
    assert words.sureness(q) == class_


def test_the_first_page_tells_where_to_go_what_since_when_what_is_proposed_and_who() -> None:
    away = {**SQUARE, "coordinates": [[[x + 1, y] for x, y in SQUARE["coordinates"][0]]]}
    report = replace(REPORT, hotspots=(SPOT, replace(SPOT, number=2, geometry=away)), before="known")
    one, other = front.spots(report)
    # The cluster lies on the first place: one row, and what is told of it stays its own.
    assert (one.labels, other.labels) == ("1 A", "2")
    assert one.since == (
        Text("1 2026-09-01 起", "1 since 2026-09-01"),
        Text("A 自 2026-09-01 起，期末仍在持续", "A since 2026-09-01, still going on at the end"),
    )
    html = written(report)
    for said in (
        "枫溪路与天竺路路口",
        "29.75000, 120.45000",
        "其中核心 1 格（枫一社区第1微网格）< 40 件",
        "主要是盗窃；多在晚上 18–24 时",
        "比去年同期：没有完整记录",
        "谁：网格员先走访",
        "枫一社区：1 2 A",
    ):
        assert said in unescape(html), said
    assert html.index("请先看这几处") < html.index("一、在哪里")


def test_the_first_page_tells_how_much_a_place_is_looked_at() -> None:
    def told(**given: float | None) -> str:
        return " ".join(
            text.zh
            for spot in front.spots(replace(REPORT, hotspots=(replace(SPOT, **given),)))
            for text in spot.what
        )

    assert "巡防" not in told()
    assert "1 约 40% 由巡防、排查发现；期间巡防停留 12.5 小时" in told(found_share=0.4, patrol_h=12.5)
    assert "去得多也见得多" not in told(found_share=0.4, patrol_h=12.5)
    assert "1 约 60% 由巡防、排查发现；去得多也见得多，不一定多发" in told(found_share=0.6)
    assert "1 巡防、排查发现的很少；期间巡防停留 0 小时" in told(found_share=0.0, patrol_h=0.0)


@pytest.mark.parametrize(
    ("core", "said"),
    [(20, "其中核心 1 格（枫一社区第1微网格）< 40 件"), (960, "大多在核心 1 格（枫一社区第1微网格）")],
)
def test_a_core_is_never_told_as_more_than_the_whole_place(core: int, said: str) -> None:
    assert SPOT.notes is not None
    spot = replace(SPOT, observed=60, notes=replace(SPOT.notes, core_observed=core))
    what = front.spots(replace(REPORT, hotspots=(spot,), clusters=()))[0].what[0]
    assert said in what.zh
    assert "640" not in what.zh + what.en


def test_where_nothing_can_be_compared_that_is_said_once_and_not_in_every_row() -> None:
    unknown = written(replace(REPORT, before="none", last_year="partly"))
    first = unknown.split("一、在哪里")[0]
    assert "都没有完整记录，所以没有比较" in first
    assert "比前期" not in first
    assert "都没有完整记录" not in written()


def test_numbers_of_places_are_told_as_bands_and_so_is_their_change() -> None:
    assert [words.place_text(n) for n in (None, 0, 39, 40, 79, 80, 1300)] == [
        "–",
        "< 40",
        "< 40",
        "40–79",
        "40–79",
        "80–159",
        "1,280–2,559",
    ]
    assert words.place_change_text(41, 78).en == "same band"
    assert words.place_change_text(20, 60).en == "from 40–79 to < 40"
    assert words.place_change_text(20, None).en == "–"
    assert words.times_text(60, 10.0) == "6.0"
    # The lowest band has no least, so nothing is told of how many times the expected it is.
    assert words.times_text(20, 10.0) == "–"
    assert words.counts_text(60, 10.0).zh == "接报 40–79 件，预期 10.0 件"


def test_a_place_that_is_high_all_along_is_not_told_as_one_that_rose_or_is_over() -> None:
    always = replace(CLUSTER, first=REPORT.since, last=REPORT.until, ongoing=True, whole=True)
    rose = replace(CLUSTER, letter="B", first="2026-06-01", last="2026-07-31", ongoing=False)
    report = replace(REPORT, hotspots=(), clusters=(always, rose))
    _, since = words.headline(report)
    assert since == Text(
        "1 处整个时段都多；时段内曾有 1 处一时增多，期末前都已结束。",
        "High through the whole period: 1. Rises within the period, all over before its end: 1.",
    )
    _, alone = words.headline(replace(report, clusters=(always,)))
    assert alone.en == "High through the whole period: 1; nowhere was there a rise within it."
    (spot,) = front.spots(report)
    assert [line.en for line in spot.since] == [
        "A high all along",
        "B since 2026-06-01, over by 2026-07-31",
    ]
    html = page.render(report, (), "en", leaflet_js="", leaflet_css="")
    assert f"{REPORT.since} to {REPORT.until}, high all along" in html
    _, frame = tables.frames(report)["clusters"]
    assert list(frame["whole_period"]) == [True, False]
