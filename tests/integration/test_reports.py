"""Reports of whole towns: what was planted is told, nobody can be made out, and the same file comes out again."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import shapely
from sqlalchemy import text

from gridmap import crs
from gridmap.domain.accounts import Actor
from gridmap.domain.gridkey import Scope
from gridmap.domain.protection import BOUND, LEAST_TOLD, Counts, middle_of_band
from gridmap.domain.query import IncidentQuery
from gridmap.errors import InvalidInput, NotFound
from gridmap.reporting.model import HotspotReport
from gridmap.services.cases.counts import count_by_grid
from gridmap.services.hotspots.observations import load_inputs
from gridmap.services.reports.building import build_hotspot_report, list_reports
from gridmap.services.reports.content import hotspot_report
from gridmap.services.reports.findings import of_domain, scan_clusters
from gridmap.services.reports.request import ReportRequest
from gridmap.services.reports.shading import shading as shading_of
from gridmap.services.reports.verifying import verify_report
from gridmap.storage.database import Database
from tests.towns import environment_of
from tests.warm import GRIDMAP, run
from web.assets import vendor_folder

REPOSITORY = Path(__file__).resolve().parents[2]
DATA = REPOSITORY / "data" / "boundaries"
FIRST, MIDDLE, LAST = dt.date(2025, 11, 1), dt.date(2026, 5, 1), dt.date(2026, 10, 31)
PLANTED = json.loads((DATA / "planted.json").read_text("utf-8"))["hotspots"]
WHOLE = Scope.whole()
KEEPER = Actor.at_the_machine()
VILLAGES = ReportRequest(MIDDLE, LAST, level=3, permutations=19, seed=1)
AREA = 33068110901000000


def quiet(_step: str, _done: int, _total: int) -> None:
    pass


@pytest.fixture(scope="module")
def policing(demo_database: Database) -> HotspotReport:
    request = ReportRequest(FIRST, LAST, level=4, domain="policing", permutations=99, seed=1)
    return hotspot_report(demo_database, WHOLE, request, quiet)[0]


@pytest.mark.parametrize(
    "planted", [h for h in PLANTED if h["domain"] == "policing"], ids=lambda planted: planted["name"]
)
def test_the_planted_hotspots_are_among_the_places_of_the_report(
    policing: HotspotReport, planted: dict[str, float]
) -> None:
    here = shapely.Point(planted["lon"], planted["lat"])
    away = [shapely.from_geojson(json.dumps(h.geometry)).distance(here) for h in policing.hotspots]
    assert min(away) < 1e-4


def test_the_report_says_since_when_the_emerging_hotspot_is_there(policing: HotspotReport) -> None:
    planted = next(h for h in PLANTED if h["emerging"])
    here = shapely.Point(planted["lon"], planted["lat"])
    spot = min(policing.hotspots, key=lambda h: shapely.from_geojson(json.dumps(h.geometry)).distance(here))
    # Its beginning is that of the run of months that its class tells of; the scan tells its own, under its letter.
    class_of = {"since 2026-10-01": "New hot spot", "since 2026-09-01": "Consecutive hot spot"}
    assert spot.label.en == class_of[spot.since.en]
    over = [c for c in policing.clusters if shapely.from_geojson(json.dumps(c.geometry)).covers(here)]
    assert {c.first for c in over} & {"2026-08-01", "2026-09-01"}
    # What is expected would tell the domain's total, which is told by whole years only; a cluster would not.
    assert policing.clusters
    assert {h.expected for h in policing.hotspots} | {h.expected for h in policing.clusters} == {None}


def test_what_is_expected_of_a_cluster_tells_no_total_of_one_domain_in_a_report_over_all(
    demo_database: Database,
) -> None:
    inputs = load_inputs(demo_database, WHOLE, VILLAGES.spec)
    spec = replace(VILLAGES.spec, step="month", by="rate", domain="emergency", permutations=99)
    found = scan_clusters(of_domain(inputs, "emergency"), spec, None)
    assert found
    assert {(f.evidence["expected"], f.evidence["relative_risk"]) for f in found} == {(None, None)}


def test_conventions_that_are_made_of_true_counts_stay_in_the_house(policing: HotspotReport) -> None:
    assert "ties = randomised" in policing.conventions
    for inside in ("dispersion", "left out", "seed"):
        assert inside not in policing.conventions


def test_places_tell_in_tenths_what_patrols_and_screening_found_there(
    demo_database: Database, policing: HotspotReport
) -> None:
    shares = [h.found_share for h in policing.hotspots if h.observed >= 60]
    assert shares
    request = ReportRequest(FIRST, LAST, level=4, domain="policing", permutations=99, seed=1)
    inputs = load_inputs(demo_database, WHOLE, request.spec)
    with demo_database.scoped_session(WHOLE) as session:
        found = session.scalar(
            text(
                "select count(*) from incidents where domain = 'policing' and channel in ('patrol', 'screening')"
                " and not sealed and (occurred_at at time zone 'Asia/Shanghai')::date between :a and :b"
            ),
            {"a": FIRST, "b": LAST},
        )
    assert int(inputs.found.sum()) == found
    geometry = inputs.cells.geometry.to_numpy()
    for spot in policing.hotspots:
        if spot.observed < 60:
            continue
        shape = shapely.from_geojson(json.dumps(spot.geometry))
        middles = shapely.get_coordinates(shapely.point_on_surface(geometry))
        lon, lat = crs.to_wgs84(middles[:, 0], middles[:, 1], inputs.epsg)
        inside = shapely.contains_xy(shape, lon, lat)[np.maximum(inputs.cell, 0)] & (inputs.cell >= 0)
        true = inputs.found[inside].sum() / inside.sum()
        # Half a tenth, and what perturbing two numbers may do to their share.
        assert spot.found_share is not None
        assert (
            abs(spot.found_share - true)
            <= 0.05 + 2 * BOUND * len(inputs.guard.protected.spans) / spot.observed
        )
    assert {h.patrol_h for h in policing.hotspots} == {None}, "no visit of any team is known"


def test_the_map_in_classes_shades_villages_by_the_numbers_that_everybody_outside_is_told(
    demo_database: Database, policing: HotspotReport
) -> None:
    ground = policing.ground
    keys = {outline.name: outline.grid_key for outline in ground.outlines}
    shading = policing.shading
    assert shading is not None
    assert shading.classes is not None

    def told(first_year: int) -> dict[str, int]:
        years = IncidentQuery(None, dt.date(first_year, 1, 1), dt.date(2026, 12, 31))
        return count_by_grid(demo_database, WHOLE, years, level=3, counts=Counts.PERTURBED)["counts"]

    # One domain of one village is told to nobody: all matters of the years that the period touches.
    assert {keys[area.name]: area.value for area in shading.areas} == told(2025)
    assert len(shading.areas) == 28
    by_rate = replace(VILLAGES, by="rate")
    inputs = load_inputs(demo_database, WHOLE, by_rate.spec)
    shown = shading_of(demo_database, WHOLE, by_rate, inputs, ground)
    assert shown is not None
    people = dict(zip(inputs.cells["grid_key"].astype(str), inputs.positive_exposure(), strict=True))
    now = told(2026)
    for area in shown.areas:
        assert area.value is not None
        assert area.value % 5 == 0
        assert area.value == pytest.approx(1000 * now[keys[area.name]] / people[keys[area.name]], abs=2.5)
    few = replace(ground, outlines=tuple(o for o in ground.outlines if o.level < 3)[:2])
    assert shading_of(demo_database, WHOLE, by_rate, inputs, few) is None


def test_each_place_of_the_report_has_a_core_streets_and_a_point_of_the_ground_inside_it(
    policing: HotspotReport,
) -> None:
    found: list[Any] = [*policing.hotspots, *policing.clusters]
    assert found
    for one in found:
        notes = one.notes
        assert notes is not None
        assert notes.core_cells <= one.cells
        assert all(middle_of_band(n) == n for n in (one.observed, notes.core_observed) if n is not None)
        assert notes.villages
        assert notes.streets
        assert shapely.from_geojson(json.dumps(one.geometry)).distance(shapely.Point(notes.at)) < 1e-4
    assert min(one.notes.core_cells / one.cells for one in found) < 1
    known = {kind["zh"] for kind in json.loads((DATA / "kinds.json").read_text("utf-8"))["policing"]}
    told = {kind.zh for one in found for kind in one.notes.kinds}
    assert told
    assert told <= known


def test_the_same_season_last_year_is_as_many_days_of_the_same_months_or_weekdays() -> None:
    assert VILLAGES.last_year == (dt.date(2025, 5, 1), dt.date(2025, 10, 31))
    february = ReportRequest(dt.date(2024, 2, 1), dt.date(2024, 2, 29), level=3)
    assert february.last_year == (dt.date(2023, 2, 1), dt.date(2023, 2, 28))
    week = ReportRequest(dt.date(2026, 10, 5), dt.date(2026, 10, 11), level=3)
    assert [day.weekday() for day in week.last_year] == [0, 6]


def test_the_year_before_the_records_begin_is_not_compared(policing: HotspotReport) -> None:
    assert policing.before == "none"
    assert all(h.before is None for h in policing.hotspots)


def test_places_are_told_only_with_the_least_that_is_told_or_more(policing: HotspotReport) -> None:
    assert policing.hotspots
    assert all(h.observed >= LEAST_TOLD for h in policing.hotspots)
    assert all(c.observed >= LEAST_TOLD for c in policing.clusters)
    assert policing.totals
    assert all(t.observed is not None and t.observed >= LEAST_TOLD for t in policing.totals)


def test_the_forecast_is_scored_beside_plain_counting(policing: HotspotReport) -> None:
    assert policing.forecast is not None
    assert policing.forecast.rows[0].verdict is None
    assert policing.forecast.rows[-1].verdict == policing.forecast.words


def test_a_report_of_a_month_tells_places_what_rose_and_a_verdict(demo_database: Database) -> None:
    request = ReportRequest(
        dt.date(2026, 10, 1), LAST, level=4, domain="policing", permutations=199, by="rate"
    )
    told, digest = hotspot_report(demo_database, WHOLE, request, quiet)
    assert told.hotspots
    assert told.clusters
    assert all(c.last >= told.since for c in told.clusters)
    assert told.window_since == "2026-07-27"
    assert told.refusals == ()
    assert told.forecast is not None
    assert told.forecast.weeks == 12
    assert told.forecast.history_since < told.since
    assert (told, digest) == hotspot_report(demo_database, WHOLE, request, quiet)


def test_a_report_s_forecast_knows_nothing_that_was_reported_after_its_end(demo_database: Database) -> None:
    spec = ReportRequest(dt.date(2025, 12, 1), dt.date(2026, 9, 30), level=4).spec
    inputs = load_inputs(demo_database, WHOLE, spec)
    end = (spec.until - spec.since).days
    late = inputs.reported >= end + 1
    assert late.any()
    known = inputs.reported_by(end)
    assert len(known.cell) == len(inputs.cell) - late.sum()
    assert known.reported.max() < end + 1


def test_the_period_before_counts_the_same_places_in_as_many_months(demo_database: Database) -> None:
    request = ReportRequest(MIDDLE, LAST, level=3, domain="emergency", permutations=19)
    told, _ = hotspot_report(demo_database, WHOLE, request, quiet)
    assert (told.before, told.before_since, told.before_until) == ("known", "2025-11-01", "2026-04-30")
    year = IncidentQuery(None, dt.date(2026, 1, 1), dt.date(2026, 12, 31), ("emergency",))
    true = count_by_grid(demo_database, WHOLE, year, level=1)["total"]
    # One domain is told by whole years only, of which nothing is compared.
    (total,) = told.totals
    assert total.before is None
    assert total.observed == pytest.approx(true, abs=BOUND)
    assert told.totals_of is not None
    assert told.totals_of.en == "The whole of 2026"


def test_two_processes_write_the_same_bytes(demo_database: Database) -> None:
    program = """
