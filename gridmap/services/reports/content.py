"""Everything that a hotspot report tells, computed from the database: what the data does not allow is told, too."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Any

import numpy as np
from scipy.sparse import csr_array

from gridmap import __version__
from gridmap.analysis.forecast.models import FEWEST_WEEKS
from gridmap.analysis.forecast.scoring import WORDS
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
    as_cluster,
    as_hotspot,
    course,
    of_domain,
    places,
    scan_clusters,
    time_steps,
    told_by_domain,
    totals,
    totals_in_years,
)
from gridmap.services.reports.looked_for import stays_in
from gridmap.services.reports.request import ReportRequest
from gridmap.services.reports.shading import shading
from gridmap.storage.database import Database
from gridmap.storage.ground import grids as stored
from gridmap.storage.ground.roads import road_rows

_MOST_WEEKS, _FEWEST_WEEKS = 12, 4
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
    digest = _digest(inputs, (before, then), records_since, (asdict(ground), _values(shown), stays))
    attempt = _Attempts()
    domains = [request.domain] if request.domain else sorted(set(inputs.domain[inputs.cell >= 0]))
    steps, done = 2 * len(domains) + 2, 0
    tell("analyse", done, steps)
    judged: Outcome | None = attempt("gi", None, by_gi, inputs, spec)
    found = places(inputs, judged) if judged is not None else []
    in_time = time_steps(spec)
    courses: dict[str, Course] = {}
    scanned: list[Finding] = []
    could_scan = False
    for domain in domains:
        done += 2
        alone, asked = of_domain(inputs, domain), _of(in_time, domain, len(domains), request)
        if any(place.domain == domain for place in found):
            gone = attempt("emerging", domain, course, alone, replace(asked, alpha=spec.alpha))
            if gone is not None:
                courses[domain] = gone
        tell("analyse", done - 1, steps)
        clusters = attempt("scan", domain, scan_clusters, alone, asked)
        if clusters is not None:
            could_scan = True
            scanned += clusters
        tell("analyse", done, steps)
    scanned = sorted(scanned, key=lambda f: (f.evidence["p"] or 1.0, f.grid_key))
    scanned = scanned[:_MOST_CLUSTERS]
    scored = attempt("forecast", None, _forecast, database, scope, request)
    tell("analyse", steps, steps)
    in_years = () if told_by_domain(inputs) else totals_in_years(database, scope, request)
    describer = Describer(inputs, _touching(inputs), frame, roads, info.kinds, request.since, draw)
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
        scanned=could_scan,
        by_rate=request.by == "rate",
        alpha=spec.alpha,
        tested_domains=len(domains),
        permutations=request.permutations,
        step=Text("月", "month") if in_time.step == "month" else Text("周", "week"),
        totals=in_years or totals(inputs, before, known=known == "known"),
        totals_of=_years(request) if in_years else None,
        hotspots=tuple(
            as_hotspot(
                n,
                place,
                inputs,
                courses,
                compared,
                describer,
                draw,
                stays=stays,
            )
            for n, place in enumerate(found, 1)
        ),
        clusters=tuple(
            as_cluster(chr(ord("A") + n), feature, in_time, inputs, describer, draw)
            for n, feature in enumerate(scanned)
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


def _forecast(database: Database, scope: Scope, request: ReportRequest) -> Forecast:
    weeks = ((request.until - request.since).days + 1) // 7
    held_out = min(max((weeks - FEWEST_WEEKS) // 2, _FEWEST_WEEKS), _MOST_WEEKS)
    found = score_forecast(database, scope, request.spec, weeks=held_out)
    return Forecast(
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
    )


def _digest(inputs: Inputs, earlier: tuple[Inputs | None, ...], records_since: dt.date, drawn: object) -> str:
    parts = [
        inputs.sha256,
        *("" if other is None else other.sha256 for other in earlier),
        records_since.isoformat(),
        ",".join(map(str, np.flatnonzero(inputs.found).tolist())),
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
