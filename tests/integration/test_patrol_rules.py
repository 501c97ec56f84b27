"""Rules for stops and teams, the prize's terms over nights, fairness over the week, and nights that differ."""

from __future__ import annotations

import datetime as dt
import itertools
from pathlib import Path
from typing import Any

import pytest

from gridmap.domain.gridkey import Scope
from gridmap.errors import InvalidInput, NotFound
from gridmap.services.patrols.ask.prize import terms_of
from gridmap.services.patrols.ask.request import PatrolRequest
from gridmap.services.patrols.ask.rules import Rules, read_rules
from gridmap.services.patrols.keep import plans as kept_plans
from gridmap.services.patrols.make import plans
from gridmap.storage.database import Database

WHOLE = Scope.whole()
NIGHT = dt.date(2026, 11, 1)
STEPS = 4_000


@pytest.fixture(scope="module")
def town(hot_town: Database) -> Database:
    return hot_town


def planned(town: Database, **given: Any) -> dict[str, Any]:
    asked: dict[str, Any] = {"on": NIGHT, "seed": 7, "seconds": None, "iterations": STEPS}
    return plans.plan_patrols(town, WHOLE, PatrolRequest(**asked | given))


def visits_of(plan: dict[str, Any], stop: str) -> list[tuple[str, dict[str, Any]]]:
    return [(r["team_code"], v) for r in plan["routes"] for v in r["visits"] if v["stop"] == stop]


def test_a_csv_of_rules_holds_in_the_plan(town: Database, tmp_path: Path) -> None:
    path = tmp_path / "rules.csv"
    path.write_text(
        "stop,team,must,closed_to,windows,visits,min_gap_min,leave_out,rest\n"
        "H1,,,,21:00-22:00,,,,\n"
        "H2,T02,true,,,,,,\n"
        "H3,,,bike;foot,,,,,\n"
        "H4,,,,,3,90,,\n"
        "H5,,,,,,,true,\n"
        ",T01,,,,,,,22:00-23:00/45\n",
        encoding="utf-8",
    )
    made = planned(town, rules=read_rules(path))
    for _, visit in visits_of(made, "H1"):
        assert visit["start"][11:16] >= "21:00"
        assert visit["leave"][11:16] <= "22:00"
    assert [team for team, _ in visits_of(made, "H2")] == ["T02"]
    modes = {r["team_code"]: r["mode"] for r in made["routes"]}
    assert all(modes[team] == "car" for team, _ in visits_of(made, "H3"))
    starts = sorted(dt.datetime.fromisoformat(v["start"]) for _, v in visits_of(made, "H4"))
    assert 1 <= len(starts) <= 3
    assert all(
        b - a >= dt.timedelta(minutes=90) - dt.timedelta(seconds=1) for a, b in itertools.pairwise(starts)
    )
    assert not visits_of(made, "H5")
    for route in made["routes"]:
        if route["team_code"] == "T01":
            begin, end = (dt.datetime.fromisoformat(t) for t in route["rest"])
            assert end - begin == dt.timedelta(minutes=45)
            assert "22:00" <= route["rest"][0][11:16] <= "23:00"
    assert made["parameters"]["rules"]["stops"][0] == {
        "stop": "H1",
        "windows": ["21:00-22:00"],
        "leave_out": False,
    }


@pytest.mark.parametrize(
    ("name", "text", "parts"),
    [
        ("a.csv", "stop,visits\nH1,2\nH2,many\n", ("a.csv", "3", "visits")),
        ("b.json", '{"teams": [{"team": "T01", "rest": "late"}]}', ("b.json", "teams[0]", "rest")),
        ("c.json", '{"stops": [{"stop": "H1", "colour": 1}]}', ("c.json", "stops[0]", "colour")),
        ("d.json", '{"stops": [', ("d.json",)),
        ("e.json", '{"stops": [{"stop": "H1"}, {"stop": "H1"}]}', ("e.json", "H1")),
    ],
)
def test_a_wrong_rule_is_refused_by_file_row_and_field(
    tmp_path: Path, name: str, text: str, parts: tuple[str, ...]
) -> None:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InvalidInput) as refused:
        read_rules(path)
    for part in parts:
        assert part in refused.value.zh
        assert part in refused.value.en


