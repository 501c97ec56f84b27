"""Random nights with every rule: the independent checker finds nothing, and more that is allowed never earns less."""

from __future__ import annotations

import pytest

from gridmap.analysis.patrol import Iterations, replan, violations
from tests.random_nights import EPSILON, SHIFT, breaches, losses, random_night

STEPS = 1_500


@pytest.mark.parametrize("seed", range(12))
def test_a_night_with_every_rule_keeps_them_its_bound_and_its_prize_in_any_order(seed: int) -> None:
    assert breaches(random_night(seed), STEPS) == []


@pytest.mark.parametrize("seed", range(8))
def test_more_visits_teams_hours_windows_or_shorter_gaps_never_earn_less(seed: int) -> None:
    assert losses(random_night(seed), STEPS) == []


@pytest.mark.parametrize("seed", [31, 55, 60, 80, 119])
def test_a_night_that_is_changed_on_its_way_keeps_every_rule_and_is_within_its_bound(seed: int) -> None:
    night = random_night(seed)
    made = night.planned(600)
    for now in (3_000.0, 5_000.0):
        changed = replan(made, now, [], night.travel_s, seed=1, stop=Iterations(300)).plan
        told = violations(changed, night.teams, night.stops, night.travel_s, shift=SHIFT)
        # A team may stand where it is before it is sent on: that is no wait of its own.
        assert [sentence for sentence in told if "waits" not in sentence] == []
        assert changed.prize <= changed.bound + EPSILON
        assert sum(share.prize for share in changed.villages.values()) == pytest.approx(changed.prize)
