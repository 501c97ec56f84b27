"""Plans that differ: for several nights, or for one that nobody can foresee."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from gridmap.analysis.patrol import Mix, Plan, mix
from gridmap.analysis.patrol.stop import StopRule
from gridmap.analysis.patrol.watching import avoidable
from gridmap.domain.shown_plans import PlanAvoid, PlanMix, PlanSummary
from gridmap.services.patrols.ask.problem import Inputs
from gridmap.services.patrols.ask.request import PatrolRequest

_VARIED_NIGHTS = 7
_POOL_SHARE, _LEAST_POOL, _MOST_POOL = 4, 24, 60


def draw_nights(
    inputs: Inputs,
    asked: PatrolRequest,
    rule: StopRule,
    *,
    on_progress: Callable[[int, int], None] | None = None,
) -> list[tuple[Inputs, Plan, PlanSummary]]:
    """Draw plans near the best: one for each of consecutive nights, or one for tonight by the seed.

    Parameters
    ----------
    inputs : Inputs
        Of the first night. All nights have its stops, prizes, teams and hours.
    asked : PatrolRequest
    rule : StopRule
        For all searches together.
    on_progress : callable, optional

    Returns
    -------
    list of (Inputs, Plan, PlanSummary)
        Of each night, with what its summary tells of the draw.
    """
    nights = asked.nights if asked.nights > 1 else _VARIED_NIGHTS
    drawn = mix(
        inputs.teams,
        inputs.stops,
        inputs.roads.travel_s,
        shift=inputs.shift,
        objective=inputs.objective,
        nights=nights,
        loss=asked.loss,
        pool=min(max(_POOL_SHARE * nights, _LEAST_POOL), _MOST_POOL),
        seed=asked.seed,
        stop=rule,
        on_progress=on_progress,
        households=inputs.households,
    )
    told = _told(drawn, asked, _avoid(inputs, drawn))
    if asked.nights == 1:
        return [(inputs, _tonight(drawn, asked), PlanSummary(mix=told))]
    out = []
    for number, made in enumerate(drawn.nights):
        later = dt.timedelta(days=number)
        night = replace(inputs, begins_at=inputs.begins_at + later, ends_at=inputs.ends_at + later)
        out.append((night, made, PlanSummary(mix={**told, "night": number + 1})))
    return out


def _tonight(drawn: Mix, asked: PatrolRequest) -> Plan:
    """Take one of the plans that lose no more than is allowed each, by the seed."""
    least = drawn.best.prize * (1.0 - asked.loss)
    fit = [made for made in drawn.nights if made.prize >= least] or [drawn.best]
    return fit[int(np.random.default_rng(np.random.SeedSequence([asked.seed, 3])).integers(len(fit)))]


def _avoid(inputs: Inputs, drawn: Mix) -> PlanAvoid:
    found = avoidable(drawn.nights, inputs.teams, inputs.stops, inputs.shift)
    about = None if found.stop is None else inputs.about[found.stop]
    return {
        "by_place": round(found.by_place, 3),
        "by_place_drawn": round(found.by_place_drawn, 3),
        "by_part": round(found.by_part, 3),
        "by_part_drawn": round(found.by_part_drawn, 3),
        "most": round(found.most, 3),
        "stop": found.stop,
        "name_zh": "" if about is None else about["name_zh"],
        "name_en": "" if about is None else about["name_en"],
        "at": (inputs.begins_at + dt.timedelta(seconds=found.begin_s)).isoformat(),
        "weights": list(found.weights),
    }


def _told(drawn: Mix, asked: PatrolRequest, avoid: PlanAvoid) -> PlanMix:
    coverage = drawn.village_coverage
    worst = min(coverage, key=lambda key: (coverage[key], key)) if coverage else None
    return {
        "nights": len(drawn.nights),
        "night": 1,
        "loss": asked.loss,
        "best_prize": round(drawn.best.prize, 3),
        "kept": round(drawn.kept, 4),
        "worst_village": None if worst is None else str(worst),
        "worst_coverage": None if worst is None else round(coverage[worst], 4),
        "unvisited": list(drawn.unvisited),
        "arrival_entropy_bits": round(drawn.arrival_entropy_bits, 3),
        "stop_entropy_bits": round(drawn.stop_entropy_bits, 3),
        "pool": drawn.pool,
        "conventions": drawn.conventions,
        "avoid": avoid,
    }
