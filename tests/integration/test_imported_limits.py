"""Steps that a file tells begin the town's limits, as steps of the desk do."""

from __future__ import annotations

import csv
import datetime as dt
import difflib
import uuid
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import text

from gridmap.cli import main
from gridmap.domain.accounts import Actor, Role
from gridmap.domain.cases.actions import Action
from gridmap.domain.cases.asked import StepAsked
from gridmap.domain.cases.worklists import Wanted
from gridmap.domain.gridkey import Scope, make_key
from gridmap.domain.query import IncidentQuery
from gridmap.domain.terms import NEAREST_LAND_M
from gridmap.errors import NotFound
from gridmap.services.cases import desk, edits, limits, openings, worklists
from gridmap.services.house import IMPORT_KINDS
from gridmap.services.imports import history
from gridmap.services.imports.records import ImportOptions, ImportResult, import_records
from gridmap.storage.cases import openings as stored_openings
from gridmap.storage.database import Database
from tests.towns import environment_of

KEEPER = Actor.at_the_machine()
HEAD = ("uid", "at", "action", "to_grid_code", "outcome")
TOWN = "330681109"
LIMITS = ("sign_due_at", "act_due_at", "due_at")
ACCEPTED, PASSED = "2026-01-06 12:00", "2026-01-07 09:30"


def bring(
    town: Database, path: Path, noun: str, *lines: tuple[str, ...], head: tuple[str, ...], sure: bool = False
) -> ImportResult:
    with path.open("w", encoding="utf-8", newline="") as out:
        csv.writer(out).writerows([head, *lines])
    options = ImportOptions(accept_doubtful=sure)
    return import_records(town, Scope.whole().for_upkeep(), IMPORT_KINDS[noun], path, options)


def cases(town: Database, folder: Path, *uids: str, due: str = "") -> None:
    head = ("uid", "domain", "kind", "occurred_at", "lon", "lat", "due_at")
    lines = [(uid, "dispute", "02", "2026-01-05 08:30", "120.4171", "29.7908", due) for uid in uids]
    assert bring(town, folder / "cases.csv", "incidents", *lines, head=head).committed


def steps(town: Database, folder: Path, *lines: tuple[str, ...]) -> ImportResult:
    filled = [(*line, *[""] * (len(HEAD) - len(line))) for line in lines]
    result = bring(town, folder / "steps.csv", "incident_steps", *filled, head=HEAD)
    assert result.refused == 0
    return result


def limits_of(town: Database, uid: str) -> dict[str, Any]:
    with town.scoped_session(Scope.whole()) as session:
        asked = text(f"select {', '.join(LIMITS)} from incidents where uid = :uid")
        return dict(session.execute(asked, {"uid": uid}).mappings().one())


def told_at_the_desk(town: Database, uid: str, action: Action, at: str, **asked: Any) -> None:
    zone = dt.timezone(dt.timedelta(hours=8))
    moment = dt.datetime.fromisoformat(at).replace(tzinfo=zone)
    seen = desk.find(town, KEEPER, uid)
    desk.act(town, KEEPER, uid, StepAsked(action, at=moment, **asked), seen.row.revision, uuid.uuid4())


def test_a_transfer_that_a_file_tells_is_to_be_signed_for_when_one_of_the_desk_would_be(
    town: Database, tmp_path: Path
) -> None:
    cases(town, tmp_path, "A1", "A2")
    steps(town, tmp_path, ("A1", ACCEPTED, "受理"), ("A2", ACCEPTED, "受理"))
    steps(town, tmp_path, ("A1", PASSED, "移送", TOWN))
    told_at_the_desk(
        town, "A2", Action.TRANSFER, PASSED, to_grid_key=make_key(int(TOWN)), ground="specialised"
    )
    by_file = limits_of(town, "A1")
    assert by_file["sign_due_at"] is not None
    assert by_file == limits_of(town, "A2")
    signed = "2026-01-07 16:00"
    steps(town, tmp_path, ("A1", signed, "签收"))
    told_at_the_desk(town, "A2", Action.SIGN, signed)
    by_file = limits_of(town, "A1")
    assert by_file["sign_due_at"] is None
    assert by_file["act_due_at"] is not None
    assert by_file == limits_of(town, "A2")


