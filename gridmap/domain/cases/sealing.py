"""Which cases are sealed: family, minors, health, self-harm, violence."""

from __future__ import annotations

from collections.abc import Collection

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


def is_sealed(domain: str, kind: str | None, risk_grounds: Collection[str] = ()) -> bool:
    """Tell whether a case is one that only its handler and two named posts may open."""
    return (domain, kind or "") in SEALED_KINDS or not SEALING_GROUNDS.isdisjoint(risk_grounds)
