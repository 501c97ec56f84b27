"""All that is told of a year's cases to others, as sets: by the calendar, by weeks, by state, and of kept runs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select

from gridmap.analysis.cell_key import PerturbationTable
from gridmap.analysis.suppress import NOT_SHOWN
from gridmap.domain import protection
from gridmap.domain.cases.figures import STANDING
from gridmap.domain.gridkey import SUBTREE_SIZE, Scope
from gridmap.domain.protection import Counts, blocks, is_told, place_band
from gridmap.domain.query import IncidentQuery
from gridmap.domain.terms import MINIMUM
from gridmap.errors import InvalidInput
from gridmap.services.cases import protected
from gridmap.services.cases.figures import by_grid
from gridmap.services.cases.query import chosen_by
from gridmap.services.hotspots.by_cell import by_emerging, by_gi, by_moran
from gridmap.services.hotspots.by_scan import by_scan, by_space_time_scan
from gridmap.services.hotspots.guard import place_name
from gridmap.services.hotspots.observations import load_inputs
from gridmap.services.hotspots.spec import HotspotSpec
from gridmap.storage.cases.counted import counted_by
from gridmap.storage.cases.figures import standing_conditions
from gridmap.storage.database import Database
from tests.attack_sets import Cases, Set, SetAttacker

WHOLE = Scope.whole()
_STATES = tuple(name for name in STANDING if name != "reported")
_LEVELS = (1, 2, 3)


class Year:
    """The cases of a year, and what tells of them.

    Parameters
    ----------
    database : Database
    year : int
    hexagons : int
        Resolution of the hexagons that places are told apart by, besides grids.
    """

    def __init__(self, database: Database, year: int, hexagons: int = 8) -> None:
        self.database, self.year = database, year
        self.first, self.last = dt.date(year, 1, 1), dt.date(year, 12, 31)
        chosen = chosen_by(database, IncidentQuery(since=self.first, until=self.last))
        self.now = chosen.now
        of: Any = counted_by(chosen)
        known = standing_conditions(of, chosen.now)
        with database.scoped_session(WHOLE) as session:
            rows = session.execute(
                select(
                    of.grid_key,
                    of.occurred_at,
                    of.domain,
                    of.stage,
                    *(known[n].label(n) for n in _STATES),
                    of.record_key,
                ).where(*chosen.conditions(of))
            ).all()
        zone = ZoneInfo(chosen.zone)
        day = np.array([(row[1].astimezone(zone).date() - self.first).days for row in rows])
        self.days = (self.last - self.first).days + 1
        # What has no place closer than its village lies in no hexagon.
        self.resolution = hexagons
        laid = load_inputs(database, WHOLE, self.by_hexagons("emerging"))
        of_record = {
            int(key): int(laid.cells["grid_key"].iloc[cell])
            for key, cell in zip(laid.guard.record_key, laid.cell, strict=True)
            if cell >= 0
        }
        place_of = np.array([[int(row[0]), of_record.get(int(row[-1]), 0)] for row in rows], dtype=np.int64)
        places, place = np.unique(place_of, axis=0, return_inverse=True)
        self.keys, self.hexagon = places[:, 0], places[:, 1]
        self.domains, matter = np.unique([row[2] for row in rows], return_inverse=True)
        # The stage is a state of its own, beside how a case stands.
        standing = np.array([[row[3], *(str(bool(v)) for v in row[4:-1])] for row in rows])
        self.states, state = np.unique(standing, axis=0, return_inverse=True)
        atoms = np.column_stack([place.ravel(), day * len(self.states) + state.ravel(), matter.ravel()])
        shape = (len(self.keys), self.days * len(self.states), len(self.domains))
        self.atoms, self.shape = atoms.astype(np.int64), shape
        self.cases = Cases(self.atoms, shape)

    def ground(self, level: int | None = None, key: int = 0) -> NDArray[np.bool_]:
        """Return the grids that lie in a grid of a level; all of them without a level."""
        if level is None:
            return np.ones(len(self.keys), dtype=bool)
        return np.asarray(self.keys - self.keys % SUBTREE_SIZE[level] == key)

    def by_hexagons(self, method: Any, **more: Any) -> HotspotSpec:
        """Ask for a run over the year by hexagons."""
        asked = {"hexagons": self.resolution, "step": "month", "by": "count", "permutations": 0, "seed": 1}
        return HotspotSpec(method, self.first, self.last, **(asked | more))

    def members(self, keys: list[str], level: int | None) -> NDArray[np.bool_]:
        """Return the grids that lie in several grids of a level; what lies in several hexagons without one."""
        chosen = np.array([int(key) for key in keys])
        if level is None:
            return np.asarray(np.isin(self.hexagon, chosen))
        return (
            np.isin(self.keys - self.keys % SUBTREE_SIZE[level], chosen)
            if level < 4
            else np.isin(self.keys, chosen)
        )

    def when(self, first: dt.date, after: dt.date, state: str | None = None) -> NDArray[np.bool_]:
        """Return the days from a first one to before another one, in a state or a stage."""
        day = np.zeros(self.days, dtype=bool)
        day[max((first - self.first).days, 0) : max((after - self.first).days, 0)] = True
        held = np.ones(len(self.states), dtype=bool)
        if state in _STATES:
            held = self.states[:, 1 + _STATES.index(state)] == "True"
        elif state is not None:
            held = self.states[:, 0] == state
        return np.asarray(np.outer(day, held).ravel())

    def matter(self, domain: str | None) -> NDArray[np.bool_]:
        """Return one domain, or all of them."""
        return np.ones(len(self.domains), dtype=bool) if domain is None else self.domains == domain

    def periods(self) -> Iterator[tuple[str, dt.date, dt.date]]:
        """Give the whole year, its quarters and months: name, first day and the day after."""
        for name, months in (("year", 12), ("quarter", 3), ("month", 1)):
            for begin in range(0, 12, months):
                after = begin + months
                first = dt.date(self.year, begin + 1, 1)
                yield name, first, dt.date(self.year + after // 12, after % 12 + 1, 1)


def told_by_calendar(year: Year) -> Iterator[Set]:
    """Give the numbers of every grid, block, domain and state that is told."""
    for span, first, after in year.periods():
        for domain in (None, *year.domains):
            matter = "all" if domain is None else "domain"
            for level in _LEVELS:
                if not is_told(f"{level}/{matter}//{span}"):
                    continue
                query = IncidentQuery(
                    since=first, until=after - dt.timedelta(days=1), domains=(domain,) if domain else ()
                )
                found = by_grid(year.database, WHOLE, query, level, counts=Counts.PERTURBED, now=year.now)
                assert found.query.since == first
                for name in STANDING:
                    state = "" if name == "reported" else name
                    if not is_told(f"{level}/{matter}/{state}/{span}"):
                        continue
                    told = {row.grid_key: row for row in found.rows}
                    kind = "state" if state else "calendar"
                    whole = NOT_SHOWN if name in found.total.untold else getattr(found.total, name)
                    if level == 1:
                        yield Set(
                            kind,
                            year.ground(),
                            year.when(first, after, state or None),
                            year.matter(domain),
                            whole,
                        )
                    for key in np.unique(year.keys - year.keys % SUBTREE_SIZE[level]):
                        row = told.get(int(key))
                        number = NOT_SHOWN if row is None or name in row.untold else getattr(row, name)
                        yield Set(
                            kind,
                            year.ground(level, int(key)),
                            year.when(first, after, state or None),
                            year.matter(domain),
                            number,
                        )


def told_by_stage(year: Year) -> Iterator[Set]:
    """Give the numbers of the town's stages."""
    for span, first, after in year.periods():
        if not is_told(f"1/all/stage/{span}"):
            continue
        query = IncidentQuery(since=first, until=after - dt.timedelta(days=1))
        with year.database.scoped_session(WHOLE) as session:
            told = protected.story(session, chosen_by(year.database, query, year.now))
        if told["query"].get("from") not in {None, first.isoformat()}:
            continue
        for stage in sorted({str(stage) for stage in year.states[:, 0]}):
            number = told["by_stage"].get(stage, NOT_SHOWN)
            yield Set("state", year.ground(), year.when(first, after, stage), year.matter(None), number)


