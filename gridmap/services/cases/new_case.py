"""What may be told of a new case."""

from __future__ import annotations

import datetime as dt
import math

from gridmap.domain.cases.asked import NewCase, Spot
from gridmap.domain.cases.check import FIELD_WORDS
from gridmap.domain.cases.lists import require
from gridmap.domain.codes import codes
from gridmap.domain.days import EARLIEST_YEAR
from gridmap.domain.legible import is_unseen
from gridmap.domain.terms import ACCURACY, PEOPLE, SEVERITY
from gridmap.errors import InvalidInput
from gridmap.ingest.free_text import checked_text
from gridmap.ingest.personal import personal_in
from gridmap.services.cases.told import risk_needs_ground

_AHEAD = dt.timedelta(minutes=5)


def check_new(new: NewCase, now: dt.datetime) -> None:
    """Refuse what cannot be told of a case.

    Raises
    ------
    InvalidInput
    """
    _check_codes(new)
    if not new.summary.strip():
        raise InvalidInput(
            "case-no-summary", "请填写事由摘要。", "Say in a few words what the case is about."
        )
    for text in (new.summary, new.place, new.grid_reason):
        checked_text(text)
    if new.number_of_source and any(is_unseen(c) for c in new.number_of_source):
        raise InvalidInput(
            "source-number-unseen",
            "来源编号含有看不见的字符，会造成“看起来一样”的编号。请重新输入。",
            "The source's number holds a character that cannot be seen, which makes look-alikes. Type it again.",
        )
    if new.number_of_source and personal_in(new.number_of_source, identifier=True):
        raise InvalidInput(
            "source-number-personal",
            "来源编号像身份证号或电话号码，不予保存。请核对。",
            "The source's number looks like an identity or telephone number and is not kept. Check it.",
        )
    for name, at in (("occurred_at", new.occurred_at), ("reported_at", new.reported_at)):
        if at is not None and (at.tzinfo is None or at.year < EARLIEST_YEAR or at > now + _AHEAD):
            raise InvalidInput(
                "case-time",
                f"{FIELD_WORDS[name][0]}应带时区，不早于 1949 年，且不晚于现在。",
                f"The time {FIELD_WORDS[name][1]} has a zone, does not lie before 1949, and is not later than now.",
            )
    if not (PEOPLE.has(new.people_count) and SEVERITY.has(new.severity)):
        raise InvalidInput(
            "case-count",
            f"人数为 {PEOPLE.low} 至 {PEOPLE.high:,}，严重程度为 {SEVERITY.low} 至 {SEVERITY.high}。",
            f"There are {PEOPLE.low} to {PEOPLE.high:,} people; severity is {SEVERITY.low} to {SEVERITY.high}.",
        )
    check_point(new)


def check_point(told: NewCase | Spot) -> None:
    """Refuse a coordinate or an accuracy that is no number, or an accuracy beyond its limits.

    Raises
    ------
    InvalidInput
    """
    for name, value in (("lon", told.lon), ("lat", told.lat), ("accuracy_m", told.accuracy_m)):
        if value is not None and not (math.isfinite(value) and (name != "accuracy_m" or ACCURACY.has(value))):
            raise InvalidInput(
                "case-place-number",
                f"{FIELD_WORDS[name][0]}不能是 {value}：应为数；误差为 0 至 {ACCURACY.high:,} 米。",
                f"{FIELD_WORDS[name][1].capitalize()} cannot be {value}: it is a number, and an accuracy lies from "
                f"0 to {ACCURACY.high:,} m.",
            )


def _check_codes(new: NewCase) -> None:
    kinds = codes("dispute_kind") if new.domain == "dispute" else None
    for given, known in (
        (new.domain, codes("domain")),
        (new.scale, codes("scale")),
        (new.channel, codes("channel")),
        (new.kind, kinds),
    ):
        if given is not None and known is not None and given not in known:
            raise InvalidInput(
                "case-code-unknown",
                f"“{given}”不在列表中，可选：{'、'.join(sorted(known))}。",
                f"{given!r} is not in the list; choose of {', '.join(sorted(known))}.",
            )
    for listed in ("found_by", "sum_band", "risk"):
        require(listed, getattr(new, listed))
    for ground in new.risk_grounds:
        require("risk_ground", ground)
    if new.risk != "green" and not new.risk_grounds:
        raise risk_needs_ground()
