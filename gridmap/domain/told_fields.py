"""What a stored field and its value are called in both languages, for whoever looks at what an import did."""

from __future__ import annotations

from collections.abc import Mapping

from gridmap.domain.codes import code_list
from gridmap.domain.fields import Field
from gridmap.domain.records import GRIDS, NOUNS
from gridmap.domain.spellings import labels

_DERIVED = {
    "geom": ("位置", "place"),
    "base": ("驻地", "base"),
    "placed_by": ("定位依据", "placed by"),
    "needs_confirmation": ("网格待确认", "grid to be confirmed"),
    "withdrawn_why": ("撤销原因", "reason"),
    "grid_key": ("网格键", "grid key"),
}
_PLACED = {
    "coordinate": ("坐标", "coordinate"),
    "grid_code": ("网格编码", "grid code"),
    "village_name": ("村名", "name of the village"),
    "person": ("人工确认", "a person"),
}
_WHOLE_M, _LEAST_M = 10, 0.1
_TRUTH = {"True": ("是", "yes"), "False": ("否", "no")}


def field_words(noun: str, name: str) -> tuple[str, str]:
    """Return what a column is called.

    Examples
    --------
    >>> field_words("incidents", "occurred_at")
    ('发生时间', 'occurred at')
    >>> field_words("incidents", "geom")
    ('位置', 'place')
    """
    if name in _DERIVED:
        return _DERIVED[name]
    field = _field(noun, name)
    return (field.zh if field else name), name.replace("_", " ")


def is_of_list(noun: str, name: str) -> bool:
    """Tell whether a column holds an entry of a list."""
    field = _field(noun, name)
    return (field is not None and bool(field.codes)) or name in {"kind", "placed_by"}


def value_words(
    noun: str,
    name: str,
    value: str,
    domain: str | None = None,
    kinds: Mapping[tuple[str, str], tuple[str, str]] | None = None,
) -> tuple[str, str]:
    """Return a value in words; one that no list has is returned as it is.

    Parameters
    ----------
    noun, name : str
        Of the column.
    value : str
    domain : str, optional
        Of the case: a kind means something in its domain only.
    kinds : mapping, optional
        Words of a town's own kinds by domain and code.

    Examples
    --------
    >>> value_words("incidents", "kind", "02", "dispute")
    ('邻里纠纷', 'neighbour')
    >>> value_words("incidents", "channel", "hotline_12345")
    ('12345 热线', 'hotline 12345')
    >>> value_words("incidents", "summary", "漏水")
    ('漏水', '漏水')
    """
    if name == "placed_by":
        return _PLACED.get(value, (value, value))
    if noun == "incidents" and name == "kind":
        found = (kinds or {}).get((domain or "", value)) or (
            _disputes().get(value) if domain == "dispute" else None
        )
        return found or (value, value)
    field = _field(noun, name)
    if field is None or not field.codes:
        return _TRUTH.get(value, (value, value))
    code = value.lower() if field.kind == "boolean" else value
    if field.kind == "boolean":
        return _TRUTH.get(value.capitalize(), (value, value))
    zh = {c: word for word, c in labels(field.codes).items()}.get(code, code)
    return zh, _english(field, code)


def metres_told(metres: float) -> str:
    """Return how far something moved, in metres, as both languages write it; never nought for what did move.

    Examples
    --------
    >>> [metres_told(m) for m in (507.3, 3.26, 0.02)]
    ['507 m', '3.3 m', '< 0.1 m']
    """
    return (
        f"{metres:.0f} m"
        if metres >= _WHOLE_M
        else f"{metres:.1f} m"
        if metres >= _LEAST_M
        else f"< {_LEAST_M} m"
    )


def with_code(words: str, value: str) -> str:
    """Return words with the code in brackets, where they are another thing than the code.

    Examples
    --------
    >>> with_code("邻里纠纷", "02")
    '邻里纠纷 (02)'
    """
    return words if words == value else f"{words} ({value})"


def _field(noun: str, name: str) -> Field | None:
    told = GRIDS if noun == GRIDS.name else NOUNS.get(noun)
    return next((f for f in told.fields if f.name == name), None) if told is not None else None


def _disputes() -> dict[str, tuple[str, str]]:
    return {c.code: (c.zh, c.en) for c in code_list("dispute_kind")}


def _english(field: Field, code: str) -> str:
    """Return the word that is said: the code where it is one, else the list's first in English."""
    if any(c.isalpha() for c in code):
        return code.replace("_", " ")
    spelled = (
        s for s, c in (field.codes or {}).items() if c == code and s.isascii() and any(map(str.isalpha, s))
    )
    return next(spelled, code)
