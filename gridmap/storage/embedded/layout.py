"""Where the embedded cluster keeps its files, and who may reach them.

Everything lies in one folder, the cluster's home, which belongs to the account that runs the server and is
closed to everybody else::

    home/
      lock            one process at a time starts or stops the server
      users/          one locked file for each process that uses the server
      run/            the socket
      <major>/data    the database, made by that version of PostgreSQL
      <major>/server.log

The home is ``cluster`` in the base folder. Where root's base folder lies below a folder that the server's
account cannot enter, it is ``/var/lib/gridmap/<digest>``, and the file ``database-folder`` in the base says
so.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import stat
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from gridmap.errors import Forbidden, Unavailable
from gridmap.files.disk import disk_error
from gridmap.storage.embedded.account import (
    ROOT_UID,
    ServerAccount,
    account_of_uid,
    can_traverse,
    default_account,
    give,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

PORT = 5432
SOCKET_NAME = f".s.PGSQL.{PORT}"
SOCKET_PATH_MAX_BYTES = 107
FALLBACK_ROOT = Path("/var/lib/gridmap")
POINTER = "database-folder"

_PRIVATE_FOLDER = 0o700
_PRIVATE_FILE = 0o600


@dataclass(frozen=True, slots=True)
class Step:
    """Something that takes a while and is worth saying.

    Attributes
    ----------
    code : str
        Stable identifier, e.g. ``"initialising"``.
    zh, en : str
        The same for a person.
    """

    code: str
    zh: str
    en: str

    def __str__(self) -> str:
        return f"{self.zh} / {self.en}"


OnStep = Callable[[Step], None]


@dataclass(frozen=True, slots=True)
class Layout:
    """The folders of one cluster.

    Attributes
    ----------
    base : Path
        What the person named.
    home : Path
        What the server's account owns.
    account : ServerAccount
    """

    base: Path
    home: Path
    account: ServerAccount

    @property
    def lock(self) -> Path:
        """Mutex of starting and stopping."""
        return self.home / "lock"

    @property
    def users(self) -> Path:
        """Folder with one locked file for each process that uses the server."""
        return self.home / "users"

    @property
    def is_elsewhere(self) -> bool:
        """Whether the home lies outside the base folder."""
        return self.home != self.base / "cluster"

    @property
    def socket_dir(self) -> Path:
        """Folder of the socket: in the home, or a short private one where that path does not serve."""
        inside = self.home / "run"
        # A comma separates hosts in libpq and quotes end strings in the settings.
        plain = all(c.isalnum() or c in "/._-" for c in os.fspath(inside))
        if plain and len(os.fsencode(inside / SOCKET_NAME)) <= SOCKET_PATH_MAX_BYTES:
            return inside
        return Path("/tmp") / f"gridmap-{self.account.uid}-{_digest(self.home)}"  # noqa: S108

    def data(self, major: int) -> Path:
        """Return the data folder of a version of PostgreSQL."""
        return self.home / str(major) / "data"

    def log(self, major: int) -> Path:
        """Return the log of the server and of the programs that start it."""
        return self.home / str(major) / "server.log"

    def made_by(self) -> int | None:
        """Major version of the data that is here, None when there is none.

        Raises
        ------
        Forbidden
            When the folder is closed to this account.
        """
        with explained(self.home):
            if not self.home.is_dir():
                return None
            majors = [
                int(entry.name)
                for entry in self.home.iterdir()
                if entry.name.isdigit() and (entry / "data" / "PG_VERSION").exists()
            ]
        return max(majors, default=None)

    def own_folder(self, folder: Path) -> None:
        """Make a folder, or take one of ours, that only the server's account enters.

        Raises
        ------
        Forbidden
            When it is a link, or belongs to somebody else.
        """
        folder.mkdir(mode=_PRIVATE_FOLDER, exist_ok=True)
        # Descriptors and O_NOFOLLOW: root must not be led out of a folder that another account owns.
        try:
            descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except OSError as error:
            raise self._foreign(folder) from error
        try:
            if os.fstat(descriptor).st_uid not in {self.account.uid, os.geteuid()}:
                raise self._foreign(folder)
            give(descriptor, self.account, _PRIVATE_FOLDER)
        finally:
            os.close(descriptor)

    def own_file(self, path: Path, text: str | None = None) -> None:
        """Make a file that only the server's account reads; ``text`` replaces its content in one step."""
        target = path if text is None else path.with_name(path.name + ".new")
        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        descriptor = os.open(target, flags | (0 if text is None else os.O_TRUNC), _PRIVATE_FILE)
        with os.fdopen(descriptor, "r+", encoding="utf-8") as file:
            give(file.fileno(), self.account, _PRIVATE_FILE)
            if text is not None:
                file.write(text)
        if text is not None:
            target.replace(path)

    def _foreign(self, path: Path) -> Forbidden:
        return Forbidden(
            "database-folder-foreign",
            f"{path} 不是账户 {self.account.name} 的文件夹；请移走它后重试。",
            f"{path} is not a folder of the account {self.account.name}; move it away and try again.",
        )


