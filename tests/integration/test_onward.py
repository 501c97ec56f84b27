"""A team that was held up is told what next at once: by service, command, API and on its phone."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from flask.testing import FlaskClient
from sqlalchemy import text

from gridmap.cli.main import main
from gridmap.domain.gridkey import Scope
from gridmap.errors import Conflict, InvalidInput, NotFound
from gridmap.services.patrols.ask.request import PatrolRequest
from gridmap.services.patrols.follow.onward import DELAYS_MIN, what_next
from gridmap.services.patrols.follow.visits import check_in, undo_check_in
from gridmap.services.patrols.keep.codec import load_kept
from gridmap.services.patrols.keep.plans import kept_plan
from gridmap.services.patrols.keep.policy import policy_of
from gridmap.services.patrols.make import plans
from gridmap.services.patrols.make.changed import Changed, Taken
from gridmap.services.patrols.make.changes import replan_patrol
from gridmap.storage.database import Database
from tests.doors import client_of
from tests.towns import environment_of

WHOLE = Scope.whole()


@pytest.fixture(scope="module")
def town(hot_town: Database) -> Database:
    return hot_town


@pytest.fixture(scope="module")
def tonight(town: Database) -> Any:
    asked = PatrolRequest(on=dt.date(2026, 12, 20), seed=5, seconds=None, iterations=1_000, visits=3)
    return plans.plan_patrols(town, WHOLE, asked)


@pytest.fixture(scope="module")
def busy(tonight: Any) -> Any:
    return max(tonight["routes"], key=lambda route: len(route["visits"]))


@pytest.fixture
def client(town: Database) -> FlaskClient:
    return client_of(town)


def test_every_delay_at_every_stop_has_an_answer_that_leaves_nothing_untold(
    town: Database, tonight: Any, busy: Any
) -> None:
    route = next(
        r for r in kept_plan(town, WHOLE, tonight["patrol_id"]).routes if r.team_code == busy["team_code"]
    )
    left_out = []
    for after in range(len(route.visits) + 1):
        for delay in (*DELAYS_MIN, 33):
            told = what_next(town, WHOLE, tonight["patrol_id"], route.team_code, delay, after)
            rows = sorted(v["row"] for v in [*told["visits"], *told["dropped"]])
            assert rows == list(range(after + 1, len(route.visits) + 1))
            begins = route.visits[after - 1].leave if after else route.begin
            free = begins + dt.timedelta(minutes=told["reckoned_min"])
            times = [dt.datetime.fromisoformat(v["start"]) for v in told["visits"]]
            assert times == sorted(times)
            assert all(at >= free for at in times)
            left_out.append(len(told["dropped"]))
    assert max(left_out) > 0
    assert what_next(town, WHOLE, tonight["patrol_id"], route.team_code, 33, 1)["reckoned_min"] == 40


def test_where_a_team_is_follows_from_the_clock_where_nothing_is_known(
    town: Database, tonight: Any, busy: Any
) -> None:
    second = dt.datetime.fromisoformat(busy["visits"][1]["leave"])
    told = what_next(town, WHOLE, tonight["patrol_id"], busy["team_code"], 10, now=second)
    assert told["after"] == 2


def test_a_team_that_is_overdue_is_told_of_no_time_that_is_past(
    town: Database, tonight: Any, busy: Any
) -> None:
    number, team = tonight["patrol_id"], busy["team_code"]
    first, second = busy["visits"][:2]
    at = dt.datetime.fromisoformat(first["start"])
    kept = check_in(town, WHOLE, number, first["stop"], team, at)
    overdue = dt.datetime.fromisoformat(second["start"]) + dt.timedelta(minutes=15)
    told = what_next(town, WHOLE, number, team, 10, now=overdue)
    long_ago = what_next(town, WHOLE, number, team, 10, now=overdue + dt.timedelta(hours=1))
    undo_check_in(town, WHOLE, number, kept["visit_id"] or 0)
    assert (told["after"], told["reckoned_min"]) == (1, 20)
    assert long_ago["after"] > 1, "nobody noted where it came to since"


def test_a_team_that_is_held_up_at_its_last_stop_is_home_that_much_later(
    town: Database, tonight: Any, busy: Any
) -> None:
    told = what_next(town, WHOLE, tonight["patrol_id"], busy["team_code"], 40, len(busy["visits"]))
    assert dt.datetime.fromisoformat(told["home"]) - dt.datetime.fromisoformat(busy["end"]) == dt.timedelta(
        minutes=40
    )


def test_where_the_roads_leave_no_way_home_the_plan_is_kept_and_that_answer_alone_is_missing(
    town: Database, tonight: Any, busy: Any
) -> None:
    inputs, made, _ = load_kept(town, WHOLE, tonight["patrol_id"])
    team = next(t for t in made.teams if t.id == busy["team_code"])
    last = next(r for r in made.routes if r.team == team.id).visits[-1].place
    inputs.roads.travel_s[team.mode][last, :] = np.inf
    kept = policy_of(inputs, made)[team.id]
    assert {row["after"] for row in kept} == set(range(len(busy["visits"])))


def test_a_plan_of_a_former_release_has_the_same_answer(town: Database, tonight: Any, busy: Any) -> None:
    number, team = tonight["patrol_id"], busy["team_code"]
    before = what_next(town, WHOLE, number, team, 40, 1)
    read = text("select parameters from patrols where patrol_id = :n")
    write = text("update patrols set parameters = cast(:p as jsonb) where patrol_id = :n")
    with town.scoped_session(WHOLE, write=True) as session:
        kept = session.execute(read, {"n": number}).scalar_one()
        frame = next(v for v in kept.values() if isinstance(v, dict) and "onward" in v)
        assert frame.pop("onward")
        session.execute(write, {"p": json.dumps(kept), "n": number})
    assert what_next(town, WHOLE, number, team, 40, 1) == before


def test_what_cannot_be_answered_is_refused_with_what_to_do(town: Database, tonight: Any, busy: Any) -> None:
    number, team = tonight["patrol_id"], busy["team_code"]
    with pytest.raises(InvalidInput, match="replan"):
        what_next(town, WHOLE, number, team, 61, 0)
    with pytest.raises(InvalidInput, match="stops"):
        what_next(town, WHOLE, number, team, 10, len(busy["visits"]) + 1)
    with pytest.raises(NotFound):
        what_next(town, WHOLE, number, "T99", 10, 0)
    at = dt.datetime.fromisoformat(busy["visits"][0]["leave"])
    free = at + dt.timedelta(minutes=30)
    taken = Taken(team, busy["base_lon"], busy["base_lat"], f"{free:%H:%M}")
    changed = replan_patrol(town, WHOLE, number, Changed(f"{at:%H:%M}", taken=(taken,)), iterations=300)
    with pytest.raises(Conflict, match="replan"):
        what_next(town, WHOLE, changed["patrol_id"], team, 10, 1)


def test_command_api_and_the_phone_answer_alike(
    client: FlaskClient, town: Database, tonight: Any, busy: Any
) -> None:
    number, team = tonight["patrol_id"], busy["team_code"]
    told = what_next(town, WHOLE, number, team, 40, 1)
    asked = f"/api/v1/patrol-plans/{number}/onward?team={team}&delay_min=40"
    assert client.get(f"{asked}&after=1").get_json() == told | {"delay_min": 40.0}
    assert client.get(asked.replace("=40", "=61")).status_code == 422
    page = client.get(f"/field/patrols/{number}/{team}?delay=40").get_data(as_text=True)
    assert "耽搁 40 分钟以内" in page
    assert client.get(f"/field/patrols/{number}/{team}?delay=long").status_code == 422
    assert "耽搁 40 分钟以内" not in client.get(f"/field/patrols/{number}/{team}").get_data(as_text=True)
    own = {"COLUMNS": "240", **environment_of(town)}
    words = ["patrols", "next", str(number), team, "--delay", "40", "--after", "1"]
    said = CliRunner().invoke(main, words, env=own)
    assert said.exit_code == 0, said.output
    assert all(visit["name_zh"] in said.output for visit in told["dropped"])
