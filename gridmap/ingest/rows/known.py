"""Grid codes, village names and records that a workspace knows: rows that need another one are refused."""

from __future__ import annotations

from collections.abc import Callable, Collection, Container, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from gridmap.domain.gridkey import UNASSIGNED
from gridmap.ingest.rows.headers import Headings
from gridmap.ingest.rows.refused import Refusals


@dataclass(frozen=True, slots=True)
class KnownGrids:
    """What the workspace's grids and records are called.

    Attributes
    ----------
    codes : callable
        Tells which of some official codes, former codes and grid keys there are.
    villages : container of str
        Names of villages, and paths down to a micro-grid: what ``name in villages`` says is known.
    shared : container of str
        Names that several villages have.
    records : mapping of str to callable
        Field that refers to another record, with what tells which of some identifiers there are.
    stored : callable or None
        Tells which of some identifiers the records themselves have: a file of a few columns may update those, and make
        none.
    """

    codes: Callable[[Collection[str]], Collection[str]]
    villages: Container[str]
    shared: Container[str] = ()
    records: Mapping[str, Callable[[pa.Array], pa.Array]] = field(default_factory=dict)
    stored: Callable[[pa.Array], pa.Array] | None = None


_NO_RECORD = {
    "": (
        "没有这个编号的记录。请核对编号，或先导入它所指的记录。",
        "No record has this identifier. Check it, or first import the record that it refers to.",
    ),
    "team_code": (
        "没有这支队伍，或它只有一人（一人队的定位就是个人的，不保存）。请核对编号，或先导入队伍。",
        "There is no such team, or it has one member whose positions are not kept. Check it, or first import the team.",
    ),
}


def check_known(
    columns: dict[str, Any],
    placed: NDArray[np.bool_] | None,
    headings: Headings,
    refusals: Refusals,
    known: KnownGrids,
) -> None:
    """Refuse rows that name a grid, a village or another record that nobody knows.

    Parameters
    ----------
    columns : dict
        Field to typed column.
    placed : ndarray of bool, optional
        Rows that have a coordinate; there a wrong name does no harm and is left alone.
    headings : Headings
    refusals : Refusals
    known : KnownGrids
    """
    rows = len(refusals.bad)
    free = np.ones(rows, np.bool_) if placed is None else ~placed
    coded = np.zeros(rows, np.bool_)
    if "grid_code" in columns:
        coded = free & _mask(pc.is_valid(columns["grid_code"]))
        _refuse(coded & ~_coded(columns["grid_code"], known), "grid_code", columns, headings, refusals)
    if "village_name" in columns:
        named = free & ~coded & _mask(pc.is_valid(columns["village_name"]))
        spelled = pc.unique(columns["village_name"]).drop_null().to_pylist()
        right_names = [name for name in spelled if name in known.villages]
        right = _mask(pc.is_in(columns["village_name"], pa.array(right_names, pa.string())))
        shared = [name for name in spelled if name in known.shared]
        several = named & _mask(pc.is_in(columns["village_name"], pa.array(shared, pa.string())))
        _refuse_shared(several, columns, headings, refusals)
        _refuse(named & ~right, "village_name", columns, headings, refusals)
    if "to_grid_code" in columns:
        wrong = _mask(pc.is_valid(columns["to_grid_code"])) & ~_coded(columns["to_grid_code"], known)
        _refuse(wrong, "to_grid_code", columns, headings, refusals)
    for name, find in known.records.items():
        there = find(_unique(columns[name]))
        zh, en = _NO_RECORD.get(name, _NO_RECORD[""])
        wrong = _mask(pc.is_valid(columns[name])) & ~_mask(pc.is_in(columns[name], there))
        refusals.add(
            wrong,
            headings.columns.get(name, name),
            columns[name],
            code="record-unknown",
            zh=zh,
            en=en,
        )


def naming_grids(codes: Any) -> Any:
    """Return a column of codes with null where an export says that a record lies in no grid.

    Examples
    --------
    >>> import pyarrow as pa
    >>> naming_grids(pa.chunked_array([["0", "330681109201", None]])).to_pylist()
    [None, '330681109201', None]
    """
    return pc.if_else(pc.equal(codes, str(UNASSIGNED)), pa.scalar(None, pa.string()), codes)


def _unique(values: Any) -> pa.Array:
    return pc.unique(values).drop_null()


def _coded(codes: Any, known: KnownGrids) -> NDArray[np.bool_]:
    there = known.codes(_unique(codes).to_pylist())
    return _mask(pc.is_in(codes, pa.array(sorted(there), pa.string())))


def _refuse_shared(
    several: NDArray[np.bool_], columns: dict[str, Any], headings: Headings, refusals: Refusals
) -> None:
    refusals.add(
        several,
        headings.columns.get("village_name", "village_name"),
        columns["village_name"],
        code="village-of-several-towns",
        zh="不止一个镇有这个名字的村。请写成“镇/村”，或填写网格编码、经纬度。",
        en="more than one town has a village of this name. Write town/village, or give its code or a coordinate.",
    )


def _refuse(
    wrong: NDArray[np.bool_], field: str, columns: dict[str, Any], headings: Headings, refusals: Refusals
) -> None:
    heading = headings.columns.get(field, field)
    refusals.add(
        wrong & ~refusals.of(heading),
        heading,
        columns[field],
        code="grid-unknown",
        zh="本镇没有这个网格。请核对网格编码或村名（gridmap grids list 可查），或填写经纬度。",
        en="The town has no such grid. Check the code or name (gridmap grids list), or give a coordinate.",
    )


def _mask(values: Any) -> NDArray[np.bool_]:
    filled: NDArray[np.bool_] = pc.fill_null(values, fill_value=False).to_numpy(zero_copy_only=False)
    return filled
