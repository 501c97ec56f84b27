"""Terms of what is asked for: unit, default and limits of each, for commands, API and services alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypedDict

from gridmap.errors import InvalidInput

CAPTION = ("接报量，不代表危险", "reported incidents, not danger")
"""Stands with every figure of hotspots, in Chinese and English."""

MOST_IN_COLUMNS = 20_000
"""Cases in the columns of a source that one answer holds."""
MOST_UPLOADED = 256 * 1024 * 1024
"""Bytes of a file that is handed over on the page."""

LAST_HOURS = 12
"""Hours that the desk's list of what came lately looks back."""

NEAREST_LAND_M = 50_000
"""Metres from a town's land within which its desk has a case that lies in no grid, where towns are several."""

HISTORY_DAYS = 60
"""Days after which a case that a file brings without a stage is told as one that may be over."""

PHOTO_SIDE = 1600
"""Pixels of a photo's longer side."""
MOST_PHOTOS = 12
"""Photos of a case."""
PHOTO_BYTES = 700 * 1024
"""Bytes of a photo as it is handed in: written as text, it fits a request."""
PHOTO_DRAFTS = 20
"""Photos that a phone keeps until they are sent, of all cases: at most 14 MB."""

MINIMUM = 5
"""Fewest incidents that a published cell may hold."""


class ShownTerm(TypedDict):
    """A term as the page reads it."""

    unit: str
    default: float | None
    low: float
    high: float
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Term:
    """A number that may be asked for.

    Attributes
    ----------
    name : str
        As the command line calls it, and the code of its refusal begins.
    unit : str
        Empty for counts and shares.
    default : float or None
        None where it is chosen by what is asked for.
    low, high : float
        Both may be asked for.
    zh, en : str
        What it says.
    """

    name: str
    unit: str
    default: float | None
    low: float
    high: float
    zh: str
    en: str

    def has(self, value: float | None) -> bool:
        """Tell whether a value lies within the limits; None is left to the default."""
        return value is None or self.low <= value <= self.high

    def refuse(self, value: float | None) -> None:
        """Refuse a value outside the limits; None is left to the default.

        Raises
        ------
        InvalidInput
        """
        if not self.has(value):
            raise InvalidInput(
                f"{self.name.replace('_', '-')}-range",
                f"参数 {self.name} = {value} 超出范围，应在 {self.low} 与 {self.high} 之间。",
                f"{self.name} = {value} is out of range: it must be between {self.low} and {self.high}.",
            )

    def shown(self) -> ShownTerm:
        """Return the term without its name."""
        return {
            "unit": self.unit,
            "default": self.default,
            "low": self.low,
            "high": self.high,
            "zh": self.zh,
            "en": self.en,
        }


SEED_MOST = 2**63 - 1
DWELL_S = 720.0
GAP_S = 3600.0
SEARCH_S = 10.0
REVISIT_SHARE = 0.6
LOSS = 0.03
BALANCE = 0.01
MAX_WAIT_S = 900.0
DOSE_MIN = 105.0
"""A quarter of an hour a night."""
PATROL_FOUND = "patrol"
"""Channel of incidents that a patrol found."""
LOOKED_FOR = (PATROL_FOUND, "screening")
"""Channels of incidents that were looked for."""
ALPHA_SHARE = 0.05
ASKED_SHARE = 0.3
"""Share of solved cases whose parties are asked, by lot, whether they are satisfied."""
PRESENT_SHARE = 0.8
MAX_POPULATION_SHARE = 0.1
SEASON_DAYS = 28
"""Days over which a place is taken not to change by itself, where near repeats are looked for."""
MOST_BANDS = 12
EFFECT_WEEKS = 8
FIRST_DAYS = 90
GRIDS_AT_ONCE = 2000
"""Grids of one answer: more than a town has, of any level."""
SITE_MIN = 10.0
SITING_S = 20.0

ROSTER_REST_H = 11.0
"""Least daily rest (Directive 2003/88/EC, article 3); China's labour law leaves it to the employer."""
ROSTER_NIGHTS, ROSTER_MOST, ROSTER_LEAST = 3, 5, 1
ROSTER_S = 10.0
BEATS_S = 20.0
CASE_MIN, KM_MIN = 60.0, 3.0

