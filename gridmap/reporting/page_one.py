"""How much of a report stands on its first page: as many places as there is room for, whatever fonts a machine has."""

from __future__ import annotations

import math
import unicodedata
from dataclasses import dataclass
from itertools import accumulate

from gridmap.reporting.front import Spot
from gridmap.reporting.model import HotspotReport, Text
from gridmap.reporting.words import headline

_PAGE_MM = 263.0
_SPARE = 0.985
_WIDE_MM = 182.0
_PT_MM = 25.4 / 72
_SECOND = 0.88
"""Size of English below Chinese, as the style sheet has it."""
_LETTER_EM, _SPACE_EM = 0.54, 0.25
_RAGGED = {"zh": 1.03, "en": 1.08}
"""How much of a line's end stays empty: Chinese breaks anywhere."""
_ONE_LINE = 0.97
COLUMNS = (7, 28, 22, 19, 24)
"""Widths of the table's columns, in hundredths."""
_CELL_MM, _ROW_MM, _PARAGRAPH_MM = 2.2, 1.9, 1.06
_TITLE_PT, _TEXT_PT, _HEADLINE_PT, _TABLE_PT = 21.0, 10.5, 10.0, 8.5
_LONGEST_HEADING = Text("建议什么，谁来做", "What is proposed, and who")
_MOST_LINES = 2
_VILLAGE_LETTERS = 28


@dataclass(frozen=True, slots=True)
class Row:
    """A place as the first page has it; a text a paragraph.

    Attributes
    ----------
    labels, at : str
    go_to, villages : Text
    what, since, proposed : tuple of Text
    """

    labels: str
    at: str
    go_to: Text
    villages: Text
    what: tuple[Text, ...]
    since: tuple[Text, ...]
    proposed: tuple[Text, ...]


@dataclass(frozen=True, slots=True)
class PageOne:
    """What the first page holds.

    Attributes
    ----------
    rows : tuple of Row
        The first places, as many as there is room for; one at least, where there are any.
    places : int
        How many there are in all.
    notes : tuple of Text
        How many are elsewhere and where, what is what.
    columns : tuple of int
        Widths of the columns, in hundredths.
    """

    rows: tuple[Row, ...]
    places: int
    notes: tuple[Text, ...]
    columns: tuple[int, ...] = COLUMNS


def page_one(report: HotspotReport, found: tuple[Spot, ...], languages: tuple[str, ...]) -> PageOne:
    """Choose what stands on the first page.

    Parameters
    ----------
    report : HotspotReport
    found : tuple of Spot
        All places, the surest first.
    languages : tuple of str
        Both stand one below the other.
    """
    rows = [_row(spot) for spot in found]
    high = [_row_mm(row, languages) for row in rows]
    room = _PAGE_MM * _SPARE - _head_mm(report, languages)
    shown = len(rows)
    if room < sum(high):
        # Numbers of three digits are the longest that the note on the others has.
        left = room - _notes_mm(_others(100, 200), languages)
        shown = max(sum(total <= left for total in accumulate(high)), 1)
    return PageOne(tuple(rows[:shown]), len(found), (*_others(shown, len(found)), *_said_of_all(report)))


def _others(shown: int, places: int) -> tuple[Text, ...]:
    rest = places - shown
    if rest <= 0:
        return ()
    return (
        Text(
            f"共 {places} 处，这里列最有把握的 {shown} 处；其余 {rest} 处见“全部地点”（纸上第 2 页起）。",
            f"{shown} of {places} places, the surest; "
            + ("the other one is" if rest == 1 else f"the other {rest} are")
            + ' under "All places" (on paper from page 2 on).',
        ),
    )


def _said_of_all(report: HotspotReport) -> tuple[Text, ...]:
    out = [
        Text(
            "数字是热点，字母是时空聚集，同图上；件数为扰动数。核心、比较和按村清单见“全部地点”。",
            "Numbers are hotspots and letters clusters in space and time, as on the map; counts are perturbed. Cores, "
            'comparisons and the list by village are under "All places".',
        )
    ]
    if report.refusals:
        out.append(
            Text(
                "有未能完成的部分，见“全部地点”之后。",
                'Some parts could not be done: see after "All places".',
            )
        )
    return tuple(out)


