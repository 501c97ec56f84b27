"""Profiles of source systems as files: listed, read, and taken in from another town."""

from __future__ import annotations

from collections.abc import Mapping

from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag
from pydantic import BaseModel, Field

from gridmap.domain.profiles import Profile, Unknown
from gridmap.domain.terms import LONGEST
from gridmap.services.imports import profile_files, profiles
from web.api.schemas import Nothing, Problem, Strict
from web.context import actor, database

bp = APIBlueprint(
    "profiles",
    __name__,
    url_prefix="/api/v1",
    abp_tags=[Tag(name="profiles", description="来源配置: how a source system's files are read")],
    abp_responses={403: Problem, 404: Problem, 409: Problem, 422: Problem, 503: Problem},
)

Mapped = Mapping[str, str | Mapping[str, Mapping[str, str]]]


class NamePath(BaseModel):
    """A profile by its name."""

    name: str = Field(min_length=1, max_length=LONGEST["profile"])


class ProfileFile(Strict):
    """A profile as its file tells it."""

    name: str = Field(min_length=1, max_length=LONGEST["profile"])
    noun: str = Field("incidents", description="What its rows are.")
    mapping: Mapped = Field(
        default_factory=dict,
        description="Heading to field, field to `=value`, and under `values` field to word to code.",
    )
    unknown: Unknown = Field("ask", description="What becomes of values that no list has.")
    crs: str | None = None
    sheet: str | None = None
    layer: str | None = None
    encoding: str | None = None
    dayfirst: bool | None = None
    headings: list[str] = Field(
        default_factory=list, description="Of the source's own files, in their order."
    )


class ProfilesAnswer(BaseModel):
    """Every profile."""

    profiles: list[ProfileFile]


def _file(profile: Profile) -> ProfileFile:
    return ProfileFile.model_validate(profile_files.told_of(profile))


@bp.get("/profiles", responses={200: ProfilesAnswer})
def list_profiles(query: Nothing) -> ProfilesAnswer:  # noqa: ARG001 - refuses parameters
    """Return the profiles of source systems."""
    return ProfilesAnswer(profiles=[_file(profile) for profile in profiles.list_profiles(database())])


@bp.get("/profiles/<name>", responses={200: ProfileFile})
def get_profile(path: NamePath, query: Nothing) -> ProfileFile:  # noqa: ARG001 - refuses parameters
    """Return a profile as its file tells it; another town takes it in as it is."""
    return _file(profiles.find(database(), path.name))


@bp.post("/profiles", responses={201: ProfileFile})
def put_profile(body: ProfileFile) -> tuple[ProfileFile, int]:
    """Take in a profile; one of that name is replaced. What is dropped waits until somebody has it imported."""
    read = profile_files.parse_profile(body.model_dump_json(), "profile.json")
    profile_files.take_in(database(), actor(), read)
    return _file(profiles.find(database(), read.name)), 201
