"""Did a patrol or a visit help? Before and after in the grids it went to, beside their surroundings and their likes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TypedDict

import numpy as np
from numpy.typing import NDArray

from gridmap.analysis import change
from gridmap.domain import terms
from gridmap.domain.gridkey import Scope
from gridmap.domain.terms import MINIMUM
from gridmap.errors import InvalidInput
from gridmap.services.cases.overview import workspace_info
from gridmap.services.ground.grids import grid_not_found
from gridmap.services.hotspots.by_cell import touching
from gridmap.services.hotspots.observations import load_inputs
from gridmap.services.hotspots.publish import number, told_text
from gridmap.services.hotspots.spec import HotspotSpec
from gridmap.services.hotspots.weekly import weekly_cube
from gridmap.storage.database import Database


class CountsChange(TypedDict):
    """Sums before and after; the ratio and its bounds are None where a sum is told as below five."""

    before: str
    after: str
    matched_before: float | None
    matched_after: float | None
    ratio: float | None
    low: float | None
    high: float | None
    p: float | None


class Displacement(TypedDict):
    """Weighted displacement quotient with its bounds."""

    wdq: float | None
    low: float | None
    high: float | None


class Effect(TypedDict):
    """What changed; no displacement where the control or the target does not allow it."""

    cells: int
    since: str
    on: str
    until: str
    change: CountsChange
    displacement: Displacement | None
    verdict_zh: str
    verdict_en: str
    conventions: Mapping[str, str]
    data_sha256: str


_LEAST_WEEKS = 2
LIKE_SHARE = 0.8
"""Of a peak: others are alike that had at least this share of it."""


def effect(
    database: Database,
    scope: Scope,
    spec: HotspotSpec,
    grids: Sequence[int],
    on: dt.date,
    *,
    weeks: int = terms.EFFECT_WEEKS,
    like_peaks: bool = False,
) -> Effect:
    """Compare the weeks before and after a measure in the grids that it went to.

    Parameters
    ----------
    database : Database
    scope : Scope
    spec : HotspotSpec
        Domain, kind, level and seed; its period is replaced by the weeks around `on`.
    grids : sequence of int
        Keys of the grids that were visited, or of grids above them.
    on : date
        First day of the measure.
    weeks : int
        Weeks before, and after.
    like_peaks : bool
        Whether the grids were chosen because of a peak: such places fall back by themselves, and what they are compared
        with must have had as high a one.

    Returns
    -------
    Effect

    Raises
    ------
    NotFound
        When a grid is not in the scope.
    InvalidInput
        When there are fewer than five incidents in the grids, before and after together, or when the weeks before or
        after are not all recorded; with `like_peaks` when no places with like peaks are there to compare with.
    """
    terms.WEEKS.refuse(weeks)
    around = _around(database, scope, spec, on, weeks)
    inputs = load_inputs(database, scope, around)
    keys = inputs.cells["grid_key"].to_numpy(dtype=np.int64)
    treated = np.zeros(len(keys), dtype=bool)
    for grid in grids:
        inside = Scope.of_grid(grid)
        hit = (keys >= inside.lo) & (keys <= inside.hi)
        if not hit.any():
            raise grid_not_found(grid)
        treated |= hit
    counts, _ = weekly_cube(inputs, around.since, around.until)
    before, after = counts[:, :weeks], counts[:, weeks:].sum(axis=1)
    if counts[treated].sum() < MINIMUM:
        raise InvalidInput(
            "effect-too-few",
            f"这些网格前后合计不足 {MINIMUM} 件，无法比较。请放宽周数或选更大的网格。",
            f"These grids had fewer than {MINIMUM} incidents before and after together. Widen the weeks or the grids.",
        )
    ring = (touching(inputs) @ treated.astype(np.float64) > 0) & ~treated
    rng = np.random.default_rng(spec.seed)
    found = change.before_after(before, after, treated, keep_out=ring, rng=rng)
    if like_peaks and found.matched_before < LIKE_SHARE * found.treated_before:
        raise InvalidInput(
            "effect-no-like-places",
            f"没有同样高发的地点可以对照（走访地前期 {found.treated_before:.0f} 件，最接近的对照地平均 "
            f"{found.matched_before:.1f} 件）。因高发而选的地点本来就会回落，所以不作结论。"
            "请用更大的网格，或多看几周。",
            f"No places with a like peak are there to compare with ({found.treated_before:.0f} incidents before, the "
            f"nearest others {found.matched_before:.1f} on average). Places chosen because of a peak fall back by "
            "themselves, so no effect is stated. Take a larger grid, or wait for more weeks.",
        )
    zh, en = _verdict(found)
    few = any(0 < of < MINIMUM for of in (found.treated_before, found.treated_after))
    return {
        "cells": int(treated.sum()),
        "since": around.since.isoformat(),
        "on": on.isoformat(),
        "until": around.until.isoformat(),
        "change": {
            "before": told_text(int(found.treated_before)),
            "after": told_text(int(found.treated_after)),
            "matched_before": number(found.matched_before, 1),
            "matched_after": number(found.matched_after, 1),
            # From the ratio and the other three sums a sum of one to four could be reckoned.
            "ratio": None if few else number(found.ratio),
            "low": None if few else number(found.low),
            "high": None if few else number(found.high),
            "p": number(found.p, 4),
        },
        "displacement": _displacement(before.sum(axis=1), after, treated, ring, rng),
        "verdict_zh": zh,
        "verdict_en": en,
        "conventions": found.conventions,
        "data_sha256": inputs.sha256,
    }


def effect_of_visit(
    database: Database, scope: Scope, spec: HotspotSpec, grid_key: int, on: dt.date
) -> Effect:
    """Compare the weeks before and after a visit to a place that was chosen because of what was found there.

    As many weeks are taken as are recorded on both sides, at most those of `terms.EFFECT_WEEKS`.

    Parameters
    ----------
    database : Database
    scope : Scope
    spec : HotspotSpec
        As for `effect`.
    grid_key : int
    on : date
        Day of the visit.

    Raises
    ------
    NotFound
        When the grid is not in the scope.
    InvalidInput
        Saying why no effect is stated.
    """
    period = workspace_info(database, scope).period
    weeks = terms.EFFECT_WEEKS
    if period is not None:
        first, last = (dt.date.fromisoformat(period[of]) for of in ("from", "to"))
        most = min((on - first).days, (last + dt.timedelta(days=1) - on).days) // 7
        weeks = max(_LEAST_WEEKS, min(weeks, most))
    return effect(database, scope, spec, (grid_key,), on, weeks=weeks, like_peaks=True)


def require_recorded(first: dt.date, last: dt.date, on: dt.date, weeks: int) -> None:
    """Refuse weeks around a day that are not all recorded.

    Parameters
    ----------
    first, last : date
        Days of the first and the last record.
    on : date
        First day of the measure.
    weeks : int
        Weeks before it, and from it on.

    Raises
    ------
    InvalidInput
        Saying how many weeks there are, or what is to be waited for.
    """
    most = min((on - first).days, (last + dt.timedelta(days=1) - on).days) // 7
    if most >= weeks:
        return
    if most >= _LEAST_WEEKS:
        step = f"周数请改为 {most} 以内", f"Take {most} weeks at most"
    else:
        least = dt.timedelta(weeks=_LEAST_WEEKS)
        zh = f"至少要有前后各 {_LEAST_WEEKS} 周"
        en = f"At least {_LEAST_WEEKS} weeks on each side are needed"
        if on < first + least:
            step = f"{zh}，请选 {first + least} 之后的", f"{en}: take what began after {first + least}"
        else:
            step = (
                f"{zh}，请等记录满 {on + least} 后再比较",
                f"{en}: compare once there are records up to {on + least}",
            )
    raise InvalidInput(
        "effect-not-recorded",
        f"前后各 {weeks} 周须都有记录（现有记录：{first} 至 {last}）。{step[0]}。",
        f"There must be records for {weeks} weeks before and after (records: {first} to {last}). {step[1]}.",
    )


def _around(database: Database, scope: Scope, spec: HotspotSpec, on: dt.date, weeks: int) -> HotspotSpec:
    """Return the parameters for the weeks around a day; raises InvalidInput where they are not all recorded."""
    period = workspace_info(database, scope).period
    length = dt.timedelta(weeks=weeks)
    if period is not None:
        first, last = (dt.date.fromisoformat(period[of]) for of in ("from", "to"))
        require_recorded(first, last, on, weeks)
    return replace(spec, since=on - length, until=on + length - dt.timedelta(days=1))


def _verdict(found: change.Change) -> tuple[str, str]:
    if found.high < 1 and found.p <= 0.05:
        return "接报量较对照下降，超出偶然", "reports fell against the matched grids, beyond chance"
    if found.low > 1 and found.p <= 0.05:
        return "接报量较对照上升，超出偶然", "reports rose against the matched grids, beyond chance"
    return "与对照相比看不出变化", "no change can be told from the matched grids"


def _displacement(
    before: NDArray[np.int64],
    after: NDArray[np.int64],
    treated: NDArray[np.bool_],
    ring: NDArray[np.bool_],
    rng: np.random.Generator,
) -> Displacement | None:
    control = ~treated & ~ring
    sums = [(float(before[rows].sum()), float(after[rows].sum())) for rows in (treated, ring, control)]
    if min(sums[2]) == 0:
        return None
    found = change.displacement(sums[0], sums[1], sums[2], rng=rng)
    return {"wdq": number(found.wdq), "low": number(found.low), "high": number(found.high)}