def test_a_rule_for_an_unknown_stop_or_team_is_refused(town: Database) -> None:
    for rules in ({"stops": [{"stop": "H999"}]}, {"teams": [{"team": "T99"}]}):
        with pytest.raises(NotFound):
            planned(town, rules=Rules.model_validate(rules), iterations=10)


def test_each_term_of_the_prize_is_its_formula() -> None:
    assert terms_of(12.0, 2.0, 3.0, 2.0, None).prize == pytest.approx(10.0 * 1.5)
    assert terms_of(1.0, 5.0, None, None, None).prize == 1.0
    assert terms_of(12.0, 2.0, 5.0, 1.0, None).severity == 2.0
    grows = [terms_of(2.0, 1.0, None, None, days).recency for days in (0.0, 1.0, 2.0, 7.0)]
    assert grows[0] == 0.5
    assert grows == sorted(grows)
    assert grows[-1] < 1.0
    doses = [
        terms_of(12.0, 2.0, None, None, None, delivered_min=m, dose_min=60.0).prize for m in (0, 30, 60, 90)
    ]
    assert doses == pytest.approx([10.0, 7.5, 5.0, 5.0])
    assert terms_of(12.0, 2.0, None, None, None, delivered_min=90.0).prize == 10.0
    assert terms_of(12.0, 2.0, None, None, None, patrol_found=4).prize == 6.0


def test_nights_before_lower_the_prize_and_count_for_the_week(town: Database) -> None:
    before = planned(town, on=dt.date(2026, 12, 1))
    seen = {v["stop"] for r in before["routes"] for v in r["visits"]}
    after = planned(town, on=dt.date(2026, 12, 2), village_share=0.5)
    for reason in after["summary"]["reasons"]:
        days = reason["terms"]["days_since"]
        assert (days is not None) == (reason["stop"] in seen)
        assert days is None or 0 < days < 2
    had = {v["grid_key"]: v for v in before["summary"]["villages"]}
    for village in after["summary"]["villages"]:
        old = had[village["grid_key"]]
        got, possible = village["prize"] + old["prize"], village["possible"] + old["possible"]
        assert village["share"] == pytest.approx(got / possible, abs=0.01)
    far = planned(town, on=dt.date(2027, 1, 15))
    assert all(r["terms"]["days_since"] is None for r in far["summary"]["reasons"])


def test_several_nights_are_kept_one_a_day_and_tell_what_they_keep(town: Database) -> None:
    made = planned(town, on=dt.date(2027, 2, 1), teams=("T02", "T06"), nights=4, loss=0.05, iterations=40_000)
    kept = [kept_plans.patrol_plan(town, WHOLE, number) for number in made["nights"]]
    assert [p["begins_at"][:10] for p in kept] == ["2027-02-01", "2027-02-02", "2027-02-03", "2027-02-04"]
    drawn = kept[0]["summary"]["mix"]
    assert drawn["kept"] >= 0.95
    assert drawn["arrival_entropy_bits"] > 0
    assert [p["summary"]["mix"]["night"] for p in kept] == [1, 2, 3, 4]
    routes = [[v["stop"] for r in p["routes"] for v in r["visits"]] for p in kept]
    assert len({tuple(route) for route in routes}) > 1


def test_a_varied_night_is_within_its_loss_and_the_same_for_its_seed(town: Database) -> None:
    given: dict[str, Any] = {
        "on": dt.date(2027, 3, 1),
        "teams": ("T02", "T06"),
        "vary": True,
        "iterations": 20_000,
    }
    first, again = planned(town, **given), planned(town, **given)
    assert first["routes"] == again["routes"]
    assert first["summary"]["prize"] >= 0.97 * first["summary"]["mix"]["best_prize"] - 1e-3


def test_idle_teams_are_told_why(town: Database) -> None:
    made = planned(town)
    assert {i["team"] for i in made["summary"]["idle_reasons"]} == set(made["summary"]["idle"])
    assert all(i["zh"] and i["en"] for i in made["summary"]["idle_reasons"])
    rules = Rules.model_validate({"teams": [{"team": "T02", "begin": "20:00", "end": "20:05"}]})
    hurried = planned(town, rules=rules, teams=("T02", "T06"))
    assert {i["team"]: i["code"] for i in hurried["summary"]["idle_reasons"]}["T02"] == "out-of-reach"
