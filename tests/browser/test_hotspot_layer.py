"""Promises of the hotspot layer on the map page."""

from __future__ import annotations

import base64
import json
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from .conftest import DESK, PATIENCE_MS, Visit, until

pytestmark = pytest.mark.browser

RUNS = "/api/v1/hotspot-runs"
CAPTION = "接报量，不代表危险"
YEAR = {"from": "2025-11-01", "to": "2026-10-31"}
TONES = """async ([address, keep]) => {
  const image = new Image();
  image.src = address;
  await image.decode();
  const canvas = new OffscreenCanvas(image.width, image.height);
  const context = canvas.getContext("2d");
  context.drawImage(image, 0, 0);
  const { data } = context.getImageData(0, 0, image.width, image.height);
  let n = 0;
  for (let i = 0; i < data.length; i += 4) if (data[i] - data[i + 2] > keep && data[i] - data[i + 1] > keep) n += 1;
  return n;
}"""

STEP_MS = 1200
UNDO_MS = 8000
OVERFLOWING = """[...document.querySelectorAll('#panel *, #cube *')]
  .filter((e) => e.getBoundingClientRect().right > innerWidth + 1).length"""


def ask(base: str, path: str, method: str = "GET", body: Any = None) -> Any:
    headers = {} if body is None else {"Content-Type": "application/json"}
    sent = urllib.request.Request(  # noqa: S310 - its own address
        base + path, method=method, headers=headers, data=None if body is None else json.dumps(body).encode()
    )
    with urllib.request.urlopen(sent, timeout=300) as answer:  # noqa: S310 - its own address
        return json.load(answer)


def made(base: str, **parameters: Any) -> int:
    job = ask(base, RUNS, "POST", YEAR | {"seed": 1} | parameters)
    while job["state"] in {"queued", "running"}:
        time.sleep(0.2)
        job = ask(base, f"/api/v1/jobs/{job['job_id']}")
    assert job["state"] == "done", job
    return int(job["run_id"])


@pytest.fixture(scope="module")
def kept(demo_server: str) -> Iterator[dict[str, int]]:
    """One run of some methods, by name."""
    found = {
        "gi": made(demo_server, method="gi"),
        "emerging": made(demo_server, method="emerging", domain="policing", permutations=19),
        "scan": made(demo_server, method="scan", domain="policing", permutations=99, level=3, by="count"),
        "near-repeat": made(demo_server, method="near-repeat", domain="policing", permutations=99),
    }
    yield found
    for run_id in found.values():
        ask(demo_server, f"{RUNS}/{run_id}", "DELETE")


@pytest.fixture
def without_runs(demo_server: str) -> None:
    for run in ask(demo_server, RUNS)["runs"]:
        ask(demo_server, f"{RUNS}/{run['run_id']}", "DELETE")


def query_of(page: Page) -> dict[str, list[str]]:
    return parse_qs(urlsplit(page.url).query)


def reddish(page: Page, clip: dict[str, float]) -> int:
    """Pixels of the hot colour on a part of the screen."""
    shot = base64.b64encode(page.screenshot(clip=clip)).decode()
    return int(page.evaluate(TONES, [f"data:image/png;base64,{shot}", 60]))


def test_an_empty_list_says_so_and_a_run_made_there_is_shown(without_runs: None, visit: Visit) -> None:
    watched = visit(viewport=DESK)
    page = watched.open()
    page.click("#hotspots > summary")
    expect(page.locator("#hot-empty")).to_contain_text("还没有热点分析")
    expect(page.locator("#hot-form")).to_contain_text(page.locator("#from").input_value())
    page.select_option("#hot-domain", "policing")
    page.select_option("#hot-level", "3")
    page.click("#hot-start")
    expect(page.locator("#hot-run")).not_to_have_value("", timeout=PATIENCE_MS)
    expect(page.locator("#hot-note")).to_have_text(CAPTION)
    expect(page.locator("#legend-hotspots")).to_contain_text("社区警务")
    expect(page.locator("#layer-counts")).not_to_be_checked()
    run_id = query_of(page)["hot"][0]
    run = ask(watched.base, f"{RUNS}/{run_id}")["run"]
    assert (run["since"], run["until"]) == (
        page.locator("#from").input_value(),
        page.locator("#to").input_value(),
    )
    page.select_option("#hot-run", "")
    expect(page.locator("#hot-note")).to_be_hidden()
    expect(page.locator("#layer-counts")).to_be_checked()
    ask(watched.base, f"{RUNS}/{run_id}", "DELETE")
    assert watched.complaints == []
    assert watched.strangers() == []