NEAR_MIN, NEAR_LEVEL = 0.0, 0.8

SEED = Term("seed", "", 0, 0, SEED_MOST, "随机种子", "seed")
SEARCH = Term("time", "s", SEARCH_S, 0.1, 3600, "搜索时间", "time of the search")
STEPS = Term("iterations", "", None, 1, 10**9, "搜索步数", "steps of the search")
DWELL = Term("dwell", "s", DWELL_S, 60, 7200, "停留时间", "length of a visit")
VILLAGE_SHARE = Term("village-share", "", 0.0, 0, 1, "各村的最低份额", "least share of each village")
VISITS = Term("visits", "", 1, 1, 6, "每处最多到访次数", "most visits to a stop")
GAP = Term("min-gap", "s", GAP_S, 0, 43_200, "两次到访的间隔", "least time between two visits")
REVISIT = Term(
    "revisit-share", "", REVISIT_SHARE, 0, 1, "再次到访的得分比例", "share that a further visit earns"
)
BALANCED = Term(
    "balance", "", BALANCE, 0, 0.5, "为均衡负荷最多放弃的得分", "most share of prize given up for even loads"
)
NEAR = Term(
    "near",
    "min",
    NEAR_MIN,
    0,
    60,
    "各刻钟有队伍在几分钟内（0 为不要求）",
    "minutes to stay near within; 0: not asked",
)
NEAR_SHARE = Term(
    "near-level",
    "",
    NEAR_LEVEL,
    0.05,
    1,
    "各刻钟至少多大比例的户数",
    "least share of households, every quarter",
)
LINE_M = Term("line-length", "m", None, 20, 20_000, "路段长度", "length of a segment")
LINE_POINTS = 500
"""Most places that a segment's line goes through."""
WAIT = Term("max-wait", "s", MAX_WAIT_S, 0, 43_200, "每次最长等候", "longest wait before a visit")
INTERVAL = Term("max-interval", "s", None, 600, 43_200, "两次到访最长的间隔", "most time between two visits")
DOSE = Term("dose", "min", DOSE_MIN, 0, 10_080, "一周应有的驻留", "minutes a week that a place is to have")
LOST = Term("loss", "", LOSS, 0, 0.5, "最多放弃的得分", "most share of prize given up")
NIGHTS = Term("nights", "", 1, 1, 31, "连续几夜", "consecutive nights")
REST_HOURS = Term("rest-hours", "h", ROSTER_REST_H, 0, 48, "两班之间的休息", "least rest between two shifts")
NIGHTS_IN_ROW = Term("nights-in-row", "", ROSTER_NIGHTS, 1, 7, "最多连续夜班", "most nights in a row")
SHIFTS_A_WEEK = Term("shifts-a-week", "", ROSTER_MOST, 1, 7, "每周最多班数", "most shifts a week")
LEAST_TEAMS = Term(
    "least-teams", "", ROSTER_LEAST, 0, 50, "每班至少几队", "teams that every shift has at least"
)
ROSTERING = Term("roster-time", "s", ROSTER_S, 1, 600, "排班的搜索时间", "time of the search for a roster")
DIVIDING = Term("beats-time", "s", BEATS_S, 1, 600, "划分的搜索时间", "time of the search for beats")
EACH_CASE = Term("minutes-a-case", "min", CASE_MIN, 0, 600, "每件事件的分钟", "minutes of work an incident")
EACH_KM = Term(
    "minutes-a-km", "min", KM_MIN, 0, 120, "每公里道路的分钟", "minutes a week to drive a kilometre of road"
)
DAYS = Term("days", "d", FIRST_DAYS, 1, 366, "开始时显示的天数", "days that are shown first")
REST = Term("break", "min", None, 1, 240, "休息时长", "length of a break")
WEEKS = Term("weeks", "", EFFECT_WEEKS, 2, 52, "前后周数", "weeks on each side")
SITES = Term("add", "", 1, 1, 10, "新增几处", "sites to add")
SITE_LIMIT = Term("minutes", "min", SITE_MIN, 0.1, 240, "路上的时限", "limit of time on the road")
SITING = Term("site-time", "s", SITING_S, 0.1, 600, "选址的搜索时间", "time of the search for sites")
LEVEL = Term("level", "", None, 1, 4, "网格层级", "level of the grids")
HEXAGONS = Term("hexagons", "", None, 5, 11, "六边形分辨率", "resolution of hexagons (H3)")
BANDWIDTH = Term("bandwidth_m", "m", None, 1, 100_000, "带宽", "bandwidth")
CELL = Term("cell_m", "m", None, 1, 100_000, "单元边长", "side of a cell")
MAX_POPULATION = Term(
    "max_population",
    "",
    MAX_POPULATION_SHARE,
    0.001,
    0.5,
    "聚集区的最大人口比例",
    "most share of people in a cluster",
)
MAX_RADIUS = Term("max_radius_m", "m", None, 1, 1_000_000, "聚集区的最大半径", "largest radius of a cluster")
MAX_DURATION = Term(
    "max_duration", "", None, 1, 1000, "聚集的最长时间片数", "most slices of time of a cluster"
)
BASELINE = Term(
    "baseline",
    "",
    None,
    4,
    1000,
    "预期扫描：以往多少个时间片作基准",
    "expectation-based scan: slices of the past that are compared with",
)
SEASON = Term(
    "season_days",
    "",
    SEASON_DAYS,
    0,
    3660,
    "近重复：只在这么多天之内打乱时间，0 为整个时段",
    "near repeats: days within which times are shuffled, 0 for the whole period",
)
HOUR = Term("hour", "", None, 0, 24, "整点", "full hour of the day")
PERMUTATIONS = Term("permutations", "", None, 0, 99_999, "随机重复次数", "random replications")
ALPHA = Term("alpha", "", ALPHA_SHARE, 1e-6, 0.5, "错误发现率", "false discovery rate")
PRESENCE = Term("presence", "", PRESENT_SHARE, 0, 1, "出现比例", "share of periods")

