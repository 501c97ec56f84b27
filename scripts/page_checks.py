"""Check the page's code: ``python scripts/page_checks.py eslint|prettier|tsc|node``; without a name all of them.

``tsc`` first makes ``web/types/api.d.ts`` from the API's own OpenAPI document, so that the page is checked against
what the server says today; no database is needed. ``scripts/assets.py --checks`` installs the programs.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from scripts.assets import ROOT, WEB, node_command

BIN = WEB / "node_modules"
CHECKS = {
    "eslint": ["eslint/bin/eslint.js", "--max-warnings=0", "."],
    "prettier": ["prettier/bin/prettier.cjs", "--check", "."],
    "tsc": ["typescript/bin/tsc", "--project", "."],
    "node": [],
}


def document() -> dict[str, object]:
    """Return the API's OpenAPI document; the application is made, but no database is asked."""
    from gridmap.settings import load_settings
    from gridmap.storage.database import Database
    from web.app import create_app

    app = create_app(Database(load_settings()))
    with app.test_request_context():
        answer = app.view_functions["openapi"]()
    found: dict[str, object] = json.loads(answer.get_data())
    return found


def make_types() -> int:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "openapi.json"
        path.write_text(json.dumps(document(), sort_keys=True), "utf-8")
        return run(["types/make.js", str(path), "types/api.d.ts"])


def run(arguments: list[str]) -> int:
    return subprocess.run(
        [*node_command(), *arguments], cwd=WEB, stdin=subprocess.DEVNULL, check=False
    ).returncode


def check(name: str) -> int:
    if name == "node":
        return run(["--test", *sorted(str(p) for p in (WEB / "tests").glob("*.test.js"))])
    if name == "tsc" and (failed := make_types()):
        return failed
    program, *rest = CHECKS[name]
    return run([str(BIN / program), *rest])


def main() -> int:
    unknown = set(sys.argv[1:]) - set(CHECKS)
    if unknown:
        sys.exit(f"{ROOT.name}: there is no check {', '.join(sorted(unknown))}")
    return max(check(name) for name in sys.argv[1:] or CHECKS)


if __name__ == "__main__":
    sys.exit(main())
