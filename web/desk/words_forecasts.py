"""Sentences of the page of forecasts: Chinese, English."""

from __future__ import annotations

from gridmap.domain.terms import CAPTION

WORDS: dict[str, tuple[str, str]] = {
    "forecasts_lead": (
        f"每周一用当时已经报来的事件预测本周，过后与实际对照。{CAPTION[0]}；只说地方，不针对任何人。",
        (
            "Each Monday says the week from what had been reported by then, and is held against what came. "
            f"{CAPTION[1].capitalize()}; of places, never of persons."
        ),
    ),
    "forecasts_every": ("每周预测", "Made each week"),
    "forecasts_none": ("还没有每周预测。在下面启用一项。", "None is made yet: begin one below."),
    "forecasts_new": ("启用一项每周预测", "Begin one"),
    "forecasts_begin": ("启用", "Begin"),
    "forecasts_end": ("停用", "End"),
    "forecasts_all": ("全部领域", "all domains"),
    "forecasts_week": ("{day} 起一周", "The week from {day}"),
    "forecasts_waiting": (
        "本周的预测正在制作，稍后再看；记录不足 12 周的做不出来。",
        "This week's is being made: look again in a minute. It takes twelve weeks of records.",
    ),
    "forecasts_failed": ("本周的预测没有做成。", "This week's could not be made."),
    "forecasts_lost": ("本周的预测没有排上，或已太久。", "This week's was never begun, or too long ago."),
    "forecasts_again": ("再做一次", "Make it again"),
    "forecasts_where": ("预计最密的网格", "Where most is expected"),
    "forecasts_grid": ("网格", "Grid"),
    "forecasts_expected": ("预计（件）", "Expected"),
    "forecasts_counting": ("对照（件）", "Comparator"),
    "forecasts_known": ("以往（件）", "So far"),
    "forecasts_where_note": (
        "以往不足 5 件的网格不列出。本周预计共 {n} 件，依据 {known} 件。",
        "Grids with fewer than 5 so far are not listed. In all {n} are expected, from {known} on record.",
    ),
    "forecasts_none_shown": ("没有以往满 5 件的网格。", "No grid has had five."),
    "forecasts_hours": ("一周中的时段（预计件数）", "Hours of the week (expected incidents)"),
    "forecasts_hour": ("时段", "Hours"),
    "forecasts_days": ("一,二,三,四,五,六,日", "Mon,Tue,Wed,Thu,Fri,Sat,Sun"),
    "forecasts_hours_note": (
        "依据有时刻的 {n} 件；各时段平滑处理。",
        "From {n} incidents whose time of day is known, smoothed.",
    ),
    "forecasts_record": ("说的与来的", "What was said, and what came"),
    "forecasts_record_none": ("还没有结束的一周。", "No week is over yet."),
    "forecasts_first_day": ("周一", "Monday"),
    "forecasts_made_at": ("制作", "Made"),
    "forecasts_came": ("实际（件）", "Came"),
    "forecasts_hit": ("落在所标 {area} 面积内", "In the flagged {area} of the area"),
    "forecasts_hit_counting": ("对照标的 {area} 内", "In the comparator's {area}"),
    "forecasts_not_over": ("未结束", "not over"),
    "forecasts_sum": ("合计 {n} 周", "{n} weeks in all"),
    "forecasts_pai": ("PAI（1 等于随意标）", "PAI (1 is marking at random)"),
    "forecasts_verdict": (
        "标 {area} 面积：命中率与对照相差 {gain} 个百分点（95% 区间 {low} 至 {high}）。{words}",
        (
            "Flagging {area} of the area: the hit rate differs from the comparator's by {gain} points (95 % interval "
            "{low} to {high}). {words}"
        ),
    ),
    "forecasts_better": ("优于对照。", "Better than the comparator."),
    "forecasts_no-better": (
        "不优于对照：按以往件数安排即可。",
        "No better: count the past and plan by that.",
    ),
    "forecasts_worse": ("不如对照：不要用这项预测。", "Worse: do not use it."),
    "forecasts_early": ("不足 6 周，不下结论。", "Fewer than six weeks: no verdict yet."),
    "forecasts_record_note": (
        "对照是当周之前命中最多的计数方法。晚报的事件记入其发生的那一周；预测做出后不再改动。",
        (
            "The comparator is the kind of counting that had hit most before the week. Late reports count in the week "
            "in which they occurred; what was said is never changed."
        ),
    ),
}