import datetime as dt, hashlib, sys
from pathlib import Path
from typing import Any
from gridmap.domain.accounts import Actor
from gridmap.domain.gridkey import Scope
from gridmap.reporting import page
from gridmap.services.reports.content import hotspot_report
from gridmap.services.reports.request import ReportRequest
from gridmap.settings import load_settings
from gridmap.storage.database import Database
with Database(load_settings()) as database:
    request = ReportRequest(dt.date(2026, 5, 1), dt.date(2026, 10, 31), level=3, permutations=19, seed=7)
    report, digest = hotspot_report(database, Scope.whole(), request, lambda *_: None)
text = page.render(report, (), "both", leaflet_js="", leaflet_css="")
print(digest, hashlib.sha256(text.encode()).hexdigest())
"""
    said = [
        subprocess.run(
            [sys.executable, "-c", program],
            env=os.environ
            | environment_of(demo_database)
            | {"PYTHONHASHSEED": seed, "PYTHONPATH": str(REPOSITORY)},
            cwd="/",
            capture_output=True,
            text=True,
            check=True,
            timeout=600,
        ).stdout
        for seed in ("1", "2")
    ]
    assert said[0] == said[1]
    assert len(said[0].split()) == 2


def test_a_report_is_written_whole_with_its_tables_and_entered_in_the_register(
    recorded_town: Database, tmp_path: Path
) -> None:
    out = tmp_path / "report.html"
    out.write_text("an earlier report", "utf-8")
    steps: list[str] = []
    made = build_hotspot_report(
        recorded_town,
        WHOLE,
        replace(VILLAGES, purpose="月度例会"),
        out,
        assets=vendor_folder(),
        on_progress=lambda step, _done, _total: steps.append(step),
    )
    content = out.read_bytes()
    assert content.startswith(b"<!DOCTYPE html>")
    assert hashlib.sha256(content).hexdigest() == made["file_sha256"]
    assert {"read", "analyse", "write"} == set(steps)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["report-tables", "report.html"]
    assert sorted(p.suffix for p in (tmp_path / "report-tables").iterdir()) == [".csv"] * 4 + [
        ".gpkg",
        ".xlsx",
    ]
    for name in ("hotspots", "clusters", "domains", "forecast"):
        table = tmp_path / "report-tables" / f"{name}.csv"
        assert table.read_bytes().startswith(b"\xef\xbb\xbf")
        pd.read_csv(table)
    [row] = list_reports(recorded_town, WHOLE)
    assert (row["kind"], row["purpose"], row["seed"]) == ("hotspots", "月度例会", 1)
    assert row["file_sha256"] == made["file_sha256"]
    again = build_hotspot_report(
        recorded_town,
        WHOLE,
        replace(VILLAGES, purpose="月度例会"),
        tmp_path / "b.html",
        assets=vendor_folder(),
    )
    assert again["file_sha256"] == made["file_sha256"]
    assert (tmp_path / "b-tables" / "hotspots.csv").read_bytes() == (
        tmp_path / "report-tables" / "hotspots.csv"
    ).read_bytes()


def test_a_report_is_checked_by_building_it_again_and_what_differs_is_named(
    recorded_town: Database, tmp_path: Path
) -> None:
    out = tmp_path / "report.html"
    made = build_hotspot_report(recorded_town, WHOLE, VILLAGES, out, assets=vendor_folder(), pdf=True)
    misnamed = tmp_path / "misnamed.html"
    misnamed.write_bytes((tmp_path / "report.pdf").read_bytes())
    for file in (out, misnamed):
        found = verify_report(recorded_town, KEEPER, file, assets=vendor_folder())
        assert (found.same, found.number, found.data_changed) == (True, made["report_id"], False)
        assert not found.figures + found.lines
    forged = tmp_path / "forged.html"
    forged.write_text(out.read_text("utf-8").replace("<h1>", "<h1>9 "), "utf-8")
    found = verify_report(recorded_town, KEEPER, forged, assets=vendor_folder())
    assert (found.same, found.number, found.figures) == (False, None, ())
    assert [line.in_file for line in found.lines if line.in_file and line.in_file.startswith("9 ")]
    with recorded_town.scoped_session(WHOLE, write=True) as session:
        gone = text(
            "UPDATE incidents SET occurred_at = occurred_at - interval '3 years' WHERE domain = 'dispute'"
        )
        session.execute(gone)
        dated = (
            "UPDATE incidents SET occurred_at = date_trunc('day', occurred_at AT TIME ZONE 'Asia/Shanghai')"
            " AT TIME ZONE 'Asia/Shanghai'"
        )
        session.execute(text(dated))
    changed = verify_report(recorded_town, KEEPER, out, assets=vendor_folder())
    assert (changed.same, changed.number, changed.data_changed) == (False, made["report_id"], True)
    assert "incidents" in {figure.name for figure in changed.figures}
    now = "".join(line.now or "" for line in changed.lines)
    assert "部分无时刻" in now
    assert "夜间 0–6 时" not in now


def test_a_report_of_an_area_is_seen_by_that_area_and_by_no_other(
    recorded_town: Database, tmp_path: Path
) -> None:
    request = replace(VILLAGES, within=AREA)
    made = build_hotspot_report(recorded_town, WHOLE, request, tmp_path / "area.html", assets=vendor_folder())
    assert f"--scope {AREA}" in (tmp_path / "area.html").read_text("utf-8")
    assert [r["report_id"] for r in list_reports(recorded_town, Scope.of_grid(AREA))] == [made["report_id"]]
    assert list_reports(recorded_town, Scope.of_grid(AREA + 1_000_000)) == []
    with pytest.raises(NotFound):
        build_hotspot_report(
            recorded_town,
            Scope.of_grid(AREA + 1_000_000),
            request,
            tmp_path / "other.html",
            assets=vendor_folder(),
        )
    assert not (tmp_path / "other.html").exists()


def test_too_few_grids_still_make_a_report_that_says_what_could_not_be_done(
    recorded_town: Database, tmp_path: Path
) -> None:
    request = ReportRequest(dt.date(2026, 10, 1), LAST, level=2, permutations=19, languages="en")
    out = tmp_path / "few.html"
    made = build_hotspot_report(recorded_town, WHOLE, request, out, assets=vendor_folder())
    assert {part.en for part in made["refused"]} == {"the judgement of hotspots", "the space-time scan"}
    text = out.read_text("utf-8")
    assert "There are only 3 grids, too few to compare." in text
    assert "could not be judged" in text


def test_without_incidents_there_is_no_report_and_no_entry(recorded_town: Database, tmp_path: Path) -> None:
    request = ReportRequest(dt.date(1999, 1, 1), dt.date(1999, 12, 31), level=3)
    with pytest.raises(InvalidInput) as refused:
        build_hotspot_report(recorded_town, WHOLE, request, tmp_path / "none.html", assets=vendor_folder())
    assert refused.value.code == "hotspots-no-incidents"
    assert list(tmp_path.iterdir()) == []
    assert list_reports(recorded_town, WHOLE) == []


@pytest.mark.parametrize(
    ("name", "code"), [("report.pdf", "report-ending"), ("nowhere/report.html", "folder-unwritable")]
)
def test_a_place_that_cannot_hold_the_report_is_refused(
    recorded_town: Database, tmp_path: Path, name: str, code: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        build_hotspot_report(recorded_town, WHOLE, VILLAGES, tmp_path / name, assets=vendor_folder())
    assert refused.value.code == code
    assert list_reports(recorded_town, WHOLE) == []


def test_a_missing_map_library_is_named_with_the_command_that_brings_it(
    recorded_town: Database, tmp_path: Path
) -> None:
    with pytest.raises(InvalidInput) as refused:
        build_hotspot_report(recorded_town, WHOLE, VILLAGES, tmp_path / "a.html", assets=tmp_path)
    assert "scripts/assets.py" in refused.value.en


@pytest.mark.parametrize("purpose", ["", " ", "x" * 201, "联系 13800138000"])
def test_a_purpose_is_needed_and_names_nobody(purpose: str) -> None:
    with pytest.raises(InvalidInput):
        replace(VILLAGES, purpose=purpose)


@pytest.fixture
def memphis_home(reference_dir: Path) -> Iterator[tuple[Path, Path]]:
    found = next(iter(sorted(reference_dir.rglob("memphis_precincts.geojson"))), None)
    if found is None:
        pytest.skip("no published data of Memphis here")
    home = Path(tempfile.mkdtemp(prefix="gm-", dir="/tmp")).resolve()
    home.chmod(0o755)
    yield home, found.parent
    shutil.rmtree(home)


@pytest.mark.reference
def test_memphis_gets_its_report_by_the_commands_that_anybody_would_type(
    memphis_home: tuple[Path, Path],
) -> None:
    home, files = memphis_home

    def gridmap(*words: str) -> str:
        clean = {k: v for k, v in os.environ.items() if not k.startswith(("GRIDMAP_", "DATABASE_URL"))}
        own = {
            "GRIDMAP_HOME": str(home),
            "GRIDMAP_TIMEZONE": "America/Chicago",
            "PYTHONPATH": str(REPOSITORY),
        }
        done = run([*GRIDMAP, *words], env=clean | own, cwd=home, timeout=600)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    (home / "grids.json").write_text(json.dumps({"precinct": "name_en"}), "utf-8")
    mapping = {"uid": "uid", "offense_type": "kind", "date": "occurred_at", "domain": "=policing"}
    (home / "incidents.json").write_text(json.dumps(mapping), "utf-8")
    gridmap(
        "grids", "import", str(files / "memphis_precincts.geojson"), "--mapping", "grids.json", "--level", "3",
        "--town-code", "470000001", "--town-name", "Memphis", "--findings", "found.gpkg",
    )  # fmt: skip
    gridmap(
        "incidents", "import", str(files / "memphis_robberies.csv"), "--mapping", "incidents.json",
        "--refused", "no.xlsx",
    )  # fmt: skip
    for name in ("one", "two"):
        gridmap(
            "reports", "build", "hotspots", "--seed", "1", "--permutations", "99", "--out", f"{name}.html"
        )
    one, two = ((home / f"{name}.html").read_bytes() for name in ("one", "two"))
    assert one == two
    text = one.decode("utf-8")
    assert "Memphis" in text
    told = re.search(r"2019-01-01 to 2019-12-31: about ([\d,]+) incidents \(perturbed\) were reported", text)
    assert told
    assert int(told[1].replace(",", "")) == pytest.approx(2245, abs=BOUND)
    register = gridmap("reports", "list")
    assert register.count("hotspots") == 2
