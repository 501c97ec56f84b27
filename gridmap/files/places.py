"""Folders of files elsewhere, brought to the state of one here: on another disk, or on another machine by SFTP."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Protocol
from urllib.parse import unquote, urlsplit

from gridmap.errors import GridmapError, Unavailable
from gridmap.files.disk import disk_error

if TYPE_CHECKING:
    import paramiko

_WAIT_S = 30.0
_CHUNK = 1 << 20
SCHEME = "sftp"


class Place(Protocol):
    """Folders, each with files; a file is whole once it has its name."""

    def folders(self) -> list[str]:
        """Names of the folders."""

    def sizes(self, folder: str) -> dict[str, int]:
        """Files of a folder with their bytes; empty where it is not there."""

    def put(self, source: Path, folder: str, name: str) -> None:
        """Bring a file, in a folder that is made where it is missing."""

    def get(self, folder: str, name: str, target: Path) -> None:
        """Fetch a file."""

    def remove(self, folder: str, name: str) -> None:
        """Delete a file."""

    def drop(self, folder: str) -> None:
        """Delete a folder with its files."""


@dataclass(frozen=True, slots=True)
class SftpAddress:
    """A folder on another machine.

    Attributes
    ----------
    host : str
    port : int
    user : str or None
        Account there; the own one when None.
    path : str
        Absolute, or relative to where the account lands.
    """

    host: str
    port: int
    user: str | None
    path: str

    @classmethod
    def parse(cls, told: str) -> SftpAddress:
        """Read ``sftp://user@host:port/path``; ``/~/path`` is below the folder where the account lands.

        Raises
        ------
        ValueError
            When it is no such address, or holds a password.
        """
        parts = urlsplit(told)
        path = unquote(parts.path).removeprefix("/~/")
        if (
            parts.scheme != SCHEME
            or not parts.hostname
            or parts.password
            or parts.query
            or parts.fragment
            or not path.strip("/")
        ):
            raise ValueError(told)
        return cls(parts.hostname, parts.port or 22, unquote(parts.username or "") or None, path.rstrip("/"))

    def __str__(self) -> str:
        at = f"{self.user}@{self.host}" if self.user else self.host
        path = self.path if self.path.startswith("/") else f"/~/{self.path}"
        return f"{SCHEME}://{at}:{self.port}{path}"


class DiskPlace:
    """A folder on a disk of this machine, or one that is mounted.

    Parameters
    ----------
    root : Path
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    def folders(self) -> list[str]:
        """Names of the folders."""
        return (
            sorted(path.name for path in self._root.iterdir() if path.is_dir()) if self._root.is_dir() else []
        )

    def sizes(self, folder: str) -> dict[str, int]:
        """Files of a folder with their bytes."""
        place = self._root / folder
        return {path.name: path.stat().st_size for path in place.iterdir()} if place.is_dir() else {}

    def put(self, source: Path, folder: str, name: str) -> None:
        """Bring a file; it is on the disk when this returns."""
        place = self._root / folder
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        copied(source, place / name)

    def get(self, folder: str, name: str, target: Path) -> None:
        """Fetch a file."""
        copied(self._root / folder / name, target)

    def remove(self, folder: str, name: str) -> None:
        """Delete a file."""
        (self._root / folder / name).unlink()

    def drop(self, folder: str) -> None:
        """Delete a folder with its files."""
        shutil.rmtree(self._root / folder)


class SftpPlace:
    """A folder on another machine; see `sftp_place`."""

    def __init__(self, sftp: paramiko.SFTPClient, root: str) -> None:
        self._sftp = sftp
        self._root = PurePosixPath(root)

    def folders(self) -> list[str]:
        """Names of the folders."""
        return sorted(e.filename for e in self._entries(self._root) if stat.S_ISDIR(e.st_mode or 0))

    def sizes(self, folder: str) -> dict[str, int]:
        """Files of a folder with their bytes."""
        return {e.filename: e.st_size or 0 for e in self._entries(self._root / folder)}

    def put(self, source: Path, folder: str, name: str) -> None:
        """Bring a file: under another name until it is whole."""
        place = self._root / folder
        self._make(place)
        new = str(place / f"{name}.new")
        # The sizes of both ends are compared by it.
        self._sftp.put(str(source), new)
        self._sftp.chmod(new, 0o600)
        try:
            self._sftp.posix_rename(new, str(place / name))
        except OSError:
            # Servers without OpenSSH's extension rename onto nothing that is there.
            if name in self.sizes(folder):
                self._sftp.remove(str(place / name))
            self._sftp.rename(new, str(place / name))

    def get(self, folder: str, name: str, target: Path) -> None:
        """Fetch a file."""
        self._sftp.get(str(self._root / folder / name), str(target))

    def remove(self, folder: str, name: str) -> None:
        """Delete a file."""
        self._sftp.remove(str(self._root / folder / name))

    def drop(self, folder: str) -> None:
        """Delete a folder with its files."""
        for name in self.sizes(folder):
            self.remove(folder, name)
        self._sftp.rmdir(str(self._root / folder))

    def _entries(self, folder: PurePosixPath) -> list[paramiko.SFTPAttributes]:
        try:
            return self._sftp.listdir_attr(str(folder))
        except FileNotFoundError:
            return []

    def _make(self, folder: PurePosixPath) -> None:
        for one in (*reversed(folder.parents), folder):
            try:
                self._sftp.stat(str(one))
            except FileNotFoundError:
                self._sftp.mkdir(str(one), 0o700)


