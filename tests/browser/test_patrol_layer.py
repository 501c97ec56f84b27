"""Promises of the patrol planner on the map page."""

from __future__ import annotations

import datetime as dt
import re
import urllib.error
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from .conftest import DESK, PATIENCE_MS, Visit, point_at
from .planning import PLANS, RUNS, YEAR, ask, made, planned

pytestmark = pytest.mark.browser

UNDO_MS = 8000

OVERFLOWING = """[...document.querySelectorAll('#panel *, #night *')]
  .filter((e) => !e.closest('.pat-scroll') && e.getBoundingClientRect().right > innerWidth + 1).length"""
WHERE = """async ([plan, moment]) => {
  const { placeAt } = await import('/static/app/patrols/place.js');
  return plan.features.map((f) => ({ team: f.properties.team_code, ...placeAt(f, Date.parse(moment)) }));
}"""


@pytest.fixture(scope="module")
def run_id(demo_server: str) -> Iterator[int]:
    number = made(demo_server, RUNS, YEAR | {"method": "gi", "domain": "policing", "seed": 7})
    yield number
    ask(demo_server, f"{RUNS}/{number}", "DELETE")


@pytest.fixture(scope="module")
def plan(demo_server: str, run_id: int) -> Iterator[dict[str, Any]]:
    number = planned(demo_server, run_id)
    yield ask(demo_server, f"{PLANS}/{number}")
    ask(demo_server, f"{PLANS}/{number}", "DELETE")


def query_of(page: Page) -> dict[str, list[str]]:
    return parse_qs(urlsplit(page.url).query)


def opened(plan: dict[str, Any], rest: str = "") -> str:
    return f"?plan={plan['plan']['patrol_id']}&layers=names{rest}"


@pytest.fixture
def school_gate(demo_server: str) -> Iterator[str]:
    fields = {
        "name_zh": "校门口",
        "kind": "school",
        "lon": "120.4180",
        "lat": "29.7880",
        "hours": "20:30-22:00",
    }
    added = ask(
        demo_server,
        "/api/v1/records/fixed_points",
        "POST",
        {"code": "B77", "fields": fields, "reason": "开学"},
    )
    yield "B77"
    undo = f"/api/v1/imports/{added['import_id']}/undo"
    assert ask(demo_server, undo, "POST", {"reason": "写错"})["left"] == []


@pytest.mark.webgl
def test_a_segment_is_drawn_on_the_map_kept_and_shown_as_a_line(demo_server: str, visit: Visit) -> None:
    page = visit(viewport=DESK).open("?layers=names,fixed_points&z=15&lat=29.7880&lon=120.4180", drawn=True)
    page.click("#patrols > summary")
    page.click("#pat-fixed-points > summary")
    page.click("#pat-fixed-draw")
    middle = DESK["width"] / 2, DESK["height"] / 2
    page.mouse.click(middle[0] - 80, middle[1])
    expect(page.locator("#pat-fixed-draw")).to_contain_text("1 处")
    # One place is no line, and what ends it too early says so.
    page.click("#pat-fixed-draw")
    expect(page.locator("#pat-fixed-draw")).to_contain_text("1 处")
    page.mouse.click(*middle)
    page.mouse.click(middle[0] + 20, middle[1] + 90)
    expect(page.locator("#pat-fixed-draw")).to_contain_text("3 处")
    page.locator("#map").press("Backspace")
    expect(page.locator("#pat-fixed-draw")).to_contain_text("2 处")
    page.mouse.dblclick(middle[0] + 60, middle[1] + 60)
    page.wait_for_url("**/records/fixed_points?line=*")
    written = page.input_value("#f-line")
    assert len(written.split(";")) == 3
    page.fill("#f-code", "L88")
    page.fill("#f-name_zh", "老街")
    page.fill("#reason", "新划")
    page.click("#new button.primary")
    page.wait_for_url("**/records/fixed_points/L88*")
    features = ask(demo_server, "/api/v1/fixed-points")["features"]
    drawn = next(f for f in features if f["properties"]["code"] == "L88")
    assert drawn["geometry"]["type"] == "LineString"
    assert len(drawn["geometry"]["coordinates"]) == 3
    kept = visit(viewport=DESK).open("?layers=names,fixed_points&z=15&lat=29.7880&lon=120.4180", drawn=True)
    kept.mouse.click(middle[0] - 40, middle[1])
    expect(kept.locator("#story")).to_contain_text("老街")
    expect(kept.locator("#story")).to_contain_text("双向均可")
    imports = ask(demo_server, "/api/v1/imports")["imports"]
    ask(demo_server, f"/api/v1/imports/{imports[0]['import_id']}/undo", "POST", {"reason": "试画"})


