"""How long the cooling cycles of a search are, and between which temperatures they run."""

from __future__ import annotations

import math
from collections.abc import Iterator

HOT, MILD, LONG, GENTLE, COOL = (2.0, 0.04), (0.5, 0.02), (0.4, 0.01), (0.3, 0.02), (0.03, 0.0005)
"""Temperatures at a cycle's beginning and end, in median prizes: to find routes, with dwell, of many stops, to stay
near some, and to even out loads."""

FIRST_CYCLES, _FRESH_CYCLES, _LONG_CYCLE = (8_000, 16_000, 16_000), (8_000,) * 6, 16_000
_LONGER = 1.5


def cycles(*, alone: bool) -> Iterator[tuple[int, bool]]:
    """Length of each cycle, and whether it begins without any route."""
    yield from ((length, False) for length in FIRST_CYCLES)
    while True:
        # What a cycle from nothing finds is of another kind; the next one begins from the best of all their routes.
        if alone:
            yield from ((length, True) for length in _FRESH_CYCLES)
        yield _LONG_CYCLE, False


def long_cycles(whole: float) -> Iterator[tuple[int, bool]]:
    """Cycles where there are many stops: one of all steps, or the more were taken the longer, always from the best."""
    if math.isfinite(whole):
        yield int(whole), False
    length = float(FIRST_CYCLES[0])
    while True:
        yield int(length), False
        length *= _LONGER
