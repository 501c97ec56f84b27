"""How well models foretell weeks that they have not seen: hit rate, PAI, PEI, with intervals, beside plain counting."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gridmap.analysis._given import Rng, generator_of, numbers_of, real_of, whole_of
from gridmap.analysis.forecast.models import (
    BLEND,
    COUNT,
    FEWEST_WEEKS,
    Floats,
    blend_shares,
    checked,
    validation,
)
from gridmap.errors import Broken, InvalidInput

_ALL_SIGNS_WEEKS = 12
_LEVEL = 0.05
Verdict = Literal["better", "no-better", "worse"]

WORDS: dict[str, tuple[str, str]] = {
    "better": ("优于简单计数", "better than counting"),
    "no-better": ("不优于简单计数", "no better than counting"),
    "worse": ("不如简单计数", "worse than counting"),
}


@dataclass(frozen=True, slots=True)
class Score:
    """One model on the held-out weeks. Every interval is a 95 % bootstrap interval over weeks.

    Attributes
    ----------
    model : str
    hit_rate, hit_low, hit_high : float
        Share of the incidents that fell into the flagged cells.
    pai, pai_low, pai_high : float
        Predictive accuracy index: hit rate over the share of the area that was flagged (Chainey et al. 2008).
    pei, pei_low, pei_high : float
        Predictive efficiency index: hits over the most that any flagging of the same area could have had (Hunt 2016).
    gain, gain_low, gain_high : float
        Hit rate less that of the plain count in the same weeks; 0 for the count itself.
    verdict : {'better', 'no-better', 'worse'} or None
        Against the plain count: by whether the interval of `gain` holds zero. None for the count itself.
    """

    model: str
    hit_rate: float
    hit_low: float
    hit_high: float
    pai: float
    pai_low: float
    pai_high: float
    pei: float
    pei_low: float
    pei_high: float
    gain: float
    gain_low: float
    gain_high: float
    verdict: Verdict | None


@dataclass(frozen=True, slots=True)
class Scores:
    """All models on the same held-out weeks.

    Attributes
    ----------
    scores : tuple of Score
        The plain count first, the blend last.
    verdict : {'better', 'no-better', 'worse'}
        Of the blend, whose shares were chosen on weeks before the held-out ones.
    shares : dict
        Share of each model in the blend.
    weeks, incidents : int
        Held-out weeks, and incidents in them.
    area_share : float
        Share of the area that was flagged.
    conventions : dict
    """

    scores: tuple[Score, ...]
    verdict: Verdict
    shares: dict[str, float]
    weeks: int
    incidents: int
    area_share: float
    conventions: dict[str, str]


def hits_at(predicted: Floats, actual: Floats, area: Floats, area_share: float) -> float:
    """Incidents in the cells with the densest predictions, up to a share of the area.

    Cells with one and the same predicted density enter together, each with the same fraction, so that the order of
    rows decides nothing; the last cells count with the fraction that fits.

    Parameters
    ----------
    predicted, actual, area : (n,) float arrays
        Expected and true incidents, and area in one unit.
    area_share : float
        Between 0 and 1.

    Returns
    -------
    float
    """
    density = predicted / area
    order = np.argsort(-density, kind="stable")
    starts = np.flatnonzero(np.r_[True, np.diff(density[order]) != 0])
    areas = np.add.reduceat(area[order], starts)
    counts = np.add.reduceat(actual[order], starts)
    left = area_share * area.sum() - np.concatenate([[0.0], np.cumsum(areas)[:-1]])
    return float((counts * np.clip(left / areas, 0.0, 1.0)).sum())


def score(
    cube: ArrayLike,
    area: ArrayLike,
    xy: ArrayLike,
    *,
    held_out: int = 12,
    area_share: float = 0.05,
    bandwidth_m: float | None = None,
    bootstrap: int = 999,
    rng: Rng = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> Scores:
    """Predict each of the last weeks from the weeks before it, by every model, and compare with plain counting.

    Parameters
    ----------
    cube : (n, T) array_like
        Weekly counts, oldest first.
    area : (n,) array_like
        Area of each cell.
    xy : (n, 2) array_like
        Centres of the cells, planar.
    held_out : int
        Weeks at the end on which the models are scored; as many before them choose the blend's shares.
    area_share : float
        Share of the area that may be flagged.
    bandwidth_m : float, optional
        See :func:`predict`.
    bootstrap : int
        Resamples of the held-out weeks.
    rng : Generator or int, optional
        Seed 0 by default.
    on_progress : callable, optional
        Called with weeks done and the total.

    Raises
    ------
    InvalidInput
        When there are too few weeks, no incidents in the held-out weeks, or an area is not positive.

    References
    ----------
    Chainey, Tompson and Uhlig (2008), Security Journal 21 (PAI); Hunt (2016), Do crime hot spots move? (PEI);
    Efron and Tibshirani (1993) for the percentile interval.
    """
    counts, spread = checked(cube, xy, bandwidth_m)
    areas = numbers_of(area, "面积", "Areas")
    held_out = whole_of(held_out, "检验周数", "The number of held-out weeks")
    area_share = real_of(area_share, "标记面积比例", "The flagged share")
    _check(counts, areas, held_out, area_share)
    if whole_of(bootstrap, "自助次数", "The number of resamples") < 1:
        raise InvalidInput("bootstrap-positive", "自助次数至少为 1。", "There must be at least one resample.")
    tell = on_progress or (lambda *_: None)
    before = counts[:, :-held_out]
    shares = blend_shares(validation(before, spread, held_out), before[:, -held_out:])
    tell(1, 2)
    predicted = validation(counts, spread, held_out)
    predicted[BLEND] = sum(
        (share * predicted[name] for name, share in shares.items()), np.zeros_like(before[:, :held_out])
    )
    actual = counts[:, -held_out:]
    weekly = {
        name: np.array([hits_at(p[:, w], actual[:, w], areas, area_share) for w in range(held_out)])
        for name, p in predicted.items()
    }
    best = np.array([hits_at(actual[:, w], actual[:, w], areas, area_share) for w in range(held_out)])
    total = actual.sum(axis=0)
    draws, flips = _draws(held_out, bootstrap, generator_of(rng))
    scores = tuple(
        _score(name, hits, weekly[COUNT], best, total, area_share, draws, flips)
        for name, hits in weekly.items()
    )
    tell(2, 2)
    verdict = scores[-1].verdict
    if verdict is None:
        raise Broken(
            "forecast-without-verdict",
            "预测没有与简单计数比较，结果不可用。请把本句报告给维护人员。",
            "The forecast was not compared with plain counting and is of no use; report this to the maintainers.",
        )
    return Scores(scores, verdict, shares, held_out, int(total.sum()), area_share, _conventions(held_out))


def _conventions(held_out: int) -> dict[str, str]:
    return {
        "held out": f"the last {held_out} weeks, each predicted from all weeks before it",
        "blend": f"shares chosen on the {held_out} weeks before the held-out ones",
        "flagged": "densest predictions first; equal predictions share the last place",
        "interval": "95 % percentile bootstrap over weeks",
        "verdict": "interval without zero, and sign-flip test of the weekly differences at 5 %",
    }


def _check(counts: Floats, area: Floats, held_out: int, area_share: float) -> None:
    if area.shape != (len(counts),) or not np.isfinite(area).all() or (area <= 0).any():
        raise InvalidInput("area-positive", "每个单元的面积应为正数。", "Each cell needs a positive area.")
    if not 0 < area_share < 1 or held_out < 2:
        raise InvalidInput(
            "forecast-share",
            "标记面积比例应在 0 与 1 之间，检验周数至少为 2。",
            "The flagged share of the area must lie between 0 and 1, and two weeks at least must be held out.",
        )
    needed = 2 * held_out + FEWEST_WEEKS
    if counts.shape[1] < needed:
        raise InvalidInput(
            "forecast-weeks",
            f"只有 {counts.shape[1]} 周的数据，检验 {held_out} 周至少需要 {needed} 周。请放宽时段或减少 --weeks。",
            f"There are only {counts.shape[1]} weeks; to score {held_out}, {needed} are needed. Widen the period, or "
            "choose fewer --weeks.",
        )
    if counts[:, -held_out:].sum() == 0:
        raise InvalidInput(
            "forecast-nothing-happened",
            "检验周内没有事件，无法评分。请换时段或领域。",
            "There are no incidents in the held-out weeks, so nothing can be scored. Choose another period or domain.",
        )


def _draws(
    weeks: int, bootstrap: int, generator: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Resamples of the weeks, and signs to give to their differences: all there are, or a sample of them."""
    draws = generator.integers(0, weeks, size=(bootstrap, weeks))
    if weeks <= _ALL_SIGNS_WEEKS:
        return draws, 1 - 2 * (np.arange(2**weeks)[:, None] >> np.arange(weeks) & 1)
    drawn = generator.choice(np.array([-1, 1]), size=(2**_ALL_SIGNS_WEEKS - 1, weeks))
    return draws, np.vstack([np.ones((1, weeks), np.int64), drawn])


