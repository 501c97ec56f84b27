"""Plans that a sergeant would drive: open stops are visited, contradictions are named, teams stand on the road."""

from __future__ import annotations

import datetime as dt
import itertools
from pathlib import Path
from typing import Any, Literal

import openpyxl
import pytest
import shapely
from click.testing import CliRunner

from gridmap import crs
from gridmap.cli.main import main
from gridmap.cli.patrols.options import codes_of
from gridmap.domain.gridkey import Scope
from gridmap.errors import InvalidInput
from gridmap.services.ground.road_imports import import_roads
from gridmap.services.ground.roads import load_roads
from gridmap.services.hotspots.runs import run_hotspots
from gridmap.services.hotspots.spec import HotspotSpec
from gridmap.services.house import IMPORT_KINDS
from gridmap.services.imports.records import ImportOptions, import_records
from gridmap.services.patrols.ask.request import PatrolRequest, locks_of
from gridmap.services.patrols.ask.rules import Rules, read_rules
from gridmap.services.patrols.keep import plans as kept_plans
from gridmap.services.patrols.keep.files import export_plan
from gridmap.services.patrols.make import plans
from gridmap.services.patrols.make.changed import Changed, Taken
from gridmap.services.patrols.make.changes import replan_patrol
from gridmap.storage.database import Database

WHOLE = Scope.whole()
NIGHT = dt.date(2026, 12, 20)
STEPS = 1_200


@pytest.fixture(scope="module")
def town(hot_town: Database) -> Database:
    return hot_town


def planned(town: Database, **given: Any) -> dict[str, Any]:
    asked: dict[str, Any] = {"on": NIGHT, "seed": 5, "seconds": None, "iterations": STEPS, "teams": ("T02",)}
    return plans.plan_patrols(town, WHOLE, PatrolRequest(**asked | given))


def rules(**rule: Any) -> Rules:
    return Rules.model_validate({"stops": [{"stop": "H1", **rule}]})


def visits_to(plan: dict[str, Any], stop: str = "H1") -> list[dict[str, Any]]:
    return [v for route in plan["routes"] for v in route["visits"] if v["stop"] == stop]


def refused(town: Database, **given: Any) -> str:
    with pytest.raises(InvalidInput) as said:
        planned(town, **given)
    assert said.value.zh
    assert said.value.en
    return said.value.code


@pytest.fixture(scope="module")
def plain(town: Database) -> dict[str, Any]:
    return planned(town)


@pytest.fixture(scope="module")
def tonight(town: Database) -> dict[str, Any]:
    return planned(town, teams=None, visits=2, min_gap_s=5_400.0, iterations=4_000)


def test_a_stop_that_shuts_in_the_evening_is_visited_before(town: Database) -> None:
    made = planned(town, teams=("T02", "T03"), rules=rules(windows=["08:00-22:00"], must=True))
    (visit,) = visits_to(made)
    assert visit["leave"][11:16] <= "22:00"


def test_a_stop_that_is_open_all_day_is_planned_as_without_the_rule(
    town: Database, plain: dict[str, Any]
) -> None:
    made = planned(town, rules=rules(windows=["00:00-23:59"]))
    assert made["routes"] == plain["routes"]
    assert made["summary"]["wait_s"] == plain["summary"]["wait_s"]


def test_a_span_over_midnight_and_two_a_night_are_kept(town: Database) -> None:
    made = planned(town, rules=rules(windows=["23:00-00:30", "01:00-08:00"], must=True))
    (visit,) = visits_to(made)
    assert visit["start"][11:16] >= "23:00" or visit["start"][11:16] <= "02:00"


def test_a_stop_that_is_shut_all_night_is_left_out(town: Database) -> None:
    made = planned(town, rules=rules(windows=["09:00-10:00"]))
    assert not visits_to(made)
    assert next(r for r in made["summary"]["reasons"] if r["stop"] == "H1")["code"] == "out-of-reach"


def test_wishes_that_contradict_each_other_are_refused_by_name(town: Database) -> None:
    assert refused(town, rules=rules(leave_out=True), locks=(("H1", "T02"),)) == "lock-and-left-out"
    assert refused(town, rules=rules(must=True), leave_out=("H1",)) == "must-and-left-out"
    two = {"teams": ("T02", "T03"), "locks": (("H1", "T03"),)}
    assert refused(town, rules=rules(team="T02"), **two) == "lock-twice"
    assert refused(town, rest="10:00-12:00/30") == "break-outside-hours"
    own = Rules.model_validate({"teams": [{"team": "T02", "rest": "10:00-12:00/30"}]})
    assert refused(town, rules=own) == "break-outside-hours"
    with pytest.raises(InvalidInput, match="H1"):
        locks_of([("H1", "T02"), ("H1", "T03")])


