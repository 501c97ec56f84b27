"""What the pages of sources offer where refusals name an option of a command."""

from __future__ import annotations

from gridmap.domain.offers import said
from gridmap.errors import GridmapError
from web.desk.words_sources import WORDS

_COLUMNS, _CONSTANT = WORDS["compare_to_columns"], WORDS["source_constants"]
_DOUBTFUL = WORDS["compare_with_doubtful"]
_FIELDS = {name: WORDS[f"source_{name}"] for name in ("crs", "sheet", "encoding")} | {
    "valid_from": WORDS["outlines_valid_from"]
}
_TICKED = {name: WORDS[f"outlines_{name}"] for name in ("join", "accept_shift", "accept_ended")}
_OFFERED = {
    "propose": (f"（“{_COLUMNS[0]}”）", f' ("{_COLUMNS[1]}")'),
    "doubtful": (f"点“{_DOUBTFUL[0]}”", f'choose "{_DOUBTFUL[1]}"'),
    "code_system": (
        f"请在各列一页的“{_CONSTANT[0]}”里选代码体系，",
        f'Choose it on the page of columns, "{_CONSTANT[1]}", or',
    ),
    "all_sheets": ("", ""),
    "archived": (
        f"在各列一页的“{_CONSTANT[0]}”里把阶段选为归档",
        f'choose archived as the stage on the page of columns, "{_CONSTANT[1]}"',
    ),
    **{name: (f"“{words[0]}”", f'"{words[1]}"') for name, words in _FIELDS.items()},
    **{name: (f"勾选“{words[0]}”", f'tick "{words[1]}"') for name, words in _TICKED.items()},
}


def on_page(zh: str, en: str) -> tuple[str, str]:
    """Return a sentence in both languages with what the pages of sources offer in place of a command's options.

    Examples
    --------
    >>> on_page("若是另一件事，加 --accept-doubtful。", "If not, add --accept-doubtful.")
    ('若是另一件事，点“连要问的行一起比较”。', 'If not, choose "Compare with the rows that are asked about".')
    """
    return said(zh, en, _OFFERED)


def refusal(problem: GridmapError | None) -> dict[str, str] | None:
    """Return a refusal for a page, with what the page offers; None where nothing is refused."""
    if problem is None:
        return None
    zh, en = on_page(problem.zh, problem.en)
    return problem.as_dict() | {"message_zh": zh, "message_en": en}
