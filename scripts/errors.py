#!/usr/bin/env python3
"""Write docs/errors.md: every error that the product can give, read from the code.

With ``--check`` it only tells by its exit code whether the page is what the code says.
"""

from __future__ import annotations

import ast
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from gridmap import errors  # noqa: E402 - the checkout, installed or not

PAGE = ROOT / "docs" / "errors.md"
KINDS = {
    name: kind
    for name, kind in vars(errors).items()
    if isinstance(kind, type) and issubclass(kind, errors.GridmapError) and kind is not errors.GridmapError
}


@dataclass(frozen=True, order=True)
class Entry:
    """One error: its code and status, the sentences, and the module that gives it."""

    code: str
    status: int
    zh: str
    en: str
    module: str


def entries() -> list[Entry]:
    """Return every error with a code that is written in the code, by code and module."""
    out = set()
    for folder in ("gridmap", "web"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
            out |= _of_own_kinds(path, module)
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if not isinstance(node, ast.Call) or len(node.args) < 3:
                    continue
                name = _name(node.func)
                if name in KINDS:
                    code, zh, en = (_words(argument) for argument in node.args[:3])
                    out.add(Entry(code, KINDS[name].status, zh, en, module))
                elif name == "Refusal":
                    # What the rules of cases forbid: a conflict where the case's state does, else a wrong field.
                    code, _, zh, en = (_words(argument) for argument in node.args[:4])
                    lawless = any(given.arg == "lawless" for given in node.keywords)
                    out.add(Entry(code, 409 if lawless else 422, zh, en, module))
    return sorted(out)


def _of_own_kinds(path: Path, module: str) -> set[Entry]:
    """Return the errors that have a class of their own, which tells its sentences itself."""
    out = set()
    for kind in ast.walk(ast.parse(path.read_text("utf-8"))):
        if not isinstance(kind, ast.ClassDef) or path.name == "errors.py":
            continue
        above = [KINDS[_name(base)] for base in kind.bases if _name(base) in KINDS]
        for node in ast.walk(kind):
            says = isinstance(node, ast.Call) and _name(node.func) == "__init__" and len(node.args) >= 3
            if above and says:
                code, zh, en = (_words(argument) for argument in node.args[:3])  # type: ignore[attr-defined]
                out.add(Entry(code, above[0].status, zh, en, module))
    return out


def _name(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def _words(node: ast.expr) -> str:
    """Return a text as it is written, with … for what is filled in."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(_words(part) for part in node.values)
    if isinstance(node, ast.BinOp):
        return _words(node.left) + _words(node.right)
    return "…"


def page(found: list[Entry]) -> str:
    """Return the page."""
    fixed = [e for e in found if e.code != "…"]
    lines = [
        "# Errors",
        "",
        "Every error has a code, a sentence in Chinese and in English that says what can be done, and an HTTP",
        "status. The command ends with 1 and prints both sentences; the API answers `{code, message_zh, message_en}`.",
        "… stands for what is filled in. Made by `scripts/errors.py` from the code; a test keeps it true.",
        "",
        f"{len({e.code for e in fixed})} codes.",
        "",
        "| code | status | 中文 | English | given by |",
        "|---|---|---|---|---|",
    ]
    lines += [f"| `{e.code}` | {e.status} | {_cell(e.zh)} | {_cell(e.en)} | {e.module} |" for e in fixed]
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").replace("<", "&lt;").split())


if __name__ == "__main__":
    text = page(entries())
    if sys.argv[1:] == ["--check"]:
        sys.exit(0 if PAGE.exists() and PAGE.read_text("utf-8") == text else 1)
    PAGE.write_text(text, "utf-8")
