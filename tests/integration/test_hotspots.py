"""Hotspot runs on the demonstration town: what was planted is found, and nobody can be made out."""

from __future__ import annotations

import datetime as dt
import itertools
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from sqlalchemy import text

from gridmap.domain.accounts import Actor
from gridmap.domain.cases.sealing import is_sealed
from gridmap.domain.gridkey import Scope
from gridmap.domain.hotspots import Finding, KeptRun
from gridmap.domain.protection import Counts
from gridmap.errors import Conflict, InvalidInput, NotFound
from gridmap.services.hotspots import comparison, runs
from gridmap.services.hotspots.basis import usual_basis
from gridmap.services.hotspots.effects import effect
from gridmap.services.hotspots.forecasts import next_week, score_forecast
from gridmap.services.hotspots.publish import is_cold
from gridmap.services.hotspots.rate_table import rate_table
from gridmap.services.hotspots.spec import COUNTS_ONLY, METHODS, HotspotSpec
from gridmap.services.teams.service_points import migrant_groups
from gridmap.storage.database import Database
from tests.conftest import MakeDatabase

DATA = Path(__file__).resolve().parents[2] / "data" / "boundaries"
FIRST, LAST = dt.date(2025, 11, 1), dt.date(2026, 10, 31)
PLANTED = json.loads((DATA / "planted.json").read_text("utf-8"))["hotspots"]
NAMES = [h["name"] for h in PLANTED]
DOMAINS = {"dispute", "emergency", "land", "policing", "safety", "social_service"}


def spec(method: str, **given: Any) -> HotspotSpec:
    return HotspotSpec(method, FIRST, LAST, **{"seed": 1} | given)  # type: ignore[arg-type]


def found(run: KeptRun) -> list[Finding]:
    return [f for f in run.findings if f.label not in {"none", "candidate"} and not is_cold(f.label)]


def test_places_are_compared_by_rate_where_the_people_of_all_of_them_are_known(
    make_database: MakeDatabase,
) -> None:
    town = make_database("demo")

    def usual(**given: Any) -> str:
        return usual_basis(town, Scope.whole(), **{"level": 4} | given)

    assert [usual(level=level) for level in (2, 3, 4)] == ["rate"] * 3
    assert [usual(method=method) for method in METHODS if method in COUNTS_ONLY] == ["count"] * len(
        COUNTS_ONLY
    )
    assert usual(method="emerging") == "rate"
    assert (usual(method="emerging", hexagons=8), usual(within=5)) == ("count", "count")
    with town.owner_engine() as engine, engine.begin() as at:
        at.execute(text("select set_config('gridmap.scope_lo', '0', true)"))
        at.execute(text(f"select set_config('gridmap.scope_hi', '{2**63 - 1}', true)"))
        one = at.scalar(text("select min(grid_key) from gridmap.grids where level = 4 and valid_to is null"))
        at.execute(text("update gridmap.grids set population = null where grid_key = :one"), {"one": one})
    village = one - one % 1000
    other = 33068110903229000
    assert village != other
    assert (usual(), usual(level=3), usual(within=village), usual(within=other)) == (
        "count",
        "rate",
        "count",
        "rate",
    )


@pytest.mark.parametrize("method", ["gi", "scan", "space-time-scan"])
def test_a_place_where_much_happens_and_nobody_lives_is_compared_all_the_same(
    make_database: MakeDatabase, method: str
) -> None:
    town = make_database("demo")
    with town.owner_engine() as engine, engine.begin() as at:
        at.execute(text("select set_config('gridmap.scope_lo', '0', true)"))
        at.execute(text(f"select set_config('gridmap.scope_hi', '{2**63 - 1}', true)"))
        busiest = at.scalar(
            text(
                "select grid_key from gridmap.incidents where grid_key % 1000 > 0 and domain = 'policing'"
                " group by 1 order by count(*) desc, 1 limit 1"
            )
        )
        emptied = "update gridmap.grids set population = 0 where grid_key = :key and valid_to is null"
        assert at.execute(text(emptied), {"key": busiest}).rowcount == 1
        at.execute(text("delete from gridmap.migrant_clusters"))
    assert usual_basis(town, Scope.whole(), 4) == "rate"
    asked = spec(method, by="rate", domain="policing", permutations=19)
    run = runs.run_hotspots(town, Scope.whole(), asked, keep=False)
    assert found(run)


