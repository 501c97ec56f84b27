"""The commands of patrols, dispatch and coverage, as a person types them."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import gpxpy
import pytest
from click.testing import CliRunner

from gridmap.cli import main
from gridmap.domain.gridkey import Scope
from gridmap.services.hotspots.runs import run_hotspots
from gridmap.services.hotspots.spec import HotspotSpec
from gridmap.storage.database import Database
from gridmap.storage.ground.boundaries import shift_positions
from gridmap.storage.teams import teams as field

WHOLE = Scope.whole()
NEWEST = "FQ26-007287"
LAST_POSITION = dt.datetime(2026, 10, 31, 18, 0, tzinfo=dt.UTC)
Say = Callable[..., str]


@pytest.fixture(scope="module")
def town(make_database: Any) -> Iterator[Database]:
    """The demonstration town with a run, and its night of positions at the end of the town's year."""
    made = make_database("demo")
    with made.scoped_session(WHOLE, write=True) as session:
        newest = max(t["position_at"] for t in field.list_teams(session) if t["position_at"])
        shift_positions(session, (LAST_POSITION - newest).days)
    run_hotspots(
        made, WHOLE, HotspotSpec("gi", dt.date(2026, 5, 1), dt.date(2026, 10, 31), domain="policing", seed=7)
    )
    return made


@pytest.fixture(scope="module")
def night(town: Database) -> dt.datetime:
    """A moment of the night of positions, local time."""
    with town.scoped_session(WHOLE) as session:
        at = max(t["position_at"] for t in field.list_teams(session) if t["position_at"])
    return at - dt.timedelta(hours=4)


@pytest.fixture(scope="module")
def say(town: Database) -> Say:
    own = {
        "COLUMNS": "240",
        "GRIDMAP_HOME": str(town.settings.home),
        "DATABASE_URL": town.owner_url.render_as_string(hide_password=False),
        "GRIDMAP_APP_DATABASE_URL": town.app_url.render_as_string(hide_password=False),
    }

    def run(*words: str, code: int = 0) -> str:
        done = CliRunner().invoke(main, [str(word) for word in words], env=own)
        assert done.exit_code == code, done.output + str(done.exception)
        return done.output

    return run


@pytest.fixture(scope="module")
def number(say: Say, night: dt.datetime) -> str:
    told = say("patrols", "plan", "--shift", night.date().isoformat(), "--seed", "7", "--iterations", "20000")
    return str(re.search(r"plan (\d+):", told)[1])  # type: ignore[index]


def test_a_plan_by_time_is_the_same_again_by_the_steps_that_it_tells(
    say: Say, number: str, night: dt.datetime
) -> None:
    day = night.date().isoformat()
    timed = say("patrols", "plan", "--shift", day, "--seed", "3", "--time", "0.5")
    steps = re.search(r"iterations (\d+)", timed)[1]  # type: ignore[index]
    again = say("patrols", "plan", "--shift", day, "--seed", "3", "--iterations", steps)

    def told(text: str) -> list[str]:
        return [line for line in text.splitlines() if line.startswith(("│ T", "停靠"))]

    assert told(timed) == told(again) != []


def test_visits_live_and_check_in_tell_of_the_plan(say: Say, number: str) -> None:
    assert re.search(r"visits made \d+ of \d+", say("patrols", "visits", number))
    live = say("patrols", "live", number, "--at", "21:30")
    assert "T0" in live
    # The first stop of the first team of the plan.
    stop = re.search(r"│ (T\d\d) +│ (H\d+) ", say("patrols", "visits", number))
    assert stop is not None
    made = say("patrols", "check-in", number, stop[2], stop[1], "--at", "20:30")
    visit = re.search(r"number (\d+)", made)[1]  # type: ignore[index]
    assert "签到 / check-in" in say("patrols", "visits", number)
    say("patrols", "check-in", number, "--undo", visit)
    assert "签到 / check-in" not in say("patrols", "visits", number)
    assert "H999" in say("patrols", "check-in", number, "H999", stop[1], "--at", "20:30", code=1)
    assert say("patrols", "check-in", number, code=2)


def test_a_changed_plan_is_compared_with_the_one_that_it_replaces(
    say: Say, number: str, tmp_path: Any
) -> None:
    told = say("patrols", "replan", number, "--leave-out", "H1", "--iterations", "5000")
    assert f"replaces plan {number}" in told
    other = re.search(r"plan (\d+):", told)[1]  # type: ignore[index]
    assert "H1 " in say("patrols", "compare", number, other)
    say("patrols", "export", other, tmp_path / "plan.gpx")
    assert gpxpy.parse((tmp_path / "plan.gpx").read_text("utf-8")).tracks
    say("patrols", "export", other, tmp_path / "sheet.html")
    assert "http" not in (tmp_path / "sheet.html").read_text("utf-8").replace("http://www.w3.org", "")


def test_an_effect_that_cannot_be_measured_says_what_is_missing(say: Say, number: str) -> None:
    told = say("patrols", "effect", number, code=1)
    assert "effect-not-recorded" in told or "effect-no-visits" in told


def test_a_team_is_found_sent_noted_and_timed(say: Say, night: dt.datetime) -> None:
    at = night.isoformat()
    near = say("dispatch", "nearest", NEWEST, "--at", at)
    team = re.search(r"│ (T\d\d) ", near)
    assert team is not None
    sent = say("dispatch", "send", NEWEST, team[1], "--at", at)
    number = re.search(r"(\d+)", re.sub(r"T\d\d|FQ\d\d-\d+", "", sent))
    assert number is not None
    listed = say("dispatch", "list")
    assert team[1] in listed
    assert (
        team[1]
        not in say("dispatch", "nearest", NEWEST, "--at", at).split("━┛")[0].split("┡")[1].split("└")[0]
    )
    dispatch = re.search(r"│ +(\d+) ", listed)
    assert dispatch is not None
    say("dispatch", "arrived", dispatch[1], "--at", (night + dt.timedelta(minutes=9)).isoformat())
    say("dispatch", "finish", dispatch[1], "--at", (night + dt.timedelta(minutes=30)).isoformat())
    # One response is fewer than five: nothing is told of it.
    assert "9.0" not in say("dispatch", "times")


def test_coverage_counts_every_household_once_and_more_sites_cover_more(say: Say, tmp_path: Any) -> None:
    told = say("coverage", "show", "--at", "21:00", "-o", tmp_path / "reach.geojson")
    total = re.search(r"合计 / total +│ +([\d,]+) │ +([\d,]+) │ +([\d,]+) │ +([\d,]+) │ +([\d,]+)", told)
    assert total is not None
    households, five, ten, fifteen, beyond = (int(n.replace(",", "")) for n in total.groups())
    assert five <= ten <= fifteen
    assert fifteen + beyond == households
    assert json.loads((tmp_path / "reach.geojson").read_text("utf-8"))["features"]

    def covered(add: int) -> int:
        text = say("coverage", "site", "--add", str(add), "--objective", "covering", "--minutes", "5")
        return int(re.search(r"→ ([\d,]+)", text)[1].replace(",", ""))  # type: ignore[index]

    assert covered(1) <= covered(2)
