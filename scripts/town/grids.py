"""The four levels of grids as features, each level the exact union of the one below."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from gridmap.domain.gridkey import make_key

from .build import Land
from .plan import AREAS, TOWN_CODE
from .write import degrees

SINCE = "2013-01-01"
COMMUNITIES_SINCE = "2019-01-01"


@dataclass(frozen=True, slots=True)
class Grid:
    """One grid in degrees, with what the files say of it."""

    key: int
    level: int
    code: str
    name_zh: str
    name_en: str
    parent: int | None
    population: int
    households: int
    valid_from: str
    shape: shapely.Polygon
    extra: tuple[tuple[str, object], ...] = ()
    valid_to: str | None = None

    def properties(self) -> dict[str, object]:
        """Properties of the GeoJSON feature, in their order."""
        return {
            "grid_key": str(self.key),
            "level": self.level,
            "code": self.code,
            "name_zh": self.name_zh,
            "name_en": self.name_en,
            "parent_key": None if self.parent is None else str(self.parent),
            "valid_from": self.valid_from,
            "valid_to": self.valid_to,
            "population": self.population,
            "households": self.households,
            "illustrative": True,
            **dict(self.extra),
        }


@dataclass(frozen=True, slots=True)
class Grids:
    """All grids of the town."""

    town: Grid
    areas: list[Grid]
    villages: list[Grid]
    micro: list[Grid]
    former: list[Grid]


def make_grids(land: Land, seed: int) -> Grids:
    """Name and number the grids and build the upper levels by union."""
    rng = np.random.default_rng([seed, 20])
    micro: list[Grid] = []
    villages: list[Grid] = []
    former: list[Grid] = []
    for index, v in enumerate(land.villages):
        key = make_key(TOWN_CODE, v.area, v.ordinal)
        since = COMMUNITIES_SINCE if v.community else SINCE
        own: list[Grid] = []
        for label in sorted(k for k in land.micro if k // 100 == index):
            number = label % 100 + 1
            people = land.micro_people[label]
            households = max(1, round(people / float(rng.uniform(2.5, 3.1))))
            own.append(
                Grid(
                    key + number,
                    4,
                    f"{v.code}{number:03d}",
                    f"{v.name_zh}第{number}微网格",
                    f"{v.name_en} micro-grid {number}",
                    key,
                    people,
                    households,
                    since,
                    degrees(land.micro[label]),
                )
            )
        micro.extend(own)
        homes = sum(g.households for g in own)
        shape = shapely.coverage_union_all([g.shape for g in own])
        extra = (("predecessors", [v.code_2016]),) if v.community else ()
        parent = make_key(TOWN_CODE, v.area)
        villages.append(
            Grid(key, 3, v.code, v.name_zh, v.name_en, parent, v.population, homes, since, shape, extra)
        )
        if v.community:
            old = make_key(TOWN_CODE, v.area, int(v.code_2016[-3:]))
            former.append(
                Grid(
                    old,
                    3,
                    v.code_2016,
                    v.name_2016,
                    f"{v.pinyin} village",
                    parent,
                    v.population,
                    homes,
                    SINCE,
                    shape,
                    (("successor", v.code),),
                    COMMUNITIES_SINCE,
                )
            )
    areas = []
    for area in AREAS:
        key = make_key(TOWN_CODE, area.ordinal)
        own = [g for g in villages if g.parent == key]
        areas.append(
            Grid(
                key,
                2,
                f"{TOWN_CODE}{area.ordinal:02d}",
                area.name_zh,
                area.name_en,
                make_key(TOWN_CODE),
                sum(g.population for g in own),
                sum(g.households for g in own),
                SINCE,
                shapely.coverage_union_all([g.shape for g in own]),
            )
        )
    town = Grid(
        make_key(TOWN_CODE),
        1,
        str(TOWN_CODE),
        "枫桥镇",
        "Fengqiao town",
        None,
        sum(g.population for g in areas),
        sum(g.households for g in areas),
        SINCE,
        shapely.coverage_union_all([g.shape for g in areas]),
    )
    ordered = sorted(micro, key=lambda g: g.key)
    return Grids(
        town, areas, sorted(villages, key=lambda g: g.key), ordered, sorted(former, key=lambda g: g.key)
    )
