"""Named shifts, a week's roster over teams, changes by hand, and plans that take those whom the roster names."""

from __future__ import annotations

import datetime as dt
import json
import re
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner
from sqlalchemy import text

from gridmap.cli.main import main
from gridmap.domain.accounts import Actor, Role
from gridmap.domain.gridkey import Scope
from gridmap.domain.rosters import USUAL, Duty, NamedShift, RosterRules, breaches, first_day_of, shown_shifts
from gridmap.errors import Conflict, Forbidden, InvalidInput, NotFound
from gridmap.services.patrols.ask.request import PatrolRequest
from gridmap.services.patrols.ask.rosters import set_shifts, town_shifts
from gridmap.services.patrols.keep.plans import list_plans
from gridmap.services.patrols.keep.rosters import ShownRoster, delete_roster, set_duty, show_week, undo_duty
from gridmap.services.patrols.make.plans import plan_patrols
from gridmap.services.patrols.make.rosters import RosterRequest, make_week
from gridmap.storage.database import Database
from gridmap.storage.patrols import rosters as stored
from tests.doors import client_of
from tests.towns import environment_of

WHOLE = Scope.whole()
KEEPER = Actor.at_the_machine()
ZONE = ZoneInfo("Asia/Shanghai")
MONDAY = first_day_of(dt.datetime.now(ZONE).date() + dt.timedelta(days=21))


def day(n: int) -> dt.date:
    return MONDAY + dt.timedelta(days=n)


def rests_are_kept(roster: ShownRoster) -> bool:
    """Look at each team's week by itself: eleven hours between shifts, three nights in a row, five shifts."""
    hours = {str(s["code"]): (str(s["begin"]), str(s["end"]), s["night"]) for s in roster["shifts"]}
    for team in roster["teams"]:
        ended, nights = None, 0
        for on, code in zip(roster["days"], team["duties"], strict=True):
            begin, end, night = hours.get(code or "", ("", "", False))
            nights = nights + 1 if night else 0
            if code is None:
                continue
            begins, ends = (dt.datetime.fromisoformat(f"{on}T{at}+08:00") for at in (begin, end))
            if nights > 3 or (ended is not None and begins - ended < dt.timedelta(hours=11)):
                return False
            ended = ends + dt.timedelta(days=ends <= begins)
        if sum(code is not None for code in team["duties"]) > 5:
            return False
    return True


@pytest.fixture(scope="module")
def roster(hot_town: Database) -> ShownRoster:
    return make_week(hot_town, WHOLE, RosterRequest(day(2), off=(("T02", day(3)),)), owner="desk")


def test_a_week_is_made_from_what_each_shift_expects_and_keeps_the_rules(roster: ShownRoster) -> None:
    assert roster["first_day"] == MONDAY.isoformat()
    assert rests_are_kept(roster)
    assert roster["breaches"] == []
    assert roster["there"] == roster["wanted"]
    assert roster["gap"] == 0.0
    assert roster["incidents"] > 100
    busiest = [max(range(3), key=lambda s, d=d: roster["expected"][d][s]) for d in range(7)]
    assert all(roster["wanted"][d][s] == max(roster["wanted"][d]) for d, s in enumerate(busiest))
    t02 = next(team for team in roster["teams"] if team["code"] == "T02")
    assert t02["duties"][3] is None
    assert {team["code"] for team in roster["teams"]} == {f"T0{n}" for n in range(1, 8)}, "professional ones"
    nights = [team["nights"] for team in roster["teams"]]
    assert max(nights) - min(nights) <= 1


def test_the_next_week_goes_with_the_one_before(hot_town: Database, roster: ShownRoster) -> None:
    later = make_week(hot_town, WHOLE, RosterRequest(day(7)))
    both = [
        Duty(team["code"], dt.date.fromisoformat(on), code)
        for week in (roster, later)
        for team in week["teams"]
        for on, code in zip(week["days"], team["duties"], strict=True)
        if code is not None
    ]
    assert breaches(both, USUAL, RosterRules(), ZONE, first_day=day(7)) == []
    delete_roster(hot_town, KEEPER, later["roster_id"])
    assert show_week(hot_town, WHOLE, day(9)) is None