def test_a_case_without_steps_has_the_town_s_limits_from_when_it_was_received(
    town: Database, tmp_path: Path
) -> None:
    head = ("uid", "domain", "kind", "occurred_at", "reported_at", "lon", "lat", "due_at")
    at = "2026-01-05 08:30"
    lines = [
        (uid, "dispute", "02", at, told, "120.4171", "29.7908", due)
        for uid, told, due in (("R1", "", ""), ("R2", ACCEPTED, ""), ("R3", ACCEPTED, "2026-02-24 18:00"))
    ]
    assert bring(town, tmp_path / "told.csv", "incidents", *lines, head=head).committed
    cases(town, tmp_path, "A1")
    steps(town, tmp_path, ("A1", ACCEPTED, "受理"))
    occurred, reported, told = (limits_of(town, uid) for uid in ("R1", "R2", "R3"))
    # As of one that is taken in at the same moment.
    assert reported == limits_of(town, "A1")
    assert occurred["due_at"] < reported["due_at"]
    assert (told["act_due_at"], told["due_at"].date()) == (None, dt.date(2026, 2, 24))
    now = occurred["due_at"] + dt.timedelta(minutes=1)
    wanted = Wanted("overdue", IncidentQuery())
    late = worklists.work_list(town, Scope.whole(), wanted, now=now).rows
    assert [row.uid for row in late] == ["R1"]
    # What is done first moves nothing; a pause moves the limit, and another risk keeps that.
    until = dt.datetime.fromisoformat("2026-01-17 09:30+08:00")
    told_at_the_desk(town, "R2", Action.PAUSE, PASSED, ground="appraisal", until=until)
    assert limits_of(town, "R2")["due_at"] == reported["due_at"] + dt.timedelta(days=10)
    told_at_the_desk(town, "R2", Action.ASSESS, PASSED, risk="yellow", risk_grounds=("group",))
    assert limits_of(town, "R2")["due_at"] == reported["due_at"] + dt.timedelta(days=10)


def test_a_history_without_stages_is_told_before_it_is_overdue_and_comes_in_as_ended_where_that_is_said(
    town: Database, tmp_path: Path
) -> None:
    head = ("uid", "domain", "kind", "occurred_at", "lon", "lat", "closed_at", "due_at")
    told = [("H1", "2025-01-05 08:30", "", ""), ("H2", "2025-12-30 08:30", "", "")]
    told += [
        ("H3", "2025-02-05 08:30", "2025-02-06 08:30", ""),
        ("H4", "2025-02-05 08:30", "", "2025-02-07 18:00"),
    ]
    path = tmp_path / "history.csv"
    with path.open("w", encoding="utf-8", newline="") as out:
        lines = [(uid, "dispute", "02", at, "120.4171", "29.7908", *ends) for uid, at, *ends in told]
        csv.writer(out).writerows([head, *lines])
    scope, kind = Scope.whole().for_upkeep(), IMPORT_KINDS["incidents"]
    tried = import_records(town, scope, kind, path, ImportOptions(dry_run=True))
    (notice,) = [n for n in tried.warnings if n.code == "history-without-stage"]
    assert notice.zh.startswith("2 件")
    assert "2025-01-05" in notice.zh
    assert "--stage archived" in notice.en
    assert tried.committed is False
    args = ["incidents", "import", str(path), "--stage", "archived"]
    answer = CliRunner().invoke(main, args, env=environment_of(town))
    assert answer.exit_code == 0, answer.output
    wanted = Wanted("overdue", IncidentQuery())
    assert worklists.work_list(town, Scope.whole(), wanted).rows == ()
    # What is known is not new to anybody.
    again = import_records(town, scope, kind, path, ImportOptions(dry_run=True))
    assert [n for n in again.warnings if n.code == "history-without-stage"] == []


