"""Reports: written whole from a period and a scope, entered in the register, and the same bytes when made again."""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from gridmap import __version__
from gridmap.domain.gridkey import Scope
from gridmap.errors import InvalidInput
from gridmap.files.atomic import replacing
from gridmap.files.geopackage import write_geopackage
from gridmap.files.layers import write_layer, write_sheets
from gridmap.reporting import page, tables
from gridmap.reporting.figures import figures
from gridmap.reporting.layers import layers
from gridmap.reporting.model import Download, HotspotReport, Text
from gridmap.reporting.paper import to_pdf
from gridmap.services.hotspots.observations import scope_of
from gridmap.services.reports.content import hotspot_report
from gridmap.services.reports.registering import own_templates
from gridmap.services.reports.request import REQUEST, ReportRequest
from gridmap.storage.database import Database
from gridmap.storage.reports import register

__all__ = ["ReportRequest", "build_hotspot_report", "list_reports"]


def build_hotspot_report(
    database: Database,
    scope: Scope,
    request: ReportRequest,
    out: Path,
    *,
    assets: Path,
    pdf: bool = False,
    owner: str | None = None,
    on_progress: Callable[[str, int, int], None] | None = None,
) -> dict[str, Any]:
    """Write a hotspot report as one stand-alone HTML file, what goes with it beside it, and enter it in the register.

    Parameters
    ----------
    database : Database
    scope : Scope
    request : ReportRequest
    out : Path
        The file; it appears whole or not at all. Tables (CSV, one XLSX) and layers (GeoPackage) go to the folder
        ``<name>-tables`` beside it.
    assets : Path
        Folder with the files of the browser's map library: ``leaflet/leaflet.js``, ``leaflet.css``, ``images``.
    pdf : bool
        Whether the same report is written as ``<name>.pdf``, too.
    owner : str, optional
        Post that makes it.
    on_progress : callable, optional
        Called with the step (read, analyse, write), what is done and the total.

    Returns
    -------
    dict
        report_id, path, pdf (path or None), tables (folder), file_sha256, data_sha256, bytes, hotspots, clusters,
        refused (names of parts).

    Raises
    ------
    NotFound
        When the grid lies outside the scope.
    InvalidInput
        When there are no incidents or no grids of the level, the file is no ``.html``, or the map library is missing.
    Unavailable
        When a PDF is wanted and the machine lacks what lays it out.
    """
    if out.suffix.lower() not in {".html", ".htm"}:
        raise InvalidInput(
            "report-ending",
            f"报告写成 HTML 文件，请把 --out 改为以 .html 结尾（现为“{out.name}”）；PDF 写在它旁边。",
            f'A report is an HTML file: let --out end with .html (it is "{out.name}"); the PDF is written beside it.',
        )
    if not out.parent.is_dir():
        raise InvalidInput(
            "folder-unwritable",
            f"没有文件夹“{out.parent.name}”，请换一个存在且可写的文件夹。",
            f'There is no folder "{out.parent.name}". Choose one that exists and is writable.',
        )
    tell = on_progress or (lambda *_: None)
    made = make_hotspot_report(database, scope, request, assets=assets, pdf=pdf, on_progress=tell)
    folder = out.with_name(f"{out.stem}-tables")
    beside = out.with_suffix(".pdf") if made.pdf is not None else None
    _write_tables(made, folder, database.settings.timezone)
    inside = scope_of(scope, request.within)
    with replacing(out) as temporary, replacing(beside) if beside else nullcontext(temporary) as second:
        temporary.write_bytes(made.html)
        if made.pdf is not None:
            second.write_bytes(made.pdf)
        # Entered first: a report that is not in the register must not exist.
        with database.scoped_session(scope, write=True) as session:
            number = register.add_report(
                session,
                {
                    "kind": "hotspots",
                    "owner": owner,
                    "scope_lo": inside.lo,
                    "scope_hi": inside.hi,
                    "since": request.since,
                    "until": request.until,
                    "seed": request.seed,
                    "purpose": request.purpose,
                    "parameters": request.spec.as_dict()
                    | {"languages": request.languages, "permutations": request.permutations}
                    | ({} if made.pdf is None else {"pdf_sha256": hashlib.sha256(made.pdf).hexdigest()}),
                    "data_sha256": made.data_sha256,
                    "file_sha256": hashlib.sha256(made.html).hexdigest(),
                    "version": __version__,
                },
            )
    tell("write", 2, 2)
    return {
        "report_id": number,
        "path": str(out),
        "pdf": None if beside is None else str(beside),
        "tables": str(folder),
        "file_sha256": hashlib.sha256(made.html).hexdigest(),
        "data_sha256": made.data_sha256,
        "bytes": len(made.html),
        "hotspots": len(made.report.hotspots),
        "clusters": len(made.report.clusters),
        "refused": [refusal.part for refusal in made.report.refusals],
    }


