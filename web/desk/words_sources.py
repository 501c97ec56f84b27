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
    "records": ("单条记录", "Single records"),
    "records_words": ("编号或名称", "Code or name"),
    "records_key": ("编号", "Code"),
    "records_name": ("名称", "Name"),
    "records_withdrawn": ("已撤销", "Withdrawn"),
    "records_restore": ("恢复", "Put back"),
    "records_reason": ("原因", "Why"),
    "records_change": ("更改、移动", "Put right, or move"),
    "records_hint": (
        "改坐标就是移动；清空一格就清空该字段。每次更改都列在“导入”页，可以撤销。",
        "Other coordinates move it; an emptied field is emptied. Each change is listed with the imports.",
    ),
    "records_grid_hint": (
        "名称、人口、户数在这里更正；边界请导入文件。更正算作新的一版，可以撤销。",
        "Names and counts are corrected here; outlines come as files. It is a version of its own and can be undone.",
    ),
    "records_merge": ("并入另一条", "Merge another into it"),
    "records_merge_hint": (
        "本条保留，缺少的内容从另一条补上；另一条撤销（保留并标记）。",
        "This one stays and gets what it lacks; the other is withdrawn (kept and marked).",
    ),
    "records_other": ("另一条的编号", "Code of the other"),
    "records_withdraw": ("撤销", "Withdraw"),
    "records_withdraw_hint": (
        "保留并标记，不再出现在列表、统计、地图和计划中；可以恢复。",
        "It is kept and marked, and in no list, count, map or plan; it can be put back.",
    ),
    "import_row_withdrawn": ("撤销", "withdrawn"),
    "import_row_restored": ("恢复", "put back"),
    "act_change": ("更改", "changed"),
    "act_withdraw": ("撤销", "withdrawn"),
    "act_restore": ("恢复", "put back"),
    "act_merge": ("合并", "merged"),
    "act_undo": ("撤销版本", "taken back"),
}
