"""Random nights with every rule: the independent checker finds nothing, and more that is allowed never earns less."""

from __future__ import annotations

import pytest

from tests.random_nights import breaches, losses, random_night

STEPS = 1_500


@pytest.mark.parametrize("seed", range(12))
def test_a_night_with_every_rule_keeps_them_its_bound_and_its_prize_in_any_order(seed: int) -> None:
    assert breaches(random_night(seed), STEPS) == []


@pytest.mark.parametrize("seed", range(8))
def test_more_visits_teams_hours_windows_or_shorter_gaps_never_earn_less(seed: int) -> None:
    assert losses(random_night(seed), STEPS) == []
