"""The command as a person types it."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from sqlalchemy import text

from gridmap.cli import main
from gridmap.services.workspace import served
from gridmap.storage.database import Database
from tests import warm
from tests.warm import GRIDMAP, Warm

REPOSITORY = Path(__file__).resolve().parents[2]
PATIENCE_S = 600


def environment(**own: str) -> dict[str, str]:
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("GRIDMAP_", "DATABASE_URL"))}
    return clean | {"PYTHONPATH": str(REPOSITORY), "COLUMNS": "200"} | own


def run(*words: str, **own: str) -> subprocess.CompletedProcess[str]:
    return warm.run([*GRIDMAP, *words], env=environment(**own), timeout=PATIENCE_S)


def in_town(town: Database, *words: str) -> subprocess.CompletedProcess[str]:
    """Run a command in this process: what a town's database knows does not depend on a new interpreter."""
    own = {
        "COLUMNS": "200",
        "GRIDMAP_HOME": str(town.settings.home),
        "DATABASE_URL": town.owner_url.render_as_string(hide_password=False),
        "GRIDMAP_APP_DATABASE_URL": town.app_url.render_as_string(hide_password=False),
    }
    done = CliRunner().invoke(main, [*words], env=own)
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return subprocess.CompletedProcess(words, done.exit_code, done.stdout, done.stderr)


def refusal(done: subprocess.CompletedProcess[str]) -> str:
    """What a refused command said: a code and two sentences, no trace; the exit code is 1."""
    assert done.returncode == 1, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    lines = [line for line in done.stderr.splitlines() if line.strip() and "…" not in line]
    assert len(lines) == 3, done.stderr
    assert re.fullmatch(r"错误 / error \([\w-]+\)", lines[0])
    assert re.search(r"[\u4e00-\u9fff]", lines[1])
    assert re.search(r"[a-z]", lines[2])
    return done.stderr


def every_command() -> list[list[str]]:
    """Words of each command and group; asked for by name, because the groups import what is asked for."""
    found: list[list[str]] = []

    def walk(command: click.Command, words: list[str]) -> None:
        found.append(words)
        if isinstance(command, click.Group):
            context = click.Context(command)
            for name in command.list_commands(context):
                child = command.get_command(context, name)
                assert child is not None, [*words, name]
                walk(child, [*words, name])

    walk(main, [])
    return found


def test_the_walk_over_the_commands_reaches_every_group_and_what_is_in_it() -> None:
    walked = [" ".join(words) for words in every_command()]
    assert len(walked) == len(set(walked)) >= 76
    help_of_main = CliRunner().invoke(main, ["--help"]).output
    groups = re.findall(r"^  ([a-z-]+) ", help_of_main.partition("Commands:")[2], re.MULTILINE)
    assert len(groups) > 10
    assert set(groups) < set(walked)
    assert {"incidents import", "patrols check-in", "coverage site", "db upgrade"} < set(walked)


@pytest.mark.parametrize("words", every_command(), ids=" ".join)
def test_every_command_tells_what_it_does(words: list[str]) -> None:
    for flag in ("--help", "-h"):
        done = CliRunner().invoke(main, [*words, flag])
        assert done.exit_code == 0
        assert "Usage:" in done.output
        assert re.search(r"[\u4e00-\u9fff]", done.output)


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.7", "::"])  # noqa: S104 - what is refused
def test_serve_binds_beyond_the_machine_only_encrypted_and_says_so(tmp_path: Path, host: str) -> None:
    said = refusal(run("serve", "--host", host, GRIDMAP_HOME=str(tmp_path)))
    assert "--tls" in said
    assert "明文" in said
    assert host in said
    assert "--tls" in refusal(run("serve", GRIDMAP_HOME=str(tmp_path), GRIDMAP_HOST=host))
    assert not list(tmp_path.iterdir())


def test_a_port_in_use_is_told_before_anything_else(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        said = refusal(run("serve", "--port", str(port), GRIDMAP_HOME=str(tmp_path)))
    assert str(port) in said
    assert "GRIDMAP_PORT" in said
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("words", "own"),
    [
        (["grids", "list"], {"GRIDMAP_PORT": "many"}),
        (["grids", "list"], {"GRIDMAP_TIMEZONE": "Mars/Olympus"}),
        (["grids", "list"], {"DATABASE_URL": "mysql://localhost/x"}),
        (["db", "start"], {"DATABASE_URL": "postgresql://localhost/x"}),
        (["db", "stop"], {"DATABASE_URL": "postgresql://localhost/x"}),
        (["db", "check"], {"DATABASE_URL": "postgresql://nobody:secret@127.0.0.1:1/x"}),
    ],
    ids=str,
)
def test_settings_that_cannot_work_end_in_two_sentences(
    tmp_path: Path, words: list[str], own: dict[str, str]
) -> None:
    said = refusal(run(*words, GRIDMAP_HOME=str(tmp_path), **own))
    assert "secret" not in said


