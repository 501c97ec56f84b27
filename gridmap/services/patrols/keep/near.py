"""What a plan tells of the households that it was asked to stay near to."""

from __future__ import annotations

from gridmap.analysis.patrol import Plan
from gridmap.domain.shown_plans import NearAsked

_SLACK = 1e-9


def near_asked(made: Plan) -> NearAsked | None:
    """Return what was asked for, what the plan does, and what it cost; None where it was not asked for."""
    aim, shares = made.objective, made.near
    if aim.near_s is None or not shares:
        return None
    return {
        "minutes": round(aim.near_s / 60.0, 3),
        "level": aim.near_level,
        "least": round(min(shares), 4),
        "mean": round(sum(shares) / len(shares), 4),
        "lacking": sum(share < aim.near_level - _SLACK for share in shares),
        "cost": round(made.near_cost, 3),
        "shares": [round(share, 4) for share in shares],
    }
