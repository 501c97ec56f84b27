"""Named places for the map: committees, hamlets, schools, markets, the hospital. Hamlet names are made up."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from .build import Land
from .plan import snap

Floats = NDArray[np.float64]

_FIRST = (
    ("上", "Shang"),
    ("下", "Xia"),
    ("东", "Dong"),
    ("西", "Xi"),
    ("前", "Qian"),
    ("后", "Hou"),
    ("里", "Li"),
    ("外", "Wai"),
    ("大", "Da"),
    ("新", "Xin"),
    ("石", "Shi"),
    ("白", "Bai"),
    ("青", "Qing"),
    ("长", "Chang"),
    ("樟", "Zhang"),
    ("竹", "Zhu"),
    ("泉", "Quan"),
    ("金", "Jin"),
    ("横", "Heng"),
    ("塘", "Tang"),
)
_HILL = (("坞", "wu"), ("岭", "ling"), ("山", "shan"), ("坪", "ping"), ("岙", "ao"), ("溪", "xi"))
_FLAT = (
    ("宅", "zhai"),
    ("畈", "fan"),
    ("桥", "qiao"),
    ("塘", "tang"),
    ("园", "yuan"),
    ("埠", "bu"),
    ("田", "tian"),
    ("湖", "hu"),
    ("墩", "dun"),
    ("堰", "yan"),
)


@dataclass(frozen=True, slots=True)
class Place:
    """A labelled point, local metres; rank 1 is shown first."""

    kind: str
    name_zh: str
    name_en: str
    rank: int
    xy: Floats


def _near(land: Land, xy: tuple[float, float]) -> Floats:
    """Put a landmark on built-up land near a wanted spot, beside a road and off the water."""
    target = np.array(xy)
    score = np.hypot(*(land.people_xy - target).T) - 60 * np.clip(land.level, 0, 0.6)
    wet = shapely.union_all([lake.polygon for lake in land.lakes])
    for k in np.argsort(score, kind="stable")[:400].tolist():
        if not shapely.contains_xy(wet, *land.people_xy[k]):
            return snap(land.people_xy[k : k + 1])[0]
    raise ValueError("no dry land")


def make_places(land: Land, seed: int) -> list[Place]:
    """List the places, most important first."""
    rng = np.random.default_rng([seed, 21])
    found = [Place("town", "枫桥镇", "Fengqiao", 1, np.array([0.0, 0.0]))]
    seats: dict[int, Floats] = {}
    used: set[str] = set()
    for hamlet in land.hamlets:
        village = land.villages[hamlet.village]
        if hamlet.village not in seats:
            seats[hamlet.village] = hamlet.xy
            kind = "居委会" if village.community else "村委会"
            name = (
                village.name_zh.removesuffix("社区")
                if village.community
                else village.name_zh.removesuffix("村")
            )
            found.append(Place("committee", f"{name}{kind}", f"{village.name_en} committee", 2, hamlet.xy))
            continue
        endings = _HILL if abs(village.size_km2) > 7.5 else _FLAT
        options = [(a[0] + b[0], a[1] + b[1]) for a in _FIRST for b in endings if a[0] + b[0] not in used]
        zh, en = options[int(rng.integers(len(options)))]
        used.add(zh)
        found.append(Place("hamlet", zh, en, 4, hamlet.xy))
    marks = [
        ("government", "枫桥镇人民政府", "Town government", 2, (180, 60)),
        ("centre", "枫桥镇综治中心", "Governance centre", 2, (260, -60)),
        ("hospital", "枫桥镇卫生院", "Fengqiao hospital", 2, (-420, 330)),
        ("market", "枫桥农贸市场", "Fengqiao market", 2, (-140, -210)),
        ("market", "海角小商品市场", "Haijiao small-goods market", 3, (980, 520)),
        ("station", "枫桥汽车站", "Bus station", 3, (-780, -60)),
        ("police", "枫桥派出所", "Police station", 3, (420, 240)),
        ("fire", "枫桥消防站", "Fire station", 3, (640, -420)),
        ("court", "枫桥人民法庭", "Fengqiao tribunal", 3, (330, 420)),
        ("school", "枫桥镇中学", "Fengqiao middle school", 3, (-620, 620)),
        ("school", "枫桥镇小学", "Fengqiao primary school", 3, (-260, 520)),
        ("school", "钟山小学", "Zhongshan primary school", 3, (1240, -640)),
        ("school", "学勉中学", "Xuemian high school", 3, (520, 760)),
        ("works", "枫桥纺织园区", "Textile works park", 3, (1150, -1250)),
        ("works", "枫源服装园区", "Garment works park", 3, (-1300, -2300)),
    ]
    found.extend(Place(k, zh, en, rank, _near(land, xy)) for k, zh, en, rank, xy in marks)
    for index in (22, 18, 20, 24, 13, 15):
        village = land.villages[index % len(land.villages)]
        seat = seats[index % len(land.villages)]
        short = village.name_zh[:-1] if not village.community else village.name_zh[:-2]
        found.append(
            Place(
                "school",
                f"{short}小学",
                f"{village.pinyin} primary school",
                4,
                _near(land, (seat[0] + 130, seat[1] + 70)),
            )
        )
    return found
