"""Work lists: what a desk looks at first, each with its rule and order."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Literal, NamedTuple, get_args

from gridmap.domain.cases.model import CaseRow
from gridmap.domain.query import IncidentQuery

ListName = Literal[
    "to_accept",
    "to_sign",
    "due_today",
    "overdue",
    "to_confirm",
    "follow_up",
    "mine",
    "open",
    "all",
    "last_hours",
    "night",
]
LIST_NAMES: tuple[ListName, ...] = get_args(ListName)
OF_A_SHIFT: tuple[ListName, ...] = ("last_hours", "night")
"""What came lately, whatever became of it: for who takes a shift over."""


class Wanted(NamedTuple):
    """Which cases of a work list.

    Attributes
    ----------
    name : ListName
    query : IncidentQuery
        Narrows the list further; without days it is asked over all time.
    risk : str or None
    handler : int or None
        Only cases that this grid, or one below it, has.
    counted : str or None
        Name of a count of `GridCounts`: only the cases that it counts.
    level : int or None
        Level of the grids by which it counts.
    here : bool
        Only what happened in the scope; without it also cases of other places that its desk has.
    """

    name: ListName = "open"
    query: IncidentQuery = IncidentQuery()
    risk: str | None = None
    handler: int | None = None
    counted: str | None = None
    level: int | None = None
    here: bool = False

    @property
    def is_part(self) -> bool:
        """Whether it holds only some of the cases that its number counts."""
        return self.name != "all" or self.risk is not None or self.handler is not None


@dataclass(frozen=True, slots=True)
class CasePage:
    """Some lines of a list.

    Attributes
    ----------
    rows : tuple of CaseRow
    total : int
        Lines of the whole list.
    offset : int
        Lines before these.
    as_of : datetime
    held_back : int
        Cases that the number counts and the list does not have: they are sealed from the scope. None are told of a list
        that holds only a part of the number: how such cases stand is sealed, too.
    """

    rows: tuple[CaseRow, ...]
    total: int
    offset: int
    as_of: dt.datetime
    held_back: int = 0
