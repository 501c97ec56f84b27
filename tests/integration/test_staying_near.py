"""A plan that is to stay near to households tells how near it stays, what that cost and what it lacks."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner

from gridmap.cli.main import main
from gridmap.domain.gridkey import Scope
from gridmap.domain.shown_plans import WholePlan
from gridmap.services.patrols.ask.request import PatrolRequest
from gridmap.services.patrols.make.changed import Changed
from gridmap.services.patrols.make.changes import replan_patrol
from gridmap.services.patrols.make.plans import plan_patrols, solve_again
from gridmap.services.response.near import staying_near
from gridmap.storage.database import Database
from tests.doors import client_of

WHOLE = Scope.whole()
NIGHT = dt.datetime.now(ZoneInfo("Asia/Shanghai")).date() + dt.timedelta(days=7)


def planned(town: Database, near_min: float, level: float) -> WholePlan:
    asked = PatrolRequest(
        on=NIGHT, seed=5, seconds=None, iterations=1_500, teams=("T02", "T03", "T05"), near_min=near_min,
        near_level=level,
    )  # fmt: skip
    return plan_patrols(town, WHOLE, asked)


@pytest.fixture(scope="module")
def near_plan(hot_town: Database) -> WholePlan:
    return planned(hot_town, 6.0, 0.9)


def test_a_plan_tells_how_near_it_stays_what_it_cost_and_that_it_could_not_be_met(
    near_plan: WholePlan, hot_town: Database
) -> None:
    near = near_plan["summary"]["near"]
    assert (near["minutes"], near["level"]) == (6.0, 0.9)
    assert near["lacking"] == sum(share < 0.9 for share in near["shares"]) > 0
    assert near["least"] == min(near["shares"])
    (notice,) = [n for n in near_plan["summary"]["notices"] if n["code"] == "near-short"]
    assert "90%" in notice["zh"]
    assert f"{near['lacking']} of {len(near['shares'])}" in notice["en"]
    # What is not asked for is not told.
    plain = planned(hot_town, 0.0, 0.9)["summary"]
    assert "near" not in plain
    assert not [n for n in plain["notices"] if n["code"] == "near-short"]
    own = {
        "GRIDMAP_HOME": str(hot_town.settings.home),
        "DATABASE_URL": hot_town.owner_url.render_as_string(hide_password=False),
        "GRIDMAP_APP_DATABASE_URL": hot_town.app_url.render_as_string(hide_password=False),
        "COLUMNS": "400",
    }
    number = str(near_plan["patrol_id"])
    shown = CliRunner().invoke(main, ["patrols", "show", number], env=own).output
    assert f"未达到 / lacking {near['lacking']} / {len(near['shares'])}" in shown
    table = CliRunner().invoke(main, ["coverage", "near", number], env=own).output
    assert "6 分钟内 / min" in table
    assert f"lacking {near['lacking']} / {len(near['shares'])}" in table


def test_a_share_that_is_had_is_kept_and_named_nowhere_as_lacking(hot_town: Database) -> None:
    summary = planned(hot_town, 30.0, 0.5)["summary"]
    assert summary["near"]["lacking"] == 0
    assert summary["near"]["least"] >= 0.5
    assert not [n for n in summary["notices"] if n["code"] == "near-short"]


def test_the_page_and_the_api_tell_the_minutes_that_were_asked_for(
    near_plan: WholePlan, hot_town: Database
) -> None:
    client = client_of(hot_town)
    number = near_plan["patrol_id"]
    told = client.get(f"/api/v1/patrol-plans/{number}/near").get_json()
    assert told["minutes"] == [1.0, 3.0, 5.0, 6.0]
    assert told["asked"] == near_plan["summary"]["near"]
    # From where teams are at a moment no household is farther than by the rest of the way and from its end.
    at_stands = [q["shares"][3] for q in told["quarters"]]
    assert len(at_stands) == len(told["asked"]["shares"])
    page = client.get(f"/patrols/{number}/near").get_data(as_text=True)
    assert 'id="near-asked"' in page
    assert "6 分钟内" in page
    english = client.get(f"/patrols/{number}/near?lang=en").get_data(as_text=True)
    assert "Asked: 90% of households within 6 min" in english


def test_a_plan_that_is_changed_or_solved_again_stays_near_too(
    near_plan: WholePlan, hot_town: Database
) -> None:
    number = near_plan["patrol_id"]
    again = solve_again(hot_town, WHOLE, number, iterations=1_500)
    assert again["summary"]["near"] == near_plan["summary"]["near"]
    at = dt.datetime.fromisoformat(near_plan["begins_at"]) + dt.timedelta(hours=3)
    changed = replan_patrol(hot_town, WHOLE, number, Changed(at.isoformat()[:16]), iterations=500)
    assert changed["summary"]["near"]["minutes"] == 6.0
    assert len(changed["summary"]["near"]["shares"]) == len(near_plan["summary"]["near"]["shares"])


def test_a_team_that_drops_out_of_a_plan_before_its_first_visit_is_near_to_nobody(
    near_plan: WholePlan, hot_town: Database
) -> None:
    at = dt.datetime.fromisoformat(near_plan["begins_at"])
    out = Changed(at.isoformat()[:16], teams_out=("T02", "T03", "T05"))
    changed = replan_patrol(hot_town, WHOLE, near_plan["patrol_id"], out, iterations=100)
    assert set(changed["summary"]["near"]["shares"]) == {0.0}
    table = staying_near(hot_town, WHOLE, changed["patrol_id"])
    assert {quarter["teams"] for quarter in table["quarters"]} == {0}


def test_the_table_by_quarter_has_the_hours_that_the_plan_gives_its_teams(hot_town: Database) -> None:
    asked = PatrolRequest(
        on=NIGHT, seed=5, seconds=None, iterations=300, teams=("T02", "T03"), duty="day", near_min=6.0,
        near_level=0.3,
    )  # fmt: skip
    number = plan_patrols(hot_town, WHOLE, asked)["patrol_id"]
    table = staying_near(hot_town, WHOLE, number)
    assert table["asked"] is not None
    assert {quarter["teams"] for quarter in table["quarters"]} == {2}
    # By day the teams' own hours, in the evening and at night, are not theirs.
    told, counted = table["asked"]["shares"], [quarter["shares"][-1] for quarter in table["quarters"]]
    assert [share > 0 for share in counted[:1]] == [share > 0 for share in told[:1]] == [True]
