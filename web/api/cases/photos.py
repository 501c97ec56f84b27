"""Photos of a case."""

from __future__ import annotations

import base64
import binascii
import datetime as dt
from dataclasses import dataclass

from flask import url_for
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag
from pydantic import BaseModel, Field, field_validator

from gridmap.domain.terms import LONGEST, PHOTO_BYTES
from gridmap.services.cases import photos
from gridmap.storage.cases.photos import PhotoLine
from web.api.cases.case_schemas import KeyHeader, NumberPath
from web.api.schemas import Nothing, Problem, Strict
from web.context import actor, database

bp = APIBlueprint(
    "photos",
    __name__,
    url_prefix="/api/v1",
    abp_tags=[Tag(name="photos", description="事件照片: only where the town allows them")],
    abp_responses={403: Problem, 404: Problem, 409: Problem, 422: Problem, 503: Problem},
)


class PhotoPath(BaseModel):
    """A photo of a case."""

    number: str = Field(max_length=LONGEST["number"])
    photo_id: int = Field(ge=0, lt=2**63)


class PhotoRequest(Strict):
    """A photo that is handed in."""

    picture: bytes = Field(
        max_length=(PHOTO_BYTES + 2) // 3 * 4,
        description=f"JPEG, PNG or WebP of at most {PHOTO_BYTES} bytes, in Base64.",
        json_schema_extra={"format": "byte"},
    )

    @field_validator("picture")
    @classmethod
    def _decoded(cls, given: bytes) -> bytes:
        try:
            return base64.b64decode(given, validate=True)
        except binascii.Error:
            message = "is no Base64"
            raise ValueError(message) from None


class PhotoAnswer(BaseModel):
    """A photo as it is kept."""

    photo_id: str
    width: int = Field(description="px")
    height: int = Field(description="px")
    post: str = Field(description="Who added it.")
    added_at: dt.datetime
    address: str = Field(description="Where its picture is, a JPEG.")


class PhotosAnswer(BaseModel):
    """Photos of a case."""

    allowed: bool = Field(description="Whether the town allows further ones.")
    photos: list[PhotoAnswer]


@dataclass(frozen=True)
class Photos:
    """What an answer is made of."""

    allowed: bool
    photos: list[PhotoAnswer]


def _told(number: str, found: tuple[PhotoLine, ...]) -> Photos:
    return Photos(
        photos.are_allowed(database()),
        [
            PhotoAnswer(
                photo_id=str(line.photo_id),
                width=line.width,
                height=line.height,
                post=line.post,
                added_at=line.added_at,
                address=url_for("photo.show", number=number, photo_id=line.photo_id),
            )
            for line in found
        ],
    )


@bp.get("/cases/<path:number>/photos", responses={200: PhotosAnswer})
def list_photos(path: NumberPath, query: Nothing) -> Photos:  # noqa: ARG001 - refuses parameters
    """List the photos of a case, the oldest first."""
    return _told(path.number, photos.list_photos(database(), actor(), path.number))


@bp.post("/cases/<path:number>/photos", responses={200: PhotosAnswer})
def add_photo(path: NumberPath, header: KeyHeader, body: PhotoRequest) -> Photos:
    """Add a photo; what its camera wrote beside the points (place, time, device) is left out."""
    return _told(path.number, photos.add(database(), actor(), path.number, body.picture, header.key))


@bp.post("/cases/<path:number>/photos/<int:photo_id>/remove", responses={200: PhotosAnswer})
def remove_photo(path: PhotoPath, body: Nothing) -> Photos:  # noqa: ARG001 - refuses fields
    """Remove a photo for good."""
    return _told(path.number, photos.remove(database(), actor(), path.number, path.photo_id))
