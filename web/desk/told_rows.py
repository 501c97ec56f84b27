"""What an import did, or would do, in words: for the template that lists rows with their fields before and after."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypedDict

from gridmap.domain.told_fields import field_words, is_of_list, metres_told, value_words
from gridmap.services.cases.places import name_of
from web.desk.shown import places

_OF_GRIDS = frozenset({"grid_key", "handler_key"})


class RowWords(TypedDict):
    """Functions that give names of fields, values, whether a field is of a list, and how far a place moved."""

    field_words: Callable[[str], tuple[str, str]]
    value_words: Callable[[str, str | None, str | None], tuple[str, str]]
    of_list: Callable[[str], bool]
    metres_told: Callable[[float], str]


def words_of(noun: str) -> RowWords:
    """Return the words for rows of a noun, the town's own kinds among them."""
    known = places()

    def words(name: str, value: str | None, domain: str | None) -> tuple[str, str]:
        if not value:
            return ("–", "–")
        if name in _OF_GRIDS and value.isdecimal() and int(value) in known.names:
            return name_of(known.names, int(value))
        return value_words(noun, name, value, domain, known.kinds)

    return RowWords(
        field_words=lambda name: field_words(noun, name),
        value_words=words,
        of_list=lambda name: is_of_list(noun, name),
        metres_told=metres_told,
    )