def _row(spot: Spot) -> Row:
    left_out = len(spot.brief) - _MOST_LINES
    more = (Text(f"另有 {left_out} 项", f"{left_out} more"),) if left_out > 0 else ()
    named = _named(spot.village_names)
    return Row(
        labels=spot.labels,
        at=spot.at,
        go_to=spot.go_to,
        villages=named,
        what=(*spot.brief[:_MOST_LINES], *more),
        since=spot.since[:_MOST_LINES],
        proposed=(*spot.proposals[:_MOST_LINES], *(_who(who) for who in spot.who[:_MOST_LINES])),
    )


def _named(villages: tuple[Text, ...]) -> Text:
    """Name villages as far as a line or two hold them, and tell how many there are."""
    shown = [
        village
        for n, village in enumerate(villages)
        if not n or _letters(villages[: n + 1]) <= _VILLAGE_LETTERS
    ]
    zh, en = "、".join(v.zh for v in shown), ", ".join(v.en for v in shown)
    if len(villages) > len(shown):
        zh, en = f"{zh}等 {len(villages)} 村", f"{en} and {len(villages) - len(shown)} more"
    return Text(zh, en)


def _letters(villages: tuple[Text, ...]) -> int:
    return sum(len(village.zh) for village in villages)


def _who(who: Text) -> Text:
    return Text(f"谁：{who.zh}", f"Who: {who.en}")


def _head_mm(report: HotspotReport, languages: tuple[str, ...]) -> float:
    """Height of all that stands on the page beside the rows."""
    title = Text(f"{report.place.zh}热点报告", f"Hotspot report: {report.place.en}")
    about = Text(
        f"{report.since} 至 {report.until} · {report.domains.zh} · {report.level.zh}",
        f"{report.since} to {report.until} · {report.domains.en} · {report.level.en}",
    )
    purpose = Text(
        f"用途：{report.purpose} · 示意边界", f"Purpose: {report.purpose} · illustrative boundaries"
    )
    short = Text("图", "Map")
    high = _high(short, _WIDE_MM, _TEXT_PT, 1.6, languages) + 2.5
    high += _high(title, _WIDE_MM, _TITLE_PT, 1.35, languages) + 3.2
    high += sum(_high(text, _WIDE_MM, _TEXT_PT, 1.6, languages) for text in (about, purpose))
    told = headline(report)
    high += sum(_high(text, _WIDE_MM - 10, _HEADLINE_PT, 1.5, languages) + 1.1 for text in told) + 7.0
    high += _high(short, _WIDE_MM, 13.0, 1.4, languages) + 4.5
    wide = _WIDE_MM * COLUMNS[-1] / 100 - _CELL_MM
    high += _high(_LONGEST_HEADING, wide, _TABLE_PT, 1.45, languages) + 2.5
    return high + _notes_mm(_said_of_all(report), languages)


def _notes_mm(notes: tuple[Text, ...], languages: tuple[str, ...]) -> float:
    return sum(_high(text, _WIDE_MM, _TABLE_PT, 1.45, languages) + 1.5 for text in notes)


def _row_mm(row: Row, languages: tuple[str, ...]) -> float:
    wide = [_WIDE_MM * part / 100 - _CELL_MM for part in COLUMNS]
    cells = (
        (Text(row.labels, row.labels),),
        (row.go_to, Text(row.at, row.at), row.villages),
        row.what,
        row.since,
        row.proposed,
    )
    return _ROW_MM + max(
        sum(_high(text, width, _TABLE_PT, 1.45, languages) + _PARAGRAPH_MM for text in texts)
        for texts, width in zip(cells, wide, strict=True)
    )


def _high(text: Text, wide_mm: float, size_pt: float, leading: float, languages: tuple[str, ...]) -> float:
    """Height of a paragraph in the wanted languages, in mm."""
    out = 0.0
    # What is alike in both languages stands once.
    for number, language in enumerate(languages[:1] if text.zh == text.en else languages):
        size = size_pt * (_SECOND if number else 1.0) * _PT_MM
        words = text.zh if language == "zh" else text.en
        whole = _ems(words) * size / wide_mm
        lines = 1 if whole <= _ONE_LINE else math.ceil(whole * _RAGGED[language])
        out += lines * size * leading
    return out


def _ems(text: str) -> float:
    """Width of a text, in its letters' size."""
    return sum(
        1.0 if unicodedata.east_asian_width(c) in "WF" else _SPACE_EM if c in " .,;:" else _LETTER_EM
        for c in text
    )
