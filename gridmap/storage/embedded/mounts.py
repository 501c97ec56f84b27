"""On what kind of file system a folder lies: a database belongs on a disk of its own machine."""

from __future__ import annotations

import re
from pathlib import Path

from gridmap.errors import Unavailable

TABLE = Path("/proc/self/mountinfo")
OF_OTHER_MACHINES = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "afs", "9p", "ceph", "fuse.sshfs", "fuse.glusterfs"}
)


def filesystem_of(folder: Path, table: Path | None = None) -> str:
    """Return the kind of file system of a folder, or of where it would be; empty where that is not known."""
    try:
        lines = (table or TABLE).read_text("utf-8", "replace").splitlines()
    except OSError:
        return ""
    path = folder.resolve()
    best, kind = -1, ""
    for line in lines:
        before, _, after = line.partition(" - ")
        fields, told = before.split(), after.split()
        if len(fields) < 5 or not told:
            continue
        place = Path(re.sub(r"\\(\d{3})", lambda code: chr(int(code[1], 8)), fields[4]))
        # Of two mounts on one place the later one is seen.
        if path.is_relative_to(place) and len(place.parts) >= best:
            best, kind = len(place.parts), told[0]
    return kind


def require_local(folder: Path) -> None:
    """Refuse a folder on another machine's disk.

    Raises
    ------
    Unavailable
    """
    kind = filesystem_of(folder)
    if kind in OF_OTHER_MACHINES:
        raise Unavailable(
            "database-on-network",
            f"{folder} 位于网络文件系统（{kind}）：断线或锁失效会损坏数据库。请用 GRIDMAP_HOME 指定本机磁盘。",
            f"{folder} lies on a network file system ({kind}), where a lost connection or lock breaks a database. Name "
            "a folder on a disk of this machine with GRIDMAP_HOME.",
        )