PEOPLE = Term("people", "", None, 1, 100_000, "涉及人数", "people concerned")
SEVERITY = Term("severity", "", None, 1, 5, "严重程度", "severity")
POOR_ACCURACY_M = 100.0
"""A position that may be farther off than this is used only when a person says so."""
ACCURACY = Term("accuracy", "m", None, 0, 100_000, "定位精度", "accuracy of a place")
VOLUNTEERS = Term("volunteers", "", 0, 0, 10_000, "志愿者人数", "volunteers")
ASSESSED = Term("days", "d", 180, 1, 3660, "前后各多少天", "days before and after")
FOUND = Term("found", "", 0, 0, 10_000, "排查发现的件数", "cases that screening found")

TERMS = {
    term.name: term
    for term in (
        *(SEED, SEARCH, STEPS, DWELL, VILLAGE_SHARE, VISITS, GAP, REVISIT, LOST, NIGHTS),
        *(BALANCED, WAIT, DOSE, NEAR, NEAR_SHARE, INTERVAL, REST, DAYS, WEEKS, SITES, SITE_LIMIT, SITING),
        *(LEVEL, HEXAGONS, BANDWIDTH, CELL, MAX_POPULATION, PERMUTATIONS, ALPHA, PRESENCE),
        *(MAX_RADIUS, MAX_DURATION, BASELINE, SEASON, HOUR),
        *(PEOPLE, SEVERITY, ACCURACY, VOLUNTEERS, FOUND),
    )
}

LONGEST: Mapping[str, int] = MappingProxyType(
    {
        "address": 200,
        "agreed": 500,
        "clinic_text": 300,
        "code": 40,
        "codes": 400,
        "cursor": 200,
        "crs": 20,
        "hours": 120,
        "key": 80,
        "note": 2000,
        "number": 80,
        "one_time_code": 9,
        "password": 1024,
        "phone": 20,
        "place": 200,
        "post": 60,
        "profile": 40,
        "purpose": 200,
        "reason": 300,
        "result": 500,
        "round": 120,
        "round_text": 1000,
        "sheet": 60,
        "stop_name": 100,
        "summary": 2000,
        "title": 60,
        "venue": 100,
        "visit_note": 200,
        "words": 100,
    }
)
"""Most characters of what is written, by what it is."""

LEAST_PASSWORD = 10
"""Fewest characters of a password."""
