"""The PostGIS extension in a database: found wherever the administrator put it, created where that is allowed."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Engine, event, text

from gridmap.errors import Conflict, Unavailable

_FIND = (
    "select quote_ident(n.nspname) from pg_extension e join pg_namespace n on n.oid = e.extnamespace"
    " where e.extname = 'postgis'"
)
_SEARCHED = frozenset({"public", "gridmap"})


def find_on_connect(engine: Engine) -> None:
    """Have every new connection search the schema that PostGIS is in."""

    def search(connection: Any, _record: object) -> None:
        with connection.cursor() as cursor:
            row = cursor.execute(_FIND).fetchone()
            if row is not None and row[0] not in _SEARCHED:
                cursor.execute(f"set search_path = gridmap, public, {row[0]}")
        connection.commit()

    event.listen(engine, "connect", search)


def ensure(connection: Connection) -> None:
    """Create the extension where it is missing and the role may.

    Raises
    ------
    Unavailable
        When the server lacks it or the role may not create it; the message holds the administrator's statement.
    """
    if connection.scalar(text(_FIND)):
        return
    available = connection.scalar(text("select 1 from pg_available_extensions where name = 'postgis'"))
    may = available and connection.scalar(
        text(
            "select rolsuper or (v.trusted and has_database_privilege(current_database(), 'create')"
            " and has_schema_privilege('public', 'create'))"
            " from pg_roles, pg_available_extension_versions v"
            " where rolname = current_user and v.name = 'postgis' order by 1 desc limit 1"
        )
    )
    if may:
        connection.execute(text("create extension postgis with schema public"))
        return
    name = connection.dialect.identifier_preparer.quote(
        str(connection.scalar(text("select current_database()")))
    )
    if available:
        raise Unavailable(
            "postgis-not-created",
            f"数据库 {name} 尚未启用 PostGIS，当前角色无权启用。请管理员执行：CREATE EXTENSION postgis;",
            f"PostGIS is not enabled in database {name} and this role may not enable it. Have the administrator "
            "run there: CREATE EXTENSION postgis;",
        )
    raise Unavailable(
        "postgis-not-installed",
        "数据库服务器没有安装 PostGIS。Debian/Ubuntu：apt-get install postgresql-postgis，然后由管理员执行 "
        "CREATE EXTENSION postgis;",
        "The database server has no PostGIS. Debian/Ubuntu: apt-get install postgresql-postgis, then have the "
        "administrator run CREATE EXTENSION postgis;",
    )


def grant(connection: Connection, role: str) -> None:
    """Let a role use the schema that PostGIS is in.

    Raises
    ------
    Conflict
        When the owner may not grant that; the message holds the administrator's statement.
    """
    schema = str(connection.scalar(text(_FIND)))
    usable = text("select has_schema_privilege(:role, to_regnamespace(:schema)::oid, :what)")
    if connection.scalar(usable, {"role": role, "schema": schema, "what": "usage"}):
        return
    statement = (
        f"GRANT USAGE ON SCHEMA {schema} TO {connection.dialect.identifier_preparer.quote_identifier(role)}"
    )
    grantable = {"role": _me(connection), "schema": schema, "what": "usage with grant option"}
    if not connection.scalar(usable, grantable):
        raise Conflict(
            "postgis-schema-closed",
            f"应用角色不能使用 PostGIS 所在的模式。请管理员执行：{statement};",
            f"The application role may not use the schema that PostGIS is in. Have the administrator run: {statement};",
        )
    connection.execute(text(statement))


def _me(connection: Connection) -> str:
    return str(connection.scalar(text("select current_user")))
