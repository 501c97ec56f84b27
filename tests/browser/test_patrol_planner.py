"""Promises of the planner when a plan is changed, compared and followed."""

from __future__ import annotations

import datetime as dt
import itertools
import math
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, Route, expect

from .conftest import DESK, PATIENCE_MS, Visit, point_at
from .planning import PLANS, RUNS, YEAR, ask, made, planned

pytestmark = pytest.mark.browser

ZOOM = 15.5
WORLD_PX = 512 * 2**ZOOM
CLEAR_PX = 34
INNER_PX = 150
OVERFLOWING = """[...document.querySelectorAll('#pat-compare, #pat-compare *')]
  .filter((e) => !e.closest('svg') && e.getBoundingClientRect().right > innerWidth + 1).length"""

Point = tuple[float, float]


@pytest.fixture(scope="module")
def run_id(demo_server: str) -> Iterator[int]:
    number = made(demo_server, RUNS, YEAR | {"method": "gi", "domain": "policing", "seed": 7})
    yield number
    ask(demo_server, f"{RUNS}/{number}", "DELETE")


@pytest.fixture(scope="module")
def night(demo_server: str) -> str:
    """Day of the shift from which the newest positions come."""
    teams = ask(demo_server, "/api/v1/teams")["features"]
    newest = max(f["properties"]["position_at"] for f in teams if f["properties"]["position_at"])
    return (dt.datetime.fromisoformat(newest) - dt.timedelta(hours=12)).date().isoformat()


@pytest.fixture(scope="module")
def plan(demo_server: str, run_id: int, night: str) -> dict[str, Any]:
    number = planned(demo_server, run_id, night)
    answer: dict[str, Any] = ask(demo_server, f"{PLANS}/{number}")
    return answer


@pytest.fixture(scope="module", autouse=True)
def tidy(demo_server: str) -> Iterator[None]:
    before = {p["patrol_id"] for p in ask(demo_server, PLANS)["plans"]}
    yield
    for kept in ask(demo_server, PLANS)["plans"]:
        if kept["patrol_id"] not in before:
            ask(demo_server, f"{PLANS}/{kept['patrol_id']}", "DELETE")


def number_of(plan: dict[str, Any]) -> int:
    return int(plan["plan"]["patrol_id"])


def shown_plan(page: Page) -> str:
    return parse_qs(urlsplit(page.url).query)["plan"][0]


def visits_of(plan: dict[str, Any]) -> list[tuple[str, int, dict[str, Any]]]:
    """Team, position in its route and visit, of all visits."""
    routes = [f["properties"] for f in plan["features"]]
    return [(p["team_code"], n, v) for p in routes for n, v in enumerate(p["visits"], 1)]


def team_of(plan: dict[str, Any], stop: str) -> str | None:
    return next((team for team, _, visit in visits_of(plan) if visit["stop"] == stop), None)


def world(lon: float, lat: float) -> Point:
    """Web Mercator, in pixels of the map at ``ZOOM``."""
    north = math.asinh(math.tan(math.radians(lat))) / math.pi
    return lon / 360 * WORLD_PX, (1 - north) / 2 * WORLD_PX


def pair_to_drag(plan: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any], str]:
    """Two stops of different teams that are close, with nothing else around either; and the team of the second."""
    rows = [(team, visit, world(visit["lon"], visit["lat"])) for team, _, visit in visits_of(plan)]

    def alone(row: tuple[str, dict[str, Any], Point]) -> bool:
        return all(math.dist(row[2], other[2]) > CLEAR_PX for other in rows if other is not row)

    pairs = [
        (math.dist(a[2], b[2]), n)
        for n, (a, b) in enumerate(itertools.permutations(rows, 2))
        if a[0] != b[0] and alone(a) and alone(b)
    ]
    near = [pair for pair in pairs if pair[0] > 2 * CLEAR_PX]
    first, second = list(itertools.permutations(rows, 2))[min(near)[1]]
    return first[1], second[1], second[0]