def test_a_break_of_all_that_some_cannot_take_is_told(town: Database) -> None:
    given = Rules.model_validate({"teams": [{"team": "T02", "end": "22:00"}]})
    made = planned(town, teams=("T02", "T03"), rest="23:00-23:30/30", rules=given)
    told = [n["team"] for n in made["summary"]["notices"] if n["code"] == "break-outside-hours"]
    assert told == ["T02"]


def test_visits_that_a_gap_leaves_no_room_for_are_told(town: Database) -> None:
    made = planned(town, visits=6, min_gap_s=43_200.0, iterations=200)
    (notice,) = [n for n in made["summary"]["notices"] if n["code"] == "visits-do-not-fit"]
    assert "720" in notice["zh"]
    assert "720" in notice["en"]


@pytest.mark.parametrize("day", [dt.date(1, 1, 1), dt.date(9999, 12, 31)])
def test_a_shift_of_another_age_is_refused(day: dt.date) -> None:
    with pytest.raises(InvalidInput) as said:
        PatrolRequest(on=day)
    assert said.value.code == "patrol-shift-day"


def test_chinese_commas_part_codes() -> None:
    assert codes_of("T02，T03、T04; T05") == ("T02", "T03", "T04", "T05")
    answer = CliRunner().invoke(main, ["patrols", "plan", "--help"])
    assert "--max-interval" in answer.output


def test_rules_are_read_as_every_other_import(tmp_path: Path) -> None:
    expected = {"stop": "H1", "team": "T02", "windows": ("20:00-21:00", "23:00-24:00"), "must": True}
    text = "停靠点,队伍,开放时段,必到\nH1,T02,20:00-21:00；23:00-24:00,是\n"
    for name, encoding in (("utf8.csv", "utf-8-sig"), ("gb.csv", "gb18030")):
        (tmp_path / name).write_text(text, encoding=encoding)
    book = openpyxl.Workbook()
    for row in text.splitlines():
        book.active.append(row.split(","))
    book.save(tmp_path / "book.xlsx")
    for name in ("utf8.csv", "gb.csv", "book.xlsx"):
        (rule,) = read_rules(tmp_path / name).stops
        assert rule.model_dump(include=set(expected)) == expected
    (tmp_path / "site.csv").write_text("站点,必到,排除\nH1,是,是\n", encoding="utf-8")
    with pytest.raises(InvalidInput) as said:
        read_rules(tmp_path / "site.csv")
    assert "行 2" in said.value.zh
    assert "row 2" in said.value.en


def test_prize_grows_with_the_visits_that_are_allowed(town: Database, plain: dict[str, Any]) -> None:
    made = [plain] + [
        planned(town, visits=k, min_gap_s=7_200.0, max_wait_s=900.0, iterations=STEPS) for k in (2, 3)
    ]
    prizes = [plan["summary"]["prize"] for plan in made]
    assert all(b >= a - 1e-3 for a, b in itertools.pairwise(prizes))
    assert all(plan["summary"]["longest_wait_s"] <= 900 for plan in made)


def test_a_team_stands_on_the_road_and_every_paper_says_where(
    town: Database, plain: dict[str, Any], tmp_path: Path
) -> None:
    roads = load_roads(town, WHOLE)
    ground = shapely.union_all(list(roads.graph.lines))
    for route in plain["routes"]:
        x, y = crs.from_wgs84(
            [v["lon"] for v in route["visits"]], [v["lat"] for v in route["visits"]], roads.epsg
        )
        assert (shapely.distance(ground, shapely.points(x, y)) < 0.1).all()
        for visit in route["visits"]:
            assert visit["off_m"] >= 0
            assert visit["stand_zh"]
            assert visit["stand_en"]
    export_plan(plain, tmp_path / "p.gpx", "Asia/Shanghai")
    visit = plain["routes"][0]["visits"][0]
    assert visit["stand_zh"] in (tmp_path / "p.gpx").read_text("utf-8")
    export_plan(plain, tmp_path / "p.html", "Asia/Shanghai")
    beside = next(v["side_zh"] for v in plain["routes"][0]["visits"] if v["side_zh"])
    assert beside in (tmp_path / "p.html").read_text("utf-8")


def test_villages_sum_to_the_prize_before_and_after_a_change(town: Database, tonight: dict[str, Any]) -> None:
    changed = Changed("21:30", teams_out=("T07",))
    made = replan_patrol(town, WHOLE, tonight["patrol_id"], changed, iterations=STEPS)
    for plan in (tonight, made):
        about = plan["summary"]
        assert sum(v["prize"] for v in about["villages"]) == pytest.approx(about["prize"], abs=0.05)
        assert sum(v["possible"] for v in about["villages"]) == pytest.approx(about["possible"], abs=0.05)


