"""Sentences of figures, wall, handover, field page and screening: Chinese, English."""

from __future__ import annotations

WORDS: dict[str, tuple[str, str]] = {
    "town_title": ("全镇十秒", "The town in ten seconds"),
    "latest_record": ("最近一件发生于 {day}，{n} 天前", "latest case {day}, {n} days ago"),
    "meaning": ("这些数字不说明什么", "What these numbers do not say"),
    "figure_new_today": ("今日新增", "New today"),
    "figure_open": ("在办", "Open"),
    "figure_due_today": ("今日到期", "Due today"),
    "figure_overdue": ("已逾期", "Overdue"),
    "figure_teams_out": ("出动队伍", "Teams out"),
    "day_before": ("昨日此时", "a day before"),
    "year_before": ("去年今日", "a year before"),
    "period": ("时段", "Period"),
    "period_today": ("今日", "Today"),
    "period_days_7": ("近 7 天", "Last 7 days"),
    "period_month": ("本月", "This month"),
    "period_last_month": ("上月", "Last month"),
    "period_month_last_year": ("去年同月", "Same month last year"),
    "period_days_90": ("近 90 天", "Last 90 days"),
    "period_year": ("今年", "This year"),
    "period_all": ("全部时段", "All time"),
    "level": ("网格级别", "Level"),
    "to": ("至", "to"),
    "by_occurred": ("按发生时间", "by when they happened"),
    "table_by_grid": ("各网格办理情况", "How each grid's cases stand"),
    "in_all": ("合计", "In all"),
    "c_reported": ("登记", "Reported"),
    "c_open": ("在办", "Open"),
    "c_overdue": ("逾期", "Overdue"),
    "c_solved": ("化解", "Solved"),
    "c_solved_where": ("在哪一级化解", "Solved where"),
    "c_village": ("村", "village"),
    "c_interval": ("95% 区间", "95 % interval"),
    "c_area": ("片区", "area"),
    "c_town": ("镇", "town"),
    "c_unsolved": ("未化解", "Unsolved"),
    "c_reopened": ("重开", "Reopened"),
    "c_repeated": ("90 天内再发", "Repeated in 90 d"),
    "c_median": ("中位天数", "Median days"),
    "c_due_group": ("到期应办", "Due"),
    "c_due": ("应办", "due"),
    "c_closed": ("办结", "closed"),
    "c_on_time": ("按期", "on time"),
    "c_set_apart": ("延期 / 挂起", "Deferred / paused"),
    "c_followed_up": ("已回访", "Followed up"),
    "c_found_by": ("群众 / 网格 / 公安发现", "Found by villagers / staff / police"),
    "nothing_in_period": ("这一时段没有事件。请另选时段。", "No case in this period. Choose another one."),
    "table_order": (
        "按网格编码排列，不是名次。",
        "By the grids' codes; the order is no ranking.",
    ),
    "m_now": ("今日新增、在办、逾期", "New today, open, overdue"),
    "m_now_not": (
        "说明手上有多少事，不说明哪里治安差：登记得多，往往因为那里肯登记、有人听。昨日与去年按同一时刻比较；期限后来改过的，按现在的期限算。",
        (
            "They say how much there is to do, not where life is worse: where people listen, more is recorded. Compared"
            " at the same time of day; where a due time was changed since, the present one counts."
        ),
    ),
    "m_due": ("应办、办结、按期", "Due, closed, on time"),
    "m_due_not": (
        "应办是期限已到或已办结的事件，办结率、按期率都以它为分母。延期和挂起另列：延期多，按期率就好看。",
        (
            "Due are cases whose time has come or that were closed; both shares are of these. Deferred and paused ones"
            " stand apart: with many deferrals the share on time looks good."
        ),
    ),
    "m_solved": ("化解，在哪一级化解", "Solved, and at which level"),
    "m_solved_not": (
        "有结果才算化解，回访之后才可信。小事在村、大事在镇，比例高不等于好：该移送而没有移送，也会抬高它。",
        (
            "Solved has an outcome, and is believed after follow-up. A high share in the village is not good by itself:"
            " cases that should have been passed on raise it, too."
        ),
    ),
    "m_interval": ("95% 区间", "95 % interval"),
    "m_interval_not": (
        "件数少，比例就不稳。区间（Wilson 法）互相重叠的两个网格，不能说谁高谁低。",
        "Few cases make a share unsteady (Wilson's interval). Of two grids whose intervals overlap, none is higher.",
    ),
    "m_repeated": ("90 天内再发", "Repeated within 90 days"),
    "m_repeated_not": (
        "同一网格、同一类别在 90 天内又发生。不说明是同一当事人：程序不记人。",
        "The same kind in the same grid within 90 days; not that it is the same people: persons are not kept.",
    ),
    "m_median": ("中位天数", "Median days"),
    "m_median_not": (
        "从受理到办结，挂起不计。只算已办结的：久拖未结的不在内，请同时看逾期。",
        "From taking in to closing, without pauses, of closed cases only: look at the overdue ones beside it.",
    ),
    "m_found": ("谁发现", "Who found it"),
    "m_found_not": (
        "不是任务，也没有指标。来源没有注明的不在内。",
        "No task and no quota. What no source told is left out.",
    ),
    "m_followed": ("已回访", "Followed up"),
    "m_followed_not": (
        "回访过的件数；不等于满意，也不等于履行。",
        "How many were followed up; neither satisfied nor fulfilled.",
    ),
    "m_league": ("为什么没有排名", "Why there is no ranking"),
    "m_league_not": (
        "不给人排名，不给村排队，不定指标，不打卡。有了这些，就会有人造数字。",
        "No ranking of persons, no league of villages, no quotas, no clock-in: where they exist, numbers are invented.",
    ),
    "handover_note": ("交接说明", "The note"),
    "handover_from": ("{post} 于 {time} 交班", "given by {post} at {time}"),
    "handover_stood": (
        "当时在办 {open}、今日到期 {due}、逾期 {late}",
        "then open {open}, due today {due}, overdue {late}",
    ),
    "handover_no_note": ("没有写说明。", "No note."),
    "handover_take": ("已阅，接班", "Read and taken"),
    "handover_write": (
        "给下一班：要盯的事、答应的事、在外的队伍",
        "For the next desk: what to watch, what was promised",
    ),
    "handover_give": ("交班", "Hand over"),
    "handover_last": ("上一班由 {post} 于 {time} 接班", "last taken by {post} at {time}"),
    "handover_given": ("已交班，等待接班。", "Handed over; the next desk takes it."),
    "handover_taken": ("已接班。", "Taken over."),
    "promised": ("答应的事（明日前）", "Promised until tomorrow"),
    "teams_out": ("在外的队伍", "Teams out"),
    "case_n": ("事件 {n}", "case {n}"),
    "see_all": ("看全部", "See all"),
}
