"""Next week's expected counts, and the verdict on whether a model beats counting."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import TypedDict

import numpy as np

from gridmap.analysis import forecast
from gridmap.analysis.forecast.models import Widths
from gridmap.analysis.forecast.scoring import WORDS, Score
from gridmap.domain.gridkey import Scope
from gridmap.domain.terms import MINIMUM
from gridmap.errors import InvalidInput
from gridmap.services.hotspots.observations import load_inputs
from gridmap.services.hotspots.publish import told
from gridmap.services.hotspots.spec import HotspotSpec
from gridmap.services.hotspots.weekly import weekly_history
from gridmap.storage.database import Database


class ForecastScore(TypedDict):
    """All models beside three kinds of counting, and the verdict."""

    scores: tuple[Score, ...]
    verdict: str
    verdict_zh: str
    verdict_en: str
    comparator: str
    shares: Mapping[str, float]
    widths: Widths
    weeks: int
    first_week: str
    incidents: int
    area_share: float
    conventions: Mapping[str, str]
    left_out_sealed: int | None
    data_sha256: str


class ExpectedCell(TypedDict):
    """What a grid is expected to have."""

    grid_key: str
    name_zh: str
    name_en: str
    expected: float


class NextWeek(TypedDict):
    """Next week's counts, densest first; ``rest`` sums cells whose own history is too small to tell."""

    first_day: str
    model: str
    shares: Mapping[str, float]
    cells: list[ExpectedCell]
    rest: float
    data_sha256: str


def score_forecast(
    database: Database,
    scope: Scope,
    spec: HotspotSpec,
    *,
    weeks: int = 12,
    area_share: float = 0.05,
    patrol_found: bool = False,
    known_by: dt.date | None = None,
    on_progress: Callable[[str, int, int], None] | None = None,
) -> ForecastScore:
    """Score all models on the last weeks of a period, which they have not seen, beside counting.

    Parameters
    ----------
    database : Database
    scope : Scope
    spec : HotspotSpec
        Its period, domain, kind, level and seed; the method is not used.
    weeks : int
        Held-out weeks.
    area_share : float
        Share of the area that a model may flag.
    patrol_found : bool
        Whether incidents that patrols found count, too: where patrols look they find, and would be sent again.
    known_by : date, optional
        Leave out what was reported after this day; nothing by default.
    on_progress : callable, optional

    Returns
    -------
    dict
        scores (a dictionary a model), verdict with its words, shares of the blend, weeks, incidents, conventions,
        data_sha256.

    Raises
    ------
    InvalidInput
        When there are too few weeks or incidents.
    """
    tell = on_progress or (lambda *_: None)
    tell("read", 0, 1)
    inputs = load_inputs(database, scope, spec, patrol_found=patrol_found)
    tell("read", 1, 1)
    if known_by is not None:
        inputs = inputs.reported_by((known_by - spec.since).days)
    history, first = weekly_history(inputs, spec.since, spec.until)
    found = forecast.score(
        history,
        inputs.cells.geometry.area.to_numpy(),
        inputs.centres,
        held_out=weeks,
        area_share=area_share,
        rng=np.random.default_rng(spec.seed),
        on_progress=lambda done, total: tell("analyse", done, total),
    )
    zh, en = WORDS[found.verdict]
    return {
        "scores": found.scores,
        "verdict": found.verdict,
        "verdict_zh": zh,
        "verdict_en": en,
        "comparator": found.comparator,
        "shares": found.shares,
        "widths": found.widths,
        "weeks": found.weeks,
        "first_week": first.isoformat(),
        "incidents": found.incidents,
        "area_share": found.area_share,
        "conventions": found.conventions,
        "left_out_sealed": told(inputs.left_out_sealed),
        "data_sha256": inputs.sha256_as_reported,
    }


def next_week(
    database: Database, scope: Scope, spec: HotspotSpec, *, model: str = "blend", patrol_found: bool = False
) -> NextWeek:
    """Predict the incidents of each grid in the week after a period; `patrol_found` as for `score_forecast`.

    Returns
    -------
    dict
        first_day, model, shares, and cells: grid_key, name_zh, name_en, expected; densest first. Cells whose own
        history holds fewer than five incidents are summed up as ``rest``.

    Raises
    ------
    InvalidInput
        When there are too few weeks or incidents.
    """
    inputs = load_inputs(database, scope, spec, patrol_found=patrol_found)
    history, _ = weekly_history(inputs, spec.since, spec.until)
    if not history.weeks:
        raise InvalidInput("forecast-weeks", "时段不足一周。", "The period is shorter than a week.")
    area = inputs.cells.geometry.area.to_numpy()
    found = forecast.predict(history, inputs.centres, area=area, model=model)
    shown = np.flatnonzero(history.known(history.weeks).sum(axis=1) >= MINIMUM)
    order = shown[np.argsort(-found.expected[shown], kind="stable")]
    cells: list[ExpectedCell] = [
        {
            "grid_key": str(inputs.cells["grid_key"].iloc[i]),
            "name_zh": inputs.cells["name_zh"].iloc[i],
            "name_en": inputs.cells["name_en"].iloc[i],
            "expected": round(float(found.expected[i]), 2),
        }
        for i in order
    ]
    return {
        "first_day": (spec.until + dt.timedelta(days=1)).isoformat(),
        "model": found.model,
        "shares": found.shares,
        "cells": cells,
        "rest": round(float(found.expected.sum() - found.expected[shown].sum()), 2),
        "data_sha256": inputs.sha256_as_reported,
    }
