"""Streams packed into files that are whole or not there: compressed, encrypted with age on request, with their digest.

The format of age is that of https://age-encryption.org/v1, so any of its programs opens the files, too.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import shutil
import tarfile
import threading
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, BinaryIO, cast

import pyrage

from gridmap.domain.backups import PackedFile
from gridmap.errors import Broken, Conflict, GridmapError, InvalidInput

if TYPE_CHECKING:
    from typing_extensions import Buffer

_CHUNK = 1 << 20
_PACKED, _SEALED = ".gz", ".age"
_LEVEL = 1
_SECRET = "AGE-SECRET-KEY-"  # noqa: S105 - how such a key begins


class _Squeezed(io.RawIOBase):
    """Reads a stream's bytes compressed."""

    def __init__(self, source: BinaryIO) -> None:
        self._source = source
        self._squeezer = zlib.compressobj(_LEVEL, wbits=31)
        self._ready = b""
        self._over = False

    def readable(self) -> bool:
        return True

    def readinto(self, target: Buffer) -> int:
        room = memoryview(target)
        while not self._ready and not self._over:
            chunk = self._source.read(_CHUNK)
            self._over = not chunk
            self._ready = self._squeezer.compress(chunk) if chunk else self._squeezer.flush()
        count = min(len(room), len(self._ready))
        room[:count], self._ready = self._ready[:count], self._ready[count:]
        return count


class _Digesting(io.RawIOBase):
    """Writes through to a file and keeps the digest of what went by."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.sha256 = hashlib.sha256()
        self.size_bytes = 0

    def writable(self) -> bool:
        return True

    def write(self, data: Buffer) -> int:
        chunk = bytes(data)
        self._file.write(chunk)
        self.sha256.update(chunk)
        self.size_bytes += len(chunk)
        return len(chunk)


def packed_name(name: str, recipients: Sequence[str]) -> str:
    """Name under which a stream is packed."""
    return name + _PACKED + (_SEALED if recipients else "")


def is_sealed(path: Path) -> bool:
    """Tell whether a file is encrypted."""
    return path.name.endswith(_SEALED)


def plain_name(name: str) -> str:
    """Name of what was packed; the opposite of `packed_name`."""
    return name.removesuffix(_SEALED).removesuffix(_PACKED)


def pack(source: BinaryIO, folder: Path, name: str, recipients: Sequence[str] = ()) -> PackedFile:
    """Write a stream as one file that appears whole and is on the disk when this returns.

    Parameters
    ----------
    source : binary stream
    folder : Path
    name : str
        Of what is packed; see `packed_name` for the file's.
    recipients : sequence of str
        Public keys of age; whoever has the secret key of one of them opens it.
    """
    target = folder / packed_name(name, recipients)
    new = target.with_name(target.name + ".new")
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        writer = _Digesting(cast("BinaryIO", file))
        squeezed = io.BufferedReader(_Squeezed(source), _CHUNK)
        if recipients:
            keys = [pyrage.x25519.Recipient.from_str(key) for key in recipients]
            try:
                pyrage.encrypt_io(squeezed, writer, keys)
            except pyrage.EncryptError as error:
                raise OSError(*(error.args or ("age",))) from error
        else:
            while chunk := squeezed.read(_CHUNK):
                writer.write(chunk)
        file.flush()
        os.fsync(file.fileno())
    new.replace(target)
    sync_folder(folder)
    return PackedFile(target.name, writer.size_bytes, writer.sha256.hexdigest())


def sync_folder(folder: Path) -> None:
    """Have the names in a folder on the disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def digest(path: Path) -> tuple[int, str]:
    """Return size and SHA-256 of a file."""
    with path.open("rb") as file:
        told = hashlib.file_digest(file, "sha256")
    return path.stat().st_size, told.hexdigest()


@contextmanager
def unpacked(path: Path, key_file: Path | None = None) -> Iterator[BinaryIO]:
    """Read what was packed into a file.

    Parameters
    ----------
    path : Path
    key_file : Path, optional
        Holds the secret key; needed where the file is encrypted.

    Raises
    ------
    Conflict
        When there is no key, or it is another one.
    Broken
        When the file is torn.
    """
    with path.open("rb") as file:
        if not is_sealed(path):
            with gzip.GzipFile(fileobj=file) as plain, _torn(path):
                yield cast("BinaryIO", plain)
                _drain(plain)
            return
        keys = read_keys(key_file)
        reading, writing = os.pipe()
        failed: list[Exception] = []

        def decrypt() -> None:
            with os.fdopen(writing, "wb") as out:
                try:
                    pyrage.decrypt_io(file, out, keys)
                except (pyrage.DecryptError, OSError) as error:
                    failed.append(error)

        thread = threading.Thread(target=decrypt, name="decrypt", daemon=True)
        thread.start()
        try:
            with os.fdopen(reading, "rb") as pipe, gzip.GzipFile(fileobj=pipe) as plain, _torn(path, failed):
                yield cast("BinaryIO", plain)
                _drain(plain)
        finally:
            thread.join()
        if failed:
            raise _unread(path, failed)