@pytest.fixture(scope="module")
def default_run(demo_database: Database) -> KeptRun:
    return runs.run_hotspots(demo_database, Scope.whole(), spec("gi"), keep=False)


@pytest.mark.parametrize("hotspot", PLANTED, ids=NAMES)
def test_every_planted_hotspot_is_found_without_being_told_its_domain(
    default_run: KeptRun, hotspot: dict[str, Any]
) -> None:
    micro = gpd.read_file(DATA / "micro_grids.geojson").set_index("grid_key")
    hot = shapely.union_all(
        [f.geometry for f in found(default_run) if f.evidence["domain"] == hotspot["domain"]]
    )
    assert hot.distance(shapely.Point(hotspot["lon"], hotspot["lat"])) < 1e-6
    cells = micro.loc[hotspot["micro_grid_keys"]].geometry
    covered = sum(hot.intersection(cell).area > 0.5 * cell.area for cell in cells)
    assert covered >= 0.7 * len(cells)


def test_a_run_over_all_domains_tells_the_conventions_of_each_where_they_differ(
    demo_database: Database,
) -> None:
    run = runs.run_hotspots(demo_database, Scope.whole(), spec("gi", by="rate", level=3), keep=False)
    told = run.summary["conventions"]
    assert run.summary["domains"] == sorted(DOMAINS)
    for domain in DOMAINS:
        assert f"{domain} " in str(told["dispersion"])
    assert told["ties"] == "randomised"
    assert str(told["fdr"]).endswith("over 6 domains")


def test_a_run_s_title_says_by_what_places_were_compared_also_of_one_kept_before_titles_did(
    recorded_town: Database,
) -> None:
    told = {}
    for method, by in (("emerging", "rate"), ("gi", "rate"), ("gi", "count"), ("space-time-scan", "count")):
        asked = spec(method, by=by, level=3, permutations=0)
        told[method, by] = runs.run_hotspots(recorded_town, Scope.whole(), asked).summary["method_en"]
    assert told == {
        ("emerging", "rate"): "emerging hotspots by the people present",
        ("gi", "rate"): "hotspots by Gi* by the people present",
        ("gi", "count"): "hotspots by Gi* by count (many people or many incidents)",
        ("space-time-scan", "count"): "space-time scan",
    }
    with recorded_town.scoped_session(Scope.whole(), write=True) as session:
        session.execute(
            text(
                "update hotspot_runs set summary = jsonb_set(summary, '{method_en}', '\"emerging hotspots\"'),"
                " parameters = jsonb_set(parameters, '{by}', '\"count\"') where method = 'emerging'"
            )
        )
    (older,) = runs.list_runs(recorded_town, Scope.whole(), method="emerging")
    opened = runs.hotspot_run(recorded_town, Scope.whole(), older.run_id or 0)
    for run in (older, opened):
        assert run.summary["method_en"] == "emerging hotspots by count (many people or many incidents)"


def test_the_hotspots_are_a_small_part_of_the_town(default_run: KeptRun) -> None:
    hot = shapely.union_all([f.geometry for f in found(default_run)])
    town = shapely.union_all(gpd.read_file(DATA / "town.geojson").geometry.to_numpy())
    assert hot.area < 0.08 * town.area


@pytest.mark.parametrize("by", ["rate", "count"])
def test_the_emerging_hotspot_is_labelled_as_one(demo_database: Database, by: str) -> None:
    place = next(h for h in PLANTED if h["emerging"])
    asked = spec("emerging", domain=place["domain"], kind=place["kind"], by=by)
    run = runs.run_hotspots(demo_database, Scope.whole(), asked, keep=False)
    assert ("按在场人口" in run.summary["method_zh"]) is (by == "rate")
    assert ("people present" in str(run.summary["conventions"]["compared_with"])) is (by == "rate")
    here = [f for f in found(run) if f.geometry.contains(shapely.Point(place["lon"], place["lat"]))]
    assert [f.label for f in here] in (["new_hot"], ["consecutive_hot"])
    assert 0.2 < here[0].evidence["stability"] <= 1
    assert len(here[0].evidence["course"]) == len(run.summary["slices"]) == 12


