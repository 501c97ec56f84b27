"""Methods that judge each cell: Gi*, local Moran's I, emerging hotspots."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from gridmap.analysis import emerging, fdr, hotspot, rates, weights
from gridmap.domain.hotspots import Finding, RunSummary
from gridmap.errors import InvalidInput
from gridmap.services.hotspots.guard import by_class, guarded_cells
from gridmap.services.hotspots.observations import Inputs
from gridmap.services.hotspots.publish import Outcome, by_evidence, publish_cells
from gridmap.services.hotspots.slices import Slices, slices
from gridmap.services.hotspots.spec import HotspotSpec

_FEWEST_CELLS = 8
WEIGHTED = "bh, weighted by the cells three to five steps away"


def touching(inputs: Inputs) -> csr_array:
    """Return queen neighbours of the cells.

    Raises
    ------
    InvalidInput
        When there are too few cells to compare.
    """
    require_cells(inputs)
    return weights.queen(inputs.cells)


def require_cells(inputs: Inputs) -> None:
    """Refuse so few cells that no method could tell one from chance.

    Raises
    ------
    InvalidInput
    """
    if len(inputs.cells) < _FEWEST_CELLS:
        raise InvalidInput(
            "cells-too-few",
            f"只有 {len(inputs.cells)} 个网格，无法比较。请选更细的“层级”（--level）或更大的范围。",
            f"There are only {len(inputs.cells)} grids, too few to compare. Choose a finer level (--level) or a wider "
            "grid.",
        )


def by_gi(inputs: Inputs, spec: HotspotSpec) -> Outcome:
    """Gi* of each cell: of counts, or of counts against the people present.

    Without a domain each domain is judged by itself, and all tests are corrected together: the busy places of one
    domain would otherwise hide the hotspots of another.
    """
    near = touching(inputs)
    rng = np.random.default_rng(spec.seed)
    domains = [spec.domain] if spec.domain else sorted(set(inputs.domain[inputs.cell >= 0]))
    counts = {domain: inputs.counts_of(domain) for domain in domains}
    found = {domain: _gi(inputs, spec, near, counts[domain], rng) for domain in domains}
    around = hotspot.surroundings(near)
    q = fdr.weighted(
        np.concatenate([found[domain].p for domain in domains]),
        np.concatenate([hotspot.weights_around(found[domain].p, around) for domain in domains]),
    )
    apart = dict(zip(domains, np.split(q, len(domains)), strict=True))
    features: list[Finding] = []
    protected: list[Finding] = []
    withheld, tally = 0, {"hot": 0, "cold": 0}
    quiet = np.ones(len(inputs.cells), dtype=bool)
    # Of several domains only what was found is told of each: the ground between is of all of them together.
    only = None if spec.domain else np.zeros(len(inputs.cells), dtype=bool)
    for domain in domains:
        z = found[domain].z
        significant = apart[domain] <= spec.alpha
        labels = np.where(significant & (z > 0), "hot", np.where(significant & (z < 0), "cold", "none"))
        units, hidden = publish_cells(
            inputs,
            near,
            labels.astype(object),
            counts=counts[domain],
            expected=expected_counts(inputs, spec, counts[domain]),
            domain=domain,
            z=z,
            p=found[domain].p,
            q=apart[domain],
            only=only,
        )
        guarded = guarded_cells(
            inputs,
            spec,
            near,
            labels.astype(object),
            expected=expected_counts(inputs, spec, counts[domain]),
            q=apart[domain],
            domain=domain,
            only=only,
        )
        protected += guarded
        features += units
        withheld += hidden
        quiet &= labels == "none"
        tally = {label: n + int((labels == label).sum()) for label, n in tally.items()}
    if not spec.domain:
        features += _ground(inputs, spec, near, quiet)
        protected += guarded_cells(
            inputs,
            spec,
            near,
            np.full(len(inputs.cells), "none", dtype=object),
            expected=expected_counts(inputs, spec, inputs.counts),
            q=np.full(len(inputs.cells), np.nan),
            domain=None,
            only=quiet,
        )
    summary: RunSummary = {
        "domains": domains,
        "tests": len(q),
        "withheld": withheld,
        "labels": tally,
        "conventions": _conventions({domain: found[domain].conventions for domain in domains})
        | {"fdr": WEIGHTED + (f", over {len(domains)} domains" if len(domains) > 1 else "")},
    }
    p = np.concatenate([found[domain].p for domain in domains])
    summary["permutations_few"] = _cannot_tell(p, q, spec)
    return Outcome(sorted(features, key=by_evidence), summary, sorted(protected, key=by_class))


def _conventions(of: dict[str, dict[str, str]]) -> dict[str, str]:
    """Tell the conventions of all domains; each domain's own where they differ."""
    out: dict[str, str] = {}
    for name in dict.fromkeys(name for own in of.values() for name in own):
        told = {domain: own[name] for domain, own in of.items() if name in own}
        alike = len(told) == len(of) and len(set(told.values())) == 1
        out[name] = next(iter(told.values())) if alike else "; ".join(f"{d} {v}" for d, v in told.items())
    return out