def test_mistakes_with_files_end_in_two_sentences(town: Database, tmp_path: Path) -> None:
    (tmp_path / "list.json").write_text("[]", "utf-8")
    good = tmp_path / "a.csv"
    good.write_text("uid,domain,occurred_at,village_name\nA1,dispute,2026-01-05,楼家\n", "utf-8")
    for words in (
        ["incidents", "import", str(tmp_path / "absent.csv")],
        ["incidents", "import", str(tmp_path)],
        ["incidents", "import", str(good), "--mapping", str(tmp_path / "list.json")],
        ["incidents", "import", str(good), "--mapping", str(tmp_path / "absent.json")],
        ["incidents", "import", str(good), "--use", "nothing"],
        ["incidents", "import", str(good), "--crs", "EPSG:1"],
        ["grids", "import", str(tmp_path / "absent.geojson")],
        ["incidents", "export", str(tmp_path / "a.pdf")],
        ["incidents", "export", str(tmp_path / "absent" / "a.csv")],
        ["incidents", "export", str(tmp_path / "a.csv"), "--grid", "5"],
        ["demo", "load"],
    ):
        refusal(in_town(town, *words))
    assert not (tmp_path / "a.pdf").exists()


def test_an_import_says_what_it_did_and_what_it_refused(town: Database, tmp_path: Path) -> None:
    path = tmp_path / "事件.csv"
    path.write_text(
        "事件编号,领域,发生时间,村名\nA1,矛盾纠纷,2026-01-05,楼家\nA2,天气,2026-01-05,楼家\n", "utf-8"
    )
    done = in_town(town, "incidents", "import", str(path))
    assert done.returncode == 1
    assert "nothing was written" in done.stdout
    assert "天气" in done.stdout
    assert (tmp_path / "事件-refused.xlsx").is_file()
    done = in_town(town, "incidents", "import", str(path), "--accept-valid")
    assert done.returncode == 0, done.stderr
    assert "new 1" in done.stdout
    assert "refused 1" in done.stdout
    good = tmp_path / "good.csv"
    good.write_text("事件编号,领域,发生时间,村名\nA1,矛盾纠纷,2026-01-05,楼家\n", "utf-8")
    assert "unchanged 1" in in_town(town, "incidents", "import", str(good)).stdout
    assert "nothing was changed" in in_town(town, "incidents", "import", str(good)).stdout


@pytest.mark.parametrize(
    ("change", "mend"),
    [
        # A newer program writes both; the list of whom it serves is what an older one looks for.
        ("update alembic_version set version_num = '9999', serves = '{}'", "Install a newer gridmap"),
        ("delete from alembic_version", "gridmap db upgrade"),
    ],
)
def test_a_schema_that_does_not_fit_names_what_mends_it(town: Database, change: str, mend: str) -> None:
    with town.owner_engine() as engine, engine.begin() as connection:
        connection.execute(text(change))
    for words in (["grids", "list"], ["db", "check"], ["incidents", "import", "x.csv"], ["demo", "load"]):
        assert mend in refusal(in_town(town, *words))


# -- The database and the server, on a workspace of their own --------------------------------------------------


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="gm-", dir="/tmp")).resolve()
    folder.chmod(0o755)
    yield folder
    run("db", "stop", "--force", GRIDMAP_HOME=str(folder))
    shutil.rmtree(folder)


def _postmaster(home: Path) -> int | None:
    files = list((home / "database").rglob("postmaster.pid"))
    return int(files[0].read_text().split()[0]) if files else None