def test_a_run_that_the_data_do_not_allow_is_told_in_words(visit: Visit) -> None:
    page = visit().open("?from=2026-10-30&to=2026-10-31")
    page.click("#hotspots > summary")
    page.wait_for_selector("#hot-run, #hot-form")
    if not page.locator("#hot-form").count():
        page.click("#hot-new")
    page.select_option("#hot-method", "emerging")
    page.click("#hot-start")
    expect(page.locator("#hot-said")).to_contain_text("时间片", timeout=PATIENCE_MS)
    expect(page.locator("#hot-form")).to_be_visible()


def test_a_scan_without_room_for_a_cluster_names_the_field_and_is_asked_anew_with_more_people(
    visit: Visit,
) -> None:
    page = visit().open("?from=2026-08-01&to=2026-10-31")
    page.click("#hotspots > summary")
    page.wait_for_selector("#hot-run, #hot-form")
    if not page.locator("#hot-form").count():
        page.click("#hot-new")
    page.select_option("#hot-method", "scan")
    page.select_option("#hot-level", "3")
    page.locator(".hot-more > summary").click()
    expect(page.locator("label[for=hot-share]")).to_contain_text("最大人口占比")
    page.fill("#hot-share", "1")
    page.click("#hot-start")
    expect(page.locator("#hot-said")).to_contain_text("“最大人口占比”", timeout=PATIENCE_MS)
    expect(page.locator("#hot-form")).to_be_visible()
    page.locator(".hot-more > summary").click()
    expect(page.locator("#hot-share")).to_have_value("1")
    page.fill("#hot-share", "50")
    page.click("#hot-start")
    expect(page.locator("#hot-note")).to_be_visible(timeout=PATIENCE_MS)


@pytest.mark.webgl
def test_the_layer_is_drawn_with_a_legend_and_the_address_opens_it_again(
    kept: dict[str, int], visit: Visit
) -> None:
    watched = visit(viewport=DESK)
    page = watched.open(f"?hot={kept['gi']}&layers=names", drawn=True)
    legend = page.locator("#legend-hotspots")
    for words in (CAPTION, "Gi*", "2025-11-01 – 2026-10-31", "q ≤ 0.05", "q ≤ 0.001", "纠纷化解", "定义"):
        expect(legend).to_contain_text(words)
    hatches = legend.locator(".hot-swatch").evaluate_all("all => all.map(e => e.src)")
    assert len(set(hatches)) >= 3
    middle = {"x": 560, "y": 100, "width": 760, "height": 600}
    until(page, lambda: reddish(page, middle) > 500, "the areas' colours")
    shown = reddish(page, middle)
    page.select_option("#hot-run", "")
    expect(page.locator("#hot-note")).to_be_hidden()
    until(page, lambda: shown > 500 + 2 * reddish(page, middle), "the map without the areas")
    page.go_back()
    expect(legend).to_contain_text("Gi*")
    expect(page.locator("#hot-run")).to_have_value(str(kept["gi"]))
    assert watched.complaints == []
    assert watched.strangers() == []


@pytest.mark.webgl
def test_a_click_on_an_area_explains_it_in_words_and_leads_to_its_records(
    kept: dict[str, int], visit: Visit
) -> None:
    watched = visit(viewport=DESK)
    found = ask(watched.base, f"{RUNS}/{kept['gi']}")["features"]
    place = found[0]["geometry"]
    ring = place["coordinates"][0] if place["type"] == "Polygon" else place["coordinates"][0][0]
    lon, lat = (sum(c[i] for c in ring[:-1]) / (len(ring) - 1) for i in (0, 1))
    page = watched.open(f"?hot={kept['gi']}&layers=names&z=15&lat={lat}&lon={lon}", drawn=True)
    area = page.locator("#story .hot-area").first

    def is_told() -> bool:
        page.mouse.click(DESK["width"] / 2, DESK["height"] / 2)
        return area.is_visible()

    until(page, is_told, "the area under the mouse")
    assert "hotspot:" in query_of(page)["sel"][0]
    rank = int(area.get_attribute("data-rank") or 0)
    words = next(f["properties"] for f in found if f["id"] == rank)
    expect(area).to_contain_text(words["words_zh"])
    expect(area).to_contain_text("建议：先")
    expect(page.locator("#story .hot-caption")).to_have_text(CAPTION)
    area.locator(".hot-records").click()
    expect(page.locator("#tab-incidents")).to_have_attribute("aria-selected", "true")
    asked = query_of(page)
    assert asked["grid"] == [words["grid_key"]]
    assert asked["domain"] == [words["domain"]]
    assert (asked["from"], asked["to"]) == ([YEAR["from"]], [YEAR["to"]])
    expect(page.locator("#shown, #more").last).to_contain_text("条")


