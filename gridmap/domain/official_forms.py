"""Forms that receivers demand (一表通): the dispute sheet, its columns, and what changed since it was handed in."""

from __future__ import annotations

import calendar
import datetime as dt
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from gridmap.errors import InvalidInput

_MONTH = re.compile(r"(\d{4})-(\d{2})")
_PART = re.compile(r"(\d{4})-([QH])([1-4])")
_YEAR = re.compile(r"(\d{4})")


@dataclass(frozen=True, slots=True)
class Period:
    """A month, quarter, half-year or year.

    Attributes
    ----------
    name : str
        ``2026-10``, ``2026-Q4``, ``2026-H2`` or ``2026``.
    since, until : date
        First and last day.
    """

    name: str
    since: dt.date
    until: dt.date

    @property
    def zh(self) -> str:
        """The period in Chinese."""
        year, _, part = self.name.partition("-")
        if not part:
            return f"{year} 年"
        if part[0] == "Q":
            return f"{year} 年第 {part[1]} 季度"
        if part[0] == "H":
            return f"{year} 年{'上' if part[1] == '1' else '下'}半年"
        return f"{year} 年 {int(part)} 月"


def read_period(name: str) -> Period:
    """Read a period's name.

    Raises
    ------
    InvalidInput
        When it is none.
    """
    first = last = 0
    if (found := _MONTH.fullmatch(name)) and 1 <= int(found[2]) <= 12:
        first = last = int(found[2])
    elif (found := _PART.fullmatch(name)) and (found[2] == "Q" or int(found[3]) <= 2):
        size = 3 if found[2] == "Q" else 6
        first = (int(found[3]) - 1) * size + 1
        last = first + size - 1
    elif found := _YEAR.fullmatch(name):
        first, last = 1, 12
    if not found or not first or not 1949 <= int(found[1]) <= 9000:
        raise InvalidInput(
            "form-period",
            f"“{name}”不是报表周期。请写：2026-10（月）、2026-Q4（季）、2026-H2（半年）或 2026（年）。",
            f"{name!r} is no period of a form. Write 2026-10, 2026-Q4, 2026-H2 or 2026.",
        )
    year = int(found[1])
    return Period(name, dt.date(year, first, 1), dt.date(year, last, calendar.monthrange(year, last)[1]))


def period_before(asked: Period) -> Period:
    """Return the month, quarter, half-year or year before a period."""
    year, _, part = asked.name.partition("-")
    last = asked.since - dt.timedelta(days=1)
    if not part:
        return read_period(str(int(year) - 1))
    if part[0] == "Q":
        return read_period(f"{last.year}-Q{(last.month + 2) // 3}")
    if part[0] == "H":
        return read_period(f"{last.year}-H{1 + (last.month > 6)}")
    return read_period(f"{last:%Y-%m}")


@dataclass(frozen=True, slots=True)
class FormCase:
    """What a form asks of a case.

    Attributes
    ----------
    incident_id : int or None
        None for a case that is sealed from whoever asks: it is counted, and in no list.
    row_key : int
        Grid of the form's level, or 0 where the case lies in none.
    kind : str
        Empty where it is not told.
    untold : bool
        Its source said that it is solved, and not with what outcome: it is not among those solved.
    """

    incident_id: int | None
    row_key: int
    kind: str
    is_open: bool
    is_overdue: bool
    acted: bool
    solved: bool
    solved_level: int | None
    reopened: bool
    untold: bool = False


@dataclass(frozen=True, slots=True)
class Column:
    """A column that counts cases."""

    code: str
    zh: str
    en: str
    holds: Callable[[FormCase], bool]


COLUMNS: tuple[Column, ...] = (
    Column("found", "排查发现", "found", lambda _: True),
    Column("handled", "已调处", "handled", lambda c: c.acted or not c.is_open),
    Column("succeeded", "化解成功", "succeeded", lambda c: c.solved),
    Column("untold", "办结未注明结果", "ended, outcome untold", lambda c: c.untold),
    Column(
        "unsolved",
        "未化解",
        "ended unsolved",
        lambda c: not c.is_open and not c.solved and not c.untold,
    ),
    Column("open", "在办", "open", lambda c: c.is_open),
    Column("overdue", "逾期", "overdue", lambda c: c.is_overdue),
    Column(
        "in_village", "村级化解", "solved in the village", lambda c: c.solved and (c.solved_level or 0) >= 3
    ),
    Column("in_area", "片区化解", "solved in the area", lambda c: c.solved and c.solved_level == 2),
    Column("in_town", "镇级化解", "solved in the town", lambda c: c.solved and c.solved_level == 1),
    Column("reopened", "重开", "reopened", lambda c: c.reopened),
)
"""Counts of the dispute sheet, in their order."""

SHARES: Mapping[str, tuple[str, str, str, str]] = {
    "handled_share": ("调处率", "share handled", "handled", "found"),
    "succeeded_share": ("成功率", "share succeeded", "succeeded", "handled"),
}
"""Code to name in both languages, and the counts that it divides."""

TOTAL = "total"


