"""The areas of two hotspot runs, laid over each other."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import shapely

from gridmap.errors import InvalidInput


def compare_runs(first: dict[str, Any], second: dict[str, Any]) -> pd.DataFrame:
    """Lay the areas of two runs over each other.

    Parameters
    ----------
    first, second : dict
        As :func:`hotspot_run` gives them; the earlier one first.

    Returns
    -------
    DataFrame
        change (kept, new, gone), label_before, label_after, observed_before, observed_after, overlap (shared share of
        the joint area, 0 to 1), name_zh, name_en.

    Raises
    ------
    InvalidInput
        When a run has no areas, as near repeats have none.
    """
    old, new = (_found(run) for run in (first, second))
    rows: list[dict[str, Any]] = []
    matched: set[int] = set()
    for feature in new:
        shares = [_overlap(feature, other) if _comparable(feature, other) else 0.0 for other in old]
        best = int(np.argmax(shares)) if shares else -1
        same = old[best] if best >= 0 and shares[best] > 0 else None
        if same is not None:
            matched |= {i for i, share in enumerate(shares) if share > 0}
        rows.append(_change(same, feature, shares[best] if same is not None else 0.0))
    rows += [_change(feature, None, 0.0) for i, feature in enumerate(old) if i not in matched]
    return pd.DataFrame(rows, columns=[*_change(None, None, 0.0)])


def _found(run: dict[str, Any]) -> list[dict[str, Any]]:
    if run["method"] == "near-repeat":
        raise InvalidInput(
            "compare-no-areas",
            "近重复分析没有区域，无法比较。",
            "A near-repeat run has no areas to compare.",
        )
    return [
        f for f in run["features"] if f["label"] not in {"none", "candidate"} and f["geometry"] is not None
    ]


def _comparable(one: dict[str, Any], other: dict[str, Any]) -> bool:
    # A run over all domains may find one place in several; a hotspot of one domain does not go on in another.
    return one.get("domain") == other.get("domain") or None in (one.get("domain"), other.get("domain"))


def _overlap(one: dict[str, Any], other: dict[str, Any]) -> float:
    joint = shapely.union(one["geometry"], other["geometry"])
    shared = shapely.intersection(one["geometry"], other["geometry"])
    return float(shared.area / joint.area) if joint.area else float(shared.length / max(joint.length, 1e-12))


def _change(old: dict[str, Any] | None, new: dict[str, Any] | None, overlap: float) -> dict[str, Any]:
    named = new or old or {}
    return {
        "change": "kept" if old and new else "new" if new else "gone",
        "name_zh": named.get("name_zh"),
        "name_en": named.get("name_en"),
        "label_before": old["label"] if old else None,
        "label_after": new["label"] if new else None,
        "observed_before": old["observed"] if old else None,
        "observed_after": new["observed"] if new else None,
        "overlap": round(overlap, 3),
    }
