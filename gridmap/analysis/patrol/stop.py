"""When a search ends."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from math import inf, isfinite
from typing import Protocol

from gridmap.errors import InvalidInput


class Budget(Protocol):
    """What a running search asks: how far it is, and how many steps it may take before it asks again."""

    def grant(self, taken: int) -> int:
        """Return how many steps may follow the `taken` ones; 0 to end."""

    def progress(self, taken: int) -> tuple[int, int]:
        """Done, and of how much."""

    def reach(self, taken: int, /) -> float:
        """Return how many steps there is time for; infinite where it is not known or not time that ends the search."""

    def spare_s(self) -> float:
        """Seconds that are left; infinite where it is not time that ends the search."""

    @property
    def whole(self) -> float:
        """How many steps there are in all; infinite where that is not known."""


class StopRule(Protocol):
    """A rule that ends a search."""

    def begin(self) -> Budget:
        """Start counting."""

    def part(self, share: float) -> StopRule:
        """Return the same rule over a share of it."""


_CHUNK_S = 0.02
_FIRST_STEPS = 100


@dataclass(frozen=True, slots=True)
class Seconds:
    """End after a time on the clock; what is found may differ from run to run.

    Attributes
    ----------
    seconds : float
        Above zero.
    clock : callable
        Seconds that never go back.
    """

    seconds: float
    clock: Callable[[], float] = time.perf_counter

    def __post_init__(self) -> None:
        if not (isfinite(self.seconds) and self.seconds > 0):
            raise InvalidInput(
                "stop-seconds", "时限应为正的秒数。", "The time limit must be above 0 seconds."
            )

    def begin(self) -> Budget:
        """Start the clock."""
        return _Timed(self.seconds, self.clock)

    def part(self, share: float) -> Seconds:
        """Return a share of the time."""
        return Seconds(self.seconds * share, self.clock)


@dataclass(frozen=True, slots=True)
class Iterations:
    """End after a number of steps: the same seed and number always give the same plan.

    Attributes
    ----------
    iterations : int
        Above zero. A step takes some of the stops out of the routes and puts others in.
    """

    iterations: int

    def __post_init__(self) -> None:
        if self.iterations < 1:
            raise InvalidInput("stop-iterations", "迭代次数至少为 1。", "There must be at least 1 iteration.")

    def begin(self) -> Budget:
        """Start counting."""
        return _Counted(self.iterations)

    def part(self, share: float) -> Iterations:
        """Return a share of the steps, at least one."""
        return Iterations(max(1, int(self.iterations * share)))


class _Timed:
    def __init__(self, seconds: float, clock: Callable[[], float]) -> None:
        self._seconds, self._clock = seconds, clock
        self._begun = clock()
        self._first: float | None = None

    def grant(self, taken: int) -> int:
        now = self._clock()
        left = self._begun + self._seconds - now
        # The first step may have to compile the loop: it is not a measure of how fast steps are, and it always runs.
        if taken == 0:
            return 1
        if left <= 0:
            return 0
        if self._first is None:
            self._first = now
            return _FIRST_STEPS
        per_step = max(now - self._first, 1e-9) / (taken - 1)
        return max(1, int(min(_CHUNK_S, left) / per_step))

    def progress(self, taken: int) -> tuple[int, int]:
        done = 0.0 if taken == 0 else self._clock() - self._begun
        return min(round(done * 1000), round(self._seconds * 1000)), round(self._seconds * 1000)

    def reach(self, taken: int) -> float:
        now = self._clock()
        if self._first is None or taken <= 1:
            return inf
        per_step = max(now - self._first, 1e-9) / (taken - 1)
        return max(0.0, self._begun + self._seconds - now) / per_step

    def spare_s(self) -> float:
        return self._begun + self._seconds - self._clock()

    @property
    def whole(self) -> float:
        return inf


class _Counted:
    _CHUNK = 2000

    def __init__(self, iterations: int) -> None:
        self._iterations = iterations

    def grant(self, taken: int) -> int:
        return min(self._CHUNK, self._iterations - taken)

    def progress(self, taken: int) -> tuple[int, int]:
        return taken, self._iterations

    def reach(self, _taken: int) -> float:
        return inf

    def spare_s(self) -> float:
        return inf

    @property
    def whole(self) -> float:
        return self._iterations


@dataclass(frozen=True, slots=True)
class Trial:
    """A number of steps whose time is taken, to tell how many there is time for.

    Attributes
    ----------
    iterations : int
    clock : callable
    weight : float
        What part of all steps those of the present search are.
    took : list of float
        Seconds that a step takes, over all searches with their weights, and seconds of all steps so far.
    """

    iterations: int
    clock: Callable[[], float]
    weight: float = 1.0
    took: list[float] = field(default_factory=lambda: [0.0, 0.0])

    def begin(self) -> Budget:
        """Start counting and timing."""
        return _Tried(self)

    def part(self, share: float) -> Trial:
        """Return a share of the steps, at least one."""
        return replace(self, iterations=max(1, int(self.iterations * share)), weight=self.weight * share)


class _Tried(_Counted):
    def __init__(self, trial: Trial) -> None:
        super().__init__(trial.iterations)
        self._trial, self._half = trial, trial.iterations // 2
        self._begun = self._middle = 0.0

    def grant(self, taken: int) -> int:
        if taken == 0:
            self._begun = self._trial.clock()
        if taken < self._half:
            return self._half - taken
        if taken < self._iterations:
            # Routes are filled by then: the first steps are no measure.
            self._middle = self._trial.clock()
            return self._iterations - taken
        now = self._trial.clock()
        took = self._trial.took
        took[0] += self._trial.weight * (now - self._middle) / (self._iterations - self._half)
        took[1] += now - self._begun
        return 0
