"""Field tables: which columns a record of each noun has, what they hold and what people call them.

The tables are what import reads by, what the documentation lists and what exports are headed with. A field is
never about a person: no table has a person's name, identity number or telephone.
"""

from __future__ import annotations

from gridmap.domain.cases.projects import PROJECTS, RULINGS
from gridmap.domain.cases.records import INCIDENT_STEPS, INCIDENTS
from gridmap.domain.fields import Field, Noun
from gridmap.domain.place_fields import ACCURACY, GRID, LAT, LON, NAME_EN, VILLAGE, code_field, name_field
from gridmap.domain.spellings import (
    BARRIERS,
    FIXED_POINT_KINDS,
    GRID_LEVELS,
    LINE_DIRECTIONS,
    MODES,
    ONEWAY,
    ORGANISATION_KINDS,
    PERMISSIONS,
    ROAD_CLASSES,
    SITE_KINDS,
    YES_NO,
    code_spellings,
)
from gridmap.domain.terms import DWELL, GAP, VISITS

MIN_HEAD_COUNT = 10
"""A site of fewer people is not recorded: its count would point at persons."""


TEAMS = Noun(
    "teams",
    "队伍",
    "team",
    (
        Field("code", "key", "队伍编号", ("id", "编号", "代码", "team_code", "队伍代码"), required=True),
        name_field("队伍名称", "name", "队名", "team_name"),
        NAME_EN,
        Field(
            "kind",
            "code",
            "类型",
            ("队伍类型", "类别", "type"),
            required=True,
            codes=code_spellings("team_kind"),
        ),
        Field("professional", "boolean", "是否专业", ("专业", "专业队伍", "is_professional"), codes=YES_NO),
        GRID,
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
        LON,
        LAT,
        ACCURACY,
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
        name_field("聚居点名称", "场所名称", "name", "site_name", required=False),
        Field("kind", "code", "类型", ("类别", "场所类型", "type"), required=True, codes=SITE_KINDS),
        Field(
            "head_count",
            "integer",
            "人数",
            ("总人数", "居住人数", "流动人口数", "headcount", "count"),
            required=True,
            high=200_000,
        ),
        LON,
        LAT,
        Field("as_of", "day", "统计日期", ("日期", "截至日期", "date", "统计时间")),
        GRID,
        VILLAGE,
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
        name_field("机构名称", "name"),
        NAME_EN,
        Field("kind", "code", "类型", ("机构类型", "类别", "type"), required=True, codes=ORGANISATION_KINDS),
        LON,
        LAT,
        GRID,
        VILLAGE,
        Field("opens", "text", "开放时间", ("营业时间", "服务时间", "opening_hours"), max_chars=120),
    ),
    "point",
    ("code",),
)
FIXED_POINTS = Noun(
    "fixed_points",
    "必到点",
    "fixed point",
    (
        code_field("必到点编号", "id", "编号", "代码", "点位编号"),
        name_field("必到点名称", "点位名称", "必到点", "name"),
        NAME_EN,
        Field("kind", "code", "类型", ("类别", "点位类型", "type"), codes=FIXED_POINT_KINDS, default="other"),
        LON,
        LAT,
        Field("line", "line", "路线", ("路段", "线", "走向", "wkt", "geometry", "几何"), max_chars=20_000),
        Field(
            "direction",
            "code",
            "走向要求",
            ("方向", "行走方向"),
            codes=LINE_DIRECTIONS,
            default="either",
        ),
        Field("on_foot", "boolean", "下车步行", ("步行", "徒步", "walk"), codes=YES_NO, default="false"),
        Field(
            "times",
            "integer",
            "每晚次数",
            ("次数", "每班次数", "到访次数", "visits"),
            low=VISITS.low,
            high=VISITS.high,
            default="1",
        ),
        Field("hours", "text", "时段", ("到访时段", "开放时段", "时间段", "windows"), max_chars=120),
        Field(
            "minutes",
            "number",
            "停留分钟",
            ("停留时间", "停留", "驻留分钟", "dwell_min"),
            low=DWELL.low / 60,
            high=DWELL.high / 60,
        ),
        Field(
            "gap_min",
            "number",
            "间隔分钟",
            ("最短间隔", "间隔", "min_gap_min"),
            low=GAP.low / 60,
            high=GAP.high / 60,
        ),
        Field("in_use", "boolean", "启用", ("是否启用", "状态", "active"), codes=YES_NO, default="true"),
        GRID,
        VILLAGE,
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
        Field("no_turns", "key", "禁止转向", ("禁转", "turn_bans"), max_chars=2000),
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
                # Land survey (TD/T 1057): where a parcel lies, and the administrative area.
                *("zldwdm", "坐落单位代码", "xzqdm", "行政区代码", "行政区划代码"),
            ),
        ),
        Field(
            "name_zh",
            "text",
            "名称",
            (
                *("网格名称", "村名", "村名称", "name", "village_name", "社区名称"),
                *("zldwmc", "坐落单位名称", "xzqmc", "行政区名称", "行政区划名称"),
            ),
            max_chars=120,
        ),
        NAME_EN,
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
    n.name: n
    for n in (
        *(INCIDENTS, INCIDENT_STEPS, TEAMS, TEAM_POSITIONS, MIGRANTS, ORGANISATIONS),
        *(FIXED_POINTS, PROJECTS, RULINGS, ROADS),
    )
}


def noun_words(name: str) -> tuple[str, str]:
    """Say in Chinese and English which records a noun's name means."""
    noun = GRIDS if name == GRIDS.name else NOUNS[name]
    return noun.zh, name.replace("_", " ")
