"""Loops of density along a network: an event's kernel walks the edges and is shared out where they meet."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from gridmap.analysis._compiled import compiled
from gridmap.analysis.density._loops import EPANECHNIKOV, GAUSSIAN, QUARTIC, TRIANGULAR


@compiled
def mass_within(kernel: int, u: float) -> float:
    """Share of a kernel of the line that lies between its middle and u bandwidths to one side; a half at its end."""
    if kernel == GAUSSIAN:
        # Cut at five standard deviations, and scaled so that the half is a half.
        return 0.5 * min(math.erf(min(u, 5.0) * 0.7071067811865476) / 0.9999994266968563, 1.0)
    u = min(u, 1.0)
    if kernel == QUARTIC:
        return 15.0 / 16.0 * (u - 2.0 * u**3 / 3.0 + u**5 / 5.0)
    if kernel == EPANECHNIKOV:
        return 0.75 * (u - u**3 / 3.0)
    if kernel == TRIANGULAR:
        return u - 0.5 * u * u
    return 0.5 * u


@compiled
def walk(  # noqa: PLR0915
    event_edge: NDArray[np.int64],
    event_offset: NDArray[np.float64],
    weight: NDArray[np.float64],
    length: NDArray[np.float64],
    end_node: NDArray[np.int64],
    node_begin: NDArray[np.int64],
    node_halves: NDArray[np.int64],
    lixel_begin: NDArray[np.int64],
    kernel: int,
    bandwidth: float,
    support: float,
    least: float,
    out: NDArray[np.float64],
) -> int:
    """Add each event's mass to the lixels within its kernel; returns how many tails stayed at a junction.

    Half-edge ``2 e`` leaves edge e at its first node, ``2 e + 1`` at its last; `end_node` says which node that
    is. At a node where d halves meet, what arrives by one goes on by the d - 1 others in equal parts; at a dead
    end it turns back. What is less than `least` of its event stays in the lixel at the junction.
    """
    left = 0
    stack_half = np.empty(1024, np.int64)
    stack_from = np.empty(1024)
    stack_part = np.empty(1024)
    end = bandwidth * support
    for event in range(len(event_edge)):
        edge = event_edge[event]
        offset = event_offset[event]
        top = 0
        for side in range(2):
            # Walking to the first node enters the edge as if from its last node, and the reverse.
            stack_half[top] = 2 * edge + (1 - side)
            stack_from[top] = -(length[edge] - offset) if side == 0 else -offset
            stack_part[top] = weight[event]
            top += 1
        while top > 0:
            top -= 1
            half, start, part = stack_half[top], stack_from[top], stack_part[top]
            edge = half // 2
            first, n_lixels = lixel_begin[edge], lixel_begin[edge + 1] - lixel_begin[edge]
            step = length[edge] / n_lixels
            forward = half % 2 == 0
            begin = max(0, int(-start / step) - 1) if start < 0 else 0
            for k in range(begin, n_lixels):
                a, b = start + k * step, start + (k + 1) * step
                if a >= end:
                    break
                if b <= 0.0:
                    continue
                at = first + k if forward else first + n_lixels - 1 - k
                out[at] += part * (
                    mass_within(kernel, b / bandwidth) - mass_within(kernel, max(a, 0.0) / bandwidth)
                )
            arrival = start + length[edge]
            if arrival >= end:
                continue
            arriving = half ^ 1
            node = end_node[arriving]
            low, high = node_begin[node], node_begin[node + 1]
            degree = high - low
            if degree == 1:
                stack_half[top], stack_from[top], stack_part[top] = arriving, arrival, part
                top += 1
                continue
            onward = part / (degree - 1)
            if onward < least * weight[event]:
                at = first + n_lixels - 1 if forward else first
                out[at] += part * (0.5 - mass_within(kernel, arrival / bandwidth))
                left += 1
                continue
            if top + degree > len(stack_half):
                stack_half = np.concatenate((stack_half, np.empty(len(stack_half), np.int64)))
                stack_from = np.concatenate((stack_from, np.empty(len(stack_from))))
                stack_part = np.concatenate((stack_part, np.empty(len(stack_part))))
            for k in range(low, high):
                if node_halves[k] != arriving:
                    stack_half[top], stack_from[top], stack_part[top] = node_halves[k], arrival, onward
                    top += 1
    return left