@contextmanager
def sftp_place(
    address: SftpAddress, *, key_file: Path | None = None, known_hosts: Path | None = None
) -> Iterator[SftpPlace]:
    """Open a folder on another machine, whose key must be known already.

    Parameters
    ----------
    address : SftpAddress
    key_file : Path, optional
        Private key of OpenSSH; those of the account and its agent when not given.
    known_hosts : Path, optional
        Keys of machines, in OpenSSH's format; the account's own file when not given.

    Raises
    ------
    Unavailable
        When it cannot be reached, is not the machine that it was, does not let the account in, or cannot be written.
    """
    import paramiko

    known = known_hosts or Path("~/.ssh/known_hosts").expanduser()
    client = paramiko.SSHClient()

    class Refusing(paramiko.MissingHostKeyPolicy):
        def missing_host_key(self, client: object, hostname: str, key: paramiko.PKey) -> None:  # noqa: ARG002
            raise _unknown(address, key, known)

    client.set_missing_host_key_policy(Refusing())
    is_open = False
    try:
        if known.is_file():
            client.load_host_keys(str(known))
        with client:
            client.connect(
                address.host,
                address.port,
                address.user or _own_name(),
                key_filename=None if key_file is None else str(key_file),
                allow_agent=key_file is None,
                look_for_keys=key_file is None,
                timeout=_WAIT_S,
                banner_timeout=_WAIT_S,
                auth_timeout=_WAIT_S,
            )
            with client.open_sftp() as sftp:
                channel = sftp.get_channel()
                if channel is not None:
                    # A machine that fell silent must not hold the next backup up for ever.
                    channel.settimeout(4 * _WAIT_S)
                is_open = True
                yield SftpPlace(sftp, address.path)
    except GridmapError:
        raise
    except paramiko.BadHostKeyException as error:
        raise _changed(address, known) from error
    except paramiko.AuthenticationException as error:
        raise _refused(address) from error
    except (paramiko.SSHException, EOFError, OSError) as error:
        raise _failed(address, error, is_open=is_open) from error


def _own_name() -> str:
    import pwd

    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return str(os.geteuid())


def _unknown(address: SftpAddress, key: paramiko.PKey, known: Path) -> Unavailable:
    shown = f"{key.get_name()} {key.fingerprint}"
    scan = f"ssh-keyscan -p {address.port} {address.host} >> {known}"
    return Unavailable(
        "second-place-host-unknown",
        f"第二存放处 {address.host} 的主机密钥未知（{shown}）。与对方管理员核对指纹后运行：{scan}",
        f"The key of {address.host}, the second place, is not known ({shown}). Compare its fingerprint with the "
        f"administrator there, then run: {scan}",
    )


def _changed(address: SftpAddress, known: Path) -> Unavailable:
    return Unavailable(
        "second-place-host-changed",
        f"第二存放处 {address.host} 的主机密钥与 {known} 中的不同，未发送任何内容。可能有人冒充；请与对方管理员核实。",
        f"The key of {address.host}, the second place, is not the one in {known}; nothing was sent. Somebody may pass "
        "for it: ask its administrator, and only then replace the line.",
    )


def _refused(address: SftpAddress) -> Unavailable:
    user = address.user or _own_name()
    return Unavailable(
        "second-place-refused",
        f"{address.host} 不接受账号 {user} 的密钥。请把公钥加入对方 authorized_keys，并设置 GRIDMAP_BACKUP_SSH_KEY。",
        f"{address.host} does not let {user} in. Add the public key to authorized_keys there, and name the private one "
        "in GRIDMAP_BACKUP_SSH_KEY.",
    )


def _failed(address: SftpAddress, error: Exception, *, is_open: bool) -> Unavailable:
    why = getattr(error, "strerror", None) or str(error) or type(error).__name__
    if isinstance(error, OSError) and error.filename and (of_disk := disk_error(error)) is not None:
        return of_disk
    of_connection = isinstance(error, TimeoutError | ConnectionError)
    if is_open and isinstance(error, OSError) and not of_connection:
        return Unavailable(
            "second-place-unwritable",
            f"第二存放处 {address} 无法读写（{why}）。请检查对方的磁盘空间和文件夹权限。",
            f"{address}, the second place, cannot be read or written ({why}). See to the disk there and to the rights "
            "on its folder.",
        )
    return Unavailable(
        "second-place-unreachable",
        f"无法连接第二存放处 {address.host}:{address.port}（{why}）。请检查网络、防火墙和对方 SSH 服务；本机数据未变。",
        f"{address.host}:{address.port}, the second place, cannot be reached ({why}). See to the network, the firewall "
        "and the SSH service there; what is on this machine is as it was.",
    )


def copied(source: Path, target: Path) -> None:
    """Copy a file so that it appears whole and is on the disk when this returns."""
    from gridmap.files.packed import sync_folder

    new = target.with_name(target.name + ".new")
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with source.open("rb") as reading, os.fdopen(descriptor, "wb") as writing:
        shutil.copyfileobj(reading, writing, _CHUNK)
        writing.flush()
        os.fsync(writing.fileno())
    new.replace(target)
    sync_folder(target.parent)
