"""From cells to what may be shown: small counts merged up, every area explained in words, and what to do first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components
from shapely.geometry.base import BaseGeometry

from gridmap.analysis.suppress import NOT_SHOWN, merge_up
from gridmap.domain.hotspots import Evidence, Finding, RunSummary
from gridmap.domain.protection import place_band
from gridmap.domain.terms import MINIMUM, SEASON_DAYS
from gridmap.services.hotspots.observations import Inputs
from gridmap.services.hotspots.units import CellTable, Rows, rows_of_units

_PATROLLED = frozenset({"policing", "safety"})
PROPOSALS = {
    "mediate": ("建议：先调解、走访服务", "Proposed first: mediation and service visits"),
    "serve": ("建议：先上门服务", "Proposed first: service visits"),
    "patrol": ("建议：先走访服务，再安排巡防", "Proposed: service visits first, then patrols"),
    "falling": (
        "正在明显下降：不增派，先弄清原因，可减少安排",
        "Falling clearly: nothing more is sent; find out why, and plan for less",
    ),
}
_FALLS_TO = 0.7
BY_COUNT_NOTE = (
    "按件数比较，没有扣除人口：人多的地方也会被标出，不能说其中多少出于偶然。按在场人口比较：--by rate 或选“发生率”。",
    "By count population is not taken out: places with many people are marked, too. By the people present: --by rate.",
)
EXACT_NOTE = (
    "按发生率的 Gi* 用精确分布，没有用到 --permutations。",
    "Gi* by rate has an exact null: --permutations was not used.",
)
EXPECTED_NOTE = (
    "预期是各处自己以往同样长的时间里的件数，不是全镇平均：标出的是比自己以往多的地方，不是件数多的地方；长期都多的不会标出。",
    (
        "What is expected is each place's own past, not the town's average: found is what rose above it, not what has "
        "many; a place that always had many is not."
    ),
)
NEAR_REPEAT_NOTE = (
    "“校正 p”和 q 已对全部距离、时间带校正。时间只在一段段季节内打乱：忙闲变化更快的地方仍会成对接近，并不都是近重复。",
    (
        "The corrected p and q hold for all bands. Times are shuffled within seasons: places that change faster still "
        "bring close pairs without near repeats."
    ),
)
LONG_SEASON_NOTE = (
    (
        f"打乱时间的季节长于 {SEASON_DAYS} 天：自己换地方忙的片区也会显得像近重复，这次的 p 和 q 不能当作发现。"
        f"请用 {SEASON_DAYS} 天或更短的季节再算。"
    ),
    (
        f"Times are shuffled within seasons longer than {SEASON_DAYS} days: a busy quarter that moves by itself looks "
        f"like near repeats, so p and q of this run are no finding. Run it again with {SEASON_DAYS} days or less."
    ),
)


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """What a method found, fit to be shown.

    Attributes
    ----------
    features : list of Finding
        Geometries projected; in order of rank.
    summary : RunSummary
        Counts, conventions and everything else that is told once for the run.
    protected : list of Finding or None
        The features as they may leave the house: perturbed counts, chances in classes; None for methods whose results
        follow single places too closely.
    """

    features: list[Finding]
    summary: RunSummary
    protected: list[Finding] | None = None


def proposal(domain: str | None) -> str:
    """Tell what is proposed first at a hotspot of a domain: a key of `PROPOSALS`."""
    if domain in _PATROLLED:
        return "patrol"
    return "serve" if domain == "social_service" else "mediate"


def falls(now: int, before: int | None) -> bool:
    """Tell whether a place has clearly fewer than in the period before, as far as their bands can tell.

    At most seven tenths wherever in its band each number lies.

    Parameters
    ----------
    now, before : int
        ``before`` is None where it is not known.
    """
    return before is not None and place_band(now)[1] - 1 <= _FALLS_TO * place_band(before)[0]


def told(count: int) -> int | None:
    """Return a number of incidents where it may be told, None where it is 1 to 4."""
    return None if 0 < count < MINIMUM else count


def told_text(count: int | None) -> str:
    """Write a number of incidents, or that it is below five."""
    return f"< {MINIMUM}" if count is None or 0 < count < MINIMUM else str(count)


def number(value: float | None, digits: int = 2) -> float | None:
    """Round for JSON; None for what is not a number."""
    return None if value is None or not np.isfinite(value) else round(float(value), digits)


def chance(p: float | None) -> float | None:
    """Round a probability to three significant digits for JSON; None for what is not a number."""
    return None if p is None or not np.isfinite(p) else float(f"{p:.3g}")


def p_text(p: float) -> str:
    """Write a probability with two digits, and never as zero."""
    return "< 0.001" if p < 0.001 else f"{p:.3f}" if p < 0.01 else f"{p:.2f}"


def in_words(
    observed: int,
    expected: float | None,
    z: float | None = None,
    p: float | None = None,
    *,
    sign: str = "q",
    of: tuple[str, str] | None = None,
) -> tuple[str, str]:
    """Explain a result in a sentence of each language; `of` names what z and p are of, where not of all of it."""
    zh, en = [f"接报 {observed} 件"], [f"{observed} reported"]
    if expected is not None:
        zh.append(f"预期 {expected:.1f} 件")
        en.append(f"{expected:.1f} expected")
    if z is not None and np.isfinite(z):
        zh.append((f"{of[0]} " if of else "") + f"z {z:.1f}")
        en.append((f"{of[1]} " if of else "") + f"z {z:.1f}")
    if p is not None and np.isfinite(p):
        text = p_text(p)
        shown = f"{sign} {text}"
        zh.append(shown)
        en.append(shown)
    return "，".join(zh), ", ".join(en)


def publish_cells(
    inputs: Inputs,
    weights: csr_array,
    labels: NDArray[np.object_],
    *,
    counts: NDArray[np.int64],
    expected: NDArray[np.float64],
    domain: str | None,
    z: NDArray[np.float64],
    p: NDArray[np.float64],
    q: NDArray[np.float64],
    more: dict[str, NDArray[Any]] | None = None,
    plain: str = "none",
    only: NDArray[np.bool_] | None = None,
    of_last: str | None = None,
) -> tuple[list[Finding], int]:
    """Merge cells until each unit holds five incidents, and describe the units.

    Significant cells merge with the significant cells of the same label that they touch; the others with their village,
    area and town.

    Parameters
    ----------
    inputs : Inputs
    weights : (n, n) csr_array
        Which cells touch.
    labels : (n,) object array
        Label of each cell; `plain` where nothing was found.
    counts : (n,) int array
        Incidents of each cell: all of them, or those of one domain.
    expected, z, p, q : (n,) float arrays
    domain : str or None
        Domain of the counts; None for all of them together.
    more : dict of (n,) arrays, optional
        Further properties, taken from the cell of the unit with the strongest evidence.
    plain : str
        The label that means nothing was found.
    only : (n,) bool array, optional
        Cells that may be shown without a label; all by default.
    of_last : str, optional
        First day of the slice of time that the tests are of, where they are not of the whole period: the words say so.

    Returns
    -------
    features : list of Finding
        In order of evidence, labelled units first.
    withheld : int
        Labelled cells that could not be shown, for they and all that they touch hold fewer than five incidents.
    """
    units = np.full(len(counts), NOT_SHOWN, dtype=np.int64)
    found = labels != plain
    for label in sorted(set(labels[found])):
        rows = np.flatnonzero(labels == label)
        _, part = connected_components(weights[rows][:, rows], directed=False)
        merged = merge_up(counts[rows], part.reshape(-1, 1).astype(np.int64))
        units[rows] = np.where(merged == NOT_SHOWN, NOT_SHOWN, rows[merged])
    withheld = int((found & (units == NOT_SHOWN)).sum())
    rest = np.flatnonzero((units == NOT_SHOWN) & (True if only is None else only))
    merged = merge_up(counts[rest], inputs.groups[rest])
    units[rest] = np.where(merged == NOT_SHOWN, NOT_SHOWN, rest[merged])
    labels = np.where(np.isin(np.arange(len(labels)), rest), plain, labels)

    of_unit = [*rows_of_units(units).values()]
    cells = CellTable(inputs.cells)
    features = [
        _unit(cells, rows, outline, labels, counts, expected, (z, p, q), domain, more or {}, plain, of_last)
        for rows, outline in zip(of_unit, cells.outlines(of_unit), strict=True)
    ]
    features.sort(key=by_evidence)
    return features, withheld


def by_evidence(found: Finding) -> tuple[bool, float, int]:
    """Key that sorts labelled features first, the strongest evidence at the top."""
    return found.label == "none", -abs(found.evidence["z"] or 0.0), found.grid_key or 0


def _unit(
    cells: CellTable,
    rows: Rows,
    outline: BaseGeometry,
    labels: NDArray[np.object_],
    counts: NDArray[np.int64],
    expected: NDArray[np.float64],
    tests: tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]],
    domain: str | None,
    more: dict[str, NDArray[Any]],
    plain: str,
    of_last: str | None,
) -> Finding:
    z, p, q = tests
    strength = np.where(np.isfinite(z[rows]), np.abs(z[rows]), -1.0)
    peak = int(rows[int(np.argmax(strength))])
    label = str(labels[peak])
    alone = len(rows) == 1
    told = alone or label != plain
    observed = int(counts[rows].sum())
    awaited = float(expected[rows].sum())
    of = None if of_last is None else (f"最后一个时段（{of_last} 起）", f"the last slice (from {of_last})")
    zh, en = in_words(observed, awaited, *((float(z[peak]), float(q[peak])) if told else (None, None)), of=of)
    if (label == "hot" and observed <= awaited) or (label == "cold" and observed >= awaited):
        zh, en = f"{zh}；与相邻网格合计才突出", f"{en}; stands out only together with the grids beside it"
    name_zh, name_en = cells.named(rows)
    evidence: Evidence = {
        "name_zh": name_zh,
        "name_en": name_en,
        "cells": len(rows),
        "domain": domain,
        "observed": observed,
        "expected": number(awaited, 1),
        "z": number(z[peak], 1) if told else None,
        "p": chance(float(p[peak])) if told else None,
        "q": chance(float(q[peak])) if told else None,
        "words_zh": zh,
        "words_en": en,
    }
    if told:
        evidence |= cast("Evidence", {name: _plain(values[peak]) for name, values in more.items()})
    if label != plain:
        evidence["members"] = [str(cells.keys[row]) for row in rows]
    if label != plain and not is_cold(label):
        evidence["proposal"] = proposal(domain)
    return Finding(label, cells.keys[rows[0]], outline, evidence)


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return [_plain(v) for v in value]
    if isinstance(value, float | np.floating):
        return number(float(value), 3)
    return value.item() if isinstance(value, np.generic) else value


def is_cold(label: str) -> bool:
    """Tell whether a label speaks of fewer incidents than elsewhere."""
    return label in {"cold", "LL", "LH"} or label.endswith("_cold")
