"""Ask whether pinned packages have known weaknesses: ``python scripts/advisories.py pip|npm``.

Fails where a package that is shipped has one. Where the data cannot be had (a closed network, a mirror without it) that
is told and nothing fails: nobody's work waits for a network.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from scripts.assets import CACHE, ROOT, WEB, npm_command

PATIENCE_S = 180


def asked(words: list[str], folder: Path) -> Any:
    """Run a program that answers JSON; None where it answers anything else."""
    try:
        done = subprocess.run(
            words,
            cwd=folder,
            env={**os.environ, "npm_config_cache": os.fspath(CACHE / "npm")},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )
        return json.loads(done.stdout)
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return None


def of_pip(told: Any) -> list[str] | None:
    """Weaknesses that pip-audit tells of; None where it could look at no package."""
    packages = told.get("dependencies", []) if isinstance(told, dict) else []
    looked_at = [p for p in packages if "vulns" in p and "skip_reason" not in p]
    if not looked_at:
        return None
    if len(looked_at) < len(packages):
        print(f"没有资料的软件包 / packages without data: {len(packages) - len(looked_at)}", file=sys.stderr)
    return [
        f"{p['name']} {p['version']}: {v['id']} ({', '.join(v['fix_versions']) or '-'})"
        for p in looked_at
        for v in p["vulns"]
    ]


def of_npm(told: Any) -> list[str] | None:
    """Weaknesses that npm tells of in what the page is made of; None where it could not ask."""
    if not isinstance(told, dict) or "vulnerabilities" not in told:
        return None
    return [
        f"{name}: {found['severity']} {found['range']}" for name, found in told["vulnerabilities"].items()
    ]


def main() -> int:
    which = sys.argv[1]
    if which == "pip":
        words = [
            sys.executable,
            "-m",
            "pip_audit",
            "--requirement",
            "constraints.txt",
            "--no-deps",
            "--disable-pip",
        ]
        found = of_pip(asked([*words, "--format", "json", "--progress-spinner", "off"], ROOT))
    else:
        words = [*npm_command(), "audit", "--json", "--omit=dev", "--package-lock-only"]
        found = of_npm(asked(words, WEB))
    if found is None:
        print(
            f"取不到 {which} 的安全公告资料，跳过 / no advisories of {which} to be had here: skipped",
            file=sys.stderr,
        )
        return 0
    print("\n".join(found) or f"{which}: 未发现已知漏洞 / no known weakness", file=sys.stderr)
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
