"""The life of the embedded cluster: made, started, shared, stopped."""

from __future__ import annotations

import atexit
import fcntl
import os
import weakref
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Literal, Self

from sqlalchemy import URL

from gridmap.errors import Conflict, Unavailable
from gridmap.storage.embedded import archive, server, users
from gridmap.storage.embedded import layout as places
from gridmap.storage.embedded.bootstrap import DATABASE, bootstrap, ignore_libpq_environment, reload
from gridmap.storage.embedded.config import OWNER_ROLE, write_config
from gridmap.storage.embedded.layout import FALLBACK_ROOT, PORT, Layout, OnStep, Step
from gridmap.storage.embedded.mounts import require_local
from gridmap.storage.embedded.process import postmaster_identity, postmaster_pid, postmaster_says
from gridmap.storage.embedded.programs import ServerPrograms, find_programs
from gridmap.storage.embedded.signals import exit_in_order, interrupts_wait

if TYPE_CHECKING:
    from collections.abc import Iterator

State = Literal["absent", "stopped", "starting", "running", "stopping"]


@dataclass(frozen=True, slots=True)
class ClusterStatus:
    """What is known of a cluster without changing it.

    Attributes
    ----------
    state : {'absent', 'stopped', 'starting', 'running', 'stopping'}
        ``absent`` where no database was made yet.
    pid : int or None
        Process that leads the server.
    major : int or None
        Version of PostgreSQL that made the data.
    data_dir : Path or None
    socket_dir : Path
    users : int
        Processes that use the server now.
    detached : bool
        Whether the server goes on when its last user leaves.
    """

    state: State
    pid: int | None
    major: int | None
    data_dir: Path | None
    socket_dir: Path
    users: int
    detached: bool


