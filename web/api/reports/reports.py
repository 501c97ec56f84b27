"""Reports: asked for, and the register of those that were made."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import asdict
from typing import Literal

from flask import Response
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag
from pydantic import BaseModel, Field

from gridmap.analysis.roads import Mode
from gridmap.domain import terms
from gridmap.services.reports.building import list_reports
from gridmap.services.reports.ordering import WantedReport, order_report
from gridmap.services.reports.request import LEAST_REPLICATIONS, PURPOSE, REPLICATIONS
from gridmap.services.reports.service_report import service_report
from gridmap.services.response.access import MOMENTS, PEOPLE, SERVICES, Service, Who
from web.api.jobs import JobAnswer, answer_started
from web.api.schemas import Key, Level, Problem, Strict, asked
from web.assets import vendor_folder
from web.context import actor, database, scope

bp = APIBlueprint(
    "reports",
    __name__,
    url_prefix="/api/v1",
    abp_tags=[Tag(name="reports", description="报告: documents of a period, with perturbed numbers")],
    abp_responses={403: Problem, 404: Problem, 409: Problem, 422: Problem, 503: Problem},
)


class ReportsQuery(Strict):
    """How many."""

    limit: int = Field(50, ge=1, le=1000)


class ReportEntry(BaseModel):
    """A report in the register."""

    report_id: int
    kind: str
    scope_lo: str
    scope_hi: str
    since: dt.date
    until: dt.date
    seed: int
    purpose: str
    owner: str | None
    version: str
    data_sha256: str
    file_sha256: str
    created_at: dt.datetime


class Reports(BaseModel):
    """The register, newest first."""

    reports: list[ReportEntry]


class ServicesQuery(Strict):
    """How people go."""

    mode: Mode = Field("bike", description="How people go to a body.")


class VillageReach(BaseModel):
    """A village: its people, and the median of their minutes, by service, whom and when."""

    grid_key: str
    name_zh: str
    name_en: str
    people: dict[Who, int]
    minutes: dict[Service, dict[Who, dict[str, float | None]]]


class Longer(BaseModel):
    """A body that is closed then, and what people would gain if it were open; each by itself."""

    service: Service
    moment: str
    code: str
    name_zh: str
    name_en: str
    people: int
    minutes_saved: float
    only_one: bool


class ServicesAnswer(BaseModel):
    """Minutes to the nearest body that is open; the village that is farthest from mediation first."""

    mode: Mode
    counted_in: Literal["people", "households"]
    villages: list[VillageReach]
    town: dict[Service, dict[Who, dict[str, float | None]]]
    open_longer: list[Longer]
    bodies: dict[Service, dict[str, int]]
    unplaced: int = Field(description="Temporary residents at sites without a place, who are in no number.")


class HotspotReportRequest(Strict):
    """What a hotspot report is to tell; what is left out is chosen as for the command line."""

    since: dt.date | None = Field(None, alias="from", description="First local day; the first there is.")
    until: dt.date | None = Field(None, alias="to", description="Last local day; the last there is.")
    level: Level | None = Field(None, description="Level of the grids; the finest there is where absent.")
    by: Literal["count", "rate"] | None = Field(
        None, description="By counts, or by the people present; by these where they are known, when absent."
    )
    within: Key | None = Field(
        None, description="The grid that it is about; all that may be seen where absent."
    )
    domain: str | None = Field(None, max_length=terms.LONGEST["code"], description="Code of a domain.")
    kind: str | None = Field(None, max_length=terms.LONGEST["code"], description="Code of a kind.")
    seed: int = asked(terms.SEED)
    languages: Literal["zh", "en", "both"] = "both"
    purpose: str = Field(
        PURPOSE,
        min_length=1,
        max_length=terms.LONGEST["purpose"],
        description="Printed, and kept in the register.",
    )
    permutations: int = Field(REPLICATIONS, ge=LEAST_REPLICATIONS, le=int(terms.PERMUTATIONS.high))


@bp.get("/reports", responses={200: Reports})
def list_made(query: ReportsQuery) -> Reports:
    """List the reports about what may be seen, newest first."""
    kept = list_reports(database(), scope(), limit=query.limit)
    return Reports(
        reports=[
            ReportEntry(
                **{name: row[name] for name in ReportEntry.model_fields if not name.startswith("scope_")},
                scope_lo=str(row["scope_lo"]),
                scope_hi=str(row["scope_hi"]),
            )
            for row in kept
        ]
    )


def _by_name(
    found: Mapping[tuple[Service, Who, str], float | None],
) -> dict[Service, dict[Who, dict[str, float | None]]]:
    return {
        service: {
            who: {
                moment: None if (m := found[service, who, moment]) is None else round(m, 1)
                for moment in MOMENTS
            }
            for who in PEOPLE
        }
        for service in SERVICES
    }


@bp.get("/reports/services", responses={200: ServicesAnswer})
def get_services(query: ServicesQuery) -> ServicesAnswer:
    """Tell how far open mediation bodies and service points are, by time of the week, and who could open longer."""
    found = service_report(database(), actor(), mode=query.mode).access
    return ServicesAnswer(
        mode=found.mode,
        counted_in=found.counted_in,
        villages=[
            VillageReach(
                grid_key=str(village.grid_key),
                name_zh=village.name_zh,
                name_en=village.name_en,
                people=dict(village.people),
                minutes=_by_name(village.minutes),
            )
            for village in found.villages
        ],
        town=_by_name(found.town),
        open_longer=[Longer(**asdict(one)) for one in found.open_longer],
        unplaced=found.unplaced,
        bodies={service: {m: found.bodies[service, m] for m in MOMENTS} for service in SERVICES},
    )


@bp.post("/reports/hotspots", responses={202: JobAnswer})
def start_report(body: HotspotReportRequest) -> tuple[Response, int]:
    """Have a hotspot report made, which takes half a minute; its job names the files."""
    wanted = WantedReport(**body.model_dump())
    return answer_started(order_report(database(), actor(), wanted, assets=vendor_folder()))
