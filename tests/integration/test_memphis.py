"""A real city out of published files, by the commands that anybody would type."""

from __future__ import annotations

import datetime as dt
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest

from gridmap.domain.gridkey import Scope
from gridmap.domain.query import IncidentQuery
from gridmap.errors import InvalidInput
from gridmap.services.cases.counts import count_by_grid
from gridmap.services.cases.overview import workspace_info
from gridmap.services.ground.grids import grid_features
from gridmap.services.hotspots.forecasts import score_forecast
from gridmap.services.hotspots.runs import run_hotspots
from gridmap.services.hotspots.spec import METHODS, HotspotSpec, Method
from gridmap.settings import Settings
from gridmap.storage.database import Database
from tests.doors import client_of
from tests.warm import GRIDMAP, run

pytestmark = pytest.mark.reference

REPOSITORY = Path(__file__).resolve().parents[2]
ZONE = "America/Chicago"


def gridmap(home: Path, *words: str) -> str:
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("GRIDMAP_", "DATABASE_URL"))}
    own = {"GRIDMAP_HOME": str(home), "GRIDMAP_TIMEZONE": ZONE, "PYTHONPATH": str(REPOSITORY)}
    done = run([*GRIDMAP, *words], env=clean | own, timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def memphis_files(reference_dir: Path) -> Path:
    found = next(iter(sorted(reference_dir.rglob("memphis_precincts.geojson"))), None)
    if found is None:
        pytest.skip("no published data of Memphis here")
    return found.parent


@pytest.fixture(scope="module")
def memphis(memphis_files: Path) -> Iterator[Database]:
    home = Path(tempfile.mkdtemp(prefix="gm-", dir="/tmp")).resolve()
    home.chmod(0o755)
    grids, incidents = home / "grids.json", home / "incidents.json"
    grids.write_text(json.dumps({"precinct": "name_en"}), "utf-8")
    mapping = {"uid": "uid", "offense_type": "kind", "date": "occurred_at", "domain": "=policing"}
    incidents.write_text(json.dumps(mapping), "utf-8")
    gridmap(
        home, "grids", "import", str(memphis_files / "memphis_precincts.geojson"), "--mapping", str(grids),
        "--level", "3", "--town-code", "470000001", "--town-name", "Memphis", "--findings", str(home / "f.gpkg"),
    )  # fmt: skip
    said = gridmap(
        home, "incidents", "import", str(memphis_files / "memphis_robberies.csv"), "--mapping", str(incidents),
        "--save-as", "memphis", "--refused", str(home / "refused.xlsx"),
    )  # fmt: skip
    assert "new 2245" in said
    again = gridmap(
        home, "incidents", "import", str(memphis_files / "memphis_robberies.csv"), "--use", "memphis"
    )
    assert "nothing was changed" in again
    with Database(Settings(home=home, threads=2, timezone=ZONE)) as database:
        yield database
    shutil.rmtree(home)


def test_the_precincts_are_the_third_level_of_a_town_called_memphis(memphis: Database) -> None:
    info = workspace_info(memphis, Scope.whole())
    assert (info.name_en, info.timezone, info.illustrative) == ("Memphis", ZONE, False)
    assert info.root is not None
    assert info.root["grid_key"] == "47000000100000000"
    features = grid_features(memphis, Scope.whole(), level=3)["features"]
    assert len(features) == 9
    assert all(f["properties"]["name_en"] for f in features)
    assert info.period is not None
    assert info.period["from"] == "2019-01-01"


def test_each_precinct_has_the_robberies_that_a_spatial_join_finds(
    memphis: Database, memphis_files: Path
) -> None:
    precincts = gpd.read_file(memphis_files / "memphis_precincts.geojson")
    rows = pd.read_csv(memphis_files / "memphis_robberies.csv")
    points = gpd.GeoDataFrame(rows, geometry=gpd.points_from_xy(rows["lon"], rows["lat"]), crs=4326)
    joined = gpd.sjoin(points, precincts.to_crs(4326), predicate="intersects")
    assert not joined["uid"].duplicated().any(), "a point on an edge needs the rule of the lowest key"
    expected = joined["precinct"].value_counts().to_dict()
    names = {
        f["id"]: f["properties"]["name_en"]
        for f in grid_features(memphis, Scope.whole(), level=3, geometry=False)["features"]
    }
    answer = count_by_grid(memphis, Scope.whole(), IncidentQuery(), level=3)
    assert {names[k]: n for k, n in answer["counts"].items()} == expected
    assert answer["total"] == len(rows) == 2245
    assert answer["unassigned"] == len(rows) - len(joined)


def test_days_are_those_of_memphis(memphis: Database, memphis_files: Path) -> None:
    rows = pd.read_csv(memphis_files / "memphis_robberies.csv")
    expected = rows["date"].str[:10].value_counts().to_dict()
    points = client_of(memphis).get("/api/v1/timeline").get_json()["points"]
    assert {day: n for day, n in points if n} == expected


@pytest.mark.parametrize("method", [m for m in METHODS if m != "network-kde"])
def test_every_method_that_needs_no_roads_runs_on_the_robberies(memphis: Database, method: Method) -> None:
    given: dict[str, Any] = {"permutations": 99} if "scan" in method or method == "near-repeat" else {}
    if method == "scan":
        # Each of nine precincts that count alike is more than the tenth that a cluster may be.
        given["max_population"] = 0.3
    asked = HotspotSpec(method, dt.date(2019, 1, 1), dt.date(2019, 12, 31), level=3, seed=5, **given)
    run = run_hotspots(memphis, Scope.whole(), asked, keep=False)
    assert run.summary["incidents"] == 2244
    assert run.summary["epsg"] == 32616
    assert run.summary["caption_en"] == "reported incidents, not danger"
    assert all(f.evidence["observed"] >= 5 for f in run.findings)


def test_robberies_repeat_near_in_space_and_time(memphis: Database) -> None:
    asked = HotspotSpec("near-repeat", dt.date(2019, 1, 1), dt.date(2019, 12, 31), level=3, permutations=199)
    within, over_the_year = (
        run_hotspots(memphis, Scope.whole(), replace(asked, season_days=days), keep=False).summary["table"][0]
        for days in (asked.season_days, 366)
    )
    assert over_the_year["ratio"] > 1.5
    assert over_the_year["p"] <= 0.01
    # What a place's own slow change makes is in that, and not in what is told without being asked.
    assert within["observed"] == over_the_year["observed"]
    assert 1.0 < within["ratio"] < over_the_year["ratio"]
    assert within["p"] > over_the_year["p"]


def test_without_roads_the_network_density_says_what_to_import(memphis: Database) -> None:
    asked = HotspotSpec("network-kde", dt.date(2019, 1, 1), dt.date(2019, 12, 31), level=3)
    with pytest.raises(InvalidInput, match="gridmap roads import"):
        run_hotspots(memphis, Scope.whole(), asked, keep=False)


def test_the_forecast_of_robberies_has_a_verdict_against_counting(memphis: Database) -> None:
    asked = HotspotSpec("gi", dt.date(2019, 1, 1), dt.date(2019, 12, 31), level=3)
    found = score_forecast(memphis, Scope.whole(), asked, area_share=0.2)
    assert found["verdict"] in {"better", "no-better", "worse"}
    assert found["weeks"] == 12


def test_no_population_no_rates_and_the_refusal_says_what_to_do(memphis: Database) -> None:
    asked = HotspotSpec("gi", dt.date(2019, 1, 1), dt.date(2019, 12, 31), level=3, by="rate")
    with pytest.raises(InvalidInput, match="--by count"):
        run_hotspots(memphis, Scope.whole(), asked, keep=False)
