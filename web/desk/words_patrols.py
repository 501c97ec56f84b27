"""Sentences of a team's order on its phone and of a fixed point's page: Chinese, English."""

from __future__ import annotations

WORDS: dict[str, tuple[str, str]] = {
    "order_not_issued": (
        "这份计划还没有下发，内容可能改变。",
        "This plan is not issued yet, and may change.",
    ),
    "order_note": ("收到", "Taken note"),
    "order_noted_at": ("已于 {at} 收到。", "Taken note of at {at}."),
    "order_noted_kept": ("已记下“收到”。", "Noted."),
    "order_fixed": ("必到点", "Fixed point"),
    "order_come": ("到达", "Here"),
    "order_leave": ("离开", "Leaving"),
    "order_since": ("{at} 到达", "Here since {at}"),
    "order_stayed": ("{from} 到，{to} 离", "Here from {from} to {to}"),
    "order_whole": ("整条路线", "The whole route"),
    "order_none_here": (
        "这个时段没有已下发的计划到此处。请向值班台核对计划。",
        "No plan that is issued comes here at this hour. Ask the desk for the plan.",
    ),
    "order_code": (
        "张贴在现场，手机扫码即可签到。",
        "Put up at the place: a phone that reads it checks in.",
    ),
}
