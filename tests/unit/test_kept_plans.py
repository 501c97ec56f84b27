"""Where a kept plan has a team: the same vectors as the page's own tests."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest
import shapely

from gridmap.analysis.patrol import Stop
from gridmap.services.patrols.keep import codec
from gridmap.storage.patrols.codec import route_from_json

_VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "places.json").read_text("utf-8"))
_MOMENTS = _VECTORS["moments"]


def test_the_vectors_hold_every_kind_of_moment() -> None:
    assert len(_MOMENTS) >= 20
    assert {m["doing"] for m in _MOMENTS} == {"base", "way", "stop"}


@pytest.mark.parametrize("moment", _MOMENTS, ids=lambda m: f"{m['route']}: {m['what']}")
def test_a_team_stands_in_its_break_and_drives_when_it_is_due(moment: dict[str, Any]) -> None:
    kept = _VECTORS["routes"][moment["route"]]
    line = shapely.from_geojson(json.dumps(kept["geometry"]))
    route = route_from_json("T01", kept["properties"], line)
    found = route.place_at(dt.datetime.fromisoformat(moment["at"]))
    assert (found.doing, found.stop) == (moment["doing"], moment["stop"])
    # A straight line of degrees leaves the parallel of its ends by less than a metre.
    assert (found.lon, found.lat) == pytest.approx((moment["lon"], 29.8), abs=1e-5)


def test_a_plan_kept_by_an_older_version_is_read() -> None:
    kept = _VECTORS["routes"]["rests first, drops out"]["properties"]
    route = route_from_json("T02", kept, None)
    assert route.taken == ()
    assert route.visits[0].grid_key is None
    assert route.visits[0].village == 0


def test_a_stop_without_a_beat_is_kept_as_programs_from_before_beats_read_it() -> None:
    stop = Stop("H1", 0, 1.0, 300.0)
    kept = codec._stop_to_json(stop)
    assert "beat" not in kept
    assert codec._stop(dict(kept)) == stop
    beaten = Stop("H1", 0, 1.0, 300.0, beat="T02")
    assert codec._stop(dict(codec._stop_to_json(beaten))) == beaten
