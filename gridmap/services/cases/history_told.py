"""What a file tells of long ago and of no end: a history whose cases would all stand as overdue."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from gridmap.domain.terms import HISTORY_DAYS
from gridmap.ingest.model import Notice

_OPEN = frozenset({None, "accepted"})


def history_without_stage(
    rows: Sequence[Mapping[str, Any]], stored: Collection[str], now: dt.datetime
) -> Notice | None:
    """Say how many new cases were received long ago and are told neither a stage nor an end.

    Parameters
    ----------
    rows : sequence of mapping
        Incidents, as they were read.
    stored : collection of str
        Numbers of records that there are: what a file leaves out of those stays as it is.
    now : datetime
        Aware.

    Returns
    -------
    Notice or None
    """
    since = now - dt.timedelta(days=HISTORY_DAYS)
    received = [
        at
        for row in rows
        if row["uid"] not in stored
        and row["stage"] in _OPEN
        and row["closed_at"] is None
        and row["due_at"] is None
        and (at := row["reported_at"] or row["occurred_at"]) is not None
        and at < since
    ]
    if not received:
        return None
    n, first, last = len(received), min(received).date(), max(received).date()
    return Notice(
        "history-without-stage",
        f"{n} 件在 {HISTORY_DAYS} 天以前收到（{first} 至 {last}），没有写明阶段和办结时间：将作为在办导入并列入逾期。"
        "若早已办结，请在文件中写明阶段，或整份加 --stage archived（映射 stage 写 =archived）重新导入。",
        f"{n} cases were received more than {HISTORY_DAYS} days ago ({first} to {last}) and have neither a stage nor "
        "an end: they come in as open, and are overdue. If they ended long ago, give their stage in the file, or "
        "import it with --stage archived for all (a mapping: stage, =archived).",
    )
