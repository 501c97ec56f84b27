"""Grid keys: one bigint that names a grid and, by truncation, every grid above it.

The seventeen digits are county and town 9, area 2, village 3, micro-grid 3. A level's key has zeros in the digits of
the levels below, so a subtree is one contiguous range and a scope is one ``BETWEEN``. Keys exceed 2**53: they travel as
strings in JSON.

The first six digits of a town are those of its county, four its city's, two its province's (GB/T 2260). Such a code by
itself names a region: all its towns, which hold grids, and has none of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from gridmap.errors import InvalidInput

TOWN, AREA, VILLAGE, MICRO = 1, 2, 3, 4
LEVELS = (TOWN, AREA, VILLAGE, MICRO)
SUBTREE_SIZE = {TOWN: 10**8, AREA: 10**6, VILLAGE: 10**3, MICRO: 1}
"""How many keys the subtree of a grid of each level spans, the grid itself included."""

REGION = 0
"""Level of what lies above the towns: a county, a city, a province."""

REGION_DIGITS = (2, 4, 6)

UNASSIGNED = 0
"""Key of a record that lies in no grid. Only the whole workspace's scope contains it."""

MAX_KEY = 10**17 - 1

EVERY_SEALED = -1
"""What a scope opens that may open every sealed case in it."""


def make_key(town: int, area: int = 0, village: int = 0, micro: int = 0) -> int:
    """Compose a key from the ordinals or official digits of each level.

    Parameters
    ----------
    town : int
        County and town, up to nine digits and not zero.
    area, village, micro : int
        Up to two, three and three digits; zero means "not this deep".

    Returns
    -------
    int

    Raises
    ------
    InvalidInput
        When a part does not fit its digits, or a deeper part is set below a zero.
    """
    parts = (town, area, village, micro)
    if not (0 < town < 10**9 and 0 <= area < 100 and 0 <= village < 1000 and 0 <= micro < 1000):
        raise InvalidInput(
            "grid-key-digits", f"网格编码 {parts} 超出位数。", f"Grid key parts {parts} do not fit."
        )
    if any(deep and not shallow for shallow, deep in pairwise(parts)):
        raise InvalidInput(
            "grid-key-gap", f"网格编码 {parts} 缺少上级。", f"Grid key parts {parts} skip a level."
        )
    return ((town * 100 + area) * 1000 + village) * 1000 + micro


def is_region(key: int) -> bool:
    """Tell whether a number is the code of a province, a city or a county."""
    return 10 <= key < 10**6 and len(str(key)) in REGION_DIGITS


def region_of(key: int, digits: int) -> int:
    """Code of the county (6 digits), city (4) or province (2) of a grid or a region below it."""
    return int(f"{Scope.of_grid(key).lo:017d}"[:digits])


def regions_above(key: int) -> list[int]:
    """Codes of the regions that a grid or a region lies in, the province first; the region itself is none of them."""
    own = len(str(key)) if is_region(key) else 17
    return [region_of(key, digits) for digits in REGION_DIGITS if digits < own]


def common_region(keys: Sequence[int]) -> int | None:
    """Code of the smallest region that holds all of some grids; None where they share no province."""
    for digits in reversed(REGION_DIGITS):
        codes = {region_of(key, digits) for key in keys}
        if len(codes) == 1 and is_region(code := codes.pop()):
            return code
    return None


def level_of(key: int) -> int:
    """Level (1 to 4) of the grid that ``key`` names; `REGION` for the code of a region.

    Raises
    ------
    InvalidInput
        When the key is not one of a grid.
    """
    if is_region(key):
        return REGION
    if not 10**8 <= key <= MAX_KEY:
        raise InvalidInput("grid-key-unknown", f"{key} 不是网格编码。", f"{key} is not a grid key.")
    for level in LEVELS:
        if key % SUBTREE_SIZE[level] == 0:
            return level
    raise AssertionError


def ancestor(key: int, level: int) -> int:
    """Key of the grid at ``level`` that contains ``key`` (itself when it is of that level)."""
    return key - key % SUBTREE_SIZE[level]


def ancestors(keys: NDArray[np.int64], level: int) -> NDArray[np.int64]:
    """Vector form of :func:`ancestor`; ``keys`` of shape (n,) in, the same shape out."""
    return keys - keys % SUBTREE_SIZE[level]


def parent(key: int) -> int | None:
    """Key of the grid one level up, or None for a town and what is above it."""
    level = level_of(key)
    return None if level <= TOWN else ancestor(key, level - 1)


@dataclass(frozen=True, slots=True)
class Scope:
    """The grid subtree that a user may see, as an inclusive range of keys.

    Attributes
    ----------
    lo, hi : int
        First and last grid key of the subtree.
    opens : int or None
        Which sealed cases it may open: those that the grid of this key has or is asked to sign for, all of them
        (`EVERY_SEALED`), or none, which is what a scope opens unless somebody says otherwise.
    """

    lo: int
    hi: int
    opens: int | None = None

    def __post_init__(self) -> None:
        """Refuse an empty or negative range."""
        if not 0 <= self.lo <= self.hi <= MAX_KEY:
            raise InvalidInput("scope-range", "管辖范围无效。", "The scope is not a range of grid keys.")

    @classmethod
    def of_grid(cls, key: int) -> Scope:
        """Scope of one grid and all below it, or of a region's towns."""
        if is_region(key):
            size = 10 ** (17 - len(str(key)))
            return cls(key * size, (key + 1) * size - 1)
        return cls(key, key + SUBTREE_SIZE[level_of(key)] - 1)

    @classmethod
    def whole(cls) -> Scope:
        """Scope of the whole workspace, records in no grid included."""
        return cls(UNASSIGNED, MAX_KEY)

    def opening(self, opens: int | None) -> Scope:
        """Return the same subtree, opening other sealed cases."""
        return replace(self, opens=opens)

    def for_upkeep(self) -> Scope:
        """Return the same subtree with every sealed case: for work on records that shows nobody a case."""
        return replace(self, opens=EVERY_SEALED)

    @property
    def is_whole(self) -> bool:
        """Whether it is the whole workspace's."""
        return (self.lo, self.hi) == (UNASSIGNED, MAX_KEY)

    def __contains__(self, key: object) -> bool:
        """Tell whether a grid key lies in the scope."""
        return isinstance(key, int) and self.lo <= key <= self.hi
