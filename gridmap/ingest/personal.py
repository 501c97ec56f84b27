"""Personal data at the door: headings that mean a person, texts that hold an identity or telephone number.

The check of identity numbers follows GB 11643-1999 (ISO 7064, MOD 11-2); fifteen-digit numbers of the first
generation have no check digit and are recognised by their region and date.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Iterable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from gridmap.errors import InvalidInput

_ZH_PERSON = (
    "姓名|名字|人名|姓氏|曾用名|身份证|证件号|证件类型|公民身份|护照|手机|电话|联系方式|联系人|微信|qq号|邮箱|电子邮件|民族|籍贯|户籍|"
    "户口|出生|生日(?!期)|原籍|来源地|来源省|来自何|来自哪|流出地|输出地|宗教|信仰|政治面貌|当事人|报警人|报案人|举报人|申请人|嫌疑人|受害人|"
    "被害人|犯罪人|上访人|信访人|来访人|投诉人|反映人|证人|原告|被告|户主|房东|承租人|租客|监护人|负责人|责任人|经办人|承办人|登记人|"
    "录入人|记录人|处理人|填报人|网格员|网格长|调解员|民警|队长|队员|法人|村民代表|联络员|住址|家庭地址|车牌|银行卡|社保卡|人脸|指纹|"
    "imei|imsi|重点人|吸毒|前科|刑满|刑释|社区矫正|精神障碍|精神病|人员编号|人员类别|人员类型|信用分|个人评分"
)
_ZH_HEADER = re.compile(_ZH_PERSON)
_ZH_NEVER = re.compile("民族|籍贯|宗教|信仰")
_ZH_COUNT = re.compile(
    r"(?:(?<!编)(?<!指)(?:人数|户数|个数|数量|总数|比例|占比|率)|(?:员|表|人|点)数|户籍人口数?|户口数)(?:[\(（].{0,6}[\)）])?$"
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
    r"ethnic|ethnicity|ethnic_group|race|nationality|religions?|religious|faith|birth|birth_?day|birth_?date|"
    r"birth_?place|dob|place_of_origin|origin_(?:place|province|city|county)|native_place|home_?town|hukou|"
    r"home_?address|licen[cs]e_?plate|plate_?(?:no|number)|face_?id|fingerprint|"
    r"xingming|shenfenzheng|sfz|sfzh|shouji|shoujihao|dianhua|minzu|jiguan|hujidi|huji)(?:$|_)"
)
_EN_COUNT = re.compile(r"_(?:count|counts|total|share|rate|n)$")
_ASK = (
    "个人信息不能导入：请在文件中删除这一列后再导入。",
    "Personal data is never imported: delete the column from the file and import again.",
)

_MOBILE = r"(?:(?:\+|00)?86[ \-]?)?1[3-9][0-9][ \-]?[0-9]{4}[ \-]?[0-9]{4}"
_MOBILE_ANY = re.compile(rf"(?<![0-9])(?<![0-9]\.){_MOBILE}(?![0-9])(?!\.[0-9])")
_LANDLINE_ANY = re.compile(r"(?<![0-9.\-])\(?0(?:10|2[0-9]|[3-9][0-9]{2})\)?[ \-][2-9][0-9]{6,7}(?![0-9\-])")
_ID18_ANY = re.compile(r"(?<![0-9A-Za-z.])[1-9][0-9]{5}(?:18|19|20)[0-9]{9}[0-9Xx](?![0-9A-Za-z])")
_ID18_SPACED = re.compile(
    r"(?<![0-9A-Za-z.])[1-9][0-9]{5}[ \-](?:18|19|20)[0-9]{6}[ \-][0-9]{3}[0-9Xx](?![0-9A-Za-z])"
)
_ID15_ANY = re.compile(r"(?<![0-9A-Za-z.])[1-9][0-9]{14}(?![0-9A-Za-z])(?!\.[0-9])")
# RE2 without look-around: whatever could hold one of the patterns above, cheaply.
_SUSPECT = r"[0-9０-９][0-9０-９ \-\)]{8,}"
_PROVINCES = frozenset(
    str(n)
    for first, last in ((11, 15), (21, 23), (31, 37), (41, 46), (50, 54), (61, 65), (71, 71), (81, 83))
    for n in range(first, last + 1)
)
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK = "10X98765432"


def normal_header(header: str) -> str:
    """Heading as compared: full-width folded, camel case and punctuation to underscores, lower case."""
    text = unicodedata.normalize("NFKC", header).strip()
    text = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", text)
    text = re.sub(r"[\s\-_./:：#*'\"“”、，,;；\\|]+", "_", text).strip("_")
    return text.lower()


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
    return bool(_EN_HEADER.search(text)) and not _EN_COUNT.search(text)


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
    found = [h for h in headers if is_personal_header(h) or normal_header(h) in also]
    if found:
        shown = "、".join(found[:20])
        raise InvalidInput(
            "personal-data-column",
            f"{file_name}：列“{shown}”是个人信息。{_ASK[0]}",
            f'{file_name}: the column "{", ".join(found[:20])}" holds personal data. {_ASK[1]}',
        )


def is_identity_number(text: str) -> bool:
    """Tell whether an 18-digit text is a valid identity number (region, date of birth and check digit)."""
    if len(text) != 18 or text[:2] not in _PROVINCES or not _is_date(text[6:14]):
        return False
    total = sum(w * int(d) for w, d in zip(_WEIGHTS, text[:17], strict=True))
    return _CHECK[total % 11] == text[17].upper()


def _is_date(yyyymmdd: str) -> bool:
    try:
        born = dt.date(int(yyyymmdd[:4]), int(yyyymmdd[4:6]), int(yyyymmdd[6:]))
    except ValueError:
        return False
    return born.year >= 1880


def personal_in(text: str, *, identifier: bool = False) -> str | None:
    """Kind of personal number that a text holds: ``"identity"``, ``"phone"`` or None.

    Parameters
    ----------
    text : str
    identifier : bool
        Whether the text is a code or number of a record. Long codes are then not taken for first-generation
        identity numbers, and only a whole value can be a telephone.
    """
    text = unicodedata.normalize("NFKC", text)
    for pattern in (_ID18_ANY, _ID18_SPACED):
        if any(is_identity_number(re.sub(r"[ \-]", "", m[0])) for m in pattern.finditer(text)):
            return "identity"
    if identifier:
        return "phone" if re.fullmatch(_MOBILE, text.strip()) else None
    for m in _ID15_ANY.finditer(text):
        # Towns are numbered up to 399, so a micro-grid's code would be somebody born before 1940.
        if m[0][:2] in _PROVINCES and m[0][6] >= "4" and _is_date("19" + m[0][6:12]):
            return "identity"
    if _MOBILE_ANY.search(text) or _LANDLINE_ANY.search(text):
        return "phone"
    return None


def mask(text: str) -> str:
    """Text with every long run of digits starred out, so that a report never repeats what it refuses."""
    return re.sub(
        r"[0-9０-９][0-9０-９ \-]{5,}[0-9０-９Xx]", lambda m: m[0][:2] + "*" * (len(m[0]) - 2), text
    )


def find_personal(
    column: pa.ChunkedArray, *, identifier: bool = False
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows of a text column that hold an identity or telephone number.

    Parameters
    ----------
    column : pyarrow.ChunkedArray of string, length n
    identifier : bool
        See :func:`personal_in`.

    Returns
    -------
    identity, phone : ndarray of int64
        Row positions, ascending.
    """
    suspects = np.flatnonzero(
        pc.fill_null(pc.match_substring_regex(column, _SUSPECT), fill_value=False).to_numpy(
            zero_copy_only=False
        )
    )
    identity: list[int] = []
    phone: list[int] = []
    if suspects.size:
        encoded = column.take(pa.array(suspects)).combine_chunks().dictionary_encode()
        kinds = [personal_in(v, identifier=identifier) for v in encoded.dictionary.to_pylist()]
        if identifier and _is_serial_numbering(encoded.dictionary.to_pylist(), kinds):
            kinds = [None if k == "identity" else k for k in kinds]
        for row, i in zip(suspects.tolist(), encoded.indices.to_pylist(), strict=True):
            if kinds[i] == "identity":
                identity.append(row)
            elif kinds[i] == "phone":
                phone.append(row)
    return np.array(identity, dtype=np.int64), np.array(phone, dtype=np.int64)


def _is_serial_numbering(values: list[str], kinds: list[str | None]) -> bool:
    """Tell whether 18-digit codes are serial numbers: by chance one in eleven has a valid check digit."""
    long = [k for v, k in zip(values, kinds, strict=True) if re.fullmatch(r"[0-9]{17}[0-9Xx]", v.strip())]
    return len(long) >= 20 and sum(k == "identity" for k in long) < 0.3 * len(long)
