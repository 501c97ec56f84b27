"""An installed wheel has all it needs."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import sysconfig
import tempfile
import time
import urllib.error
import urllib.request
import venv
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.faults

REPOSITORY = Path(__file__).resolve().parents[2]
PATIENCE_S = 600


def clean_environment(**own: str) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("GRIDMAP_", "DATABASE_URL", "PYTHON"))}
    return kept | own


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=REPOSITORY,
        env=clean_environment(),
        check=True,
        capture_output=True,
        timeout=PATIENCE_S,
    )
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def installed(wheel: Path) -> Iterator[Path]:
    """A fresh environment with the wheel, the dependencies, and nothing of the checkout."""
    with tempfile.TemporaryDirectory(prefix="gm-", dir="/tmp") as name:
        place = Path(name).resolve()
        place.chmod(0o755)
        venv.create(place / "venv", symlinks=True)
        python = place / "venv" / "bin" / "python"
        own = next((place / "venv" / "lib").glob("python3*")) / "site-packages"
        # A .pth inside a folder named by a .pth is not read, so the checkout's editable install stays out.
        (own / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n", "utf-8")
        subprocess.run(
            [sys.executable, "-m", "pip", "--python", str(python), "install", "--no-deps", "--no-index", "-q",
             "--ignore-installed", str(wheel)],
            env=clean_environment(PIP_DISABLE_PIP_VERSION_CHECK="1"),
            check=True,
            capture_output=True,
            timeout=PATIENCE_S,
        )  # fmt: skip
        yield place


def test_the_wheel_holds_pages_assets_migrations_and_the_town(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    for wanted in (
        "gridmap/_data/boundaries/villages.geojson",
        "gridmap/_data/boundaries/incidents.csv",
        "gridmap/_data/boundaries/PROVENANCE.md",
        "gridmap/storage/migrations/versions/v0001_first.py",
        "gridmap/storage/sql/0001_first.sql",
        "gridmap/domain/codes.json",
        "web/templates/index.html",
        "web/static/vendor/leaflet/leaflet.js",
        "web/static/built/manifest.json",
    ):
        assert wanted in names
    built = {
        n.rpartition("/")[2].partition("-")[0]
        for n in names
        if n.startswith("web/static/built/") and n.endswith(".br")
    }
    assert {"main", "worker", "page"} <= built
    assert not [n for n in names if n.startswith(("tests/", "scripts/", ".venv/")) or "node_modules" in n]


def test_an_installed_wheel_shows_the_town_from_an_empty_folder(installed: Path) -> None:
    home = installed / "home"
    empty = installed / "empty"
    empty.mkdir()
    gridmap = str(installed / "venv" / "bin" / "gridmap")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = clean_environment(GRIDMAP_HOME=str(home), GRIDMAP_PORT=str(port))

    where = subprocess.run(
        [str(installed / "venv/bin/python"), "-c", "import gridmap, web; print(gridmap.__file__, web.__file__)"],
        cwd=empty,
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split()  # fmt: skip
    assert all(Path(file).is_relative_to(installed) for file in where), where
    loaded = subprocess.run(
        [gridmap, "demo", "load"],
        cwd=empty,
        env=environment,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert loaded.returncode == 0, loaded.stderr
    server = subprocess.Popen(
        [gridmap, "serve"],
        cwd=empty,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        address = f"http://127.0.0.1:{port}"
        assert "登录" in _answer(f"{address}/sign-in", server)
        printed = subprocess.run(
            [gridmap, "tokens", "add", "wheel", "--role", "administrator"],
            cwd=empty, env=environment, capture_output=True, text=True, timeout=PATIENCE_S, check=True,
        ).stdout  # fmt: skip
        token = printed.splitlines()[-1].partition(": ")[2]
        page = _answer(f"{address}/", server, token)
        links = set(re.findall(r"""(?:src|href)=["'](/static/[^"'?]+)""", page))
        assert links
        for link in links:
            assert _answer(address + link, server, token)
        grids = json.loads(_answer(f"{address}/api/v1/grids?level=3&geometry=false", server, token))
        assert len(grids["features"]) == 28
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(PATIENCE_S)
    assert not list(empty.iterdir())
    assert not list((home / "database").rglob("postmaster.pid"))


def _answer(url: str, server: subprocess.Popen[bytes], token: str = "") -> str:
    end_s = time.monotonic() + PATIENCE_S
    while server.poll() is None and time.monotonic() < end_s:
        try:
            sent = urllib.request.Request(url, headers={"Authorization": token} if token else {})  # noqa: S310
            with urllib.request.urlopen(sent, timeout=20) as answer:  # noqa: S310 - its own address
                assert answer.status == 200
                text: str = answer.read().decode("utf-8", "replace")
                return text
        except urllib.error.HTTPError:
            raise
        except OSError:
            time.sleep(0.1)
    pytest.fail(f"no answer from {url}")
