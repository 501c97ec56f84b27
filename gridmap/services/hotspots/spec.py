"""What a hotspot run is asked to do, and what it may not be asked."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Literal

from gridmap.domain import terms
from gridmap.domain.cases.sealing import is_sealed
from gridmap.domain.codes import codes, require_domain
from gridmap.domain.gridkey import MICRO, VILLAGE
from gridmap.errors import InvalidInput

Method = Literal[
    "gi", "moran", "scan", "space-time-scan", "expected-scan", "kde", "network-kde", "near-repeat", "emerging"
]
METHODS: tuple[Method, ...] = (
    "gi",
    "moran",
    "scan",
    "space-time-scan",
    "expected-scan",
    "kde",
    "network-kde",
    "near-repeat",
    "emerging",
)
SPACE_BANDS_M = (0.0, 1.0, 100.0, 200.0, 400.0, 800.0)
TIME_BANDS_DAYS = (0.0, 7.0, 14.0, 28.0, 56.0)
POINT_METHODS = frozenset({"kde", "network-kde", "near-repeat"})
"""Methods that look at places rather than at cells."""

COUNTS_ONLY = POINT_METHODS | {"expected-scan"}
"""Methods that do not compare with the people present."""

METHOD_NAMES = {
    "gi": ("热点 Gi*", "hotspots by Gi*"),
    "moran": ("局部莫兰指数", "local Moran's I"),
    "scan": ("空间扫描", "spatial scan"),
    "space-time-scan": ("时空扫描", "space-time scan"),
    "expected-scan": ("预期扫描", "expectation-based scan"),
    "kde": ("核密度", "kernel density"),
    "network-kde": ("路网核密度", "network kernel density"),
    "near-repeat": ("近重复", "near repeat"),
    "emerging": ("新兴热点", "emerging hotspots"),
}
COUNTING = frozenset({"gi", "moran", "scan", "emerging"})
"""Methods that compare places by their counts where no rates are asked for."""


def told_method(method: str, by: object) -> tuple[str, str]:
    """Name a method as titles do, with what places are compared by; of runs of former releases, too."""
    zh, en = METHOD_NAMES.get(method, (method, method))
    if by == "rate" and method not in COUNTS_ONLY:
        return f"{zh}（按在场人口）", f"{en} by the people present"
    if method in COUNTING:
        return f"{zh}（按件数：人多或事多）", f"{en} by count (many people or many incidents)"
    return zh, en


@dataclass(frozen=True, slots=True)
class HotspotSpec:
    """Parameters of a run; together with the data they make the same result again.

    Attributes
    ----------
    method : str
        One of `METHODS`.
    since, until : date
        First and last local day of the period.
    domain, kind : str or None
        Codes; all where None.
    level : int
        Level of the cells: 1 to 4.
    hexagons : int or None
        Resolution of hexagons (H3) in place of the grids; emerging hotspots only.
    by : {'count', 'rate'}
        Whether cells are compared by their counts, or by counts against the people present (not hexagons, whose people
        are not known).
    within : int or None
        Key of the grid whose subtree is looked at; the whole workspace where None.
    seed : int
    alpha : float
        Share of false discoveries that is accepted among all that is called significant.
    permutations : int
        Random replications; None leaves it to the method (0 for gi and moran, 999 for the others).
    presence : float
        Share of the temporary residents of a site who are there, for the exposure of `by="rate"`.
    bandwidth_m, cell_m : float or None
        Of kernel densities; chosen from the data where None.
    step : {'day', 'week', 'month'}
        Slice of time of the methods in space and time.
    prospective : bool
        Space-time scan: only clusters that are still going on at the end.
    max_population : float
        Scans: largest share of the population in a cluster.
    max_radius_m : float or None
        Scans: largest radius of a cluster, of an ellipse its shorter semi-axis.
    max_duration : int or None
        Space-time scan: most slices of time of a cluster; half of them where None. Expectation-based scan: how many
        slices at the end are looked at.
    baseline : int or None
        Expectation-based scan: slices of the past that give what is expected.
    ellipses : bool
        Spatial scan: look through ellipses, too.
    space_bands_m, time_bands_days : tuple of float
        Near repeats: rising edges of the bands of distance and of time apart.
    season_days : int
        Near repeats: times are shuffled within so many days; over the whole period where 0.
    hours : tuple of int or None
        First hour of the day, and the hour before which it ends (22 and 6: over midnight); only incidents whose time
        is known. All where None.
    weekdays : tuple of int or None
        1 is Monday; all where None.
    """

    method: Method
    since: dt.date
    until: dt.date
    domain: str | None = None
    kind: str | None = None
    level: int = MICRO
    hexagons: int | None = None
    by: Literal["count", "rate"] = "count"
    within: int | None = None
    seed: int = 0
    alpha: float = terms.ALPHA_SHARE
    permutations: int | None = None
    presence: float = terms.PRESENT_SHARE
    bandwidth_m: float | None = None
    cell_m: float | None = None
    step: Literal["day", "week", "month"] = "month"
    prospective: bool = False
    max_population: float = terms.MAX_POPULATION_SHARE
    max_radius_m: float | None = None
    max_duration: int | None = None
    baseline: int | None = None
    ellipses: bool = False
    space_bands_m: tuple[float, ...] = SPACE_BANDS_M
    time_bands_days: tuple[float, ...] = TIME_BANDS_DAYS
    season_days: int = terms.SEASON_DAYS
    hours: tuple[int, int] | None = None
    weekdays: tuple[int, ...] | None = None

    def __post_init__(self) -> None:
        """Refuse what makes no sense, or may not be shown."""
        for check in (self._choices, self._numbers, self._bands, self._times, self._sealed):
            check()

    def _choices(self) -> None:
        if self.method not in METHODS:
            names = ", ".join(METHODS)
            raise InvalidInput(
                "method-unknown",
                f"没有方法 {self.method}，可用：{names}。",
                f"There is no method {self.method}: {names}.",
            )
        require_domain(self.domain)
        if self.since > self.until:
            raise InvalidInput(
                "period-reversed", "起始日期晚于结束日期。", "The first day of the period is after its last."
            )
        if self.hexagons is not None and self.method != "emerging":
            raise InvalidInput(
                "hexagons-emerging",
                "六边形单元只用于新兴热点（emerging）；其他方法请用网格层级。",
                "Hexagons are for emerging hotspots only; choose a grid level for the other methods.",
            )
        if self.hexagons is not None and self.by == "rate":
            raise InvalidInput(
                "hexagons-rate",
                "六边形内的人口不知道，不能按发生率比较。请改用 --by count，或去掉 --hexagons 按网格比较。",
                "The people of a hexagon are not known, so there are no rates. Use --by count, or grids without "
                "--hexagons.",
            )

    def _numbers(self) -> None:
        for term, value in (
            (terms.LEVEL, self.level),
            (terms.HEXAGONS, self.hexagons),
            (terms.SEED, self.seed),
            (terms.ALPHA, self.alpha),
            (terms.PERMUTATIONS, self.permutations),
            (terms.PRESENCE, self.presence),
            (terms.BANDWIDTH, self.bandwidth_m),
            (terms.CELL, self.cell_m),
            (terms.MAX_POPULATION, self.max_population),
            (terms.MAX_RADIUS, self.max_radius_m),
            (terms.MAX_DURATION, self.max_duration),
            (terms.BASELINE, self.baseline),
            (terms.SEASON, self.season_days),
        ):
            term.refuse(value)

    def _bands(self) -> None:
        for zh, en, bands in (
            ("距离", "distance", self.space_bands_m),
            ("时间", "time", self.time_bands_days),
        ):
            rising = all(a < b for a, b in pairwise(bands))
            finite = all(0 <= edge <= 1e6 for edge in bands)
            if not (rising and finite and 2 <= len(bands) <= terms.MOST_BANDS + 1):
                raise InvalidInput(
                    "bands",
                    f"{zh}分段须为 2 至 {terms.MOST_BANDS + 1} 个递增的非负数，如 0,100,200。",
                    f"The bands of {en} are 2 to {terms.MOST_BANDS + 1} rising numbers from 0 on, as 0,100,200.",
                )

    def _times(self) -> None:
        if self.hours is not None and not (
            all(terms.HOUR.has(hour) for hour in self.hours) and self.hours[0] != self.hours[1]
        ):
            raise InvalidInput(
                "hours-of-day",
                "时段须为两个不同的整点，0 至 24，如 22 至 6。",
                "Hours are two different full hours from 0 to 24, as 22 to 6.",
            )
        if self.weekdays is not None and not (self.weekdays and set(self.weekdays) <= set(range(1, 8))):
            raise InvalidInput(
                "weekdays",
                "星期须为 1（周一）至 7（周日）中的一个或几个。",
                "Weekdays are one or more of 1 (Monday) to 7 (Sunday).",
            )

    @property
    def is_partial(self) -> bool:
        """Whether only some hours or weekdays are looked at."""
        return self.hours is not None or self.weekdays is not None

    def _sealed(self) -> None:
        domains = [self.domain] if self.domain else list(codes("domain"))
        if self.closer_than_village and any(is_sealed(domain, self.kind) for domain in domains):
            raise InvalidInput(
                "sealed-village-only",
                "这类事件保密，只在村级或以上计数。请改用 --level 3，"
                "方法选 gi、moran、scan、space-time-scan、expected-scan 或 emerging。",
                "Such cases are sealed and counted at village level or above only. Use --level 3 with gi, moran, "
                "scan, space-time-scan, expected-scan or emerging.",
            )

    @property
    def closer_than_village(self) -> bool:
        """Whether the result shows places closer than a village grid."""
        return self.level > VILLAGE or self.hexagons is not None or self.method in POINT_METHODS

    def as_dict(self) -> dict[str, object]:
        """Return the parameters as JSON holds them."""
        out = asdict(self)
        out["since"], out["until"] = self.since.isoformat(), self.until.isoformat()
        out["within"] = None if self.within is None else str(self.within)
        return {name: list(value) if isinstance(value, tuple) else value for name, value in out.items()}