def told_by_week(year: Year) -> Iterator[Set]:
    """Give the numbers of the town's weeks that lie in the year."""
    query = IncidentQuery(since=year.first, until=year.last)
    with year.database.scoped_session(WHOLE) as session:
        told = protected.timeline(session, chosen_by(year.database, query, year.now))
    for begin, number in told["points"]:
        first = dt.date.fromisoformat(begin)
        after = first + dt.timedelta(days=7)
        if first >= year.first and after <= year.last:
            shown = NOT_SHOWN if number is None else int(number)
            yield Set("week", year.ground(), year.when(first, after), year.matter(None), shown)


def told_by_runs(year: Year) -> Iterator[Set]:
    """Give the numbers of the places and clusters that runs find: every one of each block of the calendar by itself.

    Whoever sees several runs of a place can tell its blocks apart by subtracting; the attacker has them at once.
    """
    for domain in year.domains:
        for _, first, after in year.periods():
            for level, find in ((4, by_gi), (3, by_gi), (4, by_moran)):
                spec = HotspotSpec(
                    "gi" if find is by_gi else "moran",
                    first,
                    after - dt.timedelta(days=1),
                    domain,
                    level=level,
                    seed=1,
                )
                try:
                    inputs = load_inputs(year.database, WHOLE, spec)
                except InvalidInput:
                    # A month without such cases.
                    continue
                if inputs.counts.sum() < MINIMUM:
                    continue
                for found in find(inputs, spec).protected or []:
                    if found.label == "none":
                        continue
                    ground = year.members(found.evidence["members"], level)
                    yield Set(
                        "run",
                        ground,
                        year.when(first, after),
                        year.matter(domain),
                        *place_band(int(found.evidence["observed"])),
                    )
                    inside = np.isin(
                        inputs.cell,
                        np.flatnonzero(
                            np.isin(inputs.cells["grid_key"].astype(str), found.evidence["members"])
                        ),
                    )
                    yield from _of_blocks(year, inputs, spec, found.evidence["members"], inside, domain)
        yield from _clusters(year, str(domain))
        for spec in _overlapping(year, str(domain)):
            yield from _found(year, spec)
    for more in ({}, {"since": year.first.replace(month=7)}, {"until": dt.date(year.year, 9, 30)}):
        yield from _found(year, replace(year.by_hexagons("emerging"), **more))


