"""Find the server programs of a PostgreSQL that has PostGIS."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from glob import glob
from pathlib import Path

from gridmap.errors import Unavailable
from gridmap.storage.embedded.account import CLEAN_ENVIRONMENT

MINIMUM_MAJOR = 14
"""Oldest PostgreSQL whose programs take the options that are used here."""

BINDIR_VARIABLE = "GRIDMAP_PG_BINDIR"

_PLACES = (
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/usr/lib/postgresql*/bin",
    "/usr/libexec/postgresql*",
    "/usr/local/pgsql/bin",
    "/opt/pgsql*/bin",
)
_NEEDED = ("postgres", "initdb", "pg_ctl")


@dataclass(frozen=True, slots=True)
class ServerPrograms:
    """A folder of server programs.

    Attributes
    ----------
    bindir : Path
        Holds ``postgres``, ``initdb`` and ``pg_ctl``.
    major : int
        Major version of PostgreSQL.
    """

    bindir: Path
    major: int


def find_programs(major: int | None = None, bindir: Path | None = None) -> ServerPrograms:
    """Find PostgreSQL with PostGIS on this machine.

    Parameters
    ----------
    major : int or None
        The version that made the data and must serve it; None takes the newest.
    bindir : Path or None
        Look only here. None looks where ``GRIDMAP_PG_BINDIR`` says, or else where distributions install.

    Raises
    ------
    Unavailable
        ``postgres-missing``, ``postgis-missing`` or ``postgres-other-major``; each says what to install.
    """
    majors: dict[int, ServerPrograms] = {}
    without_postgis: set[int] = set()
    for folder in _candidates(bindir):
        found = _version(folder)
        if found is None or found < MINIMUM_MAJOR:
            continue
        if _has_postgis(folder, found):
            majors.setdefault(found, ServerPrograms(folder, found))
        else:
            without_postgis.add(found)
    if major is not None:
        if major not in majors:
            raise _other_major(major, sorted(majors))
        return majors[major]
    if majors:
        return majors[max(majors)]
    if without_postgis:
        raise _no_postgis(max(without_postgis))
    raise Unavailable(
        "postgres-missing",
        "本机没有 PostgreSQL 服务器程序。Debian/Ubuntu 请运行：sudo apt-get install --no-install-recommends "
        "postgresql-postgis；也可设置 DATABASE_URL 使用已有的 PostGIS 服务器。",
        "There are no PostgreSQL server programs here. On Debian/Ubuntu run: sudo apt-get install "
        "--no-install-recommends postgresql-postgis; or set DATABASE_URL to a PostGIS server.",
    )


def _no_postgis(major: int) -> Unavailable:
    package = f"postgresql-{major}-postgis-3"
    return Unavailable(
        "postgis-missing",
        f"PostgreSQL {major} 已安装，但缺少 PostGIS。Debian/Ubuntu 请运行：sudo apt-get install "
        f"--no-install-recommends {package}；也可设置 DATABASE_URL 使用已有的 PostGIS 服务器。",
        f"PostgreSQL {major} is here but PostGIS is not. On Debian/Ubuntu run: sudo apt-get install "
        f"--no-install-recommends {package}; or set DATABASE_URL to a PostGIS server.",
    )


def _other_major(major: int, present: list[int]) -> Unavailable:
    package = f"postgresql-{major}-postgis-3"
    listed = ", ".join(map(str, present))
    return Unavailable(
        "postgres-other-major",
        f"数据由 PostgreSQL {major} 创建，本机带 PostGIS 的版本：{listed or '无'}。"
        f"请安装 {package}；数据未改动。",
        f"The data was made by PostgreSQL {major}; with PostGIS there is here: {listed or 'none'}. "
        f"Install {package}; the data was left as it is.",
    )


def _candidates(bindir: Path | None) -> list[Path]:
    if bindir is not None:
        return [bindir.resolve()]
    named = os.environ.get(BINDIR_VARIABLE)
    if named:
        return [Path(named).resolve()]
    folders = [Path(name) for pattern in _PLACES for name in sorted(glob(pattern))]  # noqa: PTH207
    on_path = shutil.which("postgres")
    if on_path:
        folders.append(Path(on_path).resolve().parent)
    return list(dict.fromkeys(folder.resolve() for folder in folders))


def _version(folder: Path) -> int | None:
    if not all(os.access(folder / name, os.X_OK) for name in _NEEDED):
        return None
    shown = _first_line([os.fspath(folder / "postgres"), "--version"])
    match = re.search(r"\b(\d+)", shown)
    return int(match[1]) if match else None


def _has_postgis(folder: Path, major: int) -> bool:
    return any((share / "extension" / "postgis.control").is_file() for share in _share_folders(folder, major))


def _share_folders(folder: Path, major: int) -> list[Path]:
    """Where a server in ``folder`` may look for extensions: relative to itself, as PostgreSQL does."""
    if (folder / "pg_config").exists():
        shown = _first_line([os.fspath(folder / "pg_config"), "--sharedir"])
        if shown:
            return [Path(shown)]
    prefix = folder.parent
    shares = [prefix / "share", prefix / "share" / "postgresql", prefix / "share" / "pgsql"]
    if folder.parts[-4:-1] == ("lib", "postgresql", str(major)):
        shares.append(folder.parents[3] / "share" / "postgresql" / str(major))
    if prefix.name in {"lib", "libexec"}:
        shares.append(prefix.parent / "share" / f"postgresql{major}")
    if prefix.parent.name == "lib":
        shares.append(prefix.parent.parent / "share" / prefix.name)
    return shares


def _first_line(argv: list[str]) -> str:
    try:
        done = subprocess.run(
            argv, env=CLEAN_ENVIRONMENT, cwd="/", capture_output=True, text=True, timeout=30, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.partition("\n")[0].strip()
