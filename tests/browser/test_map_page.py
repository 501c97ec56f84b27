"""Promises of the map page."""

from __future__ import annotations

import base64
import json
import urllib.request
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from gridmap.storage.database import Database

from .conftest import DESK, PATIENCE_MS, Visit, until

pytestmark = pytest.mark.browser

COUNT_COLOURS = """async (address) => {
  const image = new Image();
  image.src = address;
  await image.decode();
  const canvas = new OffscreenCanvas(image.width, image.height);
  const context = canvas.getContext("2d");
  context.drawImage(image, 0, 0);
  const { data } = context.getImageData(0, 0, image.width, image.height);
  return new Set(new Uint32Array(data.buffer)).size;
}"""
OVERFLOWING = """[...document.querySelectorAll('#panel *')]
  .filter((e) => e.getBoundingClientRect().right > innerWidth + 1).length"""
TOWN = "33068110900000000"
FENGYUAN_AREA = "33068110901000000"
YANGCHUN = "33068110901241000"


def api(base: str, path: str) -> Any:
    with urllib.request.urlopen(f"{base}/api/v1{path}", timeout=300) as answer:  # noqa: S310 - its own address
        return json.load(answer)


NO_CHINESE = """(() => {
  const { fillText } = CanvasRenderingContext2D.prototype;
  CanvasRenderingContext2D.prototype.fillText = function (text, ...at) {
    return fillText.call(this, this.font.includes("sans-serif") && this.canvas.width === 24 ? "\u25a1" : text, ...at);
  };
})()"""
"""Every character of the page's probe for Chinese fonts is the same box, as where there is none."""


def query_of(page: Page) -> dict[str, list[str]]:
    return parse_qs(urlsplit(page.url).query)


def names_listed(page: Page) -> list[str]:
    return page.locator("#list tbody [data-primary]").all_inner_texts()


def colours_in(page: Page, clip: dict[str, float]) -> int:
    """Count distinct colours on a part of the screen."""
    shot = base64.b64encode(page.screenshot(clip=clip)).decode()
    return int(page.evaluate(COUNT_COLOURS, f"data:image/png;base64,{shot}"))


@pytest.mark.webgl
def test_the_town_is_drawn_and_nothing_is_asked_of_another_host(visit: Visit) -> None:
    watched = visit(viewport=DESK)
    page = watched.open("?layers=counts,incidents,teams,migrants,organisations,names", drawn=True)
    page.click("#level-2")
    expect(page.locator("#list tbody tr")).to_have_count(3)
    page.click("#theme")
    middle = {"x": 800, "y": 250, "width": 240, "height": 160}
    until(page, lambda: colours_in(page, middle) > 40, "the town's colours")
    page.wait_for_load_state("networkidle")
    assert watched.requests
    assert any("/tiles/" in url for url in watched.requests)
    assert not any(url.endswith(".woff2") for url in watched.requests), (
        "the system has Chinese fonts of its own"
    )
    assert watched.strangers() == []
    assert watched.complaints == []
    expect(page.locator("h1")).to_have_text("枫桥镇")
    expect(page.locator("#illustrative")).to_contain_text("示意边界")


@pytest.mark.webgl
def test_a_system_without_chinese_fonts_gets_the_bundled_one_for_page_and_map(visit: Visit) -> None:
    watched = visit()
    watched.page.add_init_script(NO_CHINESE)
    page = watched.open("?layers=counts,names", drawn=True)
    page.wait_for_function("[...document.fonts].some((face) => face.status === 'loaded')")
    assert any(url.endswith(".woff2") for url in watched.requests)
    assert watched.strangers() == []
    assert watched.complaints == []


def test_the_list_shows_the_numbers_of_the_map(visit: Visit) -> None:
    watched = visit()
    page = watched.open()
    span = page.evaluate("[document.querySelector('#from').value, document.querySelector('#to').value]")
    counts = api(watched.base, f"/counts?level=3&parent={TOWN}&from={span[0]}&to={span[1]}")
    rows = page.locator("#list tbody tr")
    expect(rows).to_have_count(28)
    listed = {
        row.get_attribute("data-id"): int(row.locator("td.num .link").first.inner_text().replace(",", ""))
        for row in rows.all()
    }
    assert listed == {key: counts["counts"].get(key, 0) for key in listed}
    assert int(page.locator("#total").inner_text().replace(",", "")) == counts["total"]
    assert sum(listed.values()) + counts["unassigned"] == counts["total"]


