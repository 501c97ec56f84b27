"""Sentences of source systems: Chinese, English."""

from __future__ import annotations

WORDS: dict[str, tuple[str, str]] = {
    "sources": ("来源与收件夹", "Sources and incoming files"),
    "sources_folder": ("收件夹：{folder}", "Incoming folder: {folder}"),
    "sources_waiting": ("等待导入的文件", "Files that wait"),
    "sources_none_waiting": (
        "没有文件等待。把对方的文件放进收件夹中该来源的文件夹。",
        "No file waits. Drop one into the source's folder.",
    ),
    "sources_run": ("现在导入", "Import now"),
    "sources_each_minute": (
        "已打开自动导入的来源每分钟导入一次。",
        "Sources that import by themselves do so every minute.",
    ),
    "incoming_begun": (
        "已开始导入，结果见各来源的 results 文件夹。",
        "Begun; the answers stand in each source's folder results.",
    ),
    "sources_automatic": ("自动导入", "by itself"),
    "sources_profiles": ("来源配置", "Profiles"),
    "sources_none": (
        "还没有来源配置。先起一个名称，再说明各列是什么。",
        "There is no profile yet. Name one, then say what each column is.",
    ),
    "sources_unknown": ("未知的值", "Unknown values"),
    "sources_name": ("来源名称（也是文件夹名）", "Name (its folder's, too)"),
    "sources_noun": ("记录种类", "Records"),
    "sources_make": ("新建来源", "Make a profile"),
    "source_of": ("来源：{name}", "Source: {name}"),
    "source_no_file": (
        "把一份样表放进 {folder}，这里就会列出各列。",
        "Put a sample into {folder}: its columns are listed here.",
    ),
    "source_file": ("文件", "File"),
    "source_crs": ("坐标系", "System of coordinates"),
    "source_sheet": ("工作表", "Worksheet"),
    "source_valid": (
        "共 {total} 行：{valid} 行合格，{refused} 行有误",
        "{total} rows: {valid} valid, {refused} refused",
    ),
    "source_automatic": (
        "以后投放的文件每分钟自动导入（各列都说明后再打开）",
        "Import what is dropped every minute (turn it on when every column is said)",
    ),
    "source_columns": ("各列", "Columns"),
    "source_column": ("列", "Column"),
    "source_read_as": ("读作", "Read as"),
    "source_filled": ("已填", "Filled"),
    "source_unknown": ("未知的值是什么", "What unknown values are"),
    "source_as_found": ("按表头", "by its heading"),
    "source_not_read": ("不读", "not read"),
}
