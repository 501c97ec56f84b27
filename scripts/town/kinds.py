"""What happens in the town: kinds of incidents with their rhythm, their place and their words."""

from __future__ import annotations

from dataclasses import dataclass

from gridmap.domain.codes import code_list

FLAT = (1.0,) * 12


def _months(**heavy: float) -> tuple[float, ...]:
    """Twelve monthly weights, January first; named months differ from 1, e.g. ``m7=2.5``."""
    return tuple(heavy.get(f"m{m}", 1.0) for m in range(1, 13))


_NEW_YEAR = _months(m11=1.2, m12=2.0, m1=3.2, m2=1.6, m3=0.7, m4=0.7, m5=0.7)
_RAIN = _months(m1=0.15, m2=0.2, m3=0.4, m4=0.6, m5=1.0, m6=3.4, m7=2.6, m8=3.0, m9=2.4, m10=0.6, m11=0.2, m12=0.15)
_WINTER = _months(m11=1.6, m12=2.3, m1=2.6, m2=2.4, m3=1.4, m4=1.3, m6=0.6, m7=0.6, m8=0.7)
_FIELD = _months(m3=1.3, m4=1.6, m5=1.5, m6=1.3, m9=1.2, m10=1.5, m1=0.6, m2=0.5)
_SUMMER = _months(m6=1.3, m7=1.7, m8=1.7, m9=1.3, m1=0.8, m2=0.8)
_BUILD = _months(m3=1.4, m4=1.5, m5=1.3, m9=1.3, m10=1.4, m1=0.7, m2=0.4)