def _overlapping(year: Year, domain: str) -> Iterator[HotspotSpec]:
    """Ask for the same year time and again, so that places overlap: by other methods, levels and certainty."""
    spec = HotspotSpec("gi", year.first, year.last, domain, level=4, seed=1)
    for alpha in (0.001, 0.01, 0.02, 0.1, 0.2):
        yield replace(spec, alpha=alpha)
        yield replace(spec, method="moran", alpha=alpha)
    for level in (3, 4):
        yield replace(spec, level=level, by="rate")
        yield replace(spec, method="emerging", level=level, step="month", permutations=0)


_FIND: dict[str, Any] = {"gi": by_gi, "moran": by_moran, "emerging": by_emerging}


def _found(year: Year, spec: HotspotSpec) -> Iterator[Set]:
    """Give what a run tells of the places that it finds, and of all other cells where it tells of them."""
    try:
        inputs = load_inputs(year.database, WHOLE, spec)
        found = _FIND[spec.method](inputs, spec).protected or []
    except InvalidInput:
        return
    assert inputs.guard.is_whole
    level = None if spec.hexagons is not None else spec.level
    after = spec.until + dt.timedelta(days=1)
    for one in found:
        members = one.evidence.get("members", [str(one.grid_key)])
        number = int(one.evidence["observed"])
        band = (number, None) if one.label == "none" else place_band(number)
        yield Set(
            "run", year.members(members, level), year.when(spec.since, after), year.matter(spec.domain), *band
        )


