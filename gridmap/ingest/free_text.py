"""What a person writes by hand: kept only where it holds nobody's number."""

from __future__ import annotations

from gridmap.errors import InvalidInput
from gridmap.ingest.personal import personal_in


def checked_text(text: str | None) -> str | None:
    """Return a text as it is.

    Raises
    ------
    InvalidInput
        When it holds an identity or telephone number.
    """
    if text is not None and personal_in(text) is not None:
        raise InvalidInput(
            "text-personal",
            "文字含身份证号或电话号码，不予保存。请删去后再提交。",
            "The text holds an identity or telephone number and is not kept. Take it out and try again.",
        )
    return text
