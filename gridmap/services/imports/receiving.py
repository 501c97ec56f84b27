"""A file that a person hands over on the page, part by part, into the incoming folder of a source."""

from __future__ import annotations

import contextlib
import os
import re
import time
from pathlib import Path

from gridmap.domain.accounts import Actor
from gridmap.domain.legible import legible
from gridmap.domain.terms import MOST_UPLOADED
from gridmap.errors import Conflict, InvalidInput, TooLarge
from gridmap.services.accounts import audit
from gridmap.services.imports import profiles
from gridmap.services.imports.incoming import ENDINGS, folder_of
from gridmap.storage.database import Database

_HANDED_OVER = re.compile(r"[0-9a-f]{32}")
_LONGEST_NAME_BYTES = 200
_LEFT_S = 86_400
_NAMES = 100


def receive(
    database: Database,
    actor: Actor,
    profile: str,
    name: str,
    *,
    number: str,
    offset: int,
    whole: int,
    part: bytes,
) -> str | None:
    """Add a part to a file; return the name under which the file waits once it is whole.

    Parameters
    ----------
    database : Database
    actor : Actor
    profile : str
        Name of the source.
    name : str
        As the file is called where it came from; another of that name is left alone, and this one gets a number.
    number : str
        32 hexadecimal digits that the sender drew for this file.
    offset, whole : int
        Bytes before this part, and of the file.
    part : bytes
        A part that is sent again replaces what came after its beginning.

    Raises
    ------
    NotFound
        When there is no such source.
    InvalidInput
        When the name cannot be one of a file that is read here, or the numbers do not fit.
    TooLarge
    Conflict
        When the parts before this one did not arrive.
    """
    folder = folder_of(database.settings.home, profiles.find(database, profile).name)
    growing = receive_part(folder, name, number=number, offset=offset, whole=whole, part=part)
    if growing is None:
        return None
    audit.record(database, actor, "import", f"incoming/{profile}/{name}", "uploaded", bytes=whole)
    return put(growing, folder, name)


def receive_part(
    folder: Path, name: str, *, number: str, offset: int, whole: int, part: bytes
) -> Path | None:
    """Add a part to a file that grows in a folder; return where it is once it is whole, for :func:`put`.

    Raises
    ------
    InvalidInput, TooLarge, Conflict
        As :func:`receive`.
    """
    _check_name(name)
    if whole == 0:
        raise InvalidInput("upload-empty", "文件是空的。请另选一个。", "The file is empty. Choose another.")
    if not _HANDED_OVER.fullmatch(number) or offset < 0 or not part or offset + len(part) > whole:
        raise InvalidInput(
            "upload-malformed",
            "文件没有完整送到。请重新选择文件上传。",
            "The file did not arrive whole. Choose it again.",
        )
    if whole > MOST_UPLOADED:
        raise TooLarge(
            "upload-too-large",
            f"文件超过 {MOST_UPLOADED >> 20} MB。请分成几个文件，或直接放进服务器的收件夹。",
            f"The file is larger than {MOST_UPLOADED >> 20} MB. Split it, or put it into the server's incoming folder.",
        )
    folder.mkdir(parents=True, exist_ok=True)
    growing = folder / f".{number}.part"
    _forget_left(folder)
    descriptor = os.open(growing, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        if file.seek(0, os.SEEK_END) < offset:
            raise Conflict(
                "upload-gap",
                "前面的部分没有送到。请重新选择文件上传。",
                "What comes before this part did not arrive. Choose the file again.",
            )
        file.truncate(offset)
        file.seek(offset)
        file.write(part)
        file.flush()
        if offset + len(part) < whole:
            return None
        os.fsync(file.fileno())
    return growing


def _check_name(name: str) -> None:
    path = Path(name)
    if (
        path.name != name
        or legible(name) != name
        or "\\" in name
        or name.startswith((".", "~"))
        or len(name.encode()) > _LONGEST_NAME_BYTES
    ):
        raise InvalidInput(
            "upload-name",
            "文件名含有不能用的字符或过长。请改名后再上传。",
            "The file's name is too long or has characters that cannot be used. Rename it and try again.",
        )
    if path.suffix.lower() not in ENDINGS:
        raise InvalidInput(
            "upload-ending",
            f"不接收 {path.suffix or '没有扩展名'} 文件。可以上传：{'、'.join(sorted(ENDINGS))}。",
            f"Files of {path.suffix or 'no ending'} are not taken. These are: {', '.join(sorted(ENDINGS))}.",
        )


def put(growing: Path, folder: Path, name: str) -> str:
    """Give the whole file a name that no other has."""
    path = Path(name)
    for n in range(1, _NAMES):
        taken = path.name if n == 1 else f"{path.stem}-{n}{path.suffix}"
        try:
            # Unlike a renaming, a link never takes another file's place.
            os.link(growing, folder / taken)
        except FileExistsError:
            continue
        growing.unlink()
        return taken
    raise Conflict(
        "upload-names",
        f"已有 {_NAMES} 个同名文件等待导入。请先导入或移走。",
        f"{_NAMES} files of that name wait already. Import them first, or take them away.",
    )


def _forget_left(folder: Path) -> None:
    """Remove what somebody began to hand over the day before and never ended."""
    for path in folder.glob(".*.part"):
        with contextlib.suppress(OSError):
            if time.time() - path.stat().st_mtime > _LEFT_S:
                path.unlink()
