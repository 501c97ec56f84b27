"""The plan of the town: who lies where, how large it is, how many people live there.

Names and codes are real (see ``village_codes.csv``); positions, sizes, populations and areas are illustrative.
Local coordinates are metres east and north of the town centre; ``ORIGIN`` takes them to EPSG:4549.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pyproj import Transformer

CENTRE_LON, CENTRE_LAT = 120.415, 29.790
TOWN_CODE = 330681109
TOWN_AREA_KM2 = 165.0
TOWN_POPULATION = 80_000
METRIC_CRS = "EPSG:4549"
DECIMALS = 8
"""Decimals of a written degree: about one millimetre, below the 1 cm lattice."""

_TO_METRIC = Transformer.from_crs("EPSG:4326", METRIC_CRS, always_xy=True)
_TO_DEGREES = Transformer.from_crs(METRIC_CRS, "EPSG:4326", always_xy=True)
ORIGIN: NDArray[np.float64] = np.round(_TO_METRIC.transform(CENTRE_LON, CENTRE_LAT), 0)


def snap(xy: NDArray[np.float64]) -> NDArray[np.float64]:
    """Put local metres, shape (n, 2), on the 1 cm lattice."""
    return np.round(xy * 100.0) / 100.0


def to_lonlat(xy: NDArray[np.float64]) -> NDArray[np.float64]:
    """Convert local metres, shape (n, 2), to rounded longitude and latitude in EPSG:4326."""
    grid = snap(np.asarray(xy, dtype=np.float64)) + ORIGIN
    lon, lat = _TO_DEGREES.transform(grid[:, 0], grid[:, 1])
    return np.round(np.column_stack([lon, lat]), DECIMALS)


@dataclass(frozen=True, slots=True)
class Area:
    """One of the three areas (片区); the names are illustrative."""

    ordinal: int
    name_zh: str
    name_en: str


AREAS = (
    Area(1, "枫桥片区", "Fengqiao area"),
    Area(2, "东山片区", "Dongshan area"),
    Area(3, "乐山片区", "Leshan area"),
)


@dataclass(frozen=True, slots=True)
class Village:
    """One village grid as planned.

    Attributes
    ----------
    code, code_2016 : str
        Official twelve-digit code of 2023 and of 2016.
    name_zh, name_2016 : str
        Short Chinese names of 2023 and 2016.
    pinyin : str
    community : bool
        Whether the village became a community in 2019.
    area : int
        Ordinal of its area.
    x_m, y_m : float
        Where its committee stands, local metres.
    size_km2 : float
        Land it should get.
    population : int
        Residents.
    """

    code: str
    code_2016: str
    name_zh: str
    name_2016: str
    pinyin: str
    community: bool
    area: int
    x_m: float
    y_m: float
    size_km2: float
    population: int

    @property
    def ordinal(self) -> int:
        """Last three digits of the current code."""
        return int(self.code[-3:])

    @property
    def name_en(self) -> str:
        """English name, e.g. ``Fengyuan village``."""
        return f"{self.pinyin} {'community' if self.community else 'village'}"

    @property
    def micro_grids(self) -> int:
        """How many villagers' representatives: 20 to 55, by population."""
        share = max(0.0, self.population - 1200) / (6800 - 1200)
        return min(55, max(20, round(20 + 35 * share**0.5)))


# last digits of the 2016 code: pinyin, area, east km, north km, km2, residents
_PLAN: dict[str, tuple[str, int, float, float, float, int]] = {
    "288": ("Fengyi", 1, 0.05, 0.25, 1.7, 6800),
    "285": ("Loujia", 1, -1.25, 0.55, 1.9, 6100),
    "286": ("Chenjia", 1, -0.35, -1.15, 2.1, 6300),
    "287": ("Haijiao", 1, 1.45, 0.85, 2.5, 5600),
    "289": ("Zhongshan", 1, 1.30, -0.85, 2.9, 5100),
    "305": ("Meiyuan", 1, 0.35, 2.30, 3.7, 3300),
    "296": ("Weilian", 2, 2.55, 2.45, 4.3, 2700),
    "293": ("Yongning", 2, 3.45, 0.20, 4.2, 2900),
    "219": ("Xianjin", 2, 3.05, -2.25, 4.5, 2300),
    "251": ("Quantang", 2, 0.85, -3.10, 4.4, 2500),
    "290": ("Fengyuan", 3, -1.55, -2.95, 4.6, 2600),
    "229": ("Xialangqiao", 3, -3.05, -0.95, 4.1, 2800),
    "295": ("Liqiao", 3, -3.15, 1.25, 4.4, 2700),
    "241": ("Yangchun", 1, -1.75, 2.75, 4.6, 2500),
    "294": ("Xinzehu", 3, -4.90, 3.55, 7.4, 2200),
    "299": ("Sanjiang", 1, -2.70, 5.25, 7.0, 2100),
    "222": ("Huicun", 1, 0.10, 5.05, 6.8, 1900),
    "298": ("Duhuangxin", 2, 3.00, 5.30, 8.4, 1900),
    "301": ("Dongsanxin", 2, 5.35, 3.60, 8.3, 2000),
    "292": ("Qidong", 2, 6.20, 1.15, 7.6, 1800),
    "304": ("Daganxi", 2, 7.35, -1.05, 11.2, 1500),
    "303": ("Xindongwu", 2, 6.15, -3.50, 10.8, 1400),
    "269": ("Tujiawu", 2, 4.20, -5.60, 9.6, 1300),
    "260": ("Daxi", 2, 1.60, -6.35, 9.0, 1500),
    "300": ("Maling", 3, -1.20, -5.75, 8.2, 1600),
    "291": ("Leshan", 3, -3.85, -4.30, 7.9, 1900),
    "297": ("Xiyi", 3, -5.55, -1.95, 6.2, 2300),
    "302": ("Silian", 3, -5.75, 0.95, 4.9, 2400),
}


def read_villages(path: Path) -> tuple[Village, ...]:
    """Join the official list with the plan, in the list's order.

    Parameters
    ----------
    path : Path
        ``village_codes.csv``.

    Returns
    -------
    tuple of Village
        Sizes and populations scaled to the town's totals.
    """
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    size = TOWN_AREA_KM2 / sum(p[4] for p in _PLAN.values())
    people = [_PLAN[r["code_2016"][-3:]][5] for r in rows]
    scaled = [round(p * TOWN_POPULATION / sum(people)) for p in people]
    scaled[0] += TOWN_POPULATION - sum(scaled)
    found = []
    for row, population in zip(rows, scaled, strict=True):
        pinyin, area, x_km, y_km, km2, _ = _PLAN[row["code_2016"][-3:]]
        found.append(
            Village(
                row["code_2023"],
                row["code_2016"],
                row["name_2023"].removesuffix("委会"),
                row["name_2016"].removesuffix("委会"),
                pinyin,
                row["changed_to_community"] == "1",
                area,
                x_km * 1000,
                y_km * 1000,
                km2 * size,
                population,
            )
        )
    return tuple(found)