def _score(
    name: str,
    hits: Floats,
    counted: Floats,
    best: Floats,
    total: Floats,
    area_share: float,
    draws: NDArray[np.int64],
    flips: NDArray[np.int64],
) -> Score:
    all_weeks = np.arange(len(hits))[None, :]

    def rates(rows: NDArray[np.int64]) -> tuple[Floats, Floats, Floats]:
        incidents = np.maximum(total[rows].sum(axis=1), 1e-12)
        reached = hits[rows].sum(axis=1)
        gain = (reached - counted[rows].sum(axis=1)) / incidents
        return reached / incidents, reached / np.maximum(best[rows].sum(axis=1), 1e-12), gain

    hit, pei, gain = (float(v[0]) for v in rates(all_weeks))
    (hit_low, hit_high), (pei_low, pei_high), (gain_low, gain_high) = (
        np.percentile(values, [2.5, 97.5]).tolist() for values in rates(draws)
    )
    verdict: Verdict | None = None
    difference = hits - counted
    # An interval by bootstrap is too narrow for a few weeks; signs that chance could have given as well are not.
    p = float((np.abs(flips @ difference) >= abs(difference.sum()) - 1e-9).mean())
    if name != COUNT:
        verdict = "no-better"
        if p <= _LEVEL:
            verdict = "better" if gain_low > 0 else "worse" if gain_high < 0 else verdict
    return Score(
        name,
        hit,
        hit_low,
        hit_high,
        hit / area_share,
        hit_low / area_share,
        hit_high / area_share,
        pei,
        pei_low,
        pei_high,
        gain,
        gain_low,
        gain_high,
        verdict,
    )
