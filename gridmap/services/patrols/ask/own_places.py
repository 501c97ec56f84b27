"""Places for teams that the hotspots leave nothing to do: what is next best near their bases."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.csgraph import maximum_bipartite_matching

from gridmap import crs
from gridmap.domain.duties import USUAL_KMH
from gridmap.domain.gridkey import Scope
from gridmap.domain.hotspots import Evidence, Finding, KeptRun
from gridmap.services.patrols.ask.crew import bound_to
from gridmap.storage.teams.teams import TeamRow

_AT_HAND_MIN = 15.0
_DETOUR = 1.3
"""Way on the roads to that of the crow, which is what is known before places are put onto roads."""


def next_best(run: KeptRun, hot: list[Finding], rows: list[TeamRow], dwell_s: float) -> list[Finding]:
    """Choose a further place for each team that cannot have a hotspot at hand for itself.

    Parameters
    ----------
    run : KeptRun
    hot : list of Finding
        Its hotspots.
    rows : list of TeamRow
        Teams with bases, in order of their codes.
    dwell_s : float
        Seconds that a visit takes.

    Returns
    -------
    list of Finding
        By rank: of the places in a team's grids that are no hotspots the one with most reports above expectation for
        the time that a visit takes, those at hand (15 min there) first. A team bound to a village may get a place of
        several cells, which stands for its base.
    """
    mine = _at_hand(hot, rows)
    fits = sparse.csr_array(mine) if hot else None
    own = np.full(len(rows), -1) if fits is None else maximum_bipartite_matching(fits, perm_type="column")
    left = [f for f in run.findings if f.label == "none" and f.geometry is not None and f.grid_key]
    minutes = _minutes(left, rows)
    chosen: dict[int, Finding] = {}
    for row, team in enumerate(rows):
        if own[row] >= 0:
            continue
        bound = bound_to(team)
        best = min(
            (
                (
                    minutes[row, n] > _AT_HAND_MIN,
                    -_excess(f) / (dwell_s / 60 + 2 * minutes[row, n]),
                    f.rank,
                    n,
                )
                for n, f in enumerate(left)
                if f.rank not in chosen and _serves(bound, f, minutes[row, n])
            ),
            default=None,
        )
        if best is not None:
            chosen[best[2]] = left[best[3]]
    return [replace(f, evidence=f.evidence | _words(f.evidence)) for _, f in sorted(chosen.items())]


def _at_hand(places: list[Finding], rows: list[TeamRow]) -> NDArray[np.bool_]:
    """Whether each place is one that each team may visit and comes to soon, shape (teams, places)."""
    minutes = _minutes(places, rows)
    may = np.array([[(f.grid_key or 0) in bound_to(row) for f in places] for row in rows], np.bool_)
    out: NDArray[np.bool_] = may.reshape(minutes.shape) & (minutes <= _AT_HAND_MIN)
    return out


def _serves(bound: Scope, place: Finding, minutes: float) -> bool:
    """Whether a place is one for a team: in its village, or a single cell not far from a team of the whole town."""
    if bound != Scope.whole():
        return bool(place.grid_key) and place.grid_key in bound
    return place.evidence.get("cells", 1) == 1 and minutes <= _AT_HAND_MIN


def _minutes(places: list[Finding], rows: list[TeamRow]) -> NDArray[np.float64]:
    """About how long each team takes to each place, shape (teams, places); none to what stands for its base."""
    inside = [f.geometry.representative_point() for f in places if f.geometry is not None]
    lon, lat = np.array([p.x for p in inside]), np.array([p.y for p in inside])
    out = np.zeros((len(rows), len(places)))
    spread = np.array([f.evidence.get("cells", 1) > 1 and f.label == "none" for f in places], np.bool_)
    for n, row in enumerate(rows):
        if places:
            base = (
                np.broadcast_to(row["base_lon"] or 0.0, lon.shape),
                np.broadcast_to(row["base_lat"] or 0.0, lon.shape),
            )
            away_m = crs.distance_m(*base, lon, lat)
            kmh = row["speed_kmh"] or USUAL_KMH[row["mode"]]
            out[n] = np.where(spread, 0.0, away_m / 1000 * _DETOUR / kmh * 60)
    return out


def _excess(place: Finding) -> float:
    return max(1.0, place.evidence["observed"] - (place.evidence["expected"] or 0.0))


def _words(told: Evidence) -> Evidence:
    """Say why a place is visited that is no hotspot; where the reports of many cells are one, it is the team's base."""
    if told.get("cells", 1) > 1:
        return {
            "at_base": True,
            "words_zh": f"近处没有本队的热点，接报分散，在驻地周边巡查：{told['words_zh']}",
            "words_en": f"No hotspot at hand for this team and reports far apart; round the base: {told['words_en']}",
        }
    return {
        "words_zh": f"近处没有本队的热点，去接报较多处：{told['words_zh']}",
        "words_en": f"No hotspot at hand for this team; a place with more reports than others: {told['words_en']}",
    }
