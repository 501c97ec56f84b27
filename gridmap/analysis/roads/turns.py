"""Turns that may not be taken, as pairs of directed segments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from gridmap.analysis.roads.modes import MODES, Mode

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class NoTurn:
    """A turn that may not be taken from one segment to another where they meet.

    Attributes
    ----------
    source, target : int
        Rows of the segments; equal ones forbid turning back.
    end : {'begin', 'end'} or None
        End of the source's line at which it holds; None at both.
    modes : tuple of str
        Whom it binds.
    """

    source: int
    target: int
    end: Literal["begin", "end"] | None
    modes: tuple[Mode, ...]


def directed_pairs(turns: Sequence[NoTurn], tail: Ints, head: Ints) -> dict[Mode, Ints]:
    """Say forbidden turns as pairs of directed segments: row i along its line is i, against it m + i.

    Parameters
    ----------
    turns : sequence of NoTurn
    tail, head : (m,) int64
        Nodes at which each segment begins and ends.

    Returns
    -------
    dict of mode to (k, 2) int64
        In order, each once; turns between segments that do not meet are none.
    """
    count = len(tail)
    pairs: dict[Mode, set[tuple[int, int]]] = {mode: set() for mode in MODES}
    for turn in turns:
        ways_out = ((int(tail[turn.target]), turn.target), (int(head[turn.target]), count + turn.target))
        ways_in = {
            "begin": (int(tail[turn.source]), count + turn.source),
            "end": (int(head[turn.source]), turn.source),
        }
        for end in ("begin", "end") if turn.end is None else (turn.end,):
            node, coming = ways_in[end]
            for mode in turn.modes:
                pairs[mode].update((coming, going) for at, going in ways_out if at == node)
    return {mode: np.array(sorted(found), np.int64).reshape(-1, 2) for mode, found in pairs.items()}


def allowed(
    tail: Ints, head: Ints, usable: NDArray[np.bool_], forbidden: Ints, nodes: int
) -> tuple[Ints, Ints]:
    """Find the turns that may be taken between directed segments.

    One turns back only where nothing else leads on from there (a dead end), and not even there where that is forbidden.

    Parameters
    ----------
    tail, head : (m,) int64
    usable : (2m,) bool
        Of each directed segment.
    forbidden : (k, 2) int64
        As :func:`directed_pairs` gives them.
    nodes : int

    Returns
    -------
    coming, going : (t,) int64
        Directed segments, ordered by both.
    """
    count = len(tail)
    begins, ends = np.concatenate([tail, head]), np.concatenate([head, tail])
    rows = np.flatnonzero(usable)
    leaving = rows[np.argsort(begins[rows], kind="stable")]
    first = np.searchsorted(begins[leaving], np.arange(nodes + 1))
    size = np.diff(first)[ends[rows]]
    coming = np.repeat(rows, size)
    offset = np.arange(len(coming)) - np.repeat(np.cumsum(size) - size, size)
    going = leaving[first[ends[coming]] + offset]
    shut = np.zeros(len(coming), bool)
    if len(forbidden):
        code, against = coming * (2 * count) + going, forbidden[:, 0] * (2 * count) + forbidden[:, 1]
        shut = np.isin(code, against)
    back = going == (coming + count) % (2 * count)
    onward = np.zeros(2 * count, bool)
    onward[coming[~back & ~shut]] = True
    kept = ~shut & (~back | ~onward[coming])
    return coming[kept], going[kept]
