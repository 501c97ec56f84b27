"""What a profile of a source system may say."""

from __future__ import annotations

import re
from collections.abc import Mapping

from gridmap import crs
from gridmap.domain.fields import Field
from gridmap.domain.profiles import UNKNOWN, Profile
from gridmap.errors import InvalidInput
from gridmap.ingest.rows.headers import noun_of, split_values

_NAME = re.compile(r"[\w\-]{1,40}")


def check(profile: Profile) -> None:
    """Refuse a profile that cannot be used.

    Raises
    ------
    InvalidInput
        As :func:`save`.
    """
    if not _NAME.fullmatch(profile.name):
        raise InvalidInput(
            "profile-name",
            "配置名称为 1 至 40 个字母、数字、汉字、_ 或 -，它也是投放文件夹的名称。",
            "A profile's name has 1 to 40 letters, digits, _ or -: it names its incoming folder, too.",
        )
    noun = noun_of(profile.noun)
    if profile.unknown not in UNKNOWN:
        raise InvalidInput(
            "profile-unknown",
            f"未知值的处理只能是 {'、'.join(UNKNOWN)}。",
            f"What becomes of unknown values is one of {', '.join(UNKNOWN)}.",
        )
    headings, values = split_values(dict(profile.mapping), noun)
    fields = {f.name: f for f in noun.fields}
    for left, right in (headings or {}).items():
        target = left if right.startswith("=") else right
        if target and target not in fields:
            raise InvalidInput(
                "mapping-field-unknown",
                f"没有字段“{target}”，{noun.zh}的字段有：{'、'.join(sorted(fields))}。",
                f'There is no field "{target}"; {noun.name} have: {", ".join(sorted(fields))}.',
            )
    _check_values(fields, headings or {}, values)
    _check_reading(profile)


def _check_values(
    fields: Mapping[str, Field], headings: Mapping[str, str], values: Mapping[str, Mapping[str, str]]
) -> None:
    """Refuse words that are said to mean what their field's list does not have."""
    said = [(name, word, code) for name, words in values.items() for word, code in words.items()]
    said += [(name, "=", right[1:]) for name, right in headings.items() if right.startswith("=")]
    for name, word, code in said:
        known = fields[name].codes
        if known is None or code.lower() in known or code in known.values():
            continue
        offered = "、".join(sorted(set(known.values())))
        raise InvalidInput(
            "profile-value-unknown",
            f"“{fields[name].zh}”的“{word}”写成了“{code}”，列表中没有。可用：{offered}。",
            f'"{word}" of {name} is said to be "{code}", which its list does not have. It may be: '
            f"{offered.replace('、', ', ')}.",
        )


def _check_reading(profile: Profile) -> None:
    if profile.crs is not None:
        crs.normalise(profile.crs)
    require_encoding(profile.encoding or "utf-8")


def require_encoding(name: str) -> None:
    """Refuse what no text can be written in.

    Raises
    ------
    InvalidInput
    """
    try:
        "".encode(name)
    except (LookupError, ValueError):
        # Python knows codecs of bytes, too, such as zip.
        raise InvalidInput(
            "profile-encoding",
            f"没有编码“{name}”。常用：utf-8、gb18030、big5、utf-16。",
            f"There is no encoding {name!r}; usual are utf-8, gb18030, big5, utf-16.",
        ) from None
