"""Tables of a hotspot report, as a spreadsheet program wants them."""

from __future__ import annotations

from typing import Any

import pandas as pd

from gridmap.reporting.model import HotspotReport, Text
from gridmap.reporting.words import CAPTION, change_text, count_text, place_change_text, place_text

TITLES = {
    "hotspots": Text("热点", "hotspots"),
    "clusters": Text("时空聚集", "clusters in space and time"),
    "domains": Text("各领域件数", "incidents by domain"),
    "forecast": Text("预测评分", "forecast scores"),
}


def frames(report: HotspotReport) -> dict[str, tuple[Text, pd.DataFrame]]:
    """Return the report's tables by name, with their titles; a table without rows keeps its headings.

    Numbers are perturbed; those that are not told stand as being below the least.
    """
    rows: dict[str, list[dict[str, Any]]] = {
        "hotspots": [
            {
                "number": h.number,
                **_both("place", h.name),
                **_both("domain", h.domain),
                "grids": h.cells,
                "reported": place_text(h.observed),
                "expected": h.expected,
                "z": h.z,
                "q": h.q,
                "before": place_text(h.before),
                "change": place_change_text(h.observed, h.before).en,
                **_both("since", h.since),
                **_both("class", h.label),
                **_both("proposal", h.proposal),
            }
            for h in report.hotspots
        ],
        "clusters": [
            {
                "letter": c.letter,
                **_both("place", c.name),
                **_both("domain", c.domain),
                "grids": c.cells,
                "reported": place_text(c.observed),
                "expected": c.expected,
                "relative_risk": c.relative_risk,
                "p": c.p,
                "first_day": c.first,
                "last_day": c.last,
                "ongoing": c.ongoing,
                "whole_period": c.whole,
            }
            for c in report.clusters
        ],
        "domains": [
            {
                **_both("domain", t.name),
                "reported": count_text(t.observed).en,
                "before": count_text(t.before).en,
                "change": change_text(t.observed or 0, t.before).en,
            }
            for t in report.totals
        ],
        "forecast": [
            {
                **_both("model", r.name),
                "hit_rate": round(r.hit_rate, 4),
                "hit_low": round(r.hit_low, 4),
                "hit_high": round(r.hit_high, 4),
                "pai": round(r.pai, 3),
                "pai_low": round(r.pai_low, 3),
                "pai_high": round(r.pai_high, 3),
                "gain": round(r.gain, 4),
                "gain_low": round(r.gain_low, 4),
                "gain_high": round(r.gain_high, 4),
            }
            for r in (report.forecast.rows if report.forecast else ())
        ],
    }
    return {name: (TITLES[name], _frame(name, rows[name], report)) for name in TITLES}


def _both(name: str, text: Text) -> dict[str, str]:
    return {f"{name}_zh": text.zh, f"{name}_en": text.en}


_EMPTY = {
    "hotspots": ("number", "place_zh", "place_en", "domain_zh", "domain_en", "reported", "expected", "q"),
    "clusters": ("letter", "place_zh", "place_en", "domain_zh", "domain_en", "reported", "expected", "p"),
    "domains": ("domain_zh", "domain_en", "reported", "before", "change"),
    "forecast": ("model_zh", "model_en", "hit_rate", "pai", "gain"),
}


def _frame(name: str, rows: list[dict[str, Any]], report: HotspotReport) -> pd.DataFrame:
    frame = pd.DataFrame(rows) if rows else pd.DataFrame(columns=[*_EMPTY[name]])
    since, until = report.since, report.until
    if name == "domains" and report.totals_of is not None:
        since, until = f"{since[:4]}-01-01", f"{until[:4]}-12-31"
    return frame.assign(since=since, until=until, caption_zh=CAPTION.zh, caption_en=CAPTION.en)
