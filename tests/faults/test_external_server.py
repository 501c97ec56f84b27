"""A server of the town's own: roles, PostGIS, passwords and addresses as administrators set them up."""

from __future__ import annotations

import json
import os
import secrets
import socket
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import URL, create_engine, text
from sqlalchemy.pool import NullPool

from gridmap.domain.gridkey import Scope
from gridmap.errors import Conflict, Forbidden, GridmapError, InvalidInput, Unavailable
from gridmap.settings import Settings, load_settings
from gridmap.storage.database import Database, normalised
from gridmap.storage.embedded.account import ServerAccount, default_account, run_as
from gridmap.storage.embedded.launch import run_server_program
from gridmap.storage.embedded.programs import find_programs
from gridmap.storage.schema import require_current, schema_version, upgrade

pytestmark = pytest.mark.faults

ADMIN_PASSWORD = "adm'in/%@:" + secrets.token_hex(4)


@dataclass(frozen=True)
class Server:
    """A PostgreSQL that listens on a port of this machine and asks for passwords."""

    admin: URL

    def run(self, sql: str, database: str = "postgres") -> Any:
        engine = create_engine(
            self.admin.set(database=database), poolclass=NullPool, isolation_level="AUTOCOMMIT"
        )
        with engine.connect() as connection:
            result = connection.execute(text(sql))
            return result.scalar() if result.returns_rows else None

    def role(self, options: str = "") -> tuple[str, str]:
        """Make a role; its name and password."""
        name, password = f"role_{next(_numbers)}", secrets.token_urlsafe(9) + "%/@"
        self.run(f"create role {name} login password '{password}' {options}")
        return name, password

    def place(self, owner: str, *, postgis: bool = True) -> str:
        """Make a database that belongs to a role; its name."""
        name = f"town_{next(_numbers)}"
        self.run(f"create database {name} owner {owner}")
        if postgis:
            self.run("create extension postgis", name)
        return name

    def address(self, role: tuple[str, str], database: str) -> str:
        url = self.admin.set(username=role[0], password=role[1], database=database, drivername="postgresql")
        return url.render_as_string(hide_password=False)


_numbers = count(1)


def _pg_ctl(data: Path, account: ServerAccount, *arguments: str) -> None:
    program = find_programs().bindir / "pg_ctl"
    argv = [os.fspath(program), *arguments, "-w", "-s", "-D", data.name]
    assert run_server_program(argv, account, data.parent, data.parent / "log", timeout_s=120) == 0


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A throw-away server as an administrator would run it: TCP, SCRAM passwords, a superuser."""
    import shutil
    import tempfile

    folder = Path(tempfile.mkdtemp(prefix="gm-ext-", dir="/tmp"))
    account = default_account()
    os.chown(folder, account.uid, account.gid)
    password = folder / "password"
    password.write_text(ADMIN_PASSWORD)
    password.chmod(0o644)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    data = folder / "data"
    initdb = os.fspath(find_programs().bindir / "initdb")
    options = ["-U", "admin", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync", "--no-instructions"]
    secret = ["--auth=scram-sha-256", f"--pwfile={password}"]
    made = run_as(account, [initdb, "-D", os.fspath(data), *options, *secret], timeout_s=120)
    assert made.returncode == 0, made.stderr
    with (data / "postgresql.conf").open("a") as conf:
        conf.write(f"listen_addresses='127.0.0.1'\nport={port}\nfsync=off\nunix_socket_directories=''\n")
    _pg_ctl(data, account, "start", "-l", "server.log")
    yield Server(URL.create("postgresql+psycopg", "admin", ADMIN_PASSWORD, "127.0.0.1", port, "postgres"))
    _pg_ctl(data, account, "stop", "-m", "immediate")
    shutil.rmtree(folder)


@pytest.fixture
def connect(tmp_path: Path) -> Iterator[Callable[..., Database]]:
    """Open a database by DATABASE_URL, with the workspace's folder of this test."""
    opened: list[Database] = []

    def go(url: str, app_url: str | None = None, home: str = "home") -> Database:
        settings = Settings(home=tmp_path / home, threads=2, DATABASE_URL=url, app_database_url=app_url)
        opened.append(Database(settings).open())
        return opened[-1]

    yield go
    for database in opened:
        database.close()


