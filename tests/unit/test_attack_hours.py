"""A board that is told anew twice a day tells little of what came in; told each hour it would tell more."""

from __future__ import annotations

import numpy as np
import pytest

from gridmap.domain.protection import LEAST_TOLD
from gridmap.domain.terms import MINIMUM
from gridmap.services.cases.protected import table
from tests.attack_hours import drawn_day, raised_by_hours, shown

LEAST = (MINIMUM, LEAST_TOLD)


@pytest.mark.parametrize("rate", [1.0, 4.0, 9.0])
def test_a_board_that_is_told_anew_at_noon_tells_little_of_the_morning(rate: float) -> None:
    """Rates are of half a day; told each hour the chance rises by up to 0.2, as docs/privacy.md has it."""
    rng = np.random.default_rng(11)
    every = []
    for _ in range(30):
        came = drawn_day(rate, 1, rng)
        numbers = shown(table(), came, rng, fixed=False, least=LEAST)
        every.append(raised_by_hours(table(), numbers, rate, fixed=False, least=LEAST))
    assert np.max(every) <= 0.1


def test_noise_that_is_fixed_by_the_records_alone_would_tell_each_hour_in_which_something_came() -> None:
    rng = np.random.default_rng(11)
    came = np.where(np.arange(24) < 8, 3, drawn_day(0.75, 24, rng))
    numbers = shown(table(), came, rng, fixed=True, least=LEAST)
    assert raised_by_hours(table(), numbers, 0.75, fixed=True, least=LEAST).max() > 0.2