def _alive(pid: int) -> bool:
    """Tell whether a process runs; one that has ended but was not yet collected by its parent does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.faults
def test_the_database_is_started_looked_at_upgraded_and_stopped(home: Path) -> None:
    def gridmap(*words: str) -> subprocess.CompletedProcess[str]:
        return run(*words, GRIDMAP_HOME=str(home))

    assert "absent" in gridmap("db", "status").stdout or gridmap("db", "status").returncode == 0
    started = gridmap("db", "start")
    assert started.returncode == 0, started.stderr
    pid = _postmaster(home)
    assert pid is not None
    assert _alive(pid)
    assert "gridmap db upgrade" in refusal(gridmap("db", "check"))
    upgraded = gridmap("db", "upgrade")
    assert upgraded.returncode == 0, upgraded.stderr
    assert gridmap("db", "check").returncode == 0
    status = gridmap("db", "status").stdout
    assert str(pid) in status
    assert "running" in status
    address = gridmap("db", "url").stdout.strip()
    assert "gridmap_app" in address
    assert "gridmap_app" not in gridmap("db", "url", "--owner").stdout
    assert _alive(pid)
    assert gridmap("db", "stop").returncode == 0
    assert not _alive(pid)
    assert gridmap("db", "stop").returncode == 0


class Server:
    """A ``gridmap serve`` of its own session, with signals as a shell gives them."""

    def __init__(self, home: Path, *words: str) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.address = f"http://127.0.0.1:{port}"
        self.process = Warm(
            [*GRIDMAP, "serve", "--port", str(port), *words],
            env=environment(GRIDMAP_HOME=str(home)),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )

    def wait(self) -> None:
        end_s = time.monotonic() + PATIENCE_S
        while time.monotonic() < end_s and self.process.poll() is None:
            try:
                with urllib.request.urlopen(f"{self.address}/healthz", timeout=5) as answer:  # noqa: S310
                    assert json.load(answer)["status"] == "ok"
                    return
            except OSError:
                time.sleep(0.1)
        pytest.fail(f"no answer; {self.process.poll()}")

    def end(self, how: signal.Signals) -> tuple[int, str]:
        self.process.send_signal(how)
        printed, _ = self.process.communicate(timeout=PATIENCE_S)
        return self.process.wait(), printed


@pytest.mark.faults
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_a_stopped_server_stops_its_database(home: Path, how: signal.Signals) -> None:
    server = Server(home)
    try:
        server.wait()
        pid = _postmaster(home)
        assert pid is not None
        assert _alive(pid)
        # Addresses that commands print beside it lead to it, wherever it listens.
        assert served.told(home) == f"{server.address}/"
        code, printed = server.end(how)
    finally:
        server.process.kill()
        server.process.wait()
    assert "Traceback" not in printed
    assert server.address in printed
    assert "Ctrl-C" in printed
    assert served.told(home) is None
    assert not _alive(pid)
    assert code in {0, 1, 130, -how, 128 + how}


@pytest.mark.faults
def test_without_its_database_the_server_says_so_and_when_to_come_back(home: Path) -> None:
    import logging

    from gridmap.settings import Settings
    from gridmap.storage.schema import upgrade
    from tests.doors import client_of

    logging.getLogger("gridmap.storage.faults").setLevel(logging.ERROR)
    with Database(Settings(home=home, threads=2)) as database:
        upgrade(database)
        client = client_of(database)
        assert client.get("/healthz").status_code == 200
        assert client.get("/api/v1/counts").status_code == 200
        assert database.cluster is not None
        database.cluster.shut_down(force=True)
        for address in ("/healthz", "/api/v1/counts", "/api/v1/grids", "/tiles/1/grids/2/1/1.mvt"):
            answer = client.get(address)
            assert answer.status_code == 503, address
            assert int(answer.headers["Retry-After"]) > 0
            assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
            lower = answer.text.lower()
            assert not any(
                w in lower for w in ("socket", "psycopg", "sqlalchemy", str(home), "connection to")
            )
        problem = client.get("/api/v1/counts").get_json()
        assert set(problem) == {"code", "message_zh", "message_en"}
        assert "gridmap db status" in problem["message_en"]


LISTS = (
    *("cases tasks", "cases screening list", "cases clinics list", "dispatch list", "dispatch times"),
    *("fixed-points list", "forms list", "hotspots list", "imports list", "incoming list", "profiles list"),
    *("projects list", "reports list", "rulings list", "tokens list"),
)


def test_a_list_of_nothing_says_so(blank: Database) -> None:
    silent = {}
    for words in LISTS:
        done = in_town(blank, *words.split())
        if done.returncode or "没有" not in done.stdout or "━" in done.stdout:
            silent[words] = done.stdout + done.stderr
    assert silent == {}