def unpack_folder(stream: BinaryIO, folder: Path) -> None:
    """Write the files and folders of a tar stream into a folder, and nothing outside it.

    They belong to whoever unpacks them, and nobody else may write them. The filters of `tarfile` would do most of that,
    but the Python 3.11.2 of Debian 12 has none.

    Raises
    ------
    Broken
        When the stream holds anything else than files and folders, or a name that leads out of the folder.
    """
    with tarfile.open(fileobj=stream, mode="r|") as tar:
        for entry in tar:
            name = PurePosixPath(entry.name)
            if name.is_absolute() or ".." in name.parts or not (entry.isreg() or entry.isdir()):
                raise torn(folder / name.name)
            target = folder / name
            if entry.isdir():
                target.mkdir(mode=0o700, parents=True, exist_ok=True)
                continue
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            content = tar.extractfile(entry)
            if content is None:
                raise torn(target)
            mode = entry.mode & 0o755 | 0o600
            descriptor = os.open(
                target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, mode
            )
            with os.fdopen(descriptor, "wb") as file:
                shutil.copyfileobj(content, file, _CHUNK)


@contextmanager
def _torn(path: Path, failed: Sequence[Exception] = ()) -> Iterator[None]:
    try:
        yield
    except (EOFError, zlib.error, gzip.BadGzipFile, tarfile.TarError) as error:
        raise _unread(path, failed) from error


def _drain(stream: gzip.GzipFile) -> None:
    """Read to the end, where the checksum is: whoever reads an archive stops before."""
    while stream.read(_CHUNK):
        pass


def _unread(path: Path, failed: Sequence[Exception]) -> GridmapError:
    if any("No matching keys" in str(error) for error in failed):
        return Conflict(
            "backup-other-key",
            "密钥不对：备份是为另一把密钥加密的。请用 --key 指定对应的密钥文件。",
            "The key is another one than the backup was encrypted for. Name the right key file with --key.",
        )
    return torn(path)


def torn(path: Path) -> Broken:
    """Return the error of a file of a backup that is not what it was."""
    return Broken(
        "backup-torn",
        f"备份文件 {path.name} 不完整或已损坏。请改用另一份备份（gridmap db backups）或第二存放处。",
        f"{path.name} of the backup is not whole. Use another backup (gridmap db backups) or the second place.",
    )


def read_keys(key_file: Path | None) -> list[pyrage.x25519.Identity]:
    """Read the secret keys of a file as age-keygen writes it.

    Raises
    ------
    Conflict
        When none is named.
    InvalidInput
        When the file holds none.
    """
    if key_file is None:
        raise Conflict(
            "backup-key-needed",
            "备份已加密。请用 --key FILE 或 GRIDMAP_BACKUP_KEY_FILE 指定密钥文件。",
            "The backup is encrypted. Name the key file with --key FILE or GRIDMAP_BACKUP_KEY_FILE.",
        )
    try:
        lines = key_file.read_text("utf-8").split()
        keys = [pyrage.x25519.Identity.from_str(line) for line in lines if line.startswith(_SECRET)]
    except (OSError, UnicodeDecodeError, pyrage.IdentityError):
        keys = []
    if not keys:
        raise InvalidInput(
            "backup-key-file",
            f"{key_file.name} 中没有 age 密钥。请指定 gridmap db backup-key 写出的文件。",
            f"{key_file.name} holds no key of age. Name a file that gridmap db backup-key wrote.",
        )
    return keys


def make_key(key_file: Path) -> str:
    """Write a new secret key into a new file of one's own, and return the public key.

    Raises
    ------
    Conflict
        When the file is there.
    """
    key = pyrage.x25519.Identity.generate()
    try:
        descriptor = os.open(key_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except FileExistsError:
        raise Conflict(
            "backup-key-there",
            f"{key_file.name} 已存在；旧备份可能要用它。请换一个文件名。",
            f"{key_file.name} is there already, and old backups may need it. Choose another name.",
        ) from None
    with os.fdopen(descriptor, "w") as file:
        file.write(f"# public key: {key.to_public()}\n{key}\n")
        file.flush()
        os.fsync(file.fileno())
    return str(key.to_public())
