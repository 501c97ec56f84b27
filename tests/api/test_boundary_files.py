"""The page that compares a file of boundaries with those in force, and imports it or puts it aside."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from flask.testing import FlaskClient
from sqlalchemy import text
from werkzeug.test import TestResponse

from gridmap import crs
from gridmap.domain.accounts import Actor, Role
from gridmap.domain.gridkey import Scope
from gridmap.services.accounts import audit
from gridmap.services.ground import arrivals
from gridmap.services.ground.boundaries import BoundaryOptions, import_boundaries
from gridmap.services.house import IMPORT_KINDS
from gridmap.services.imports.records import ImportOptions, import_records
from gridmap.storage.database import Database
from tests.doors import client_of
from tests.towns import Towns

DATA = Path(__file__).resolve().parents[2] / "data" / "boundaries"
WHOLE = Scope.whole()
KEEPER = Actor("数据岗", Role.KEEPER, WHOLE)
LOUJIA, CHENJIA = "330681109005", "330681109004"
KEPT = ["grid_key", "level", "code", "name_zh", "name_en", "population", "households"]


def shipped() -> gpd.GeoDataFrame:
    parts = [
        gpd.GeoDataFrame.from_features(
            json.loads((DATA / f"{name}.geojson").read_text("utf-8"))["features"], crs=4326
        )
        for name in ("town", "areas", "villages")
    ]
    frame = pd.concat(parts, ignore_index=True)
    return gpd.GeoDataFrame(frame[[*KEPT, "parent_key", "geometry"]], crs=4326)


@pytest.fixture
def town(towns: Towns) -> Iterator[Database]:
    made = towns.make("villages")
    yield made
    towns.drop(made)


def drop(town: Database, frame: gpd.GeoDataFrame, name: str = "新边界.geojson") -> Path:
    folder = arrivals.folder_of(town.settings.home)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).unlink(missing_ok=True)
    frame.to_file(folder / name, driver="GeoJSON", engine="pyogrio")
    return folder


def names(town: Database) -> dict[str, str]:
    with town.scoped_session(WHOLE) as session:
        found = session.execute(text("select code, name_zh from grids where valid_to is null and level <= 3"))
        return {str(code): str(name) for code, name in found}


def counts(page: str) -> dict[str, int]:
    told = re.search(r'id="counts"><p>(.*?)</p>', page)
    assert told is not None, page
    return {name.strip(" ·()"): int(n) for name, n in re.findall(r"([^<>]+?)\s*<b>(\d+)</b>", told[1])}


def look(client: FlaskClient, name: str = "新边界.geojson", status: int = 200, **read: str) -> str:
    answer = client.get("/boundaries", query_string={"file": name} | read)
    assert answer.status_code == status, answer.text
    return answer.text


def form_of(page: str) -> dict[str, str]:
    form = re.search(r'<form method="post" id="accept".*?</form>', page, re.DOTALL)
    assert form is not None, page
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form[0]))


def split(frame: gpd.GeoDataFrame, code: str) -> gpd.GeoDataFrame:
    row = frame[frame["code"] == code].iloc[0]
    west, south, east, north = row.geometry.bounds
    middle = (west + east) / 2
    halves = (
        shapely.box(west - 1, south - 1, middle, north + 1),
        shapely.box(middle, south - 1, east + 1, north + 1),
    )
    made = [
        row.to_dict()
        | {"geometry": row.geometry.intersection(half), "name_zh": name, "code": f"33068110990{n}"}
        | {"grid_key": None}
        for n, (name, half) in enumerate(zip(("楼家东村", "楼家西村"), halves, strict=True), 5)
    ]
    rest = frame[frame["code"] != code]
    return gpd.GeoDataFrame(pd.concat([rest, gpd.GeoDataFrame(made, crs=4326)], ignore_index=True), crs=4326)


def test_what_boundaries_would_do_is_seen_before_they_are_imported_and_they_do_just_that(
    town: Database, tmp_path: Path
) -> None:
    frame = shipped()
    inside = frame[frame["code"] == LOUJIA].iloc[0].geometry.representative_point()
    cases = tmp_path / "cases.csv"
    cases.write_text(
        f"事件编号,领域,类型,发生时间,经度,纬度,摘要\nA-1,矛盾纠纷,02,2026-09-21,{inside.x},{inside.y},滴水\n",
        "utf-8",
    )
    assert import_records(town, WHOLE, IMPORT_KINDS["incidents"], cases, ImportOptions()).inserted == 1
    fresh = split(frame, LOUJIA)
    fresh.loc[fresh["code"] == CHENJIA, "name_zh"] = "<b>陈家新村</b>"
    folder, client, before = drop(town, fresh), client_of(town, Role.KEEPER), names(town)
    assert "/boundaries?file=" in client.get("/sources").text
    page = look(client)
    told = counts(page)
    assert (told["新增"], told["更改"], told["其中改名"], told["终止"], told["拆分"]) == (2, 1, 1, 1, 1)
    assert told["相同"] == len(frame) - 2
    assert told["改归其他网格的记录"] >= 1
    for words in ("楼家东村、楼家西村", "陈家", "&lt;b&gt;陈家新村"):
        assert words in page, words
    assert "<b>陈家新村" not in page
    assert names(town) == before, "a comparison writes nothing"
    english = client.get("/boundaries", query_string={"file": "新边界.geojson", "lang": "en"}).text
    assert "Records that get another grid" in english
    done = client.post("/boundaries", data=form_of(page))
    assert done.status_code == 303, done.text
    after = names(town)
    assert (after[CHENJIA], LOUJIA in after) == ("<b>陈家新村</b>", False)
    assert {after["330681109905"], after["330681109906"]} == {"楼家东村", "楼家西村"}
    shown = client.get(done.headers["Location"]).text
    assert "终止" in shown
    assert [path.name[16:] for path in (folder / "done").iterdir()] == ["新边界.geojson"]
    assert "新增 2" in (folder / "results" / "新边界.geojson.txt").read_text("utf-8")
    assert client.get("/boundaries", query_string={"file": "新边界.geojson"}).status_code == 404
    undo = client.post(urlsplit(done.headers["Location"]).path + "/undo", data={"why": "误导入"})
    assert undo.status_code == 303, undo.text
    assert names(town) == before


def test_a_town_that_moved_as_gcj_02_does_is_asked_about_and_read_so_by_one_click(town: Database) -> None:
    moved = shipped()
    moved.geometry = shapely.transform(
        moved.geometry.to_numpy(),
        _read_as_wgs84,
    )
    drop(town, moved)
    client, before = client_of(town, Role.KEEPER), names(town)
    page = look(client)
    metres = re.search(r"向同一方向移动约 (\d+) m", page)
    assert metres is not None, page
    assert 480 <= int(metres[1]) <= 530
    assert 'name="crs" value="GCJ-02"' in page
    refused = client.post("/boundaries", data=form_of(page))
    assert (refused.status_code, names(town)) == (409, before)
    assert "boundaries-shifted" in refused.text
    assert "--" not in re.sub(r"<!--.*?-->", "", refused.text.split('id="main"')[-1]), (
        "no option of a command"
    )
    again = counts(look(client, crs="GCJ-02"))
    assert again["边界移动"] == 0


def _read_as_wgs84(at: Any) -> Any:
    return np.column_stack(crs.from_wgs84(at[:, 0], at[:, 1], crs.GCJ02))


def test_grids_that_a_file_leaves_out_end_only_when_a_person_says_so(town: Database) -> None:
    levels = ("town", "areas", "villages", "micro_grids")
    files = [DATA / f"{name}.geojson" for name in levels]
    assert import_boundaries(town, WHOLE, files, BoundaryOptions()).added > 100
    drop(town, shipped())
    client, before = client_of(town, Role.KEEPER), _standing(town)
    page = look(client)
    told = re.findall(r'id="missing">.*?<b>(\d+)</b>', page)
    assert [int(n) > 100 for n in told] == [True], page
    refused = client.post("/boundaries", data=form_of(page))
    assert (refused.status_code, _standing(town)) == (409, before)
    assert "勾选“这些网格确实终止”" in refused.text
    done = client.post("/boundaries", data=form_of(page) | {"accept_ended": "on"})
    assert done.status_code == 303, done.text
    assert _standing(town) == before - int(told[0])


def _standing(town: Database) -> int:
    with town.scoped_session(WHOLE) as session:
        return int(session.scalar(text("select count(*) from grids where valid_to is null")) or 0)


def test_boundaries_that_changed_after_they_were_compared_are_not_imported(town: Database) -> None:
    frame = shipped()
    frame.loc[frame["code"] == CHENJIA, "name_zh"] = "甲村"
    drop(town, frame)
    client, before = client_of(town, Role.KEEPER), names(town)
    told = form_of(look(client))
    frame.loc[frame["code"] == CHENJIA, "name_zh"] = "乙村"
    drop(town, frame)
    answer = client.post("/boundaries", data=told)
    assert (answer.status_code, names(town)) == (409, before)
    assert "incoming-changed" in answer.text
    assert "乙村" in answer.text, "the comparison that is shown is of the new file"


def test_a_file_of_boundaries_that_was_in_force_before_is_asked_about(town: Database) -> None:
    first, second = shipped(), shipped()
    first.loc[first["code"] == CHENJIA, "name_zh"] = "甲村"
    second.loc[second["code"] == CHENJIA, "name_zh"] = "乙村"
    client = client_of(town, Role.KEEPER)
    for frame, name in ((first, "一.geojson"), (second, "二.geojson")):
        drop(town, frame, name)
        assert client.post("/boundaries", data=form_of(look(client, name))).status_code == 303
    folder = arrivals.folder_of(town.settings.home)
    kept = sorted((folder / "done").iterdir())
    older, newer = (
        next(path for path in kept if path.name.endswith(name)) for name in ("一.geojson", "二.geojson")
    )
    (folder / "旧.geojson").write_bytes(older.read_bytes())
    page = look(client, "旧.geojson")
    assert 'name="again" required' in page
    assert client.post("/boundaries", data=form_of(page)).status_code == 409
    assert names(town)[CHENJIA] == "乙村"
    assert client.post("/boundaries", data=form_of(page) | {"again": "on"}).status_code == 303
    assert names(town)[CHENJIA] == "甲村"
    (folder / "再.geojson").write_bytes(older.read_bytes())
    same = look(client, "再.geojson")
    assert "没有差别" in same
    assert 'id="accept"' not in same
    (folder / "早.geojson").write_bytes(newer.read_bytes())
    early = look(client, "早.geojson", 409, valid_from="2020-01-01")
    assert "“生效日”" in early
    assert "--valid-from" not in early


def test_boundaries_with_errors_are_shown_with_their_places_and_cannot_be_imported(town: Database) -> None:
    frame = shipped()
    over = frame["code"] == CHENJIA
    frame.loc[over, "geometry"] = shapely.buffer(frame.loc[over, "geometry"].to_numpy(), 0.004)
    drop(town, frame)
    client, before = client_of(town, Role.KEEPER), names(town)
    page = look(client)
    assert 'id="accept"' not in page
    assert 'id="findings"' in page
    assert "错误" in page
    forced = client.post("/boundaries", data={"file": "新边界.geojson", "seen": _digest(town)})
    assert (forced.status_code, names(town)) == (409, before)
    assert "boundaries-not-imported" in forced.text


def _digest(town: Database) -> str:
    return sha256((arrivals.folder_of(town.settings.home) / "新边界.geojson").read_bytes()).hexdigest()


def test_columns_of_names_and_codes_are_named_on_the_page(town: Database) -> None:
    frame = shipped()[["code", "name_zh", "level", "geometry"]].rename(
        columns={"code": "hao", "name_zh": "ming", "level": "ji"}
    )
    villages = frame[frame["ji"] == 3].drop(columns="ji")
    drop(town, villages)
    client = client_of(town, Role.KEEPER)
    look(client, status=422)
    page = look(
        client, name_column="ming", code_column="hao", level="3", town_code="330681109", town_name="枫桥镇"
    )
    assert form_of(page)["name_column"] == "ming"
    assert counts(page)["新增"] + counts(page)["更改"] + counts(page)["相同"] >= len(villages)


def test_boundaries_that_are_put_aside_change_nothing_and_are_kept_with_a_note(town: Database) -> None:
    folder, client, before = drop(town, shipped()), client_of(town, Role.KEEPER), names(town)
    answer = client.post("/boundaries/aside", data={"file": "新边界.geojson"})
    assert (answer.status_code, names(town)) == (303, before)
    assert arrivals.waiting(town) == []
    assert [path.name[16:] for path in (folder / "refused").iterdir()] == ["新边界.geojson"]
    assert "不导入" in (folder / "results" / "新边界.geojson.txt").read_text("utf-8")


def send(client: FlaskClient, name: str, told: bytes) -> TestResponse:
    return client.post(
        f"/boundaries/files/{name}",
        query_string={"number": uuid.uuid4().hex, "offset": 0, "whole": len(told)},
        data=told,
        content_type="application/octet-stream",
    )


def test_a_file_of_boundaries_is_handed_over_on_the_page_by_whoever_may_import(town: Database) -> None:
    told = shipped().to_json().encode()
    for role in (Role.VILLAGE_DESK, Role.LIAISON, Role.AUDITOR):
        client = client_of(town, role)
        assert send(client, "a.geojson", told).status_code == 403
        assert client.get("/boundaries?file=a.geojson").status_code == 403
        assert client.post("/boundaries", data={"file": "a.geojson"}).status_code == 403
    client = client_of(town, Role.KEEPER)
    assert send(client, "a.geojson", told).get_json() == {"name": "a.geojson"}
    assert send(client, "a.geojson", told).get_json() == {"name": "a-2.geojson"}
    assert send(client, "..%2Fa.geojson", told).status_code in {404, 422}
    assert [file.path.name for file in arrivals.waiting(town)] == ["a.geojson", "a-2.geojson"]
    written = [one for one in audit.list_entries(town, limit=50) if "a.geojson" in one.object]
    assert any("@boundaries" in one.object for one in written)
    look(client, "a.geojson")
    assert client.get("/boundaries").status_code == 303
