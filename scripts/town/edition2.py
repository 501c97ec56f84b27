"""The second edition of the year: the same incidents, with lawful courses as a desk makes them, and every body."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from .build import Land
from .course import _at_the_desk
from .desk_day import waiting
from .incidents import END, Incident
from .places import Place
from .plan import TOWN_CODE, Village
from .write import write_table

Floats = NDArray[np.float64]
Degrees = Callable[[Floats], list[tuple[str, str]]]

FOLDER = "edition_2"
_STEP = (
    "uid",
    "at",
    "action",
    "to_grid_code",
    "ground",
    "until",
    "outcome",
    "method",
    "agreement",
    "fulfilled",
    "note",
)
_INCIDENT = (
    "uid",
    "domain",
    "kind",
    "scale",
    "channel",
    "occurred_at",
    "reported_at",
    "due_at",
    "severity",
    "lon",
    "lat",
    "accuracy_m",
    "grid_code",
    "village_name",
    "found_by",
    "people_count",
    "sum_band",
    "summary",
)
_MINUTE, _HOUR, _DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
_DOMAINS_SERVED = {"social_service": "served", "land": "decided"}
_BODIES = (
    ("枫桥镇人民调解委员会", "Town mediation committee", "town_mediation", "枫桥镇人民政府"),
    ("枫桥司法所", "Justice office", "justice_office", "枫桥镇人民政府"),
    ("枫桥派出所", "Police station", "police_station", "枫桥派出所"),
    ("枫桥人民法庭", "Court", "court", "枫桥镇人民政府"),
    ("枫桥镇总工会", "Union", "union", "枫桥纺织园区"),
    ("枫桥镇卫生院", "Hospital", "hospital", "枫桥镇卫生院"),
    ("枫江法律服务所", "Lawyers", "lawyer", "枫桥派出所"),
    ("新居民自我管理委员会", "Newcomers' self-management", "self_management", "枫桥纺织园区"),
)
_RENAMED = {"劳动争议调解室": "union", "医患纠纷调解室": "hospital", "老党员调解工作室": "studio"}
_DAY_TEAMS = (("T01", "T21"), ("T02", "T22"), ("T03", "T23"), ("T04", "T24"))
_SCHOOL_HOURS = "07:00-08:30;15:30-17:00"
_FIXED_POINTS = (
    ("枫桥镇小学", "school", 2, _SCHOOL_HOURS, 10, 360),
    ("钟山小学", "school", 2, _SCHOOL_HOURS, 10, 360),
    ("学勉中学", "school", 1, "21:00-22:30", 10, None),
    ("枫桥汽车站", "station", 2, "06:30-09:00;20:00-23:30", 10, 120),
    ("枫桥农贸市场", "market", 1, "06:00-09:00", 15, None),
    ("枫桥镇卫生院", "hospital", 2, "20:00-02:00", 10, 120),
    ("枫桥纺织园区", "company", 1, "21:30-23:30", 10, None),
)


class _Course:
    """The steps of one incident as they come to be."""

    def __init__(self, incident: Incident, rng: np.random.Generator) -> None:
        self.incident = incident
        self.rng = rng
        self.rows: list[dict[str, object]] = []
        self.due = incident.reported + timedelta(days=incident.kind.due_days)
        self._last = incident.reported

    def after(self, wait: timedelta, action: str, **said: str) -> datetime:
        """Make a step some time after the last; what would come after the year's end does not happen."""
        at = self._last + wait
        if self.rows:
            at = max(_at_the_desk(at, self.incident), self._last + _MINUTE)
        self._last = at
        if at < END:
            self.rows.append(
                dict.fromkeys(_STEP, "")
                | {"uid": self.incident.uid, "at": at.isoformat(), "action": action}
                | said
            )
        return at

    def chance(self, share: float) -> bool:
        """Draw whether something happens."""
        return bool(self.rng.random() < share)

    def span(self, low_h: float, high_h: float) -> timedelta:
        """Draw a span of hours."""
        return timedelta(hours=float(self.rng.uniform(low_h, high_h)))


def _run(
    incident: Incident, home: Village | None, villages: tuple[Village, ...], rng: np.random.Generator
) -> _Course:
    course = _Course(incident, rng)
    course.after(timedelta(0), "受理", note="受理登记")
    if incident.kind.domain == "dispute":
        _dispute(course, home, villages)
    else:
        urgent = incident.kind.domain in {"policing", "emergency"}
        course.after(course.span(0.1, 2) if urgent else course.span(2, 40), "处置", note="安排人员办理")
        if not urgent and course.chance(0.06):
            _upwards(course, home)
            course.after(course.span(2, 30), "处置")
        if not course.chance(0.002):
            outcome = _DOMAINS_SERVED.get(incident.kind.domain, "handled")
            course.after(course.span(1, 60) if urgent else course.span(20, 130), "化解", outcome=outcome)
            course.after(course.span(6, 240), "归档")
    return course