@pytest.mark.webgl
def test_a_stop_that_is_dragged_to_another_team_is_there_when_solved_again(
    plan: dict[str, Any], visit: Visit
) -> None:
    stop, other, team = pair_to_drag(plan)
    centre = [(stop[k] + other[k]) / 2 for k in ("lon", "lat")]
    middle = world(*centre)

    def pixel(lon: float, lat: float) -> Point:
        x, y = world(lon, lat)
        return DESK["width"] / 2 + x - middle[0], DESK["height"] / 2 + y - middle[1]

    begin, end = pixel(stop["lon"], stop["lat"]), pixel(other["lon"], other["lat"])
    assert abs(begin[0] - DESK["width"] / 2) < INNER_PX
    watched = visit(viewport=DESK)
    place = f"&z={ZOOM}&lat={centre[1]}&lon={centre[0]}"
    page = watched.open(f"?plan={number_of(plan)}&layers=names{place}", drawn=True)
    expect(page.locator("#pat-routes tbody tr").first).to_be_visible()
    point_at(page, *begin, stop["name_zh"])
    before = page.url
    wishes = page.locator("#pat-wishes li")

    def drag(to: Point, how: str = "drop") -> None:
        page.mouse.move(*begin)
        page.mouse.down()
        page.mouse.move(*to, steps=8)
        if how == "escape":
            page.keyboard.press("Escape")
        page.mouse.up()

    drag(end, "escape")
    drag((180, 300))
    expect(wishes).to_have_count(0)
    drag(end)
    expect(wishes).to_have_text([f"{stop['name_zh']} → {team}取消"])
    page.click("#pat-wish-undo")
    expect(wishes).to_have_count(0)
    expect(page.locator("#pat-solve")).to_be_disabled()
    assert page.url == before, "a drag neither pans the map nor opens a story"
    drag(end)
    page.focus("#pat-solve")
    page.keyboard.press("Enter")
    replaces = page.locator("#pat-replaces")
    expect(replaces).to_contain_text(f"由第 {number_of(plan)} 号计划调整而来", timeout=PATIENCE_MS)
    expect(page.locator("#pat-back")).to_be_focused()
    again = ask(watched.base, f"{PLANS}/{shown_plan(page)}")
    assert again["plan"]["replaces_id"] == number_of(plan)
    assert team_of(again, stop["stop"]) == team
    page.keyboard.press("Enter")
    expect(page.locator("#pat-plan")).to_have_value(str(number_of(plan)))
    expect(replaces).to_have_count(0)
    assert watched.complaints == []
    assert watched.strangers() == []


@pytest.mark.webgl
def test_a_click_on_a_stop_opens_it_and_a_drag_beside_it_pans(plan: dict[str, Any], visit: Visit) -> None:
    stop, _, _ = pair_to_drag(plan)
    place = f"&z={ZOOM}&lat={stop['lat']}&lon={stop['lon']}"
    page = visit(viewport=DESK).open(f"?plan={number_of(plan)}&layers=names{place}", drawn=True)
    expect(page.locator("#pat-routes tbody tr").first).to_be_visible()
    x, y = DESK["width"] / 2, DESK["height"] / 2
    point_at(page, x, y, stop["name_zh"])
    page.mouse.click(x, y)
    expect(page.locator("#story-title")).to_have_text(stop["name_zh"])
    page.click("#story-close")
    page.mouse.move(x + CLEAR_PX, y)
    page.mouse.down()
    page.mouse.move(x + CLEAR_PX + 120, y, steps=6)
    page.mouse.up()
    page.wait_for_url(lambda url: f"lon={stop['lon']:.5f}" not in url)
    expect(page.locator("#pat-wishes li")).to_have_count(0)