class EmbeddedCluster:
    """A private PostgreSQL with PostGIS, shared by all processes that name the same folder.

    `start` makes what is missing and joins the server's users; `stop` leaves them, and stops the server when
    nobody is left. Both also happen at the ends of a ``with`` block, and `stop` at the program's exit.

    Parameters
    ----------
    base : Path
        The workspace's folder for the database; made when absent.
    on_progress : callable, optional
        Is given a `Step` before each thing that takes a while.
    bindir : Path, optional
        Folder of the server programs; found by itself when not given.
    fallback_root : Path, optional
        Where root's clusters go whose base lies where the server's account cannot enter.
    """

    def __init__(
        self,
        base: Path,
        *,
        on_progress: OnStep | None = None,
        bindir: Path | None = None,
        fallback_root: Path = FALLBACK_ROOT,
    ) -> None:
        self.base = Path(base).resolve()
        self._on_step: OnStep = on_progress or (lambda _step: None)
        self._bindir = bindir
        self._fallback_root = fallback_root
        self._hold = users.Hold()
        self._layout: Layout | None = None

    def start(self, *, detached: bool = False, stood_still: bool = False) -> Self:
        """Make the cluster if need be, start its server if need be, and use it.

        Afterwards there is a database ``gridmap`` with PostGIS and a role ``gridmap_app`` that owns nothing.
        Variables that libpq reads are removed from this process's environment, and SIGTERM and SIGHUP, unless
        handled by the program, end it in order.

        Parameters
        ----------
        detached : bool
            Leave the server running until `shut_down`, and do not become one of its users.
        stood_still : bool
            Somebody says of a copied data folder that nothing ran over it when it was copied.

        Raises
        ------
        Unavailable
            When server programs or PostGIS are missing, the data folder is torn or was copied while its server ran,
            or the server does not start.
        Forbidden
            When the folder belongs to another account.
        """
        _require_proc()
        require_local(self.base)
        ignore_libpq_environment()
        was_held = self._hold.is_held
        layout = self._layout = places.prepare(self.base, self._on_step, self._fallback_root)
        if not detached:
            exit_in_order()
            atexit.unregister(self.stop)
            atexit.register(self.stop)
        _live.add(self)
        try:
            with places.explained(self.base), self._mutex(layout):
                programs = find_programs(layout.made_by(), self._bindir)
                if not was_held:
                    self._hold.take(layout)
                server.run(layout, programs, self._on_step, stood_still=stood_still)
                bootstrap(layout.socket_dir)
                if detached:
                    users.mark_detached(layout, postmaster_identity(layout.data(programs.major)))
                    if not was_held:
                        self._hold.release()
        except BaseException:
            if not was_held:
                self.stop()
            raise
        return self

    def stop(self) -> bool:
        """Stop using the server, and stop it when nobody else uses it and it was not started to stay.

        Returns
        -------
        bool
            Whether this stopped the server.

        Raises
        ------
        Unavailable
            When the server does not stop.
        """
        layout = self._layout
        if layout is None or not self._hold.is_held:
            return False
        if not layout.lock.exists():
            # The folder was deleted; the server notices that by itself.
            self._leave()
            return False
        with interrupts_wait(), self._mutex(layout):
            self._leave()
            major = layout.made_by()
            if users.count_users(layout, clean=True) or major is None:
                return False
            if users.is_detached(layout, postmaster_identity(layout.data(major))):
                return False
            return self._stop_server(layout, major)

    def shut_down(self, *, force: bool = False) -> bool:
        """Stop the server, also one that was started to stay.

        Parameters
        ----------
        force : bool
            Stop it even though other processes use it; their connections break.

        Returns
        -------
        bool
            False when it was not running.

        Raises
        ------
        Conflict
            When other processes use it.
        Unavailable
            When it does not stop.
        """
        layout = self._where()
        major = layout.made_by()
        if major is None:
            return False
        with interrupts_wait(), self._mutex(layout):
            others = users.count_users(layout, clean=True) - int(self._hold.is_held)
            if others and not force:
                raise Conflict(
                    "database-in-use",
                    f"还有 {others} 个程序在使用此数据库；请先结束它们，或加 --force 强制停止。",
                    f"{others} other {'program uses' if others == 1 else 'programs use'} this database; "
                    "end them first, or stop it with --force.",
                )
            users.unmark_detached(layout)
            self._leave()
            return self._stop_server(layout, major)

    def status(self) -> ClusterStatus:
        """Look at the cluster without changing it.

        Raises
        ------
        Forbidden
            When the folder belongs to another account.
        """
        layout = self._where()
        major = layout.made_by()
        count = users.count_users(layout)
        if major is None:
            return ClusterStatus("absent", None, None, None, layout.socket_dir, count, detached=False)
        data = layout.data(major)
        pid = postmaster_pid(data, layout.account)
        state: State = "stopped"
        if pid is not None:
            says = postmaster_says(data)
            state = "running" if says == "ready" else "stopping" if says == "stopping" else "starting"
        detached = pid is not None and users.is_detached(layout, postmaster_identity(data))
        return ClusterStatus(state, pid, major, data, layout.socket_dir, count, detached=detached)

    @property
    def layout(self) -> Layout:
        """Where its files are."""
        return self._where()

    def programs(self) -> ServerPrograms:
        """Find the server programs that serve its data, or would make it.

        Raises
        ------
        Unavailable
            When there are none.
        """
        return find_programs(self._where().made_by(), self._bindir)

    def keep_log(self) -> None:
        """Have the running server hand over its log from now on; see `archive`."""
        layout = self._where()
        programs = self.programs()
        data = layout.data(programs.major)
        with self._mutex(layout):
            if not archive.is_wanted(layout, data):
                layout.own_folder(archive.folder_of(layout, programs.major))
                write_config(layout, data)
                reload(layout.socket_dir)

    @contextmanager
    def resting(self) -> Iterator[Layout]:
        """Keep the cluster from being started, for as long as its data folder is exchanged.

        Raises
        ------
        Conflict
            When its server runs or programs use it.
        """
        layout = self._layout = places.prepare(self.base, self._on_step, self._fallback_root)
        with self._mutex(layout):
            major = layout.made_by()
            runs = major is not None and postmaster_pid(layout.data(major), layout.account) is not None
            if users.count_users(layout, clean=True) or runs:
                raise Conflict(
                    "database-runs",
                    "数据库正在运行，不能替换。请先停止服务（systemctl stop gridmap）和数据库（gridmap db stop）。",
                    "The database runs and is not exchanged. Stop the service (systemctl stop gridmap) and the "
                    "database (gridmap db stop) first.",
                )
            yield layout

    def url(self, role: Literal["gridmap", "gridmap_app"] = OWNER_ROLE, database: str = DATABASE) -> str:
        """Return the SQLAlchemy address of a database of this cluster.

        Parameters
        ----------
        role : {'gridmap', 'gridmap_app'}
            The owner, for migrations only, or the role that is bound by the policies, for everything else.
        database : str
            Name of the database.
        """
        return url_in(self._where().socket_dir, role, database)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _where(self) -> Layout:
        return self._layout or places.plan(self.base, self._fallback_root)

    def _leave(self) -> None:
        self._hold.release()
        atexit.unregister(self.stop)
        _live.discard(self)

    def _stop_server(self, layout: Layout, major: int) -> bool:
        if postmaster_pid(layout.data(major), layout.account) is None:
            return False
        return server.stop(layout, find_programs(major, self._bindir), self._on_step)

    @contextmanager
    def _mutex(self, layout: Layout) -> Iterator[None]:
        descriptor = os.open(layout.lock, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                self._on_step(
                    Step("waiting", "正在等待另一个 gridmap 程序", "waiting for another gridmap program")
                )
                fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)


def url_in(
    socket_dir: Path, role: Literal["gridmap", "gridmap_app"] = OWNER_ROLE, database: str = DATABASE
) -> str:
    """Return the SQLAlchemy address of the server whose socket lies in a folder."""
    address = URL.create(
        "postgresql+psycopg",
        username=role,
        database=database,
        query={"host": os.fspath(socket_dir), "port": str(PORT)},
    )
    return address.render_as_string(hide_password=False)


def _require_proc() -> None:
    if not Path("/proc/self/cwd").exists():
        raise Unavailable(
            "embedded-needs-linux",
            "内置数据库需要 Linux；请设置 DATABASE_URL 使用已有的 PostGIS 服务器。",
            "The embedded database needs Linux; set DATABASE_URL to a PostGIS server.",
        )


_live: weakref.WeakSet[EmbeddedCluster] = weakref.WeakSet()


def _forget_in_child() -> None:
    for cluster in list(_live):
        cluster._hold.forget()  # noqa: SLF001
    _live.clear()


os.register_at_fork(after_in_child=_forget_in_child)
