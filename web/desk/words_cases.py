"""Sentences of lists, cases and intake: Chinese, English."""

from __future__ import annotations

WORDS: dict[str, tuple[str, str]] = {
    "desk_title": ("今日工作", "Today's work"),
    "here_accuracy": ("已取得位置，误差约 {m} 米", "Position taken, about {m} m accurate"),
    "here_failed": (
        "没有取得位置：请在地图上点选或选择网格。",
        "No position: click the map, or choose a grid.",
    ),
    "here_insecure": (
        "此地址不是安全连接，浏览器不给位置。请在地图上点选或选择网格。",
        "Browsers give no position on an address without TLS. Click the map, or choose a grid.",
    ),
    "place_taken": ("位置 {lon}, {lat}", "Place {lon}, {lat}"),
    "draft_kept": (
        "没有网络：已保存在本机，恢复后自动发送。",
        "No network: kept here, and sent when it is back.",
    ),
    "draft_sent": ("已发送。", "Sent."),
    "draft_refused": ("未能提交：{why}", "Not taken: {why}"),
    "draft_waiting": ("{n} 条待发送", "{n} waiting to be sent"),
    "undo_left": ("撤回（{s} 秒内）", "Take back (within {s} s)"),
}
