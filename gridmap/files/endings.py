"""Whether a file's name ends as what is written into it."""

from __future__ import annotations

from pathlib import Path

from gridmap.errors import InvalidInput


def require_ending(path: Path, *endings: str) -> None:
    """Refuse a name under which no program would open what is written.

    Raises
    ------
    InvalidInput
        When the name ends otherwise.
    """
    if path.suffix.lower() not in endings:
        raise InvalidInput(
            "file-ending",
            f"{path.name}：文件名应以 {'、'.join(endings)} 结尾。请改名后再写。",
            f"{path.name}: the file's name ends in {', '.join(endings)}. Give it another name.",
        )
