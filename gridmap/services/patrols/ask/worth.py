"""What the hotspots of a run are worth tonight, from what they are and from what the week before did there."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from gridmap.domain.hotspots import Finding, KeptRun
from gridmap.domain.shown_plans import Notice
from gridmap.services.hotspots.spec import METHOD_NAMES
from gridmap.services.patrols.ask.history import History
from gridmap.services.patrols.ask.places import OnRoads
from gridmap.services.patrols.ask.prize import DOSED, Terms, terms_of


def stop_id(feature: Finding) -> str:
    """Name the stop of a finding: H and its rank for a hotspot, N for another place."""
    return f"{'N' if feature.label == 'none' else 'H'}{feature.rank}"


def terms_of_hotspots(
    features: Sequence[Finding],
    severities: Sequence[float | None],
    by_patrols: Sequence[int],
    seen: tuple[History, OnRoads, int],
    begins_at: dt.datetime,
    dose_min: float,
) -> list[Terms]:
    """Weigh the hotspots of a run.

    Parameters
    ----------
    features : sequence of Finding
    severities : sequence of float or None
        Mean severity of the incidents of each.
    by_patrols : sequence of int
        How many of its incidents patrols found.
    seen : (History, OnRoads, int)
        What the week before did; the roads, and the first of the hotspots among their places.
    begins_at : datetime
        Of the shift, aware.
    dose_min : float
        Minutes that a place is to have in a week.
    """
    history, roads, first = seen
    known = [s for s in severities if s is not None]
    mean = sum(known) / len(known) if known else None
    days, minutes = _days_since(history, roads, first, begins_at), _delivered(history, roads, first)
    return [
        terms_of(
            float(f.evidence["observed"]),
            float(f.evidence["expected"] or 0.0),
            severities[n],
            mean,
            days[n],
            delivered_min=minutes[n],
            dose_min=dose_min,
            patrol_found=by_patrols[n],
        )
        for n, f in enumerate(features)
    ]


_BY = {
    True: ("按在场人口", "by the people present"),
    False: ("按件数，没有扣除人口", "by count: population is not taken out"),
}


def told_of_prizes(run: KeptRun | None, features: Sequence[Finding], terms: Sequence[Terms]) -> list[Notice]:
    """Tell of which run prizes are, of the places that had their dose of the week, and of what patrols found."""
    out = [] if run is None else [_of_run(run)]
    had = [stop_id(f) for f, term in zip(features, terms, strict=True) if term.dose <= DOSED]
    if had:
        out.append(
            {
                "code": "dose-had",
                "stop": had[0] if len(had) == 1 else None,
                "team": None,
                "zh": f"{len(had)} 处近七日已有应有的驻留（{'、'.join(had)}），得分减半，让与他处。",
                "en": f"{len(had)} place(s) had their minutes of the week ({', '.join(had)}): worth half.",
            }
        )
    found = sum(term.patrol_found for term in terms)
    if found:
        out.append(
            {
                "code": "patrol-found",
                "stop": None,
                "team": None,
                "zh": f"热点中 {found} 件由巡防发现，不计入得分。",
                "en": f"{found} incident(s) of the hotspots were found by patrols; prizes leave them out.",
            }
        )
    return out


def _of_run(run: KeptRun) -> Notice:
    by_zh, by_en = _BY[run.parameters.get("by") == "rate"]
    zh, en = METHOD_NAMES[run.method]
    return {
        "code": "prizes-of-run",
        "stop": None,
        "team": None,
        "zh": f"得分取自第 {run.run_id} 次热点分析（{zh}，{by_zh}）：超出预期的件数。",
        "en": f"Prizes are of hotspot run {run.run_id} ({en}, {by_en}): what was reported above expectation.",
    }


def _days_since(history: History, roads: OnRoads, first: int, begins_at: dt.datetime) -> list[float | None]:
    """Days since the last visit to where teams of any mode stand for each stop."""
    by_mode = [
        history.days_since(router.point(roads.snapped[mode])[first:], begins_at)
        for mode, router in roads.routers.items()
    ]
    return [min((d for d in found if d is not None), default=None) for found in zip(*by_mode, strict=True)]


def _delivered(history: History, roads: OnRoads, first: int) -> list[float]:
    """Minutes of the week before where teams of any mode stand for each stop."""
    by_mode = [
        history.delivered_min(router.point(roads.snapped[mode])[first:])
        for mode, router in roads.routers.items()
    ]
    return [max(found) for found in zip(*by_mode, strict=True)]