def plan(base: Path, fallback_root: Path = FALLBACK_ROOT) -> Layout:
    """Say where the cluster of ``base`` is, or would be made. Changes nothing.

    Raises
    ------
    Forbidden
        When the cluster belongs to another account and one is not root.
    Unavailable
        When no account can run the server.
    """
    base = base.resolve()
    with explained(base):
        home = _pointed(base) or base / "cluster"
        if home.is_dir():
            return Layout(base, home, _owner_of(home))
    account = default_account()
    if account.is_other and home.parent == base and not _reachable(base, account):
        home = _free_folder(fallback_root, base)
    return Layout(base, home, account)


def prepare(base: Path, on_step: OnStep, fallback_root: Path = FALLBACK_ROOT) -> Layout:
    """Make the home of the cluster of ``base`` and its folders, and return where they are.

    No folder above ``base`` is changed. ``base`` itself, when it is one's own and closed, lets the server's
    account pass through (not look into it).

    Raises
    ------
    Forbidden, Unavailable
        As `plan`; also when existing data lies where the server's account cannot reach it any more.
    """
    base = base.resolve()
    with explained(base):
        base.mkdir(parents=True, exist_ok=True)
        with _locked(base):
            layout = plan(base, fallback_root)
            _make_home(layout, on_step)
    return layout


def _make_home(layout: Layout, on_step: OnStep) -> None:
    home, account = layout.home, layout.account
    if layout.is_elsewhere:
        if not home.is_dir():
            home.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        pointer = layout.base / POINTER
        if not pointer.exists():
            on_step(
                Step(
                    "database-elsewhere",
                    f"账户 {account.name} 无法进入 {layout.base}，数据库保存在 {home}",
                    f"the account {account.name} cannot enter {layout.base}, the database is kept in {home}",
                )
            )
            new = pointer.with_name(POINTER + ".new")
            new.write_text(f"{home}\n", "utf-8")
            new.replace(pointer)
    elif account.is_other and not can_traverse(layout.base, account):
        os.chown(layout.base, -1, account.gid)
        layout.base.chmod(stat.S_IMODE(layout.base.stat().st_mode) | stat.S_IXGRP)
    if not can_traverse(home.parent, account):
        raise Unavailable(
            "database-folder-closed",
            f"运行数据库的账户 {account.name} 无法进入 {home.parent}；"
            "请允许它通过，或把整个文件夹移到它能进入的地方。",
            f"The account {account.name}, which runs the database, cannot enter {home.parent}; "
            "let it pass, or move the folder to where it can.",
        )
    layout.own_folder(home)
    layout.own_folder(layout.users)
    layout.own_folder(layout.socket_dir)
    layout.own_file(layout.lock)


def _pointed(base: Path) -> Path | None:
    try:
        return Path((base / POINTER).read_text("utf-8").strip())
    except (FileNotFoundError, NotADirectoryError):
        return None


def _owner_of(home: Path) -> ServerAccount:
    uid = home.stat().st_uid
    if os.geteuid() == ROOT_UID:
        return default_account() if uid == ROOT_UID else account_of_uid(uid)
    owner = account_of_uid(uid)
    if owner.is_other:
        raise Forbidden(
            "database-of-other-account",
            f"此数据库属于账户 {owner.name}；请以该账户或 root 运行 gridmap，"
            "或另选数据文件夹（GRIDMAP_HOME）。",
            f"This database belongs to the account {owner.name}; run gridmap as that account or as root, "
            "or choose another folder (GRIDMAP_HOME).",
        )
    return owner


def _reachable(base: Path, account: ServerAccount) -> bool:
    """Whether ``account`` can reach ``base``, or could once `prepare` has let it pass through ``base``."""
    existing = base
    while not existing.exists():
        existing = existing.parent
    if can_traverse(existing, account):
        return True
    if existing != base:
        return False
    found = base.stat()
    group_is_free = found.st_gid == account.gid or not found.st_mode & stat.S_IRWXG
    return found.st_uid == os.geteuid() and group_is_free and can_traverse(base.parent, account)


def _free_folder(fallback_root: Path, base: Path) -> Path:
    """Choose a folder that is not there; one of this name was left by somebody who deleted the base."""
    name = _digest(base)
    number = 1
    while (folder := fallback_root / (name if number == 1 else f"{name}-{number}")).exists():
        number += 1
    return folder


def _digest(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:12]


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


@contextmanager
def explained(folder: Path) -> Iterator[None]:
    """Raise what a person can act on where a folder is closed, or its disk full or read-only.

    Raises
    ------
    Forbidden, Unavailable
    """
    try:
        yield
    except OSError as error:
        if (of_disk := disk_error(error, folder)) is not None:
            raise of_disk from error
        if not isinstance(error, PermissionError):
            raise
        raise Forbidden(
            "database-folder-forbidden",
            f"当前账户无权使用 {error.filename or folder}；请以其所有者运行 gridmap，"
            "或另选数据文件夹（GRIDMAP_HOME）。",
            f"This account may not use {error.filename or folder}; run gridmap as its owner, "
            "or choose another folder (GRIDMAP_HOME).",
        ) from error