def test_cases_that_an_earlier_program_brought_in_are_given_their_limits_and_desk_once(
    town: Database, tmp_path: Path
) -> None:
    cases(town, tmp_path, "A1", "A2")
    steps(town, tmp_path, ("A2", PASSED, "移送", TOWN))
    as_now = {uid: limits_of(town, uid) for uid in ("A1", "A2")}
    with town.scoped_session(Scope.whole().for_upkeep(), write=True) as session:
        none = ", ".join(
            f"{name} = null" for name in ("opened_act_due_at", "opened_due_at", "act_due_at", "due_at")
        )
        session.execute(text(f"update incidents set {none}"))
    assert openings.open_those_without(town) == 2
    assert {uid: limits_of(town, uid) for uid in ("A1", "A2")} == as_now
    assert openings.open_those_without(town) == 0


def test_a_case_whose_source_tells_no_end_has_the_town_s_from_when_it_was_taken_in(
    town: Database, tmp_path: Path
) -> None:
    cases(town, tmp_path, "A1", "A2", "A3", due="")
    cases(town, tmp_path, "A4", due="2026-02-24 18:00")
    received = limits_of(town, "A1")
    steps(town, tmp_path, ("A1", PASSED, "移送", TOWN), ("A2", PASSED, "受理"), ("A4", PASSED, "受理"))
    told_at_the_desk(town, "A3", Action.MEDIATE, PASSED)
    from_then_on = {uid: limits_of(town, uid) for uid in ("A1", "A2", "A3", "A4")}
    assert {from_then_on[uid]["due_at"] for uid in ("A1", "A3")} == {received["due_at"]}
    assert from_then_on["A2"]["due_at"] > received["due_at"]
    assert from_then_on["A2"]["act_due_at"] < from_then_on["A2"]["due_at"]
    assert from_then_on["A4"]["due_at"].date() == dt.date(2026, 2, 24)
    assert from_then_on["A4"]["act_due_at"] is None
    # What its source tells later goes before.
    cases(town, tmp_path, "A2", due="2026-03-24 18:00")
    steps(town, tmp_path, ("A2", "2026-01-08 09:00", "移送", TOWN), ("A2", "2026-01-08 10:00", "签收"))
    found = desk.find(town, KEEPER, "A2")
    assert found.row.close_since is not None


def test_what_a_file_passes_to_a_body_waits_for_the_desk_of_the_grid_that_it_serves(
    town: Database, tmp_path: Path
) -> None:
    cases(town, tmp_path, "B1", "B2", "B3")
    head = ("code", "name_zh", "kind", "lon", "lat")
    line = ("C9", "枫桥人民法庭", "court", "120.4167", "29.7907")
    assert bring(town, tmp_path / "bodies.csv", "organisations", line, head=head).committed
    passed = [(uid, PASSED, "移送", to) for uid, to in (("B1", "C9"), ("B2", "枫桥人民法庭"))]
    result = bring(town, tmp_path / "to.csv", "incident_steps", *passed, head=(*HEAD[:3], "to_body"))
    assert (result.refused, result.inserted) == (0, 2)
    centre = Actor("镇值班", Role.TOWN_DESK, Scope.of_grid(make_key(int(TOWN))))
    for uid in ("B1", "B2"):
        found = desk.find(town, centre, uid)
        assert (found.state.awaiting_key, found.state.awaiting_body) == (make_key(int(TOWN)), "C9")
        assert Action.SIGN in {step.action for step in found.lawful}
        assert found.state.sign_due_at is not None