Connect = Callable[..., Database]


@contextmanager
def refused(kind: type[GridmapError], code: str, *holding: str) -> Iterator[None]:
    with pytest.raises(kind) as caught:
        yield
    assert caught.value.code == code
    for words in holding:
        assert words in str(caught.value)


def serves_people(database: Database) -> str:
    """Check that policies bind the role that serves; its name."""
    require_current(database)
    whole = Scope.whole()
    with database.scoped_session(whole, write=True) as session:
        session.execute(
            text(
                "insert into incidents (uid, domain, occurred_at, stage, grid_key, handler_key, placed_by, geom)"
                " values ('a', 'dispute', now(), 'accepted', 0, 0, 'coordinate', ST_SetSRID(ST_MakePoint(1, 2), 4326))"
            )
        )
    with database.engine.connect() as connection:
        assert connection.scalar(text("select count(*) from incidents")) == 0
        role = str(connection.scalar(text("select current_user")))
    with database.scoped_session(whole) as session:
        assert session.scalar(text("select ST_X(geom) from incidents")) == 1
    with pytest.raises(Forbidden), database.scoped_session(whole, write=True) as session:
        session.execute(text("alter table incidents no force row level security"))
    return role


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg", "postgresql+psycopg2"])
def test_an_address_works_whatever_its_scheme_is_called(
    server: Server, connect: Connect, scheme: str
) -> None:
    owner = server.role("superuser")
    url = server.address(owner, server.place(owner[0]))
    database = connect(url.replace("postgresql://", f"{scheme}://"))
    assert database.owner_url.drivername == "postgresql+psycopg"
    assert schema_of(database) == "absent"


def schema_of(database: Database) -> str:
    with database.owner_engine() as engine, engine.connect() as connection:
        return str(connection.scalar(text("select coalesce(to_regnamespace('gridmap')::text, 'absent')")))


@pytest.mark.parametrize("url", ["mysql://a/b", "sqlite:///x", "gridmap", "http://127.0.0.1/", "postgres//x"])
def test_an_address_of_something_else_is_refused(url: str) -> None:
    with refused(InvalidInput, "database-url", "postgresql://user:password@host:5432/name"):
        normalised(url)


def test_an_empty_address_means_the_embedded_database(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "")
    assert load_settings().embedded


def test_a_role_that_may_create_roles_gets_an_application_role(server: Server, connect: Connect) -> None:
    server.run("drop role if exists gridmap_app")
    owner = server.role("createrole")
    url = server.address(owner, server.place(owner[0]))
    database = connect(url)
    with refused(Unavailable, "app-role-missing", "gridmap db upgrade", "GRIDMAP_APP_DATABASE_URL"):
        require_current(database)
    assert upgrade(database).state == "current"
    kept = database.settings.home / "app-role.json"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    (password,) = json.loads(kept.read_text()).values()
    assert len(password) >= 32
    assert serves_people(database) == "gridmap_app"
    assert upgrade(connect(url)).state == "current"
    with refused(Conflict, "app-role-needed", "CREATE ROLE gridmap_app LOGIN", "GRIDMAP_APP_DATABASE_URL"):
        upgrade(connect(url, home="another"))


def test_a_second_database_of_the_server_is_told_how_to_use_the_role_that_exists(
    server: Server, connect: Connect
) -> None:
    owner = server.role("superuser")
    server.run("drop role if exists gridmap_app_other")
    if not server.run("select 1 from pg_roles where rolname = 'gridmap_app'"):
        server.run("create role gridmap_app login password 'unknown'")
    database = connect(server.address(owner, server.place(owner[0])))
    with refused(Conflict, "app-role-needed", "GRIDMAP_APP_DATABASE_URL"):
        upgrade(database)
    assert schema_of(database) == "absent"


