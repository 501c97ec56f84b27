"""What programs read: OGC API Features by GDAL's own driver, Open311, notebooks; in scope, paged, nothing cut."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import geopandas as gpd
import morecantile
import pyogrio
import pytest
from flask.testing import FlaskClient

import gridmap
from gridmap.domain.accounts import Actor, Role
from gridmap.domain.gridkey import Scope
from gridmap.errors import InvalidInput
from gridmap.services.reports import features
from gridmap.storage.database import Database
from tests.conftest import MakeDatabase
from tests.doors import client_of, token_of

WEB = morecantile.tms.get("WebMercatorQuad")
AT = WEB.tile(120.40, 29.79, 13)


@pytest.fixture(scope="module")
def town(make_database: MakeDatabase) -> Database:
    return make_database("demo")


@pytest.fixture(scope="module")
def keeper(town: Database) -> FlaskClient:
    return client_of(town)


def everything(client: FlaskClient, path: str) -> list[dict[str, Any]]:
    """Follow the pages' own links."""
    out: list[dict[str, Any]] = []
    while path:
        told = client.get(path).get_json()
        assert told["numberReturned"] == len(told["features"])
        out += told["features"]
        path = next((link["href"] for link in told["links"] if link["rel"] == "next"), "")
    assert len(out) == told["numberMatched"]
    return out


def test_pages_hold_every_feature_once_and_say_how_many_there_are(keeper: FlaskClient) -> None:
    for name in ("grids", "teams", "organisations"):
        found = everything(keeper, f"/ogc/collections/{name}/items?limit=97")
        assert len({feature["id"] for feature in found}) == len(found) > 0
    month = "datetime=2026-10-01/2026-11-01&domain=dispute"
    found = everything(keeper, f"/ogc/collections/incidents/items?limit=50&{month}")
    headline = keeper.get("/api/v1/exports/incidents.geojson?from=2026-10-01&to=2026-11-01&domain=dispute")
    assert len(found) == len(headline.get_json()["features"]) > 50


def test_a_box_and_a_level_narrow_and_what_is_unknown_is_refused(keeper: FlaskClient) -> None:
    villages = everything(keeper, "/ogc/collections/grids/items?level=3&limit=10")
    assert len(villages) == 28
    west, south, east, north = keeper.get("/ogc/collections/grids").get_json()["extent"]["spatial"]["bbox"][0]
    half = everything(
        keeper, f"/ogc/collections/grids/items?level=3&bbox={west},{south},{(west + east) / 2},{north}"
    )
    assert 0 < len(half) < 28
    for wrong in (
        "limit=0",
        "limit=x",
        "bbox=1,2,3",
        "bbox=9,9,1,1",
        "colour=red",
        "datetime=yesterday",
        "datetime=/",
        "datetime=2026-10-02/2026-10-01",
    ):
        answer = keeper.get(f"/ogc/collections/grids/items?{wrong}")
        assert (answer.status_code, wrong) == (400, wrong)
    assert keeper.get("/ogc/collections/nothing/items").status_code == 404
    assert keeper.get("/ogc/collections/grids/items/7").status_code == 404


def test_an_instant_and_an_interval_are_taken_to_the_second_and_a_day_as_a_whole(keeper: FlaskClient) -> None:
    def asked(when: str) -> list[str]:
        path = f"/ogc/collections/incidents/items?limit=1000&datetime={when}"
        return [f["properties"]["occurred_at"] for f in everything(keeper, path)]

    day = sorted(dt.datetime.fromisoformat(at) for at in asked("2026-10-05"))
    zone = ZoneInfo("Asia/Shanghai")
    assert len(day) > 5
    assert {at.astimezone(zone).date().isoformat() for at in day} == {"2026-10-05"}
    first, third = (f"{day[n].astimezone(dt.UTC):%Y-%m-%dT%H:%M:%SZ}" for n in (0, 2))
    assert len(asked(first)) == day.count(day[0])
    assert len(asked(f"{first}/{third}")) == sum(at <= day[2] for at in day)
    assert len(asked(f"2026-10-05/{third}")) == sum(at <= day[2] for at in day)
    assert set(asked("2026-10-05")) <= set(asked("0001-01-01/9999-12-31"))


def test_the_definition_names_every_path_of_the_core(keeper: FlaskClient) -> None:
    told = keeper.get("/ogc/api").get_json()
    assert set(told["paths"]) == {
        *("/", "/conformance", "/collections", "/collections/{collectionId}"),
        *("/collections/{collectionId}/items", "/collections/{collectionId}/items/{featureId}"),
    }


def test_a_village_s_program_reads_its_village_and_no_sealed_case_leaves(town: Database) -> None:
    with town.scoped_session(Scope.whole()) as session:
        from gridmap.storage.ground import grids

        village = int(grids.list_grids(session, level=3, geometry=False)[4]["grid_key"])
    of = Actor("村", Role.VILLAGE_DESK, Scope.of_grid(village))
    found = list(features.every(town, of, "incidents"))
    assert found
    assert all(int(feature["properties"]["grid_key"]) in of.scope for feature in found)
    kinds = {
        (f["properties"]["domain"], f["properties"]["kind"])
        for f in features.every(town, Actor.at_the_machine(), "incidents")
    }
    assert ("dispute", "01") not in kinds, "family disputes are sealed"


