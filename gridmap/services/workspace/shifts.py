"""The town's named shifts, as its settings hold them."""

from __future__ import annotations

from sqlalchemy.orm import Session

from gridmap.domain.rosters import USUAL, NamedShift, read_shifts
from gridmap.storage.workspace.settings import read_settings

SETTING = "shifts"


def shifts_in(session: Session) -> tuple[NamedShift, ...]:
    """Return the town's named shifts, its own or those that come with the program, in a session that is open."""
    kept = read_settings(session).get(SETTING)
    return USUAL if kept is None else read_shifts(kept)