def test_a_role_that_may_not_create_roles_says_what_the_administrator_runs(
    server: Server, connect: Connect
) -> None:
    owner = server.role()
    database = connect(server.address(owner, server.place(owner[0])))
    with refused(Conflict, "app-role-needed", "CREATE ROLE gridmap_app LOGIN PASSWORD", "db upgrade"):
        upgrade(database)
    assert schema_of(database) == "absent"
    assert not (database.settings.home / "app-role.json").exists()


def test_an_application_role_of_the_administrator_is_used(server: Server, connect: Connect) -> None:
    owner, app = server.role(), server.role()
    name = server.place(owner[0])
    database = connect(server.address(owner, name), server.address(app, name))
    upgrade(database)
    assert serves_people(database) == app[0]


@pytest.mark.parametrize("options", ["superuser", "bypassrls"])
def test_an_application_role_that_bypasses_policies_is_refused(
    server: Server, connect: Connect, options: str
) -> None:
    owner, app = server.role(), server.role(options)
    name = server.place(owner[0])
    database = connect(server.address(owner, name), server.address(app, name))
    with refused(Conflict, "app-role-privileged", "NOSUPERUSER NOBYPASSRLS"):
        upgrade(database)
    assert schema_of(database) == "absent"


def test_the_owner_and_members_of_the_owner_are_no_application_role(server: Server, connect: Connect) -> None:
    owner, member = server.role(), server.role()
    server.run(f"grant {owner[0]} to {member[0]}")
    name = server.place(owner[0])
    for app in (owner, member, ("nobody_there", "x")):
        with refused(Conflict, "app-role-privileged", app[0]):
            upgrade(connect(server.address(owner, name), server.address(app, name)))


def test_a_role_that_became_privileged_later_no_longer_serves(server: Server, connect: Connect) -> None:
    owner, app = server.role(), server.role()
    name = server.place(owner[0])
    database = connect(server.address(owner, name), server.address(app, name))
    upgrade(database)
    require_current(database)
    with refused(Conflict, "app-role-privileged", owner[0]):
        require_current(connect(server.address(owner, name), server.address(owner, name)))
    server.run(f"alter role {app[0]} bypassrls")
    with refused(Conflict, "app-role-privileged", app[0]):
        require_current(database)
    server.run(f"alter role {app[0]} nobypassrls")
    server.run(f"grant {owner[0]} to {app[0]}")
    with refused(Conflict, "app-role-privileged", app[0]):
        require_current(database)


def test_an_application_role_without_rights_is_told_to_upgrade(server: Server, connect: Connect) -> None:
    owner, app, new = server.role(), server.role(), server.role()
    name = server.place(owner[0])
    upgrade(connect(server.address(owner, name), server.address(app, name)))
    database = connect(server.address(owner, name), server.address(new, name))
    with refused(Conflict, "schema-older", "gridmap db upgrade"):
        require_current(database)
    upgrade(database)
    assert serves_people(database) == new[0]


def test_a_role_that_may_creates_the_extension(server: Server, connect: Connect) -> None:
    owner, app = server.role("superuser"), server.role()
    name = server.place(owner[0], postgis=False)
    database = connect(server.address(owner, name), server.address(app, name))
    upgrade(database)
    assert serves_people(database) == app[0]
    where = "select n.nspname from pg_extension e join pg_namespace n on n.oid = extnamespace where extname = 'postgis'"
    assert server.run(where, name) == "public"


def test_a_role_that_may_not_create_the_extension_says_what_the_administrator_runs(
    server: Server, connect: Connect
) -> None:
    owner, app = server.role("createrole"), server.role()
    name = server.place(owner[0], postgis=False)
    database = connect(server.address(owner, name), server.address(app, name))
    with refused(Unavailable, "postgis-not-created", "CREATE EXTENSION postgis;", name):
        upgrade(database)
    assert schema_of(database) == "absent"
    server.run("create extension postgis", name)
    upgrade(database)
    assert serves_people(database) == app[0]