def _dispute(course: _Course, home: Village | None, villages: tuple[Village, ...]) -> None:
    if home is not None and course.chance(0.03):
        other = _neighbour(home, villages, course.rng)
        course.after(course.span(1, 20), "移送", to_grid_code=other.code, ground="other_village")
        course.after(course.span(2, 24), "退回", ground="not_ours")
    course.after(course.span(3, 44), "调处", method="people_mediation", note="上门听取双方意见")
    large = course.incident.scale != "01"
    if course.chance(0.9 if large else 0.30):
        _upwards(course, home)
        course.after(course.span(3, 30), "调处", method="people_mediation")
        if course.chance(0.8 if large else 0.25):
            course.after(course.span(6, 40), "移送", to_grid_code=str(TOWN_CODE), ground="beyond_means")
            course.after(course.span(1, 20), "签收")
            course.after(course.span(6, 40), "会商", note="镇综治中心组织会商")
    if course.chance(0.05):
        at = course.after(course.span(4, 30), "挂起", ground="appraisal", until="")
        ends = at + timedelta(days=int(course.rng.integers(5, 20)))
        if course.rows[-1]["action"] == "挂起":
            course.rows[-1]["until"] = ends.isoformat()
        course.due += ends - at
        course.after(ends - at - course.span(1, 48), "恢复办理", note="鉴定意见已出")
    if course.chance(0.05):
        until = course.due + timedelta(days=int(course.rng.integers(7, 16)))
        course.after(course.span(10, 60), "延期", ground="complex", until=until.isoformat())
    _end(course)


def _end(course: _Course) -> None:
    if course.chance(0.004):
        return
    if course.chance(0.05):
        ways = ("court", "arbitration", "court")
        course.after(
            course.span(30, 130), "未化解", ground=ways[int(course.rng.integers(3))], note="双方未能达成一致"
        )
        course.after(course.span(20, 200), "归档")
        return
    _solve(course, course.span(12, 120))
    if course.chance(0.02):
        course.after(timedelta(days=float(course.rng.uniform(15, 75))), "重开", ground="again")
        course.after(course.span(3, 30), "调处", method="people_mediation")
        _solve(course, course.span(12, 100))
    if course.chance(0.65):
        kept = ("yes", "yes", "yes", "partly", "no")[int(course.rng.integers(5))]
        course.after(timedelta(days=7) + course.span(0, 40), "回访", fulfilled=kept)
    course.after(course.span(20, 240), "归档")


def _solve(course: _Course, wait: timedelta) -> None:
    agreement = "written" if course.chance(0.45) else "oral"
    course.after(
        wait,
        "化解",
        outcome="agreed" if course.chance(0.9) else "settled_themselves",
        method="people_mediation",
        agreement=agreement,
        fulfilled="yes" if course.chance(0.5) else "no",
        note="双方达成一致",
    )


def _upwards(course: _Course, home: Village | None) -> None:
    """Village to area, signed for there; what has no village goes to the first area."""
    area = home.area if home else 1
    course.after(course.span(4, 30), "移送", to_grid_code=f"{TOWN_CODE}{area:02d}", ground="beyond_means")
    course.after(course.span(1, 20), "签收")


def _neighbour(home: Village, villages: tuple[Village, ...], rng: np.random.Generator) -> Village:
    near = sorted(
        (v for v in villages if v is not home),
        key=lambda v: (v.x_m - home.x_m) ** 2 + (v.y_m - home.y_m) ** 2,
    )
    return near[int(rng.integers(4))]


