"""What a person asks of the desk: a case to take in, a step to make."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from gridmap.domain.cases.actions import Action
from gridmap.domain.cases.step_fields import StepFields


@dataclass(frozen=True, slots=True)
class NewCase:
    """A case as somebody records it.

    Attributes
    ----------
    domain, kind : str
    occurred_at : datetime
        Aware.
    summary : str
        What it is about; never a name or a number of a person.
    lon, lat : float or None
        In `crs`. Without them `grid_key` is needed.
    crs : str or None
        ``gcj02``, ``bd09`` or an EPSG code; EPSG:4326 by default.
    grid_key : int or None
        Grid that a person chose in place of the one of the coordinate, with `grid_reason`.
    place : str or None
        The place in words.
    committee_is_party : bool
        The village's committee is a party: its village does not see the case.
    reporter_hidden : bool
        What would tell the other party who reported it is shown to the desks of the place only.
    number_of_source : str or None
        The number that the source gave it; kept beside the number for life.
    linked_to : str or None
        Number of a case that a person says is the same matter.
    told_method, told_body, told_result, evaluation : str or None
        How it ended and what was thought of it, in the words of the source that told it.
    evaluated_on : date or None
    """

    domain: str
    occurred_at: dt.datetime
    summary: str
    kind: str | None = None
    reported_at: dt.datetime | None = None
    lon: float | None = None
    lat: float | None = None
    accuracy_m: float | None = None
    crs: str | None = None
    grid_key: int | None = None
    grid_reason: str | None = None
    place: str | None = None
    scale: str | None = None
    channel: str | None = None
    found_by: str | None = None
    people_count: int | None = None
    sum_band: str | None = None
    severity: int | None = None
    risk: str = "green"
    risk_grounds: tuple[str, ...] = ()
    committee_is_party: bool = False
    reporter_hidden: bool = False
    code_system: str | None = None
    number_of_source: str | None = None
    linked_to: str | None = None
    told_method: str | None = None
    told_body: str | None = None
    told_result: str | None = None
    evaluated_on: dt.date | None = None
    evaluation: str | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """Something that a conference decided: what, who, by when. It becomes a task."""

    text: str
    due_on: dt.date
    body_code: str | None = None
    grid_key: int | None = None


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a case is, as whoever stands there tells it.

    Attributes
    ----------
    lon, lat : float or None
        In `crs`, as the phone or the map gave them.
    accuracy_m : float or None
        Of the phone's position; None where a person put the point.
    crs : str or None
        ``gcj02``, ``bd09`` or an EPSG code; EPSG:4326 by default.
    grid_key : int or None
        Grid that a person chose; without a coordinate it alone says where the case is.
    grid_reason : str or None
        Why another grid than the coordinate's.
    """

    lon: float | None = None
    lat: float | None = None
    accuracy_m: float | None = None
    crs: str | None = None
    grid_key: int | None = None
    grid_reason: str | None = None


@dataclass(frozen=True, slots=True)
class StepAsked(StepFields):
    """A step as somebody wants to make it. What it says besides is in `StepFields`.

    Attributes
    ----------
    action : Action
    at : datetime or None
        When it was done; now by default.
    lead, bodies : str or None, tuple of str
        Bodies of a conference, the leading one first named by itself.
    again, satisfied : bool or None
        What a follow-up found: in quarrel again; satisfied (None: not asked).
    linked_to : str or None
        Number of another case, for ``link``.
    reporter_hidden : bool or None
        Whether whoever reported it is to be protected from now on, for ``correct``.
    spot : Spot or None
        Where the case is, seen on the spot: the case's place is put right with the step.
    """

    action: Action
    at: dt.datetime | None = None
    risk: str | None = None
    risk_grounds: tuple[str, ...] = ()
    lead: str | None = None
    bodies: tuple[str, ...] = ()
    decisions: tuple[Decision, ...] = ()
    again: bool | None = None
    satisfied: bool | None = None
    linked_to: str | None = None
    reporter_hidden: bool | None = None
    spot: Spot | None = None