def test_by_keyboard_a_stop_is_locked_left_out_and_given_away(plan: dict[str, Any], visit: Visit) -> None:
    (team, n, stop), (_, _, unwanted) = visits_of(plan)[0], visits_of(plan)[-1]
    watched = visit(viewport=DESK)
    page = watched.open(f"?plan={number_of(plan)}&layers=names&sel=patrol:{team}:{n}")

    def solve() -> dict[str, Any]:
        old = shown_plan(page)
        page.focus("#pat-solve")
        page.keyboard.press("Enter")
        expect(page.locator("#pat-replaces")).to_contain_text(f"由第 {old} 号", timeout=PATIENCE_MS)
        found: dict[str, Any] = ask(watched.base, f"{PLANS}/{shown_plan(page)}")
        return found

    give = page.locator(f"#pat-give-{stop['stop']}")
    expect(give.locator("option:checked")).to_have_text("由系统安排")
    give.focus()
    give.select_option(label="锁定在本队")
    expect(page.locator("#pat-wishes li")).to_have_count(1)
    expect(page.locator(f"#pat-give-{stop['stop']}")).to_be_focused()
    of, k = next((t, m) for t, m, v in visits_of(plan) if v is unwanted)
    page.click(f"#pat-row-{of}")
    page.locator("#story .pat-stop").nth(k - 1).click()
    page.select_option(f"#pat-give-{unwanted['stop']}", label="不安排")
    first = solve()
    assert team_of(first, stop["stop"]) == team
    assert team_of(first, unwanted["stop"]) is None
    page.click("#pat-left > summary")
    page.locator("#pat-left").locator(f"#pat-give-{unwanted['stop']}").select_option(team)
    second = solve()
    assert team_of(second, unwanted["stop"]) == team_of(second, stop["stop"]) == team
    # A volunteer team of a village without a hotspot: no hotspot is its own.
    bound = "T12"
    page.click(f"#pat-row-{team}")
    page.locator("#story .pat-stop").first.click()
    page.locator("#story .pat-give").select_option(bound)
    page.focus("#pat-solve")
    page.keyboard.press("Enter")
    expect(page.locator("#pat-trouble")).to_contain_text(bound, timeout=PATIENCE_MS)
    expect(page.locator("#pat-solve")).to_be_focused()
    assert watched.complaints == []


@pytest.mark.webgl
@pytest.mark.parametrize("width", [1440, 360])
def test_two_plans_are_compared_side_by_side(plan: dict[str, Any], visit: Visit, width: int) -> None:
    team, _, stop = visits_of(plan)[0]
    # A volunteer team stays in its own village, so the stop goes to one that may drive anywhere.
    other = next(t for t in ("T03", "T02") if t != team)
    watched = visit(viewport={"width": width, "height": 800})
    a = number_of(plan)
    body = {"locks": {stop["stop"]: other}, "seconds": 0.5}
    b = made(watched.base, f"{PLANS}/{a}/replan", body)
    told = ask(watched.base, f"{PLANS}/compare?a={a}&b={b}")
    page = watched.open(f"?plan={b}&layers=names")
    if width < 720:
        page.click("#tabs [data-sheet=panel]")
    page.route("**/patrol-plans/compare*", lambda route: route.abort())
    page.focus("#pat-compare-open")
    page.keyboard.press("Enter")
    box = page.locator("#pat-compare")
    expect(box.get_by_role("alert")).to_contain_text("没有应答")
    page.unroute("**/patrol-plans/compare*")
    page.click("#cmp-retry")
    expect(box.locator(".cmp-map")).to_have_count(2)
    expect(page.locator("#cmp-a")).to_have_value(str(a))
    expect(page.locator("#cmp-b")).to_have_value(str(b))
    for title, rows in (("只在 A", "only_a"), ("只在 B", "only_b"), ("换了队伍", "moved")):
        expect(page.locator("#cmp-lists")).to_contain_text(f"{title}（{len(told[rows])} 处）")
    expect(page.locator("#cmp-lists")).to_contain_text(f"{stop['name_zh']} {team}")
    expect(page.locator("#cmp-totals")).to_contain_text(f"{told['b']['summary']['prize']:.1f}")
    expect(page.locator("#cmp-teams tbody tr")).to_have_count(len(told["teams"]))
    assert page.evaluate(OVERFLOWING) == 0
    for part in box.locator(".pat-scroll").all():
        assert part.evaluate("part => part.scrollWidth - part.clientWidth") <= 0
    tops = [m.bounding_box() for m in box.locator(".cmp-map").all()]
    assert (tops[0]["y"] == tops[1]["y"]) == (width > 720)
    page.focus("#cmp-b")
    page.select_option("#cmp-b", str(a))
    expect(page.locator("#cmp-lists")).to_contain_text("换了队伍（0 处）")
    expect(page.locator("#cmp-b")).to_be_focused()
    page.keyboard.press("Escape")
    expect(box).to_be_hidden()
    expect(page.locator("#pat-compare-open")).to_be_focused()
    assert [c for c in watched.complaints if "ERR_FAILED" not in c] == []


