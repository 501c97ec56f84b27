"""What may leave the house of a run: perturbed counts, expectations made of them, chances in classes."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from gridmap.analysis.suppress import NOT_SHOWN
from gridmap.domain.days import local_span
from gridmap.domain.gridkey import MICRO, Scope
from gridmap.domain.hotspots import Evidence, Finding
from gridmap.domain.protection import ProtectedQuery, protect, widened
from gridmap.domain.query import IncidentQuery
from gridmap.services.cases.protected import banded, told_counts
from gridmap.services.hotspots.bands import in_words, times_expected
from gridmap.services.hotspots.spec import HotspotSpec
from gridmap.services.hotspots.units import CellTable, rows_of_units
from gridmap.storage.cases.protected import Cells, cell_keys
from gridmap.storage.database import Database

_CLASSES = (0.001, 0.01, 0.05)


@dataclass(frozen=True, slots=True, eq=False)
class Guard:
    """Tells numbers of a run's incidents as they may leave the house.

    Attributes
    ----------
    protected : ProtectedQuery
        Question of the run, with the blocks of its period.
    record_key : (m,) int64
    block : (m,) int64
        Number of each incident's block.
    is_whole : bool
        Whether the run's period is made of whole blocks: nothing of another may leave the house.
    """

    database: Database
    scope: Scope
    protected: ProtectedQuery
    record_key: NDArray[np.int64]
    block: NDArray[np.int64]
    is_whole: bool

    def where(self, mask: NDArray[np.bool_]) -> Guard:
        """Keep the incidents that a mask of shape (m,) keeps."""
        return replace(self, record_key=self.record_key[mask], block=self.block[mask])

    def told(
        self,
        group: NDArray[np.int64],
        kind: str,
        *,
        found: bool = False,
        places: Mapping[int, str] | None = None,
        span: str | None = None,
    ) -> dict[int, int]:
        """Tell how many incidents each group has.

        Parameters
        ----------
        group : (m,) int64
            Group of each incident; negative where it is in none.
        kind : str
            What kind of cells the groups are.
        found : bool
            Whether the groups are what a method found: few, and not of the asker's choosing, so that what is decided
            by their numbers, which are not told themselves, may be as fine as they are.
        places : mapping of int to str, optional
            What ground, and which days, each group is, as `place_name` writes it, where groups of other runs may
            overlap with these: noise that is fixed by kind and records alone would tell of two places that differ by a
            grid whether that grid holds any.
        span : str, optional
            One kind of time for all cells, where `places` has their days: the calendar of the run is then no part of
            what fixes the noise, nor are cells apart by its blocks.

        Returns
        -------
        dict
            Group to number; groups of which nothing is told are absent.
        """
        cells = self._cells(group, kind, places, span)
        if not found:
            return told_counts(cells, self.protected.spans)
        return told_counts(replace(cells, kinds=["0/all//year"] * len(cells.kinds)))

    def banded(
        self,
        group: NDArray[np.int64],
        kind: str,
        places: Mapping[int, str] | None = None,
        span: str | None = None,
    ) -> dict[int, int]:
        """Tell in which band the number of each place that a method found lies, by the band's middle.

        Parameters
        ----------
        group : (m,) int64
        kind : str
        places : mapping of int to str, optional
        span : str, optional
            As for `told`.

        Returns
        -------
        dict
            Place to number; places of fewer than five are absent.
        """
        return banded(self._cells(group, kind, places, span))

    def banded_set(self, inside: NDArray[np.bool_], kind: str, place: str = "") -> int | None:
        """Tell in which band the number of one place lies; None where it holds fewer than five."""
        return self.banded(np.where(inside, 0, NOT_SHOWN), kind, {0: place}).get(0)

    def _cells(
        self, group: NDArray[np.int64], kind: str, places: Mapping[int, str] | None, span: str | None
    ) -> Cells:
        inside = np.flatnonzero(group >= 0)
        if not len(inside):
            return Cells([], np.empty(0, dtype=np.int64), np.empty(0), [])
        spans = self.protected.spans
        block = self.block[inside] if span is None else np.zeros(len(inside), dtype=np.int64)
        # One number a pair: sorting pairs as such costs a hundred times as much.
        width = int(block.max()) + 1
        coded, row = np.unique(group[inside] * width + block, return_inverse=True)
        pairs = np.column_stack(np.divmod(coded, width))
        counts = np.bincount(row, minlength=len(pairs)).astype(np.int64)
        sums = np.zeros(len(pairs), dtype=np.int64)
        np.add.at(sums, row, self.record_key[inside])
        of = places or {}
        kinds = [f"{kind}{of.get(int(g), '')}/{span or spans[b]}" for g, b in pairs]
        with self.database.scoped_session(self.scope) as session:
            keys = cell_keys(session, sums.tolist(), kinds)
        return Cells(pairs[:, 0].tolist(), counts, keys, kinds)

    def told_set(
        self, inside: NDArray[np.bool_], kind: str, *, found: bool = False, place: str = ""
    ) -> int | None:
        """Tell how many incidents are in a set; None where that is not told."""
        return self.told(np.where(inside, 0, NOT_SHOWN), kind, found=found, places={0: place}).get(0)

    def told_cluster(
        self, inside: NDArray[np.bool_], members: Iterable[Any], since: str, before: str
    ) -> int | None:
        """Tell the band of a cluster's number: the same ground and days show one number in runs of any period.

        Parameters
        ----------
        inside : (m,) bool array
        members : iterable
            Keys of its cells.
        since, before : str
            Its first local day, and the day after its last.
        """
        group = np.where(inside, 0, NOT_SHOWN)
        named = {0: place_name(members, since, before)}
        return self.banded(group, "cluster", named, "whole").get(0)

    def kind(self, level: int | None, domain: str | None) -> str:
        """Name the kind of the cells of a level, of one domain or of all: the same cell shows the same number."""
        code = "domain" if domain is not None else None
        return self.protected.kind_of_cell(level, code)


def place_name(keys: Iterable[Any], *days: str) -> str:
    """Name the ground of a place, and the days where they are not whole blocks: the same in every run.

    Parameters
    ----------
    keys : iterable
        Of the cells that it is made of.
    *days : str
    """
    told = "\n".join([*sorted(str(key) for key in keys), *days])
    return hashlib.sha256(told.encode()).hexdigest()[:32]


def guard_of(
    database: Database,
    scope: Scope,
    spec: HotspotSpec,
    record_key: NDArray[np.int64],
    at_s: NDArray[np.float64],
) -> Guard:
    """Make the guard of a run's incidents."""
    query = IncidentQuery(
        spec.within,
        spec.since,
        spec.until,
        (spec.domain,) if spec.domain else (),
        (spec.kind,) if spec.kind else (),
    )
    protected = protect(query, spec.since, spec.until)
    starts = [local_span(database.settings.timezone, day, None)[0] for day in protected.bounds]
    bounds = np.array([start.timestamp() for start in starts if start is not None])
    block = np.searchsorted(bounds, at_s, side="right") - 1
    return Guard(database, scope, protected, record_key, block.astype(np.int64), is_whole(spec))