@pytest.mark.webgl
def test_a_click_goes_down_from_town_to_area_to_village_to_micro_grid_and_the_path_leads_back(
    visit: Visit,
) -> None:
    page = visit(viewport=DESK).open("?level=2&layers=counts", drawn=True)
    expect(page.locator("#list tbody tr")).to_have_count(3)
    page.mouse.click(950, 380)
    expect(page.locator("#story-title")).to_contain_text("片区")
    area = query_of(page)["grid"][0]
    expect(page.locator("#list tbody [data-primary]").first).not_to_contain_text("片区")
    village = page.locator("#list tbody [data-primary]").first
    name = village.inner_text()
    village.click()
    expect(page.locator("#panel [aria-current=page]")).to_have_text(name)
    micro = page.locator("#list tbody [data-primary]").first
    expect(micro).to_contain_text("微网格")
    inside = micro.inner_text()
    micro.click()
    expect(page.locator("#panel [aria-current=page]")).to_have_text(inside)
    path = page.locator("#panel .crumbs button")
    expect(path).to_have_count(3)
    path.nth(1).click()
    expect(page.locator("#panel .crumbs button")).to_have_count(1)
    assert query_of(page)["grid"] == [area]
    page.go_back()
    expect(page.locator("#panel [aria-current=page]")).to_have_text(inside)
    page.locator("#panel .crumbs button").first.click()
    expect(page.locator("#list tbody tr")).to_have_count(3)


def test_the_keyboard_alone_reaches_a_village_s_story(visit: Visit) -> None:
    page = visit().open()
    page.keyboard.press("Tab")
    expect(page.locator("#skip")).to_be_focused()
    page.keyboard.press("Enter")
    for _ in range(20):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.hasAttribute('data-primary')"):
            break
    first = page.evaluate("document.activeElement.textContent")
    page.keyboard.press("ArrowDown")
    second = page.evaluate("document.activeElement.textContent")
    assert first != second
    page.keyboard.press("Enter")
    expect(page.locator("#story-title")).to_have_text(second)
    expect(page.locator("#list tbody [data-primary]").first).to_contain_text("微网格")
    expect(page.locator("#list :focus")).to_have_count(1)


@pytest.mark.webgl
def test_the_address_holds_the_view(visit: Visit) -> None:
    watched = visit()
    page = watched.open()
    page.click("#preset-30")
    page.select_option("#domain", "dispute")
    page.check("#layer-migrants")
    page.click(f'#list tr[data-id="{YANGCHUN}"] [data-primary]')
    expect(page.locator("#story-title")).to_have_text("阳春村")
    page.click("#tab-incidents")
    expect(page.locator("#list .chip")).to_contain_text("纠纷化解")
    holds = {"z", "lat", "lon", "from", "to", "layers", "sel", "grid", "domain"}
    until(page, lambda: holds <= set(query_of(page)), "an address with the whole view")
    address = urlsplit(page.url).query
    asked = parse_qs(address)
    assert asked["grid"] == [YANGCHUN]
    assert asked["domain"] == ["dispute"]
    other = visit()
    again = other.open(f"?{address}", drawn=True)
    expect(again.locator("#story-title")).to_have_text("阳春村")
    expect(again.locator("#layer-migrants")).to_be_checked()
    expect(again.locator("#domain")).to_have_value("dispute")
    assert names_listed(again) == names_listed(page)
    assert query_of(again) == asked


def test_every_number_of_a_story_leads_to_its_records(visit: Visit) -> None:
    page = visit().open(f"?grid={YANGCHUN}&sel=grid:{YANGCHUN}")
    tiles = page.locator("#story .tile")
    expect(tiles).to_have_count(4)
    numbers = [int(text.replace(",", "")) for text in page.locator("#story .tile b").all_inner_texts()]
    assert numbers[0] > 0
    for i, number in enumerate(numbers):
        tiles.nth(i).click()
        expect(page.locator("#shown, #more").last).to_contain_text(f"/ {number} 条")
    for at in range(3):
        link = page.locator("#story .bars").nth(at).locator(".link").last
        number = link.inner_text()
        link.click()
        expect(page.locator("#shown, #more").last).to_contain_text(f"/ {number} 条")
        if at == 0:
            # The story tells of that domain from now on, later than the list.
            expect(tiles.first.locator("b")).to_have_text(number)
    page.locator("#list tbody [data-primary]").first.click()
    expect(page.locator("#story .steps li").first).to_be_visible()
    assert query_of(page)["sel"][0].startswith("incident:")


