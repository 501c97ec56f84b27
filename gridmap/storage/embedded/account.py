"""The account that runs the database server.

PostgreSQL refuses to run as root. As root the server therefore runs as an account of its own; an ordinary
user's server runs as that user.
"""

from __future__ import annotations

import os
import pwd
import subprocess
from dataclasses import dataclass
from pathlib import Path

from gridmap.errors import Unavailable

ROOT_UID = 0
SERVER_ACCOUNTS = ("gridmap", "postgres")
"""Accounts that may run the server for root, in order of preference."""

CLEAN_ENVIRONMENT = {"PATH": "/usr/bin:/bin", "HOME": "/", "LC_ALL": "C.UTF-8"}
"""All that server programs get to see: PG* would redirect them, PROJ_* and GDAL_* would break PostGIS."""


@dataclass(frozen=True, slots=True)
class ServerAccount:
    """An account of this machine.

    Attributes
    ----------
    name : str
    uid, gid : int
    """

    name: str
    uid: int
    gid: int

    @property
    def is_other(self) -> bool:
        """Whether the server runs as another account than this program."""
        return self.uid != os.geteuid()


def account_of_uid(uid: int) -> ServerAccount:
    """Look an account up by its number.

    Raises
    ------
    Unavailable
        When the number has no name, which initdb does not accept.
    """
    try:
        entry = pwd.getpwuid(uid)
    except KeyError:
        raise Unavailable(
            "server-account-nameless",
            f"用户号 {uid} 在本机没有账户名，PostgreSQL 无法运行；请添加该账户或设置 DATABASE_URL。",
            f"User id {uid} has no account name here, which PostgreSQL needs; "
            "add the account or set DATABASE_URL.",
        ) from None
    return ServerAccount(entry.pw_name, entry.pw_uid, entry.pw_gid)


def default_account() -> ServerAccount:
    """Return the account for a new cluster: oneself, or for root the first of `SERVER_ACCOUNTS`.

    Raises
    ------
    Unavailable
        When root has no such account.
    """
    if os.geteuid() != ROOT_UID:
        return account_of_uid(os.geteuid())
    for name in SERVER_ACCOUNTS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return ServerAccount(entry.pw_name, entry.pw_uid, entry.pw_gid)
    raise Unavailable(
        "server-account-missing",
        "PostgreSQL 不能以 root 运行，而本机没有 postgres 账户；"
        "请安装 postgresql-postgis 软件包，或以普通用户运行。",
        "PostgreSQL does not run as root and there is no account postgres; "
        "install the package postgresql-postgis, or run gridmap as an ordinary user.",
    )


def run_as(
    account: ServerAccount, argv: list[str], *, timeout_s: float = 30
) -> subprocess.CompletedProcess[str]:
    """Run a short program as ``account`` and capture what it prints."""
    other = account.is_other
    return subprocess.run(
        argv,
        cwd="/",
        env=CLEAN_ENVIRONMENT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="surrogateescape",
        timeout=timeout_s,
        check=False,
        user=account.uid if other else None,
        group=account.gid if other else None,
        extra_groups=[] if other else None,
    )


def can_traverse(folder: Path, account: ServerAccount) -> bool:
    """Whether ``account`` can reach what lies in ``folder``, asked of the kernel as that account."""
    if not account.is_other:
        return os.access(folder, os.X_OK)
    return run_as(account, ["test", "-x", os.fspath(folder)]).returncode == 0


def give(descriptor: int, account: ServerAccount, mode: int) -> None:
    """Make an open file or folder the account's own, with exactly the permissions ``mode``."""
    if account.is_other:
        os.fchown(descriptor, account.uid, account.gid)
    os.fchmod(descriptor, mode)
