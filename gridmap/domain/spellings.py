"""How people write the codes that records hold: every accepted spelling and its code."""

from __future__ import annotations

from collections.abc import Mapping

from gridmap.domain.codes import lookup


def spellings(**codes: str) -> dict[str, str]:
    """Map each spelling, separated by blanks, to its code."""
    return {s.lower(): code for code, names in codes.items() for s in (code, *names.split())}


def labels(spelled: Mapping[str, str]) -> dict[str, str]:
    """Return one Chinese spelling of each code (the code itself where it has none) and the code.

    Examples
    --------
    >>> labels({"car": "car", "汽车": "car", "bike": "bike"})
    {'汽车': 'car', 'bike': 'bike'}
    """
    chosen: dict[str, str] = {}
    for spelling, code in spelled.items():
        if code not in chosen or (chosen[code].isascii() and not spelling.isascii()):
            chosen[code] = spelling
    return {spelling: code for code, spelling in chosen.items()}


def code_spellings(name: str, **more: str) -> dict[str, str]:
    """Spellings of a code list, and more that people use."""
    return {k.lower(): v for k, v in lookup(name).items()} | spellings(**more)


DOMAINS = code_spellings(
    "domain",
    dispute="disputes 纠纷 矛盾 矛盾纠纷 纠纷化解网格",
    land="土地 国土",
    social_service="social 社会人 社会服务",
    policing="police 警务 治安 公安",
    safety="安全 安监 生产安全 安全检查 平安检查 消防安全",
    emergency="应急 突发事件",
)
STAGES = code_spellings(
    "stage",
    accepted="已受理 待受理 待处理 待办理 未处理 登记 received open new",
    mediating="调解 调解中 调处中 办理中 处理中 mediation",
    paused="已挂起 暂停 中止",
    unsolved="未办结 终止 调解不成 不成功 未成功 失败 unresolved",
    transferred="已移送 转办 移交 transfer",
    resolved="已化解 已调处 已解决 办结 已办结 成功 closed",
    archived="已归档 结案 archive",
)
CHANNELS = code_spellings("channel") | {
    "信访": "visit",
    "来信": "letter",
    "来访": "visit",
    "上访": "visit",
    "来电": "phone",
    "群众来电": "phone",
    "群众来访": "visit",
    "群众来信": "letter",
    "电话": "phone",
    "网络": "online",
    "网上": "online",
    "telephone": "phone",
    "web": "online",
    "110": "hotline_110",
    "110热线": "hotline_110",
    "110接警": "hotline_110",
    "12345": "hotline_12345",
    "12345热线": "hotline_12345",
    "市长热线": "hotline_12345",
    "网格员上报": "patrol",
    "网格上报": "patrol",
    "网格员巡查": "patrol",
    "巡查": "patrol",
    "自行排查": "screening",
    "排查": "screening",
    "巡防": "patrol",
    "交办": "superior",
}
ORGANISATION_KINDS = spellings(
    centre="center 综治中心 中心 综治工作中心",
    sub_centre="sub_center sub-centre 分中心 综治分中心 片综治分中心",
    committee="委员会 村两委会 村委会 居委会 村民委员会 居民委员会",
    village_mediation="村级人民调解委员会 村调委会",
    area_mediation="片区人民调解委员会",
    town_mediation="镇级人民调解委员会 镇调委会",
    professional_mediation="专业性调解委员会 专业性调解组织 行业性专业性调解组织 行业性调解组织 专业调委会",
    studio="调解工作室 个人调解工作室 品牌调解工作室 老党员工作室 老干部工作室",
    justice_office="司法所",
    court="法庭 人民法庭 派出法庭 人民法院",
    police_station="派出所",
    union="工会",
    lawyer="律师事务所 律所 法律服务所",
    hospital="医院 卫生院",
    self_management="流动人口自我管理组织 新居民自管组织",
    mediation_body="mediation 调解组织 调解委员会 人民调解委员会 调解室",
    service_point="service 服务点 服务站 便民服务点 便民服务中心",
)
FIXED_POINT_KINDS = spellings(
    school="学校 校门 幼儿园 中小学",
    bank="银行 网点 金融网点 信用社",
    station="车站 客运站 汽车站 公交站",
    market="市场 农贸市场 集市 商场",
    hospital="医院 卫生院 诊所",
    reservoir="水库 水源地 山塘",
    square="广场 公园 夜市",
    company="企业 工厂 仓库 加油站",
    other="其他 其它",
)
SITE_KINDS = spellings(
    housing="住房 出租房 宿舍 集中居住 居住点 dormitory",
    work_site="site worksite 工地 工作地 企业 厂区 用工点",
)
ROAD_CLASSES = spellings(
    motorway="高速 高速公路 motorway_link",
    trunk="干线 国道 省道 主干道 trunk_link",
    primary="一级道路 primary_link",
    secondary="县道 次干道 secondary_link",
    tertiary="乡道 支路 tertiary_link",
    residential="居住区道路 小区道路 living_street",
    village="村道 unclassified road 乡村道路",
    service="内部道路 通道 出入道路",
    track="机耕路 机耕道 农路",
    path="小路 bridleway",
    cycleway="自行车道 骑行道",
    footway="步道 人行道",
    pedestrian="步行街",
    steps="台阶 石阶 梯道 阶梯",
    ferry="轮渡 渡船 渡口",
)
PERMISSIONS = spellings(
    yes="1 true y t 是 可 允许 可以 designated permissive official discouraged limited",
    no="0 false n f 否 禁止 不可 private military agricultural forestry emergency use_sidepath restricted",
    destination="仅到达 内部 customers delivery residents permit",
    dismount="推行",
)
BARRIERS = spellings(
    bollard="隔离桩 路桩 桩 bollards",
    block="石墩 水泥墩",
    jersey_barrier="隔离墩",
    chain="铁链 链条",
    log="",
    debris="",
    planter="花坛",
    cycle_barrier="",
    motorcycle_barrier="",
    horse_stile="",
    kissing_gate="",
    turnstile="旋转门 full-height_turnstile",
    stile="",
    gate="大门 门",
    lift_gate="道闸 抬杆 栏杆",
    swing_gate="",
    sliding_gate="伸缩门 移门",
    toll_booth="收费站",
    checkpoint="卡口 border_control",
    cattle_grid="",
    height_restrictor="限高 限高架",
    other="其他 其它 yes entrance",
)
LINE_DIRECTIONS = spellings(
    either="双向 往返均可 任意 均可 both any", forward="单向 顺向 按线方向 one-way 由起点到终点"
)
MODES = spellings(
    car="汽车 车 巡逻车 vehicle drive",
    bike="自行车 电动车 摩托车 bicycle motorbike",
    foot="步行 徒步 walk walking",
)
ONEWAY = spellings(
    yes="1 true t y 是 单行 单向 forward", no="0 false f n 否 双向 双行", reverse="-1 反向 backward"
)
YES_NO = spellings(true="1 yes y t 是 有 对 √ 专业", false="0 no n f 否 无 不是 非专业 业余 志愿")
GRID_LEVELS = spellings(
    **{
        "1": "town 镇 乡镇 街道 镇级 一级 一级网格",
        "2": "area 片区 片 片区级 二级 二级网格",
        "3": "village 村 社区 村社区 村级 三级 三级网格 precinct",
        "4": "micro micro-grid micro_grid 微网格 四级 四级网格 户联系",
    }
)