def test_migrant_sites_are_head_counts_with_a_legend_of_their_own(visit: Visit) -> None:
    page = visit().open()
    expect(page.locator("#legend-migrants")).to_have_count(0)
    page.check("#layer-migrants")
    expect(page.locator("#legend-migrants")).to_contain_text("不与任何事件关联")
    page.click("#tab-migrants")
    expect(page.locator("#list tbody tr")).to_have_count(60)
    page.locator("#list tbody [data-primary]").first.click()
    expect(page.locator("#story")).to_contain_text("人数")
    expect(page.locator("#story")).not_to_contain_text("分领域")


@pytest.mark.webgl
def test_a_team_tells_the_age_of_its_position_and_shows_its_night(visit: Visit) -> None:
    page = visit().open("?list=teams")
    expect(page.locator("#list tbody tr")).to_have_count(12)
    page.locator("#list tbody [data-primary]").first.click()
    expect(page.locator("#story .facts")).to_contain_text("的位置")
    page.click("#track")
    expect(page.locator("#track")).to_have_attribute("aria-pressed", "true")


def test_dragging_over_the_days_sets_the_period(visit: Visit) -> None:
    page = visit().open()
    total = page.locator("#total").inner_text()
    box = page.locator("#time .u-over").bounding_box()
    assert box is not None
    y = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] * 0.3, y)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.5, y, steps=4)
    page.mouse.up()
    expect(page.locator("#total")).not_to_have_text(total)
    asked = query_of(page)
    assert asked["from"] < asked["to"]
    assert page.locator("#from").input_value() == asked["from"][0]


def test_a_period_without_records_says_so_and_offers_the_year(visit: Visit) -> None:
    page = visit().open("?from=2020-01-01&to=2020-01-02")
    expect(page.locator("#zero")).to_be_visible()
    expect(page.locator("#total")).to_have_text("0")
    page.click("#zero button")
    expect(page.locator("#total")).not_to_have_text("0")
    expect(page.locator("#zero")).to_be_hidden()


def test_the_language_switch_changes_every_word_and_is_remembered(visit: Visit) -> None:
    watched = visit()
    page = watched.open(f"?grid={FENGYUAN_AREA}")
    page.click("#language")
    page.wait_for_selector("#list tbody tr")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    assert query_of(page)["lang"] == ["en"]
    assert query_of(page)["grid"] == [FENGYUAN_AREA]
    for part in ("#panel", "#list", "#legend", "#time", "#buttons", "#map-notes"):
        words = page.locator(part).inner_text().replace("中文", "")
        assert not any("\u4e00" <= character <= "\u9fff" for character in words), (part, words)
    watched.open()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    assert watched.complaints == []


