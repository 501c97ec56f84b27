"""The offline bundle: it installs and serves where there is no network, and a torn one is refused."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.faults.serving import free_port
from tests.warm import REPOSITORY

pytestmark = pytest.mark.faults

PATIENCE_S = 900
# Run in a network namespace of its own: nothing but the loopback of it is there.
IN_NO_NETWORK = r"""
set -euo pipefail
ip link set lo up
[ -z "$(ip route)" ]
bash "$1/install.sh" --into "$2/program"
"$2/program/bin/gridmap" serve --port "$3" >"$2/said" 2>&1 &
server=$!
trap 'kill $server 2>/dev/null; wait $server || true' EXIT
"$2/program/bin/python" - "$3" <<'ASK'
import sys, time, urllib.request
end_s = time.monotonic() + 600
while True:
    try:
        print(urllib.request.urlopen(f"http://127.0.0.1:{sys.argv[1]}/healthz", timeout=60).read().decode())
        page = urllib.request.urlopen(f"http://127.0.0.1:{sys.argv[1]}/sign-in", timeout=60).read().decode()
        break
    except OSError:
        if time.monotonic() > end_s:
            raise
        time.sleep(0.2)
print(page)
ASK
"""


@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("ip"), reason="only root makes a network namespace")
def test_the_bundle_installs_and_serves_without_a_network_and_a_torn_one_is_refused(place: Path) -> None:
    # What the tests' own packages were installed from is what the bundle takes; see scripts/lib.sh.
    subprocess.run(
        ["bash", "scripts/bundle.sh", "--without-system", str(place)],
        cwd=REPOSITORY, check=True, capture_output=True, timeout=PATIENCE_S,
    )  # fmt: skip
    (archive,) = place.glob("gridmap-*.tar")
    subprocess.run(["tar", "-C", str(place), "-xf", str(archive)], check=True)
    archive.unlink()
    bundle = place / "gridmap"
    assert "gridmap " in (bundle / "MANIFEST").read_text()

    wheel = next(bundle.glob("wheels/gridmap-*.whl"))
    whole = wheel.read_bytes()
    wheel.write_bytes(whole[:-1])
    refused = subprocess.run(
        ["bash", str(bundle / "install.sh"), "--into", str(place / "program")],
        capture_output=True, text=True, check=False, timeout=PATIENCE_S,
    )  # fmt: skip
    assert refused.returncode == 1
    assert "the bundle is not whole" in refused.stderr
    assert not (place / "program").exists()
    wheel.write_bytes(whole)

    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    done = subprocess.run(
        ["unshare", "-n", "bash", "-c", IN_NO_NETWORK, "bash", str(bundle), str(place), str(free_port())],
        env=kept | {"GRIDMAP_HOME": str(place / "home"), "GRIDMAP_WORKERS": "0", "PIP_COMPILE": "0"},
        cwd="/", capture_output=True, text=True, check=False, timeout=PATIENCE_S,
    )  # fmt: skip
    said = (place / "said").read_text() if (place / "said").exists() else ""
    assert done.returncode == 0, done.stderr + said
    assert '"status":"ok"' in done.stdout
    assert "/static/built/" in done.stdout
    assert "/enter/" in said
    assert "Traceback" not in said
