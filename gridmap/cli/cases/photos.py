"""``gridmap photos …``: whether the town allows photos of cases."""

from __future__ import annotations

import click

from gridmap.cli.common import actor, console, workspace
from gridmap.services.cases import photos


@click.group(help="事件照片 / photos of cases: on, off, show.")
def group() -> None:  # noqa: D103 - its help is above
    pass


@group.command("show")
def _show() -> None:
    """是否启用 / whether photos are allowed."""
    with workspace() as database:
        allowed, there = photos.are_allowed(database), photos.count(database, actor(database))
    console.print("已启用 / allowed" if allowed else "未启用 / not allowed")
    console.print(f"现有照片 / photos kept: {there}")


@group.command("on")
def _on() -> None:
    """启用：手机和服务器都去除拍摄信息 / allow them; what the camera wrote beside is left out on phone and server."""
    with workspace() as database:
        photos.allow(database, actor(database), allowed=True)
    console.print("已启用 / allowed")


@group.command("off")
def _off() -> None:
    """停用，已有的照片保留 / allow no further ones; those that there are stay."""
    with workspace() as database:
        photos.allow(database, actor(database), allowed=False)
        there = photos.count(database, actor(database))
    console.print(f"已停用 / not allowed; 保留照片 / photos kept: {there}")
