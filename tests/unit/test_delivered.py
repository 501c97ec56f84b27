"""Minutes that a place got before a shift: by whoever stayed near, what two plans tell of once."""

from __future__ import annotations

import numpy as np
import pytest

from gridmap.services.patrols.ask.history import History, Stayed

HERE = np.array([[0.0, 0.0], [5_000.0, 0.0]])


def delivered(*stays: Stayed) -> list[float]:
    return History(np.zeros((0, 2)), np.zeros(0), {}, (), stays).delivered_min(HERE)


def test_stays_near_a_place_add_up_and_those_of_others_do_not() -> None:
    near, far = Stayed("a", 60.0, 60.0, 0.0, 600.0), Stayed("a", 90.0, 90.0, 0.0, 600.0)
    assert delivered(near) == [10.0, 0.0]
    assert delivered(far) == [0.0, 0.0]
    assert delivered(near, Stayed("a", 0.0, 0.0, 1_000.0, 1_300.0)) == [15.0, 0.0]


def test_what_two_plans_tell_of_one_stay_counts_once_and_two_teams_count_both() -> None:
    first, again = Stayed("a", 0.0, 0.0, 0.0, 600.0), Stayed("a", 10.0, 0.0, 300.0, 720.0)
    assert delivered(first, again)[0] == pytest.approx(12.0)
    assert delivered(first, again, Stayed("b", 0.0, 0.0, 0.0, 600.0))[0] == pytest.approx(22.0)


def test_nothing_is_delivered_where_nobody_stayed() -> None:
    assert delivered() == [0.0, 0.0]