def is_whole(spec: HotspotSpec) -> bool:
    """Tell whether a run's period is made of whole blocks of the calendar."""
    return (spec.since, spec.until + dt.timedelta(days=1)) == widened(spec.since, spec.until)


def chance_class(p: float) -> float | None:
    """Return the least of 0.001, 0.01 and 0.05 that a chance does not exceed; None where it exceeds them."""
    return next((most for most in _CLASSES if p <= most), None)


def guarded_cells(
    inputs: Any,
    spec: HotspotSpec,
    weights: csr_array,
    labels: NDArray[np.object_],
    *,
    expected: NDArray[np.float64],
    q: NDArray[np.float64],
    domain: str | None,
    plain: str = "none",
    only: NDArray[np.bool_] | None = None,
) -> list[Finding]:
    """Describe cells as they may leave the house.

    Cells of one label that touch are one place, whatever each of them holds; a cell without a label stands alone. What
    is not told is absent, for it would say that it holds few. Labels come from tests on the true counts.

    Parameters
    ----------
    inputs : Inputs
    spec : HotspotSpec
    weights : (n, n) csr_array
        Which cells touch.
    labels : (n,) object array
    expected, q : (n,) float arrays
    domain : str or None
    plain : str
        The label that means nothing was found.
    only : (n,) bool array, optional
        Cells that may be shown without a label; all by default.
    """
    cells = CellTable(inputs.cells)
    chosen = inputs.cell >= 0 if domain is None else (inputs.cell >= 0) & (inputs.domain == domain)
    # A hexagon is as fine as a micro-grid, of which no number is told that was not found.
    kind = inputs.guard.kind(spec.level, domain)
    if spec.hexagons is not None:
        kind = inputs.guard.kind(MICRO, domain) + "hexagon"
    place = np.full(len(labels), NOT_SHOWN, dtype=np.int64)
    for label in sorted({str(label) for label in labels if label != plain}):
        rows = np.flatnonzero(labels == label)
        _, part = connected_components(weights[rows][:, rows], directed=False)
        _, first_of, of = np.unique(part, return_index=True, return_inverse=True)
        place[rows] = rows[first_of[of]]
    alone = np.flatnonzero((labels == plain) & (True if only is None else only))
    place[alone] = alone
    size = np.bincount(place[place >= 0], minlength=len(labels))
    group = np.where(chosen, place[np.maximum(inputs.cell, 0)], NOT_SHOWN)
    single = (group >= 0) & (size[np.maximum(group, 0)] == 1)
    quiet = single & (labels[np.maximum(group, 0)] == plain)
    # A place of one cell is that cell, and its band holds the number that it shows elsewhere.
    numbers = inputs.guard.told(np.where(quiet, group, NOT_SHOWN), kind)
    numbers |= inputs.guard.banded(np.where(single & ~quiet, group, NOT_SHOWN), kind)
    of_place = rows_of_units(place)
    names = {
        first: place_name(cells.keys[row] for row in rows)
        for first, rows in of_place.items()
        if len(rows) > 1
    }
    numbers |= inputs.guard.banded(np.where(single, NOT_SHOWN, group), f"{kind}place", names)
    total = inputs.guard.told_set(chosen, inputs.guard.kind(None, domain))
    share = expected / expected.sum() if expected.sum() > 0 else np.zeros(len(expected))
    told = [(first, observed, of_place[first]) for first, observed in sorted(numbers.items())]
    out = []
    for (first, observed, rows), outline in zip(told, cells.outlines([r for *_, r in told]), strict=True):
        awaited = None if total is None else max(round(total * float(share[rows].sum())), 1)
        found = str(labels[first]) != plain
        least = chance_class(float(np.nanmin(q[rows]))) if found and np.isfinite(q[rows]).any() else None
        zh, en = in_words(observed, awaited, least, found=found)
        name_zh, name_en = cells.named(rows)
        evidence: Evidence = {
            "name_zh": name_zh,
            "name_en": name_en,
            "cells": len(rows),
            "domain": domain,
            "observed": observed,
            "expected": awaited,
            "z": None,
            "p": None,
            "q": least,
            "words_zh": zh,
            "words_en": en,
        }
        if found:
            evidence["members"] = [str(cells.keys[row]) for row in rows]
        out.append(Finding(str(labels[first]) if found else "none", cells.keys[first], outline, evidence))
    return sorted(out, key=by_class)


