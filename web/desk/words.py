"""Sentences of the server-rendered pages, by key: Chinese, English. A key has one owner."""

from __future__ import annotations

from gridmap.domain.terms import CAPTION
from web.desk import (
    words_accounts,
    words_cases,
    words_forecasts,
    words_grids,
    words_patrols,
    words_projects,
    words_reports,
    words_rules,
    words_sources,
    words_town,
    words_work,
)

_FRAME: dict[str, tuple[str, str]] = {
    "product": ("网格地图", "gridmap"),
    "skip_to_content": ("跳到内容", "Skip to content"),
    "navigation": ("页面", "Sections"),
    "nav_more": ("更多", "More"),
    "nav_desk": ("今日", "Desk"),
    "nav_map": ("地图", "Map"),
    "nav_town": ("全镇", "Town"),
    "nav_new": ("登记", "Record"),
    "nav_handover": ("交接班", "Handover"),
    "nav_screening": ("排查", "Screening"),
    "nav_forms": ("报表", "Forms"),
    "nav_reports": ("报告", "Reports"),
    "nav_forecasts": ("预测", "Forecast"),
    "nav_bodies": ("机构", "Bodies"),
    "kept": ("已保存。", "Kept."),
    "keep": ("保存", "Keep"),
    "remove": ("移除", "Remove"),
    "nav_imports": ("导入", "Imports"),
    "nav_wall": ("大屏", "Wall"),
    "nav_field": ("手机页", "Field page"),
    "find": ("查找事件", "Find a case"),
    "find_hint": ("编号、词语、地点（按 /）", "Number, words, place (press /)"),
    "theme": ("浅色或深色", "Light or dark"),
    "as_of": ("截至 {time}", "as of {time}"),
    "no_connection": (
        "自 {time} 起连不上服务器，下面的数字不是最新；恢复后自动更新。",
        "No connection since {time}: the numbers below are old. They renew by themselves when it is back.",
    ),
    "connected_again": ("已恢复连接，数字已更新。", "Connected again; the numbers are new."),
    "session_over": (
        "登录已结束，数字不再更新；已填写的内容保留在本机。",
        "The session is over and the numbers do not renew; what you typed is kept here.",
    ),
    "session_over_link": ("重新登录", "Sign in again"),
    "typed_back": ("已恢复上次未提交的内容。", "What was typed and not sent is back."),
    "error_title": ("这一页打不开", "This page cannot be shown"),
    "error_then": (
        "原因见上。可以回到今日工作列表，或在上方按编号、词语查找。",
        "The reason stands above. Go back to the desk, or search by number or words.",
    ),
    "behind_title": ("服务器正忙", "The server is busy"),
    "behind_then": (
        "这一页还没有打开，什么都没有改变。{s} 秒后自动再试，不必刷新。",
        "This page was not opened and nothing was changed. It is tried again by itself in {s} seconds.",
    ),
    "behind_sent": (
        "提交的内容没有登记。请用浏览器的“后退”回到表单，稍等几秒再提交；填写的内容还在。",
        "What you sent was not entered. Go back, wait some seconds and send it again; what you typed is still there.",
    ),
    "try_again": ("再试一次", "Try again"),
    "none": ("无", "none"),
    "yes": ("是", "yes"),
    "no": ("否", "no"),
    "choose": ("请选择", "choose"),
    "no_address": ("没有这个地址。", "There is no such address."),
    "sign_out": ("退出", "Sign out"),
    "print": ("打印", "Print"),
    "back": ("返回", "Back"),
    "whole_town": ("全镇", "Whole town"),
    "outside_grids": ("网格外", "In no grid"),
    "route_of_plan": ("巡防计划 {n}", "Patrol plan {n}"),
    "route_file": ("整条路线（GPX）", "The whole route (GPX)"),
    "route_open_stop": ("在地图中打开", "Open in a map"),
    "route_note": (f"{CAPTION[0]}。", f"{CAPTION[1].capitalize()}."),
}

WORDS: dict[str, tuple[str, str]] = {
    **_FRAME,
    **words_accounts.WORDS,
    **words_cases.WORDS,
    **words_forecasts.WORDS,
    **words_town.WORDS,
    **words_grids.WORDS,
    **words_patrols.WORDS,
    **words_reports.WORDS,
    **words_rules.WORDS,
    **words_sources.WORDS,
    **words_work.WORDS,
    **words_projects.WORDS,
}

FOR_SCRIPTS = (
    "as_of",
    "no_connection",
    "connected_again",
    "session_over",
    "session_over_link",
    "typed_back",
    "upload_failed",
    *("photo_failed", "photo_kept", "photo_sending", "photo_unreadable"),
    *("photo_drafts_enough", "photo_drop", "photo_no_room", "photo_waits", "try_again"),
    *("here_accuracy", "here_denied", "here_failed", "here_insecure", "here_late", "here_poor", "here_wait"),
    *("spot_about", "spot_by_hand", "spot_dropped", "spot_edge", "spot_grid", "spot_in", "spot_later"),
    *("spot_note", "spot_outside", "spot_reason"),
    *("draft_back", "draft_of_others", "draft_written_at"),
    "place_taken",
    "draft_kept",
    "draft_sent",
    "draft_refused",
    "draft_waiting",
    "field_needed",
    *("field_alike", "field_alike_drop", "field_alike_record", "field_new_made", "field_new_needed"),
    "order_come",
    "order_leave",
    "order_noted_kept",
    "order_since",
    "order_stayed",
    "undo_left",
)
"""Keys of the sentences that the page's scripts say."""


def say(key: str, lang: str, **values: object) -> str:
    """Return a sentence in a language, its values filled in.

    Parameters
    ----------
    key : str
        An unknown key is an error: every text has its home here.
    lang : str
    **values
    """
    text = WORDS[key][1 if lang == "en" else 0]
    return text.format(**values) if values else text