@pytest.mark.parametrize("width", [360, 1024])
def test_nothing_scrolls_sideways_on_small_screens(visit: Visit, width: int) -> None:
    page = visit(viewport={"width": width, "height": 740}, has_touch=True).open()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    if width < 720:
        page.click("#tabs [data-sheet=list]")
        expect(page.locator("#list")).to_be_visible()
        page.locator("#list tbody [data-primary]").first.click()
        page.click("#tabs [data-sheet=panel]")
        expect(page.locator("#total")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.evaluate(OVERFLOWING) == 0


def test_a_browser_without_webgl_gets_the_grids_on_a_plain_canvas(
    visit: Visit, plain_browser: Browser
) -> None:
    watched = visit(using=plain_browser, viewport=DESK)
    page = watched.open("?layers=counts,names", drawn=True)
    expect(page.locator("#map[data-fallback]")).to_be_visible()
    expect(page.locator(".grid-name")).to_have_count(28)
    expect(page.locator("#map-notes")).to_contain_text("WebGL")
    page.mouse.click(950, 340)
    expect(page.locator("#story-title")).to_be_visible()
    expect(page.locator("#panel .crumbs button")).to_have_count(2)
    assert watched.strangers() == []
    assert watched.complaints == []


def test_on_paper_the_map_without_webgl_keeps_its_lines_and_names_together(
    visit: Visit, plain_browser: Browser
) -> None:
    watched = visit(using=plain_browser, viewport=DESK)
    page = watched.open("?layers=counts,names", drawn=True)
    page.evaluate("document.documentElement.dataset.theme = 'dark'")
    seen = """() => {
      const map = document.querySelector("#map").getBoundingClientRect();
      const inside = ({ left, right, top, bottom }) =>
        left < map.right && right > map.left && top < map.bottom && bottom > map.top;
      return [...document.querySelectorAll(".grid-name")]
        .filter((name) => inside(name.getBoundingClientRect()))
        .map((name) => name.textContent).sort();
    }"""
    on_screen, address = page.evaluate(seen), page.url
    assert len(on_screen) > 10
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    # The width of an A4 page.
    page.set_viewport_size({"width": 703, "height": 1032})
    page.emulate_media(media="print")
    assert set(on_screen) <= set(page.evaluate(seen))
    painted = """() => {
      const [map, canvas] = [document.querySelector("#map"), document.querySelector("#map canvas")];
      const [of, at] = [map, canvas].map((one) => one.getBoundingClientRect());
      const all = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
      let n = 0;
      for (let i = 3; i < all.length; i += 4) n += all[i] > 0;
      return [
        at.left <= of.left + 1 && at.right >= of.right - 1 && at.top <= of.top + 1 && at.bottom >= of.bottom - 1,
        of.right <= 703, n / (canvas.width * canvas.height) > 0.02,
        getComputedStyle(map).filter, getComputedStyle(canvas).filter,
      ];
    }"""
    assert page.evaluate(painted) == [True, True, True, "grayscale(1)", "grayscale(1) invert(1)"]
    page.emulate_media(media="screen")
    page.set_viewport_size(DESK)
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert set(page.evaluate(seen)) == set(on_screen)
    assert page.url == address
    assert watched.complaints == []


@pytest.mark.webgl
def test_a_server_in_trouble_is_told_and_a_retry_mends_the_page(visit: Visit) -> None:
    page = visit().open()
    trouble = {
        "code": "database-unreachable",
        "message_zh": "数据库没有应答。",
        "message_en": "The database does not answer.",
    }
    page.route("**/api/v1/counts*", lambda route: route.fulfill(status=503, json=trouble))
    page.click("#preset-7")
    expect(page.locator("#banner")).to_contain_text("数据库没有应答")
    page.unroute("**/api/v1/counts*")
    page.click("#retry")
    expect(page.locator("#banner")).to_be_hidden()
    expect(page.locator("#list tbody tr")).to_have_count(28)


@pytest.mark.webgl
def test_a_grid_that_is_not_there_is_told_as_that_and_leads_to_the_whole_town(visit: Visit) -> None:
    watched = visit()
    page = watched.open("?grid=33068110999900000")
    expect(page.locator("#banner")).to_contain_text("没有这个网格")
    expect(page.locator("#retry")).to_have_count(0)
    page.click("#home-instead")
    expect(page.locator("#list tbody tr")).to_have_count(28)
    expect(page.locator("#banner")).to_be_hidden()
    expect(page.locator("#not-fresh")).to_have_count(0)
    assert all("404" in said for said in watched.complaints)


def _forget_the_opening(page: Page) -> None:
    """Give the page as a server gives it that has no first answers."""

    def strip(route: Route) -> None:
        whole = route.fetch()
        begin, mark, rest = whole.text().partition('id="opening">')
        assert mark
        route.fulfill(response=whole, body=begin + mark + "{}</script>" + rest.partition("</script>")[2])

    page.route("**/map", strip)


def test_a_server_away_at_the_start_is_told(visit: Visit) -> None:
    watched = visit()
    page = watched.page
    page.route("**/api/v1/workspace", lambda route: route.abort())
    _forget_the_opening(page)
    page.goto(f"{watched.base}/map")
    expect(page.locator("#cover")).to_contain_text("服务器没有应答")
    page.unroute_all()
    page.click("#retry")
    page.wait_for_selector("#list tbody tr", timeout=PATIENCE_MS)


def test_an_empty_workspace_says_which_command_to_run(
    visit: Visit, empty_server: str, blank: Database
) -> None:
    watched = visit(base=empty_server, town=blank)
    page = watched.page
    page.goto(f"{empty_server}/map")
    expect(page.locator("#empty")).to_contain_text("gridmap grids import")
    expect(page.locator("#empty")).to_contain_text("gridmap demo load")
    page.click("#language")
    expect(page.locator("#empty h1")).to_contain_text("no grids")
    assert watched.complaints == []
    assert watched.strangers() == []