def test_a_team_is_not_free_before_it_is_taken(town: Database, tonight: dict[str, Any]) -> None:
    early = Changed("21:30", taken=(Taken("T01", 120.415, 29.79, "20:15"),))
    out = Changed("21:30", teams_out=("T07",), locks={"H1": "T07"})
    for changed, code in ((early, "emergency-free-before"), (out, "lock-team-out")):
        with pytest.raises(InvalidInput) as said:
            replan_patrol(town, WHOLE, tonight["patrol_id"], changed, iterations=10)
        assert said.value.code == code


def test_moving_one_stop_says_that_no_other_moves(town: Database, tonight: dict[str, Any]) -> None:
    visitors: dict[str, set[str]] = {}
    for route in tonight["routes"]:
        for visit in route["visits"]:
            visitors.setdefault(visit["stop"], set()).add(route["team_code"])
    stop = next(s for s, teams in visitors.items() if len(teams) == 1 and not teams & {"T02", "T08"})
    made = plans.solve_again(town, WHOLE, tonight["patrol_id"], locks={stop: "T02"}, iterations=STEPS)
    assert made["summary"]["change"]["asked"] == [stop]
    assert made["summary"]["change"]["others"] == []


TEAM_HEADINGS = ",".join(
    (
        *("code", "name_zh", "name_en", "kind", "professional", "grid_code", "base_lon", "base_lat"),
        *("shift_start", "shift_end", "mode", "speed_kmh", "size\n"),
    )
)


def test_teams_without_a_base_or_far_off_the_road_are_named(town: Database, tmp_path: Path) -> None:
    file = tmp_path / "teams.csv"
    row = "{0},试验队{0},Trial {0},professional patrol team,true,330681109008,{1},20:00,02:00,car,30,4\n"
    file.write_text(TEAM_HEADINGS + row.format("X1", ",") + row.format("X6", "120.60,29.80"), "utf-8")
    import_records(town, WHOLE, IMPORT_KINDS["teams"], file, ImportOptions())
    made = planned(town, teams=("X1", "T02"), iterations=50)
    assert [n["team"] for n in made["summary"]["notices"] if n["code"] == "team-left-out"] == ["X1"]
    with pytest.raises(InvalidInput, match="X6") as said:
        planned(town, teams=("X6",))
    assert said.value.code == "place-off-road"
    everybody = planned(town, teams=None, iterations=50)
    told = {n["team"] for n in everybody["summary"]["notices"] if n["code"] == "team-left-out"}
    assert told == {"X1", "X6"}


def test_a_night_goes_on_over_roads_that_changed(
    town: Database, tonight: dict[str, Any], tmp_path: Path
) -> None:
    file = tmp_path / "lane.geojson"
    file.write_text(
        '{"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {"road_id": "lane-1", '
        '"class": "village"}, "geometry": {"type": "LineString", "coordinates": [[120.4131, 29.7871], '
        "[120.4133, 29.7873]]}}]}",
        encoding="utf-8",
    )
    import_roads(town, WHOLE, file, ImportOptions())
    changed = Changed("21:30", teams_out=("T07",))
    made = replan_patrol(town, WHOLE, tonight["patrol_id"], changed, iterations=STEPS)
    assert "roads-changed" in {n["code"] for n in made["summary"]["notices"]}
    at = dt.datetime.fromisoformat(tonight["begins_at"]).replace(hour=21, minute=30)
    done = {
        (route["team_code"], v["stop"], v["start"])
        for route in tonight["routes"]
        for v in route["visits"]
        if dt.datetime.fromisoformat(v["leave"]) <= at
    }
    now = {(route["team_code"], v["stop"], v["start"]) for route in made["routes"] for v in route["visits"]}
    assert done <= now
    again = plans.solve_again(town, WHOLE, tonight["patrol_id"], leave_out=("H1",), iterations=STEPS)
    assert not visits_to(kept_plans.patrol_plan(town, WHOLE, again["patrol_id"]))


# Last, for they make other runs the newest.
@pytest.mark.parametrize(("domain", "by"), [("policing", "count"), ("policing", "rate"), ("dispute", "rate")])
def test_every_team_works_and_nobody_half_again_as_much_as_the_mean(
    town: Database, domain: str, by: Literal["count", "rate"]
) -> None:
    spec = HotspotSpec("gi", dt.date(2025, 11, 1), dt.date(2026, 10, 31), domain=domain, by=by, seed=7)
    run_hotspots(town, WHOLE, spec)
    made = planned(town, teams=None, seed=7, iterations=12_000)
    about = made["summary"]
    assert {i["team"] for i in about["idle_reasons"]} <= {"X1", "X6"}
    assert about["unevenness"] <= 1.5
    assert about["longest_wait_s"] <= 900
    assert about["balance_cost"] <= 0.01 * (about["prize"] + about["balance_cost"]) + 1e-3
