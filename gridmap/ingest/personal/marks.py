"""What else points at a person in a text: starred out where people write freely, refused in codes and names.

A list with context, and no more: a name that stands without any of the words below is not caught. docs/privacy.md says
what is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache

from gridmap.ingest.personal.found import Found
from gridmap.ingest.personal.plain import FIGURES, Plain

KINDS = {
    "short": ("短号", "short number"),
    "plate": ("车牌", "number plate"),
    "account": ("微信、QQ 或邮箱", "WeChat, QQ or e-mail"),
    "document": ("证件或银行卡号", "passport or bank card"),
    "room": ("门牌房号", "room number"),
    "name": ("人名", "name"),
    "origin": ("籍贯来源", "origin"),
    "ethnicity": ("民族宗教", "ethnicity or religion"),
    "record": ("前科", "past punishment"),
    "health": ("疾病", "illness"),
}
"""Kind, and what the desk calls it."""

_PROVINCE = (
    "北京|天津|上海|重庆|河北|河南|山西|山东|辽宁|吉林|黑龙江|江苏|浙江|安徽|福建|江西|湖北|湖南|广东|广西|海南|四川|贵州|云南|"
    "西藏|陕西|甘肃|青海|宁夏|新疆|内蒙古?|台湾|香港|澳门"
)
_PEOPLES = (
    "汉|蒙古|回|藏|维吾尔|苗|彝|壮|布依|朝鲜|满|侗|瑶|白|土家|哈尼|哈萨克|傣|黎|傈僳|佤|畲|高山|拉祜|东乡|纳西|景颇|柯尔克孜|达斡尔|"
    "仫佬|羌|布朗|撒拉|毛南|仡佬|锡伯|阿昌|普米|塔吉克|怒|乌孜别克|俄罗斯|鄂温克|德昂|保安|裕固|京|塔塔尔|独龙|鄂伦春|赫哲|"
    "门巴|珞巴|基诺"
)
_SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪"
    "范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤骆楼俞章施虞屠赖温庄柴"
)
_SURNAME = f"(?:欧阳|上官|司马|诸葛|东方|皇甫|尉迟|公孙|慕容|令狐|[{_SURNAMES}])"
_PLACE_END = "村镇乡街路桥江河山湖坞岭庄寨弄巷家店院所校园厂场站社区县市省组队庙塘畈坂湾浦埠溪坑"
_NO_NAME = (
    "何[人时处事地况]|马[上路达匹]|向[东南西北上下前后左右外内导来]|施[工肥暴行]|高[空楼温层速压中低峰龄]|白[天色酒]|江[水边面滨]|金[属额]|"
    "石[料头块板]|方[案向式便法面]|程[序度]|许[多可]|任[何务]|于[是]|[钱余付][款]|温度|时间"
)
_GIVEN = f"[一-鿿](?:(?![{_PLACE_END}与和跟同及因在被向对将把的系等是]) ?[一-鿿])?"
_PERSON = f"(?!{_NO_NAME}){_SURNAME}(?![{_PLACE_END}]){_GIVEN}"
_ROLES = (
    "被告人?|原告人?|当事人|报警人|报案人|举报人|申请人|被申请人|嫌疑人|受害人|被害人|投诉人|来访人|信访人|反映人|证人|户主|房东|租客|"
    "承租人|业主|村民|居民|男子|女子|老人|司机|驾驶员|网格员|网格长|调解员|民警|队长|队员|书记|主任|负责人|联系人|姓名(?:[:：]|为)|"
    "名叫|叫做|其[夫妻子女父母兄弟姐妹]|丈夫|妻子|老公|老婆|儿子|女儿|儿媳|女婿|父亲|母亲|婆婆|公公|岳父|岳母|哥哥|弟弟|姐姐|妹妹|邻居|同事|工友|朋友|"
    "经手人|租户|房主|老板|员工|学生|工人"
)
_AFTER = (
    "反映|投诉|举报|报警|报案|称其?|诉称|滋事|来访|求助|要求|死亡|受伤|身亡|起诉|控告|辱骂|殴打|打伤|打人|拒绝|不服|[欠借](?:[款钱条了我租债薪])|先生|女士|小姐|大爷|"
    "大妈|大娘|阿姨|大叔|同志|师傅|夫妇|夫妻|之子|之妻|之父|之母|一家|家属|本人"
)
_BEFORE = "接到?|由|因|被|经|据|把|找|向|对|替|给|与|和|跟|同"
_BESIDE = "与|和|跟|同|及|、|诉"
_STOP = (
    r"(?=$|[\s,.;:!?，。；：！？、()（）\"“”]|因|与|和|跟|同|及|发生|之间|产生|互相|互殴|争|吵|打架|骂|双方|两|"
    r"为|就|在|系|等|被|向|对|将|把|的)"
)

_ROOMS = (
    (
        r"((?:[0-9]{1,4} ?(?:号楼|#楼|[号弄巷幢栋座#\-]) ?){1,3}(?:[0-9A-Za-z]{1,3} ?(?:单元|梯|门) ?)?"
        r"[0-9]{2,5} ?(?:室|房(?!屋|产|东|租)))"
    ),
    (
        r"((?:[0-9]{1,4}号 ?)?[0-9]{1,3} ?(?:[幢栋座]|号楼|#楼) ?(?:[0-9A-Za-z]{1,2} ?单元 ?)?[0-9]{2,5}(?:室|号|房)?)"
        r"(?! ?(?:单元|[0-9年月日]))"
    ),
    r"(?<=[路街弄巷])([0-9]{1,4}号 ?[0-9]{3,4})(?![0-9路线号年米元公县省])",
    r"((?:[0-9]{1,3} ?单元 ?)?[0-9]{3,4} ?(?:室|房(?![屋产东租间子地价源])))",
)
"""Searched where Chinese digits are figures."""

_RULES: tuple[tuple[str, str], ...] = (
    (
        "short",
        r"(?:虚拟网|虚拟号|短号|集群网|内线|分机|小号)(?:号码?)?[^0-9一-鿿]{0,3}([0-9][0-9\- ]{1,9}[0-9])",
    ),
    (
        "plate",
        (
            r"([京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼使领] ?[A-Z][ ·.\-]{0,2}"
            r"(?:[A-HJ-NP-Z0-9] ?){4,5}[A-HJ-NP-Z0-9挂学警港澳])(?![A-Z0-9])"
        ),
    ),
    ("plate", r"(?:车牌|牌照|车号)(?:号码?)?[:：为是 ]{0,3}([一-鿿]{0,2} ?[A-Z0-9]{5,8})(?![A-Z0-9])"),
    ("account", r"(wxid_[A-Za-z0-9_]+)"),
    (
        "account",
        (
            r"(?:微信|薇信|威信|v信|we ?chat|weixin|vx|wx)(?:号码?|id|账号)?[:：为是 ]{0,3}"
            r"((?<![A-Za-z])[A-Za-z0-9][A-Za-z0-9_\-]{4,19})"
        ),
    ),
    ("account", r"(?:q ?q|扣扣|企鹅)(?:号码?|群|账号)?[:：为是 ]{0,3}([1-9][0-9]{4,11})"),
    ("account", r"([A-Za-z0-9._%+\-]+ ?(?:@|[(\[]at[)\]]) ?[A-Za-z0-9\-]+(?:\.[A-Za-z0-9\-]+)+)"),
    (
        "document",
        r"(?:护照|通行证|回乡证|台胞证|军官证|驾驶证|驾照|社保卡|医保卡|户口[本簿]|证件|passport)(?:号码?)?[^A-Za-z0-9一-鿿]{0,4}([A-Za-z]{0,2}[0-9]{6,12})",
    ),
    ("name", f"({_SURNAME}某(?:某|[一-鿿](?=[({{（]))?)"),
    ("name", r"(张三|李四|王五|赵六|钱七|孙八)"),
    ("name", rf"(?<=[(（])({_PERSON})(?=[)）])"),
    ("name", f"(?:{_ROLES})(?: ?[:：] ?| )?({_PERSON})(?:{_STOP}|(?=(?:{_AFTER})))"),
    ("name", f"(?:^|[，。；、,;： :])({_PERSON})因[^，。；,;]{{0,12}}?(?:{_BESIDE}){_PERSON}{_STOP}"),
    ("name", f"(?:^|[，。；、,;： :]){_PERSON}因[^，。；,;]{{0,12}}?(?:{_BESIDE})({_PERSON}){_STOP}"),
    ("name", f"(?:^|[，。；、,;： :]|{_BEFORE})({_PERSON})(?=(?:{_AFTER}))"),
    ("name", f"({_SURNAME}(?![{_PLACE_END}])[一-鿿]{{0,2}}(?:先生|女士|老师|大爷|大妈|大娘|阿姨|大叔|师傅))"),
    ("name", f"(?:^|[，。；、,;： :]|{_BEFORE})([老小阿]{_SURNAME})(?=(?:{_AFTER}))"),
    ("name", f"([老小]{_SURNAME})(?=(?:{_BESIDE})[老小]{_SURNAME}{_STOP})"),
    ("name", f"(?<=[老小][{_SURNAMES}][与和跟同及、])([老小]{_SURNAME})(?={_STOP})"),
    ("name", f"(?<![同本一])({_SURNAME}姓)(?=[男女村居住业户的人])"),
    ("name", f"(?<![同本一贵])姓({_SURNAME})(?=[的，。,]|$)"),
    ("name", r"\b(?:mr|mrs|ms|miss)\b\.? ?([a-z]{2,20})"),
    ("name", f"(?:^|[，。；、,;： :])({_PERSON})(?:{_BESIDE}){_PERSON}{_STOP}"),
    ("name", f"(?:^|[，。；、,;： :]){_PERSON}(?:{_BESIDE})({_PERSON}){_STOP}"),
    ("origin", rf"((?:{_PROVINCE}|[某外][省市地县区镇]|[一-鿿]{{2,3}}[省市县区])(?:省|市)?籍(?!贯))"),
    (
        "origin",
        rf"((?:{_PROVINCE})(?:省|市)?(?:人(?!民|大|才|事|社|力|防|口|行)|老乡|民工|务工人员|来的|佬|帮(?!助|扶)))",
    ),
    ("origin", rf"(?:籍贯|户籍|原籍|老家)(?:地|所在地)?[:为是在 ]{{0,2}}((?:{_PROVINCE})(?:省|市)?)"),
    (
        "origin",
        (
            rf"(?:^|[，。；、,;： :因与和是为系名])((?:{_PROVINCE})(?:省|市)?[一-鿿]{{1,3}}"
            rf"(?<![工客行老男女病商证军店主本他别路有个众私])人)(?:{_STOP}|(?=打|闹|吵))"
        ),
    ),
    ("origin", r"(东北人|西北人)(?!行)"),
    ("origin", rf"(来自(?:{_PROVINCE}|[某外][省市地])(?:省|市)?)"),
    (
        "ethnicity",
        rf"((?:{_PEOPLES}|[甲乙丙丁某]|少数民)族|[回苗彝藏瑶]民)(?!馆|箱|裔|谱|长|人聚居区|镇|乡|村)",
    ),
    (
        "ethnicity",
        r"((?:基督|天主|伊斯兰|佛|道|东正)教徒|穆斯林|信教(?:群众|人员|者)?|法轮功|信徒|教友|信(?:仰|奉)?(?:基督|天主|伊斯兰|佛|道|东正)教?)",
    ),
    (
        "record",
        (
            r"((?:吸毒|盗窃|涉毒|抢劫|强奸|诈骗|犯罪|违法|有|无)?(?:前科|案底)|刑满(?:释放)?(?:人员)?|刑释(?:人员)?|"
            r"劳改(?:释放|犯)?|服过?刑|坐过?牢|社区矫正(?:对象|人员)?|吸毒(?:史|人员|者)|两劳(?:人员)?|解教人员|"
            r"重点(?:人员|人口)|涉毒人员|(?:犯罪|违法|吸毒|处罚|拘留)记录|"
            r"曾(?:经)?(?:因[^，。；,;]{1,6})?被?(?:拘留|拘役|判刑|劳教|强制戒毒|处罚)|被?判(?:过刑|处?有期徒刑)|缓刑(?:人员|期|犯)?)"
        ),
    ),
    (
        "health",
        (
            r"(精神(?:病|障碍|分裂症?|异常)(?!院|卫生|科|防治)(?:人|患者|者)?|癫痫|抑郁症?|躁郁症?|艾滋病?|(?<![a-z])hiv(?![a-z])|梅毒|"
            r"[甲乙丙丁戊]型?肝炎?|肺结核|智障|智力(?:残疾|障碍)|痴呆|自闭症|糖尿病|高血压|肝炎|新冠(?:阳性)?|(?<![急慢恶良])性病(?!虫)|阿尔茨海默|帕金森|脑梗|中风|脑瘫|怀孕|流产|"
            r"(?:身患|患有)[一-鿿]{1,5}[病症炎癌]|残疾人(?!联合|保障|就业|之家|服务|证)|癌症|肿瘤|尿毒症|白血病)"
        ),
    ),
)


def _without_looking_around(rule: str) -> str:
    """Return a pattern that RE2 can read and that matches whatever this one does, and more."""
    out: list[str] = []
    depth = skipped = 0
    in_class = False
    for place, character in enumerate(rule):
        escaped = place > 0 and rule[place - 1] == "\\"
        if not escaped and not in_class and character == "(":
            depth += 1
            if not skipped and rule.startswith(("(?=", "(?!", "(?<=", "(?<!"), place):
                skipped = depth
        if not skipped:
            out.append(character)
        if not escaped and not in_class and character == ")":
            if skipped == depth:
                skipped = 0
            depth -= 1
        elif not escaped and character in "[]":
            in_class = character == "["
    return "".join(out)


def _rooms_of_any_digits() -> Iterator[str]:
    for rule in _ROOMS:
        yield rule.replace("[0-9", f"[{FIGURES}0-9")


MAY_HOLD_RE2 = "(?i)" + "|".join(
    f"(?:{_without_looking_around(rule)})"
    for rule in (*(rule for _, rule in _RULES), *_rooms_of_any_digits())
)
"""For whole columns: what this does not match, in NFKC, holds no mark but cards, which have many digits."""


@cache
def _compiled() -> tuple[tuple[str, re.Pattern[str]], ...]:
    # At the first text: commands that read none do not wait for it.
    rules = (*_RULES, *(("room", rule) for rule in _ROOMS))
    return tuple((kind, re.compile(rule, re.IGNORECASE)) for kind, rule in rules)


_CARD = re.compile(
    r"(?<![0-9A-Za-z.])([2-6][0-9]{3}(?:[ .·\-]?[0-9]{4}){2,3}[ .·\-]?[0-9]{1,4})(?![0-9A-Za-z])"
)
# Years of this century are no first digits of a card: numbers of cases and orders begin with them.
_ISSUED = re.compile("[3-6]|2(?:22[1-9]|2[3-9]|[3-6]|7[01]|720)")


def named_kinds(kinds: Iterable[str]) -> tuple[str, str]:
    """Return what the desk calls kinds, in Chinese and in English."""
    known = [KINDS[kind] for kind in kinds if kind in KINDS]
    return "、".join(zh for zh, _ in known), ", ".join(en for _, en in known)


def find_marks(copy: Plain) -> Iterator[Found]:
    """Give the parts of a text that point at a person, but for identity and telephone numbers.

    Parameters
    ----------
    copy : Plain
    """
    for kind, rule in _compiled():
        for match in rule.finditer(copy.digits if kind == "room" else copy.text):
            yield Found(kind, *copy.span(*match.span(1)))
    for match in _CARD.finditer(copy.digits):
        number = re.sub("[^0-9]", "", match[1])
        if 16 <= len(number) <= 19 and (number.startswith("62") or (_ISSUED.match(number) and _luhn(number))):
            yield Found("document", *copy.span(*match.span(1)))


def _luhn(number: str) -> bool:
    """Check a card's number: ISO/IEC 7812-1, annex B."""
    digits = [int(d) for d in reversed(number)]
    return sum(digits[::2] + [sum(divmod(2 * d, 10)) for d in digits[1::2]]) % 10 == 0
