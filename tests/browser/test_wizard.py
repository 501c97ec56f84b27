"""A source's file is handed over on the page, its columns are said, and what is unknown is asked."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from playwright.sync_api import expect

from gridmap import crs
from tests.browser.conftest import DESK, Visit
from tests.doors import new_word

VILLAGES = Path(__file__).resolve().parents[2] / "data" / "boundaries" / "villages.geojson"
ROWS = (
    "工单流水号,诉求分类,上报来源,上报时间,诉求内容,办理状态,涉及人数,东,北",
    "G1,邻里纠纷,网格员上报,2026/11/02 9:05,排水沟,办结,3,120.4010,29.7911",
    "G2,婚姻家庭,12345热线,2026/11/03 19:40,分家析产,在办,4,120.4040,29.7921",
    "G3,噪音扰民,群众来电,2026/11/05 22:15,广场舞噪音,在办,12,120.4012,29.7913",
)


def test_a_file_is_handed_over_and_read_once_its_columns_and_values_are_said(
    visit: Visit, tmp_path: Path
) -> None:
    watched = visit(viewport=DESK)
    page, source = watched.page, f"省平台{new_word()}"
    file = tmp_path / "十一月.csv"
    file.write_text("\n".join(ROWS), "utf-8")
    page.goto(f"{watched.base}/sources")
    page.fill("#name", source)
    page.get_by_role("button", name="新建来源").click()
    page.set_input_files("#upload", file)
    page.click("#send")
    columns = page.locator("#columns")
    expect(columns).to_contain_text("缺少列")
    # What the product knows by itself is proposed although something is missing.
    expect(page.locator('select[name="column:诉求分类"]')).to_contain_text("类型")
    page.select_option("#constant-domain", "dispute")
    said = {"工单流水号": "uid", "上报时间": "occurred_at", "诉求内容": "summary", "东": "lon", "北": "lat"}
    for heading, field in said.items():
        page.select_option(f'select[name="column:{heading}"]', field)
    page.click("#save")
    expect(columns).to_contain_text("共 3 行：1 行合格，2 行有误")
    page.select_option('select[name="value:kind=噪音扰民"]', "02")
    page.select_option('select[name="value:stage=在办"]', "mediating")
    page.click("#save")
    expect(columns).to_contain_text("共 3 行：3 行合格，0 行有误")
    # The town is others' too: the source goes, and nothing was imported.
    page.goto(f"{watched.base}/sources")
    page.locator("li", has_text=source).get_by_role("button").last.click()
    expect(page.locator("main")).not_to_contain_text(source)


def test_boundaries_are_handed_over_compared_read_anew_and_put_aside(visit: Visit, tmp_path: Path) -> None:
    watched = visit(viewport=DESK)
    page, name = watched.page, f"边界{new_word()}.geojson"
    told = json.loads(VILLAGES.read_text("utf-8"))
    for feature in told["features"]:
        rings = feature["geometry"]["coordinates"]
        for ring in rings if feature["geometry"]["type"] == "Polygon" else [r for p in rings for r in p]:
            at = np.array(ring)
            ring[:] = np.column_stack(crs.from_wgs84(at[:, 0], at[:, 1], crs.GCJ02)).tolist()
    file = tmp_path / name
    file.write_text(json.dumps(told), "utf-8")
    page.goto(f"{watched.base}/sources")
    page.set_input_files("#upload", file)
    page.click("#send")
    shift = page.locator("#shift")
    expect(shift).to_contain_text("GCJ-02")
    expect(page.locator("#counts")).to_contain_text("边界移动")
    # Nobody imports a town that moved without saying so: the browser itself asks for the tick.
    page.locator("#accept button.primary").click()
    expect(page.locator("input[name=accept_shift]")).to_be_focused()
    page.click("#as-shifted")
    expect(page.locator("#shift")).to_have_count(0)
    expect(page.locator("#crs")).to_have_value("GCJ-02")
    # The town is others' too: the file goes, and nothing was imported.
    page.click("#aside")
    expect(page.locator("#outlines")).not_to_contain_text(name)
