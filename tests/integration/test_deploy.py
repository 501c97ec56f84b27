"""The service's unit and the example for nginx are tried as they are written, but for ports and folders."""

from __future__ import annotations

import configparser
import http.client
import json
import os
import re
import shlex
import shutil
import socket
import ssl
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from gridmap.domain.accounts import Role
from gridmap.storage.database import Database
from tests.doors import token_of
from web.app import create_app
from web.server import Server

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
UNIT = DEPLOY / "gridmap.service"
PATIENCE_S = 300
NAME = "map.town.example"


def free_port() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        return int(taken.getsockname()[1])


def unit() -> configparser.ConfigParser:
    class Several(dict[str, Any]):
        """Keeps every line of a key that may stand more than once."""

        def __setitem__(self, key: str, value: Any) -> None:
            if isinstance(value, list) and isinstance(self.get(key), list):
                self[key].extend(value)
            else:
                super().__setitem__(key, value)

    read = configparser.RawConfigParser(
        strict=False, dict_type=Several, delimiters=("=",), interpolation=None
    )
    read.optionxform = str  # type: ignore[assignment, method-assign]
    read.read_string(UNIT.read_text("utf-8"))
    return read


def told_by_the_unit() -> dict[str, str]:
    """Settings that the unit brings."""
    return dict(line.split("=", 1) for line in unit()["Service"]["Environment"].splitlines())


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A machine's root with the program where the unit has it."""
    program = tmp_path / "opt" / "gridmap" / "bin" / "gridmap"
    program.parent.mkdir(parents=True)
    program.write_text(
        f'#!/bin/sh\nexec {sys.executable} -c "from gridmap.cli import main; main()" "$@"\n', "utf-8"
    )
    program.chmod(0o755)
    units = tmp_path / "etc" / "systemd" / "system"
    units.mkdir(parents=True)
    shutil.copy(UNIT, units)
    return tmp_path


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not here")
def test_the_unit_is_one_that_systemd_understands(root: Path) -> None:
    for target in ("multi-user", "network", "sysinit", "basic", "shutdown"):
        (root / "etc" / "systemd" / "system" / f"{target}.target").write_text(
            "[Unit]\nDescription=x\n", "utf-8"
        )
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", f"--root={root}", "gridmap.service"],
        capture_output=True, text=True, check=False, timeout=PATIENCE_S,
    )  # fmt: skip
    told = [line for line in done.stderr.splitlines() if "gridmap.service" in line]
    assert (done.returncode, told) == (0, []), done.stderr


