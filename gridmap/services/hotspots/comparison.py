"""The areas of two hotspot runs, laid over each other."""

from __future__ import annotations

from typing import Literal, TypedDict

import numpy as np
import pandas as pd
import shapely

from gridmap.domain.hotspots import Finding, KeptRun
from gridmap.errors import InvalidInput
from gridmap.services.hotspots.spec import COUNTS_ONLY


def compare_runs(first: KeptRun, second: KeptRun) -> pd.DataFrame:
    """Lay the areas of two runs over each other.

    Parameters
    ----------
    first, second : KeptRun
        The earlier one first.

    Returns
    -------
    DataFrame
        change (kept, new, gone), label_before, label_after, observed_before, observed_after, overlap (shared share of
        the joint area, 0 to 1), name_zh, name_en.

    Raises
    ------
    InvalidInput
        When a run has no areas, as near repeats have none; when one is by count and the other by rate, or over other
        hours or weekdays.
    """
    return pd.DataFrame(changes_between(first, second), columns=[*Change.__annotations__])


def changes_between(first: KeptRun, second: KeptRun) -> list[Change]:
    """Lay the areas of two runs over each other, the earlier one first; see :func:`compare_runs`."""
    if _basis(first) != _basis(second):
        raise InvalidInput(
            "compare-other-basis",
            "一次按件数、一次按发生率，差别不全是地点的变化。请用同样的 --by 把其中一次再运行一遍。",
            "One run is by count and the other by rate, so they differ where no place has changed. Make one of them "
            "again with the same --by.",
        )
    if first.times != second.times:
        raise InvalidInput(
            "compare-other-times",
            "两次看的钟点或星期不同，差别不全是地点的变化。请用同样的 --hours、--weekdays 把其中一次再运行一遍。",
            "The runs are over other hours or weekdays, so they differ where no place has changed. Make one of them "
            "again with the same --hours and --weekdays.",
        )
    old, new = (_found(run) for run in (first, second))
    rows: list[Change] = []
    matched: set[int] = set()
    for feature in new:
        shares = [_overlap(feature, other) if _comparable(feature, other) else 0.0 for other in old]
        best = int(np.argmax(shares)) if shares else -1
        same = old[best] if best >= 0 and shares[best] > 0 else None
        if same is not None:
            matched |= {i for i, share in enumerate(shares) if share > 0}
        rows.append(_change(same, feature, shares[best] if same is not None else 0.0))
    rows += [_change(feature, None, 0.0) for i, feature in enumerate(old) if i not in matched]
    return rows


def _basis(run: KeptRun) -> object:
    return "count" if run.method in COUNTS_ONLY else run.parameters.get("by", "count")


def _found(run: KeptRun) -> list[Finding]:
    if run.method == "near-repeat":
        raise InvalidInput(
            "compare-no-areas",
            "近重复分析没有区域，无法比较。",
            "A near-repeat run has no areas to compare.",
        )
    return [f for f in run.findings if f.label not in {"none", "candidate"} and f.geometry is not None]


def _comparable(one: Finding, other: Finding) -> bool:
    # A run over all domains may find one place in several; a hotspot of one domain does not go on in another.
    return one.evidence.get("domain") == other.evidence.get("domain") or None in (
        one.evidence.get("domain"),
        other.evidence.get("domain"),
    )


def _overlap(one: Finding, other: Finding) -> float:
    if one.geometry is None or other.geometry is None:
        return 0.0
    joint = shapely.union(one.geometry, other.geometry)
    shared = shapely.intersection(one.geometry, other.geometry)
    return float(shared.area / joint.area) if joint.area else float(shared.length / max(joint.length, 1e-12))


class Change(TypedDict):
    """What became of an area from one run to another."""

    change: Literal["kept", "new", "gone"]
    name_zh: str | None
    name_en: str | None
    label_before: str | None
    label_after: str | None
    observed_before: int | None
    observed_after: int | None
    overlap: float


def _change(old: Finding | None, new: Finding | None, overlap: float) -> Change:
    named = new or old
    return {
        "change": "kept" if old and new else "new" if new else "gone",
        "name_zh": named.evidence.get("name_zh") if named else None,
        "name_en": named.evidence.get("name_en") if named else None,
        "label_before": old.label if old else None,
        "label_after": new.label if new else None,
        "observed_before": old.evidence["observed"] if old else None,
        "observed_after": new.evidence["observed"] if new else None,
        "overlap": round(overlap, 3),
    }