def _cannot_tell(p: NDArray[np.float64], q: NDArray[np.float64], spec: HotspotSpec) -> bool:
    """Tell whether nothing is significant only because permutations give no smaller p than they do."""
    tried = spec.permutations or 0
    if not tried or (spec.by == "rate" and spec.method == "gi"):
        return False
    least = 2.0 / (tried + 1.0)
    return bool(not (q <= spec.alpha).any() and least * np.isfinite(p).sum() > spec.alpha)


def _gi(
    inputs: Inputs, spec: HotspotSpec, near: csr_array, counts: NDArray[np.int64], rng: np.random.Generator
) -> Any:
    keys = inputs.cells["grid_key"].to_numpy(dtype=np.int64)
    values = counts.astype(np.float64)
    if spec.by == "rate":
        people = inputs.positive_exposure()
        return hotspot.local_counts(values, people, near, rng=rng, keys=keys, without_hot=spec.alpha)
    return hotspot.local_gi(values, near, permutations=spec.permutations or 0, rng=rng, keys=keys)


def _ground(inputs: Inputs, spec: HotspotSpec, near: csr_array, quiet: NDArray[np.bool_]) -> list[Finding]:
    """Return units of all incidents together between the hotspots, without a label.

    Under a hotspot they would tell, less its own domain's incidents, of a few of the other domains.
    """
    nothing = np.full(len(inputs.cells), np.nan)
    units, _ = publish_cells(
        inputs,
        near,
        np.full(len(inputs.cells), "none", dtype=object),
        counts=inputs.counts,
        expected=expected_counts(inputs, spec, inputs.counts),
        domain=None,
        z=nothing,
        p=nothing,
        q=nothing,
        only=quiet,
    )
    return units


def by_moran(inputs: Inputs, spec: HotspotSpec) -> Outcome:
    """Local Moran's I of each cell: of counts, or of smoothed rates."""
    near = touching(inputs)
    keys = inputs.cells["grid_key"].to_numpy(dtype=np.int64)
    found = hotspot.local_moran(
        cell_values(inputs, spec),
        weights.row_standardised(near),
        permutations=spec.permutations or 0,
        rng=np.random.default_rng(spec.seed),
        keys=keys,
    )
    labels = np.where(found.q <= spec.alpha, found.quadrant, "none").astype(object)
    out = _cells_outcome(inputs, spec, near, labels, found)
    out.summary["permutations_few"] = _cannot_tell(found.p, found.q, spec)
    return out


def cell_values(inputs: Inputs, spec: HotspotSpec) -> NDArray[np.float64]:
    """Return counts of the cells, or their rates smoothed by empirical Bayes; shape (n,)."""
    counts = inputs.counts.astype(np.float64)
    if spec.by == "count":
        return counts
    smoothed: NDArray[np.float64] = rates.empirical_bayes(counts, inputs.positive_exposure()).rate
    return smoothed