def _of_blocks(
    year: Year, inputs: Any, spec: HotspotSpec, members: list[str], inside: NDArray[np.bool_], domain: str
) -> Iterator[Set]:
    """Give the place's bands in shorter blocks, as a run over any of them alone would tell them where it finds it."""
    ground = year.members(members, spec.level)
    for months in (3, 1):
        for begin in range(0, 12, months):
            end = begin + months
            first = dt.date(year.year, begin + 1, 1)
            after = dt.date(year.year + end // 12, end % 12 + 1, 1)
            if first < spec.since or after > spec.until + dt.timedelta(days=1):
                continue
            if (first, after) == (spec.since, spec.until + dt.timedelta(days=1)):
                continue
            day = np.asarray(inputs.day)
            from_day, to_day = (first - spec.since).days, (after - spec.since).days
            held = inside & (inputs.domain == domain) & (day >= from_day) & (day < to_day)
            bounds = blocks(first, after)
            query = replace(inputs.guard.protected.query, since=first, until=after - dt.timedelta(days=1))
            guard = replace(
                inputs.guard,
                protected=protection.ProtectedQuery(query, bounds),
                block=np.zeros_like(inputs.guard.block),
            )
            kind = guard.kind(spec.level, domain)
            # A place of one cell is that cell, in runs and reports alike.
            named = (kind,) if len(members) == 1 else (f"{kind}place", place_name(members))
            told = guard.banded_set(held, *named)
            band = (None, None) if told is None else place_band(told)
            yield Set("run", ground, year.when(first, after), year.matter(domain), *band)


def _clusters(year: Year, domain: str) -> Iterator[Set]:
    for method, find in (("scan", by_scan), ("space-time-scan", by_space_time_scan)):
        spec = HotspotSpec(method, year.first, year.last, domain, level=4, seed=1, permutations=99)  # type: ignore[arg-type]
        inputs = load_inputs(year.database, WHOLE, spec)
        for found in find(inputs, spec).protected or []:
            if found.label == "none":
                continue
            about = found.evidence
            since = dt.date.fromisoformat(about["since"]) if "since" in about else year.first
            before = (
                dt.date.fromisoformat(about["before"]) if "before" in about else year.last + dt.timedelta(1)
            )
            yield Set(
                "run",
                year.members(about["members"], 4),
                year.when(since, before),
                year.matter(domain),
                *place_band(int(about["observed"])),
            )


def all_told(year: Year) -> list[Set]:
    """Return every number once."""
    seen: dict[tuple[bytes, bytes, bytes], Set] = {}
    for tell in (told_by_calendar, told_by_stage, told_by_week, told_by_runs):
        for one in tell(year):
            name = (one.ground.tobytes(), one.when.tobytes(), one.matter.tobytes())
            kept = seen.get(name)
            if (
                kept is None
                or kept.told in {None, NOT_SHOWN}
                or (kept.below is not None and one.below is None)
            ):
                seen[name] = one
    return list(seen.values())


def set_attacker_of(year: Year, told: list[Set], *, off: bool = False) -> tuple[SetAttacker, list[Set]]:
    """Make the attacker, and the sets as it sees them; `off` where true numbers are told, however small."""
    if not off:
        return (
            SetAttacker(
                year.cases, told, protected.table(), least_held=MINIMUM, least_told=protection.LEAST_TOLD
            ),
            told,
        )
    true = [replace(one, told=year.cases.truth(one), below=None) for one in told]
    none = PerturbationTable(0, 1e-6, 0, np.ones((1, 1)))
    return SetAttacker(year.cases, true, none, least_held=0, least_told=0), true
