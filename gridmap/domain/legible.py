"""Text of others, made legible: what cannot be seen, or would steer what shows it, is shown as its code."""

from __future__ import annotations

import re

_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f"  # controls, but for tab and line feed: ESC steers a terminal
    "\u00ad\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    "\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e0fff]"
)
"""Controls, and what Unicode calls default ignorable (UAX 44): zero width, directions, variation selectors, tags."""


def legible(text: str) -> str:
    r"""Return a text in which every character can be seen.

    Parameters
    ----------
    text : str

    Returns
    -------
    str
        The text; a control, zero-width or direction character and half a surrogate stand as ``\x1b`` or ``\u202e``.
    """
    return _UNSEEN.sub(lambda found: _code(ord(found.group())), text)


def _code(number: int) -> str:
    if number < 0x100:
        return f"\\x{number:02x}"
    return f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"
