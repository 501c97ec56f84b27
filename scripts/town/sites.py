"""Migrant clusters (head-counts of a place, never persons) and the organisations that serve the town."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .build import Land
from .places import Place
from .plan import AREAS, snap
from .where import Where

Floats = NDArray[np.float64]

CLUSTERS = 60
HEADS = 10_600
AS_OF = "2026-09-30"
_HOUSING = ("纺织厂宿舍", "服装厂宿舍", "五金厂宿舍", "蓝领公寓", "出租房集中点", "人才公寓", "食品厂宿舍")
_WORK = ("安置房工地", "道路改造工地", "标准厂房工地", "河道整治工地", "市场改造工地", "茶叶基地", "香榧基地")


def _short(name_zh: str) -> str:
    return name_zh.removesuffix("社区").removesuffix("村")


def make_clusters(land: Land, where: Where, seed: int) -> tuple[list[dict[str, object]], Floats]:
    """Sixty sites: rows without coordinates, and local metres of shape (60, 2)."""
    rng = np.random.default_rng([seed, 50])
    xy = np.vstack([where.draw("works", 44, rng), where.draw("people", 16, rng)])
    label = where.micro_label(xy)
    heads = np.clip(rng.lognormal(4.6, 0.95, CLUSTERS), 10, 900)
    for _ in range(30):
        heads = np.clip(heads * HEADS / heads.sum(), 10, 900)
    rows: list[dict[str, object]] = []
    used: set[str] = set()
    for k in range(CLUSTERS):
        village = land.villages[label[k] // 100]
        housing = rng.random() < 0.68
        endings = _HOUSING if housing else _WORK[:5] if village.community else _WORK
        name = base = _short(village.name_zh) + endings[int(rng.integers(len(endings)))]
        number = 2
        while name in used:
            name, number = f"{base}{number}号", number + 1
        used.add(name)
        rows.append(
            {
                "code": f"M{k + 1:03d}",
                "name_zh": name,
                "kind": "housing" if housing else "work_site",
                "head_count": round(float(heads[k])),
                "as_of": AS_OF,
                "grid_code": f"{village.code}{label[k] % 100 + 1:03d}",
            }
        )
    return rows, snap(xy)


def make_organisations(
    land: Land, places: list[Place], where: Where, seed: int
) -> tuple[list[dict[str, object]], Floats]:
    """Centre, sub-centres, committees, mediation bodies and service points: rows, and local metres."""
    rng = np.random.default_rng([seed, 51])
    seats: dict[int, Floats] = {}
    for hamlet in land.hamlets:
        seats.setdefault(hamlet.village, hamlet.xy)
    named = {p.name_zh: p.xy for p in places}
    office, long_day = "Mo-Fr 08:30-17:00", "Mo-Su 08:00-20:00"
    found: list[tuple[str, str, str, Floats, str]] = [
        (
            "枫桥镇综治中心",
            "Fengqiao governance centre",
            "centre",
            named["枫桥镇综治中心"],
            "Mo-Su 08:00-21:00",
        )
    ]
    for area, pinyin in zip(AREAS, ("Haijiao", "Yongning", "Fengyuan"), strict=True):
        index = next(i for i, v in enumerate(land.villages) if v.pinyin == pinyin)
        found.append(
            (
                f"{area.name_zh}综治分中心",
                f"{area.name_en} sub-centre",
                "sub_centre",
                seats[index] + (60, 40),
                "Mo-Sa 08:30-17:30",
            )
        )
    for i, v in enumerate(land.villages):
        body = "居民委员会" if v.community else "村民委员会"
        found.append((f"{_short(v.name_zh)}{body}", f"{v.pinyin} committee", "committee", seats[i], office))
    for i, v in enumerate(land.villages):
        if v.population > 2200 or i % 3 == 0:
            found.append(
                (
                    f"{v.name_zh}人民调解委员会",
                    f"{v.pinyin} mediation committee",
                    "mediation_body",
                    seats[i] + (18, -12),
                    office,
                )
            )
    for name, en, place in (
        ("枫桥镇人民调解委员会", "Town mediation committee", "枫桥镇人民政府"),
        ("劳动争议调解室", "Labour dispute mediation room", "枫桥纺织园区"),
        ("医患纠纷调解室", "Medical dispute mediation room", "枫桥镇卫生院"),
        ("老党员调解工作室", "Veterans' mediation studio", "枫桥派出所"),
    ):
        found.append((name, en, "mediation_body", named[place] + (15, 10), "Mo-Sa 08:30-17:30"))
    for xy, label in zip(*_spread_points(where, rng), strict=True):
        village = land.villages[label // 100]
        found.append(
            (
                f"{_short(village.name_zh)}流动人口服务点",
                f"{village.pinyin} newcomers' service point",
                "service_point",
                xy,
                long_day,
            )
        )
    xy = np.array([f[3] for f in found])
    label = where.micro_label(xy)
    rows: list[dict[str, object]] = []
    for k, (zh, en, kind, _, opens) in enumerate(found):
        village = land.villages[label[k] // 100]
        rows.append(
            {
                "code": f"O{k + 1:03d}",
                "name_zh": zh,
                "name_en": en,
                "kind": kind,
                "grid_code": f"{village.code}{label[k] % 100 + 1:03d}",
                "opens": opens,
            }
        )
    return rows, snap(xy)


def _spread_points(where: Where, rng: np.random.Generator) -> tuple[Floats, list[int]]:
    """Service points, one a village at most."""
    xy = where.draw("works", 400, rng)
    label = where.micro_label(xy)
    _, first = np.unique(label // 100, return_index=True)
    first = np.sort(first)[:14]
    return xy[first], label[first].tolist()
