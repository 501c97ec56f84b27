"""``gridmap audit``: who saw or changed what."""

from __future__ import annotations

import json
from pathlib import Path
from zoneinfo import ZoneInfo

import click
from rich.table import Table

from gridmap.cli.common import actor, console, workspace
from gridmap.domain.accounts import AuditEntry, AuditSegment
from gridmap.domain.roles import Action, require
from gridmap.errors import Broken, InvalidInput
from gridmap.services.accounts import audit


@click.group("audit")
def group() -> None:
    """审计 / audit: list, verify, head, export, trim."""


@group.command("list")
@click.option("--post", help="岗位 / post.")
@click.option("--action", help="行为 / action.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True)
def list_(*, post: str | None, action: str | None, limit: int) -> None:
    """列出记录，最新在前 / list rows, newest first."""
    with workspace() as database:
        require(actor(database), Action.SEE_AUDIT)
        found = audit.list_entries(database, limit=limit, post=post, action=action)
        zone = ZoneInfo(database.settings.timezone)
    table = Table()
    for heading in (
        "序号 / no.",
        "时间 / at",
        "岗位 / post",
        "行为 / action",
        "对象 / object",
        "结果 / outcome",
    ):
        table.add_column(heading, overflow="fold")
    for row in found:
        at = row.at.astimezone(zone).isoformat(" ")[:19]
        table.add_row(str(row.seq), at, row.post, row.action, row.object, row.outcome)
    console.print(table)


@group.command("verify")
@click.option(
    "--head", help="另处保存的“序号:哈希” / NUMBER:HASH kept elsewhere, as gridmap audit head prints it."
)
def verify(*, head: str | None) -> None:
    """核对哈希链：无改动、无缺失 / check that no row was changed, cut out or put in."""
    with workspace() as database:
        require(actor(database), Action.SEE_AUDIT)
        found = audit.verify(database, kept=None if head is None else _kept(head))
    if found.broken_at is not None:
        raise Broken(
            "audit-broken",
            f"审计链在第 {found.broken_at} 行断开：该行或之前有改动、缺失。请保全数据库并报告监督岗。",
            f"The audit's chain breaks at row {found.broken_at}: a row there was changed or is missing. "
            "Keep the database as it is and tell the supervisor.",
        )
    dropped = f", 至第 {found.dropped} 行已按期清理 / dropped up to {found.dropped}" if found.dropped else ""
    console.print(f"完整 / whole: {found.rows} 行 / rows, {found.head or '-'}{dropped}", highlight=False)


@group.command("head")
def head_() -> None:
    """显示链头，供另处保存 / print the chain's head, to be kept elsewhere."""
    with workspace() as database:
        require(actor(database), Action.SEE_AUDIT)
        found = audit.head(database)
    console.print(
        "尚无记录 / nothing yet." if found is None else f"{found.seq}:{found.hash}", highlight=False
    )


@group.command("trim")
@click.option("--dry-run", is_flag=True, help="只说明将清理什么 / tell what would go, and drop nothing.")
def trim(*, dry_run: bool) -> None:
    """清理超过保存期限的整月记录，保留其哈希 / drop whole months that are out of date; their hash stays."""
    with workspace() as database:
        gone = audit.trim(database, actor(database), dry_run=dry_run)
    if gone is None:
        console.print("没有到期的记录 / nothing is out of date.")
        return
    told = "将清理 / would be dropped" if dry_run else "已清理 / dropped"
    console.print(f"{told}: {gone.first_seq}-{gone.last_seq}, {gone.hash}", highlight=False)


@group.command("export")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def export(file: Path) -> None:
    """导出为 JSON 行，可另行核对 / write every row as a line of JSON, which anybody can check."""
    with workspace() as database, file.open("x", encoding="utf-8") as out:
        who = actor(database)
        require(who, Action.SEE_AUDIT)
        audit.record(database, who, "audit_export", file.name)
        out.writelines(_dropped(segment) for segment in audit.list_segments(database))
        audit.for_each(database, lambda row: out.writelines([_line(row)]))
    console.print(f"已写入 / written: {file}")


def _dropped(segment: AuditSegment) -> str:
    told = {
        "first_seq": segment.first_seq,
        "last_seq": segment.last_seq,
        "first_at": segment.first_at.isoformat(),
        "last_at": segment.last_at.isoformat(),
        "hash": segment.hash,
    }
    return json.dumps({"dropped": told}, ensure_ascii=False) + "\n"


def _line(row: AuditEntry) -> str:
    told = {
        "seq": row.seq,
        "at": row.at.isoformat(),
        "post": row.post,
        "role": row.role,
        "action": row.action,
        "object": row.object,
        "outcome": row.outcome,
        "details": row.details,
        "hash": row.hash,
    }
    return json.dumps(told, ensure_ascii=False) + "\n"


def _kept(head: str) -> tuple[int, str]:
    number, _, digest = head.partition(":")
    if not number.isdigit() or len(digest) != 64:
        raise InvalidInput(
            "audit-head",
            "链头应为“序号:哈希”，如 gridmap audit head 所显示。",
            "A head is NUMBER:HASH, as gridmap audit head prints it.",
        )
    return int(number), digest
