"""A patrol plan as JSON tells it: what is kept of its routes, what is told of it, and what pages and files read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NotRequired, TypedDict

from shapely.geometry.base import BaseGeometry


class Notice(TypedDict):
    """What a person is to know of a plan, about a stop or a team where it is about one."""

    code: str
    stop: str | None
    team: str | None
    zh: str
    en: str


class ShownStreet(TypedDict):
    """A stretch of a leg."""

    name: str | None
    length_m: float
    seconds: float


class WayAbout(TypedDict):
    """A way along a segment, or on foot: where it goes (EPSG:4326), how far, and how much of that leads there and back.

    ``left`` is where the vehicle is left.
    """

    coordinates: list[list[float]]
    length_m: float
    aside_m: float
    streets: list[ShownStreet]
    left: NotRequired[list[float]]


class StopAbout(TypedDict):
    """What is told of a stop; counts and terms of its prize are None for one that came in during the shift.

    ``shares`` are those of the hours of the day, from midnight, where its prize changes with them.
    """

    name_zh: str
    name_en: str
    words_zh: str
    words_en: str
    observed: int | None
    expected: float | None
    grid_key: str
    lon: float
    lat: float
    terms: dict[str, float | None] | None
    fixed: NotRequired[bool]
    shares: NotRequired[list[float]]
    ways: NotRequired[list[WayAbout]]


class Carried(TypedDict):
    """What happened in a shift: a team out, or taken to a place after so many visits until it is free."""

    kind: Literal["out", "taken"]
    team: str
    place: NotRequired[int]
    free_s: NotRequired[float]
    after: NotRequired[int]
    now: NotRequired[bool]


class ShownLeg(TypedDict):
    """The way from one place to the next."""

    length_m: float
    seconds: float
    streets: list[ShownStreet]


class ShownAlong(ShownLeg):
    """What a visit goes along; ``left`` is where the vehicle is left for it, ``aside_m`` the way from it and back."""

    aside_m: float
    left: NotRequired[list[float]]


class Standing(TypedDict):
    """Where a team stands for a stop: a point of the road, and where from there the incidents lie."""

    lon: float
    lat: float
    spot_lon: float
    spot_lat: float
    off_m: float
    street: str | None
    side_zh: str
    stand_zh: str
    stand_en: str


class ShownVisit(Standing):
    """A visit; times are ISO 8601 with the workspace's offset."""

    stop: str
    number: int
    name_zh: str
    name_en: str
    grid_key: str
    words_zh: str
    words_en: str
    village: str
    arrive: str
    start: str
    leave: str
    wait_s: float
    prize: float
    leg: ShownLeg
    fixed: NotRequired[bool]
    along: NotRequired[ShownAlong | None]


class ShownEmergency(TypedDict):
    """An emergency that took a team."""

    after: int
    lon: float
    lat: float
    free_at: str
    leg: ShownLeg


class RouteTold(TypedDict):
    """What is kept of a route beside its team and its line."""

    name_zh: str
    name_en: str
    mode: str
    begin: str
    end: str
    rest: list[str] | None
    length_m: float
    travel_s: float
    dwell_s: float
    wait_s: float
    load: float
    prize: float
    base_lon: float
    base_lat: float
    visits: list[ShownVisit]
    home: ShownLeg | None
    taken: list[ShownEmergency]


class ShownRoute(RouteTold):
    """A route; its line in EPSG:4326."""

    team_code: str
    geometry: BaseGeometry | None


class HourPrize(TypedDict):
    """What a first visit to a stop earns in an hour of the shift."""

    hour: int
    prize: float


class ShownReason(TypedDict):
    """Why a stop is visited so often, or is not."""

    stop: str
    visited: int
    code: str
    zh: str
    en: str
    team: str | None
    prize: float
    name_zh: str
    name_en: str
    observed: int | None
    expected: float | None
    lon: float
    lat: float
    terms: dict[str, float | None] | None
    shares: NotRequired[list[float]]
    by_hour: NotRequired[list[HourPrize]]


