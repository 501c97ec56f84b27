#!/usr/bin/env python3
"""Draw the table of lawful steps into docs/cases.md: a picture and a table, both made from the rules themselves.

With ``--check`` it only tells by its exit code whether the page shows the rules.
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from gridmap.domain.cases.actions import ACTION_WORDS, Stage  # noqa: E402 - the checkout, installed or not
from gridmap.domain.cases.rules import RULES, Rule  # noqa: E402
from gridmap.domain.codes import code_list  # noqa: E402

PAGE = ROOT / "docs" / "cases.md"
BEGIN, END = "<!-- rules: made by scripts/case_rules.py -->", "<!-- rules end -->"
_BY = {
    "handler": "承办 / who has it",
    "awaiting": "受移送方 / who is asked to sign",
    "either": "双方 / both",
    "source": "来源 / a source",
}
_BACK = {
    Stage.TRANSFERRED: (Stage.ACCEPTED, Stage.MEDIATING),
    Stage.PAUSED: (Stage.ACCEPTED, Stage.MEDIATING),
}


def arrows() -> list[tuple[str, str, str]]:
    """Return from where to where each rule leads, with the action's word; steps that move nothing are left out."""
    out = []
    for rule in RULES.values():
        word = ACTION_WORDS[rule.action].zh
        if not rule.before:
            out.append(("[*]", str(rule.after), word))
        for before in sorted(rule.before):
            if rule.after == "same":
                continue
            targets = _BACK[before] if rule.after == "back" else (rule.after,)
            out += [(before.value, str(target), word) for target in targets]
    return out


def picture() -> str:
    """Return the diagram of stages."""
    names = {c.code: c for c in code_list("stage")}
    lines = ["```mermaid", "stateDiagram-v2", "  direction LR"]
    lines += [f'  state "{names[s].zh} {names[s].en}" as {s.value}' for s in Stage]
    joined: dict[tuple[str, str], list[str]] = {}
    for before, after, word in arrows():
        joined.setdefault((before, after), []).append(word)
    lines += [f"  {before} --> {after}: {'、'.join(words)}" for (before, after), words in joined.items()]
    return "\n".join([*lines, "```"])


def table() -> str:
    """Return the table of rules."""
    names = {c.code: c for c in code_list("stage")}
    lines = [
        "| step | from | to | by | needs | may have |",
        "|---|---|---|---|---|---|",
    ]
    for rule in RULES.values():
        words = ACTION_WORDS[rule.action]
        cells = (
            f"{words.zh} `{rule.action.value}`",
            "、".join(names[s].zh for s in Stage if s in rule.before) or "first step",
            _after(rule, {code: c.zh for code, c in names.items()}),
            _BY[rule.by],
            ", ".join(f"`{n.replace('|', '` or `')}`" for n in rule.needs) or "–",
            ", ".join(f"`{n}`" for n in rule.takes) or "–",
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _after(rule: Rule, names: dict[str, str]) -> str:
    return {"back": "where it was before", "same": "unchanged"}.get(str(rule.after)) or names[str(rule.after)]


def page(text: str) -> str:
    """Return the page with picture and table as the rules are now."""
    head, _, rest = text.partition(BEGIN)
    _, _, tail = rest.partition(END)
    return f"{head}{BEGIN}\n\n{picture()}\n\n{table()}\n\n{END}{tail}"


def main() -> int:
    """Write the page, or check it."""
    text = PAGE.read_text("utf-8")
    made = page(text)
    if "--check" in sys.argv:
        return int(made != text)
    PAGE.write_text(made, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
