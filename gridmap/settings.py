"""Settings, read from the environment: one place, no globals.

Each setting is documented in docs/settings.md; a test fails when one is not.
"""

from __future__ import annotations

import os
import zoneinfo
from pathlib import Path

import platformdirs
from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from gridmap.errors import InvalidInput

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


def _default_home() -> Path:
    if os.geteuid() == 0:
        return Path("/var/lib/gridmap")
    return Path(platformdirs.user_data_dir("gridmap"))


class Settings(BaseSettings):
    """Everything that the environment may set.

    Attributes
    ----------
    home : Path
        Folder of the workspace: embedded database, findings, saved mappings. One folder, one town.
    host : str
        Address that the server binds to; one beyond this machine needs TLS and accounts.
    port : int
        Port of the server.
    names : str or None
        Further names under which the server is reached, separated by commas.
    proxy : str or None
        Address of a proxy in front, whose word on a request's origin and scheme counts.
    database_url : str or None
        A PostgreSQL server to use in place of the embedded one (environment: ``DATABASE_URL``); its role owns
        the schema and is used for migrations only.
    app_database_url : str or None
        Address with the role that serves people on an external server; it must own nothing.
    timezone : str
        IANA name of the zone in which naive times of imported files are read and days are cut.
    threads : int
        Worker threads of the server.
    workers : int
        Processes beside the server that do the work that costs; 0 where `gridmap jobs work` runs elsewhere.
    job_days : int
        Days after which jobs that are over are deleted, with the files that they made.
    position_days : int
        Days after which team positions are deleted.
    """

    model_config = SettingsConfigDict(env_prefix="GRIDMAP_", extra="ignore", frozen=True)

    home: Path = Field(default_factory=_default_home)
    host: str = "127.0.0.1"
    port: int = Field(default=8010, ge=0, le=65535)
    names: str | None = None
    proxy: str | None = None
    database_url: str | None = Field(default=None, validation_alias="DATABASE_URL", repr=False)
    app_database_url: str | None = Field(default=None, repr=False)
    timezone: str = "Asia/Shanghai"
    threads: int = Field(default=8, ge=1, le=64)
    workers: int = Field(default=2, ge=0, le=16)
    job_days: int = Field(default=7, ge=1, le=90)
    position_days: int = Field(default=30, ge=1, le=30)

    @field_validator("home", mode="after")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        return value.expanduser().absolute()

    @field_validator("database_url", "app_database_url", "proxy", mode="before")
    @classmethod
    def _empty_is_unset(cls, value: str | None) -> str | None:
        return value or None

    @field_validator("timezone", mode="after")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        if value not in zoneinfo.available_timezones():
            raise ValueError(value)
        return value

    @property
    def own_names(self) -> tuple[str, ...]:
        """Names under which the server is reached, besides those of the machine itself."""
        return tuple(name.strip() for name in (self.names or "").split(",") if name.strip())

    @property
    def embedded(self) -> bool:
        """Tell whether the database is the program's own cluster."""
        return self.database_url is None


def load_settings() -> Settings:
    """Read the settings from the environment.

    Raises
    ------
    InvalidInput
        Naming the variable that cannot be used.
    """
    try:
        return Settings()
    except ValidationError as exc:
        fields = ", ".join(_variable(str(e["loc"][0])) for e in exc.errors())
        raise InvalidInput(
            "settings-invalid",
            f"环境变量设置无效：{fields}。请查看 docs/settings.md。",
            f"Setting not valid: {fields}. See docs/settings.md.",
        ) from exc


def _variable(field: str) -> str:
    return field if field.isupper() else f"GRIDMAP_{field.upper()}"