def test_teams_are_followed_beside_the_plan(plan: dict[str, Any], visit: Visit) -> None:
    watched = visit(viewport=DESK)
    number = number_of(plan)
    told = ask(watched.base, f"{PLANS}/{number}/live")
    watched.page.clock.install()
    page = watched.open(f"?plan={number}&layers=names")
    live = page.locator("#pat-live")
    expect(live).to_have_attribute("aria-pressed", "false")
    live.click()
    rows = page.locator("#pat-live-table tbody tr")
    expect(rows).to_have_count(len(told["teams"]))
    for n, team in enumerate(told["teams"]):
        for words in (team["team_code"], team["words_zh"], f"{team['made']} / {team['stops']}"):
            expect(rows.nth(n)).to_contain_text(words)
    if not told["running"]:
        expect(page.locator("#pat-live-at")).to_contain_text("班次不在进行")
    expect(page.locator("#legend-patrols")).to_contain_text("队伍的实际位置")
    live.focus()
    with page.expect_response("**/live*"):
        page.clock.fast_forward(16_000)
    expect(live).to_be_focused()

    def fail(route: Route) -> None:
        route.fulfill(status=503, json={"code": "x", "message_zh": "稍后再试。", "message_en": "Try later."})

    page.route("**/live*", fail)
    with page.expect_response("**/live*"):
        page.clock.fast_forward(16_000)
    expect(page.locator("#pat-live-trouble")).to_contain_text("下面仍是上一次的情况")
    expect(rows).to_have_count(len(told["teams"]))
    page.unroute("**/live*")
    with page.expect_response("**/live?at=*") as asked:
        page.focus("#night-range")
        page.keyboard.press("PageUp")
        page.clock.fast_forward(1000)
    assert asked.value.ok
    expect(page.locator("#pat-live-at")).to_contain_text("时间轴所指")
    expect(page.locator("#pat-live-trouble")).to_have_count(0)
    page.select_option("#pat-plan", "")
    page.select_option("#pat-plan", str(number))
    expect(live).to_have_attribute("aria-pressed", "false")
    expect(page.locator("#legend-patrols")).not_to_contain_text("队伍的实际位置")


def test_a_check_in_is_for_the_moment_of_the_slider_and_is_taken_back(
    plan: dict[str, Any], visit: Visit
) -> None:
    watched = visit()
    path = f"{PLANS}/{number_of(plan)}/visits"
    done = ask(watched.base, path)["done"]
    team, n, none = next(
        (t["team_code"], n, v) for t in done["teams"] for n, v in enumerate(t["visits"], 1) if not v["made"]
    )
    begins = dt.datetime.fromisoformat(plan["plan"]["begins_at"])
    minute = round((dt.datetime.fromisoformat(none["arrive"]) - begins).total_seconds() / 60) + 7
    page = watched.open(f"?plan={number_of(plan)}&layers=names&sel=patrol:{team}:{n}&minute={minute}")
    expect(page.locator("#pat-done")).to_contain_text(f"{done['made']} / {done['planned']}")
    state, check = page.locator("#pat-visit-state"), page.locator("#pat-check")
    expect(state).to_have_text("没有到访记录")
    moment = f"{begins + dt.timedelta(minutes=minute):%H:%M}"
    expect(check).to_contain_text(moment)
    check.focus()
    page.keyboard.press("Enter")
    expect(state).to_have_text(f"{moment} 到访（签到）")
    expect(check).to_have_text("撤销签到")
    expect(check).to_be_focused()
    expect(page.locator("#pat-done")).to_contain_text(f"{done['made'] + 1} / {done['planned']}")
    assert ask(watched.base, path)["done"]["made"] == done["made"] + 1
    page.keyboard.press("Enter")
    expect(state).to_have_text("没有到访记录")
    assert ask(watched.base, path)["done"]["made"] == done["made"]
    assert watched.complaints == []


