"""Headings of columns that mean a person."""

from __future__ import annotations

import re
from collections.abc import Iterable

from gridmap.errors import InvalidInput
from gridmap.ingest.headings import normal_header

_ZH_PERSON = (
    "姓名|名字|人名|姓氏|曾用名|身份证|证件号|证件类型|公民身份|护照|手机|电话|联系方式|联系人|微信|qq号|邮箱|电子邮件|民族|籍贯|户籍|"
    "户口|出生(?!率|人数|人口|数|缺陷)|生日(?!期)|原籍|来源地|来源省|来自何|来自哪|流出地|输出地|宗教|信仰|政治面貌|当事人|报警人|报案人|举报人|申请人|嫌疑人|受害人|"
    "被害人|犯罪人|上访人|信访人|来访人|投诉人|反映人|证人|原告|被告|户主|房东|承租人|租客|监护人|负责人|责任人|经办人|承办人|登记人|"
    "录入人|记录人|处理人|填报人|网格员|网格长|调解员|民警|队长|队员|法人|村民代表|联络员|住址|家庭地址|车牌|银行卡|社保卡|人脸|指纹|"
    "性别(?!比)|(?<!平均)年龄(?!结构|段|中位|构成|分布|组)|婚姻(?!家庭(?!状|情|成员)|纠纷|矛盾|案|登记|介绍|调解)|文化程度|学历|职业(?!介绍|病|技能|学校)|工作单位|家庭成员|帮教|证照号|座机|固定电话|短号|联系号码|qq$|"
    "残疾(?!人联)|精神状况|健康状况|病史|患病|服刑|社矫|肇事肇祸|艾滋|邪教(?!案|活动|线索|宣传|防|事件|问题)|涉访|人员编码|imei|imsi|重点人|吸毒|前科|刑满|刑释|社区矫正|精神障碍|精神病|人员编号|人员类别|人员类型|信用分|个人评分"
)
_ZH_HEADER = re.compile(_ZH_PERSON)
_ZH_NEVER = re.compile("民族|籍贯|宗教|信仰")
_ZH_COUNT = re.compile(
    r"(?:(?<!编)(?<!指)(?:人数|户数|个数|数量|总数|比例|占比|率)|(?:员|表|人|点|对象|案件|案|件|起|单位|机构)数|户籍人口数?|户口数)(?:[\(（].{0,6}[\)）])?$"
)
_ROLE = (
    "first|last|full|given|family|middle|nick|maiden|person|persons|people|party|victim|suspect|offender|reporter|"
    "caller|complainant|applicant|resident|owner|tenant|landlord|contact|witness|defendant|plaintiff|user|driver|"
    "officer|head|chief|leader|member|mediator|householder|migrant|worker|employee|perpetrator|informant"
)
_EN_HEADER = re.compile(
    rf"(?:^|_)(?:(?:{_ROLE})_?names?|names?_of_(?:the_)?(?:{_ROLE})|name_of_person|surname|forename|"
    r"contacts?|victim|suspect|offender|complainant|witness|householder|landlord|"
    r"id_?card(?:_?(?:no|number|num))?|id_(?:no|num|number)|identity|identification|identity_?(?:no|card|number)|passport|"
    r"national_?id|citizen_?id|person_?id|ssn|social_security|phones?|mobiles?|cell_?phone|telephones?|tel|"
    r"phone_?(?:no|number)|mobile_?(?:no|number)|imei|imsi|msisdn|wechat|whatsapp|e_?mail|"
    r"bank_?card|qq_?no|ethnic|ethnicity|ethnic_group|race|nationality|religions?|religious|faith|birth|birth_?day|birth_?date|"
    r"birth_?place|dob|place_of_origin|origin_(?:place|province|city|county)|native_place|home_?town|hukou|"
    r"home_?address|licen[cs]e_?plate|plate_?(?:no|number)|face_?id|fingerprint|"
    r"xingming|shenfenzheng|sfz|sfzh|shouji|shoujihao|dianhua|minzu|jiguan|hujidi|huji)(?:$|_)"
)
_EN_COUNT = re.compile(r"_(?:count|counts|total|share|rate|ratio|n)$")
# Beside other words they are tallies (`median_age`, `age_65_plus`), unless the words are of a person.
_EN_TRAIT = re.compile(
    rf"^(?:.*_)?(?:{_ROLE}|vic|perp|susp|complnt|patient|child|client|party|his|her)_?[0-9]?_(?:gender|sex|age)(?:$|_(?![0-9]))|"
    rf"^(?:gender|sex|age)_of_(?:the_)?(?:{_ROLE}|patient|child|client)(?:$|_)|"
    r"^(?:gender|sex|age)(?:_(?:groups?|range|band|class|category|code|years?|yrs|desc(?:ription)?|(?:in|at)_.*))*_?[0-9]?$"
)
_TRAIT = re.compile("(?:^|_)(?:gender|sex|age)(?:$|_)")
_OF_TALLY = re.compile(
    "(?:^|_)(?:median|mean|avg|average|ratio|gap|pop|population|male|female|[0-9]+|index|pyramid|structure|distribution|"
    "composition|dependency|dependent|adjusted|standardi[sz]ed|working|school|voting|retirement|old|based|offen[cs]es?|crimes?|"
    "assaults?|violence|trafficking|house|housing|building|dwelling|stand|tree|forest|road|pavement|pipe|bridge)(?:$|_)"
)
"""Words beside which age and sex are of many, or of a thing."""
_ASK = (
    "个人信息不能导入：请在文件中删除这一列后再导入。",
    "Personal data is never imported: delete the column from the file and import again.",
)

