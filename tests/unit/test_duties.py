"""Who is sent to what, when, and where."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from gridmap.domain import duties
from gridmap.domain.codes import codes
from gridmap.domain.gridkey import Scope
from gridmap.domain.rosters import USUAL, last_night

KINDS = Path(__file__).resolve().parents[2] / "data" / "boundaries" / "kinds.json"


def test_every_domain_has_teams_and_every_name_in_the_table_is_a_code() -> None:
    table = duties._table()
    assert set(table["domains"]) == codes("domain")
    known = {
        d: {k["code"] for k in kinds}
        for d, kinds in json.loads(KINDS.read_text("utf-8")).items()
        if d in codes("domain")
    }
    for domain, kinds in table["kinds"].items():
        assert set(kinds) <= known[domain]
    lists = [*table["domains"].values(), *(v for kinds in table["kinds"].values() for v in kinds.values())]
    for named in lists:
        assert named
        assert set(named) <= codes("team_kind")


def test_fire_teams_go_to_fires_and_wardens_to_disputes() -> None:
    assert set(duties.suitable_kinds("emergency", "fire")) == {
        "professional fire team",
        "volunteer fire team",
    }
    assert duties.suitable_kinds("dispute", "02")[0] == "safety warden team"
    assert duties.suitable_kinds("dispute", None) == duties.suitable_kinds("dispute", "99")
    assert duties.suitable_kinds("weather", None) == ()


@pytest.mark.parametrize(("risk", "sent"), [("green", False), ("yellow", False), ("red", True)])
def test_patrols_are_proposed_for_a_dispute_only_when_its_risk_is_red(risk: str, *, sent: bool) -> None:
    assert bool(duties.suitable_kinds("dispute", "02", risk)) is sent
    assert duties.suitable_kinds("emergency", "fire", risk)


@pytest.mark.parametrize(
    ("start", "end", "clock", "on"),
    [
        ("20:00", "02:00", "20:00", True),
        ("20:00", "02:00", "01:59", True),
        ("20:00", "02:00", "02:00", False),
        ("08:00", "17:00", "12:00", True),
        ("08:00", "17:00", "17:00", False),
        ("00:00", "00:00", "13:00", True),
    ],
)
def test_a_shift_runs_past_midnight(start: str, end: str, clock: str, *, on: bool) -> None:
    of = dt.time.fromisoformat
    assert duties.on_shift(of(start), of(end), of(clock)) is on
    assert not duties.on_shift(None, of(end), of(clock))


def test_volunteers_serve_their_own_village_and_professionals_the_town() -> None:
    key = 33068110901004001
    assert duties.served_ground(key, professional=False) == Scope.of_grid(33068110901004000)
    assert duties.served_ground(key, professional=True) == Scope.whole()
    assert duties.served_ground(0, professional=False) == Scope.whole()
    assert duties.served_ground(33068110901000000, professional=False) == Scope.whole()


def test_half_the_usual_speed_takes_twice_as_long() -> None:
    assert duties.slowness("car", 17.5) == 2.0
    assert duties.slowness("foot", None) == 1.0


def test_the_newest_night_shift_is_that_which_has_begun_last() -> None:
    zone = ZoneInfo("Asia/Shanghai")

    def at(day: int, hour: int) -> dt.datetime:
        return dt.datetime(2026, 11, day, hour, tzinfo=zone)

    for now, begun in ((at(30, 7), 29), (at(30, 22), 29), (at(30, 23), 30), (at(30, 1), 29)):
        assert last_night(USUAL, now, zone) == (at(begun, 23), at(begun, 23) + dt.timedelta(hours=8))
    assert last_night(USUAL[:2], at(30, 1), zone) is None