def test_what_a_file_passes_to_a_body_that_the_directory_does_not_have_is_asked_about_or_told_and_stays_in_hand(
    town: Database, tmp_path: Path
) -> None:
    cases(town, tmp_path, "B1", "B2")
    head = ("code", "name_zh", "kind", "lon", "lat")
    line = ("C9", "枫桥人民法庭", "court", "120.4167", "29.7907")
    assert bring(town, tmp_path / "bodies.csv", "organisations", line, head=head).committed
    passed = (*HEAD[:3], "to_body")
    # Near to a name that there is: asked, with the name and its code.
    near = bring(
        town, tmp_path / "near.csv", "incident_steps", ("B1", PASSED, "移送", "枫桥法庭"), head=passed
    )
    assert (near.committed, near.refused, near.parsed is None) == (False, 1, False)
    asked = near.parsed.refused.iloc[0].to_dict() if near.parsed else {}
    assert (asked["row"], asked["field"]) == (2, "to_body")
    assert "枫桥人民法庭（C9）" in asked["reason_zh"]
    assert "C9" in asked["reason_en"]
    # Near to none: told row by row, and whoever has the case finds it to sign.
    far = bring(town, tmp_path / "far.csv", "incident_steps", ("B2", PASSED, "移送", "县局"), head=passed)
    assert (far.committed, far.refused) == (True, 0)
    (told,) = [n for n in far.warnings if n.code == "body-not-in-directory"]
    assert "第 2 行 县局" in told.zh
    found = desk.find(town, KEEPER, "B2")
    village = Actor("村值班", Role.VILLAGE_DESK, Scope.of_grid(found.row.handler_key))
    waiting = worklists.work_list(town, village.scope, Wanted("to_sign")).rows
    assert [row.uid for row in waiting] == ["B2"]
    assert {Action.SIGN, Action.RETURN} <= {step.action for step in desk.find(town, village, "B2").lawful}
    signed = desk.act(
        town, village, "B2", StepAsked(Action.SIGN, note="县局已接收"), found.row.revision, uuid.uuid4()
    )
    assert (signed.state.body_code, signed.state.handler_key) == ("县局", found.row.handler_key)
    assert Action.RESOLVE in {step.action for step in signed.lawful}
    assert worklists.work_list(town, village.scope, Wanted("to_sign")).rows == ()