_FLAGS = re.compile(
    "关注(?:类型|程度|等级|对象)|(?:人员)?危险性(?:评估|等级|程度)|四史|(?:既往|违法|犯罪|涉毒|精神)史|管控(?:等级|级别|措施)|稳控|"
    "重点(?:上访|信访)|(?:上访|信访|缠访|闹访)(?:人员|老户|史)|人员(?:标签|等级|画像)|风险人员"
)
_FLAGS_ASK = (
    "这些列和代码给人贴标签，合法反映问题的人也会被列入，本系统不收。请删除这一列后再导入。",
    "Such columns flag persons, lawful petitioners too, and are not kept. Delete the column, then import again.",
)


def is_personal_header(header: str) -> bool:
    """Tell whether a heading means a person's name, number, origin or flag.

    Counts (``户籍人口``, ``网格员人数``) and names of places and teams are not personal.
    """
    text = normal_header(header)
    bare = text.replace("_", "")
    if _ZH_NEVER.search(bare):
        return True
    if _ZH_HEADER.search(bare):
        return not _ZH_COUNT.search(bare)
    trait = _EN_TRAIT.search(text) or (_TRAIT.search(text) and not _OF_TALLY.search(text))
    return bool(_EN_HEADER.search(text) or trait) and not _EN_COUNT.search(text)


def refuse_personal_headers(
    headers: Iterable[str], file_name: str, also: frozenset[str] = frozenset()
) -> None:
    """Refuse a file with a column that means a person.

    Parameters
    ----------
    headers : iterable of str
    file_name : str
        Named in the message.
    also : frozenset of str
        Further normalised headings that are personal in this kind of file.

    Raises
    ------
    InvalidInput
        Naming every such column.
    """
    headers = list(headers)
    flags = [h for h in headers if _FLAGS.search(normal_header(h).replace("_", ""))]
    if flags:
        raise InvalidInput(
            "person-flag-column",
            f"{file_name}：列“{'、'.join(flags[:20])}”。{_FLAGS_ASK[0]}",
            f'{file_name}: the column "{", ".join(flags[:20])}". {_FLAGS_ASK[1]}',
        )
    found = [h for h in headers if is_personal_header(h) or normal_header(h) in also]
    if found:
        shown = "、".join(found[:20])
        raise InvalidInput(
            "personal-data-column",
            f"{file_name}：列“{shown}”是个人信息。{_ASK[0]}",
            f'{file_name}: the column "{", ".join(found[:20])}" holds personal data. {_ASK[1]}',
        )
