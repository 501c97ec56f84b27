"""Checks of the machine: disk, folder, clocks, port, fonts, locale, memory that is shared."""

from __future__ import annotations

import datetime as dt
import locale
import os
import pwd
import shutil
import socket
import subprocess
import sys
from pathlib import Path

from gridmap import __version__
from gridmap.errors import GridmapError
from gridmap.services.doctor.finding import Finding, bad, good, note
from gridmap.settings import Settings
from gridmap.storage.embedded.mounts import OF_OTHER_MACHINES, filesystem_of
from gridmap.storage.embedded.programs import find_programs

_ENOUGH_MIB = 2048
_BARELY_MIB = 512
_SHM_MIB = 64
_BUILT = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
"""No clock that is right says less."""

LOCALTIME = Path("/etc/localtime")
SHM = Path("/dev/shm")  # noqa: S108 - looked at, never written


def _existing(folder: Path) -> Path:
    while not folder.exists():
        folder = folder.parent
    return folder


def check_version(settings: Settings) -> Finding:
    """Tell versions, and whether there are server programs where they are needed."""
    python = ".".join(map(str, sys.version_info[:3]))
    told = f"gridmap {__version__}, Python {python}"
    if not settings.embedded:
        return good("version", told, told)
    try:
        programs = find_programs()
    except GridmapError as error:
        return bad("version", f"{told}；{error.zh}", f"{told}; {error.en}")
    told = f"{told}, PostgreSQL {programs.major}"
    return good("version", told, told)


def check_disk(settings: Settings) -> Finding:
    """Tell how much room the workspace's disk has, and whether it can be written."""
    place = _existing(settings.home)
    free_mib = shutil.disk_usage(place).free // 2**20
    if os.statvfs(place).f_flag & os.ST_RDONLY:
        return bad(
            "disk",
            f"{place} 所在磁盘是只读的。请检查磁盘（dmesg）并重新挂载为可写。",
            f"The disk of {place} is read-only. See what the kernel says (dmesg) and mount it writable again.",
        )
    zh, en = f"{place} 所在磁盘剩余 {free_mib} MB", f"{free_mib} MB left on the disk of {place}"
    if free_mib < _BARELY_MIB:
        return bad(
            "disk",
            f"{zh}，即将写满。请立即清理，或把备份移到另一块磁盘（GRIDMAP_BACKUP_FOLDER）。",
            f"{en}: make room at once, or move the backups to another disk (GRIDMAP_BACKUP_FOLDER).",
        )
    if free_mib < _ENOUGH_MIB:
        return note("disk", f"{zh}，请尽快清理。", f"{en}: make room soon.")
    return good("disk", zh, en)


def check_folder(settings: Settings) -> Finding:
    """Tell whether the workspace's folder is there, on a disk of this machine, one's own and closed."""
    home = settings.home
    kind = filesystem_of(_existing(home))
    if settings.embedded and kind in OF_OTHER_MACHINES:
        return bad(
            "folder",
            f"{home} 位于网络文件系统（{kind}），不能放数据库。请用 GRIDMAP_HOME 指定本机磁盘。",
            f"{home} lies on a network file system ({kind}), no place for a database. Name a disk of this machine with "
            "GRIDMAP_HOME.",
        )
    if not home.exists():
        there = _existing(home)
        if not os.access(there, os.W_OK | os.X_OK):
            return bad(
                "folder",
                f"{home} 不存在，当前账户也不能在 {there} 中创建。请用 GRIDMAP_HOME 指定可写的文件夹。",
                f"{home} is not there and this account may not make it in {there}. Name a folder with GRIDMAP_HOME.",
            )
        return note(
            "folder",
            f"{home} 还不存在，首次启动时创建。",
            f"{home} is not there yet; the first start makes it.",
        )
    found = home.stat()
    if not os.access(home, os.R_OK | os.W_OK | os.X_OK) or found.st_uid not in {os.geteuid(), 0}:
        return bad(
            "folder",
            f"{home} 属于账户 {_name(found.st_uid)}。请以该账户运行：runuser -u {_name(found.st_uid)} -- gridmap …",
            f"{home} belongs to {_name(found.st_uid)}. Run: runuser -u {_name(found.st_uid)} -- gridmap …",
        )
    if found.st_mode & 0o002:
        return bad(
            "folder",
            f"任何账户都能写入 {home}。请运行：chmod o-w {home}",
            f"Every account may write into {home}. Run: chmod o-w {home}",
        )
    return good("folder", f"{home}（{kind or '?'}）", f"{home} ({kind or '?'})")


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def check_account() -> Finding:
    """Tell under which account this runs, and whether that has a home and a name."""
    try:
        entry = pwd.getpwuid(os.geteuid())
    except KeyError:
        return bad(
            "account",
            f"用户号 {os.geteuid()} 没有账户名，内置数据库无法运行。请添加账户。",
            f"User id {os.geteuid()} has no account name, which the embedded database needs. Add the account.",
        )
    mask = os.umask(0o077)
    os.umask(mask)
    told = f"{entry.pw_name}, umask {mask:03o}"
    if not Path(entry.pw_dir).is_dir() and "GRIDMAP_HOME" not in os.environ:
        return bad(
            "account",
            f"{told}：账户没有主目录。请设置 GRIDMAP_HOME。",
            f"{told}: the account has no home. Set GRIDMAP_HOME.",
        )
    return good("account", told, told)


