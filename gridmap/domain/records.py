"""Field tables: which columns a record of each noun has, what they hold and what people call them.

The tables are what import reads by, what the documentation lists and what exports are headed with. A field is
never about a person: no table has a person's name, identity number or telephone.
"""

from __future__ import annotations

from gridmap.domain.cases.lists import spellings_of
from gridmap.domain.code_systems import SYSTEM_SPELLINGS
from gridmap.domain.fields import Field, Noun
from gridmap.domain.spellings import (
    BARRIERS,
    CHANNELS,
    DOMAINS,
    GRID_LEVELS,
    MODES,
    ONEWAY,
    ORGANISATION_KINDS,
    PERMISSIONS,
    ROAD_CLASSES,
    SITE_KINDS,
    STAGES,
    YES_NO,
    code_spellings,
)

CLOSED_STAGES = frozenset({"resolved", "unsolved", "archived"})
MIN_HEAD_COUNT = 10
"""A site of fewer people is not recorded: its count would point at persons."""

_GRID = Field(
    "grid_code",
    "key",
    "网格编码",
    ("网格代码", "网格编号", "所属网格编码", "grid", "village_code", "村代码", "grid_key", "网格键"),
)
_VILLAGE = Field(
    "village_name",
    "text",
    "村名",
    ("village", "村", "所属村", "行政村", "村居", "村社区", "所在村", "所属网格", "所在网格", "网格路径"),
    max_chars=60,
)
_LON = Field("lon", "x", "经度", ("longitude", "lng", "long", "x", "东经", "x坐标", "lon_wgs84", "横坐标"))
_LAT = Field("lat", "y", "纬度", ("latitude", "y", "北纬", "y坐标", "lat_wgs84", "纵坐标"))
_ACCURACY = Field(
    "accuracy_m", "number", "定位精度", ("accuracy", "精度", "精度米", "定位精度米"), low=0, high=100_000
)
_NAME_EN = Field("name_en", "text", "英文名称", ("english_name", "英文名"), max_chars=120, persons="refused")

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
            max_chars=80,
        ),
        Field(
            "code_system",
            "code",
            "代码体系",
            ("类型代码体系", "编码体系", "代码标准"),
            codes=SYSTEM_SPELLINGS,
        ),
        Field("source_kind", "text", "来源类型代码", ("原类型代码",), max_chars=80),
        Field("scale", "code", "规模", ("事件规模",), codes=code_spellings("scale")),
        Field(
            "channel",
            "code",
            "来源",
            ("渠道", "来源渠道", "受理渠道", "诉求来源", "工单来源", "source"),
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
            ("办理阶段", "状态", "办理状态", "当前节点", "化解是否成功", "status"),
            codes=STAGES,
            default="accepted",
        ),
        Field(
            "closed_at", "instant", "办结时间", ("结案时间", "化解时间", "closed", "办结日期", "实际办结时间")
        ),
        Field("severity", "integer", "严重程度", ("等级", "级别", "严重等级"), low=1, high=5),
        _LON,
        _LAT,
        _ACCURACY,
        _GRID,
        _VILLAGE,
        Field("place", "text", "地点描述", ("事发地点", "地点说明"), max_chars=200, persons="starred"),
        Field("found_by", "code", "发现主体", ("发现方式",), codes=spellings_of("found_by")),
        Field("people_count", "integer", "涉及人数", ("人数",), low=1, high=100_000),
        Field("sum_band", "code", "涉及金额", ("金额区间",), codes=spellings_of("sum_band")),
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
            max_chars=2000,
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
        Field("note", "text", "说明", ("备注", "办理说明", "remark"), max_chars=2000, persons="starred"),
    ),
    "none",
    ("uid", "at", "action"),
)
TEAMS = Noun(
    "teams",
    "队伍",
    "team",
    (
        Field("code", "key", "队伍编号", ("id", "编号", "代码", "team_code", "队伍代码"), required=True),
        Field(
            "name_zh",
            "text",
            "名称",
            ("队伍名称", "name", "队名", "team_name"),
            required=True,
            max_chars=120,
            persons="refused",
        ),
        _NAME_EN,
        Field(
            "kind",
            "code",
            "类型",
            ("队伍类型", "类别", "type"),
            required=True,
            codes=code_spellings("team_kind"),
        ),
        Field("professional", "boolean", "是否专业", ("专业", "专业队伍", "is_professional"), codes=YES_NO),
        _GRID,
        Field("base_lon", "x", "驻地经度", ("lon", "longitude", "lng", "x", "经度")),
        Field("base_lat", "y", "驻地纬度", ("lat", "latitude", "y", "纬度")),
        Field("shift_start", "clock", "上班时间", ("班次开始", "开始时间")),
        Field("shift_end", "clock", "下班时间", ("班次结束", "结束时间")),
        Field("mode", "code", "出行方式", ("交通方式", "transport"), codes=MODES, default="car"),
        Field("speed_kmh", "number", "速度", ("speed", "时速", "速度公里每小时"), low=1, high=150),
        Field("size", "integer", "人数", ("队伍人数", "编制人数", "members"), low=1, high=1000),
    ),
    "optional",
    ("code",),
)
TEAM_POSITIONS = Noun(
    "team_positions",
    "队伍位置",
    "team position",
    (
        Field("team_code", "key", "队伍编号", ("code", "team", "编号", "队伍代码"), required=True),
        Field("at", "instant", "时间", ("定位时间", "time", "date"), required=True),
        _LON,
        _LAT,
        _ACCURACY,
    ),
    "point",
    ("team_code", "at"),
)
MIGRANTS = Noun(
    "migrants",
    "流动人口聚居点",
    "migrant cluster",
    (
        Field("code", "key", "聚居点编号", ("id", "编号", "代码", "site_code"), required=True),
        Field(
            "name_zh",
            "text",
            "名称",
            ("聚居点名称", "场所名称", "name", "site_name"),
            max_chars=120,
            persons="refused",
        ),
        Field("kind", "code", "类型", ("类别", "场所类型", "type"), required=True, codes=SITE_KINDS),
        Field(
            "head_count",
            "integer",
            "人数",
            ("总人数", "居住人数", "流动人口数", "headcount", "count"),
            required=True,
            high=200_000,
        ),
        _LON,
        _LAT,
        Field("as_of", "day", "统计日期", ("日期", "截至日期", "date", "统计时间")),
        _GRID,
        _VILLAGE,
    ),
    "point",
    ("code",),
)
ORGANISATIONS = Noun(
    "organisations",
    "机构",
    "organisation",
    (
        Field("code", "key", "机构编号", ("id", "编号", "代码", "机构代码"), required=True),
        Field(
            "name_zh", "text", "名称", ("机构名称", "name"), required=True, max_chars=120, persons="refused"
        ),
        _NAME_EN,
        Field("kind", "code", "类型", ("机构类型", "类别", "type"), required=True, codes=ORGANISATION_KINDS),
        _LON,
        _LAT,
        _GRID,
        _VILLAGE,
        Field("opens", "text", "开放时间", ("营业时间", "服务时间", "opening_hours"), max_chars=120),
    ),
    "point",
    ("code",),
)
ROADS = Noun(
    "roads",
    "道路",
    "road",
    (
        Field("road_id", "key", "道路编号", ("id", "编号", "osm_id", "code")),
        Field("name_zh", "text", "名称", ("道路名称", "路名", "name"), max_chars=120),
        Field(
            "class",
            "code",
            "等级",
            ("道路等级", "类型", "highway", "fclass", "type", "road_class"),
            codes=ROAD_CLASSES,
            default="village",
        ),
        Field("oneway", "code", "单行", ("是否单行", "单行线"), codes=ONEWAY, default="no"),
        Field("speed_kmh", "number", "限速", ("速度", "maxspeed", "speed", "设计速度"), low=1, high=150),
        Field("surface", "text", "路面", ("路面类型",), max_chars=40),
        Field("bridge", "boolean", "桥", ("是否桥梁", "桥梁"), codes=YES_NO, default="false"),
        Field("access", "code", "通行", ("通行权限", "准入"), codes=PERMISSIONS),
        Field("foot", "code", "步行通行", ("行人", "pedestrians"), codes=PERMISSIONS),
        Field("bicycle", "code", "骑行通行", ("自行车通行", "cycling"), codes=PERMISSIONS),
        Field("motor_vehicle", "code", "机动车通行", ("机动车", "motorcar", "vehicle"), codes=PERMISSIONS),
        Field("oneway_bicycle", "code", "骑行单行", ("oneway:bicycle", "自行车单行"), codes=ONEWAY),
        Field("barrier", "code", "路障", ("障碍", "barriers"), codes=BARRIERS),
        Field("begin_node", "key", "起点节点", ("from_node",), max_chars=20),
        Field("end_node", "key", "终点节点", ("to_node",), max_chars=20),
    ),
    "line",
    ("road_id",),
)

