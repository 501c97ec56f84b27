"""Rules for what is written apart: plates, e-mails, rooms, accounts and papers with separators where none belong.

As in :mod:`gridmap.ingest.personal.rules`, each is a kind and a regular expression whose first group is starred out.
`PARTED_FIGURES` are searched where Chinese digits are figures, `PARTED` in the text as it was typed.
"""

from __future__ import annotations

PLATE_PLACE = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
PLATE_END = "[A-HJ-NP-Z0-9挂学警港澳]"

_APART = r"[ ·.•\-_/\\|*:,()\[\]{}【】「」『』<>\"'“”]"
_ON_PLATE = "[A-HJ-NP-Z0-9]"
_THREE_FIGURES = "(?=(?:[^0-9一-鿿]{0,9}[0-9]){3})"
"""A plate has two letters at most among the five or six signs after its first."""
_EACH_APART = (
    rf"(?:{_APART}{{1,3}}{_ON_PLATE}){{4,5}}{_APART}{{1,3}}{PLATE_END}(?!{_APART}{{0,3}}{_ON_PLATE})"
)
_IN_GROUPS = rf"{_APART}{{0,3}}(?:{_ON_PLATE}[ ·•\-_]{{0,3}}){{4,5}}{PLATE_END}(?![ ·•\-_]{{0,3}}{_ON_PLATE}|[.+][0-9])"
_PLATE = "车 ?牌|牌 ?照|车 ?号|牌 ?号"

_NO_ROOM = "(?! ?(?:[0-9年月日户人米元台盏个平组伏千瓦吨kvmKVM%~～]|-[0-9]|#))"
_ROOM = "[1-9][0-9]?0[1-9]|[1-9][0-9]?1[0-9]"
"""A floor and a door."""

_POST = "qq|163|126|139|189|gmail|hotmail|outlook|foxmail|sina|sohu|yeah|aliyun|icloud|yahoo|tom|21cn|vip"
_TOP = "(?:c ?o ?m|c ?n|n ?e ?t|o ?r ?g|e ?d ?u|g ?o ?v|c ?c|t ?o ?p|m ?e|v ?i ?p)"
_SIGN = r"(?:@|艾 ?特|小?老鼠|圈 ?a|[(\[{【] ?(?:at|a|@) ?[)\]}】])"
_POINT = r"(?:[.。点·,]|[(\[{【] ?(?:dot|[.。点]) ?[)\]}】]|dot)"
_BESIDE_WORD = r"[ ·_\-.]{1,3}"

_IS = "[:：为是 ]{0,3}"
_NUMBER_OF = "(?: ?号 ?码?)?"

PARTED_FIGURES: tuple[tuple[str, str], ...] = (
    ("plate", rf"([{PLATE_PLACE}领]{_APART}{{0,3}}[A-Z]{_THREE_FIGURES}(?:{_EACH_APART}|{_IN_GROUPS}))"),
    (
        "plate",
        rf"(?:{_PLATE})(?: ?号 ?码?)?{_IS}([A-Z]{_THREE_FIGURES}(?:{_EACH_APART}|{_IN_GROUPS}))",
    ),
    (
        "room",
        (
            r"(?<![0-9月.])([0-9]{1,3} ?(?:[幢栋座]|号楼|#楼|#)[ \-/·]{0,3}[0-9]{1,2} ?(?:单元|梯|门)?"
            rf"[ \-/·]{{1,3}}[1-9][0-9]{{2,3}}室?){_NO_ROOM}"
        ),
    ),
    ("room", rf"(?<![0-9月.第])([0-9]{{1,3}}号[ \-/]{{0,3}}[0-9]{{1,2}} ?- ?(?:{_ROOM})室?){_NO_ROOM}"),
    (
        "room",
        (
            rf"(?<![0-9A-Za-z.])([0-9]{{1,3}} ?# ?(?:{_ROOM}))"
            r"(?=$|室|号?业主|号?住|号?租|号?家|漏|渗|反映|投诉|与|和(?!约))"
        ),
    ),
    ("room", r"(?<![0-9])([0-9]{1,4}(?:[ \-#.·/_]{1,3}[0-9]{1,4}){1,8} ?室)(?![内外温女友])"),
    (
        "account",
        rf"(?<![a-z])q[ \-.·_]{{0,2}}q(?: ?群)?{_NUMBER_OF}{_IS}([1-9](?:[ \-.·_]{{0,3}}[0-9]){{4,11}})(?![0-9])",
    ),
    (
        "document",
        (
            rf"(?:护 ?照|通 ?行 ?证|回 ?乡 ?证|台 ?胞 ?证|驾 ?照|passport){_NUMBER_OF}{_IS}"
            rf"([A-Z]{{1,2}}(?:{_APART}{{0,3}}[0-9]){{7,9}})(?![0-9])"
        ),
    ),
    (
        "short",
        r"(?:车 ?牌|牌 ?照|手 ?机|电 ?话|身 ?份 ?证|卡|微 ?信) ?尾 ?号[:为是 ]{0,3}([0-9](?: ?[0-9]){2,5})",
    ),
)

