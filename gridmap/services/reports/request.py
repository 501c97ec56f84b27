"""What a report is asked to tell, and the command line that makes the same file again."""

from __future__ import annotations

import datetime as dt
import shlex
from dataclasses import dataclass
from typing import Literal

from pydantic import TypeAdapter

from gridmap.domain.days import EARLIEST_YEAR, FARTHEST
from gridmap.domain.legible import is_unseen
from gridmap.domain.protection import widened
from gridmap.domain.terms import LONGEST
from gridmap.errors import InvalidInput
from gridmap.ingest.personal import personal_in
from gridmap.services.hotspots.spec import HotspotSpec

PURPOSE = "镇综治例会 / town meeting"
REPLICATIONS = 999
LEAST_REPLICATIONS = 19


@dataclass(frozen=True, slots=True)
class ReportRequest:
    """What a hotspot report is asked to tell.

    Attributes
    ----------
    since, until : date
        First and last local day of the period. A report leaves the house, so it is widened to whole weeks where it is
        short, else to whole months.
    level : int
        Level of the cells: 1 to 4.
    within : int or None
        Key of the grid that the report is about; the whole workspace where None.
    domain, kind : str or None
        Codes; where the domain is None each is judged by itself.
    by : {'count', 'rate'}
    seed : int
    languages : {'zh', 'en', 'both'}
    purpose : str
        What the report is for: printed, and kept in the register.
    permutations : int
        Random replications of the space-time scan.
    """

    since: dt.date
    until: dt.date
    level: int
    within: int | None = None
    domain: str | None = None
    kind: str | None = None
    by: Literal["count", "rate"] = "count"
    seed: int = 0
    languages: Literal["zh", "en", "both"] = "both"
    purpose: str = PURPOSE
    permutations: int = REPLICATIONS

    def __post_init__(self) -> None:
        """Widen the period to whole weeks or months; refuse a purpose that is empty or names a person."""
        if self.since.year < EARLIEST_YEAR or self.until >= FARTHEST.date():
            raise InvalidInput(
                "report-period",
                f"时段应在 {EARLIEST_YEAR} 年至 {FARTHEST.year - 1} 年之间，请改正起止日期。",
                f"A period lies in {EARLIEST_YEAR} to {FARTHEST.year - 1}: put its first and last day right.",
            )
        begin, after = widened(self.since, self.until)
        object.__setattr__(self, "since", begin)
        object.__setattr__(self, "until", after - dt.timedelta(days=1))
        if not self.purpose.strip() or len(self.purpose) > LONGEST["purpose"]:
            raise InvalidInput(
                "purpose-length",
                "请写明报告用途，1 至 200 字。",
                "Say what the report is for, in 1 to 200 characters.",
            )
        if any(is_unseen(c) for c in self.purpose):
            raise InvalidInput(
                "purpose-unseen",
                "用途含有看不见的字符。请重新输入。",
                "The purpose holds a character that cannot be seen. Type it again.",
            )
        if personal_in(self.purpose) is not None:
            raise InvalidInput(
                "purpose-personal",
                "用途中有身份证号或电话号码，请删除。",
                "The purpose holds an identity or telephone number. Take it out.",
            )
        if self.permutations < LEAST_REPLICATIONS:
            raise InvalidInput(
                "permutations-range",
                "随机重复次数至少 19 次。",
                "At least 19 random replications are needed.",
            )

    @property
    def spec(self) -> HotspotSpec:
        """The run behind the report."""
        return HotspotSpec(
            "gi",
            self.since,
            self.until,
            domain=self.domain,
            kind=self.kind,
            level=self.level,
            by=self.by,
            within=self.within,
            seed=self.seed,
        )

    @property
    def command(self) -> str:
        """The command line that makes the same file again."""
        words = ["gridmap", "reports", "build", "hotspots"]
        if self.within is not None:
            words += ["--scope", str(self.within)]
        words += [
            "--from",
            self.since.isoformat(),
            "--to",
            self.until.isoformat(),
            "--level",
            str(self.level),
        ]
        for option, value in (("--domain", self.domain), ("--kind", self.kind)):
            words += [option, value] if value is not None else []
        words += ["--by", self.by, "--seed", str(self.seed), "--permutations", str(self.permutations)]
        words += ["--lang", self.languages, "--purpose", self.purpose, "--out", "FILE.html"]
        return shlex.join(words)

    @property
    def last_year(self) -> tuple[dt.date, dt.date]:
        """First and last day of the same season a year ago: the same months, or the same weekdays."""
        months = self.since.day == 1 and (self.until + dt.timedelta(days=1)).day == 1
        if not months:
            return self.since - dt.timedelta(weeks=52), self.until - dt.timedelta(weeks=52)
        after = self.until + dt.timedelta(days=1)
        return self.since.replace(year=self.since.year - 1), after.replace(
            year=after.year - 1
        ) - dt.timedelta(days=1)

    @property
    def before(self) -> tuple[dt.date, dt.date]:
        """First and last day of the period of as many whole weeks or months directly before."""
        last = self.since - dt.timedelta(days=1)
        months = self.since.day == 1 and (self.until + dt.timedelta(days=1)).day == 1
        if not months:
            return last - (self.until - self.since), last
        count = (self.until.year - self.since.year) * 12 + self.until.month - self.since.month + 1
        number = self.since.year * 12 + self.since.month - 1 - count
        return dt.date(number // 12, number % 12 + 1, 1), last


REQUEST: TypeAdapter[ReportRequest] = TypeAdapter(ReportRequest)
"""Writes a request as JSON holds it, and reads it back."""