def test_a_change_by_hand_tells_its_conflicts_and_is_undone(hot_town: Database, roster: ShownRoster) -> None:
    number = roster["roster_id"]
    team, n = next(
        (t["code"], k)
        for t in roster["teams"]
        for k in range(6)
        if t["duties"][k] == "evening" and t["duties"][k + 1]
    )
    before = next(t["duties"] for t in roster["teams"] if t["code"] == team)
    changed = set_duty(hot_town, KEEPER, number, team, day(n), "夜班")
    assert next(t["duties"] for t in changed["teams"] if t["code"] == team)[n] == "night"
    told = [b for b in changed["breaches"] if b["code"] == "rest"]
    assert [(b["team"], b["on"]) for b in told] == [(team, day(n + 1).isoformat())]
    assert "11" in told[0]["zh"]
    assert [(e["was"], e["now"]) for e in changed["edits"]] == [("evening", "night")]
    set_duty(hot_town, KEEPER, number, "T08", day(6), "day")
    undo_duty(hot_town, KEEPER, number)
    back = undo_duty(hot_town, KEEPER, number)
    assert next(t["duties"] for t in back["teams"] if t["code"] == team) == before
    assert back["breaches"] == []
    with pytest.raises(Conflict, match="手工改动"):
        undo_duty(hot_town, KEEPER, number)


def test_what_cannot_be_is_refused_by_name(hot_town: Database, roster: ShownRoster) -> None:
    number = roster["roster_id"]
    with pytest.raises(NotFound, match="T99"):
        set_duty(hot_town, KEEPER, number, "T99", day(0), "day")
    with pytest.raises(NotFound, match="evening"):
        set_duty(hot_town, KEEPER, number, "T01", day(0), "noon")
    with pytest.raises(InvalidInput, match="一周内"):
        set_duty(hot_town, KEEPER, number, "T01", day(8), "day")
    with pytest.raises(NotFound, match="班表"):
        set_duty(hot_town, KEEPER, number + 1, "T01", day(0), "day")
    with pytest.raises(NotFound, match="T77"):
        make_week(hot_town, WHOLE, RosterRequest(MONDAY, off=(("T77", day(1)),)))
    with pytest.raises(InvalidInput, match="rest-hours"):
        RosterRules(rest_h=99)
    with pytest.raises(InvalidInput, match="policeing"):
        RosterRequest(MONDAY, domain="policeing")
    with pytest.raises(InvalidInput, match="一周内"):
        RosterRequest(day(3), off=(("T02", day(7)),))


def test_a_roster_is_deleted_by_its_own_post_alone(hot_town: Database, roster: ShownRoster) -> None:
    planner = Actor(post="另一个岗", role=Role.PLANNER, scope=WHOLE)
    with pytest.raises(Forbidden):
        delete_roster(hot_town, planner, roster["roster_id"])
    assert show_week(hot_town, WHOLE, MONDAY) is not None
    with pytest.raises(NotFound):
        delete_roster(hot_town, planner, 1)


def test_a_villages_own_roster_leaves_the_towns_in_force(hot_town: Database, roster: ShownRoster) -> None:
    village = Scope.of_grid(33068110901004000)
    with hot_town.scoped_session(WHOLE) as session:
        kept = stored.find_roster(session, roster["roster_id"])
    assert kept is not None
    with hot_town.scoped_session(village, write=True) as session:
        number = stored.add_roster(session, village, kept)
    own, towns = (show_week(hot_town, scope, MONDAY) for scope in (village, WHOLE))
    delete_roster(hot_town, KEEPER, number)
    assert own is not None
    assert towns is not None
    assert (own["roster_id"], towns["roster_id"]) == (number, roster["roster_id"])


@pytest.mark.parametrize("week", ["9999-12-31", "0001-01-01", "nan"])
def test_a_week_at_the_end_of_time_is_refused(hot_town: Database, week: str) -> None:
    client = client_of(hot_town, Role.TOWN_DESK)
    assert client.get(f"/patrols/roster?week={week}").status_code == 422
    assert client.post("/patrols/roster", data={"week": week}).status_code == 422


@pytest.mark.parametrize("field", ["nights-in-row", "shifts-a-week", "least-teams"])
@pytest.mark.parametrize("given", ["nan", "inf", "1e400", "2.7", "-1"])
def test_a_number_of_the_form_that_is_none_is_refused(hot_town: Database, field: str, given: str) -> None:
    client = client_of(hot_town, Role.TOWN_DESK)
    form = {"week": MONDAY.isoformat(), field: given}
    assert client.post("/patrols/roster", data=form).status_code == 422


def test_a_shift_without_its_code_is_refused_and_not_left_out(hot_town: Database) -> None:
    client = client_of(hot_town, Role.TOWN_DESK)
    rows = {f"{name}-{n}": str(row[name]) for n, row in enumerate(shown_shifts(USUAL)) for name in row}
    answer = client.post("/patrols/shifts", data=rows | {"code-1": ""})
    assert answer.status_code == 422
    assert town_shifts(hot_town, WHOLE) == USUAL