def write_edition(
    land: Land,
    places: list[Place],
    found: list[Incident],
    village_index: list[int],
    rows: dict[str, list[dict[str, object]]],
    degrees: Degrees,
    seed: int,
    out: Path,
) -> None:
    """Write the second edition's files.

    Parameters
    ----------
    land : Land
    places : list of Place
    found : list of Incident
        Of the first edition.
    village_index : list of int
        Village of each incident, -1 outside the town.
    rows : dict
        Rows of the first edition's ``incidents``, ``teams`` and ``organisations`` files, with places.
    degrees : callable
        Local metres to longitude and latitude as text.
    seed : int
    out : Path
    """
    folder = out / FOLDER
    folder.mkdir(exist_ok=True)
    rng = np.random.default_rng([seed, 61])
    steps: list[dict[str, object]] = []
    homes = [land.villages[index] if index >= 0 else None for index in village_index]
    today = waiting(found, homes, np.random.default_rng([seed, 67]))
    for incident, home in zip(found, homes, strict=True):
        drawn = _run(incident, home, land.villages, rng).rows
        other = today.get(incident.uid)
        steps += drawn if other is None else [dict.fromkeys(_STEP, "") | row for row in other]
    told = [_told(row, incident, rng) for row, incident in zip(rows["incidents"], found, strict=True)]
    write_table(folder / "incidents.csv", _INCIDENT, told)
    write_table(folder / "incident_steps.csv", _STEP, steps)
    teams = rows["teams"]
    by_code = {row["code"]: row for row in teams}
    by_day = [
        by_code[night]
        | {
            "code": day,
            "name_zh": f"{by_code[night]['name_zh']}（日班）",
            "name_en": f"{by_code[night]['name_en']}, day",
            "shift_start": "06:00",
            "shift_end": "18:00",
        }
        for night, day in _DAY_TEAMS
    ]
    write_table(folder / "teams.csv", tuple(teams[0]), teams + by_day)
    write_table(
        folder / "organisations.csv",
        tuple(rows["organisations"][0]),
        _bodies(rows["organisations"], places, degrees),
    )
    points = _fixed_points(places, degrees)
    write_table(folder / "fixed_points.csv", tuple(points[0]), points)


def _fixed_points(places: list[Place], degrees: Degrees) -> list[dict[str, object]]:
    """Give the places that patrols must come to: gates of schools, the station, the market, the hospital, the works."""
    named = {p.name_zh: p for p in places}
    spots = degrees(np.array([named[name].xy for name, *_ in _FIXED_POINTS]))
    return [
        {
            "code": f"B{n:02d}",
            "name_zh": name,
            "name_en": named[name].name_en,
            "kind": kind,
            "lon": lon,
            "lat": lat,
            "times": times,
            "hours": hours,
            "minutes": minutes,
            "gap_min": gap,
        }
        for n, ((name, kind, times, hours, minutes, gap), (lon, lat)) in enumerate(
            zip(_FIXED_POINTS, spots, strict=True), 1
        )
    ]


def _told(row: dict[str, object], incident: Incident, rng: np.random.Generator) -> dict[str, object]:
    dispute = incident.kind.domain == "dispute"
    channel, found_by = row["channel"], "villager"
    if rng.random() < 0.3:
        channel, found_by = (
            ("screening", "staff"),
            ("patrol", "staff"),
            ("hotline_110", "police"),
            ("hotline_12345", "villager"),
        )[int(rng.integers(4))]
    bands = ("none", "under_10k", "under_50k", "under_200k", "under_1m")
    money = incident.kind.code in {"04", "05", "06", "08", "10", "12", "14"}
    return row | {
        "channel": channel,
        "found_by": found_by,
        "due_at": (incident.reported + timedelta(days=incident.kind.due_days)).isoformat(),
        "people_count": int(2 + rng.poisson(12 if incident.scale != "01" else 1)) if dispute else "",
        "sum_band": bands[int(rng.integers(1, 5))] if dispute and money else "none" if dispute else "",
    }


def _bodies(rows: list[dict[str, object]], places: list[Place], degrees: Degrees) -> list[dict[str, object]]:
    town = str(TOWN_CODE)
    kept = []
    for row in rows:
        name = str(row["name_zh"])
        if name == _BODIES[0][0]:
            continue
        kind = row["kind"]
        if name in _RENAMED:
            kind = "studio" if _RENAMED[name] == "studio" else "professional_mediation"
        elif kind == "mediation_body":
            kind = "village_mediation"
        kept.append(row | {"kind": kind})
    named = {p.name_zh: p.xy for p in places}
    offsets = np.array([(12.0 * n - 40.0, 25.0) for n in range(len(_BODIES))])
    spots = degrees(np.array([named[place] for *_, place in _BODIES]) + offsets)
    for n, ((zh, en, kind, _), (lon, lat)) in enumerate(zip(_BODIES, spots, strict=True), 1):
        hours = "24/7" if kind in {"police_station", "hospital"} else "Mo-Fr 08:30-17:30"
        kept.append(
            {
                "code": f"P{n:03d}",
                "name_zh": zh,
                "name_en": en,
                "kind": kind,
                "lon": lon,
                "lat": lat,
                "grid_code": town,
                "opens": hours,
            }
        )
    return kept
