"""Refusals that name an option of a command say on a page what the page has in its place."""

from __future__ import annotations

import re

from web.desk.words_sources import WORDS

_DOUBTFUL = WORDS["compare_with_doubtful"]
_CONSTANT = WORDS["source_constants"]
_COLUMNS = WORDS["compare_to_columns"]
_FIELDS = {
    "--crs": WORDS["source_crs"],
    "--sheet": WORDS["source_sheet"],
    "--encoding": WORDS["source_encoding"],
}
_ZH = (
    (r"（gridmap profiles propose）", f"（“{_COLUMNS[0]}”）"),
    (r"加 --accept-doubtful", f"点“{_DOUBTFUL[0]}”"),
    (r"请加 --code-system [^，]+，", f"请在各列一页的“{_CONSTANT[0]}”里选代码体系，"),
    (r"，或用 --all-sheets 全部导入", ""),
    (
        r"整份加 --stage archived（映射 stage 写 =archived）重新导入",
        f"在各列一页的“{_CONSTANT[0]}”里把阶段选为归档",
    ),
    *((rf" ?{option}\b ?", f"“{words[0]}”") for option, words in _FIELDS.items()),
)
_EN = (
    (r"\(gridmap profiles propose\)", f'("{_COLUMNS[1]}")'),
    (r"add --accept-doubtful", f'choose "{_DOUBTFUL[1]}"'),
    (r"Add --code-system .+?, or", f'Choose it on the page of columns, "{_CONSTANT[1]}", or'),
    (r", or (?:take )?all with --all-sheets", ""),
    (
        r"import it with --stage archived for all \(a mapping: stage, =archived\)",
        f'choose archived as the stage on the page of columns, "{_CONSTANT[1]}"',
    ),
    *((rf"{option}\b", f'"{words[1]}"') for option, words in _FIELDS.items()),
)


def on_page(zh: str, en: str) -> tuple[str, str]:
    """Return a sentence in both languages with what the pages of sources offer in place of a command's options.

    Examples
    --------
    >>> on_page("若是另一件事，加 --accept-doubtful。", "If not, add --accept-doubtful.")
    ('若是另一件事，点“连要问的行一起比较”。', 'If not, choose "Compare with the rows that are asked about".')
    """
    for there, here in _ZH:
        zh = re.sub(there, here, zh)
    for there, here in _EN:
        en = re.sub(there, here, en)
    return zh, en