def test_a_plan_takes_those_whom_the_roster_names_in_the_hours_of_their_shift(
    hot_town: Database, roster: ShownRoster
) -> None:
    asked = PatrolRequest(day(1), seed=5, seconds=None, iterations=300, roster=True, duty="晚班")
    made = plan_patrols(hot_town, WHOLE, asked)
    named = {team["code"] for team in roster["teams"] if team["duties"][1] == "evening"}
    assert {route["team_code"] for route in made["routes"]} | set(made["summary"]["idle"]) == named
    assert (made["begins_at"][:16], made["ends_at"][:16]) == (f"{day(1)}T15:00", f"{day(1)}T23:00")
    by_name = plan_patrols(
        hot_town,
        WHOLE,
        PatrolRequest(day(1), teams=("T02",), seed=5, seconds=None, iterations=300, duty="night"),
    )
    assert by_name["begins_at"][11:16] == "23:00"
    nights = plan_patrols(
        hot_town,
        WHOLE,
        PatrolRequest(day(0), seed=5, seconds=None, iterations=60, roster=True, duty="evening", nights=2),
    )
    assert len(nights["nights"]) == 2
    with pytest.raises(NotFound, match="gridmap rosters make"):
        plan_patrols(hot_town, WHOLE, PatrolRequest(day(30), roster=True))
    kept = {plan["patrol_id"] for plan in list_plans(hot_town, WHOLE)}
    into_a_week_without = PatrolRequest(day(6), seed=5, seconds=None, iterations=60, roster=True, nights=2)
    with pytest.raises(NotFound, match="gridmap rosters make"):
        plan_patrols(hot_town, WHOLE, into_a_week_without)
    told: list[int] = []

    def called_off(_step: str, done: int, _total: int) -> None:
        told.append(done)
        raise KeyboardInterrupt

    two = replace(into_a_week_without, on=day(0))
    with pytest.raises(KeyboardInterrupt):
        plan_patrols(hot_town, WHOLE, two, on_progress=called_off)
    assert told == [1], "the first night was planned"
    assert {plan["patrol_id"] for plan in list_plans(hot_town, WHOLE)} == kept
    with pytest.raises(NotFound, match="noon"):
        plan_patrols(hot_town, WHOLE, PatrolRequest(day(1), duty="noon"))
    with pytest.raises(InvalidInput, match="点名"):
        PatrolRequest(day(1), teams=("T02",), roster=True)


def test_a_town_names_its_own_shifts_and_keeps_those_that_rosters_name(
    hot_town: Database, roster: ShownRoster, tmp_path: Path
) -> None:
    own = [*USUAL, NamedShift("market", "早市班", "Market", "05:00", "09:00")]
    assert set_shifts(hot_town, KEEPER, shown_shifts(own)) == tuple(own)
    assert town_shifts(hot_town, WHOLE)[3].zh == "早市班"
    with pytest.raises(Conflict, match="night"):
        set_shifts(hot_town, KEEPER, shown_shifts([own[0], own[1]]))
    village = Actor(post="village", role=Role.VILLAGE_DESK, scope=Scope.of_grid(33068110901004000))
    with pytest.raises(Forbidden):
        set_shifts(hot_town, village, None)
    assert set_shifts(hot_town, KEEPER, None) == USUAL


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"code": "Nacht!"}, "code"),
        ({"zh": ""}, "zh"),
        ({"begin": "25:00"}, "begin"),
        ({"end": None}, "end"),
        ({"night": "yes"}, "night"),
        ({"code": "evening"}, "evening"),
        ({"en": "Night"}, "night"),
        ({"zh": "晚班"}, "晚班"),
        ({"code": "off"}, "off"),
        ({"zh": "\u202e日班"}, "zh"),
        ({"en": "Da\x1by"}, "en"),
    ],
)
def test_a_shift_that_is_wrong_is_named(hot_town: Database, changed: dict[str, object], named: str) -> None:
    rows = shown_shifts(USUAL)
    rows[0] |= changed
    with pytest.raises(InvalidInput) as told:
        set_shifts(hot_town, KEEPER, rows)
    assert named in told.value.zh
    assert named in told.value.en


