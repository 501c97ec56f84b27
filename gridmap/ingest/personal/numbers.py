"""Identity and telephone numbers in a text, however their digits are spaced and written.

The check of identity numbers follows GB 11643-1999 (ISO 7064, MOD 11-2). A number whose check digit is wrong is a
number with a slip, so region and day of birth decide there; fifteen-digit numbers of the first generation have no
check digit. Telephones follow the numbering plan of China: mobiles of eleven digits from 13 to 19, area codes from
01 to 09 before seven or eight digits.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from itertools import pairwise

from gridmap.ingest.personal.found import Found
from gridmap.ingest.personal.plain import Plain

_PROVINCES = frozenset(
    str(n)
    for first, last in ((11, 15), (21, 23), (31, 37), (41, 46), (50, 54), (61, 65), (71, 71), (81, 83))
    for n in range(first, last + 1)
)
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK = "10X98765432"
_BORN_SINCE = 1880
_UNCHECKED_BORN_BEFORE = 2016
"""County, day and serial number make a case's number of eighteen digits; those are of recent days."""

_GROUP = re.compile(r"[0-9]+")
_BETWEEN = re.compile(r"(?:[^\w:]|_){1,3}")
_LISTING = frozenset(",、;")
_MOST_GROUPS = 6
_MOBILE = re.compile(r"(?:(?:00)?86)?(1[3-9][0-9]{9})")
_LANDLINE = re.compile(r"(?:(?:00)?86)?0(?:10|2[0-9]|[3-9][0-9]{2})[2-9][0-9]{6,7}")
_DATED = re.compile(
    r"(?<![0-9])([0-9]{6})[^\w]{0,3}([0-9]{4})[^\w]{0,2}年?[^\w]?([0-9]{1,2})[^\w]{0,2}月?[^\w]?([0-9]{1,2})[^\w]{0,2}日?[^\w]{0,3}"
    r"([0-9]{3}[0-9X])(?![0-9])",
    re.IGNORECASE,
)
_LISTED = ([3, 4, 4], [4, 3, 4], [3, 3, 5], [3, 8], [6, 8, 4])
"""How a mobile's digits, and an identity number's (place, day of birth, order), are parted by commas."""
_ABROAD = re.compile(
    r"\+ ?[1-9][0-9 \-()]{7,16}[0-9]|"
    r"(?<![0-9])00 ?(?:85[23][ \-]?[0-9]{4}|886[ \-]?[0-9]{5})[ \-]?[0-9]{4}(?![0-9])|"
    r"(?<![0-9])86[ \-]0?[1-9][0-9]{1,2}[ \-][2-9][0-9]{6,7}(?![0-9])"
)
_CALLED = re.compile(
    r"(?:电 ?话|手 ?机|座 ?机|固话|联系方式|拨打|致电|传真|热线|短信|(?<![票单件同记证照据户表牌])号码|"
    r"(?:联系|回电|回拨)(?=[^0-9一-鿿]{0,3}[3-9][0-9]{6,7}(?![0-9万元]))|tel|phone|mobile|call)"
    r"[^0-9一-鿿]{0,4}(?:号码?|为|是)?[^0-9一-鿿]{0,3}"
    r"([0-9][0-9 \-]{4,12}[0-9])(?![0-9])",
    re.IGNORECASE,
)
_LONGEST_CALLED = 12
"""Area code and number; longer ones after 热线 and the like are numbers of orders."""
_PUBLIC = re.compile(r"(?:110|119|12[0-9]|1[12][0-9]{3}|9[56][0-9]{3,6}|[48]00[0-9]{7}|10[016][0-9]{2,5})")


def is_identity_number(text: str) -> bool:
    """Tell whether an 18-digit text is a valid identity number (region, date of birth and check digit)."""
    return _is_like_identity(text) and _has_check_digit(text)


def _is_like_identity(text: str) -> bool:
    born = _day(text[6:14]) if len(text) == 18 and text[:2] in _PROVINCES else None
    return born is not None and born.year >= _BORN_SINCE


def _has_check_digit(text: str) -> bool:
    total = sum(w * int(d) for w, d in zip(_WEIGHTS, text[:17], strict=True))
    return _CHECK[total % 11] == text[17].upper()


def _day(yyyymmdd: str) -> dt.date | None:
    try:
        return dt.date(int(yyyymmdd[:4]), int(yyyymmdd[4:6]), int(yyyymmdd[6:]))
    except ValueError:
        return None


