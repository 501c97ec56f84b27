"""What reads untrusted files in the suite is held as what reads them where the product runs."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from gridmap.ingest.reading import sandbox
from tests.warm import Bounded

_TELLS = """
import sys; sys.path.insert(0, {root!r})
from gridmap.files import limits; limits.apply({memory}, 7, 12345)
import gridmap.ingest.isolated.worker, json, os, resource
names = [name for name in dir(resource) if name.startswith("RLIMIT_")]
print(json.dumps({{
    "limits": {{name: resource.getrlimit(getattr(resource, name)) for name in names}},
    "environment": dict(os.environ),
    "folder": os.getcwd(),
    "leads its session": os.getsid(0) == os.getpid(),
    "files": sorted(os.listdir("/proc/self/fd")),
    "umask": os.umask(0),
    "given": sys.stdin.buffer.read().decode(),
}}))
print(sorted({{"geopandas", "pandas", "pyogrio", "sqlalchemy", "web"}} & set(sys.modules)))
"""


def _told(start: Callable[..., Any], folder: Path) -> tuple[dict[str, Any], str]:
    with start(
        [sys.executable, "-I", "-c", _TELLS.format(root=sandbox._ROOT, memory=1 << 30)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=folder,
        env=sandbox._environment(folder, ("GPKG",)),
        start_new_session=True,
        close_fds=True,
    ) as process:
        said, _ = process.communicate(b"a request", timeout=600)
    assert process.returncode == 0
    facts, modules = said.decode().splitlines()
    return json.loads(facts), modules


def test_a_reader_that_starts_warm_is_held_as_one_that_starts_cold(tmp_path: Path) -> None:
    warm, cold = _told(Bounded, tmp_path), _told(subprocess.Popen, tmp_path)
    assert warm == cold
    facts, modules = warm
    assert facts["leads its session"]
    assert facts["given"] == "a request"
    assert facts["limits"]["RLIMIT_DATA"] == [1 << 30] * 2
    assert modules == "[]"


def test_the_suite_reads_files_by_processes_that_start_warm_unless_a_test_wants_the_product_s_own() -> None:
    assert vars(sandbox)["subprocess"].Popen is Bounded
