"""Text that XML can hold: what it has no way to write is left out, in tracks, documents and templates alike."""

from __future__ import annotations

import re

# XML 1.0 has no way to write these, not even escaped.
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def writable(text: str) -> str:
    r"""Return a text without characters that XML 1.0 cannot hold.

    Examples
    --------
    >>> writable("\x1b[31m队 <1>")
    '[31m队 <1>'
    """
    return _UNWRITABLE.sub("", text)