@dataclass(frozen=True, slots=True)
class MadeReport:
    """A report with its documents, not written yet.

    Attributes
    ----------
    report : HotspotReport
    data_sha256 : str
    tables : dict of str to bytes
        As CSV, by name.
    carried : str
        JSON of what it was asked and of its figures.
    html : bytes
    pdf : bytes or None
    """

    report: HotspotReport
    data_sha256: str
    tables: dict[str, bytes]
    carried: str
    html: bytes
    pdf: bytes | None


def make_hotspot_report(
    database: Database,
    scope: Scope,
    request: ReportRequest,
    *,
    assets: Path,
    pdf: bool,
    on_progress: Callable[[str, int, int], None],
) -> MadeReport:
    """Make a hotspot report's documents; nothing is written or entered.

    Parameters
    ----------
    database, scope, request, assets, pdf, on_progress
        As of :func:`build_hotspot_report`.
    """
    script, style, images = map_library(assets)
    report, digest = hotspot_report(database, scope, request, on_progress)
    on_progress("write", 0, 2)
    frames = tables.frames(report)
    contents = _as_csv(frames, database.settings.timezone)
    carried = json.dumps(
        {"kind": "hotspots", "version": __version__, "request": REQUEST.dump_python(request, mode="json")}
        | {"figures": figures(report)},
        ensure_ascii=False,
        sort_keys=True,
    )
    own = own_templates(database)
    html = page.render(
        report,
        tuple(Download(name, title, contents[name]) for name, (title, _) in frames.items()),
        request.languages,
        leaflet_js=script,
        leaflet_css=page.with_images(style, images),
        carried=carried,
        own=own,
    )
    laid_out = to_pdf(page.render_paper(report, request.languages, own), carried, own) if pdf else None
    on_progress("write", 1, 2)
    return MadeReport(report, digest, contents, carried, html.encode("utf-8"), laid_out)


def list_reports(database: Database, scope: Scope, *, limit: int = 50) -> list[dict[str, Any]]:
    """Return the register of reports that a scope may see, newest first."""
    with database.scoped_session(scope) as session:
        return register.list_reports(session, limit)


def map_library(assets: Path) -> tuple[str, str, dict[str, bytes]]:
    """Return the script, the style and the images of the browser's map library.

    Raises
    ------
    InvalidInput
        When they are not there.
    """
    folder = assets / "leaflet"
    try:
        script = (folder / "leaflet.js").read_text("utf-8")
        style = (folder / "leaflet.css").read_text("utf-8")
        images = {path.name: path.read_bytes() for path in sorted((folder / "images").glob("*.png"))}
    except OSError:
        raise InvalidInput(
            "report-assets",
            "缺少地图程序文件（leaflet）。在源码目录请运行：python scripts/assets.py；"
            "否则请安装完整的 gridmap 安装包（wheel）。",
            "The map library (leaflet) is missing. In a checkout run: python scripts/assets.py; otherwise install a "
            "complete wheel of gridmap.",
        ) from None
    return script, style, images


def _as_csv(frames: dict[str, tuple[Text, pd.DataFrame]], zone: str) -> dict[str, bytes]:
    with tempfile.TemporaryDirectory(prefix="gridmap-") as work:
        for name, (_, frame) in frames.items():
            write_layer(frame, Path(work) / f"{name}.csv", zone=zone)
        return {name: (Path(work) / f"{name}.csv").read_bytes() for name in frames}


def _write_tables(made: MadeReport, folder: Path, zone: str) -> None:
    folder.mkdir(exist_ok=True)
    for name, content in made.tables.items():
        with replacing(folder / f"{name}.csv") as temporary:
            temporary.write_bytes(content)
    sheets = {title.zh: frame for title, frame in tables.frames(made.report).values()}
    write_sheets(sheets, folder / "tables.xlsx", zone=zone)
    write_geopackage(layers(made.report), folder / "layers.gpkg")