@pytest.mark.webgl
def test_a_segment_that_is_given_up_leaves_the_map_as_it_was(visit: Visit) -> None:
    page = visit(viewport=DESK).open("?layers=names,fixed_points&z=15&lat=29.7880&lon=120.4180", drawn=True)
    page.click("#patrols > summary")
    page.click("#pat-fixed-points > summary")
    page.click("#pat-fixed-draw")
    page.mouse.click(DESK["width"] / 2, DESK["height"] / 2)
    expect(page.locator("#pat-fixed-draw")).to_contain_text("1 处")
    page.keyboard.press("Escape")
    expect(page.locator("#pat-fixed-draw")).to_have_text("在地图上画路段")
    assert "/records" not in page.url


@pytest.fixture
def without_runs(demo_server: str) -> None:
    for kept in ask(demo_server, PLANS)["plans"]:
        ask(demo_server, f"{PLANS}/{kept['patrol_id']}", "DELETE")
    for run in ask(demo_server, RUNS)["runs"]:
        ask(demo_server, f"{RUNS}/{run['run_id']}", "DELETE")


def test_without_hotspots_the_section_says_to_find_some_first(without_runs: None, visit: Visit) -> None:
    page = visit().open()
    page.click("#patrols > summary")
    expect(page.locator("#pat-none")).to_contain_text("请先在“热点”里运行一次")
    page.click("#pat-to-hotspots")
    expect(page.locator("#hot-form")).to_be_visible()


