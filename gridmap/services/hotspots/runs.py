"""Hotspot runs: made, kept with all that repeats them, listed, compared, exported."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import cast

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridmap import __version__, crs
from gridmap.domain.accounts import Actor
from gridmap.domain.cases.sealing import told_of_sealed
from gridmap.domain.gridkey import Scope
from gridmap.domain.hotspots import Finding, KeptRun, RunSummary
from gridmap.domain.protection import HINT, PLACES_HINT, Counts
from gridmap.domain.terms import CAPTION, MINIMUM
from gridmap.errors import Conflict, InvalidInput, NotFound
from gridmap.files.layers import write_layer
from gridmap.services.accounts.owners import require_owner
from gridmap.services.hotspots.bands import with_band
from gridmap.services.hotspots.by_cell import by_emerging, by_gi, by_moran
from gridmap.services.hotspots.by_place import by_kde, by_near_repeat, by_network_kde
from gridmap.services.hotspots.by_scan import by_expected_scan, by_scan, by_space_time_scan
from gridmap.services.hotspots.observations import Inputs, load_inputs, road_lines, scope_of
from gridmap.services.hotspots.publish import (
    BY_COUNT_NOTE,
    EXACT_NOTE,
    EXPECTED_NOTE,
    Outcome,
    told,
)
from gridmap.services.hotspots.spec import COUNTING, COUNTS_ONLY, HotspotSpec, told_method
from gridmap.storage.database import Database
from gridmap.storage.hotspots import runs as stored

OnProgress = Callable[[str, int, int], None]

_BY_INPUTS: dict[str, Callable[[Inputs, HotspotSpec], Outcome]] = {
    "gi": by_gi,
    "moran": by_moran,
    "scan": by_scan,
    "space-time-scan": by_space_time_scan,
    "expected-scan": by_expected_scan,
    "kde": by_kde,
    "near-repeat": by_near_repeat,
    "emerging": by_emerging,
}
_STEPS = 3
_LAST_RUN = 2**31 - 1


def run_hotspots(
    database: Database,
    scope: Scope,
    spec: HotspotSpec,
    *,
    keep: bool = True,
    owner: str | None = None,
    on_progress: OnProgress | None = None,
) -> KeptRun:
    """Run a method over the incidents of a scope, and keep the run.

    Parameters
    ----------
    database : Database
    scope : Scope
    spec : HotspotSpec
    keep : bool
        Whether to keep the run; a report makes its own and keeps none.
    owner : str, optional
        Post whose run it is: it and the administrator may delete it.
    on_progress : callable, optional
        Called with the step (read, analyse, save), what is done and the total.

    Returns
    -------
    KeptRun
        ``run_id`` is None where it was not kept.

    Raises
    ------
    InvalidInput
        When the parameters, or the data that they choose, do not allow the method.
    NotFound
        When the grid that the run is about lies outside the scope.
    """
    if spec.by == "rate" and spec.method in COUNTS_ONLY:
        raise InvalidInput(
            "rate-method",
            f"方法 {spec.method} 只看件数，不能用 --by rate。请改用 gi、moran、scan、space-time-scan 或 emerging。",
            f"The method {spec.method} looks at counts only; with --by rate choose gi, moran, scan, space-time-scan or "
            "emerging.",
        )
    tell = on_progress or (lambda *_: None)
    tell("read", 0, _STEPS)
    inputs = load_inputs(database, scope, spec)
    if inputs.counts.sum() < MINIMUM:
        raise InvalidInput(
            "hotspots-too-few",
            f"所选时段、领域与范围内不足 {MINIMUM} 件，不能显示。请放宽时段、领域或网格。",
            f"There are fewer than {MINIMUM} incidents in this period, domain and grid: too few to show. Widen them.",
        )
    tell("analyse", 1, _STEPS)
    if spec.method == "network-kde":
        outcome = by_network_kde(inputs, spec, road_lines(database, scope, inputs.epsg))
    else:
        outcome = _BY_INPUTS[spec.method](inputs, spec)
    tell("save", 2, _STEPS)
    run, protected = _as_kept(scope, spec, inputs, outcome, owner)
    if keep:
        with database.scoped_session(scope, write=True, timeout_s=600) as session:
            run = replace(run, run_id=stored.add_run(session, run, protected))
    tell("save", _STEPS, _STEPS)
    return _of_class(run, Counts.TRUE) or run


def _as_kept(
    scope: Scope, spec: HotspotSpec, inputs: Inputs, outcome: Outcome, owner: str | None
) -> tuple[KeptRun, list[Finding]]:
    features = _in_degrees(outcome.features, inputs.epsg)
    shared = inputs.guard.is_whole and not spec.is_partial and outcome.protected is not None
    protected = _in_degrees(outcome.protected or [], inputs.epsg) if shared else []
    method_zh, method_en = told_method(spec.method, spec.by)
    about: RunSummary = {
        "caption_zh": CAPTION[0],
        "caption_en": CAPTION[1],
        "method_zh": method_zh,
        "method_en": method_en,
        "incidents": outcome.summary.get("incidents", int(inputs.counts.sum())),
        "cells": len(inputs.cells),
        "outside": told(inputs.outside),
        "left_out_sealed": told(inputs.left_out_sealed),
        "epsg": inputs.epsg,
        "notes": outcome.summary.get("notes", []) + _notes_of(spec),
        "protected": _protected_summary(inputs, outcome, protected) if shared else None,
    }
    run = KeptRun(
        run_id=None,
        scope=scope_of(scope, spec.within),
        method=spec.method,
        domain=spec.domain,
        kind=spec.kind,
        since=spec.since,
        until=spec.until,
        level=spec.level,
        seed=spec.seed,
        parameters=spec.as_dict(),
        data_sha256=inputs.sha256,
        version=__version__,
        summary=outcome.summary | about,
        owner=owner,
        findings=tuple(replace(found, rank=rank) for rank, found in enumerate(features, 1)),
    )
    return run, protected


def _notes_of(spec: HotspotSpec) -> list[list[str]]:
    notes = [list(told_of_sealed(closer_than_village=spec.closer_than_village))]
    if spec.is_partial:
        notes.append(list(_times_told(spec)))
    if spec.by == "count" and spec.method in COUNTING:
        notes.append(list(BY_COUNT_NOTE))
    if spec.method == "expected-scan":
        notes.append(list(EXPECTED_NOTE))
    if spec.by == "rate" and spec.method == "gi" and spec.permutations:
        notes.append(list(EXACT_NOTE))
    return notes


def _times_told(spec: HotspotSpec) -> tuple[str, str]:
    zh, en = [], []
    if spec.weekdays is not None:
        zh.append("星期" + "、".join("一二三四五六日"[day - 1] for day in sorted(spec.weekdays)))
        en.append(
            ", ".join(
                ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")[day - 1] for day in sorted(spec.weekdays)
            )
        )
    if spec.hours is not None:
        zh.append(f"{spec.hours[0]} 时至 {spec.hours[1]} 时，只有日期的不算")
        en.append(f"{spec.hours[0]}:00 to {spec.hours[1]}:00, those with a date alone left out")
    return "只看" + "；".join(zh) + "。", "Only " + "; ".join(en) + "."


def _in_degrees(features: list[Finding], epsg: int) -> list[Finding]:
    shapes = crs.geometries_to_wgs84(np.array([f.geometry for f in features], dtype=object), epsg)
    rounded = shapely.set_precision(shapes, 1e-7)
    return [replace(f, geometry=shape) for f, shape in zip(features, rounded, strict=True)]


def _protected_summary(inputs: Inputs, outcome: Outcome, protected: list[Finding]) -> RunSummary:
    labels = [f.label for f in protected]
    every = np.ones(len(inputs.cell), dtype=bool)
    return {
        "incidents": inputs.guard.told_set(every, inputs.guard.kind(None, None)),
        "cells": len(inputs.cells),
        "labels": {label: labels.count(label) for label in sorted(set(labels))},
        "slices": outcome.summary.get("slices", []),
        "withheld": 0,
        "outside": None,
        "left_out_sealed": None,
        "conventions": {"counts": "cell key", "p": "classes: 0.001, 0.01, 0.05; of true counts"},
    }


_HINTS: RunSummary = {"hint_zh": HINT[0] + PLACES_HINT[0], "hint_en": f"{HINT[1]} {PLACES_HINT[1]}"}
_TOLD_OF_EVERY_CLASS = ("caption_zh", "caption_en", "method_zh", "method_en", "epsg", "notes")


def _of_class(run: KeptRun, counts: Counts) -> KeptRun | None:
    """Return a run as a class of numbers shows it; None where it has nothing that may leave the house."""
    zh, en = told_method(run.method, run.parameters.get("by"))
    about: RunSummary = run.summary | {"method_zh": zh, "method_en": en}
    protected = about.get("protected")
    if counts is Counts.TRUE:
        inside = cast("RunSummary", {k: v for k, v in about.items() if k != "protected"})
        return replace(run, summary=inside | {"counts": str(counts)})
    if protected is None:
        return None
    same = cast("RunSummary", {k: v for k, v in about.items() if k in _TOLD_OF_EVERY_CLASS})
    outside = protected | same | {"counts": str(counts), **_HINTS}
    # The hash would tell that two runs hold the same records, or not.
    findings = tuple(with_band(found) for found in run.findings)
    return replace(run, summary=outside, data_sha256="", findings=findings)


def list_runs(
    database: Database,
    scope: Scope,
    *,
    method: str | None = None,
    limit: int = 50,
    counts: Counts = Counts.TRUE,
    all_hours: bool = False,
) -> list[KeptRun]:
    """Return the runs that a scope may see, newest first, without their features; those that a class of numbers has.

    `all_hours` leaves out those over some hours or weekdays only.
    """
    with database.scoped_session(scope) as session:
        kept = stored.list_runs(session, method=method, limit=limit, all_hours=all_hours)
    return [run for found in kept if (run := _of_class(found, counts)) is not None]


def hotspot_run(database: Database, scope: Scope, run_id: int, counts: Counts = Counts.TRUE) -> KeptRun:
    """One run with its features.

    Parameters
    ----------
    database : Database
    scope : Scope
    run_id : int
    counts : Counts
        Class of the numbers.

    Returns
    -------
    KeptRun

    Raises
    ------
    NotFound
        When there is no such run in the scope.
    Conflict
        When nothing of the run may leave the house.
    """
    run = None
    if 0 < run_id <= _LAST_RUN:
        with database.scoped_session(scope) as session:
            run = stored.find_run(session, run_id, counts)
    if run is None:
        raise NotFound(
            "hotspot-run-not-found",
            f"没有第 {run_id} 次热点分析，或超出管辖范围。用 gridmap hotspots list 查看。",
            f"There is no hotspot run {run_id} in your scope. See: gridmap hotspots list",
        )
    shown = _of_class(run, counts)
    if shown is None:
        raise Conflict(
            "hotspot-run-stays",
            f"第 {run_id} 次热点分析没有可外传的扰动结果：须为整周、整月和全部钟点、星期，方法须为 gi、moran、"
            "emerging 或扫描。请这样重新运行：gridmap hotspots run",
            f"Nothing of hotspot run {run_id} may leave the house: its period must be of whole weeks or months with "
            "all hours and weekdays, and its method gi, moran, emerging or a scan. Run it again so: gridmap hotspots "
            "run",
        )
    return shown


def delete_run(database: Database, actor: Actor, run_id: int) -> None:
    """Delete a run; plans of the actor's scope that name it name none any more.

    Raises
    ------
    NotFound
        When there is no such run in the scope.
    Forbidden
        When it is another's, and the actor is no administrator.
    Conflict
        When a plan of a wider scope names it.
    """
    run = hotspot_run(database, actor.scope, run_id)
    require_owner(actor, run.owner)
    try:
        with database.scoped_session(actor.scope, write=True) as session:
            stored.delete_run(session, run_id)
    except Conflict as error:
        if error.code != "already-there":
            raise
        raise Conflict(
            "run-in-plan",
            "更大范围的巡防计划引用了这次热点分析，不能删除。请等该计划删除后再试，或请镇综治中心处理。",
            "A patrol plan of a wider scope names this run, so it is kept. Try again when that plan is deleted, or ask "
            "the town's centre.",
        ) from None


def newest_run(database: Database, scope: Scope, method: str | None = None) -> KeptRun | None:
    """Return the newest run over all hours and weekdays that a scope may see, with its features, or None."""
    runs = list_runs(database, scope, method=method, limit=1, all_hours=True)
    number = runs[0].run_id if runs else None
    return None if number is None else hotspot_run(database, scope, number)


def export_run(run: KeptRun, path: Path, zone: str) -> int:
    """Write a run's areas to a file, whole or not at all; return the number of rows.

    Parameters
    ----------
    run : KeptRun
        Of the class that whoever gets the file may have; the file names it.
    path : Path
    zone : str

    Raises
    ------
    InvalidInput
        When the ending is not geojson, gpkg, csv or xlsx, or a map is asked of a run without areas.
    """
    about = run.summary
    if run.method == "near-repeat":
        frame: pd.DataFrame = pd.DataFrame(about["table"])
    else:
        rows = [
            {
                "rank": f.rank,
                "label": f.label,
                "grid_key": None if f.grid_key is None else str(f.grid_key),
                **{k: v for k, v in f.evidence.items() if k not in {"members", "course"}},
            }
            for f in run.findings
        ]
        frame = gpd.GeoDataFrame(
            pd.DataFrame(rows), geometry=[f.geometry for f in run.findings], crs=crs.WGS84
        )
    frame = frame.assign(
        caption_zh=about["caption_zh"],
        caption_en=about["caption_en"],
        counts=about["counts"],
        hint_zh=about.get("hint_zh", ""),
        hint_en=about.get("hint_en", ""),
        method=run.method,
        method_zh=about["method_zh"],
        method_en=about["method_en"],
        since=run.since.isoformat(),
        until=run.until.isoformat(),
        seed=run.seed,
        data_sha256=run.data_sha256,
        version=run.version,
    )
    return write_layer(frame, path, target_crs=crs.WGS84, layer="hotspots", zone=zone)
