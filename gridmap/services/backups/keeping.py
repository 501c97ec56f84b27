"""What is kept of backups and their log, and whose they are."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import replace

from gridmap.domain.backups import Backup, KeepRule
from gridmap.errors import Conflict
from gridmap.files.packed import plain_name
from gridmap.settings import Settings


def keep_rule(settings: Settings) -> KeepRule:
    """Return what a workspace's settings say of how long backups are kept."""
    return replace(KeepRule.parse(settings.backup_keep), most_days=settings.case_text_days)


def log_need(system: str, backups: Iterable[Backup], rule: KeepRule) -> Callable[[str], bool]:
    """Tell of files of a cluster's log whether one of these backups needs them: from the oldest daily one on, all.

    Days are counted back along the log, which no clock sets: one that was ahead for a while neither keeps the log from
    that while on for ever, nor drops what is needed to come to a moment before it.
    """
    of_it = [(one.taken_at, one.log) for one in backups if one.log is not None and one.log.system == system]
    newest_of_day: dict[dt.date, str] = {}
    for at, log in sorted(of_it, key=lambda one: one[1].first, reverse=True):
        newest_of_day.setdefault(at.date(), log.first)
    firsts = [*newest_of_day.values()][: max(1, rule.days)]

    def is_needed(file: str) -> bool:
        name = plain_name(file)[:24]
        return (
            "history" in file
            or bool(firsts and name >= min(firsts))
            or any(log.first <= name <= log.last for _, log in of_it)
        )

    return is_needed


def of_another(where: str, newest: Backup | None) -> Conflict:
    """Return the error of a place that holds the backups of another database only."""
    named = "" if newest is None else newest.name
    rows = 0 if newest is None else sum(figure.rows for figure in newest.tables.values())
    return Conflict(
        "backups-of-another",
        f"{where} 中是另一个数据库的备份（最新 {named}，{rows} 行），未作任何改动。"
        "要找回它：gridmap db restore（可加 --from）。"
        "若这里是新的工作区，请移走该文件夹，或另设 GRIDMAP_BACKUP_FOLDER、GRIDMAP_BACKUP_COPY。",
        f"{where} holds the backups of another database (newest {named}, {rows} rows); nothing was written or deleted "
        "there. To have that one back: gridmap db restore, with --from where it is the second place. If this is a new "
        "workspace, move that folder away or name another one in GRIDMAP_BACKUP_FOLDER or GRIDMAP_BACKUP_COPY.",
    )
