"""Grid keys: levels, ancestors and subtrees agree with the digits they are made of."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gridmap.domain.gridkey import (
    AREA,
    LEVELS,
    MAX_KEY,
    MICRO,
    REGION,
    TOWN,
    UNASSIGNED,
    VILLAGE,
    Scope,
    ancestor,
    ancestors,
    common_region,
    level_of,
    make_key,
    parent,
    region_of,
    regions_above,
)
from gridmap.errors import InvalidInput
from tests.strategies import grid_keys

_DIGITS_KEPT = {TOWN: 9, AREA: 11, VILLAGE: 14, MICRO: 17}


def _cut(key: int, level: int) -> int:
    """The digits of a level, the rest zeros: an oracle that works on text."""
    digits = f"{key:017d}"
    kept = _DIGITS_KEPT[level]
    return int(digits[:kept] + "0" * (17 - kept))


def _level(key: int) -> int:
    return next(level for level in LEVELS if _cut(key, level) == key)


@given(st.integers(1, 10**9 - 1), st.integers(1, 99), st.integers(1, 999), st.integers(1, 999))
def test_a_key_spells_its_parts_in_fixed_digits(town: int, area: int, village: int, micro: int) -> None:
    assert f"{make_key(town, area, village, micro):017d}" == f"{town:09d}{area:02d}{village:03d}{micro:03d}"


@given(grid_keys())
def test_level_ancestors_and_parent_follow_from_the_digits(key: int) -> None:
    assert level_of(key) == _level(key)
    for level in LEVELS:
        assert ancestor(key, level) == _cut(key, level)
        assert ancestors(np.array([key]), level).tolist() == [_cut(key, level)]
    assert parent(key) == (None if _level(key) == TOWN else _cut(key, _level(key) - 1))


@given(grid_keys(), grid_keys())
def test_a_scope_holds_exactly_the_keys_that_start_with_its_digits(top: int, other: int) -> None:
    scope = Scope.of_grid(top)
    prefix = f"{top:017d}"[: _DIGITS_KEPT[_level(top)]]
    near = [other, scope.lo, scope.hi, scope.lo - 1, scope.hi + 1, UNASSIGNED]
    assert scope.lo in scope
    for key in [k for k in near if 0 <= k <= MAX_KEY]:
        assert (key in scope) == f"{key:017d}".startswith(prefix)


@given(grid_keys(), st.sampled_from([2, 4, 6]))
@example(33068110903004000, 6)
def test_a_region_holds_the_towns_that_start_with_its_digits(key: int, digits: int) -> None:
    text = f"{key:017d}"
    code = region_of(key, digits)
    assert f"{code:0{digits}d}" == text[:digits]
    if text[0] == "0":
        return
    assert code in regions_above(key)
    scope = Scope.of_grid(code)
    assert (key in scope, scope.lo, scope.hi) == (True, int(f"{code:0<17}"), int(f"{code:9<17}"))
    assert regions_above(code) == [int(text[:n]) for n in (2, 4, 6) if n < digits]
    assert common_region([key, key]) == int(text[:6])
    assert level_of(code) == REGION
    assert parent(code) is None


def test_towns_of_two_counties_share_their_city_and_those_of_two_provinces_nothing() -> None:
    assert common_region([make_key(330601101), make_key(330602101)]) == 3306
    assert common_region([make_key(330601101), make_key(340602101)]) is None
    assert common_region([make_key(330601101)]) == 330601


@given(grid_keys())
def test_the_whole_scope_holds_every_key_and_the_unassigned(key: int) -> None:
    assert key in Scope.whole()
    assert UNASSIGNED in Scope.whole()
    assert UNASSIGNED not in Scope.of_grid(key)


@given(st.integers(-(10**18), 10**18))
def test_what_is_no_key_has_no_level(number: int) -> None:
    if 10**8 <= number <= MAX_KEY:
        assert level_of(number) == _level(number)
    elif number > 0 and len(str(number)) in {2, 4, 6}:
        assert level_of(number) == REGION
    else:
        with pytest.raises(InvalidInput, match="grid key"):
            level_of(number)


@pytest.mark.parametrize(
    ("parts", "code"),
    [
        ((0,), "grid-key-digits"),
        ((10**9,), "grid-key-digits"),
        ((-1,), "grid-key-digits"),
        ((1, 100), "grid-key-digits"),
        ((1, 1, 1000), "grid-key-digits"),
        ((1, 1, 1, 1000), "grid-key-digits"),
        ((1, 0, 1), "grid-key-gap"),
        ((1, 1, 0, 1), "grid-key-gap"),
    ],
)
def test_parts_that_do_not_fit_are_refused(parts: tuple[int, ...], code: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        make_key(*parts)
    assert refused.value.code == code


@pytest.mark.parametrize(("lo", "hi"), [(-1, 5), (5, 4), (0, MAX_KEY + 1)])
def test_a_scope_that_is_no_range_is_refused(lo: int, hi: int) -> None:
    with pytest.raises(InvalidInput, match="range"):
        Scope(lo, hi)


def test_a_scope_holds_nothing_that_is_not_a_whole_number() -> None:
    assert "5" not in Scope.whole()
    assert 5.0 not in Scope.whole()