HOURS = {
    "office": (0, 0, 0, 0, 0, 0, 0.2, 1.2, 4, 6, 5.5, 3.5, 1.5, 2, 4.5, 5, 4, 2.2, 1, 0.7, 0.5, 0.3, 0.1, 0),
    "home": (0.5, 0.3, 0.2, 0.1, 0.1, 0.3, 1, 2, 2.5, 3, 3, 2.6, 2, 1.8, 2, 2.2, 2.6, 3.4, 4.4, 5.2, 4.8, 3.6, 2, 1),
    "evening": (0.8, 0.4, 0.2, 0.1, 0.1, 0.1, 0.3, 0.6, 1, 1.5, 1.6, 1.4, 1.5, 1.4, 1.6, 1.8, 2, 2.6, 4, 6.5, 7, 6, 3.8, 2),
    "night": (4.6, 4, 3.2, 2.2, 1.4, 0.8, 0.6, 0.6, 0.7, 0.8, 0.8, 0.8, 0.9, 0.9, 0.9, 1, 1, 1.2, 1.8, 2.8, 4, 5, 5.6, 5.2),
    "commute": (0.5, 0.3, 0.2, 0.2, 0.4, 1, 3, 6, 5, 2.8, 2.2, 2.4, 2, 2, 2.2, 2.6, 4, 6, 4.6, 2.8, 2, 1.6, 1.2, 0.8),
    "day": (0.4, 0.3, 0.2, 0.2, 0.3, 0.8, 1.6, 2.6, 3.6, 4.2, 4.2, 3.6, 2.8, 3, 3.6, 3.8, 3.4, 2.8, 2, 1.4, 1, 0.8, 0.6, 0.5),
}
WEEKDAYS = {
    "office": (1.35, 1.2, 1.15, 1.1, 1.15, 0.6, 0.45),
    "flat": (1, 0.97, 0.97, 1, 1.06, 1.02, 0.98),
    "weekend": (0.85, 0.85, 0.9, 0.95, 1.15, 1.3, 1.15),
}


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of incident.

    Attributes
    ----------
    domain, code, zh, en : str
    share : float
        Weight among all incidents.
    months : tuple of float
        Weight of each month, January first.
    hours, week : str
        Names of the hourly and weekday rhythm.
    place : str
        ``people``, ``works``, ``road``, ``water``, ``field``, ``forest``, ``centre``.
    severity : float
        Mean severity, 1 to 5.
    due_days : int
        Days until it must be closed.
    said : tuple of str
        Summaries to choose from.
    """

    domain: str
    code: str
    zh: str
    en: str
    share: float
    months: tuple[float, ...]
    hours: str
    week: str
    place: str
    severity: float
    due_days: int
    said: tuple[str, ...]


def _dispute(code: str, share: float, months: tuple[float, ...], hours: str, week: str, place: str, *said: str) -> Kind:
    label = next(c for c in code_list("dispute_kind") if c.code == code)
    return Kind("dispute", code, label.zh, label.en, share, months, hours, week, place, 2.1, 30, said)


KINDS: tuple[Kind, ...] = (
    _dispute("01", 4.6, _months(m1=1.3, m2=1.7), "home", "weekend", "people", "夫妻因家务琐事争吵，请求调解", "老人赡养费用分担意见不一", "家庭财产分割产生分歧"),
    _dispute("02", 7.2, FLAT, "home", "weekend", "people", "邻里因排水沟走向发生争执", "楼上漏水影响楼下，双方协商未果", "公共通道堆放杂物引发争吵", "宠物夜间吵闹影响邻居休息", "空调外机位置引发邻里不满"),
    _dispute("03", 2.8, _BUILD, "day", "flat", "people", "翻建房屋地基界线有争议", "老宅滴水位置与邻户意见不一", "宅基地四至界线不清"),
    _dispute("04", 2.2, FLAT, "office", "office", "people", "房屋租赁押金退还有争议", "装修合同工期延误要求赔偿", "加工承揽合同货款未结清"),
    _dispute("05", 1.8, FLAT, "office", "office", "works", "加工款结算数量对不上", "合伙经营账目不清", "摊位经营范围发生争议"),
    _dispute("06", 2.4, FLAT, "day", "flat", "people", "犬只伤人赔偿协商", "施工震动致墙体开裂要求赔偿", "儿童玩耍损坏车辆赔偿"),
    _dispute("07", 1.7, _FIELD, "day", "flat", "field", "承包田界址不清", "山林采伐界线有争议", "灌溉用水先后次序发生争执"),
    _dispute("08", 1.1, _BUILD, "office", "office", "people", "拆迁补偿面积认定有异议", "征地青苗补偿款分配有异议"),
    _dispute("09", 1.4, _SUMMER, "home", "flat", "works", "加工点噪声粉尘影响周边", "养殖污水排入沟渠", "餐饮油烟直排扰民"),
    _dispute("10", 5.0, _NEW_YEAR, "office", "office", "works", "工人反映工资未按时发放", "离职工资结算有争议", "工地班组反映工程款拖欠影响工资", "工伤待遇协商未达成一致"),
    _dispute("11", 0.3, _months(m4=2, m5=2, m10=2.5), "day", "weekend", "centre", "游客对停车收费不满", "农家乐住宿与预订不符"),
    _dispute("12", 1.9, FLAT, "day", "weekend", "centre", "购买商品质量问题要求退换", "预付卡余额退还有争议"),
    _dispute("13", 0.5, FLAT, "office", "office", "centre", "患者家属对诊疗费用有疑问", "对治疗效果有异议，要求说明"),
    _dispute("14", 3.0, FLAT, "commute", "flat", "road", "两车剐蹭责任认定有分歧", "电动车与行人碰撞赔偿协商", "货车倒车碰坏围墙赔偿"),
    _dispute("15", 1.6, FLAT, "home", "weekend", "centre", "小区停车位分配引发业主不满", "物业费与服务质量不符", "电梯维修资金使用有异议"),
    _dispute("16", 0.15, FLAT, "office", "office", "works", "外观设计仿冒争议"),
    _dispute("17", 0.9, FLAT, "evening", "flat", "people", "网购退款协商未果", "网络平台言语冲突请求调解"),
    _dispute("99", 0.9, FLAT, "day", "flat", "people", "其他民间纠纷请求调解"),
    Kind("land", "illegal_building", "违章搭建", "illegal building", 2.6, _BUILD, "day", "office", "people", 2.2, 20, ("未经审批搭建彩钢棚", "屋顶加层未办手续", "沿河搭建简易房")),
    Kind("land", "farmland_use", "占用耕地", "farmland misuse", 1.9, _FIELD, "day", "office", "field", 2.4, 20, ("耕地上堆放建筑材料", "农田硬化改作停车场", "耕地挖塘未报批")),
    Kind("land", "dumping", "乱倒渣土", "soil dumping", 1.6, FLAT, "night", "flat", "road", 2.0, 10, ("路边倾倒建筑垃圾", "渣土车偷倒弃土")),
    Kind("land", "river_bank", "侵占河道", "river bank encroachment", 0.8, _SUMMER, "day", "office", "water", 2.2, 15, ("河堤种植侵占行洪断面", "河道内堆放杂物")),
    Kind("social_service", "residence_permit", "居住登记服务", "residence registration", 3.0, _months(m2=0.6, m3=2.6, m4=1.6, m9=1.5), "office", "office", "works", 1.2, 7, ("集体宿舍新到人员登记服务", "出租房登记信息更新")),
    Kind("social_service", "elder_care", "独居老人关爱", "elder care", 2.2, _WINTER, "day", "office", "people", 1.8, 7, ("独居老人上门走访", "高龄老人生活困难求助", "老人忘带钥匙求助")),
    Kind("social_service", "hardship", "困难帮扶", "hardship aid", 1.6, _months(m12=1.5, m1=2.2), "office", "office", "people", 1.8, 15, ("困难家庭申请临时救助", "失业人员求职帮扶", "大病家庭申请救助")),
    Kind("social_service", "schooling", "随迁子女就学", "schooling of newcomers", 1.1, _months(m6=2.5, m7=2.5, m8=4), "office", "office", "works", 1.3, 15, ("随迁子女入学材料咨询", "转学手续协调")),
    Kind("policing", "theft", "盗窃", "theft", 4.2, _months(m12=1.3, m1=1.5), "night", "flat", "centre", 2.4, 10, ("店铺物品被盗", "工地电缆被盗", "车内财物被盗")),
    Kind("policing", "ebike_theft", "电动车及电瓶被盗", "e-bike theft", 2.6, FLAT, "night", "flat", "people", 2.1, 10, ("楼下停放的电瓶被盗", "车站旁电动车被盗")),
    Kind("policing", "fraud", "电信诈骗", "telephone fraud", 5.2, _months(m11=1.3, m12=1.2, m1=1.3), "evening", "flat", "people", 2.9, 10, ("接到冒充客服来电被骗转账", "刷单兼职被骗", "虚假贷款缴纳保证金被骗", "冒充熟人借款被骗")),
    Kind("policing", "traffic", "交通事故", "traffic accident", 4.6, _months(m10=1.2, m1=1.2, m2=1.3), "commute", "flat", "road", 2.3, 7, ("路口两车相撞", "电动车摔倒", "追尾事故无人受伤", "货车占道引发剐蹭")),
    Kind("policing", "noise", "噪声扰民", "noise", 3.4, _SUMMER, "evening", "weekend", "centre", 1.3, 5, ("夜间音响扰民", "烧烤摊深夜喧哗", "广场舞音量过大")),
    Kind("policing", "fight", "打架斗殴", "fight", 1.2, _SUMMER, "evening", "weekend", "centre", 2.8, 7, ("酒后口角引发推搡", "停车争执升级为扭打")),
    Kind("policing", "lost", "走失求助", "missing person help", 0.9, FLAT, "day", "flat", "people", 2.5, 2, ("老人外出未归求助", "儿童走散求助，已找到")),
    Kind("safety", "fire_hazard", "消防隐患", "fire hazard", 4.0, _WINTER, "day", "office", "people", 2.3, 10, ("楼道内电动车违规充电", "疏散通道堵塞", "出租房电线私拉乱接", "灭火器过期未更换")),
    Kind("safety", "workshop", "作坊生产隐患", "workshop hazard", 2.8, _months(m12=1.3, m1=1.2, m2=0.4, m3=1.4), "office", "office", "works", 2.5, 10, ("车间布料堆放过密", "设备防护罩缺失", "粉尘清扫不及时", "夜班无人值守")),
    Kind("safety", "construction", "施工安全", "construction safety", 1.5, _BUILD, "office", "office", "people", 2.4, 10, ("高处作业未系安全带", "脚手架搭设不规范", "基坑缺少围护")),
    Kind("safety", "road_hazard", "道路隐患", "road hazard", 1.6, _RAIN, "day", "flat", "road", 2.0, 7, ("路面塌陷", "弯道缺少反光镜", "路灯损坏", "井盖缺失")),
    Kind("safety", "gas", "燃气隐患", "gas hazard", 0.9, _WINTER, "day", "flat", "centre", 2.7, 5, ("餐馆燃气软管老化", "瓶装气存放不规范")),
    Kind("emergency", "flood", "积水内涝", "flooding", 2.6, _RAIN, "day", "flat", "water", 3.2, 2, ("沿河低洼路段积水", "农田受淹请求排涝", "地下车库进水", "河水漫堤预警转移")),
    Kind("emergency", "landslide", "地质灾害", "landslide", 0.7, _RAIN, "day", "flat", "forest", 3.4, 3, ("山坡出现裂缝", "道路边坡滑塌", "屋后山体落石")),
    Kind("emergency", "fire", "火警", "fire", 1.5, _WINTER, "evening", "flat", "people", 3.1, 1, ("厨房起火已扑灭", "杂物间冒烟", "电动车充电起火", "草垛起火")),
    Kind("emergency", "forest_fire", "森林火情", "forest fire", 0.5, _months(m11=1.5, m12=1.6, m1=1.8, m2=2.6, m3=2.4, m4=3.4, m6=0.1, m7=0.2, m8=0.4), "day", "weekend", "forest", 3.6, 1, ("山坡冒烟，巡护员处置", "上坟用火引燃杂草")),
    Kind("emergency", "search", "山区搜救", "search and rescue", 0.3, _months(m4=2, m5=2, m10=2), "day", "weekend", "forest", 3.3, 1, ("登山人员迷路求助", "采笋人员未归，组织搜寻")),
)


def by_code(domain: str, code: str) -> Kind:
    """Find a kind.

    Raises
    ------
    KeyError
        When there is none.
    """
    for kind in KINDS:
        if (kind.domain, kind.code) == (domain, code):
            return kind
    raise KeyError((domain, code))


def kinds_json() -> dict[str, object]:
    """Return the kinds of every domain with both labels, for ``kinds.json``."""
    listed: dict[str, list[dict[str, object]]] = {}
    for kind in KINDS:
        entry = {"code": kind.code, "zh": kind.zh, "en": kind.en, "due_days": kind.due_days}
        listed.setdefault(kind.domain, []).append(entry)
    return {"_about": "Kinds of incidents in the demonstration town; the codes of 'dispute' are the list dispute_kind.", **listed}