def test_the_space_time_scan_finds_when_the_emerging_hotspot_began(demo_database: Database) -> None:
    place = next(h for h in PLANTED if h["emerging"])
    run = runs.run_hotspots(
        demo_database,
        Scope.whole(),
        spec("space-time-scan", domain=place["domain"], kind=place["kind"], permutations=199),
        keep=False,
    )
    first = found(run)[0]
    assert first.geometry.contains(shapely.Point(place["lon"], place["lat"]))
    assert first.evidence["since"] in {"2026-08-01", "2026-09-01"}
    assert first.evidence["p"] <= 0.05


@pytest.mark.parametrize("method", METHODS)
def test_every_method_runs_shows_no_count_below_five_and_says_its_conventions(
    demo_database: Database, method: str
) -> None:
    given = {"permutations": 49} if "scan" in method or method in {"near-repeat", "emerging"} else {}
    run = runs.run_hotspots(
        demo_database, Scope.whole(), spec(method, domain="policing", **given), keep=False
    )
    about = run.summary
    assert about["caption_zh"] == "接报量，不代表危险"
    assert about["conventions"]
    assert run.findings or about["table"]
    assert all(f.evidence["observed"] >= 5 for f in run.findings)
    assert all(row["observed"] == 0 or row["observed"] >= 5 for row in about.get("table", []))
    assert all(f.evidence["words_zh"] and f.evidence["words_en"] for f in run.findings)
    json.dumps([run.parameters, run.summary, [f.evidence for f in run.findings]])


def test_a_rate_counts_everybody_who_is_there(demo_database: Database) -> None:
    run = runs.run_hotspots(demo_database, Scope.whole(), spec("gi", domain="dispute", by="rate"), keep=False)
    alone = runs.run_hotspots(
        demo_database, Scope.whole(), spec("gi", domain="dispute", by="rate", presence=0.0), keep=False
    )
    # A garment park with more temporary than registered residents has more expected once they count.
    parks = [{f.grid_key: f.evidence["expected"] for f in r.findings} for r in (run, alone)]
    assert any(parks[0][k] > 1.5 * parks[1][k] for k in parks[0].keys() & parks[1].keys())


def test_hexagons_may_take_the_place_of_grids(demo_database: Database) -> None:
    run = runs.run_hotspots(
        demo_database,
        Scope.whole(),
        spec("emerging", hexagons=8, domain="policing", permutations=0),
        keep=False,
    )
    assert found(run)
    assert all(f.evidence["observed"] >= 5 for f in run.findings)


@pytest.mark.parametrize("given", [{"method": "gi", "level": 4}, {"method": "kde", "level": 3}])
def test_sealed_kinds_are_never_shown_closer_than_the_village(
    demo_database: Database, given: dict[str, Any]
) -> None:
    with pytest.raises(InvalidInput) as refused:
        spec(domain="dispute", kind="01", **given)
    assert refused.value.code == "sealed-village-only"
    village = runs.run_hotspots(
        demo_database, Scope.whole(), spec("gi", domain="dispute", kind="01", level=3), keep=False
    )
    assert village.findings


def test_sealed_cases_are_left_out_of_a_closer_map_and_the_run_says_how_many(
    demo_database: Database,
) -> None:
    close = runs.run_hotspots(demo_database, Scope.whole(), spec("gi", domain="dispute"), keep=False)
    far = runs.run_hotspots(demo_database, Scope.whole(), spec("gi", domain="dispute", level=3), keep=False)
    records = pd.read_csv(DATA / "incidents.csv", dtype=str)
    disputes = records.loc[records["domain"] == "dispute", "kind"]
    sealed = sum(is_sealed("dispute", kind) for kind in disputes)
    assert close.summary["left_out_sealed"] == sealed > 0
    assert far.summary["left_out_sealed"] == 0


