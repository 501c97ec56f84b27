"""How much a place is looked at: hours of teams there, and none where nobody was seen anywhere."""

from __future__ import annotations

import shapely

from gridmap.services.patrols.ask.history import Stayed
from gridmap.services.reports.looked_for import patrol_hours

PLACE = shapely.box(0, 0, 500, 500)


def test_hours_of_teams_at_a_place_are_those_of_stays_within_a_hundred_metres_of_it() -> None:
    stays = (
        Stayed("T1", 250, 250, 0, 5_400),
        Stayed("T2", 590, 250, 0, 1_800),
        Stayed("T2", 610, 250, 0, 36_000),
    )
    assert patrol_hours(stays, PLACE) == 2.0
    assert patrol_hours(stays[2:], PLACE) == 0.0
    assert patrol_hours((), PLACE) is None