@pytest.mark.webgl
def test_fixed_points_are_a_layer_and_a_list_and_are_planned_without_any_hotspot(
    without_runs: None, school_gate: str, demo_server: str, visit: Visit
) -> None:
    page = visit(viewport=DESK).open("?layers=names,fixed_points&z=15&lat=29.7880&lon=120.4180", drawn=True)
    point_at(page, DESK["width"] / 2, DESK["height"] / 2, "校门口")
    expect(page.locator("#legend-fixed")).to_contain_text("必到点")
    page.click("#patrols > summary")
    page.click("#pat-fixed-points > summary")
    expect(page.locator("#pat-fixed-list")).to_contain_text("20:30-22:00")
    page.click("#pat-fixed-list button")
    expect(page.locator("#story")).to_contain_text(school_gate)
    assert query_of(page)["sel"] == [f"fixed_point:{school_gate}"]
    page.uncheck("#pat-fixed-layer")
    expect(page.locator("#legend-fixed")).to_have_count(0)
    expect(page.locator("#pat-run option")).to_have_text("不用热点，只去必到点")
    page.fill("#pat-seconds", "1")
    page.click("#pat-start")
    expect(page.locator("#pat-routes")).to_be_visible()
    visits = [
        visit["stop"]
        for route in ask(demo_server, f"{PLANS}/{query_of(page)['plan'][0]}")["features"]
        for visit in route["properties"]["visits"]
    ]
    assert visits == [school_gate]
    page.click("#pat-fixed-place")
    expect(page.locator("#pat-fixed-place")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("Escape")
    expect(page.locator("#pat-fixed-place")).to_have_attribute("aria-pressed", "false")
    page.click("#pat-fixed-place")
    page.mouse.click(DESK["width"] / 2, DESK["height"] / 2)
    expect(page.locator("#f-lon")).to_have_value(re.compile(r"^120\.\d{6}$"))
    expect(page.locator("#f-lat")).to_have_value(re.compile(r"^29\.\d{6}$"))


def test_a_plan_made_on_the_page_is_shown_with_the_teams_that_were_chosen(run_id: int, visit: Visit) -> None:
    watched = visit(viewport=DESK)
    page = watched.open()
    page.click("#patrols > summary")
    page.wait_for_selector("#pat-form, #pat-new")
    if not page.locator("#pat-form").count():
        page.click("#pat-new")
    page.fill("#pat-on", "2026-11-02")
    page.select_option("#pat-run", str(run_id))
    page.fill("#pat-seconds", "1")
    boxes = page.locator(".pat-teams input")
    expect(boxes.first).to_be_checked()
    everybody = boxes.count()
    page.uncheck("#pat-team-T02")
    expect(page.locator(".pat-teams legend")).to_contain_text(str(everybody - 1))
    page.click("#pat-start")
    expect(page.locator("#pat-plan")).not_to_have_value("", timeout=PATIENCE_MS)
    expect(page.locator("#pat-routes tbody tr").first).to_be_visible()
    number = query_of(page)["plan"][0]
    kept = ask(watched.base, f"{PLANS}/{number}")
    assert kept["plan"]["parameters"]["on"] == "2026-11-02"
    assert "T02" not in kept["plan"]["parameters"]["teams"]
    assert len(kept["plan"]["parameters"]["teams"]) == everybody - 1
    expect(page.locator("#layer-counts")).not_to_be_checked()
    page.select_option("#pat-plan", "")
    expect(page.locator("#night")).to_be_hidden()
    expect(page.locator("#layer-counts")).to_be_checked()
    ask(watched.base, f"{PLANS}/{number}", "DELETE")
    assert watched.complaints == []
    assert watched.strangers() == []


@pytest.mark.webgl
def test_the_routes_are_a_table_and_a_legend_and_the_address_opens_them_again(
    plan: dict[str, Any], visit: Visit
) -> None:
    watched = visit(viewport=DESK)
    page = watched.open(opened(plan), drawn=True)
    rows = page.locator("#pat-routes tbody tr")
    expect(rows).to_have_count(len(plan["features"]))
    for i, feature in enumerate(plan["features"]):
        p = feature["properties"]
        for words in (p["team_code"], p["begin"][11:16], p["end"][11:16], f"{p['length_m'] / 1000:.1f}"):
            expect(rows.nth(i)).to_contain_text(words)
        expect(page.locator("#legend-patrols")).to_contain_text(p["name_zh"])
    for code in plan["plan"]["summary"]["idle"]:
        expect(page.locator("#pat-idle")).to_contain_text(code)
    left = [r for r in plan["plan"]["summary"]["reasons"] if not r["visited"]]
    expect(page.locator("#pat-left li")).to_have_count(len(left))
    assert watched.complaints == []
    assert watched.strangers() == []


@pytest.mark.webgl
def test_a_click_on_a_stop_tells_team_times_streets_and_why(plan: dict[str, Any], visit: Visit) -> None:
    p = max((f["properties"] for f in plan["features"]), key=lambda p: len(p["visits"]))
    told = p["visits"][0]
    page = visit(viewport=DESK).open(opened(plan, f"&z=17&lat={told['lat']}&lon={told['lon']}"), drawn=True)
    expect(page.locator("#pat-routes tbody tr").first).to_be_visible()
    point_at(page, DESK["width"] / 2, DESK["height"] / 2, told["name_zh"])
    page.mouse.click(DESK["width"] / 2, DESK["height"] / 2)
    page.wait_for_url(lambda url: "sel=patrol" in url)
    story = page.locator("#story")
    code, _, stop = query_of(page)["sel"][0].removeprefix("patrol:").partition(":")
    at = next(f["properties"] for f in plan["features"] if f["properties"]["team_code"] == code)
    visit_ = at["visits"][int(stop) - 1]
    assert (visit_["lon"], visit_["lat"]) == (told["lon"], told["lat"])
    for words in (at["name_zh"], visit_["name_zh"], visit_["arrive"][11:16], visit_["words_zh"], "来路"):
        expect(story).to_contain_text(words)
    expect(page.locator("#pat-routes tr.chosen")).to_have_attribute("data-team", code)


def test_the_keyboard_goes_from_the_table_to_a_route_and_its_stops(
    plan: dict[str, Any], visit: Visit
) -> None:
    p = next(f["properties"] for f in plan["features"] if len(f["properties"]["visits"]) > 1)
    page = visit().open(opened(plan))
    page.focus(f"#pat-row-{p['team_code']}")
    page.keyboard.press("Enter")
    expect(page.locator("#story .pat-stop")).to_have_count(len(p["visits"]))
    expect(page.locator("#pat-routes tr.chosen")).to_have_attribute("data-team", p["team_code"])
    link = page.locator("#pat-files-one a").first.get_attribute("href") or ""
    assert f"team={p['team_code']}" in link
    page.locator("#story .pat-stop").first.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#story-title")).to_have_text(p["visits"][0]["name_zh"])
    expect(page.locator("#pat-go-before")).to_be_disabled()
    page.focus("#pat-go-after")
    page.keyboard.press("Enter")
    expect(page.locator("#story-title")).to_have_text(p["visits"][1]["name_zh"])


@pytest.mark.webgl
def test_the_night_runs_by_keyboard_and_by_itself(plan: dict[str, Any], visit: Visit) -> None:
    begins = dt.datetime.fromisoformat(plan["plan"]["begins_at"])
    page = visit().open(opened(plan))
    name = page.locator("#night-name")
    expect(name).to_contain_text("整个班次")
    page.focus("#night-range")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(name).to_contain_text(f"{begins + dt.timedelta(minutes=1):%H:%M}")
    expect(page.locator("#legend-patrols")).to_contain_text("此刻")
    page.wait_for_url("**minute=1*")
    page.click("#night-play")
    expect(page.locator("#night-play")).to_have_text("暂停")
    expect(name).not_to_contain_text(f"{begins + dt.timedelta(minutes=1):%H:%M}")
    page.click("#night-play")
    page.wait_for_url(lambda url: "minute=1&" not in f"{url}&")
    again = visit().open(f"?{urlsplit(page.url).query}")
    expect(again.locator("#night-name")).to_have_text(name.inner_text())
    page.focus("#night-range")
    page.keyboard.press("Home")
    expect(name).to_contain_text("整个班次")


def test_a_team_is_where_its_times_say(plan: dict[str, Any], visit: Visit) -> None:
    page = visit().open()
    p = max((f["properties"] for f in plan["features"]), key=lambda p: len(p["visits"]))
    first, second = p["visits"][:2]

    def where(moment: str) -> dict[str, Any]:
        found = page.evaluate(WHERE, [plan, moment])
        return next(w for w in found if w["team"] == p["team_code"])

    before = dt.datetime.fromisoformat(p["begin"]) - dt.timedelta(minutes=1)
    assert where(before.isoformat()) == {
        "team": p["team_code"], "at": [p["base_lon"], p["base_lat"]], "doing": "base", "stop": None
    }  # fmt: skip
    assert (where(first["start"])["doing"], where(first["start"])["stop"]) == ("stop", 1)
    halfway = dt.datetime.fromisoformat(second["arrive"]) - dt.timedelta(seconds=second["leg"]["seconds"] / 2)
    assert (where(halfway.isoformat())["doing"], where(halfway.isoformat())["stop"]) == ("way", 2)
    assert where(second["start"])["at"] != where(first["start"])["at"]
    assert where(p["end"])["doing"] == "base"
    for told in p["visits"]:
        lon, lat = where(told["start"])["at"]
        assert abs(lon - told["lon"]) < 0.01
        assert abs(lat - told["lat"]) < 0.01


def test_a_deleted_plan_comes_back_with_undo_and_is_gone_without(
    run_id: int, visit: Visit, demo_server: str
) -> None:
    number = planned(demo_server, run_id)
    page = visit().open(f"?plan={number}&layers=names", frozen=True)
    page.click("#pat-delete")
    expect(page.locator("#night")).to_be_hidden()
    page.click("#pat-undo")
    expect(page.locator("#pat-plan")).to_have_value(str(number))
    assert ask(demo_server, f"{PLANS}/{number}")["plan"]["patrol_id"] == number
    with page.expect_response(lambda r: r.request.method == "DELETE", timeout=PATIENCE_MS) as deleted:
        # What comes with the plan draws the panel anew, and a button that is drawn anew under a mouse is not clicked.
        page.locator("#pat-delete").evaluate("button => button.click()")
        expect(page.locator("#pat-undo")).to_be_visible()
        page.clock.run_for(UNDO_MS)
    assert deleted.value.status == 200
    with pytest.raises(urllib.error.HTTPError, match="404"):
        ask(demo_server, f"{PLANS}/{number}")


def test_a_plan_that_is_gone_is_told_and_does_no_harm(visit: Visit) -> None:
    page = visit().open("?plan=99999999&sel=patrol:T01")
    expect(page.locator("#patrols")).to_contain_text("没有第 99999999 号巡防计划")
    expect(page.locator("#story")).to_contain_text("找不到")


def test_the_planner_speaks_english_when_english_is_chosen(plan: dict[str, Any], visit: Visit) -> None:
    code = plan["features"][0]["properties"]["team_code"]
    page = visit().open(opened(plan, f"&minute=150&lang=en&sel=patrol:{code}:1"))
    expect(page.locator("#story")).to_contain_text("expected")
    expect(page.locator("#night-name")).to_contain_text("on the way")
    page.click("#pat-new")
    expect(page.locator("#pat-form")).to_be_visible()
    page.locator("#story .pat-streets").evaluate("list => list.remove()")
    for part in ("#patrols", "#legend", "#night", "#story"):
        words = page.locator(part).inner_text()
        assert not any("\u4e00" <= character <= "\u9fff" for character in words), (part, words)


@pytest.mark.parametrize("width", [360, 1024])
def test_nothing_of_the_planner_hangs_over_a_small_screen(
    plan: dict[str, Any], visit: Visit, width: int
) -> None:
    page = visit(viewport={"width": width, "height": 740}, has_touch=True).open(opened(plan, "&minute=150"))
    expect(page.locator("#night")).to_be_visible()
    if width < 720:
        page.click("#tabs [data-sheet=panel]")
    page.click("#pat-live")
    expect(page.locator("#pat-live-table tbody tr")).to_have_count(len(plan["features"]))
    page.click("#pat-adjust > summary")
    page.click("#pat-in > summary")
    page.click("#pat-new")
    page.click("#pat-more > summary")
    expect(page.locator("#pat-nights")).to_be_visible()
    assert page.evaluate(OVERFLOWING) == 0
    for box in page.locator("#panel .pat-scroll").all():
        assert box.evaluate("box => box.scrollWidth - box.clientWidth") <= 0
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_browser_without_webgl_shows_the_routes_too(
    plan: dict[str, Any], visit: Visit, plain_browser: Browser
) -> None:
    watched = visit(using=plain_browser, viewport=DESK)
    page = watched.open(opened(plan, "&minute=150"), drawn=True)
    expect(page.locator("#pat-routes tbody tr").first).to_be_visible()
    code = plan["features"][0]["properties"]["team_code"]
    expect(page.locator(".leaflet-tooltip", has_text=code).first).to_be_attached()
    page.click(f"#pat-row-{code}")
    page.locator("#story .pat-stop").first.click()
    expect(page.locator("#story")).not_to_contain_text("拖")
    page.locator("#story .pat-give").select_option(label="不安排")
    expect(page.locator("#pat-wishes li")).to_have_count(1)
    page.click("#pat-live")
    expect(page.locator("#pat-live-table tbody tr")).to_have_count(len(plan["features"]))
    assert watched.complaints == []