@pytest.mark.parametrize("schema", ["extensions", '"Geo data"'])
def test_an_extension_in_a_schema_of_its_own_is_found(server: Server, connect: Connect, schema: str) -> None:
    owner, app = server.role(), server.role()
    name = server.place(owner[0], postgis=False)
    server.run(f"create schema {schema}", name)
    server.run(f"create extension postgis schema {schema}", name)
    server.run(f"grant usage on schema {schema} to {owner[0]}", name)
    database = connect(server.address(owner, name), server.address(app, name))
    with refused(Conflict, "postgis-schema-closed", f'GRANT USAGE ON SCHEMA {schema} TO "{app[0]}"'):
        upgrade(database)
    assert schema_of(database) == "absent"
    server.run(f'grant usage on schema {schema} to "{app[0]}"', name)
    upgrade(database)
    assert serves_people(database) == app[0]


def test_a_schema_that_the_owner_may_open_is_opened(server: Server, connect: Connect) -> None:
    owner, app = server.role(), server.role()
    name = server.place(owner[0], postgis=False)
    server.run(f"create schema geo authorization {owner[0]}", name)
    server.run("create extension postgis schema geo", name)
    database = connect(server.address(owner, name), server.address(app, name))
    upgrade(database)
    assert serves_people(database) == app[0]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.mark.parametrize("broken", ["no server", "wrong password", "no such role", "no such database"])
def test_a_server_that_lets_nobody_in_is_unavailable_and_no_password_is_told(
    server: Server, connect: Connect, broken: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    secret = "do-not-tell-" + secrets.token_hex(6)
    owner = server.role()
    server.run(f"alter role {owner[0]} password '{secret}'")
    url = server.admin.set(username=owner[0], password=secret, drivername="postgresql")
    url = {
        "no server": url.set(port=_free_port()),
        "wrong password": url.set(password=secret + "x"),
        "no such role": url.set(username="nobody_there"),
        "no such database": url.set(database="nowhere"),
    }[broken]
    address = url.render_as_string(hide_password=False)
    database = connect(address, address)
    code = "database-unreachable" if broken == "no server" else "database-login"
    for use in (upgrade, schema_version, require_current):
        with pytest.raises(Unavailable) as told:
            use(database)
        assert told.value.code == code
        assert secret not in str(told.value)
    assert not database.is_answering()
    assert secret not in caplog.text
    assert secret not in repr(database.settings)


def test_libpq_variables_of_the_environment_are_ignored(
    server: Server, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner, app = server.role(), server.role()
    name = server.place(owner[0])
    for variable, value in {
        "PGHOST": "/nowhere",
        "PGPORT": "1",
        "PGUSER": "nobody",
        "PGDATABASE": "nowhere",
        "PGPASSWORD": "wrong",
        "PGOPTIONS": "-c no_such_setting=1",
        "PGSERVICE": "nowhere",
        "PGTARGETSESSIONATTRS": "standby",
    }.items():
        monkeypatch.setenv(variable, value)
    database = connect(server.address(owner, name), server.address(app, name))
    upgrade(database)
    assert serves_people(database) == app[0]


def test_a_server_that_stops_is_unavailable_and_serves_again_when_it_is_back(
    server: Server, connect: Connect
) -> None:
    owner, app = server.role(), server.role()
    name = server.place(owner[0])
    database = connect(server.address(owner, name), server.address(app, name))
    upgrade(database)
    assert database.is_answering()
    server.run(f"alter database {name} with allow_connections false")
    server.run(f"select count(pg_terminate_backend(pid)) from pg_stat_activity where datname = '{name}'")
    assert not database.is_answering()
    server.run(f"alter database {name} with allow_connections true")
    assert database.is_answering()
    assert serves_people(database) == app[0]
