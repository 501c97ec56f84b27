"""How long a person takes for a task at a screen: counted action by action, whatever the machine."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

KEY_S = 0.28
POINT_S = 1.1
THINK_S = 1.35
"""A key, a move of the hand to a thing and a moment of thought: the keystroke-level model of Card, Moran and Newell
(1980), for somebody who types at an average speed."""
KEYS_OF_A_SIGN = 3.5
"""Keys that a Chinese character takes by its sound, with the choice among those that sound alike."""


@dataclass
class Hand:
    """A person at work: each action is done on the page and adds what it takes a person.

    Attributes
    ----------
    actions : int
    seconds : float
        At a person's speed; the machine's own time is no part of it.
    """

    actions: int = 0
    seconds: float = field(default=0.0)

    def act(self, done: Callable[[], object]) -> None:
        """Think, go to a thing and press it."""
        self._takes(1)
        done()

    def write(self, text: str, done: Callable[[str], object]) -> None:
        """Think, go to a field and type."""
        keys = sum(1.0 if sign.isascii() else KEYS_OF_A_SIGN for sign in text)
        self._takes(keys)
        done(text)

    def _takes(self, keys: float) -> None:
        self.actions += 1
        self.seconds += THINK_S + POINT_S + KEY_S * keys