def test_mediation_and_service_come_first_and_patrols_only_where_policing_or_safety_is_meant(
    default_run: KeptRun,
) -> None:
    features = found(default_run)
    assert {feature.evidence["domain"] for feature in features} > {"policing"}
    for feature in features:
        patrolled = feature.evidence["domain"] in {"policing", "safety"}
        assert (feature.evidence["proposal"] == "patrol") == patrolled


def test_one_seed_gives_one_result_and_the_same_data_one_hash(demo_database: Database) -> None:
    def once() -> KeptRun:
        return runs.run_hotspots(
            demo_database, Scope.whole(), spec("scan", domain="land", permutations=99), keep=False
        )

    assert once() == once()


def test_a_run_is_kept_listed_compared_exported_and_deleted(recorded_town: Database, tmp_path: Path) -> None:
    whole = Scope.whole()
    early = HotspotSpec("gi", FIRST, dt.date(2026, 4, 30), domain="policing", level=3)
    late = HotspotSpec("gi", dt.date(2026, 5, 1), LAST, domain="policing", level=3)
    first, second = (runs.run_hotspots(recorded_town, whole, s) for s in (early, late))
    listed = runs.list_runs(recorded_town, whole)
    assert [r.run_id for r in listed] == [second.run_id, first.run_id]
    kept = runs.hotspot_run(recorded_town, whole, first.run_id)
    assert replace(kept, created_at=None) == first
    assert set(comparison.compare_runs(first, second)["change"]) <= {"kept", "new", "gone"}
    for ending in ("geojson", "gpkg", "csv", "xlsx"):
        path = tmp_path / f"hotspots.{ending}"
        assert runs.export_run(kept, path, "Asia/Shanghai") == len(kept.findings)
    table = pd.read_csv(tmp_path / "hotspots.csv")
    assert set(table["caption_en"]) == {"reported incidents, not danger"}
    assert set(table["method_en"]) == {"hotspots by Gi* by count (many people or many incidents)"}
    runs.delete_run(recorded_town, Actor.at_the_machine(), first.run_id)
    with pytest.raises(NotFound):
        runs.hotspot_run(recorded_town, whole, first.run_id)


def test_a_run_is_seen_by_scopes_that_hold_all_of_it_and_by_no_other(recorded_town: Database) -> None:
    area, sibling = Scope.of_grid(33068110901000000), Scope.of_grid(33068110902000000)
    village = Scope.of_grid(33068110901008000)
    run = runs.run_hotspots(
        recorded_town, area, HotspotSpec("near-repeat", FIRST, LAST, level=3, permutations=19)
    )
    number = run.run_id
    assert runs.hotspot_run(recorded_town, area, number).data_sha256 == run.data_sha256
    assert runs.hotspot_run(recorded_town, Scope.whole(), number)
    for other in (sibling, village):
        assert runs.list_runs(recorded_town, other) == []
        with pytest.raises(NotFound):
            runs.hotspot_run(recorded_town, other, number)


