"""What a step says, whether it is asked for or kept."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class StepFields:
    """What a step says besides what is done and when; which of it an action needs is told by `rules.rule_of`.

    Attributes
    ----------
    to_grid_key, to_body
        Where the case goes, for accept, route and transfer.
    ground : str or None
        Code of the reason.
    until : datetime or None
        To when a pause or a deferral lasts; aware.
    outcome, method, agreement, fulfilled : str or None
        Codes of how it ended.
    note : str or None
    corrects : int or None
        ``step_id`` of the step whose fields this one puts right.
    """

    to_grid_key: int | None = None
    to_body: str | None = None
    ground: str | None = None
    until: dt.datetime | None = None
    outcome: str | None = None
    method: str | None = None
    agreement: str | None = None
    fulfilled: str | None = None
    note: str | None = None
    corrects: int | None = None