def test_the_form_s_further_fields_reach_the_plan_and_its_summary(
    run_id: int, night: str, visit: Visit
) -> None:
    watched = visit(viewport=DESK)
    page = watched.open()
    page.click("#patrols > summary")
    page.wait_for_selector("#pat-form, #pat-new")
    if not page.locator("#pat-form").count():
        page.click("#pat-new")
    page.fill("#pat-on", night)
    page.select_option("#pat-run", str(run_id))
    page.click("#pat-more > summary")
    page.fill("#pat-visits", "7")
    page.click("#pat-start")
    expect(page.locator("#pat-progress")).to_have_count(0)
    given = {"visits": 2, "gap": 90, "share": 30, "rest": 20, "rest_from": "22:00", "rest_to": "23:00"}
    for name, value in (given | {"nights": 2, "loss": 5, "seconds": 1}).items():
        page.fill(f"#pat-{name}", str(value))
    page.check("#pat-vary")
    page.click("#pat-start")
    expect(page.locator("#pat-plan")).not_to_have_value("", timeout=PATIENCE_MS)
    expect(page.locator("#pat-figures")).to_be_visible(timeout=PATIENCE_MS)
    answer = ask(watched.base, f"{PLANS}/{shown_plan(page)}")
    found = answer["plan"]
    asked = found["parameters"]
    assert (asked["visits"], asked["min_gap_s"], asked["village_share"]) == (2, 5400, 0.3)
    assert (asked["nights"], asked["loss"], asked["vary"]) == (2, 0.05, True)
    assert "22:00" in asked["rest"]
    figures = page.locator("#pat-figures")
    bits = found["summary"]["arrival_entropy_bits"]
    for words in (f"{bits:.1f} 比特", "第 1 / 2 晚", "各村至少 30%"):
        expect(figures).to_contain_text(words)
    team, n, again = next(row for row in visits_of(answer) if row[2]["number"] > 1)
    page.click(f"#pat-row-{team}")
    page.locator("#story .pat-stop").nth(n - 1).click()
    page.locator("#story .pat-again button").first.click()
    expect(page.locator("#story-title")).to_have_text(again["name_zh"])
    expect(page.locator("#story header")).not_to_contain_text(f"第 {n} / ")
    expect(page.locator("#story .pat-again")).to_contain_text(f"{team} · 第 {n} / ")
    nights = page.locator("#pat-plan option").all_inner_texts()[1:3]
    assert len({text.split(" · ")[1] for text in nights}) == 2
    for why in found["summary"]["idle_reasons"]:
        expect(page.locator("#pat-idle")).to_contain_text(why["team"])
        expect(page.locator("#pat-idle")).to_contain_text(why["zh"])
    sheet = page.locator(".pat-files a", has_text="打印单").first.get_attribute("href") or ""
    with page.expect_download() as download:
        page.locator(".pat-files a", has_text="打印单").first.click()
    assert "format=html" in sheet
    assert '<section class="sheet">' in download.value.path().read_text(encoding="utf-8")
    assert watched.complaints == []


def test_a_plan_is_seen_growing_while_it_is_made(run_id: int, visit: Visit) -> None:
    watched = visit(viewport=DESK)
    page = watched.open()
    page.click("#patrols > summary")
    page.wait_for_selector("#pat-form, #pat-new")
    if not page.locator("#pat-form").count():
        page.click("#pat-new")
    page.select_option("#pat-run", str(run_id))
    # One team that stays half an hour at each stop cannot reach everything, so the search takes its whole time: the
    # longest that can be asked for, which the test does not wait for.
    page.fill("#pat-seconds", "120")
    page.click("#pat-more > summary")
    page.fill("#pat-dwell", "30")
    page.evaluate("""() => {
      for (const box of document.querySelectorAll('.pat-teams input'))
        if (box.id !== 'pat-team-T07') document.getElementById(box.id).click();
    }""")
    page.click("#pat-start")
    expect(page.locator("#pat-so-far")).to_contain_text("目前最好", timeout=PATIENCE_MS)
    page.click("#pat-stop")
    expect(page.locator("#pat-said")).to_contain_text("取消", timeout=PATIENCE_MS)
    expect(page.locator("#pat-so-far")).to_have_count(0)
    assert watched.complaints == []
