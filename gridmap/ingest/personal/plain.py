"""A copy of a text for comparing, in which one thing is written one way, with the way back to the text itself."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from gridmap.domain.legible import is_unseen

_DIGITS = dict(zip("〇零一二三四五六七八九", "00123456789", strict=True)) | dict(
    zip("壹贰叁肆伍陆柒捌玖幺两", "12345678912", strict=True)
)
"""Digits as they are written or dictated one by one; 十 and 百 are no digits of a number that is dictated."""

FIGURES = "".join(_DIGITS)
"""Characters that are read as digits beside 0 to 9."""

LIKE_FIGURES = "么OolIΟОοо○◯"
"""Characters that are read as digits where they stand among digits."""

_LIKE_NOUGHT = re.compile("(?<=[0-9])[OoΟОоοо○◯]+|[OoΟОоοо○◯]+(?=[0-9])")
_LIKE_ONE = re.compile("(?<![A-Za-z])[lI](?=[0-9]{5})")
_LIKE_DIGITS = re.compile("(?<![0-9A-Za-z])(?=(?:[OolI]*[0-9]){4})[0-9OolI]{11,}(?![A-Za-z])")
_LIKE = str.maketrans("OolI", "0011")
_DICTATED_ONE = re.compile(f"(?<=[0-9{FIGURES}])么|么(?=[0-9{FIGURES}])")
_LIKE_DASH = re.compile("(?<=[0-9])一(?=[0-9])")


@dataclass(frozen=True, slots=True)
class Plain:
    """A text for comparing.

    Attributes
    ----------
    text : str
        NFKC, without invisible characters, dashes of every kind as ``-``.
    digits : str
        The same with Chinese digits, and letters that look like 0 or 1 among digits, as figures, character by
        character.
    places : tuple of int
        For each character the place in the text that it comes from.
    """

    text: str
    digits: str
    places: tuple[int, ...]

    def readings(self) -> tuple[str, ...]:
        """Return what the digits may be: all of them, those of one script alone, and 一 as a dash between digits.

        A digit of the other script beside a number is a word beside it: 其一 and a number.
        """
        return tuple(dict.fromkeys((self.digits, self.text, _LIKE_DASH.sub("-", self.text))))

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Return the part of the text itself that ``text[start:end]`` comes from."""
        return self.places[start], self.places[end - 1] + 1


def plain(text: str) -> Plain:
    """Make the copy for comparing.

    Parameters
    ----------
    text : str

    Returns
    -------
    Plain
        Separators are kept: what may stand between the digits of a number is the number's own rule.
    """
    # Codes, numbers and times of whole columns are written so.
    if text.isascii() and text.isprintable():
        return Plain(text, _liked(text), tuple(range(len(text))))
    kept: list[str] = []
    places: list[int] = []
    for place, character in enumerate(text):
        if character not in "\r\n\t" and is_unseen(character):
            continue
        for part in unicodedata.normalize("NFKC", character):
            # A box or a stroke laid over a digit leaves it a digit.
            if unicodedata.category(part) in {"Me", "Mn"}:
                continue
            kept.append(_figure(part))
            places.append(place)
    joined = "".join(kept)
    digits = "".join(_DIGITS.get(c, c) for c in _DICTATED_ONE.sub("1", joined))
    return Plain(joined, _liked(digits), tuple(places))


def _liked(text: str) -> str:
    """Read what looks like 0 or 1 among digits as that."""
    digits = _LIKE_DIGITS.sub(lambda m: m[0].translate(_LIKE), text)
    return _LIKE_ONE.sub("1", _LIKE_NOUGHT.sub(lambda m: "0" * len(m[0]), digits))


def _figure(character: str) -> str:
    if unicodedata.category(character) == "Pd" or character in "−˗":
        return "-"
    # Digits in filled circles have no normal form, but a value.
    if (value := unicodedata.digit(character, None)) is not None:
        return str(value)
    if character in "×ХΧхχ":
        return "X"
    return " " if character.isspace() else character
