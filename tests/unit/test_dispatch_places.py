"""Where a team is taken to be: a fresh position, else its base, else an old position that is marked."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
import shapely

from gridmap.services.response.ranking import FRESH_S, Place, place_of
from gridmap.storage.patrols.codec import route_from_json

NOW = dt.datetime(2026, 10, 30, 15, 0, tzinfo=dt.UTC)


def team(age_s: float | None, *, base: bool) -> dict[str, Any]:
    at = None if age_s is None else NOW - dt.timedelta(seconds=age_s)
    where = (120.5, 29.5) if base else (None, None)
    here = where if age_s is None else (120.4, 29.8)
    return {"position_at": at, "lon": here[0], "lat": here[1], "base_lon": where[0], "base_lat": where[1]}


@pytest.mark.parametrize(
    ("age_s", "base", "source", "lon"),
    [
        (60.0, True, "position", 120.4),
        (FRESH_S, True, "position", 120.4),
        (FRESH_S + 1, True, "base", 120.5),
        (FRESH_S + 1, False, "stale", 120.4),
        (None, True, "base", 120.5),
    ],
)
def test_an_old_position_is_never_passed_off_as_fresh(
    age_s: float | None, *, base: bool, source: str, lon: float
) -> None:
    place = place_of(team(age_s, base=base), NOW)
    assert isinstance(place, Place)
    assert (place.source, place.lon, place.age_s) == (source, lon, age_s)


def test_a_team_of_unknown_whereabouts_has_no_place() -> None:
    assert place_of(team(None, base=False), NOW) is None


def test_a_plan_puts_a_team_at_its_base_on_its_way_at_its_stop_and_back() -> None:
    line = shapely.LineString([(120.4, 29.8), (120.41, 29.8), (120.4, 29.8)])
    whole_m = 2000.0

    def at(minute: int) -> str:
        return (NOW + dt.timedelta(minutes=minute)).isoformat()

    visit = {
        "stop": "H1", "number": 1, "name_zh": "甲", "name_en": "A", "words_zh": "", "words_en": "",
        "lon": 120.41, "lat": 29.8, "arrive": at(20), "start": at(20), "leave": at(30), "prize": 1.0,
        "leg": {"length_m": 1000.0, "seconds": 1200},
    }  # fmt: skip
    kept = {
        "name_zh": "一队", "name_en": "Team 1", "mode": "car", "travel_s": 2400, "dwell_s": 600, "load": 1.0,
        "prize": 1.0, "base_lon": 120.4, "base_lat": 29.8, "length_m": whole_m, "begin": at(0), "end": at(50),
        "visits": [visit], "home": {"length_m": 1000.0, "seconds": 1200},
    }  # fmt: skip
    route = route_from_json("T01", kept, line)

    def where(minute: int) -> tuple[float, float]:
        place = route.place_at(NOW + dt.timedelta(minutes=minute))
        assert (place.stop == "H1") == (20 <= minute <= 30)
        return place.lon, place.lat

    assert where(-5) == (120.4, 29.8)
    assert where(10) == pytest.approx((120.405, 29.8), abs=1e-5)
    assert where(25) == pytest.approx((120.41, 29.8), abs=1e-5)
    assert where(35) == pytest.approx((120.4075, 29.8), abs=1e-5)
    assert where(60) == (120.4, 29.8)
