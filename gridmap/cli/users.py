"""``gridmap users``: posts (accounts) and their roles, grids, links; ``gridmap tokens``: keys of programs."""

from __future__ import annotations

import datetime as dt
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import click
from rich.table import Table

from gridmap.cli.common import Day, actor, console, workspace
from gridmap.domain.accounts import Role
from gridmap.domain.gridkey import UNASSIGNED
from gridmap.domain.roles import ROLE_NAMES
from gridmap.services.accounts import desk, entry
from gridmap.services.ground.places import grid_of
from gridmap.services.workspace import served
from gridmap.settings import Settings
from gridmap.storage.database import Database

ROLE = click.Choice([role.value for role in Role])
_WHOLE = "全部 / whole"


def _grid(database: Database, named: str | None) -> int:
    return UNASSIGNED if named is None else grid_of(database, actor(database).scope, named)


def _shown(grid_key: int) -> str:
    return _WHOLE if grid_key == UNASSIGNED else str(grid_key)


def link_address(settings: Settings, secret: str) -> str:
    """Address that signs in once, at the server that runs; where none does, as it is set up here."""
    return f"{_server(settings)}enter/{secret}"


def _server(settings: Settings) -> str:
    return served.told(settings.home) or f"http://{settings.host}:{settings.port}/"


@click.group("users")
def group() -> None:
    """岗位账户 / posts: add, list, role, scope, lock, unlock, reset, handover, terms, link, wall."""


@group.command("list")
def list_() -> None:
    """列出岗位 / list posts."""
    with workspace() as database:
        found = desk.list_posts(database, actor(database))
    if not found:
        console.print("没有岗位 / no posts. gridmap users add NAME --role ROLE")
        return
    table = Table()
    for heading in (
        "岗位 / post",
        "角色 / role",
        "网格 / grid",
        "登录 / signs in by",
        "任期 / since",
        "状态 / state",
    ):
        table.add_column(heading, overflow="fold")
    for post in found:
        ways = ("密码 / password" if post.has_password else "链接 / link") + (
            " + 验证码 / code" if post.has_second_factor else ""
        )
        table.add_row(
            post.name,
            f"{ROLE_NAMES[post.role][0]} / {post.role.value}",
            _shown(post.grid_key),
            ways,
            "" if post.held_from is None else post.held_from.isoformat(),
            "、".join(
                said
                for said, holds in (
                    ("停用 / locked", post.is_locked),
                    ("查阅保密事件 / opens sealed", post.opens_sealed),
                )
                if holds
            ),
        )
    console.print(table)


@group.command("add")
@click.argument("name")
@click.option("--role", type=ROLE, required=True, help="角色 / role.")
@click.option(
    "--grid", help="网格编码或名称，缺省为全部 / grid's code, key or name; default the whole workspace."
)
@click.option("--from", "held_from", type=Day(), help="任期起始日 / first day; default today.")
def add(*, name: str, role: str, grid: str | None, held_from: dt.date | None) -> None:
    """新增岗位，给出一次性登录地址 / add a post; prints an address that signs in once."""
    with workspace() as database:
        today = dt.datetime.now(ZoneInfo(database.settings.timezone)).date()
        post, secret = desk.add_post(
            database, actor(database), name, Role(role), _grid(database, grid), held_from or today
        )
        console.print(f"已新增 / added: {post.name} ({post.role.value}, {_shown(post.grid_key)})")
        _print_link(database, secret)


@group.command("role")
@click.argument("name")
@click.argument("role", type=ROLE)
def role_(*, name: str, role: str) -> None:
    """更改角色 / give a post another role."""
    with workspace() as database:
        desk.set_role(database, actor(database), name, Role(role))
    console.print("已更改 / changed.")


@group.command("scope")
@click.argument("name")
@click.argument("grid")
def scope_(*, name: str, grid: str) -> None:
    """更改管辖网格，GRID 为编码、名称或 whole / give a post another grid: code, key, name, or whole."""
    with workspace() as database:
        key = UNASSIGNED if grid == "whole" else _grid(database, grid)
        desk.set_grid(database, actor(database), name, key)
    console.print("已更改 / changed.")


@group.command("sealed")
@click.argument("name")
@click.option("--end", is_flag=True, help="取消指定 / no longer.")
def sealed(*, name: str, end: bool) -> None:
    """指定可查阅保密事件的岗位，至多两个 / name a post that opens every sealed case in its grid; two at most."""
    with workspace() as database:
        desk.name_for_sealed(database, actor(database), name, opens=not end)
    console.print("已更改 / changed.")


@group.command("lock")
@click.argument("name")
def lock(name: str) -> None:
    """停用岗位，立即结束其登录 / lock a post; its sessions end at once."""
    with workspace() as database:
        desk.lock(database, actor(database), name)
    console.print("已停用 / locked.")