def test_a_run_about_a_grid_outside_the_scope_is_not_found(recorded_town: Database) -> None:
    with pytest.raises(NotFound):
        runs.run_hotspots(
            recorded_town,
            Scope.of_grid(33068110901000000),
            HotspotSpec("gi", FIRST, LAST, within=33068110902000000, level=3),
        )


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"domain": "nonsense"}, "domain-unknown"),
        ({"since": LAST, "until": FIRST}, "period-reversed"),
        ({"alpha": 0.9}, "alpha-range"),
        ({"hexagons": 8}, "hexagons-emerging"),
        ({"method": "emerging", "hexagons": 8, "by": "rate"}, "hexagons-rate"),
    ],
)
def test_what_makes_no_sense_is_refused_before_any_work(given: dict[str, Any], code: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        HotspotSpec(**{"method": "gi", "since": FIRST, "until": LAST} | given)  # type: ignore[arg-type]
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("given", "code"),
    [
        (
            {"method": "gi", "since": dt.date(1999, 1, 1), "until": dt.date(1999, 2, 1)},
            "hotspots-no-incidents",
        ),
        ({"method": "gi", "level": 1}, "cells-too-few"),
        *(
            ({"method": method, "by": "rate"}, "rate-method")
            for method in ("kde", "network-kde", "near-repeat", "expected-scan")
        ),
        (
            {"method": "scan", "since": dt.date(2026, 10, 25), "until": LAST, "kind": "05", "level": 3},
            "hotspots-too-few",
        ),
        (
            {"method": "emerging", "since": dt.date(2026, 9, 1), "until": dt.date(2026, 9, 30)},
            "slices-too-few",
        ),
    ],
)
def test_what_the_data_does_not_allow_is_refused_with_what_to_do(
    demo_database: Database, given: dict[str, Any], code: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        runs.run_hotspots(
            demo_database, Scope.whole(), HotspotSpec(**{"since": FIRST, "until": LAST} | given), keep=False
        )
    assert refused.value.code == code


def test_numbers_told_beside_a_run_are_five_or_more_or_not_told(demo_database: Database) -> None:
    for day in range(1, 15):
        since = dt.date(2026, 5, day)
        asked = HotspotSpec("scan", since, since + dt.timedelta(days=2), permutations=0)
        about = runs.run_hotspots(demo_database, Scope.whole(), asked, keep=False).summary
        for name in ("left_out_sealed", "outside"):
            assert about[name] is None or about[name] == 0 or about[name] >= 5


def test_areas_of_density_cannot_be_subtracted_from_each_other_to_a_few(demo_database: Database) -> None:
    for day in range(1, 15):
        since = dt.date(2026, 5, day)
        run = runs.run_hotspots(demo_database, Scope.whole(), HotspotSpec("kde", since, since), keep=False)
        held = [0, *sorted(f.evidence["observed"] for f in run.findings)]
        assert all(more - less >= 5 for less, more in itertools.pairwise(held))
        assert run.summary["incidents"] - held[-1] not in range(1, 5)


def test_too_few_permutations_are_told_and_not_taken_for_a_quiet_town(demo_database: Database) -> None:
    few = runs.run_hotspots(demo_database, Scope.whole(), spec("gi", permutations=99), keep=False)
    assert not found(few)
    assert few.summary["permutations_few"]
    none = runs.run_hotspots(demo_database, Scope.whole(), spec("gi"), keep=False)
    assert not none.summary["permutations_few"]
    tried = runs.run_hotspots(demo_database, Scope.whole(), spec("scan", permutations=9), keep=False)
    assert tried.summary["permutations_few"]


def test_rates_count_everybody_and_tell_whose_rank_that_changes(demo_database: Database) -> None:
    found = rate_table(demo_database, Scope.whole(), spec("gi", domain="dispute", by="rate", level=3))
    assert any(row["change"] != 0 for row in found["rows"])
    assert all(row["observed"] >= 5 and row["present"] % 5 == 0 for row in found["rows"])
    assert found["hidden_observed"] == 0 or found["hidden_observed"] >= 5
    for row in found["rows"]:
        assert row["lower"] <= row["rate"] <= row["upper"]


def test_a_planted_series_that_ends_is_seen_as_a_fall(demo_database: Database) -> None:
    place = next(h for h in PLANTED if h["name"] == "labour-garment-park")
    grids = [int(k) for k in place["micro_grid_keys"]]
    ended = effect(
        demo_database, Scope.whole(), spec("gi", domain=place["domain"]), grids, dt.date(2026, 3, 1)
    )
    assert ended["change"]["high"] < 1
    assert ended["change"]["p"] <= 0.05
    assert ended["displacement"] is not None


def test_where_nothing_was_planted_no_change_is_told(demo_database: Database) -> None:
    villages = [33068110901004000 + 1000 * i for i in range(5)]
    told = [
        effect(demo_database, Scope.whole(), spec("gi", domain="policing"), [key], dt.date(2026, 2, 1))
        for key in villages
    ]
    assert sum("beyond" in one["verdict_en"] for one in told) <= 1


def test_the_forecast_is_scored_on_weeks_it_has_not_seen_and_says_a_verdict(demo_database: Database) -> None:
    found = score_forecast(demo_database, Scope.whole(), spec("gi", domain="policing", level=3), weeks=6)
    assert [row.model for row in found["scores"]] == ["count", "recent", "kernel", "regression", "blend"]
    assert found["verdict"] in {"better", "no-better", "worse"}
    coming = next_week(demo_database, Scope.whole(), spec("gi", domain="policing", level=3), model="count")
    assert coming["first_day"] == "2026-11-01"
    total = sum(cell["expected"] for cell in coming["cells"]) + coming["rest"]
    assert total == pytest.approx(found["incidents"] / 6, rel=0.5)


def test_groups_of_migrant_sites_tell_rounded_head_counts_and_no_site(demo_database: Database) -> None:
    groups = migrant_groups(demo_database, Scope.whole())
    assert groups
    assert [g["head_count"] for g in groups] == sorted((g["head_count"] for g in groups), reverse=True)
    assert all(g["head_count"] >= 100 and g["head_count"] % 5 == 0 for g in groups)
    assert all(set(g) == {"sites", "head_count", "lon", "lat"} for g in groups)


def test_two_runs_with_one_seed_export_the_same_bytes(demo_database: Database, tmp_path: Path) -> None:
    for ending in ("geojson", "gpkg", "csv", "xlsx"):
        written = []
        for number in (1, 2):
            run = runs.run_hotspots(
                demo_database, Scope.whole(), spec("gi", domain="policing", level=3), keep=False
            )
            path = tmp_path / f"{number}.{ending}"
            runs.export_run(run, path, "Asia/Shanghai")
            written.append(path.read_bytes())
        assert written[0] == written[1], ending


def test_near_repeats_have_the_bands_and_seasons_that_are_asked_for_with_a_q(demo_database: Database) -> None:
    asked = spec(
        "near-repeat",
        domain="policing",
        permutations=49,
        space_bands_m=(0.0, 150.0, 300.0),
        time_bands_days=(0.0, 10.0, 20.0),
        season_days=40,
    )
    run = runs.run_hotspots(demo_database, Scope.whole(), asked, keep=False)
    rows = run.summary["table"]
    assert {row["from_m"] for row in rows} <= {0.0, 150.0}
    assert {row["to_days"] for row in rows} <= {10.0, 20.0}
    assert all(row["q"] >= row["p"] - 1e-9 for row in rows)
    assert "40" in run.summary["conventions"]["null"]
    whole = runs.run_hotspots(demo_database, Scope.whole(), replace(asked, season_days=0), keep=False)
    assert [row["observed"] for row in whole.summary["table"]] == [row["observed"] for row in rows]


def test_hours_and_weekdays_are_those_of_the_clock_on_the_wall_and_nothing_of_them_leaves_the_house(
    demo_database: Database,
) -> None:
    counts = (
        "select count(*) filter (where extract(isodow from at) in (6, 7)),"
        " count(*) filter (where (at::time >= '22:00' or at::time < '06:00') and at::time <> '00:00') from"
        " (select occurred_at at time zone 'Asia/Shanghai' as at from incidents where domain = 'safety') i"
        " where at::date between :a and :b"
    )
    with demo_database.scoped_session(Scope.whole()) as session:
        weekend, night = session.execute(text(counts), {"a": FIRST, "b": LAST}).one()
    asked = spec("gi", domain="safety", level=3, by="count")
    every = runs.run_hotspots(demo_database, Scope.whole(), asked)
    assert runs.hotspot_run(demo_database, Scope.whole(), every.run_id or 0, Counts.PERTURBED)
    for given, number in (({"weekdays": (6, 7)}, weekend), ({"hours": (22, 6)}, night)):
        made = runs.run_hotspots(demo_database, Scope.whole(), replace(asked, **given))
        assert made.summary["incidents"] + (made.summary["outside"] or 0) == pytest.approx(number, abs=5)
        assert number > 20
        with pytest.raises(Conflict):
            runs.hotspot_run(demo_database, Scope.whole(), made.run_id or 0, Counts.PERTURBED)
        # What takes the newest run, as patrols and the meeting do, takes none of some hours.
        newest = runs.newest_run(demo_database, Scope.whole(), "gi")
        assert newest is not None
        assert newest.run_id == every.run_id
        with pytest.raises(InvalidInput) as refused:
            comparison.compare_runs(every, made)
        assert refused.value.code == "compare-other-times"
        runs.delete_run(demo_database, Actor.at_the_machine(), made.run_id or 0)
        assert any("只看" in zh for zh, _ in made.summary["notes"])
    assert comparison.compare_runs(every, replace(every, parameters={"by": "count"})).empty is False
    runs.delete_run(demo_database, Actor.at_the_machine(), every.run_id or 0)


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"space_bands_m": (0.0,)}, "bands"),
        ({"time_bands_days": (7.0, 0.0)}, "bands"),
        ({"space_bands_m": tuple(float(n) for n in range(40))}, "bands"),
        ({"hours": (6, 6)}, "hours-of-day"),
        ({"hours": (0, 25)}, "hours-of-day"),
        ({"weekdays": (0,)}, "weekdays"),
        ({"weekdays": ()}, "weekdays"),
        ({"season_days": -1}, "season-days-range"),
        ({"max_radius_m": 0.0}, "max-radius-m-range"),
        ({"max_duration": 0}, "max-duration-range"),
    ],
)
def test_bands_hours_weekdays_and_limits_that_are_none_are_refused(given: dict[str, Any], code: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        spec("near-repeat", **given)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("name", "since", "before"),
    [
        ("fraud-town-heart", "2025-11-01", "2026-11-01"),
        ("building-weilian", "2026-04-01", "2026-10-01"),
    ],
)
def test_a_place_that_is_high_all_along_is_told_so_by_rate_and_not_as_one_that_rose_and_is_over(
    demo_database: Database, name: str, since: str, before: str
) -> None:
    place = next(h for h in PLANTED if h["name"] == name)
    asked = spec(
        "space-time-scan",
        domain=place["domain"],
        kind=place["kind"],
        by="rate",
        step="month",
        permutations=99,
    )
    run = runs.run_hotspots(demo_database, Scope.whole(), asked, keep=False)
    assert run.summary["conventions"]["max_duration"] == "12 steps"
    here = [f for f in found(run) if f.geometry.contains(shapely.Point(place["lon"], place["lat"]))]
    assert [(f.evidence["since"], f.evidence["before"]) for f in here] == [(since, before)]