def check_clock(settings: Settings, now: dt.datetime) -> Finding:
    """Tell whether the clock can be right, and which zone it is read in."""
    if now < _BUILT:
        return bad(
            "clock",
            f"本机时钟为 {now:%Y-%m-%d}，不可能正确。请校时（timedatectl set-ntp true）。",
            f"This machine's clock says {now:%Y-%m-%d}, which cannot be. Set it (timedatectl set-ntp true).",
        )
    if not LOCALTIME.exists() and "TZ" not in os.environ:
        return note(
            "clock",
            f"本机没有设置时区；程序按 {settings.timezone} 计日，系统日志按 UTC。",
            f"The machine has no time zone; days are those of {settings.timezone}, the system's log is in UTC.",
        )
    return good(
        "clock",
        f"{now.isoformat(timespec='seconds')}，{settings.timezone}",
        f"{now:%Y-%m-%dT%H:%M:%SZ}, {settings.timezone}",
    )


def check_port(settings: Settings) -> Finding:
    """Tell whether the port is free, or the service has it."""
    host = "127.0.0.1" if settings.host == "localhost" else settings.host
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, settings.port))
        except OSError:
            pass
        else:
            return good("port", f"端口 {settings.port} 空闲", f"port {settings.port} is free")
    if _is_ours(host, settings.port):
        return good(
            "port", f"服务在端口 {settings.port} 运行", f"the service answers at port {settings.port}"
        )
    return bad(
        "port",
        f"端口 {settings.port} 被其他程序占用（ss -ltnp 可查）。请停止它，或设置 GRIDMAP_PORT。",
        f"Port {settings.port} is another program's (ss -ltnp tells whose). Stop that, or set GRIDMAP_PORT.",
    )


def _is_ours(host: str, port: int) -> bool:
    try:
        with socket.create_connection((host, port), timeout=5) as line:
            line.settimeout(5)
            line.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            answer = b""
            while chunk := line.recv(4096):
                answer += chunk
    except OSError:
        return False
    # A service that speaks TLS refuses plain words; what it is can then not be told.
    return b'"status"' in answer and (b'"version"' in answer or b"database-unreachable" in answer)


def check_fonts() -> Finding:
    """Tell whether the machine has Chinese fonts, for maps that are printed here."""
    lister = shutil.which("fc-list")
    if lister is None:
        return note(
            "fonts",
            "未安装 fontconfig，无法检查字体。请运行：sudo apt-get install fontconfig fonts-noto-cjk",
            "fontconfig is not here, so fonts are not known. Run: sudo apt-get install fontconfig fonts-noto-cjk",
        )
    done = subprocess.run(
        [lister, ":lang=zh", "family"], capture_output=True, text=True, timeout=60, check=False
    )
    families = sorted({line.split(",")[0].strip() for line in done.stdout.splitlines() if line.strip()})
    if not families:
        return note(
            "fonts",
            "本机没有中文字体，打印页面会缺字。请运行：sudo apt-get install fonts-noto-cjk",
            "There is no Chinese font here, and prints lack characters. Run: sudo apt-get install fonts-noto-cjk",
        )
    return good("fonts", families[0], families[0])


def check_locale() -> Finding:
    """Tell whether text goes in and out as UTF-8."""
    told = locale.getpreferredencoding(do_setlocale=False)
    if told.replace("-", "").casefold() != "utf8":
        return note(
            "locale",
            f"终端编码为 {told}，中文可能显示不出。请设置：export LC_ALL=C.UTF-8",
            f"The terminal's encoding is {told}: Chinese may not be shown. Set: export LC_ALL=C.UTF-8",
        )
    return good("locale", told, told)


def check_shared_memory() -> Finding:
    """Tell how much memory processes can share."""
    try:
        size_mib = shutil.disk_usage(SHM).total // 2**20
    except OSError:
        size_mib = 0
    if size_mib < _SHM_MIB:
        return note(
            "shared-memory",
            f"{SHM} 只有 {size_mib} MB：数据库改用文件，稍慢。容器请加 --shm-size=256m。",
            f"{SHM} has {size_mib} MB: the database uses files instead, slower. Give a container --shm-size=256m.",
        )
    return good("shared-memory", f"{SHM} {size_mib} MB", f"{SHM} {size_mib} MB")
