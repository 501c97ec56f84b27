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
    "order_on_spot": ("现场扫码", "by the code"),
    "order_come": ("到达", "Here"),
    "order_leave": ("离开", "Leaving"),
    "order_since": ("{at} 到达", "Here since {at}"),
    "order_stayed": ("{from} 到，{to} 离", "Here from {from} to {to}"),
    "order_whole": ("整条路线", "The whole route"),
    "order_none_here": (
        "这个时段没有已下发的计划到此处。请向值班台核对计划。",
        "No plan that is issued comes here at this hour. Ask the desk for the plan.",
    ),
    "near_title": ("班次中的就近覆盖", "Staying near through the shift"),
    "near_households": ("{n} 户", "{n} households"),
    "near_caption": (
        "各刻钟有队伍在近处的户数比例",
        "Share of households near to some team, by quarter of an hour",
    ),
    "near_time": ("时刻", "Time"),
    "near_teams": ("队伍", "Teams"),
    "near_within": ("{n} 分钟内", "Within {n} min"),
    "near_least": ("最低", "Least"),
    "near_mean": ("平均", "Mean"),
    "near_note": (
        "队伍在计划所定的位置，没有停靠点的在驻地；按道路和各队速度计算，户数取自微网格。",
        "Teams stand where the plan has them or at their bases; by road at their own speed, homes by micro-grid.",
    ),
    "hours_title": ("各时段预计事件与在场", "Incidents expected by hour, and while a team is there"),
    "hours_share": ("占全天（90% 区间）", "Of the day (90% interval)"),
    "hours_minutes": ("驻留分钟", "Minutes"),
    "hours_expected": ("预计事件", "Expected"),
    "hours_covered": ("在场时", "During visits"),
    "hours_untimed": (
        "{n} 件只有日期、没有时刻，不计入时段。",
        "{n} have a date and no time of day: the hours leave them out.",
    ),
    "hours_sum": (
        "预计 {expected} 件，在场时 {covered} 件；若只按地点、各时段相同，为 {by_place} 件。",
        "{expected} expected, {covered} during visits; by place only, every hour alike, {by_place}.",
    ),
    "hours_placed": ("只按地点规划的路线", "Routes by place only"),
    "hours_beside": (
        "同样的队伍只按地点规划，在场时 {n} 件。",
        "The same teams planned by place only: {n} during visits.",
    ),
    "week_title": ("一周巡防", "A week of patrols"),
    "week_before": ("前一周", "The week before"),
    "week_after": ("后一周", "The week after"),
    "week_nothing": (
        "这一周没有下发或执行过的计划。请先规划并下发：gridmap patrols plan，gridmap patrols issue",
        "No plan of this week was issued or driven. Plan and issue one: gridmap patrols plan, gridmap patrols issue",
    ),
    "week_nights": ("各班次：计划与完成", "Shifts: planned and done"),
    "week_plan": ("计划", "Plan"),
    "week_shift": ("班次", "Shift"),
    "week_noted": ("收到 / 队伍", "Noted / teams"),
    "week_visits": ("到访：完成 / 计划", "Visits: made / planned"),
    "week_minutes": ("驻留分钟：完成 / 计划", "Minutes: delivered / planned"),
    "week_untimed": ("无离开时间", "Without a leaving time"),
    "week_km": ("公里：行驶 / 计划", "Kilometres: driven / planned"),
    "week_not_issued": ("未下发", "not issued"),
    "week_replaced": ("已被取代", "replaced"),
    "week_places": ("各处的驻留", "Dosage by place"),
    "week_place": ("地点", "Place"),
    "week_hours": ("各时段的驻留", "Dosage by hour"),
    "week_hour": ("时段", "Hour"),
    "week_note": (
        "完成以队伍位置和签到为准；没有离开时间的到访只计次数，不计分钟。不作人员考核。",
        "Done is what positions and check-ins show; without a leaving time a visit has no minutes. Nobody is ranked.",
    ),
    "week_left_out": (
        "另有 {n} 份计划未下发也未执行，或未执行就被后来的计划取代，不计入。",
        "{n} more plans were neither issued nor driven, or were replaced before that, and are not counted.",
    ),
    "order_code": (
        "张贴在现场，手机扫码即可签到。",
        "Put up at the place: a phone that reads it checks in.",
    ),
    "order_code_nowhere": (
        "手机打不开本机地址，此处不显示二维码。请用手机能访问的地址打开此页后再打印。",
        "No phone opens this machine's own address: no code is shown. Open this page by one that phones reach.",
    ),
}