def test_clusters_keep_to_the_radius_and_the_length_that_are_asked_for(demo_database: Database) -> None:
    asked = spec("space-time-scan", domain="policing", permutations=19, max_radius_m=900.0, max_duration=2)
    run = runs.run_hotspots(demo_database, Scope.whole(), asked, keep=False)
    clusters = [f.evidence for f in run.findings]
    assert clusters
    assert all(c["radius_m"] <= 900 for c in clusters)
    spans = [dt.date.fromisoformat(c["before"]) - dt.date.fromisoformat(c["since"]) for c in clusters]
    assert max(spans).days <= 62


def test_what_rose_above_its_own_past_is_found_and_nothing_of_that_past_leaves_the_house(
    demo_database: Database,
) -> None:
    given = {"domain": "policing", "kind": "theft", "step": "week", "permutations": 99}
    run = runs.run_hotspots(demo_database, Scope.whole(), spec("expected-scan", **given), keep=True)
    assert run.findings
    for one in run.findings:
        assert one.evidence["relative_risk"] > 1
        assert one.evidence["before"] == run.findings[0].evidence["before"]
    assert any("自己以往" in zh for zh, _ in run.summary["notes"])
    assert run.summary["conventions"]["windows"] == "the last 1 to 4 slices"
    outside = runs.hotspot_run(demo_database, Scope.whole(), run.run_id or 0, Counts.PERTURBED)
    told = [one.evidence for one in outside.findings]
    assert all(one["expected"] is None and one["relative_risk"] is None for one in told)
    with pytest.raises(InvalidInput) as refused:
        runs.run_hotspots(
            demo_database, Scope.whole(), spec("expected-scan", max_duration=11, permutations=0), keep=False
        )
    assert refused.value.code == "scan-past-short"
