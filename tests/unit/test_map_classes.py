"""Classes of maps: breaks that are the best there are, every value in one class, a legend that says so."""

from __future__ import annotations

import itertools
import re

import numpy as np
import pypdfium2
import pytest

from gridmap.errors import InvalidInput
from gridmap.reporting import class_map
from gridmap.reporting.class_map import Area, ClassMap
from gridmap.reporting.classes import COLOURS, SCHEMES, classes_of, patterns
from gridmap.reporting.model import Ground, Outline, Text
from gridmap.reporting.paper import to_pdf


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


def _square(at: float) -> dict:
    ring = [[at, 29.7], [at + 0.01, 29.7], [at + 0.01, 29.71], [at, 29.71], [at, 29.7]]
    return {"type": "Polygon", "coordinates": [ring]}


def _shown(*values: float | None) -> ClassMap:
    names = [Text(f"枫{n}村", f"Feng {n}") for n in range(len(values))]
    squares = [_square(120.4 + n / 100) for n in range(len(values))]
    points = [(120.405 + n / 100, 29.705) for n in range(len(values))]
    ground = Ground(
        (120.4, 29.7, 120.4 + len(values) / 100, 29.71),
        tuple(Outline(3, *rest) for rest in zip(names, squares, points, strict=True)),
        None,
        None,
        illustrative=False,
    )
    areas = tuple(Area(*rest) for rest in zip(names, squares, points, values, strict=True))
    title = Text("各村 <接报>", "By village")
    return ClassMap(title, Text("件", "incidents"), (), areas, classes_of(list(values)), ground)


@pytest.mark.parametrize("paper", [False, True])
def test_every_grid_of_a_printed_map_has_the_filling_of_its_class_and_every_class_its_key(
    paper: bool,
) -> None:
    shown = _shown(10.0, 20.0, 30.0, 40.0, 50.0, None)
    picture = str(class_map.drawn(shown, ("zh", "en"), paper=paper, name="x"))
    fills = re.findall(r'<path d="[^"]+" fill="url\(#(class-[^")]+)\)"', picture)
    assert fills == [f"class-{tone}-x-mm" for tone in (0, 1, 2, 3, 4, "none")]
    defined = re.findall(r'<pattern id="([^"]+)"', picture)
    assert sorted(defined) == sorted(fills)
    assert len(set(defined)) == len(defined)
    assert "北 N" in picture
    assert re.search(r"\d+ (m|km)</text>", picture)
    assert "<接报>" not in picture
    for n in range(6):
        assert f"枫{n}村" in picture
    assert ("Feng 0" in picture) is (not paper)
    key = str(class_map.keys(shown, ("zh", "en"), name="x"))
    assert shown.classes is not None
    for bounds in shown.classes.bounds():
        assert f"{bounds.replace('>', '&gt;')} 件" in key
    assert "自然断点" in key
    assert "无数据" in key
    assert len(re.findall(r'<pattern id="([^"]+)"', key)) == 6


def test_a_map_without_a_number_is_drawn_and_says_so() -> None:
    shown = _shown(None, None, None)
    assert shown.classes is None
    assert str(class_map.drawn(shown, ("zh",))).count("url(#class-none-a-mm)") == 3
    assert "无数据" in str(class_map.keys(shown, ("zh",)))


def test_a_map_on_paper_is_filled_by_patterns_that_can_be_told_apart_without_colour() -> None:
    shown = _shown(10.0, 20.0, 30.0, 40.0, 50.0)
    picture = class_map.drawn(shown, ("zh",), paper=True)
    made = to_pdf(f'<html lang="zh"><title>图</title><body>{picture}</body></html>', "{}")
    page = pypdfium2.PdfDocument(made)[0].render(scale=4).to_numpy().mean(axis=2)
    drawn = np.argwhere(page < 250)
    (top, left), (_, right) = drawn.min(axis=0), drawn.max(axis=0)
    width = (right - left) / 5
    seen = []
    for n in range(5):
        # Below the name's plate, within the square.
        middle = int(left + (n + 0.5) * width)
        part = page[
            top + int(0.15 * width) : top + int(0.4 * width),
            middle - int(width / 4) : middle + int(width / 4),
        ]
        seen.append((part.mean(), part.std()))
    assert [round(m) for m, _ in seen] == sorted((round(m) for m, _ in seen), reverse=True)
    assert seen[0][1] < 3
    assert all(spread > 5 for _, spread in seen[1:])