GRIDS = Noun(
    "grids",
    "网格",
    "grid",
    (
        Field(
            "level", "code", "级别", ("网格级别", "层级", "等级", "网格层级", "grid_level"), codes=GRID_LEVELS
        ),
        Field(
            "code",
            "key",
            "网格编码",
            (
                *("编码", "代码", "网格代码", "网格编号", "编号", "grid_code", "village_code", "村代码"),
                # Land survey (TD/T 1057): where a parcel lies.
                *("zldwdm", "坐落单位代码"),
            ),
        ),
        Field(
            "name_zh",
            "text",
            "名称",
            (
                *("网格名称", "村名", "村名称", "name", "village_name", "社区名称"),
                *("zldwmc", "坐落单位名称"),
            ),
            max_chars=120,
        ),
        _NAME_EN,
        Field(
            "parent",
            "text",
            "上级网格",
            (
                "parent_key",
                "parent_code",
                "上级",
                "上级网格编码",
                "上级编码",
                "片区",
                "所属片区",
                "area",
                "所属上级",
            ),
            max_chars=120,
        ),
        Field(
            "population",
            "integer",
            "人口",
            ("户籍人口", "常住人口", "人口数", "总人口", "pop"),
            low=0,
            high=10_000_000,
        ),
        Field("households", "integer", "户数", ("总户数", "住户数"), low=0, high=5_000_000),
        Field("grid_key", "key", "网格键", ("gridkey",)),
        Field("valid_from", "day", "生效日期", ("启用日期", "start_date")),
        Field("valid_to", "day", "失效日期", ("停用日期", "end_date")),
        Field("predecessors", "text", "前身", ("前身网格", "predecessor", "原编码"), max_chars=400),
        Field("illustrative", "boolean", "示意", ("示意边界",), codes=YES_NO, default="false"),
    ),
    "polygon",
    ("code",),
)

NOUNS: dict[str, Noun] = {
    n.name: n for n in (INCIDENTS, INCIDENT_STEPS, TEAMS, TEAM_POSITIONS, MIGRANTS, ORGANISATIONS, ROADS)
}
