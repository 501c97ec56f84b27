"""What a check finds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

State = Literal["good", "note", "bad"]


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found.

    Attributes
    ----------
    name : str
        Of the check.
    state : {'good', 'note', 'bad'}
        With ``bad`` something must be done; a ``note`` is worth knowing.
    zh, en : str
        What was found, and what to do.
    """

    name: str
    state: State
    zh: str
    en: str


def good(name: str, zh: str, en: str) -> Finding:
    """Make a finding that all is well."""
    return Finding(name, "good", zh, en)


def note(name: str, zh: str, en: str) -> Finding:
    """Make a finding that is worth knowing."""
    return Finding(name, "note", zh, en)


def bad(name: str, zh: str, en: str) -> Finding:
    """Make a finding upon which something must be done."""
    return Finding(name, "bad", zh, en)
