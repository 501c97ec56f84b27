"""Everything that a hotspot report tells, computed from the database: what the data does not allow is told, too."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from scipy.sparse import csr_array

from gridmap import __version__
from gridmap.analysis.forecast.models import FEWEST_WEEKS
from gridmap.analysis.forecast.scoring import FEWEST_JUDGED, WORDS
from gridmap.domain.cases.sealing import told_of_sealed
from gridmap.domain.codes import code_list
from gridmap.domain.gridkey import Scope
from gridmap.domain.hotspots import Finding, RunSummary
from gridmap.errors import InvalidInput
from gridmap.reporting.class_map import ClassMap
from gridmap.reporting.model import Forecast, ForecastRow, HotspotReport, Refusal, Text
from gridmap.reporting.words import MODELS
from gridmap.services.cases.overview import workspace_info
from gridmap.services.hotspots.by_cell import by_gi, touching
from gridmap.services.hotspots.forecasts import score_forecast
from gridmap.services.hotspots.observations import Inputs, load_inputs
from gridmap.services.hotspots.publish import Outcome
from gridmap.services.hotspots.spec import HotspotSpec
from gridmap.services.reports.described import Describer
from gridmap.services.reports.drawing import Drawing, draw_ground, place_name
from gridmap.services.reports.findings import (
    DOMAINS,
    Compared,
    Course,
    Place,
    as_cluster,
    as_hotspot,
    course,
    of_domain,
    places,
    scan_clusters,
    told_by_domain,
    totals,
    totals_in_years,
)
from gridmap.services.reports.looked_back import Window, history_of, window_of
from gridmap.services.reports.looked_for import stays_in
from gridmap.services.reports.request import ReportRequest
from gridmap.services.reports.shading import shading
from gridmap.storage.database import Database
from gridmap.storage.ground import grids as stored
from gridmap.storage.ground.roads import road_rows

_MOST_WEEKS = 12
_MOST_CLUSTERS = 26
_SCORES = ("hit_rate", "hit_low", "hit_high", "pai", "pai_low", "pai_high", "gain", "gain_low", "gain_high")
_LEVELS = {c.code: Text(c.zh, c.en) for c in code_list("grid_level")}
_TAKEN = frozenset(
    {
        "alpha",
        "by",
        "domain",
        "kind",
        "level",
        "max_population",
        "permutations",
        "presence",
        "since",
        "step",
        "until",
    }
    | {"within"}
)
"""Parameters that a part of the report takes; others are of methods that do not run for it."""
_INSIDE = frozenset({"dispersion", "dispersion_z", "left out of the null", "seed"})
"""Conventions that are numbers made of true counts, which leave no house; the seed is told once, in the block."""
_PARTS = {
    "gi": Text("热点判断", "the judgement of hotspots"),
    "emerging": Text("热点的变化（新兴热点）", "the course of hotspots (emerging hotspots)"),
    "window": Text("何时开始、时空扫描", "since when, and the space-time scan"),
    "scan": Text("时空扫描", "the space-time scan"),
    "forecast": Text("预测与计数的比较", "the forecast against counting"),
}


class _Attempts:
    """Parts of the report that the data may not allow: each is tried, and what was refused is told."""

    def __init__(self) -> None:
        self._refused: dict[tuple[str, str | None], InvalidInput] = {}

    def __call__(self, part: str, domain: str | None, make: Callable[..., Any], *given: Any) -> Any:
        try:
            return make(*given)
        except InvalidInput as error:
            self._refused[part, domain] = error
            return None

    def told(self, domains: int) -> tuple[Refusal, ...]:
        """Return what was refused; once where it was refused for each domain alike."""
        out: dict[tuple[Text, Text], Refusal] = {}
        for (part, domain), error in self._refused.items():
            why = Text(error.zh, error.en)
            name = _PARTS[part]
            same = sum(p == part and e.zh == error.zh for (p, _), e in self._refused.items())
            if domain is not None and same < domains:
                name = Text(f"{name.zh}，{DOMAINS[domain].zh}", f"{name.en}, {DOMAINS[domain].en}")
            out.setdefault((name, why), Refusal(name, why))
        return tuple(out.values())


def hotspot_report(
    database: Database, scope: Scope, request: ReportRequest, tell: Callable[[str, int, int], None]
) -> tuple[HotspotReport, str]:
    """Compute everything that a hotspot report tells.

    Returns
    -------
    report : HotspotReport
        Without its downloads.
    data_sha256 : str
        Hash of all that it was computed from, and of what its map is drawn on.

    Raises
    ------
    NotFound
        When the grid lies outside the scope.
    InvalidInput
        When there are no incidents or no grids of the level. What only a part of the report needs is told in it.
    """
    spec = request.spec
    tell("read", 0, 2)
    inputs = load_inputs(database, scope, spec)
    every = np.ones(len(inputs.cell), dtype=bool)
    reported = inputs.guard.told_set(every, inputs.guard.kind(None, None))
    info = workspace_info(database, scope)
    records_since = dt.date.fromisoformat(info.period["from"]) if info.period else request.since
    with database.scoped_session(scope, timeout_s=600) as session:
        frame, roads = stored.current_frame(session), road_rows(session)
    known, known_then = (_known(span, records_since) for span in (request.before, request.last_year))
    before = _inputs_of(database, scope, request, request.before) if known == "known" else None
    then = _inputs_of(database, scope, request, request.last_year) if known_then == "known" else None
    tell("read", 2, 2)
    draw = Drawing(inputs.epsg)
    ground = draw_ground(frame, roads, request.level, request.within, draw)
    shown = shading(database, scope, request, inputs, ground)
    stays = stays_in(database, scope, request, inputs.epsg)
    attempt = _Attempts()
    domains = [request.domain] if request.domain else sorted(set(inputs.domain[inputs.cell >= 0]))
    steps = 2 * len(domains) + 2
    tell("analyse", 0, steps)
    judged: Outcome | None = attempt("gi", None, by_gi, inputs, spec)
    found = places(inputs, judged) if judged is not None else []
    window: Window | None = attempt("window", None, window_of, spec, records_since)
    in_time, wider = spec, inputs
    if window is not None:
        in_time = window.of(spec)
        wider = load_inputs(database, scope, in_time) if window.is_wider else inputs
    rises = _rises(wider, in_time, window, request, domains, found, attempt, tell)
    history = history_of(spec, records_since)
    foretold = attempt("forecast", None, _forecast, database, scope, history)
    scored, learned = foretold or (None, "")
    digest = _digest(
        (inputs, before, then, wider), records_since, (asdict(ground), _values(shown), stays, learned)
    )
    tell("analyse", steps, steps)
    in_years = () if told_by_domain(inputs) else totals_in_years(database, scope, request)
    near = _touching(inputs)
    describer = Describer(inputs, near, frame, roads, info.kinds, request.since, draw)
    in_window = Describer(wider, near, frame, roads, info.kinds, in_time.since, draw)
    compared = (Compared(before, known == "known"), Compared(then, known_then == "known"))
    about: RunSummary = judged.summary if judged is not None else {}
    report = HotspotReport(
        place=place_name(frame, request.within, Text(info.name_zh, info.name_en)),
        domains=DOMAINS[request.domain] if request.domain else Text("全部领域", "all domains"),
        level=_LEVELS.get(str(request.level), Text(f"第 {request.level} 级", f"level {request.level}")),
        purpose=request.purpose,
        since=request.since.isoformat(),
        until=request.until.isoformat(),
        before=known,
        before_since=request.before[0].isoformat(),
        before_until=request.before[1].isoformat(),
        records_since=records_since.isoformat(),
        last_year=known_then,
        last_year_since=request.last_year[0].isoformat(),
        last_year_until=request.last_year[1].isoformat(),
        incidents=reported or 0,
        cells=len(inputs.cells),
        sealed=Text(*told_of_sealed(closer_than_village=spec.closer_than_village)),
        cold=about.get("labels", {}).get("cold", 0),
        judged=judged is not None,
        scanned=rises.could_scan,
        by_rate=request.by == "rate",
        alpha=spec.alpha,
        tested_domains=len(domains),
        permutations=request.permutations,
        window_since=in_time.since.isoformat() if window is not None and window.is_wider else None,
        step=Text("月", "month") if in_time.step == "month" else Text("周", "week"),
        totals=in_years or totals(inputs, before, known=known == "known"),
        totals_of=_years(request) if in_years else None,
        hotspots=tuple(
            as_hotspot(
                n,
                place,
                inputs,
                rises.courses,
                compared,
                describer,
                draw,
                stays=stays,
            )
            for n, place in enumerate(found, 1)
        ),
        clusters=tuple(
            as_cluster(chr(ord("A") + n), feature, in_time, wider, in_window, draw)
            for n, feature in enumerate(rises.clusters)
        ),
        forecast=scored,
        refusals=attempt.told(len(domains)),
        conventions=", ".join(
            f"{k} = {v}" for k, v in sorted(about.get("conventions", {}).items()) if k not in _INSIDE
        ),
        ground=ground,
        block=_block(database, request, in_time.step),
        command=request.command,
        shading=shown,
    )
    return report, digest


@dataclass(frozen=True, slots=True)
class _Rises:
    """What is told in space and time: the course of each domain, clusters, and whether any could be looked for."""

    courses: dict[str, Course]
    clusters: list[Finding]
    could_scan: bool


def _rises(
    inputs: Inputs,
    in_time: HotspotSpec,
    window: Window | None,
    request: ReportRequest,
    domains: list[str],
    found: list[Place],
    attempt: _Attempts,
    tell: Callable[[str, int, int], None],
) -> _Rises:
    courses: dict[str, Course] = {}
    scanned: list[Finding] = []
    could_scan = False
    for number, domain in enumerate(domains if window is not None else []):
        alone, asked = of_domain(inputs, domain), _of(in_time, domain, len(domains), request)
        if any(place.domain == domain for place in found):
            gone = attempt("emerging", domain, course, alone, replace(asked, alpha=in_time.alpha))
            if gone is not None:
                courses[domain] = gone
        tell("analyse", 2 * number + 1, 2 * len(domains) + 2)
        reaching = request.since if window is not None and window.is_wider else None
        clusters = attempt("scan", domain, scan_clusters, alone, asked, reaching)
        if clusters is not None:
            could_scan = True
            scanned += clusters
        tell("analyse", 2 * number + 2, 2 * len(domains) + 2)
    scanned = sorted(scanned, key=lambda f: (f.evidence["p"] or 1.0, f.grid_key))
    return _Rises(courses, scanned[:_MOST_CLUSTERS], could_scan)


def _values(shown: ClassMap | None) -> list[float | None]:
    return [] if shown is None else [area.value for area in shown.areas]


def _touching(inputs: Inputs) -> csr_array | None:
    try:
        return touching(inputs)
    except InvalidInput:
        return None


def _years(request: ReportRequest) -> Text:
    first, last = request.since.year, request.until.year
    years = str(first) if first == last else f"{first}–{last}"
    return Text(f"{years} 年全年", f"The whole of {years}")


def _of(spec: HotspotSpec, domain: str, domains: int, request: ReportRequest) -> HotspotSpec:
    # One scan a domain: the level is shared out among them.
    return replace(spec, domain=domain, alpha=spec.alpha / domains, permutations=request.permutations)


def _known(span: tuple[dt.date, dt.date], records_since: dt.date) -> str:
    first, last = span
    if records_since > last:
        return "none"
    # A record need not fall on the very first day.
    slack = max((last - first).days // 20, 1)
    return "known" if records_since <= first + dt.timedelta(days=slack) else "partly"


def _inputs_of(
    database: Database, scope: Scope, request: ReportRequest, span: tuple[dt.date, dt.date]
) -> Inputs | None:
    first, last = span
    try:
        return load_inputs(database, scope, replace(request.spec, since=first, until=last))
    except InvalidInput:
        return None


def _forecast(database: Database, scope: Scope, history: HotspotSpec) -> tuple[Forecast, str]:
    weeks = ((history.until - history.since).days + 1) // 7
    held_out = min((weeks - FEWEST_WEEKS) // 2, _MOST_WEEKS)
    if held_out < FEWEST_JUDGED:
        needed = 2 * FEWEST_JUDGED + FEWEST_WEEKS
        ready = history.since + dt.timedelta(weeks=needed)
        raise InvalidInput(
            "report-forecast-weeks",
            f"到时段末只有 {weeks} 周的记录，评分至少需要 {needed} 周。请选 {ready:%Y-%m-%d} 以后结束的时段，"
            "或补录更早的事件。",
            f"Up to the end of the period there are records of {weeks} weeks; to score a forecast {needed} are needed. "
            f"Choose a period that ends on {ready:%Y-%m-%d} or later, or import earlier records.",
        )
    found = score_forecast(database, scope, history, weeks=held_out, known_by=history.until)
    told = Forecast(
        rows=tuple(
            ForecastRow(
                name=MODELS[row.model],
                verdict=None if row.verdict is None else Text(*WORDS[row.verdict]),
                # Shares of true counts: finer steps would tell the counts themselves.
                **{column: round(20 * float(getattr(row, column))) / 20 for column in _SCORES},
            )
            for row in found["scores"]
        ),
        verdict=found["verdict"],
        words=Text(found["verdict_zh"], found["verdict_en"]),
        comparator=MODELS[found["comparator"]],
        weeks=found["weeks"],
        incidents=20 * round(found["incidents"] / 20),
        area_share=found["area_share"],
        history_since=history.since.isoformat(),
        history_weeks=weeks,
    )
    return told, found["data_sha256"]


def _digest(read: tuple[Inputs | None, ...], records_since: dt.date, drawn: object) -> str:
    parts = [
        *("" if inputs is None else inputs.sha256 for inputs in read),
        records_since.isoformat(),
        *(
            ",".join(map(str, np.flatnonzero(inputs.found).tolist()))
            for inputs in read[:1]
            if inputs is not None
        ),
        json.dumps(drawn, sort_keys=True),
    ]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _block(database: Database, request: ReportRequest, step: str) -> tuple[tuple[Text, str], ...]:
    given = request.spec.as_dict() | {"permutations": request.permutations, "step": step}
    given = {k: v for k, v in given.items() if k in _TAKEN and v is not None}
    return (
        (Text("程序版本", "version"), f"gridmap {__version__}"),
        (Text("参数", "parameters"), ", ".join(f"{k} = {v}" for k, v in sorted(given.items()))),
        (Text("随机种子", "seed"), str(request.seed)),
        (Text("时区", "time zone"), database.settings.timezone),
    )
