"""How well models foretell weeks that they have not seen: hit rate, PAI, PEI, with intervals, beside counting."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gridmap.analysis._given import Rng, generator_of, real_of, whole_of
from gridmap.analysis.forecast.choice import (
    JUDGED_SHARES,
    JUDGED_WEEKS,
    blended,
    checked_area,
    choose,
    hits_at,
)
from gridmap.analysis.forecast.history import Floats, History
from gridmap.analysis.forecast.models import BLEND, COMPARATORS, COUNT, FEWEST_WEEKS, MODELS, Widths, town_of
from gridmap.errors import InvalidInput

_ALL_SIGNS_WEEKS = 12
_LEVEL = 0.05
FEWEST_JUDGED = 6
"""Weeks: with fewer no signs of their differences are rarer than one in twenty."""
Verdict = Literal["better", "no-better", "worse"]

WORDS: dict[str, tuple[str, str]] = {
    "better": ("优于各种计数", "better than counting"),
    "no-better": ("不优于计数", "no better than counting"),
    "worse": ("不如简单计数", "worse than counting"),
}
"""What a verdict is called: against the best of the three kinds of counting, and worse against the plain one."""


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
        Hit rate less that of the best comparator in the same weeks; 0 for the comparator itself.
    p : float or None
        Of the difference against the best comparator, corrected for the number of models; None for kinds of counting.
    verdict : {'better', 'no-better', 'worse'} or None
        None for kinds of counting.
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
    p: float | None
    verdict: Verdict | None


@dataclass(frozen=True, slots=True)
class Scores:
    """All models on the same held-out weeks.

    Attributes
    ----------
    scores : tuple of Score
        Kinds of counting first, the blend last.
    verdict : {'better', 'no-better', 'worse'}
        Of the blend, which was chosen on weeks before the held-out ones.
    comparator : str
        The kind of counting with the most hits in the held-out weeks themselves: the hardest to beat.
    shares : dict
        Share of each model in the blend.
    widths : Widths
        Half-lives and bandwidth of counting, chosen on weeks before the held-out ones.
    weeks, incidents : int
        Held-out weeks, and incidents in them.
    area_share : float
        Share of the area that was flagged.
    conventions : dict
    """

    scores: tuple[Score, ...]
    verdict: Verdict
    comparator: str
    shares: dict[str, float]
    widths: Widths
    weeks: int
    incidents: int
    area_share: float
    conventions: dict[str, str]


def score(
    cube: ArrayLike | History,
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
    """Predict each of the last weeks from what had been reported before it, and compare with three kinds of counting.

    Parameters
    ----------
    cube : (n, T) array_like or History
        Weekly counts, oldest first; a history knows when each incident was reported.
    area : (n,) array_like
        Area of each cell.
    xy : (n, 2) array_like
        Centres of the cells, planar.
    held_out : int
        Weeks at the end on which the models are scored; up to 26 before them choose half-lives, bandwidth and blend.
    area_share : float
        Share of the area that may be flagged. The choice is judged at 1 and 5 %, or at this share where it is another.
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
    Efron and Tibshirani (1993) for the percentile interval; Westfall and Young (1993), Resampling-based multiple
    testing, for the correction.
    """
    town = town_of(cube, xy, bandwidth_m)
    areas = checked_area(area, town.history.cells)
    held_out = whole_of(held_out, "检验周数", "The number of held-out weeks")
    area_share = real_of(area_share, "标记面积比例", "The flagged share")
    counts = town.history.counts
    _check(counts, held_out, area_share)
    if whole_of(bootstrap, "自助次数", "The number of resamples") < 1:
        raise InvalidInput("bootstrap-positive", "自助次数至少为 1。", "There must be at least one resample.")
    tell = on_progress or (lambda *_: None)
    first = town.history.weeks - held_out
    judged_at = JUDGED_SHARES if area_share in JUDGED_SHARES else (area_share,)
    past = range(max(first - JUDGED_WEEKS, FEWEST_WEEKS), first)
    chosen = choose(town, areas, past, judged_at)
    actual = counts[:, first:]
    weekly: dict[str, Floats] = {name: np.zeros(held_out) for name in (*MODELS, BLEND)}
    for week in range(held_out):
        tell(week, held_out)
        said = {name: model(town, first + week, chosen.widths) for name, model in MODELS.items()}
        said[BLEND] = blended(said, chosen.shares)
        for name, expected in said.items():
            weekly[name][week] = hits_at(expected, actual[:, week], areas, area_share)
    best = np.array([hits_at(actual[:, w], actual[:, w], areas, area_share) for w in range(held_out)])
    tell(held_out, held_out)
    comparator = max(COMPARATORS, key=lambda name: round(float(weekly[name].sum()), 6))
    draws, flips = _draws(held_out, bootstrap, generator_of(rng))
    judged = compare(weekly, actual.sum(axis=0), comparator, draws, flips)
    scores = tuple(
        _score(name, hits, best, actual.sum(axis=0), area_share, draws, judged[name])
        for name, hits in weekly.items()
    )
    verdict = judged[BLEND].verdict or "no-better"
    return Scores(
        scores,
        verdict,
        comparator,
        chosen.shares,
        chosen.widths,
        held_out,
        int(actual.sum()),
        area_share,
        _conventions(held_out, len(past), judged_at),
    )


def _conventions(held_out: int, past: int, judged_at: tuple[float, ...]) -> dict[str, str]:
    shares = " and ".join(f"{share:.0%}" for share in judged_at)
    return {
        "held out": f"the last {held_out} weeks, each predicted from what had been reported before it",
        "chosen": f"half-lives, bandwidth and blend by PAI at {shares} of the area, {past} weeks before those",
        "flagged": "densest predictions first; equal predictions share the last place",
        "interval": "95 % percentile bootstrap over weeks",
        "verdict": "against the kind of counting with the most hits: interval without zero, and sign-flip test of the "
        "weekly differences at 5 %, corrected for all models (max-T); worse: against the plain count",
    }


def _check(counts: Floats, held_out: int, area_share: float) -> None:
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


@dataclass(frozen=True, slots=True)
class Judged:
    """A model against the best comparator: difference of hit rates with its interval, corrected p, verdict."""

    gain: float
    low: float
    high: float
    p: float | None
    verdict: Verdict | None


def compare(
    weekly: Mapping[str, Floats],
    total: Floats,
    comparator: str,
    draws: NDArray[np.int64],
    flips: NDArray[np.int64],
) -> dict[str, Judged]:
    """Compare the weekly hits of models with those of a comparator.

    Parameters
    ----------
    weekly : mapping of str to (w,) float array
        Hits by model, kinds of counting included.
    total : (w,) float array
        Incidents of each week.
    comparator : str
    draws : (b, w) int array
        Resampled weeks.
    flips : (f, w) int array
        Signs, the first row all ones.

    Notes
    -----
    An interval by bootstrap is too narrow for a few weeks; signs that chance could have given as well are not. The
    statistic is studentised, its p that of the greatest over all models (Westfall and Young), so that trying more
    models does not make one of them "better".
    """
    models = [name for name in weekly if name not in COMPARATORS]
    p_best, p_plain = (
        _corrected({name: weekly[name] - weekly[other] for name in models}, flips)
        for other in (comparator, COUNT)
    )
    out = {}
    for name, hits in weekly.items():
        gain, low, high = _interval(hits - weekly[comparator], total, draws)
        if name in COMPARATORS:
            out[name] = Judged(gain, low, high, None, None)
            continue
        verdict: Verdict = "no-better"
        if low > 0 and p_best[name] <= _LEVEL:
            verdict = "better"
        elif _interval(hits - weekly[COUNT], total, draws)[2] < 0 and p_plain[name] <= _LEVEL:
            verdict = "worse"
        out[name] = Judged(gain, low, high, p_best[name], verdict)
    return out


def held_against(hits: Floats, counted: Floats, total: Floats, *, bootstrap: int = 999) -> Judged:
    """Compare the weekly hits of one forecast with those of its comparator, week by week.

    Parameters
    ----------
    hits, counted, total : (w,) float arrays
        Hits of the forecast and of the comparator, and incidents of each week.
    bootstrap : int
        Resamples of the weeks; the seed is 0.
    """
    draws, flips = _draws(len(hits), bootstrap, generator_of(None))
    return compare({COUNT: counted, BLEND: hits}, total, COUNT, draws, flips)[BLEND]


def _interval(difference: Floats, total: Floats, draws: NDArray[np.int64]) -> tuple[float, float, float]:
    drawn = difference[draws].sum(axis=1) / np.maximum(total[draws].sum(axis=1), 1e-12)
    low, high = np.percentile(drawn, [2.5, 97.5]).tolist()
    return float(difference.sum() / max(total.sum(), 1e-12)), low, high


def _corrected(differences: Mapping[str, Floats], flips: NDArray[np.int64]) -> dict[str, float]:
    size = {name: max(float(np.sqrt((d**2).sum())), 1e-12) for name, d in differences.items()}
    drawn = np.max([np.abs(flips @ d) / size[name] for name, d in differences.items()], axis=0)
    return {
        name: float((drawn >= abs(d.sum()) / size[name] - 1e-9).mean()) for name, d in differences.items()
    }


def _score(
    name: str,
    hits: Floats,
    best: Floats,
    total: Floats,
    area_share: float,
    draws: NDArray[np.int64],
    judged: Judged,
) -> Score:
    def rates(rows: NDArray[np.int64]) -> tuple[Floats, Floats]:
        reached = hits[rows].sum(axis=1)
        return (
            reached / np.maximum(total[rows].sum(axis=1), 1e-12),
            reached / np.maximum(best[rows].sum(axis=1), 1e-12),
        )

    hit, pei = (float(v[0]) for v in rates(np.arange(len(hits))[None, :]))
    (hit_low, hit_high), (pei_low, pei_high) = (
        np.percentile(values, [2.5, 97.5]).tolist() for values in rates(draws)
    )
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
        judged.gain,
        judged.low,
        judged.high,
        judged.p,
        judged.verdict,
    )
