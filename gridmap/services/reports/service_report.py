"""The service report 便民服务报告: how far open bodies are by time of the week, and who could open longer."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

from gridmap.analysis.roads import Mode
from gridmap.domain.accounts import Actor
from gridmap.domain.roles import Action, may
from gridmap.errors import Forbidden
from gridmap.reporting.carried import table_figures, with_carried
from gridmap.reporting.class_map import ClassMap
from gridmap.reporting.model import Text
from gridmap.reporting.parts import Line, Part, Tables, render_tables
from gridmap.services.cases.places import places_of
from gridmap.services.reports.made_of import asked_of, carried
from gridmap.services.reports.registering import Entry, own_templates, write_registered
from gridmap.services.reports.shading import ground_of, minutes_map
from gridmap.services.response.access import (
    FEWEST_HELPED,
    MOMENTS,
    SERVICES,
    OpenLonger,
    Service,
    ServiceAccess,
    VillageAccess,
    Who,
    service_access,
)
from gridmap.storage.database import Database

MODES: dict[Mode, Text] = {
    "foot": Text("步行", "on foot"),
    "bike": Text("骑车", "by bicycle"),
    "car": Text("驾车", "by car"),
}
_SERVICES: dict[Service, Text] = {
    "mediation": Text("调解", "Mediation"),
    "service_point": Text("便民服务", "Services"),
}
_MOMENTS = {
    "workday": Text("工作日上午", "workday"),
    "evening": Text("工作日晚上", "evening"),
    "weekend": Text("周六上午", "Saturday"),
}
_NONE = Text("没有。", "None.")
_SAYS_NOT = Text(
    "时间是从微网格代表点沿道路到最近机构的单程时间，是一半的人不超过的时间；不含等候，不说明机构是否够用，也不比较各村工作。"
    "开放时间取自机构目录，未填写的按不开放计；节假日和临时门诊不计。",
    "Times are one way by road, from the representative point of each micro-grid to the nearest body: half of the "
    "people need at most so long. They hold no waiting and do not say whether a body suffices, nor how a village "
    "works. Hours are those of the directory, a body without any counts as closed; holidays and clinics are left out.",
)


@dataclass(frozen=True, slots=True)
class ServiceReport:
    """A service report with its document."""

    access: ServiceAccess
    tables: Tables
    html: str


def service_report(
    database: Database,
    actor: Actor,
    *,
    mode: Mode = "bike",
    languages: Literal["zh", "en", "both"] = "zh",
    now: dt.datetime | None = None,
) -> ServiceReport:
    """Tell how far services are from residents and temporary residents of what the actor sees.

    Raises
    ------
    Forbidden
        When the post may not see where temporary residents live.
    InvalidInput
        As of :func:`gridmap.services.response.access.service_access`.
    """
    if not may(actor.role, Action.SEE_SERVICES):
        raise Forbidden(
            "services-not-yours",
            "便民服务报告用到流动人口聚居点，您的岗位不能查看。请向镇综治中心索取。",
            "The service report uses where temporary residents live, which your post does not see. Ask the town's "
            "centre for it.",
        )
    access = service_access(database, actor.scope, mode=mode)
    names = places_of(database, actor.scope)
    at = (now or dt.datetime.now(dt.UTC)).astimezone(ZoneInfo(database.settings.timezone))
    counted = (
        Text("按人口", "by people") if access.counted_in == "people" else Text("按户数", "by households")
    )
    tables = Tables(
        title=Text("便民服务报告", "Services within reach"),
        place=Text(names.name_zh, names.name_en),
        under=Text(
            f"{MODES[mode].zh}到最近开放机构的分钟数（{counted.zh}的中位数）；截至 {at:%Y-%m-%d}",
            f"minutes {MODES[mode].en} to the nearest body that is open (median {counted.en}); as of {at:%Y-%m-%d}",
        ),
        first=_first(access),
        parts=(
            *(_by_village(service, who, access, n) for n, (service, who) in enumerate(_SHOWN)),
            _open_longer(access),
        ),
        says_not=_SAYS_NOT,
        maps=_maps(database, actor, access),
    )
    of = asked_of("services", actor, at, languages, mode=mode)
    page = render_tables(tables, languages, own_templates(database))
    told = carried(of, table_figures(tables.parts, of.language))
    return ServiceReport(access, tables, with_carried(page, told))


def write_service_report(database: Database, actor: Actor, made: ServiceReport, out: Path) -> int:
    """Write a service report as ``.pdf`` or ``.html``; return its number in the register."""
    today = dt.datetime.now(ZoneInfo(database.settings.timezone)).date()
    entry = Entry("services", today, today, "便民服务 / services", made.access, {"mode": made.access.mode})
    return write_registered(database, actor, entry, made.html, out)


_SHOWN: tuple[tuple[Service, Who], ...] = (
    ("mediation", "residents"),
    ("mediation", "temporary"),
    ("service_point", "residents"),
    ("service_point", "temporary"),
)
_WHO: dict[Who, Text] = {
    "residents": Text("居民", "residents"),
    "temporary": Text("流动人口", "temporary residents"),
}
_NUMBERS = "一二三四五"
_COUNTED = {"people": Text("人数", "People"), "households": Text("户数", "Households")}


def _first(access: ServiceAccess) -> tuple[Text, ...]:
    out = []
    for service in SERVICES:
        zh, en = [], []
        for moment, told in _MOMENTS.items():
            count = access.bodies[service, moment]
            minutes = _minutes(access.town[service, "residents", moment])
            zh.append(f"{told.zh}开放 {count} 处，居民 {minutes} 分钟")
            en.append(f"{told.en} {count} open, residents {minutes} min")
        out.append(
            Text(f"{_SERVICES[service].zh}：{'；'.join(zh)}。", f"{_SERVICES[service].en}: {'; '.join(en)}.")
        )
    if access.unplaced:
        out.append(
            Text(
                f"另有流动人口 {access.unplaced:,} 人所在的聚居点没有坐标，未计入。",
                f"{access.unplaced:,} temporary residents are at sites without a place and are in no number.",
            )
        )
    return tuple(out)


def _maps(database: Database, actor: Actor, access: ServiceAccess) -> tuple[ClassMap, ...]:
    ground = ground_of(database, actor.scope)
    if ground is None:
        return ()
    found = {v.grid_key: v.minutes["mediation", "residents", "workday"] for v in access.villages}
    note = Text(
        "一半居民不超过的分钟数，同表一；“无数据”为此时没有开放的机构或没有道路可到。",
        "Minutes that half of the residents need at most, as in table 1; no figure: nothing is open then, or no road.",
    )
    return (
        minutes_map(
            ground,
            Text(
                "居民到最近调解处的时间（工作日上午）", "From residents to the nearest mediation on a workday"
            ),
            {key: None if value is None else float(f"{value:.0f}") for key, value in found.items()},
            (note,),
        ),
    )


def _minutes(found: float | None) -> str:
    return "–" if found is None else f"{found:.0f}"


def _by_village(service: Service, who: Who, access: ServiceAccess, number: int) -> Part:
    # The order is that of mediation for residents in every table: a village is found in the same place.
    rows: list[VillageAccess] = [village for village in access.villages if village.people[who]]
    counted = _COUNTED[access.counted_in if who == "residents" else "people"]
    return Part(
        Text(
            f"{_NUMBERS[number]}、{_SERVICES[service].zh}：{_WHO[who].zh}（最远的村在前）",
            f"{number + 1}. {_SERVICES[service].en}: {_WHO[who].en} (the farthest first)",
        ),
        (
            Text("村（社区）", "Village"),
            counted,
            *_MOMENTS.values(),
        ),
        tuple(
            Line(
                (
                    Text(row.name_zh, row.name_en),
                    _same(f"{row.people[who]:,}"),
                    *(_same(_minutes(row.minutes[service, who, moment])) for moment in MOMENTS),
                )
            )
            for row in rows
        ),
        _NONE,
        Text(
            "– 表示此时没有机构开放或没有道路可到。", "– where nothing is open then, or no road leads there."
        ),
    )


def _open_longer(access: ServiceAccess) -> Part:
    return Part(
        Text("五、谁延长开放最有用（每行单独计算）", "5. Who could open longer (each line by itself)"),
        (
            Text("服务", "Service"),
            Text("时间", "When"),
            Text("机构", "Body"),
            Text("受益人数", "People"),
            Text("人均少走分钟", "Minutes saved each"),
        ),
        tuple(_advice(one) for one in access.open_longer),
        Text("延长开放不会缩短任何人的路程。", "Nobody would have a shorter way."),
        Text(
            f"只列此时关闭、开放后至少 {FEWEST_HELPED} 人更近的机构；此时一处也不开放的，按 4 小时比较。",
            f"Bodies that are closed then and would be nearer for {FEWEST_HELPED} people at least; where nothing is "
            "open, against four hours.",
        ),
    )


def _advice(one: OpenLonger) -> Line:
    saved = Text("此时无处可去", "nothing open now") if one.only_one else _same(f"{one.minutes_saved:.0f}")
    return Line(
        (
            _SERVICES[one.service],
            _MOMENTS[one.moment],
            Text(one.name_zh, one.name_en),
            _same(f"{one.people:,}"),
            saved,
        )
    )


def _same(text: str) -> Text:
    return Text(text, text)