def find_numbers(copy: Plain, *, identifier: bool = False) -> Iterator[Found]:
    """Give the identity and telephone numbers of a text.

    Parameters
    ----------
    copy : Plain
    identifier : bool
        Whether the text is a code or number of a record. Only a whole value can then be a telephone, and only eighteen
        digits an identity number, because codes of grids are as long as those of the first generation.
    """
    for digits in copy.readings():
        for run in _runs(digits):
            for first in range(len(run)):
                for last in range(first, min(first + 18, len(run))):
                    found = _number(run[first : last + 1], digits, copy, identifier=identifier)
                    if found is not None:
                        yield found
    if not identifier:
        yield from _by_words(copy)


def _by_words(copy: Plain) -> Iterator[Found]:
    """Give numbers that a sign or a word beside them tells: a day of birth, a country's code, 电话 and the like."""
    for match in _DATED.finditer(copy.digits):
        place, year, month, day, last = match.groups()
        if _kind(f"{place}{year}{month:0>2}{day:0>2}{last}", identifier=False) == "identity":
            yield Found("identity", *copy.span(*match.span()))
    for match in _ABROAD.finditer(copy.digits):
        yield Found("phone", *copy.span(*match.span()))
    for match in _CALLED.finditer(copy.digits):
        number = re.sub("[^0-9]", "", match[1])
        if len(number) <= _LONGEST_CALLED and not _PUBLIC.fullmatch(number):
            yield Found("phone" if len(number) >= 7 else "short", *copy.span(match.start(1), match.end(1)))


def _number(groups: list[tuple[int, int]], digits: str, copy: Plain, *, identifier: bool) -> Found | None:
    if not _is_one(groups, digits):
        return None
    number = "".join(digits[a:b] for a, b in groups)
    start, end = groups[0][0], groups[-1][1]
    if len(number) == 17 and digits[end : end + 1] in {"X", "x", "叉"}:
        number, end = number + "X", end + 1
    kind = _kind(number, identifier=identifier)
    if kind is None or (identifier and kind == "phone" and not _is_whole(copy, start, end)):
        return None
    return Found(kind, *copy.span(start, end))


def _runs(text: str) -> Iterator[list[tuple[int, int]]]:
    """Give groups of digits with nothing but separators between them."""
    run: list[tuple[int, int]] = []
    for match in _GROUP.finditer(text):
        if run and not _BETWEEN.fullmatch(text[run[-1][1] : match.start()]):
            yield run
            run = []
        run.append(match.span())
    if run:
        yield run


def _is_one(groups: list[tuple[int, int]], text: str) -> bool:
    """Tell whether groups of digits may be one number: few, or each digit apart; points only among points.

    A pair of coordinates is no telephone: it has points and something else.
    """
    if len(groups) > _MOST_GROUPS and len({b - a for a, b in groups}) > 1:
        return False
    between = [text[a:b] for (_, a), (b, _) in pairwise(groups)]
    if any(_LISTING.intersection(part) for part in between):
        lengths = [b - a for a, b in groups]
        return set(lengths) == {1} or lengths in _LISTED
    pointed = [any(c in ".·" for c in part) for part in between]
    if pointed and all(pointed):
        # With one point it is a number with decimals: an area, a distance, a coordinate.
        return len(groups) > 2
    return not any(pointed) and not _is_decimal(text, groups[0][0], groups[-1][1])


def _is_decimal(text: str, start: int, end: int) -> bool:
    before, after = text[max(start - 2, 0) : start], text[end : end + 2]
    return re.fullmatch("[0-9][.]", before) is not None or re.fullmatch("[.][0-9]", after) is not None


def _kind(number: str, *, identifier: bool) -> str | None:
    if len(number) == 18 and _is_like_identity(number):
        born = _day(number[6:14])
        if _has_check_digit(number) or (born is not None and born.year < _UNCHECKED_BORN_BEFORE):
            return "identity"
    # Towns are numbered up to 399, so a micro-grid's code would be somebody born before 1940.
    if not identifier and len(number) == 15 and number[:2] in _PROVINCES and number[6] >= "4":
        return "identity" if _day("19" + number[6:12]) is not None else None
    if (
        not identifier
        and len(number) > 18
        and any(
            is_identity_number(number[i : i + 18]) and number[i + 6 : i + 10] < str(_UNCHECKED_BORN_BEFORE)
            for i in (0, len(number) - 18)
        )
    ):
        return "identity"
    if _MOBILE.fullmatch(number) or (not identifier and _LANDLINE.fullmatch(number)):
        return "phone"
    return None


def _is_whole(copy: Plain, start: int, end: int) -> bool:
    return not copy.text[:start].strip("+ (") and not copy.text[end:].strip(" )")
