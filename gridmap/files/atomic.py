"""Files that appear complete or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gridmap.errors import InvalidInput


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a temporary path in a private folder beside the target, and rename it into place on success.

    Yields
    ------
    Path
        Where to write. It does not exist yet; what is there when the block ends well becomes ``path``.

    Raises
    ------
    InvalidInput
        When the target's folder does not exist or may not be written.
    """
    try:
        folder = Path(tempfile.mkdtemp(prefix=".gridmap-", dir=path.parent))
    except OSError:
        raise InvalidInput(
            "folder-unwritable",
            f"无法写入文件夹“{path.parent.name}”，请换一个存在且可写的文件夹。",
            f'The folder "{path.parent.name}" cannot be written. Choose one that exists and is writable.',
        ) from None
    temporary = folder / path.name
    try:
        yield temporary
        with temporary.open("rb") as written:
            os.fsync(written.fileno())
        temporary.replace(path)
    finally:
        for left in folder.iterdir():
            left.unlink()
        folder.rmdir()
