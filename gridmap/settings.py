"""Settings, read from the environment: one place, no globals.

Each setting is documented in docs/settings.md; a test fails when one is not.
"""

from __future__ import annotations

import os
import re
import zoneinfo
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

import platformdirs
from pydantic import Field, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from gridmap.errors import InvalidInput

_HEADER = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?")
_SFTP = re.compile(
    r"sftp://([^\s/@:?#]+@)?([^\s/@:?#\[\]]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?/[^?#]*[^/?#]", re.ASCII
)
_OF_HTTP = frozenset(
    {"host", "origin", "cookie", "authorization", "content-type", "content-length", "user-agent"}
)
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
    sign_on_header : str or None
        Header by which the proxy on this machine says whose post asks.
    oidc_issuer : str or None
        Address of the town's identity provider (OpenID Connect).
    oidc_client : str or None
        Name under which the provider knows this program.
    oidc_secret_file : Path or None
        File that holds the secret of it.
    oidc_claim : str
        Claim of the provider's token that is the post's name.
    database_url : str or None
        A PostgreSQL server to use in place of the embedded one (environment: ``DATABASE_URL``); its role owns
        the schema and is used for migrations only.
    app_database_url : str or None
        Address with the role that serves people on an external server; it must own nothing.
    timezone : str
        IANA name of the zone in which naive times of imported files are read and days are cut.
    processes : int or None
        Processes that answer requests; None is as many as the machine bears.
    threads : int
        Worker threads of the server, over all its processes.
    workers : int
        Processes beside the server that do the work that costs; 0 where `gridmap jobs work` runs elsewhere.
    job_days : int
        Days after which jobs that are over are deleted, with the files that they made.
    position_days : int
        Days after which team positions are deleted.
    audit_days : int or None
        Days after which `gridmap audit trim` drops the audit's rows, by whole months; None keeps them all.
    case_text_days : int or None
        Days after its end when `gridmap cases expire` empties what a closed case tells in words; None keeps it.
    log : {'text', 'json'}
        Lines for a person, or JSON with a line for each request.
    backup_folder : Path or None
        Where backups go; None is ``backups`` in the workspace's folder.
    backup_copy : str or None
        A second place that gets every file of the first: a folder, or ``sftp://user@host/path``.
    backup_ssh_key : Path or None
        Private key of OpenSSH for a second place by SFTP.
    backup_known_hosts : Path or None
        File with the keys of machines that are known, in OpenSSH's format.
    backup_at : str
        Time of day, in the workspace's zone, of the daily backup that `gridmap serve` makes; ``off`` for none.
    backup_keep : str
        How many days, weeks and months keep a backup.
    backup_recipients : str or None
        Public keys of age for which backups are encrypted, separated by commas.
    backup_key_file : Path or None
        File with the secret key, for restore and drill.
    """

    model_config = SettingsConfigDict(env_prefix="GRIDMAP_", extra="ignore", frozen=True)

    home: Path = Field(default_factory=_default_home)
    host: str = "127.0.0.1"
    port: int = Field(default=8010, ge=0, le=65535)
    names: str | None = None
    proxy: str | None = None
    sign_on_header: str | None = None
    oidc_client: str | None = None
    oidc_issuer: str | None = None
    oidc_secret_file: Path | None = None
    oidc_claim: str = Field(default="preferred_username", pattern=r"^[A-Za-z0-9_.:/-]{1,100}$")
    database_url: str | None = Field(default=None, validation_alias="DATABASE_URL", repr=False)
    app_database_url: str | None = Field(default=None, repr=False)
    timezone: str = "Asia/Shanghai"
    processes: int | None = Field(default=None, ge=1, le=8)
    threads: int = Field(default=8, ge=1, le=64)
    workers: int = Field(default=2, ge=0, le=16)
    job_days: int = Field(default=7, ge=1, le=90)
    position_days: int = Field(default=30, ge=1, le=30)
    audit_days: int | None = Field(default=None, ge=183, le=36_500)
    case_text_days: int | None = Field(default=None, ge=30, le=36_500)
    log: Literal["text", "json"] = "text"
    backup_folder: Path | None = None
    backup_copy: str | None = None
    backup_ssh_key: Path | None = None
    backup_known_hosts: Path | None = None
    backup_at: str = Field(default="02:30", pattern=r"^(off|([01][0-9]|2[0-3]):[0-5][0-9])$")
    backup_keep: str = Field(default="7d 4w 12m", pattern=r"^[1-9][0-9]{0,2}d( [0-9]{1,3}w)?( [0-9]{1,3}m)?$")
    backup_recipients: str | None = Field(
        default=None, pattern=r"^age1[0-9a-z]{20,}( *, *age1[0-9a-z]{20,})*$"
    )
    backup_key_file: Path | None = None

    @field_validator("home", mode="after")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        return value.expanduser().absolute()

    @field_validator(
        "database_url",
        "app_database_url",
        "proxy",
        "sign_on_header",
        "oidc_client",
        "oidc_issuer",
        "oidc_secret_file",
        "processes",
        "audit_days",
        "case_text_days",
        "backup_folder",
        "backup_copy",
        "backup_ssh_key",
        "backup_known_hosts",
        "backup_recipients",
        "backup_key_file",
        mode="before",
    )
    @classmethod
    def _empty_is_unset(cls, value: str | None) -> str | None:
        return value or None

    @field_validator("sign_on_header", mode="after")
    @classmethod
    def _from_this_machine(cls, value: str | None, told: ValidationInfo) -> str | None:
        # Whoever reaches the port could send the header: only a proxy that is named, and on this machine, is believed.
        if value is not None and (
            told.data.get("proxy") not in LOOPBACK
            or _HEADER.fullmatch(value) is None
            or value.casefold() in _OF_HTTP
        ):
            raise ValueError(value)
        return value

    @field_validator("backup_copy", mode="after")
    @classmethod
    def _folder_or_sftp(cls, value: str | None) -> str | None:
        # A password would stand in the environment, and an address of another kind would be made as a folder.
        if value is not None and "://" in value and _SFTP.fullmatch(value) is None:
            raise ValueError(value)
        return value

    @field_validator("oidc_issuer", mode="after")
    @classmethod
    def _whole_provider(cls, value: str | None, told: ValidationInfo) -> str | None:
        if value is not None:
            parts = urlsplit(value)
            near = parts.scheme == "http" and parts.hostname in LOOPBACK
            if not (parts.scheme == "https" or near) or not parts.netloc or not told.data.get("oidc_client"):
                raise ValueError(value)
        return value

    @field_validator("timezone", mode="after")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        # Asked for by name: a list of all zones reads six hundred files, at each start of each command.
        try:
            zoneinfo.ZoneInfo(value)
        except (zoneinfo.ZoneInfoNotFoundError, OSError) as error:
            raise ValueError(value) from error
        if value.startswith(("posix", "right/")):
            raise ValueError(value)
        return value

    @property
    def own_names(self) -> tuple[str, ...]:
        """Names under which the server is reached, besides those of the machine itself."""
        return tuple(name.strip() for name in (self.names or "").split(",") if name.strip())

    @property
    def backups(self) -> Path:
        """Folder of the backups."""
        return (self.backup_folder or self.home / "backups").expanduser().absolute()

    @property
    def recipients(self) -> tuple[str, ...]:
        """Public keys for which backups are encrypted."""
        return tuple(key.strip() for key in (self.backup_recipients or "").split(",") if key.strip())

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
