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


def is_sealed(domain: str, kind: str | None, *, by_risk: bool = False) -> bool:
    """Tell whether a case is one that only its handler and two named posts may open.

    Parameters
    ----------
    domain, kind : str
    by_risk : bool
        Whether a ground of its risk ever sealed it.
    """
    return by_risk or (domain, kind or "") in SEALED_KINDS