@pytest.mark.webgl
def test_the_cube_s_slider_runs_by_keyboard_and_by_itself(kept: dict[str, int], visit: Visit) -> None:
    page = visit().open(f"?hot={kept['emerging']}&layers=names", frozen=True)
    name = page.locator("#cube-name")
    expect(name).to_have_text("全部时段（分类）")
    expect(page.locator("#hot-labels")).to_contain_text("热点")
    page.focus("#cube-range")
    page.keyboard.press("ArrowRight")
    expect(name).to_have_text("2025-11-01 – 2025-11-30")
    expect(page.locator("#cube-range")).to_have_attribute("aria-valuetext", "2025-11-01 – 2025-11-30")
    expect(page.locator("#legend-hotspots")).to_contain_text("z ≥ 3.3")
    assert query_of(page)["slice"] == ["0"]
    page.keyboard.press("End")
    expect(name).to_have_text("2026-10-01 – 2026-10-31")
    page.keyboard.press("Home")
    expect(name).to_have_text("全部时段（分类）")
    page.click("#cube-play")
    expect(page.locator("#cube-play")).to_have_text("暂停")
    expect(name).to_have_text("2025-11-01 – 2025-11-30")
    page.clock.run_for(2 * STEP_MS)
    expect(name).to_have_text("2026-01-01 – 2026-01-31")
    page.click("#cube-play")
    expect(page.locator("#cube-play")).to_have_text("播放")
    again = visit().open(f"?{urlsplit(page.url).query}")
    expect(again.locator("#cube-name")).to_have_text(name.inner_text())


@pytest.mark.webgl
def test_the_keyboard_reaches_every_area_of_the_run(kept: dict[str, int], visit: Visit) -> None:
    page = visit().open(f"?hot={kept['emerging']}&layers=names")
    first = page.locator(".hot-found .link").first
    expect(first).to_be_visible()
    first.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#story .hot-words")).to_contain_text("接报")
    expect(page.locator("#story")).to_contain_text("稳定性")
    expect(page.locator("#story .hot-course")).to_be_visible()


def test_a_hotspot_on_the_map_leads_to_a_visit_with_a_post_and_a_day_and_the_visit_back_to_it(
    kept: dict[str, int], visit: Visit
) -> None:
    watched = visit()
    page = watched.open(f"?hot={kept['gi']}&layers=names")
    page.locator(".hot-found .link").first.click()
    link = page.locator("#story .hot-visit").first
    expect(link).to_have_text("派走访任务")
    asked = parse_qs(urlsplit(str(link.get_attribute("href"))).query)
    link.click()
    expect(page.locator("#kind")).to_have_value("visit")
    expect(page.locator("#grid")).to_have_value(asked["grid"][0])
    expect(page.locator("main .notice")).to_contain_text("热点")
    page.fill("#post", "网格岗")
    page.click("#give")
    page.wait_for_url(lambda address: "/tasks" in address and "new" not in address)
    made = ask(watched.base, "/api/v1/cases/tasks?kind=visit&limit=1000")["tasks"]
    mine = [t for t in made if t["details"].get("origin") == asked["origin"][0]]
    assert [(t["grid_key"], t["post"]) for t in mine] == [(asked["grid"][0], "网格岗")]
    page.goto(f"{watched.base}/tasks/{mine[0]['task_id']}")
    page.locator(f"main a[href*='hot={kept['gi']}']").first.click()
    expect(page.locator("#story .hot-words, #story .hot-area").first).to_be_visible()
    assert watched.complaints == []


