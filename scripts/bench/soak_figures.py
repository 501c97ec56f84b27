"""What a soak samples, and what is told of it: levels at its begin and end, slopes, errors, lost connections."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

FLAT = 1.10
"""Most that the last quarter's level may be over that of the first quarter after everything has come once."""
LEAST = 40
"""Samples below which nothing is said of levels and slopes."""


@dataclass(frozen=True, slots=True)
class Sample:
    """Memory and connections at one moment."""

    at_s: float
    server_mb: float
    workers_mb: float
    database_mb: float
    connections: int
    server_files: int


SAMPLED = (
    ("server_mb", "server, MB"),
    ("workers_mb", "workers, MB"),
    ("database_mb", "database, MB"),
    ("connections", "connections of the database"),
    ("server_files", "open files of the server"),
)


@dataclass
class Outcome:
    """What came of it."""

    seconds: float = 0.0
    statuses: Counter[int] = field(default_factory=Counter)
    asked_for: Counter[int] = field(default_factory=Counter)
    """Refusals that were right."""
    unexpected: list[str] = field(default_factory=list)
    connections_lost: list[str] = field(default_factory=list)
    events: Counter[str] = field(default_factory=Counter)
    recorded: list[str] = field(default_factory=list)
    """Numbers of cases whose intake was acknowledged."""
    times_ms: list[float] = field(default_factory=list)
    samples: list[Sample] = field(default_factory=list)
    settled_s: float = 0.0
    """When everything had come once."""

    def settled(self) -> list[Sample]:
        """Return the samples since everything had come once."""
        return [sample for sample in self.samples if sample.at_s >= self.settled_s]


def below(pid: int) -> list[int]:
    """Every process below one."""
    found = []
    with suppress(OSError):
        for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
            found += [int(word), *below(int(word))]
    return found


def memory_mb(pids: list[int]) -> float:
    """Memory of processes; what they share is divided among those who do (proportional set size)."""
    whole = 0
    for pid in pids:
        with suppress(OSError):
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
            whole += next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return whole / 1024


def level(samples: list[Sample], name: str) -> float:
    """Median of a sampled number."""
    return statistics.median(getattr(sample, name) for sample in samples)


def slope_per_hour(samples: list[Sample], name: str) -> float:
    """Least-squares slope of a sampled number."""
    at_h = np.array([sample.at_s for sample in samples]) / 3600
    values = np.array([getattr(sample, name) for sample in samples], dtype=np.float64)
    return float(np.polyfit(at_h, values, 1)[0])


def grown(out: Outcome) -> list[str]:
    """Numbers whose level at the end is over that at the begin by more than they may be."""
    settled = out.settled()
    quarter = len(settled) // 4
    if len(settled) < LEAST:
        return []
    return [
        name for name, _ in SAMPLED if level(settled[-quarter:], name) > FLAT * level(settled[:quarter], name)
    ]


def table(out: Outcome, *, posts: int) -> Iterator[str]:
    """Tell what came of it, line by line."""
    asked = sum(out.statuses.values())
    yield f"{posts} posts, {out.seconds / 60:.1f} minutes, {asked} requests, {len(out.recorded)} cases recorded"
    if len(out.times_ms) > 20:
        cut = statistics.quantiles(out.times_ms, n=20)
        yield f"answers: median {cut[9]:.0f} ms, p95 {cut[18]:.0f} ms, longest {max(out.times_ms):.0f} ms"
    yield "in it: " + ", ".join(f"{name} {n}" for name, n in out.events.items())
    yield "answers by status: " + ", ".join(f"{status}: {n}" for status, n in sorted(out.statuses.items()))
    yield "refusals asked for: " + ", ".join(f"{status}: {n}" for status, n in sorted(out.asked_for.items()))
    yield f"errors not asked for: {len(out.unexpected)}; connections lost: {len(out.connections_lost)}"
    yield from out.unexpected[:20]
    yield from out.connections_lost[:20]
    settled = out.settled()
    if len(settled) < LEAST:
        yield "too short to tell levels and slopes"
        return
    quarter = len(settled) // 4
    yield f"after everything had come once ({out.settled_s:.0f} s), {len(settled)} samples:"
    yield f"{'':28} {'at first':>10} {'at the end':>10} {'ratio':>6} {'most':>10} {'an hour':>10}"
    for name, shown in SAMPLED:
        first, last = level(settled[:quarter], name), level(settled[-quarter:], name)
        most = max(getattr(sample, name) for sample in settled)
        ratio = last / first if first else float("nan")
        yield f"{shown:28} {first:10.1f} {last:10.1f} {ratio:6.3f} {most:10.1f} {slope_per_hour(settled, name):+10.1f}"
