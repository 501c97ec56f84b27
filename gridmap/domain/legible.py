"""Text of others, made legible: what cannot be seen, or would steer what shows it, is shown as its code."""

from __future__ import annotations

import re

_RANGES = (
    *((0x00, 0x08), (0x0B, 0x1F), (0x7F, 0x9F)),  # controls, but for tab and line feed: ESC steers a terminal
    *((0xAD, 0xAD), (0x61C, 0x61C), (0x115F, 0x1160), (0x17B4, 0x17B5), (0x180B, 0x180F)),
    *((0x200B, 0x200F), (0x2028, 0x202E), (0x2060, 0x206F), (0x3164, 0x3164), (0xFE00, 0xFE0F)),
    *((0xFEFF, 0xFEFF), (0xFFA0, 0xFFA0), (0xFFF0, 0xFFFB), (0xE0000, 0xE0FFF)),
)
"""Controls, and what Unicode calls default ignorable (UAX 44): zero width, directions, variation selectors, tags."""

UNSEEN_RE2 = "[" + "".join(f"\\x{{{low:x}}}-\\x{{{high:x}}}" for low, high in _RANGES) + "]"
"""The same as a pattern of RE2, for columns of Arrow, which hold no half surrogates."""

_UNSEEN = re.compile(
    "[" + "".join(f"{re.escape(chr(low))}-{re.escape(chr(high))}" for low, high in _RANGES) + "\ud800-\udfff]"
)


def is_unseen(character: str) -> bool:
    """Tell whether a character cannot be seen: a control, of zero width, of direction, or half a surrogate."""
    return _UNSEEN.match(character) is not None


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