PARTED: tuple[tuple[str, str], ...] = (
    (
        "account",
        (
            rf"((?:[A-Za-z0-9._%+\-]{{1,40}} )?[A-Za-z0-9._%+\-]{{1,40}} ?{_SIGN} ?[A-Za-z0-9\-]{{1,30}}"
            rf"(?: ?{_POINT} ?[A-Za-z0-9\-]{{1,20}}){{0,2}} ?{_POINT} ?{_TOP})(?![a-z])"
        ),
    ),
    (
        "account",
        rf"((?:[A-Za-z0-9._%+\-] ){{2,40}}{_SIGN} (?:[A-Za-z0-9\-] ?){{1,30}}{_POINT} ?{_TOP})(?![a-z])",
    ),
    ("account", rf"([A-Za-z0-9._%+\-]{{2,40}} ?# ?(?:{_POST}) ?{_POINT} ?{_TOP})(?![a-z])"),
    (
        "account",
        (
            rf"((?:[A-Za-z0-9._%+\-]{{1,40}} )?[A-Za-z0-9._%+\-]{{2,40}}{_BESIDE_WORD}at{_BESIDE_WORD}"
            rf"(?:(?:{_POST})[ ·_\-]{{0,3}}{_POINT}|(?!www)[A-Za-z0-9]{{1,30}}{_BESIDE_WORD}dot)[ ·_\-.]{{0,3}}{_TOP})"
            r"(?![a-z])"
        ),
    ),
    ("account", rf"([A-Za-z0-9._%+\-]{{2,40}} ?(?:@|艾 ?特|小?老鼠|圈 ?a) ?(?:{_POST}))(?![A-Za-z0-9])"),
    (
        "account",
        (
            rf"(?:微[ \-·.]{{1,3}}信|wei[ \-·.]xin|(?<![a-z])[wv][ \-·.]x(?=[ 号]{{0,2}}[:：])){_NUMBER_OF} ?{_IS}"
            r"([A-Za-z0-9](?:[ ._\-]?[A-Za-z0-9_]){4,19})"
        ),
    ),
    (
        "account",
        (
            rf"(?:微 ?信|薇 ?信|v ?信|we ?chat|weixin|(?<![a-z])[vw]x){_NUMBER_OF} ?{_IS}"
            r"((?:[A-Za-z0-9_][ .·\-]){4,19}[A-Za-z0-9_])(?![A-Za-z0-9])"
        ),
    ),
    (
        "account",
        (
            rf"(?:抖 音|快 手|支 付 宝|钉 钉|小 红 书|微 博){_NUMBER_OF} ?{_IS}"
            r"([A-Za-z0-9_](?: ?[A-Za-z0-9_\-.]){3,29})"
        ),
    ),
)
"""A person's own spacing hides nothing that a reader would still read."""