@dataclass(frozen=True, slots=True)
class Sheet:
    """A filled form.

    Attributes
    ----------
    by_grid, by_kind : dict
        Row (a grid's key, or a kind's code) to column to the cases there, as places in `cases`.
    total : dict
        Column to the cases.
    cases : tuple of FormCase
    """

    by_grid: Mapping[int, Mapping[str, tuple[int, ...]]]
    by_kind: Mapping[str, Mapping[str, tuple[int, ...]]]
    total: Mapping[str, tuple[int, ...]]
    cases: tuple[FormCase, ...]

    def numbers(self) -> dict[str, dict[str, int]]:
        """Return every cell's count: ``grid KEY``, ``kind CODE`` or ``total`` to column to number."""
        rows: dict[str, Mapping[str, tuple[int, ...]]] = {TOTAL: self.total}
        rows |= {f"grid {key}": cells for key, cells in self.by_grid.items()}
        rows |= {f"kind {code}": cells for code, cells in self.by_kind.items()}
        return {name: {column: len(cases) for column, cases in cells.items()} for name, cells in rows.items()}

    def listed(self, row: str, column: str) -> list[int]:
        """Return the numbers of the cases behind a cell that whoever asks may see in a list."""
        cells = self._row(row).get(column, ())
        return [found for place in cells if (found := self.cases[place].incident_id) is not None]

    def _row(self, row: str) -> Mapping[str, tuple[int, ...]]:
        name, _, which = row.partition(" ")
        if name == "grid" and which.isdecimal():
            return self.by_grid.get(int(which), {})
        if name == "kind":
            return self.by_kind.get(which, {})
        return self.total if row == TOTAL else {}


def fill(cases: Iterable[FormCase], grids: Iterable[int], kinds: Iterable[str]) -> Sheet:
    """Sort cases into the cells of the dispute sheet.

    Parameters
    ----------
    cases : iterable of FormCase
    grids : iterable of int
        Rows that are shown also where nothing lies in them.
    kinds : iterable of str
        Likewise.

    Returns
    -------
    Sheet
        Rows of grids add up to the total, and so do rows of kinds.
    """
    every = tuple(cases)
    by_grid: dict[int, list[int]] = {key: [] for key in grids}
    by_kind: dict[str, list[int]] = {code: [] for code in kinds}
    for place, case in enumerate(every):
        by_grid.setdefault(case.row_key, []).append(place)
        by_kind.setdefault(case.kind, []).append(place)

    def cells(places: Iterable[int]) -> dict[str, tuple[int, ...]]:
        here = tuple(places)
        return {c.code: tuple(p for p in here if c.holds(every[p])) for c in COLUMNS}

    return Sheet(
        {key: cells(places) for key, places in by_grid.items()},
        {code: cells(places) for code, places in by_kind.items()},
        cells(range(len(every))),
        every,
    )


def share(counts: Mapping[str, int], name: str) -> float | None:
    """Return a share of a row; None where there is nothing to divide by."""
    _, _, part, whole = SHARES[name]
    # Nobody knows how these ended: they count for no success and for no failure.
    judged = counts[whole] - (counts.get("untold", 0) if part == "succeeded" else 0)
    return counts[part] / judged if judged else None


@dataclass(frozen=True, slots=True)
class Difference:
    """What changed in a column's total since a form was handed in.

    Attributes
    ----------
    before, now : int
    added, gone : tuple of int
        Cases that count there now and did not, and the other way round; of sealed ones only the number is told.
    new_records : tuple of int
        Of those added: cases that the form did not have at all, recorded or moved into the period later.
    """

    column: str
    before: int
    now: int
    added: tuple[int, ...]
    gone: tuple[int, ...]
    new_records: tuple[int, ...]


def remembered(sheet: Sheet) -> dict[str, list[str]]:
    """Return what is kept of a sheet that is handed in: for each listed case its row, kind and columns."""
    out: dict[str, list[str]] = {}
    for case in sheet.cases:
        if case.incident_id is not None:
            columns = [c.code for c in COLUMNS if c.holds(case)]
            out[str(case.incident_id)] = [str(case.row_key), case.kind, *columns]
    return out


def differences(
    before: Mapping[str, Mapping[str, int]], kept: Mapping[str, list[str]], now: Sheet
) -> list[Difference]:
    """Tell how a sheet differs from the one that was handed in, by column, with the cases that explain it.

    Parameters
    ----------
    before : mapping
        `Sheet.numbers` of what was handed in.
    kept : mapping
        `remembered` of it.
    now : Sheet
    """
    current = remembered(now)
    out = []
    for column in COLUMNS:
        if column.code not in before[TOTAL]:
            # The form that was handed in had no such column.
            continue
        then = {int(case) for case, told in kept.items() if column.code in told[2:]}
        today = {int(case) for case, told in current.items() if column.code in told[2:]}
        added, gone = sorted(today - then), sorted(then - today)
        old, new = before[TOTAL].get(column.code, 0), len(now.total[column.code])
        if added or gone or old != new:
            fresh = tuple(case for case in added if str(case) not in kept)
            out.append(Difference(column.code, old, new, tuple(added), tuple(gone), fresh))
    return out
