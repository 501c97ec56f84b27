"""Rules that a plan which was made breaks: such a plan must never reach a team."""

from __future__ import annotations

from collections.abc import Sequence

from gridmap.errors import Broken


def refuse_breaches(found: Sequence[str]) -> None:
    """Refuse a plan that breaks rules, before it is kept.

    Parameters
    ----------
    found : sequence of str
        What it breaks, as :func:`gridmap.analysis.patrol.violations` tells it.

    Raises
    ------
    Broken
        Where anything is broken.
    """
    if found:
        raise Broken(
            "patrol-plan-broken",
            f"算出的计划违反规则，未保存，也不会发给队伍（{found[0]}）。请换一个种子重新规划，并把本句报告给维护人员。",
            f"The plan that was made breaks a rule and was not kept ({found[0]}). Plan again with another seed, and "
            "report this sentence to the maintainers.",
        )
