"""Field tables of cases: an incident and a step of it."""

from __future__ import annotations

from gridmap.domain.cases.lists import spellings_of
from gridmap.domain.code_systems import SYSTEM_SPELLINGS
from gridmap.domain.fields import Field, Noun
from gridmap.domain.place_fields import ACCURACY, GRID, LAT, LON, VILLAGE
from gridmap.domain.spellings import (
    CHANNELS,
    DOMAINS,
    STAGES,
    code_spellings,
)
from gridmap.domain.terms import LONGEST, PEOPLE, SEVERITY

CLOSED_STAGES = frozenset({"resolved", "unsolved", "archived"})
SOLVED_STAGES = frozenset({"resolved", "archived"})
"""Stages of cases that are solved where they have an outcome: what ended unsolved is archived, too."""

INCIDENTS = Noun(
    "incidents",
    "事件",
    "incident",
    (
        Field(
            "uid",
            "key",
            "事件编号",
            (
                "id",
                "编号",
                "事件号",
                "案件编号",
                "工单号",
                "流水号",
                "case_no",
                "incident_id",
                "工单编号",
                "接警编号",
                "警情编号",
            ),
        ),
        # What has not the form of one is no number for life, and a case gets one of its own.
        Field("number", "text", "终身编号", ("case_number",)),
        Field(
            "domain",
            "code",
            "领域",
            ("事件领域", "业务领域", "网格领域", "大类"),
            required=True,
            codes=DOMAINS,
        ),
        Field(
            "kind",
            "text",
            "类型",
            (
                "事件类型",
                "纠纷类型",
                "类别",
                "小类",
                "诉求类型",
                "诉求分类",
                "警情类别",
                "type",
                "category",
                "offense_type",
            ),
            max_chars=LONGEST["key"],
        ),
        Field(
            "code_system",
            "code",
            "代码体系",
            ("类型代码体系", "编码体系", "代码标准"),
            codes=SYSTEM_SPELLINGS,
        ),
        Field("source_kind", "text", "来源类型代码", ("原类型代码",), max_chars=LONGEST["key"]),
        Field("scale", "code", "规模", ("事件规模",), codes=code_spellings("scale")),
        Field(
            "channel",
            "code",
            "来源",
            (
                "渠道",
                "来源渠道",
                "受理渠道",
                "诉求来源",
                "工单来源",
                "事件来源",
                "上报来源",
                "上报渠道",
                "source",
            ),
            codes=CHANNELS,
        ),
        Field(
            "occurred_at",
            "instant",
            "发生时间",
            (
                "发生日期",
                "事发时间",
                "时间",
                "日期",
                "date",
                "time",
                "datetime",
                "occurred",
                "案发时间",
                "来电时间",
                "报警时间",
            ),
            required=True,
        ),
        Field(
            "reported_at", "instant", "受理时间", ("上报时间", "登记时间", "报告时间", "reported", "受理日期")
        ),
        Field(
            "due_at",
            "instant",
            "办理期限",
            (
                "到期时间",
                "期限",
                "截止时间",
                "办结时限",
                "化解时限",
                "办理时限",
                "要求办结时间",
                "due",
                "due_date",
            ),
        ),
        Field(
            "stage",
            "code",
            "阶段",
            (
                "办理阶段",
                "状态",
                "办理状态",
                "事件状态",
                "处理状态",
                "处置状态",
                "工单状态",
                "当前节点",
                "化解是否成功",
                "status",
            ),
            codes=STAGES,
            default="accepted",
        ),
        Field(
            "closed_at", "instant", "办结时间", ("结案时间", "化解时间", "closed", "办结日期", "实际办结时间")
        ),
        Field(
            "severity",
            "integer",
            "严重程度",
            ("等级", "级别", "严重等级"),
            low=SEVERITY.low,
            high=SEVERITY.high,
        ),
        LON,
        LAT,
        ACCURACY,
        GRID,
        VILLAGE,
        Field(
            "place",
            "text",
            "地点描述",
            ("事发地点", "发生地点", "地点说明"),
            max_chars=LONGEST["place"],
            persons="starred",
        ),
        Field("found_by", "code", "发现主体", ("发现方式",), codes=spellings_of("found_by")),
        Field("people_count", "integer", "涉及人数", ("人数",), low=PEOPLE.low, high=PEOPLE.high),
        Field("sum_band", "code", "涉及金额", ("金额区间",), codes=spellings_of("sum_band")),
        # What a source says of how it ended, in its own words; the desk's own steps tell it by lists.
        Field(
            "told_method", "text", "化解方式", ("调处方式",), max_chars=LONGEST["title"], persons="starred"
        ),
        Field(
            "told_body",
            "text",
            "化解组织",
            ("调处组织", "调解组织", "承办单位", "处理单位", "办理单位"),
            max_chars=LONGEST["title"],
            persons="starred",
        ),
        Field(
            "told_result",
            "text",
            "化解情况",
            ("办理结果", "处理结果", "处置结果", "处警结果", "办理情况", "处理情况"),
            max_chars=LONGEST["note"],
            persons="starred",
        ),
        Field("evaluated_on", "day", "考评日期", ("评价日期", "回访日期")),
        Field(
            "evaluation",
            "text",
            "考评意见",
            ("评价意见", "考评结果", "回访结果", "评价结果"),
            max_chars=LONGEST["note"],
            persons="starred",
        ),
        Field(
            "summary",
            "text",
            "摘要",
            (
                "简述",
                "事件描述",
                "描述",
                "内容",
                "概要",
                "简要情况",
                "工单内容",
                "诉求内容",
                "问题描述",
                "description",
            ),
            max_chars=LONGEST["summary"],
            persons="starred",
        ),
    ),
    "point",
    ("uid",),
)
INCIDENT_STEPS = Noun(
    "incident_steps",
    "事件步骤",
    "incident step",
    (
        Field("uid", "key", "事件编号", ("id", "编号", "incident_uid", "incident_id"), required=True),
        Field("at", "instant", "时间", ("办理时间", "日期", "time", "date"), required=True),
        Field("action", "text", "动作", ("办理动作", "操作", "步骤"), required=True, max_chars=60),
        Field("stage_from", "code", "原阶段", ("from_stage", "办理前阶段"), codes=STAGES),
        Field("stage_to", "code", "新阶段", ("to_stage", "办理后阶段"), codes=STAGES),
        Field("to_grid_code", "key", "移送网格编码", ("移送网格", "to_grid")),
        Field("to_body", "key", "移送机构编号", ("移送机构",)),
        Field("ground", "text", "理由", ("事由", "原因"), max_chars=60),
        Field("until", "instant", "截止时间", ("挂起至", "延期至")),
        Field("outcome", "text", "结果", ("办理结果", "化解结果"), max_chars=60),
        Field("method", "text", "方式", ("调处方式", "化解方式"), max_chars=60),
        Field("agreement", "text", "协议", ("协议形式",), max_chars=60),
        Field("fulfilled", "text", "履行", ("履行情况",), max_chars=60),
        Field(
            "note",
            "text",
            "说明",
            ("备注", "办理说明", "remark"),
            max_chars=LONGEST["note"],
            persons="starred",
        ),
    ),
    "none",
    ("uid", "at", "action"),
)