class ShownVillage(TypedDict):
    """A village's share of the prize."""

    grid_key: str
    prize: float
    possible: float
    share: float
    needed: float
    lacks: float


class IdleTeam(TypedDict):
    """Why a team has nothing to do."""

    team: str
    code: str
    zh: str
    en: str


class TakenTeam(TypedDict):
    """A team that an emergency took."""

    team: str
    lon: float
    lat: float
    free_at: str


class PlanChange(TypedDict):
    """What a plan changed of the one that it was made from."""

    at: str
    moved: list[str]
    dropped: list[str]
    added: list[str]
    names: dict[str, list[str]]
    asked: NotRequired[list[str]]
    others: NotRequired[list[str]]
    teams_out: NotRequired[list[str]]
    taken: NotRequired[list[TakenTeam]]


class PlanAvoid(TypedDict):
    """What an observer who knows the habit of the drawn nights could avoid, in prize; ``at`` is ISO 8601.

    ``by_place`` and ``by_part`` are the least that any frequencies of these nights leave, by place and by place and
    part of the shift; ``drawn`` what is left where each comes equally often; ``most`` the largest prize of a place.
    """

    by_place: float
    by_place_drawn: float
    by_part: float
    by_part_drawn: float
    most: float
    stop: str | None
    name_zh: str
    name_en: str
    at: str
    weights: list[float]


class PlanMix(TypedDict):
    """What is told of plans that were drawn near the best."""

    nights: int
    night: int
    loss: float
    best_prize: float
    kept: float
    worst_village: str | None
    worst_coverage: float | None
    unvisited: list[str]
    arrival_entropy_bits: float
    stop_entropy_bits: float
    pool: int
    conventions: Mapping[str, str]
    avoid: NotRequired[PlanAvoid]


class PlacedVisit(TypedDict):
    """A visit of routes that were planned by place only; times are ISO 8601."""

    team: str
    stop: str
    start: str
    leave: str


class ByPlace(TypedDict):
    """What the same teams' routes by place only would earn in the hours in which they come, and when they come."""

    prize: float
    visits: list[PlacedVisit]


class NearAsked(TypedDict):
    """How many households a plan was asked to stay near to, and what it does: shares from 0 to 1, prize that it cost.

    ``lacking`` are the quarters of an hour with fewer, ``shares`` those of the whole shift.
    """

    minutes: float
    level: float
    least: float
    mean: float
    lacking: int
    cost: float
    shares: list[float]


class PlanSummary(TypedDict, total=False):
    """What is told once for a plan; older plans lack what was not told then."""

    prize: float
    possible: float
    bound: float
    fairness_cost: float
    balance_cost: float
    unevenness: float
    wait_s: float
    longest_wait_s: float
    stops: int
    visited: int
    teams: int
    length_m: float
    travel_s: float
    arrival_entropy_bits: float
    reasons: list[ShownReason]
    villages: list[ShownVillage]
    conventions: Mapping[str, str]
    idle: list[str]
    idle_reasons: list[IdleTeam]
    notices: list[Notice]
    change: PlanChange
    mix: PlanMix
    by_place: ByPlace
    near: NearAsked


class PlanParameters(TypedDict, total=False):
    """What was asked for, as far as it is read again; the request itself has the rest."""

    seed: int
    seconds: float | None
    iterations: int | None
    locks: dict[str, str]
    leave_out: list[str]
    from_plan: int
    change: Mapping[str, object]


class PlanTold(TypedDict):
    """A plan without its times and routes, as it is kept and as it is sent."""

    patrol_id: int
    hotspot_run_id: int | None
    replaces_id: int | None
    seed: int
    iterations: int
    parameters: PlanParameters
    data_sha256: str
    version: str
    owner: str | None
    summary: PlanSummary


class ShownPlan(PlanTold):
    """A plan; times are ISO 8601 with the workspace's offset. ``nights`` are the plans that were made beside it."""

    begins_at: str
    ends_at: str
    created_at: str
    evidence_at: str | None
    nights: NotRequired[list[int]]


class WholePlan(ShownPlan):
    """A plan with its routes, in order of team."""

    routes: list[ShownRoute]
