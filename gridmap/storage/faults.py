"""From the database's SQLSTATE to an error that a person can act on.

The database's own text never leaves this module: it may hold values of rows that the caller must not see.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from gridmap.errors import Conflict, Forbidden, GridmapError, InvalidInput, Unavailable

log = logging.getLogger(__name__)


def unreachable() -> GridmapError:
    """Return the error of a database that does not answer."""
    return Unavailable(
        "database-unreachable",
        "数据库没有应答。请运行 gridmap db status 查看，或稍后再试。",
        "The database does not answer. Look with gridmap db status, or try again later.",
    )


def _login() -> GridmapError:
    return Unavailable(
        "database-login",
        "数据库服务器拒绝登录。请检查地址中的角色、密码和库名。",
        "The database server refuses the login. Check the role, the password and the database's name in the address.",
    )


def _busy() -> GridmapError:
    return Unavailable(
        "database-busy",
        "数据库正忙，本次操作未执行。请稍后再试。",
        "The database is busy and nothing was done. Try again in a moment.",
    )


def _disk_full() -> GridmapError:
    return Unavailable(
        "database-disk-full",
        "数据库所在磁盘已满，本次操作未执行；已提交的数据没有丢失。请清理磁盘（见 gridmap doctor），服务会自行恢复。",
        "The database's disk is full and nothing was done; what was committed is safe. Make room on it (gridmap doctor "
        "names it); the service goes on by itself.",
        retry_after_s=60,
    )


def _denied() -> GridmapError:
    return Forbidden(
        "outside-scope",
        "这项操作超出了管辖范围，没有写入任何内容。",
        "This reaches outside the scope; nothing was written.",
    )


def _clash() -> GridmapError:
    return Conflict(
        "already-there",
        "已有相同编号的记录，或记录仍被引用；没有写入任何内容。",
        "A record with that identifier exists, or is still referred to; nothing was written.",
    )


def _refused() -> GridmapError:
    return InvalidInput(
        "value-refused",
        "有数值不符合要求，没有写入任何内容。",
        "A value does not meet the rules; nothing was written.",
    )


_BY_STATE: dict[str, Callable[[], GridmapError]] = {
    "08": unreachable,
    "57P": unreachable,
    "53100": _disk_full,
    "53": _busy,
    "55P03": _busy,
    "57014": _busy,
    "40": _busy,
    "42501": _denied,
    "25006": _denied,
    "23505": _clash,
    "23503": _clash,
    "23P01": _clash,
    "22": _refused,
    "23": _refused,
}


def as_gridmap_error(exc: SQLAlchemyError) -> GridmapError:
    """Choose the error for a failure of the database, by its SQLSTATE."""
    if isinstance(exc, PoolTimeout):
        return _busy()
    if isinstance(exc, DBAPIError):
        state = getattr(exc.orig, "sqlstate", None) or ("08000" if exc.connection_invalidated else "")
        for width in (5, 3, 2):
            if make := _BY_STATE.get(state[:width]):
                return make()
        if not state and isinstance(exc, OperationalError | InterfaceError):
            # The SQLSTATE of a refused login does not reach the client; that a password was sent does.
            attempt = getattr(exc.orig, "pgconn", None)
            asked = attempt is not None and (attempt.used_password or attempt.needs_password)
            return _login() if asked else unreachable()
    return GridmapError(
        "database-error",
        "数据库出错，本次操作未完成。详情见服务日志。",
        "The database failed and nothing was done. The server's log has the details.",
    )


@contextmanager
def translated() -> Iterator[None]:
    """Raise a `GridmapError` in place of any error of the database; its own text goes to the log."""
    try:
        yield
    except SQLAlchemyError as exc:
        error = as_gridmap_error(exc)
        orig = getattr(exc, "orig", None)
        log.warning("%s: %s %s", error.code, type(orig or exc).__name__, getattr(orig, "sqlstate", ""))
        log.debug("database error", exc_info=exc)
        raise error from None
