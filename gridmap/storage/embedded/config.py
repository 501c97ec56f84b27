"""The server's settings, written anew at every start."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from gridmap.storage.embedded import archive
from gridmap.storage.embedded.layout import Layout

OWNER_ROLE: Final = "gridmap"
APP_ROLE: Final = "gridmap_app"
_MAP = "gridmap"
_MIB = 2**20
_ENOUGH_SHM_MIB = 1024


def write_config(layout: Layout, data: Path, extra: Mapping[str, str] | None = None) -> None:
    """Write ``gridmap.conf``, ``pg_hba.conf`` and ``pg_ident.conf`` into the data folder.

    Only processes of the server's account and of root get in, as the owner or as the application's role;
    nobody else can reach the socket, and there is no other way in.

    Parameters
    ----------
    layout : Layout
    data : Path
    extra : mapping, optional
        Settings of a recovery, by name, quoted.
    """
    names = sorted({"root", layout.account.name})
    ident = "".join(f'{_MAP} "{name}" {role}\n' for name in names for role in (OWNER_ROLE, APP_ROLE))
    layout.own_file(data / "gridmap.conf", _settings(layout, data, extra or {}))
    hba = f"local all all peer map={_MAP}\nlocal replication {OWNER_ROLE} peer map={_MAP}\n"
    layout.own_file(data / "pg_hba.conf", hba)
    layout.own_file(data / "pg_ident.conf", ident)


def include_config(layout: Layout, data: Path) -> None:
    """Make a new cluster read ``gridmap.conf``."""
    path = data / "postgresql.conf"
    addition = "\ninclude 'gridmap.conf'\n# Own settings go below this line.\n"
    layout.own_file(path, path.read_text("utf-8") + addition)


def _settings(layout: Layout, data: Path, extra: Mapping[str, str]) -> str:
    memory = memory_mib()
    cpus = len(os.sched_getaffinity(0))
    free_mib = shutil.disk_usage(data).free // _MIB
    settings: dict[str, str | int] = {
        "listen_addresses": "''",
        "unix_socket_directories": quoted(os.fspath(layout.socket_dir)),
        "unix_socket_permissions": "0700",
        "max_connections": 60,
        "shared_buffers": f"{_clamp(memory // 8, 64, 4096)}MB",
        "effective_cache_size": f"{_clamp(memory // 2, 128, 65536)}MB",
        "work_mem": f"{_clamp(memory // 128, 8, 64)}MB",
        "maintenance_work_mem": f"{_clamp(memory // 16, 64, 1024)}MB",
        "max_worker_processes": max(4, cpus * 2),
        "max_parallel_workers": cpus,
        "max_parallel_workers_per_gather": _clamp(cpus // 2, 1, 4),
        "max_parallel_maintenance_workers": _clamp(cpus // 2, 1, 4),
        # Containers often have 64 MB of /dev/shm, too little for parallel queries.
        "dynamic_shared_memory_type": "posix" if _shm_mib() >= _ENOUGH_SHM_MIB else "mmap",
        # Compiling a plan takes longer than running the short queries of a map.
        "jit": "off",
        "random_page_cost": "1.1",
        # What a copy under writes and the recovery to a point in time need.
        "wal_level": "replica",
        "max_wal_senders": 3,
        "archive_mode": "on",
        "archive_command": quoted(archive.COMMAND),
        "archive_timeout": archive.WITHIN_S if archive.is_wanted(layout, data) else 0,
        "max_wal_size": f"{_clamp(free_mib // 20, 256, 4096)}MB",
        "checkpoint_timeout": "15min",
        "wal_compression": "on",
        # Off loses acknowledged commits when the machine stops.
        "synchronous_commit": "on",
        "timezone": "'UTC'",
        "log_timezone": "'UTC'",
        "log_min_messages": "warning",
        "log_statement": "none",
        **extra,
    }
    head = "# Written by gridmap at every start; own settings go into postgresql.conf.\n"
    return head + "".join(f"{name} = {value}\n" for name, value in settings.items())


def memory_mib() -> int:
    """Return how much memory the machine has, or the container that this runs in."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    for limit in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        with contextlib.suppress(OSError, ValueError):
            memory = min(memory, int(Path(limit).read_text("utf-8")))
    return memory // _MIB


def _shm_mib() -> int:
    try:
        return shutil.disk_usage("/dev/shm").total // _MIB  # noqa: S108
    except FileNotFoundError:
        return 0


def _clamp(value: int, low: int, high: int) -> int:
    return max(low, min(value, high))


def quoted(text: str) -> str:
    """Quote a value for a settings file."""
    return "'" + text.replace("\\", "\\\\").replace("'", "''") + "'"