def test_the_unit_s_command_serves_and_stops_in_order(root: Path, blank: Database) -> None:
    service = unit()["Service"]
    words = shlex.split(service["ExecStart"])
    assert words[0].startswith("/opt/gridmap/")
    told = told_by_the_unit()
    assert set(told) == {"GRIDMAP_HOME", "GRIDMAP_HOST", "GRIDMAP_PORT"}
    port = free_port()
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(DEPLOY.parent)} | told
    environment |= {
        "GRIDMAP_HOME": str(blank.settings.home),
        "GRIDMAP_PORT": str(port),
        "DATABASE_URL": blank.owner_url.render_as_string(hide_password=False),
        "GRIDMAP_APP_DATABASE_URL": blank.app_url.render_as_string(hide_password=False),
    }
    process = subprocess.Popen(
        [str(root) + words[0], *words[1:]], env=environment, cwd="/", start_new_session=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    try:
        assert answered(f"http://127.0.0.1:{port}/healthz", process)
    finally:
        process.terminate()
        printed = process.communicate(timeout=PATIENCE_S)[0]
    assert "Traceback" not in printed
    assert f"http://127.0.0.1:{port}/enter/" in printed


def test_the_container_runs_what_the_unit_runs() -> None:
    written = (DEPLOY / "Containerfile").read_text("utf-8")
    service = unit()["Service"]
    assert f"\nUSER {service['User']}\n" in written
    assert f"\nCMD {json.dumps(shlex.split(service['ExecStart']))}\n" in written
    assert all(f"{name}={value}" in written for name, value in told_by_the_unit().items())
    assert "bash /tmp/gridmap/install.sh" in written
    assert (DEPLOY / "install.sh").stat().st_mode & 0o111


def test_what_the_trial_types_stands_in_the_pages() -> None:
    trial = (DEPLOY.parent / "scripts" / "trials" / "service.sh").read_text("utf-8")
    pages = "".join(
        (DEPLOY.parent / page).read_text("utf-8") for page in ("deploy/README.md", "docs/operations.md")
    )
    typed = [single or double for single, double in re.findall(r"""type_ (?:'([^']+)'|"([^"$]+)")""", trial)]
    assert len(typed) > 15
    assert [words for words in typed if words.replace("\\\\", "\\") not in pages] == []


def test_the_administrator_s_command_has_the_service_s_account_and_settings_as_systemd_reads_them(
    tmp_path: Path,
) -> None:
    settings, programs = tmp_path / "gridmap.env", tmp_path / "bin"
    settings.write_text(
        '# a comment\n\nGRIDMAP_BACKUP_KEEP=7d 4w 12m\nGRIDMAP_NAMES="a.example,b.example"\n'
        "GRIDMAP_BACKUP_COPY=/mnt/x$(touch ran)\nGRIDMAP_BACKUP_AT=off"
    )
    written = (DEPLOY / "gridmap").read_text("utf-8")
    assert "/etc/gridmap/gridmap.env" in written
    (tmp_path / "gridmap").write_text(written.replace("/etc/gridmap/gridmap.env", str(settings)), "utf-8")
    programs.mkdir()
    for name, told in (("id", "echo 0"), ("runuser", 'printf "%s\\n" "$@"; env')):
        (programs / name).write_text(f"#!/bin/sh\n{told}\n")
        (programs / name).chmod(0o755)
    said = subprocess.run(
        ["sh", str(tmp_path / "gridmap"), "db", "restore", "--to", "a b"],
        env={"PATH": f"{programs}:{os.environ['PATH']}"}, capture_output=True, text=True, check=True, cwd=tmp_path,
    ).stdout.splitlines()  # fmt: skip
    assert said[:7] == ["-u", "gridmap", "--", "/opt/gridmap/bin/gridmap", "db", "restore", "--to"]
    assert {line for line in said if line.startswith("GRIDMAP_")} == {
        f"GRIDMAP_HOME={told_by_the_unit()['GRIDMAP_HOME']}",
        "GRIDMAP_BACKUP_KEEP=7d 4w 12m",
        "GRIDMAP_NAMES=a.example,b.example",
        "GRIDMAP_BACKUP_COPY=/mnt/x$(touch ran)",
        "GRIDMAP_BACKUP_AT=off",
    }
    assert not list(tmp_path.rglob("ran"))


def answered(url: str, process: subprocess.Popen[str]) -> bool:
    end_s = time.monotonic() + PATIENCE_S
    while process.poll() is None and time.monotonic() < end_s:
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310 - its own address
                return bool(answer.status == 200)
        except OSError:
            time.sleep(0.1)
    return False


@pytest.fixture
def upstream(blank: Database) -> Iterator[tuple[int, list[dict[str, Any]]]]:
    """The server as it is behind nginx, and what it sees of each request."""
    seen: list[dict[str, Any]] = []
    application = create_app(blank, names=(NAME,))

    def noting(environ: dict[str, Any], start: Callable[..., Any]) -> Any:
        seen.append(
            {key: environ.get(key) for key in ("wsgi.url_scheme", "REMOTE_ADDR", "HTTP_X_REMOTE_POST")}
        )
        return application(environ, start)

    listener = socket.create_server(("127.0.0.1", 0))
    server = Server(noting, listener, 2, proxy="127.0.0.1")
    threading.Thread(target=server.run, daemon=True).start()
    yield int(listener.getsockname()[1]), seen
    server.close()
    server.task_dispatcher.shutdown()


@pytest.fixture
def nginx(upstream: tuple[int, list[dict[str, Any]]], tmp_path: Path) -> Iterator[tuple[int, int]]:
    """The example with this machine's ports and a certificate of its own; give the ports of https and http."""
    program = shutil.which("nginx") or "/usr/sbin/nginx"
    if not Path(program).exists():
        pytest.skip("nginx is not here")
    tmp_path.chmod(0o755)
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={NAME}",
         "-addext", f"subjectAltName=DNS:{NAME}", "-keyout", str(tmp_path / "key.pem"), "-out",
         str(tmp_path / "cert.pem")],
        check=True, capture_output=True,
    )  # fmt: skip
    https, plain = free_port(), free_port()
    written = (DEPLOY / "nginx.conf").read_text("utf-8")
    for was, now in (
        ("listen 443 ssl", f"listen 127.0.0.1:{https} ssl"),
        ("listen 80;", f"listen 127.0.0.1:{plain};"),
        ("http://127.0.0.1:8010", f"http://127.0.0.1:{upstream[0]}"),
        ("/etc/gridmap/", f"{tmp_path}/"),
    ):
        assert was in written
        written = written.replace(was, now)
    folders = "".join(
        f"{kind}_temp_path {tmp_path}/{kind};"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    config = tmp_path / "nginx.conf"
    config.write_text(
        f"daemon off; pid {tmp_path}/pid; error_log {tmp_path}/error.log; events {{}}\n"
        f"http {{ access_log off; {folders}\n{written}\n}}\n",
        "utf-8",
    )
    checked = subprocess.run([program, "-t", "-c", str(config)], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr
    process = subprocess.Popen([program, "-c", str(config)], stderr=subprocess.DEVNULL)
    try:
        end_s = time.monotonic() + PATIENCE_S
        while time.monotonic() < end_s:
            try:
                socket.create_connection(("127.0.0.1", https), timeout=5).close()
                break
            except OSError:
                assert process.poll() is None, (tmp_path / "error.log").read_text()
                time.sleep(0.05)
        yield https, plain
    finally:
        process.terminate()
        process.wait(PATIENCE_S)


def ask(port: int, folder: Path, path: str, method: str = "GET", **headers: str) -> tuple[int, Any, str]:
    trusting = ssl.create_default_context(cafile=str(folder / "cert.pem"))
    raw = trusting.wrap_socket(
        socket.create_connection(("127.0.0.1", port), PATIENCE_S), server_hostname=NAME
    )
    connection = http.client.HTTPConnection(NAME, timeout=PATIENCE_S)
    connection.sock = raw
    connection.request(
        method, path, headers={"Host": NAME} | {k.replace("_", "-"): v for k, v in headers.items()}
    )
    answer = connection.getresponse()
    body = answer.read().decode()
    connection.close()
    return answer.status, answer.headers, body


def test_behind_nginx_the_server_sees_https_and_the_browser_s_address(
    nginx: tuple[int, int], upstream: tuple[int, list[dict[str, Any]]], tmp_path: Path, blank: Database
) -> None:
    https, plain = nginx
    seen = upstream[1]
    forged = {"X_Forwarded_For": "10.6.6.6", "X_Forwarded_Proto": "http", "X_Remote_Post": "admin"}
    status, _, body = ask(https, tmp_path, "/healthz", **forged)
    assert (status, json.loads(body)["status"]) == (200, "ok")
    assert seen[-1] == {
        "wsgi.url_scheme": "https",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_X_REMOTE_POST": None,
    }, "what a browser says of itself counts for nothing"
    # The page's own origin is https, and a cookie set over it is sent over nothing else.
    status, headers, _ = ask(https, tmp_path, "/sign-in", Origin=f"https://{NAME}")
    assert status == 200
    assert ask(https, tmp_path, "/sign-in", Origin=f"http://{NAME}")[0] == 403
    token = token_of(blank, Role.TOWN_DESK)
    assert ask(https, tmp_path, "/api/v1/workspace", Authorization=f"Bearer {token}")[0] == 200
    from gridmap.services.accounts import entry

    status, headers, _ = ask(https, tmp_path, f"/enter/{entry.first_link(blank)}", Sec_Fetch_Mode="navigate")
    assert status == 303
    assert re.search(r"gridmap=.*; Secure; HttpOnly", headers["Set-Cookie"])
    # http leads to https, and a name that is not the server's gets nothing.
    with closing(http.client.HTTPConnection("127.0.0.1", plain, timeout=PATIENCE_S)) as connection:
        connection.request("GET", "/desk", headers={"Host": NAME})
        answer = connection.getresponse()
        assert (answer.status, answer.headers["Location"]) == (301, f"https://{NAME}/desk")
    before = len(seen)
    assert ask(https, tmp_path, "/healthz", Host="evil.example")[0] in {400, 421}
    assert len(seen) == before


def test_past_nginx_nobody_is_believed(upstream: tuple[int, list[dict[str, Any]]]) -> None:
    port, seen = upstream
    # From another address of this machine: the proxy is 127.0.0.1 alone.
    with closing(
        http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S, source_address=("127.0.0.2", 0))
    ) as connection:
        connection.request(
            "GET", "/healthz", headers={"X-Forwarded-For": "10.6.6.6", "X-Forwarded-Proto": "https"}
        )
        assert connection.getresponse().status == 200
    assert (seen[-1]["wsgi.url_scheme"], seen[-1]["REMOTE_ADDR"]) == ("http", "127.0.0.2")
