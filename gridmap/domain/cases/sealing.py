"""Which cases are sealed: family, minors, health, self-harm, violence.

The database holds the same list in the column ``incidents.sealed``, which it computes itself.
"""

from __future__ import annotations

SEALED_KINDS: frozenset[tuple[str, str]] = frozenset(
    {
        ("dispute", "01"),
        ("dispute", "13"),
        ("policing", "fight"),
        ("policing", "lost"),
        ("policing", "domestic_violence"),
        ("policing", "child_abuse"),
        ("social_service", "elder_care"),
        ("social_service", "schooling"),
        ("emergency", "search"),
    }
)
"""Domain and kind."""

SEALING_GROUNDS = frozenset({"violence", "abuse", "minors", "self_harm"})
"""Grounds of a risk that seal a case of any kind."""


_ZH = "保密事件（家庭、未成年人、健康、自伤、暴力）"
_EN = "Sealed cases (family, minors, health, self-harm, violence)"
_COUNTED = (
    f"数字含{_ZH}，其中有多少件不外传。",
    f"{_EN} are in the numbers; how many of them is not told outside.",
)
_LEFT_OUT = (
    f"{_ZH}只在村级及以上计数：比村更细的分析及其件数不含；有多少件不外传。",
    (
        f"{_EN} are counted at village level and above only: analyses finer than a village leave them out; how many is "
        "not told outside."
    ),
)


def told_of_sealed(*, closer_than_village: bool) -> tuple[str, str]:
    """Say beside numbers that leave the house, in Chinese and in English, whether sealed cases are in them."""
    return _LEFT_OUT if closer_than_village else _COUNTED


def is_sealed(domain: str, kind: str | None, *, by_risk: bool = False) -> bool:
    """Tell whether a case is one that only its handler and two named posts may open.

    Parameters
    ----------
    domain, kind : str
    by_risk : bool
        Whether a ground of its risk ever sealed it.
    """
    return by_risk or (domain, kind or "") in SEALED_KINDS