def test_a_body_that_many_rows_name_is_looked_for_once(
    town: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    near = difflib.get_close_matches

    def told(word: str, *given: Any, **more: Any) -> list[str]:
        asked.append(word)
        return near(word, *given, **more)

    monkeypatch.setattr(difflib, "get_close_matches", told)
    uids = [f"B{n}" for n in range(30)]
    cases(town, tmp_path, *uids)
    lines = [(uid, PASSED, "移送", "县局") for uid in uids]
    done = bring(town, tmp_path / "far.csv", "incident_steps", *lines, head=(*HEAD[:3], "to_body"))
    assert (done.inserted, asked.count("县局")) == (30, 1)


def test_a_case_of_no_grid_is_the_town_s_which_sees_it_and_places_it(town: Database, tmp_path: Path) -> None:
    head = ("uid", "domain", "kind", "occurred_at", "lon", "lat", "summary")
    line = ("N1", "dispute", "02", "2026-01-05 08:30", "120.9171", "29.7908", "镇外的一处水渠")
    told = bring(town, tmp_path / "outside.csv", "incidents", line, head=head)
    assert (told.committed, told.outside) == (True, 1)
    key = make_key(int(TOWN))
    centre = Actor("镇值班", Role.TOWN_DESK, Scope.of_grid(key))
    for name in ("to_confirm", "to_accept", "mine", "open"):
        wanted = Wanted(name)
        assert [row.uid for row in worklists.work_list(town, centre.scope, wanted).rows] == ["N1"], name
    totals = worklists.totals(town, centre.scope, Wanted("open"))
    assert (totals["to_confirm"], totals["mine"]) == (1, 1)
    found = desk.find(town, centre, "N1")
    assert (found.row.grid_key, found.row.handler_key, found.row.waits_for_place) == (0, key, True)
    village = _a_village(town)
    told_again = replace(
        found.told,
        lon=None,
        lat=None,
        crs=None,
        accuracy_m=None,
        grid_key=village,
        grid_reason="来电说明在本村",
    )
    placed = edits.change(town, centre, "N1", told_again, found.row.revision, "来电说明在本村", uuid.uuid4())
    assert (placed.row.grid_key, placed.row.waits_for_place) == (village, False)
    assert worklists.work_list(town, centre.scope, Wanted("to_confirm")).rows == ()


def a_second_town(town: Database) -> int:
    """Put a town of the same outline half a degree further east; gives its grid."""
    key, other = make_key(int(TOWN)), make_key(int(TOWN) + 1)
    with town.scoped_session(Scope.whole().for_upkeep(), write=True) as session:
        columns = session.scalars(
            text(
                "select column_name from information_schema.columns"
                " where table_name = 'grids' and is_generated = 'NEVER'"
            )
        ).all()
        moved = {"grid_key": ":other", "code": "'330681110'", "geom": "ST_Translate(geom, 0.5, 0)"}
        values = ", ".join(moved.get(name, name) for name in columns)
        copied = f"insert into grids ({', '.join(columns)}) select {values} from grids where grid_key = :key"
        session.execute(text(copied), {"key": key, "other": other})
    return other


def test_where_towns_are_several_a_case_of_no_grid_is_that_town_s_whose_land_is_nearest_and_no_other_s(
    town: Database, tmp_path: Path
) -> None:
    key, other = make_key(int(TOWN)), a_second_town(town)
    head = ("uid", "domain", "kind", "occurred_at", "lon", "lat")
    at = {"W1": ("120.10", "29.79"), "E1": ("121.30", "29.79")}
    lines = [(uid, "dispute", "02", "2026-01-05 08:30", *point) for uid, point in at.items()]
    assert bring(town, tmp_path / "outside.csv", "incidents", *lines, head=head).outside == 2
    desks = {"W1": key, "E1": other}
    for uid, its in desks.items():
        for name in ("to_confirm", "to_accept", "mine", "open"):
            found = worklists.work_list(town, Scope.of_grid(its), Wanted(name)).rows
            assert [row.uid for row in found] == [uid], name
        others = Actor("邻镇值班", Role.TOWN_DESK, Scope.of_grid(key if its == other else other))
        with pytest.raises(NotFound):
            desk.find(town, others, uid)
    # Those of an earlier program, that were nobody's, are given theirs once.
    with town.scoped_session(Scope.whole().for_upkeep(), write=True) as session:
        session.execute(text("update incidents set opened_key = null, handler_key = 0 where grid_key = 0"))
    assert openings.open_those_without(town) == 2
    assert {uid: desk.find(town, KEEPER, uid).row.handler_key for uid in at} == desks
    # One that tells no point is in the lists of the whole workspace, and is looked for no more.
    with town.scoped_session(Scope.whole().for_upkeep(), write=True) as session:
        session.execute(
            text("update incidents set opened_key = null, handler_key = 0, geom = null where uid = 'E1'")
        )
    assert openings.open_those_without(town) == 0
    assert [row.uid for row in worklists.work_list(town, Scope.of_grid(other), Wanted("open")).rows] == []
    whole = worklists.work_list(town, Scope.whole(), Wanted("to_confirm")).rows
    assert sorted(row.uid for row in whole) == ["E1", "W1"]


def test_a_point_farther_from_every_town_than_the_bound_is_on_no_town_s_desk_but_with_the_whole_workspace(
    town: Database, tmp_path: Path
) -> None:
    key, other = make_key(int(TOWN)), a_second_town(town)
    with town.scoped_session(Scope.whole().for_upkeep()) as session:
        west, south = session.execute(
            text(
                "select ST_XMin(geom), (ST_YMin(geom) + ST_YMax(geom)) / 2 from grids where grid_key = :key"
            ),
            {"key": key},
        ).one()
        # Of points due west of the town, the last within the bound and the first beyond it, by metres on the ground.
        metres = text(
            "select ST_Distance(geom::geography, ST_SetSRID(ST_MakePoint(:lon, :lat), 4326)::geography)"
            " from grids where grid_key = :key"
        )
        steps_west = [round(west - 0.005 * n, 4) for n in range(60, 160)]
        off = {
            lon: session.scalars(metres, {"lon": lon, "lat": south, "key": key}).one() for lon in steps_west
        }
    inside = min(lon for lon in off if off[lon] <= NEAREST_LAND_M)
    beyond = max(lon for lon in off if off[lon] > NEAREST_LAND_M)
    assert 0 < inside - beyond < 0.006
    at = {"IN": (inside, south), "BEYOND": (beyond, south), "FAR": (115.2, 29.79)}
    head = ("uid", "domain", "kind", "occurred_at", "lon", "lat")
    lines = [(uid, "dispute", "02", "2026-01-05 08:30", *map(str, point)) for uid, point in at.items()]
    assert bring(town, tmp_path / "far.csv", "incidents", *lines, head=head).outside == 3

    def listed(scope: Scope) -> list[str]:
        return sorted(row.uid for row in worklists.work_list(town, scope, Wanted("to_confirm")).rows)

    def hold() -> None:
        assert listed(Scope.of_grid(key)) == ["IN"]
        assert listed(Scope.of_grid(other)) == []
        assert listed(Scope.whole()) == ["BEYOND", "FAR", "IN"]
        for its in (key, other):
            with pytest.raises(NotFound):
                desk.find(town, Actor("镇值班", Role.TOWN_DESK, Scope.of_grid(its)), "FAR")

    hold()
    # The start of a server gives them to nobody either, and looks for them no more.
    with town.scoped_session(Scope.whole().for_upkeep()) as session:
        assert stored_openings.without(session) == []
    assert openings.open_those_without(town) == 0
    with town.scoped_session(Scope.whole().for_upkeep(), write=True) as session:
        session.execute(text("update incidents set opened_key = null, handler_key = 0 where grid_key = 0"))
    assert openings.open_those_without(town) == 1
    assert openings.open_those_without(town) == 0
    hold()


def test_a_file_that_tells_another_kind_or_day_of_a_case_renews_its_limits_and_is_taken_back_with_them(
    town: Database, tmp_path: Path
) -> None:
    head = ("uid", "domain", "kind", "occurred_at", "reported_at", "scale", "summary", "lon", "lat")

    def told(name: str, *lines: tuple[str, ...]) -> ImportResult:
        place = ("120.4171", "29.7908")
        of_file = [(uid, "dispute", "02", "2026-01-05 08:30", *rest, *place) for uid, *rest in lines]
        result = bring(town, tmp_path / name, "incidents", *of_file, head=head, sure=True)
        assert result.committed
        return result

    first, later = "2026-01-06 12:00", "2026-01-09 12:00"
    told("first.csv", *((uid, first, "", "甲") for uid in ("K1", "K2", "K3", "K4")))
    told("as_later.csv", ("L1", later, "", "甲"), ("L2", first, "03", "甲"))
    steps(town, tmp_path, ("K3", "2026-01-06 13:00", "受理"))
    before = {uid: limits_of(town, uid) for uid in ("K1", "K2", "K3", "K4", "L1", "L2")}
    assert before["K1"] != before["L1"]
    assert before["K2"] != before["L2"]
    corrected = told(
        *("corrected.csv", ("K1", later, "", "甲"), ("K2", first, "03", "甲")),
        *(("K3", later, "", "甲"), ("K4", first, "", "乙")),
    )
    after = {uid: limits_of(town, uid) for uid in ("K1", "K2", "K3", "K4")}
    assert (after["K1"], after["K2"]) == (before["L1"], before["L2"])
    # A limit that a step began, and one of a case that is told as before, stays.
    assert (after["K3"], after["K4"]) == (before["K3"], before["K4"])
    limits.load(town, KEEPER, "one_day")
    told("text.csv", ("K4", first, "", "丙"))
    assert limits_of(town, "K4") == before["K4"]
    assert corrected.run_id is not None
    history.undo_import(town, KEEPER, IMPORT_KINDS, corrected.run_id, "改错了")
    back = {uid: limits_of(town, uid) for uid in ("K1", "K2", "K3")}
    assert back == {uid: before[uid] for uid in back}


def _a_village(town: Database) -> int:
    with town.scoped_session(Scope.whole()) as session:
        return int(session.scalars(text("select min(grid_key) from grids where level = 3")).one())


def test_what_is_over_by_its_source_is_given_no_limit_by_the_steps_that_follow(
    town: Database, tmp_path: Path
) -> None:
    head = ("uid", "domain", "kind", "occurred_at", "lon", "lat", "stage", "closed_at")
    line = ("A9", "dispute", "02", "2026-01-05 08:30", "120.4171", "29.7908", "化解", "2026-01-09 10:00")
    assert bring(town, tmp_path / "over.csv", "incidents", line, head=head).committed
    steps(town, tmp_path, ("A9", ACCEPTED, "受理"), ("A9", PASSED, "调处"))
    assert limits_of(town, "A9") == dict.fromkeys(LIMITS)


def test_a_file_that_comes_again_changes_no_limit_whatever_the_town_s_limits_are_by_then(
    town: Database, tmp_path: Path
) -> None:
    cases(town, tmp_path, "A1", "A2")
    lines = (("A1", ACCEPTED, "受理"), ("A1", PASSED, "移送", TOWN))
    steps(town, tmp_path, *lines)
    first = limits_of(town, "A1")
    limits.load(town, KEEPER, "one_day")
    assert steps(town, tmp_path, *lines).same_as_run is not None
    noted = steps(town, tmp_path, *lines, ("A2", ACCEPTED, "受理"))
    assert (noted.inserted, noted.unchanged) == (1, 2)
    assert limits_of(town, "A1") == first


def test_a_case_that_a_file_reopens_has_a_new_end_unless_its_source_tells_a_later_one(
    town: Database, tmp_path: Path
) -> None:
    cases(town, tmp_path, "A1")
    closed = [
        ("{}", ACCEPTED, "受理"),
        ("{}", PASSED, "化解", "", "达成协议"),
        ("{}", "2026-02-02 10:00", "重开"),
    ]
    steps(town, tmp_path, *[(uid.format("A1"), *rest) for uid, *rest in closed])
    anew = limits_of(town, "A1")
    assert anew["due_at"] > anew["act_due_at"] > dt.datetime(2026, 2, 2, tzinfo=dt.UTC)
    cases(town, tmp_path, "A2", due="2026-12-24 18:00")
    steps(town, tmp_path, *[(uid.format("A2"), *rest) for uid, *rest in closed])
    assert limits_of(town, "A2")["due_at"].date() == dt.date(2026, 12, 24)


def test_a_case_that_a_later_file_takes_out_of_every_grid_or_opens_again_is_the_town_s_with_limits_at_once(
    town: Database, tmp_path: Path
) -> None:
    cases(town, tmp_path, "M1")
    away = ("uid", "domain", "kind", "occurred_at", "lon", "lat")
    line = ("M1", "dispute", "02", "2026-01-05 08:30", "120.9171", "29.7908")
    assert bring(town, tmp_path / "away.csv", "incidents", line, head=away, sure=True).committed
    centre = Actor("镇值班", Role.TOWN_DESK, Scope.of_grid(make_key(int(TOWN))))
    assert [row.uid for row in worklists.work_list(town, centre.scope, Wanted("to_confirm")).rows] == ["M1"]
    staged = ("uid", "domain", "kind", "occurred_at", "lon", "lat", "stage", "closed_at")
    told = ("M2", "dispute", "02", "2026-01-05 08:30", "120.4171", "29.7908")
    over = (*told, "化解", "2026-01-09 10:00")
    assert bring(town, tmp_path / "over.csv", "incidents", over, head=staged).committed
    assert bring(town, tmp_path / "open.csv", "incidents", (*told, "受理", ""), head=staged).committed
    cases(town, tmp_path, "M3")
    assert limits_of(town, "M2") == limits_of(town, "M3")
