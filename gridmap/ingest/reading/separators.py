"""What parts the columns of a text table."""

from __future__ import annotations

from pathlib import Path

from gridmap.ingest.reading.files import refuse

NAMED = {",": ("英文逗号", "commas"), "\t": ("制表符", "tabs"), ";": ("分号", "semicolons")}
DELIMITERS = tuple(NAMED)


def require_table(path: Path, text: str, told: str | None) -> None:
    """Refuse by its begin what is no table, or has its columns parted otherwise than ``told``."""
    first = text.split("\n", 1)[0]
    if first.lstrip()[:1] == "<":
        raise refuse(
            "csv-web-page",
            path,
            "这是网页（或 XML），不是 CSV。请用电子表格软件打开，另存为 .xlsx 后再导入。",
            "it is a web page (or XML) and no CSV. Open it in a spreadsheet program and save it as .xlsx.",
        )
    parted = any(d in first for d in DELIMITERS)
    if told and parted and told not in text:
        found = max(DELIMITERS, key=first.count)
        raise refuse(
            "csv-separator-line",
            path,
            f"第一行写着 sep={told}，但各列之间是{NAMED[found][0]}。请删去第一行，或改写那里的符号。",
            f"its first line says sep={told}, but {NAMED[found][1]} part the columns. Remove it or put the right "
            "sign there.",
        )
    if not told and not parted and ("，" in first or "|" in first):
        raise refuse(
            "csv-separator",
            path,
            "各列之间是中文逗号或竖线，应为英文逗号。请替换；竖线也可在第一行写 sep=|。",
            "its columns are parted by Chinese commas or bars. Put commas; for bars a first line sep=| does, too.",
        )