def by_class(found: Finding) -> tuple[bool, float, int]:
    """Key that sorts labelled features first, then by class of chance; within a class by key, which tells nothing."""
    q = found.evidence["q"]
    return found.label == "none", 1.0 if q is None else q, found.grid_key or 0


def guarded_clusters(
    inputs: Any,
    spec: HotspotSpec,
    features: list[Finding],
    inside: list[NDArray[np.bool_]],
    total_expected: float | None,
) -> list[Finding]:
    """Describe clusters of a scan as they may leave the house.

    Parameters
    ----------
    inputs : Inputs
    spec : HotspotSpec
    features : list of Finding
        As they are told inside.
    inside : list of (m,) bool arrays
        Which incidents each cluster holds.
    total_expected : float
        Expectations of all cells together; None where what is expected of a place is no share of the run's incidents,
        but its own past, of which nothing is told.
    """
    # Also where the incidents of one domain were taken out of a run over all: its total is told as a domain's is.
    total = inputs.guard.told_set(inputs.cell >= 0, inputs.guard.kind(None, spec.domain))
    period = spec.since.isoformat(), (spec.until + dt.timedelta(days=1)).isoformat()
    out = []
    for feature, mask in zip(features, inside, strict=True):
        about = feature.evidence
        # By its records alone an equal number would tell that the days by which two periods differ hold none.
        days = (about["since"], about["before"]) if "since" in about else period
        observed = inputs.guard.told_cluster(mask, about["members"], *days)
        if observed is None:
            continue
        awaited = None
        if total is not None and total_expected is not None:
            # What is expected is a share of the total, and tells it.
            awaited = max(round(total * float(about["expected"] or 0.0) / max(total_expected, 1e-9)), 1)
        p = chance_class(float(about["p"])) if about["p"] is not None else None
        zh, en = in_words(observed, awaited, p, "p")
        evidence: Evidence = {
            "name_zh": about["name_zh"],
            "name_en": about["name_en"],
            "cells": about["cells"],
            "radius_m": about["radius_m"],
            "members": about["members"],
            "proposal": about["proposal"],
            "observed": observed,
            "expected": awaited,
            "relative_risk": times_expected(observed, awaited),
            "llr": None,
            "z": None,
            "p": p,
            "q": None,
            "p_gumbel": None,
            "words_zh": zh,
            "words_en": en,
        }
        if "since" in about:
            evidence |= {"since": about["since"], "before": about["before"]}
        out.append(replace(feature, evidence=evidence))
    return out
