"""Reports: written whole from a period and a scope, entered in the register, and the same bytes when made again."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import json
import shlex
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from gridmap import __version__
from gridmap.analysis.forecast.models import FEWEST_WEEKS
from gridmap.domain.codes import code_list
from gridmap.domain.gridkey import Scope
from gridmap.errors import InvalidInput
from gridmap.ingest.atomic import replacing
from gridmap.ingest.export import write_layer
from gridmap.ingest.personal import personal_in
from gridmap.reporting import page, tables
from gridmap.reporting.model import Download, Forecast, ForecastRow, HotspotReport, Refusal, Text
from gridmap.services.forecasts import score_forecast
from gridmap.services.hotspots.by_cell import by_gi
from gridmap.services.hotspots.inputs import Inputs, load_inputs, scope_of
from gridmap.services.hotspots.publish import Outcome
from gridmap.services.hotspots.spec import HotspotSpec
from gridmap.services.report_findings import (
    DOMAINS,
    Course,
    as_cluster,
    as_hotspot,
    course,
    of_domain,
    places,
    scan_clusters,
    time_steps,
    totals,
)
from gridmap.services.report_ground import Drawing, draw_ground, place_name
from gridmap.services.workspace import workspace_info
from gridmap.storage import exports, hotspots
from gridmap.storage import grids as stored
from gridmap.storage.database import Database

PURPOSE = "镇综治例会 / town meeting"
_MOST_WEEKS, _FEWEST_WEEKS = 12, 4
_MOST_CLUSTERS = 26
_LEVELS = {c.code: Text(c.zh, c.en) for c in code_list("grid_level")}
_PARTS = {
    "gi": Text("热点判断（Gi*）", "the judgement of hotspots (Gi*)"),
    "emerging": Text("热点的变化（新兴热点）", "the course of hotspots (emerging hotspots)"),
    "scan": Text("时空扫描", "the space-time scan"),
    "forecast": Text("预测与简单计数的比较", "the forecast against plain counting"),
}


@dataclass(frozen=True, slots=True)
class ReportRequest:
    """What a hotspot report is asked to tell.

    Attributes
    ----------
    since, until : date
        First and last local day of the period.
    level : int
        Level of the cells: 1 to 4.
    within : int or None
        Key of the grid that the report is about; the whole workspace where None.
    domain, kind : str or None
        Codes; where the domain is None each is judged by itself.
    by : {'count', 'rate'}
    seed : int
    languages : {'zh', 'en', 'both'}
    purpose : str
        What the report is for: printed, and kept in the register.
    permutations : int
        Random replications of the space-time scan.
    """

    since: dt.date
    until: dt.date
    level: int
    within: int | None = None
    domain: str | None = None
    kind: str | None = None
    by: Literal["count", "rate"] = "count"
    seed: int = 0
    languages: Literal["zh", "en", "both"] = "both"
    purpose: str = PURPOSE
    permutations: int = 999

    def __post_init__(self) -> None:
        """Refuse a purpose that is empty or names a person."""
        if not self.purpose.strip() or len(self.purpose) > 200:
            raise InvalidInput(
                "purpose-length",
                "请写明报告用途，1 至 200 字。",
                "Say what the report is for, in 1 to 200 characters.",
            )
        if personal_in(self.purpose) is not None:
            raise InvalidInput(
                "purpose-personal",
                "用途中有身份证号或电话号码，请删除。",
                "The purpose holds an identity or telephone number. Take it out.",
            )
        if self.permutations < 19:
            raise InvalidInput(
                "permutations-range",
                "随机重复次数至少 19 次。",
                "At least 19 random replications are needed.",
            )

    @property
    def spec(self) -> HotspotSpec:
        """The run behind the report."""
        return HotspotSpec(
            "gi",
            self.since,
            self.until,
            domain=self.domain,
            kind=self.kind,
            level=self.level,
            by=self.by,
            within=self.within,
            seed=self.seed,
        )

    @property
    def command(self) -> str:
        """The command line that makes the same file again."""
        words = ["gridmap", "reports", "build", "hotspots"]
        if self.within is not None:
            words += ["--scope", str(self.within)]
        words += ["--from", self.since.isoformat(), "--to", self.until.isoformat(), "--level", str(self.level)]
        for option, value in (("--domain", self.domain), ("--kind", self.kind)):
            words += [option, value] if value is not None else []
        words += ["--by", self.by, "--seed", str(self.seed), "--permutations", str(self.permutations)]
        words += ["--lang", self.languages, "--purpose", self.purpose, "--out", "FILE.html"]
        return shlex.join(words)

    @property
    def before(self) -> tuple[dt.date, dt.date]:
        """First and last day of the period of the same length directly before."""
        last = self.since - dt.timedelta(days=1)
        return last - (self.until - self.since), last


class _Attempts:
    """Parts of the report that the data may not allow: each is tried, and what was refused is told."""

    def __init__(self) -> None:
        self.refused: dict[str, InvalidInput] = {}

    def __call__(self, part: str, make: Callable[[], Any]) -> Any:
        try:
            return make()
        except InvalidInput as error:
            self.refused.setdefault(part, error)
            return None

    def told(self) -> tuple[Refusal, ...]:
        return tuple(Refusal(_PARTS[part], Text(e.zh, e.en)) for part, e in self.refused.items())


def build_hotspot_report(
    database: Database,
    scope: Scope,
    request: ReportRequest,
    out: Path,
    *,
    assets: Path,
    on_progress: Callable[[str, int, int], None] | None = None,
) -> dict[str, Any]:
    """Write a hotspot report as one stand-alone HTML file, its tables beside it, and enter it in the register.

    Parameters
    ----------
    database : Database
    scope : Scope
    request : ReportRequest
    out : Path
        The file; it appears whole or not at all. Its tables go to the folder ``<name>-tables`` beside it.
    assets : Path
        Folder with the files of the browser's map library: ``leaflet/leaflet.js``, ``leaflet.css``, ``images``.
    on_progress : callable, optional
        Called with the step (read, analyse, write), what is done and the total.

    Returns
    -------
    dict
        report_id, path, tables (folder), file_sha256, data_sha256, bytes, hotspots, clusters, refused (names of parts).

    Raises
    ------
    NotFound
        When the grid lies outside the scope.
    InvalidInput
        When there are no incidents or no grids of the level, the file is no ``.html``, or the map library is missing.
    """
    if out.suffix.lower() not in {".html", ".htm"}:
        raise InvalidInput(
            "report-ending",
            f"报告写成 HTML 文件，请把 --out 改为以 .html 结尾（现为“{out.name}”）。",
            f'A report is an HTML file: let --out end with .html (it is "{out.name}").',
        )
    tell = on_progress or (lambda *_: None)
    script, style, images = _map_library(assets)
    report, digest = _hotspot_report(database, scope, request, tell)
    tell("write", 0, 2)
    frames = tables.frames(report)
    folder = out.with_name(f"{out.stem}-tables")
    contents = _as_csv(frames, folder, database.settings.timezone)
    downloads = tuple(
        Download(name, title, contents[name]) for name, (title, _) in frames.items()
    )
    text = page.render(
        report,
        downloads,
        request.languages,
        leaflet_js=script,
        leaflet_css=page.with_images(style, images),
    )
    content = text.encode("utf-8")
    file_sha256 = hashlib.sha256(content).hexdigest()
    inside = scope_of(scope, request.within)
    with replacing(out) as temporary:
        temporary.write_bytes(content)
        # Entered first: a report that is not in the register must not exist.
        with database.scoped_session(scope, write=True) as session:
            number = hotspots.add_report(
                session,
                {
                    "kind": "hotspots",
                    "scope_lo": inside.lo,
                    "scope_hi": inside.hi,
                    "since": request.since,
                    "until": request.until,
                    "seed": request.seed,
                    "purpose": request.purpose,
                    "parameters": request.spec.as_dict()
                    | {"languages": request.languages, "permutations": request.permutations},
                    "data_sha256": digest,
                    "file_sha256": file_sha256,
                    "version": __version__,
                },
            )
    tell("write", 2, 2)
    return {
        "report_id": number,
        "path": str(out),
        "tables": str(folder),
        "file_sha256": file_sha256,
        "data_sha256": digest,
        "bytes": len(content),
        "hotspots": len(report.hotspots),
        "clusters": len(report.clusters),
        "refused": [refusal.part for refusal in report.refusals],
    }


def list_reports(database: Database, scope: Scope, *, limit: int = 50) -> list[dict[str, Any]]:
    """Return the register of reports that a scope may see, newest first."""
    with database.scoped_session(scope) as session:
        return hotspots.list_reports(session, limit)


def _map_library(assets: Path) -> tuple[str, str, dict[str, bytes]]:
    folder = assets / "leaflet"
    try:
        script = (folder / "leaflet.js").read_text("utf-8")
        style = (folder / "leaflet.css").read_text("utf-8")
        images = {path.name: path.read_bytes() for path in sorted((folder / "images").glob("*.png"))}
    except OSError:
        raise InvalidInput(
            "report-assets",
            "缺少地图程序文件（leaflet）。在源码目录请运行：python scripts/assets.py；否则请安装完整的 gridmap 安装包（wheel）。",
            "The map library (leaflet) is missing. In a checkout run: python scripts/assets.py; otherwise install a "
            "complete wheel of gridmap.",
        ) from None
    return script, style, images


def _as_csv(
    frames: dict[str, tuple[Text, pd.DataFrame]], folder: Path, zone: str
) -> dict[str, bytes]:
    with tempfile.TemporaryDirectory(prefix="gridmap-") as work:
        for name, (_, frame) in frames.items():
            write_layer(frame, Path(work) / f"{name}.csv", zone=zone)
        contents = {name: (Path(work) / f"{name}.csv").read_bytes() for name in frames}
    if not folder.parent.is_dir():
        raise InvalidInput(
            "folder-unwritable",
            f"没有文件夹“{folder.parent.name}”，请换一个存在且可写的文件夹。",
            f'There is no folder "{folder.parent.name}". Choose one that exists and is writable.',
        )
    folder.mkdir(exist_ok=True)
    for name, content in contents.items():
        with replacing(folder / f"{name}.csv") as temporary:
            temporary.write_bytes(content)
    return contents


def _hotspot_report(
    database: Database, scope: Scope, request: ReportRequest, tell: Callable[[str, int, int], None]
) -> tuple[HotspotReport, str]:
    spec = request.spec
    tell("read", 0, 2)
    inputs = load_inputs(database, scope, spec)
    info = workspace_info(database, scope)
    records_since = dt.date.fromisoformat(info.period["from"]) if info.period else request.since
    with database.scoped_session(scope, timeout_s=600) as session:
        frame, roads = stored.current_frame(session), exports.road_rows(session)
    known = _known(request, records_since)
    before = _before(database, scope, request) if known == "known" else None
    tell("read", 2, 2)
    draw = Drawing(inputs.epsg)
    ground = draw_ground(frame, roads, request.level, request.within, draw)
    digest = _digest(inputs, before, ground)
    attempt = _Attempts()
    domains = [request.domain] if request.domain else sorted(set(inputs.domain[inputs.cell >= 0]))
    steps, done = 2 * len(domains) + 2, 0
    tell("analyse", done, steps)
    judged: Outcome | None = attempt("gi", lambda: by_gi(inputs, spec))
    found = places(inputs, judged) if judged is not None else []
    in_time = time_steps(spec)
    courses: dict[str, Course] = {}
    scanned: list[dict[str, Any]] = []
    for domain in domains:
        done += 2
        alone, asked = of_domain(inputs, domain), _of(in_time, domain, len(domains), request)
        if any(place.domain == domain for place in found):
            gone = attempt("emerging", lambda a=alone, s=asked: course(a, _level(s, spec.alpha)))
            if gone is not None:
                courses[domain] = gone
        tell("analyse", done - 1, steps)
        scanned += attempt("scan", lambda a=alone, s=asked: scan_clusters(a, s)) or []
        tell("analyse", done, steps)
    scanned = sorted(scanned, key=lambda f: (f["properties"]["p"], -f["properties"]["llr"], f["grid_key"]))
    scanned = scanned[:_MOST_CLUSTERS]
    scored = attempt("forecast", lambda: _forecast(database, scope, request))
    tell("analyse", steps, steps)
    about = judged.summary if judged is not None else {}
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
        incidents=int(inputs.counts.sum()),
        cells=len(inputs.cells),
        outside=inputs.outside,
        left_out_family=inputs.left_out_family,
        withheld=about.get("withheld", 0),
        cold=about.get("labels", {}).get("cold", 0),
        judged=judged is not None,
        scanned="scan" not in attempt.refused,
        by_rate=request.by == "rate",
        alpha=spec.alpha,
        tested_domains=len(domains),
        permutations=request.permutations,
        step=Text("月", "month") if in_time.step == "month" else Text("周", "week"),
        totals=totals(inputs, before, known=known == "known"),
        hotspots=tuple(
            as_hotspot(n, place, inputs, courses, scanned, before, known == "known", draw)
            for n, place in enumerate(found, 1)
        ),
        clusters=tuple(
            as_cluster(chr(ord("A") + n), feature, in_time, draw) for n, feature in enumerate(scanned)
        ),
        forecast=scored,
        refusals=attempt.told(),
        conventions=tuple(
            (Text("热点判断", "hotspots"), f"{k} = {v}") for k, v in sorted(about.get("conventions", {}).items())
        ),
        ground=ground,
        block=_block(database, request, digest),
        command=request.command,
    )
    return report, digest


def _of(spec: HotspotSpec, domain: str, domains: int, request: ReportRequest) -> HotspotSpec:
    # One scan a domain: the level is shared out among them.
    from dataclasses import replace

    return replace(spec, domain=domain, alpha=spec.alpha / domains, permutations=request.permutations)