@group.command("unlock")
@click.argument("name")
def unlock(name: str) -> None:
    """恢复岗位 / open a locked post again."""
    with workspace() as database:
        desk.unlock(database, actor(database), name)
    console.print("已恢复 / unlocked.")


@group.command("reset")
@click.argument("name")
def reset(name: str) -> None:
    """清除密码与验证码，给出一次性登录地址 / take password and second factor away; prints an address."""
    with workspace() as database:
        _print_link(database, desk.reset(database, actor(database), name))


@group.command("handover")
@click.argument("name")
@click.option("--on", type=Day(), help="交接日 / day of the handover; default today.")
def handover(*, name: str, on: dt.date | None) -> None:
    """交接岗位：原登录全部失效 / hand a post over: all that the former holder had ends."""
    with workspace() as database:
        today = dt.datetime.now(ZoneInfo(database.settings.timezone)).date()
        _print_link(database, desk.hand_over(database, actor(database), name, on or today))


@group.command("terms")
@click.argument("name", required=False)
def terms(name: str | None) -> None:
    """任期与交接记录 / the record of handovers: from when until when each holder had a post."""
    with workspace() as database:
        found = desk.list_terms(database, actor(database), name)
    if not found:
        console.print("没有任期记录 / no terms. gridmap users list")
        return
    table = Table()
    for heading in ("岗位 / post", "角色 / role", "网格 / grid", "自 / from", "至 / until"):
        table.add_column(heading, overflow="fold")
    for term in found:
        table.add_row(
            term.post,
            f"{ROLE_NAMES[term.role][0]} / {term.role.value}",
            _shown(term.grid_key),
            term.valid_from.isoformat(),
            "现任 / present" if term.valid_to is None else term.valid_to.isoformat(),
        )
    console.print(table)


@group.command("link")
@click.argument("name", required=False)
def link(name: str | None) -> None:
    """给出一次性登录地址，缺省为管理员 / print an address that signs in once; default an administrator."""
    with workspace() as database:
        who = actor(database)
        # At the machine itself there is always a way in.
        secret = (
            entry.first_link(database)
            if name is None and who.post_id is None
            else desk.make_link(database, who, name or who.post)
        )
        _print_link(database, secret)


@group.command("wall")
@click.argument("name")
def wall(name: str) -> None:
    """大屏令牌：只见汇总，长期有效，可随时停用 / a wall's device token: aggregates only, until the post is locked."""
    with workspace() as database:
        secret = desk.open_wall(database, actor(database), name)
        port = urlsplit(_server(database.settings)).port
        console.print(f"gridmap_{port}={secret}", highlight=False)
    console.print("在大屏浏览器中设为 Cookie / set it as a cookie in the wall's browser.")


def _print_link(database: Database, secret: str) -> None:
    console.print(
        f"一次性登录地址 / signs in once: {link_address(database.settings, secret)}", highlight=False
    )


@click.group("tokens")
def tokens() -> None:
    """程序令牌 / programs' tokens: add, list, revoke."""


@tokens.command("add")
@click.argument("name")
@click.option("--role", type=ROLE, required=True, help="角色 / role.")
@click.option("--grid", help="网格，缺省为全部 / grid; default the whole workspace.")
@click.option("--days", type=click.IntRange(1, desk.MOST_TOKEN_DAYS), default=90, show_default=True)
def add_token(*, name: str, role: str, grid: str | None, days: int) -> None:
    """新增令牌，只显示这一次 / make a token; it is shown this once."""
    ends_at = dt.datetime.now(dt.UTC) + dt.timedelta(days=days)
    with workspace() as database:
        key = _grid(database, grid)
        made, secret = desk.add_token(database, actor(database), name, Role(role), key, ends_at)
    console.print(
        f"{made.name}: {made.role.value}, {_shown(made.grid_key)}, 至 / until {made.ends_at:%Y-%m-%d}"
    )
    console.print(f"Authorization: Bearer {secret}", highlight=False)


@tokens.command("list")
def list_tokens() -> None:
    """列出令牌 / list tokens."""
    with workspace() as database:
        found = desk.list_tokens(database, actor(database))
    table = Table()
    for heading in (
        "名称 / name",
        "角色 / role",
        "网格 / grid",
        "制作 / made by",
        "至 / until",
        "状态 / state",
    ):
        table.add_column(heading, overflow="fold")
    for token in found:
        table.add_row(
            token.name,
            token.role.value,
            _shown(token.grid_key),
            token.made_by,
            f"{token.ends_at:%Y-%m-%d}",
            "已撤销 / revoked" if token.revoked_at else "",
        )
    console.print(table)


@tokens.command("revoke")
@click.argument("name")
def revoke(name: str) -> None:
    """撤销令牌，立即生效 / revoke a token, at once."""
    with workspace() as database:
        desk.revoke_token(database, actor(database), name)
    console.print("已撤销 / revoked.")