def test_near_repeats_are_a_table_and_clusters_have_their_rank(kept: dict[str, int], visit: Visit) -> None:
    page = visit().open(f"?hot={kept['near-repeat']}&layers=names")
    expect(page.locator("#hot-near tbody tr")).to_have_count(5)
    expect(page.locator("#hot-near")).to_contain_text("同一地点")
    page.select_option("#hot-run", str(kept["scan"]))
    expect(page.locator("#legend-hotspots")).to_contain_text("p ≤ 0.05")
    page.locator(".hot-found .link").first.click()
    expect(page.locator("#story .hot-area")).to_contain_text("第 1 位")


def test_a_deleted_run_comes_back_with_undo_and_is_gone_without(visit: Visit, demo_server: str) -> None:
    run_id = made(demo_server, method="gi", domain="policing", level=3)
    page = visit().open(f"?hot={run_id}&layers=names", frozen=True)
    page.click("#hot-delete")
    expect(page.locator("#hot-note")).to_be_hidden()
    page.click("#hot-undo")
    expect(page.locator("#hot-run")).to_have_value(str(run_id))
    assert ask(demo_server, f"{RUNS}/{run_id}")["run"]["run_id"] == run_id
    with page.expect_response(lambda r: r.request.method == "DELETE", timeout=PATIENCE_MS) as deleted:
        page.click("#hot-delete")
        expect(page.locator("#hot-undo")).to_be_visible()
        page.clock.run_for(UNDO_MS)
    assert deleted.value.status == 200
    with pytest.raises(urllib.error.HTTPError, match="404"):
        ask(demo_server, f"{RUNS}/{run_id}")


def test_a_run_that_is_gone_is_told_and_does_no_harm(visit: Visit) -> None:
    page = visit().open("?hot=99999999&sel=hotspot:1")
    expect(page.locator("#hot-error")).to_contain_text("没有第 99999999 次热点分析")
    expect(page.locator("#story")).to_contain_text("找不到")


def test_the_words_of_the_layer_are_english_when_english_is_chosen(
    kept: dict[str, int], visit: Visit
) -> None:
    page = visit().open(f"?hot={kept['emerging']}&layers=names&lang=en&sel=hotspot:1")
    expect(page.locator("#story .hot-words")).to_contain_text("expected")
    page.click("#hot-new")
    for part in ("#hotspots", "#legend", "#cube", "#story", "#hot-note"):
        words = page.locator(part).inner_text()
        assert not any("\u4e00" <= character <= "\u9fff" for character in words), (part, words)


@pytest.mark.parametrize("width", [360, 1024])
def test_nothing_of_the_layer_hangs_over_a_small_screen(
    kept: dict[str, int], visit: Visit, width: int
) -> None:
    page = visit(viewport={"width": width, "height": 740}, has_touch=True).open(
        f"?hot={kept['emerging']}&layers=names"
    )
    expect(page.locator("#cube")).to_be_visible()
    if width < 720:
        page.click("#tabs [data-sheet=panel]")
    page.click("#hot-new")
    expect(page.locator("#hot-form")).to_be_visible()
    assert page.evaluate(OVERFLOWING) == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_browser_without_webgl_shows_the_areas_too(
    kept: dict[str, int], visit: Visit, plain_browser: Browser
) -> None:
    watched = visit(using=plain_browser, viewport=DESK)
    page = watched.open(f"?hot={kept['gi']}&layers=names", drawn=True)
    expect(page.locator("#legend-hotspots")).to_contain_text("Gi*")
    middle = {"x": 560, "y": 100, "width": 760, "height": 600}
    until(page, lambda: reddish(page, middle) > 500, "the areas' colours")
    assert watched.complaints == []


def test_too_few_replications_are_told_and_not_called_nothing_beyond_chance(
    visit: Visit, demo_server: str
) -> None:
    run_id = made(demo_server, method="gi", by="count", domain="policing", level=4, permutations=99)
    page = visit().open(f"?hot={run_id}&layers=names")
    expect(page.locator("#hotspots")).to_contain_text("随机重复次数太少")
    expect(page.locator("#hot-count")).to_have_text("")