def test_gdal_s_own_driver_reads_every_feature_of_a_collection(
    demo_server: str, demo_database: Database
) -> None:
    if "OAPIF" not in pyogrio.list_drivers():
        pytest.skip("this build of GDAL has no OAPIF driver")
    shown = {"GDAL_HTTP_AUTH": "BEARER", "GDAL_HTTP_BEARER": token_of(demo_database)}
    pyogrio.set_gdal_config_options(shown)
    try:
        layers = {str(name) for name, _ in pyogrio.list_layers(f"OAPIF:{demo_server}/ogc")}
        frame: gpd.GeoDataFrame = pyogrio.read_dataframe(f"OAPIF:{demo_server}/ogc", layer="incidents")
    finally:
        pyogrio.set_gdal_config_options(dict.fromkeys(shown))
    assert layers == {"grids", "incidents", "roads", "teams", "organisations"}
    told = features.page(demo_database, Actor.at_the_machine(), "incidents", limit=1)
    assert len(frame) == told.matched > 5000


def test_the_tile_matrix_set_is_the_standard_s_and_tile_sets_lead_to_tiles(keeper: FlaskClient) -> None:
    [listed] = keeper.get("/ogc/tileMatrixSets").get_json()["tileMatrixSets"]
    matrices = keeper.get(listed["links"][0]["href"]).get_json()
    first = matrices["tileMatrices"][0]
    # Annex D.1 of 17-083r4.
    assert first["scaleDenominator"] == pytest.approx(559082264.028717)
    assert first["pointOfOrigin"] == pytest.approx([-20037508.3427892, 20037508.3427892])
    assert matrices["uri"] == listed["uri"]
    for name in ("grids", "roads"):
        told = keeper.get(f"/ogc/collections/{name}").get_json()
        [sets] = [link["href"] for link in told["links"] if link["rel"].endswith("tilesets-vector")]
        [one] = keeper.get(sets).get_json()["tilesets"]
        described = keeper.get(next(k["href"] for k in one["links"] if k["rel"] == "self")).get_json()
        [template] = [k["href"] for k in described["links"] if k["rel"] == "item"]
        tile = template.replace("{tileMatrix}", "13")
        tile = tile.replace("{tileRow}", str(AT.y)).replace("{tileCol}", str(AT.x))
        assert keeper.get(tile).status_code == 200
        assert keeper.get(tile.replace("WebMercatorQuad", "WorldCRS84Quad")).status_code == 404
    assert keeper.get("/ogc/collections/teams/tiles").status_code == 400


def test_open311_tells_services_and_how_requests_stand(keeper: FlaskClient) -> None:
    services = {
        s["service_code"]: s["service_name"] for s in keeper.get("/open311/v2/services.json").get_json()
    }
    assert services["dispute:02"] == "邻里纠纷"
    asked = "start_date=2026-10-01T00:00:00Z&end_date=2026-10-07T00:00:00Z"
    answer = keeper.get(f"/open311/v2/requests.json?{asked}&status=closed&service_code=dispute:02")
    told = answer.get_json()
    assert told
    assert {r["status"] for r in told} == {"closed"}
    assert answer.headers["Open311-More"] == "0"
    one = keeper.get(f"/open311/v2/requests/{told[0]['service_request_id']}.json").get_json()
    assert one == [told[0]]
    for wrong in ("status=lost", "start_date=soon"):
        assert keeper.get(f"/open311/v2/requests.json?{wrong}").status_code == 400


def test_open311_is_read_on_page_by_page_to_the_last_and_its_ends_are_instants(keeper: FlaskClient) -> None:
    whole = keeper.get("/open311/v2/requests.json?start_date=2026-10-01&end_date=2026-10-31").get_json()
    address, read, left = (
        "/open311/v2/requests.json?start_date=2026-10-01&end_date=2026-10-31&page_size=300",
        [],
        [],
    )
    while address:
        answer = keeper.get(address)
        read += answer.get_json()
        left.append(int(answer.headers["Open311-More"]))
        address = answer.headers.get("Link", "").partition(">")[0].removeprefix("<")
    assert 300 < len(read) == len({one["service_request_id"] for one in read}) == len(whole)
    assert left == [max(0, len(whole) - 300 * (n + 1)) for n in range(len(left))]
    # Days of the year are not all that a program asks for: the end of a span is its instant.
    at = sorted(dt.datetime.fromisoformat(one["requested_datetime"]) for one in whole)
    since, until = at[10], at[20]
    span = urlencode({"start_date": since.isoformat(), "end_date": until.isoformat()})
    found = keeper.get(f"/open311/v2/requests.json?{span}").get_json()
    assert len(found) == sum(since <= one <= until for one in at) >= 11
    for wrong in ("page_size=0", "page_size=1001", "after=x", "end_date=2026-13-01"):
        assert keeper.get(f"/open311/v2/requests.json?{wrong}").status_code == 400


def test_notebooks_read_layers_as_geodataframes(town: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.towns import environment_of

    for name, value in environment_of(town).items():
        monkeypatch.setenv(name, value)
    villages = gridmap.read_grids(level=3)
    for wrong in (lambda: gridmap.read_grids(level=9), lambda: gridmap.read_incidents(domain="nothing")):
        with pytest.raises(InvalidInput):
            wrong()
    assert (len(villages), villages.crs.to_epsg()) == (28, 4326)
    october = gridmap.read_incidents(
        since=dt.date(2026, 10, 1), until=dt.date(2026, 10, 31), domain="dispute"
    )
    assert len(october) > 50
    assert set(october["domain"]) == {"dispute"}
    with pytest.raises(AttributeError):
        _ = gridmap.read_persons


def test_a_notebook_that_names_a_wrong_folder_is_told_so_and_makes_no_workspace_there(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="没有工作区"):
        gridmap.read_grids(tmp_path / "typo")
    assert list(tmp_path.iterdir()) == []
