"""The tables as SQLAlchemy sees them. The migrations make them; a test holds the two together."""

from gridmap.storage.models.accounts import (
    ApiToken,
    Audit,
    AuditSegment,
    Post,
    PostTerm,
    Session,
    SignInAttempt,
    SignInLink,
)
from gridmap.storage.models.base import SCHEMA, Base
from gridmap.storage.models.case_counts import CaseCount, CaseCountChange
from gridmap.storage.models.cases import CasePhoto, Incident, IncidentStep
from gridmap.storage.models.grid_posts import GridPost, GridVolunteers
from gridmap.storage.models.grids import BoundaryVersion, Grid, GridPredecessor
from gridmap.storage.models.ground import BasemapFeature, Road
from gridmap.storage.models.hotspots import Forecast, HotspotFeature, HotspotRun
from gridmap.storage.models.jobs import Job
from gridmap.storage.models.patrols import (
    FixedPoint,
    Patrol,
    PatrolOrder,
    PatrolRoute,
    PatrolSegment,
    PatrolVisit,
    Roster,
)
from gridmap.storage.models.projects import Project, Ruling
from gridmap.storage.models.reports import OfficialForm, ReportRun
from gridmap.storage.models.response import Dispatch
from gridmap.storage.models.tasks import CaseDay, Clinic, ScreeningAnswer, ScreeningRound, Task
from gridmap.storage.models.teams import MigrantCluster, Organisation, Team, TeamPosition
from gridmap.storage.models.workspace import (
    ImportChange,
    ImportMapping,
    ImportProfile,
    ImportRun,
    WorkspaceSetting,
)

__all__ = [
    "SCHEMA",
    "ApiToken",
    "Audit",
    "AuditSegment",
    "Base",
    "BasemapFeature",
    "BoundaryVersion",
    "CaseCount",
    "CaseCountChange",
    "CaseDay",
    "CasePhoto",
    "Clinic",
    "Dispatch",
    "FixedPoint",
    "Forecast",
    "Grid",
    "GridPost",
    "GridPredecessor",
    "GridVolunteers",
    "HotspotFeature",
    "HotspotRun",
    "ImportChange",
    "ImportMapping",
    "ImportProfile",
    "ImportRun",
    "Incident",
    "IncidentStep",
    "Job",
    "MigrantCluster",
    "OfficialForm",
    "Organisation",
    "Patrol",
    "PatrolOrder",
    "PatrolRoute",
    "PatrolSegment",
    "PatrolVisit",
    "Post",
    "PostTerm",
    "Project",
    "ReportRun",
    "Road",
    "Roster",
    "Ruling",
    "ScreeningAnswer",
    "ScreeningRound",
    "Session",
    "SignInAttempt",
    "SignInLink",
    "Task",
    "Team",
    "TeamPosition",
    "WorkspaceSetting",
]