def test_rosters_and_shifts_have_commands(
    hot_town: Database, roster: ShownRoster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment_of(hot_town).items():
        monkeypatch.setenv(name, value)

    def say(*words: str) -> str:
        done = CliRunner().invoke(main, list(words), catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return done.output

    week = ("--week", day(4).isoformat())
    assert str(roster["roster_id"]) in say("rosters", "show", *week)
    assert "undo" in say("rosters", "set", str(roster["roster_id"]), "T08", day(6).isoformat(), "日班")
    assert "T08" not in say("rosters", "undo", str(roster["roster_id"]))
    say("rosters", "export", *week, str(tmp_path / "week.csv"))
    assert "镇巡防一队" in (tmp_path / "week.csv").read_text("utf-8-sig")
    say("shifts", "save", str(tmp_path / "shifts.json"))
    assert [row["code"] for row in json.loads((tmp_path / "shifts.json").read_text("utf-8"))] == [
        "day",
        "evening",
        "night",
    ]
    assert "夜班" in say("shifts", "load", str(tmp_path / "shifts.json"))


def test_the_api_and_the_page_show_change_and_undo_a_roster(hot_town: Database, roster: ShownRoster) -> None:
    client = client_of(hot_town, Role.TOWN_DESK)
    number = roster["roster_id"]
    assert client.get(f"/api/v1/rosters?week={day(5)}").get_json()["roster_id"] == number
    assert client.get(f"/api/v1/rosters?week={day(40)}").status_code == 404
    assert client.put("/api/v1/shifts", json={"shifts": [{"code": "x"}]}).status_code == 422
    given = {"team": "T05", "on": day(2).isoformat(), "shift": None}
    answer = client.put(f"/api/v1/rosters/{number}/duties", json=given)
    assert answer.status_code == 200, answer.text
    page = client.get(f"/patrols/roster?week={MONDAY}").get_data(as_text=True)
    assert "撤销上一次手工改动" in page
    team, on, code = next(
        (team["code"], on, code)
        for team in roster["teams"]
        for on, code in zip(roster["days"], team["duties"], strict=True)
        if code and team["code"] != "T05"
    )
    cell = client.get(f"/patrols/roster?week={MONDAY}&team={team}&on={on}").get_data(as_text=True)
    assert f'<option value="{code}" selected>' in cell, "sent as it stands, the form changes nothing"
    form = {"team": "T05", "on": day(2).isoformat(), "shift": "night"}
    assert client.post(f"/patrols/roster/{number}/set", data=form).status_code == 303
    assert client.post(f"/patrols/roster/{number}/set", data=form | {"team": "T99"}).status_code == 404
    while client.post(f"/api/v1/rosters/{number}/undo").status_code == 200:
        pass
    shown = client.get(f"/api/v1/rosters?week={MONDAY}").get_json()
    assert [team["duties"] for team in shown["teams"]] == [team["duties"] for team in roster["teams"]]
    job = client.post("/patrols/roster", data={"week": MONDAY.isoformat(), "rest-hours": "12"})
    assert re.search(r"job=[0-9a-f]{32}", job.headers["Location"])
    assert (
        client.post("/patrols/roster", data={"week": MONDAY.isoformat(), "rest-hours": "99"}).status_code
        == 422
    )
    assert f'name="off" value="T05={day(3)}"' in page
    assert 'name="who" value="T05" checked' in page
    off = [f"T05={day(3)}", f"T02={day(4)}"]
    sent = {"week": MONDAY.isoformat(), "who": ["T03", "T05"], "off": off}
    number_of = re.search(
        r"job=([0-9a-f]{32})", client.post("/patrols/roster", data=sent).headers["Location"]
    )
    assert number_of is not None
    with hot_town.scoped_session(WHOLE) as session:
        asked = session.scalar(text("select parameters from jobs where job_id = :job"), {"job": number_of[1]})
    assert asked["teams"] == ["T03", "T05"]
    assert asked["off"] == [["T05", day(3).isoformat()]], "a team that is not rostered needs no day off"
    wrong = sent | {"off": ["T05=tomorrow"]}
    assert client.post("/patrols/roster", data=wrong).status_code == 422
    assert client.post("/patrols/roster", data=sent | {"off": [f"T05={day(9)}"]}).status_code == 422
    desk = client_of(hot_town, Role.VILLAGE_DESK, 33068110901004000)
    assert desk.post(f"/patrols/roster/{number}/undo", data={"week": MONDAY.isoformat()}).status_code == 403
    with hot_town.scoped_session(Scope.of_grid(33068110901004000)) as session:
        assert session.scalar(text("select count(*) from rosters")) == 0, (
            "a village sees no roster of the town"
        )
