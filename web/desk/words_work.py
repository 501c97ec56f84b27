"""Sentences of tasks, visits and what they changed: Chinese, English."""

from __future__ import annotations

from gridmap.domain.terms import CAPTION

WORDS: dict[str, tuple[str, str]] = {
    "nav_tasks": ("任务", "Tasks"),
    "tasks_open": ("待办", "To be done"),
    "tasks_late": ("已过期", "Late"),
    "tasks_done": ("已完成", "Done"),
    "tasks_all": ("全部", "All"),
    "tasks_none": ("这里没有任务。", "There is no task here."),
    "tasks_more": ("只列最早的这些，请按种类或网格筛选。", "The earliest only: narrow by kind or grid."),
    "tasks_days": ("近 {n} 天到期", "due in the last {n} days"),
    "n_tasks": ("{n} 项", "{n} tasks"),
    "every_task": ("全部种类", "Every kind"),
    "task_kind": ("种类", "Kind"),
    "task_who": ("由谁", "Who"),
    "task_give": ("派走访任务", "Give a visit"),
    "task_give_visit": ("派走访（三必到）", "Give a household visit"),
    "task_reason": ("三必到是哪一种", "Household visit: why"),
    "task_by": ("何时之前", "By"),
    "task_post": ("岗位（不写姓名）", "Post (no person's name)"),
    "task_body": ("或机构", "Or a body"),
    "task_text": ("做什么", "What is to be done"),
    "task_case": ("事件", "Case"),
    "task_origin": ("来自", "Came from"),
    "task_made_by": ("派出岗位", "Given by"),
    "task_by_step_lot": (
        "由承办以外的岗位询问双方，在事件的“回访”中填写是否满意，任务随之办结。",
        "Another post than the handler asks both sides and answers in the case's follow-up; that ends the task.",
    ),
    "task_by_step_others": (
        "在事件中办理“回访”，任务随之办结。",
        "A follow-up in the case ends the task.",
    ),
    "task_to_step": ("打开事件，填写回访", "Open the case and follow up"),
    "task_service_first": ("先服务、先调解，再谈其他。", "Service and mediation first."),
    "task_visit_text": (
        "上门走访：了解需要，先服务或调解",
        "Visit: ask what is needed; service or mediation first",
    ),
    "origin_hotspot": ("热点 {n}", "hotspot {n}"),
    "origin_screening": ("第 {n} 轮排查", "round of screening {n}"),
    "effect_title": ("走访之后有没有变化", "Did anything change"),
    "effect_not_yet": (
        "完成走访并有之后的记录，才能比较。",
        "It can be compared once the visit is made and records follow it.",
    ),
    "effect_measure": ("前后比较", "Compare before and after"),
    "effect_unstated": ("不作结论。", "No effect is stated."),
    "effect_counts": (
        "{since} 起 {before} 件，{on} 起至 {until} {after} 件；同样高发的对照地 {matched_before} → {matched_after}。",
        (
            "{before} from {since} until {on}, {after} from then to {until}; places with like peaks {matched_before}"
            " → {matched_after}."
        ),
    ),
    "effect_ratio": (
        "变化之比 {ratio}（95% {low}–{high}）。",
        "Ratio of the changes {ratio} (95 % {low}–{high}).",
    ),
    "effect_how": (
        f"与前期走势最接近、同样高发的未走访网格比较；没有就不作结论：高发处会自行回落。{CAPTION[0]}。",
        (
            "Compared with grids not visited whose course before was nearest and whose peak was as high; where there"
            f" are none nothing is stated, because peaks fall back by themselves. {CAPTION[1].capitalize()}."
        ),
    ),
    "day_left": ("剩 {n} 天", "{n} d left"),
    "day_late": ("过期 {n} 天", "{n} d late"),
    "day_today": ("今日", "today"),
}
