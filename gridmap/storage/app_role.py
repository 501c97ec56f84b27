"""The application's role on an external server: made by the upgrade, or named by the administrator."""

from __future__ import annotations

import json
import os
import secrets
from pathlib import Path

from sqlalchemy import URL, Connection, make_url, text
from sqlalchemy.exc import ArgumentError

from gridmap.errors import Conflict, InvalidInput, Unavailable

ROLE = "gridmap_app"
_FILE = "app-role.json"

# A role may become every role that it is a member of; a superuser is a member of all. Null where there is no such role.
_MAY_BYPASS = """
select (select bool_or(s.rolsuper or s.rolbypassrls or s.oid = o.owner)
        from pg_roles s where pg_has_role(r.oid, s.oid, 'member'))
from pg_roles r,
  (select coalesce((select relowner from pg_class where oid = to_regclass(:table)),
                   (select oid from pg_roles where rolname = current_user)) as owner) o
where r.rolname = :role
"""


def parse_url(url: str) -> URL:
    """Parse an address of PostgreSQL; see :func:`gridmap.storage.database.normalised`."""
    try:
        parsed = make_url(url.strip())
    except (ArgumentError, ValueError):
        parsed = None
    if parsed is None or parsed.drivername.split("+")[0] not in {"postgres", "postgresql"}:
        raise InvalidInput(
            "database-url",
            "DATABASE_URL 不是 PostgreSQL 地址，应形如 postgresql://用户:密码@主机:5432/库名。",
            "DATABASE_URL is no address of PostgreSQL; it looks like postgresql://user:password@host:5432/name.",
        )
    return parsed.set(drivername="postgresql+psycopg")


def stored_url(home: Path, owner_url: URL) -> URL:
    """Address of the application role that an earlier upgrade made and stored.

    Raises
    ------
    Unavailable
        When none is stored for this server.
    """
    try:
        stored = json.loads((home / _FILE).read_text("utf-8"))
        password = stored[_server(owner_url)]
    except (OSError, ValueError, KeyError):
        raise Unavailable(
            "app-role-missing",
            "外部数据库还没有应用角色。请先运行 gridmap db upgrade，或设置 GRIDMAP_APP_DATABASE_URL。",
            "The external database has no application role yet. Run gridmap db upgrade, or set "
            "GRIDMAP_APP_DATABASE_URL.",
        ) from None
    return owner_url.set(username=ROLE, password=password)


def ensure(connection: Connection, home: Path, owner_url: URL, app_url: str | None) -> str:
    """Make sure that an application role exists on an external server; return its name.

    Raises
    ------
    Conflict
        When the role named is the owner itself or may bypass policies, exists with an unknown password, or may not
        be created; the message holds the statements for the administrator.
    """
    if app_url:
        role = parse_url(app_url).username or ""
        _refuse_privileged(connection, role)
        return role
    exists = connection.scalar(text("select 1 from pg_roles where rolname = :r"), {"r": ROLE})
    try:
        stored_url(home, owner_url)
    except Unavailable:
        known = False
    else:
        known = True
    if exists and known:
        _refuse_privileged(connection, ROLE)
        return ROLE
    may_create = connection.scalar(
        text("select rolsuper or rolcreaterole from pg_roles where rolname = current_user")
    )
    if exists or not may_create:
        raise Conflict(
            "app-role-needed",
            f"请数据库管理员执行：CREATE ROLE {ROLE} LOGIN PASSWORD '…'; 然后把含该角色的地址写入 "
            "GRIDMAP_APP_DATABASE_URL，再运行 gridmap db upgrade。",
            f"Have the administrator run: CREATE ROLE {ROLE} LOGIN PASSWORD '…'; then set "
            "GRIDMAP_APP_DATABASE_URL to an address with that role and run gridmap db upgrade again.",
        )
    password = secrets.token_urlsafe(24)
    connection.execute(
        text(
            f"create role {ROLE} login nosuperuser nobypassrls nocreatedb nocreaterole password '{password}'"
        )
    )
    _store(home, owner_url, password)
    return ROLE


def _refuse_privileged(connection: Connection, role: str) -> None:
    if connection.scalar(text(_MAY_BYPASS), {"role": role, "table": None}) is not False:
        raise _privileged(role)


def require_bound(connection: Connection, table: str) -> None:
    """Refuse a connection whose role could see past the policies.

    Parameters
    ----------
    connection : Connection
        As people are served.
    table : str
        A table of the schema; its owner is the role that must not serve.

    Raises
    ------
    Conflict
    """
    me = str(connection.scalar(text("select current_user")))
    if connection.scalar(text(_MAY_BYPASS), {"role": me, "table": table}) is not False:
        raise _privileged(me)


def _privileged(role: str) -> Conflict:
    return Conflict(
        "app-role-privileged",
        f"应用角色 {role} 不存在，或拥有越过行级安全的权限。请另建一个普通登录角色：CREATE ROLE {ROLE} LOGIN "
        "PASSWORD '…' NOSUPERUSER NOBYPASSRLS;",
        f"The application role {role} is missing or would bypass row-level security. Use a plain login role: "
        f"CREATE ROLE {ROLE} LOGIN PASSWORD '…' NOSUPERUSER NOBYPASSRLS;",
    )


def _server(url: URL) -> str:
    return f"{url.host or ''}:{url.port or 5432}/{url.database or ''}"


def _store(home: Path, owner_url: URL, password: str) -> None:
    home.mkdir(parents=True, exist_ok=True)
    file = home / _FILE
    known = json.loads(file.read_text("utf-8")) if file.exists() else {}
    known[_server(owner_url)] = password
    new = file.with_suffix(".new")
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
        json.dump(known, out)
    new.replace(file)
