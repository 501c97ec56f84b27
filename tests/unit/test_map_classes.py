"""Classes of maps: breaks that are the best there are, every value in one class, a legend that says so."""

from __future__ import annotations

import itertools
import re

import numpy as np
import pytest

from gridmap.errors import InvalidInput
from gridmap.reporting.classes import COLOURS, SCHEMES, classes_of, patterns


def within(values: np.ndarray, upper: tuple[float, ...]) -> float:
    number = np.searchsorted(upper, values)
    return sum(float(((v := values[number == n]) - v.mean()).__pow__(2).sum()) for n in set(number))


def test_natural_breaks_have_the_least_squares_of_all_divisions_that_there_are() -> None:
    values = np.sort(np.random.default_rng(3).gamma(1.5, 4.0, 14))
    best = min(
        within(values, (*(float(values[i]) for i in cut), float(values[-1])))
        for cut in itertools.combinations(range(13), 3)
    )
    found = classes_of(list(values), most=4)
    assert found is not None
    assert within(values, found.upper) == pytest.approx(best)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_every_value_lies_within_the_bounds_of_its_class_and_the_legend_tells_them(scheme: str) -> None:
    values = [0.0, 0.0, 0.0, 0.0, 1.0, 2.0, 2.0, 9.0, 40.0]
    found = classes_of([*values, None, float("nan")], scheme=scheme)
    assert found is not None
    lower = (-np.inf, *found.upper[:-1])
    for value in values:
        number = found.of(value)
        assert lower[number] < value <= found.upper[number]
    assert (found.of(None), found.of(float("nan"))) == (None, None)
    told = found.bounds()
    assert len(told) == len(found.upper)
    assert told[-1].endswith("40")
    assert SCHEMES[scheme].en in found.words.en
    tones = [found.tone(number) for number in range(len(told))]
    assert tones == sorted(set(tones))


def test_equal_values_are_one_class_and_none_are_no_class() -> None:
    one = classes_of([3.0, 3.0])
    assert one is not None
    assert (one.bounds(), one.of(3.0)) == (("3",), 0)
    assert classes_of([None]) is None
    with pytest.raises(InvalidInput):
        classes_of([1.0], scheme="guess")


def test_each_class_differs_in_pattern_and_in_lightness() -> None:
    drawn = str(patterns())
    marks = re.findall(r'<pattern id="class-\d"[^>]*><rect[^>]*/>(.*?)</pattern>', drawn)
    assert len(set(marks)) == len(COLOURS) == 5
    light = [0.2126 * int(c[1:3], 16) + 0.7152 * int(c[3:5], 16) + 0.0722 * int(c[5:], 16) for c in COLOURS]
    assert all(a - b > 25 for a, b in itertools.pairwise(light))