def expected_counts(inputs: Inputs, spec: HotspotSpec, counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return what each cell would have if incidents were spread evenly over cells, or over people; shape (n,)."""
    share = inputs.positive_exposure() if spec.by == "rate" else np.ones(len(inputs.cells))
    return np.asarray(counts.sum() * share / share.sum(), dtype=np.float64)


def _cells_outcome(
    inputs: Inputs, spec: HotspotSpec, near: csr_array, labels: NDArray[np.object_], found: Any
) -> Outcome:
    features, withheld = publish_cells(
        inputs,
        near,
        labels,
        counts=inputs.counts,
        expected=expected_counts(inputs, spec, inputs.counts),
        domain=spec.domain,
        z=found.z,
        p=found.p,
        q=found.q,
    )
    summary: RunSummary = {
        "significant_cells": int((labels != "none").sum()),
        "withheld": withheld,
        "labels": _tally(labels),
        "conventions": found.conventions,
    }
    return Outcome(features, summary, _guarded(inputs, spec, near, labels, found.q))


def _guarded(
    inputs: Inputs,
    spec: HotspotSpec,
    near: csr_array,
    labels: NDArray[np.object_],
    q: NDArray[np.float64],
) -> list[Finding]:
    expected = expected_counts(inputs, spec, inputs.counts)
    return guarded_cells(inputs, spec, near, labels, expected=expected, q=q, domain=spec.domain)


def _tally(labels: NDArray[np.object_]) -> dict[str, int]:
    names, counts = np.unique(labels.astype(str), return_counts=True)
    return {str(name): int(count) for name, count in zip(names, counts, strict=True)}


def course_of(
    inputs: Inputs, spec: HotspotSpec, near: csr_array, cut: Slices, bootstrap: int
) -> emerging.Emerging:
    """Classify each cell by the course of its hotspots through slices of time: by counts, or by the people present.

    By count a slice is measured against the whole period; by rate against the people present in that slice and the one
    before, so that a rise of everything stands out nowhere.
    """
    keys = inputs.cells["grid_key"].to_numpy(dtype=np.int64)
    rng = np.random.default_rng(spec.seed)
    cube = cut.cube(inputs)
    if spec.by == "rate":
        return emerging.classify(
            cube,
            near,
            k=1,
            alpha=spec.alpha,
            fdr="weighted",
            bootstrap=bootstrap,
            rng=rng,
            keys=keys,
            exposure=inputs.positive_exposure(),
        )
    return emerging.classify(
        cube, near, k=1, compare="all", alpha=spec.alpha, bootstrap=bootstrap, rng=rng, keys=keys
    )


def by_emerging(inputs: Inputs, spec: HotspotSpec) -> Outcome:
    """Classify each cell by the course of its Gi* through the slices of time, by counts or by rates."""
    near = touching(inputs)
    cut = slices(spec)
    found = course_of(inputs, spec, near, cut, 99 if spec.permutations is None else spec.permutations)
    labels = found.labels.astype(object)
    features, withheld = publish_cells(
        inputs,
        near,
        labels,
        counts=inputs.counts,
        expected=expected_counts(inputs, spec, inputs.counts),
        domain=spec.domain,
        z=found.z[:, -1],
        p=found.p_gi[:, -1],
        q=found.q_gi[:, -1],
        more={"tau": found.tau, "stability": found.stability, "course": np.round(found.z, 1)},
        of_last=cut.names[-1],
    )
    summary: RunSummary = {
        "slices": cut.names,
        "notes": [
            [
                f"z、p、q 是最后一个时段（{cut.names[-1]} 起，连同上一个）的；接报和预期是整个时段的。",
                (
                    f"z, p and q are of the last slice (from {cut.names[-1]}, with the one before); reported and "
                    "expected are of the whole period."
                ),
            ]
        ],
        "withheld": withheld,
        "labels": _tally(labels),
        "conventions": found.conventions,
    }
    return Outcome(features, summary, _guarded(inputs, spec, near, labels, found.q_gi[:, -1]))
