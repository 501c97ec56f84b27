"""How pages are made from templates: those of this package, or a town's own in their place."""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

from jinja2 import (
    BaseLoader,
    ChoiceLoader,
    Environment,
    FileSystemLoader,
    PackageLoader,
    StrictUndefined,
    TemplateError,
    TemplateSyntaxError,
    select_autoescape,
)
from jinja2.exceptions import SecurityError
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

from gridmap.domain.legible import legible
from gridmap.errors import InvalidInput
from gridmap.reporting import bounded
from gridmap.reporting.markup import in_languages
from gridmap.reporting.model import Text

OWN = ("hotspots.html.j2", "meeting.html.j2", "tables.html.j2", "_part.html.j2", "report.css", "paper.css")
"""Templates that a town may put in place of the package's: of the hotspot report and of documents made of tables."""


_MOST_FACTOR = 10_000
_ALLOWED = bounded.Allowance(memory_bytes=384 << 20, cpu_s=5)
"""A page of the package's own templates takes half a second and some megabytes."""
_MOST_LETTERS = 8_000_000


class _Sandbox(ImmutableSandboxedEnvironment):
    """Jinja's sandbox, in which no text or number can be multiplied without end either."""

    intercepted_binops = frozenset({"*", "**"})

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """Multiply and raise to powers within limits; raises SecurityError beyond them."""
        sized = any(isinstance(side, str | list | tuple) for side in (left, right))
        greatest = max((abs(side) for side in (left, right) if isinstance(side, int | float)), default=0)
        if (sized or operator == "**") and greatest > _MOST_FACTOR:
            message = f"{operator} with a number above {_MOST_FACTOR}"
            raise SecurityError(message)
        return super().call_binop(context, operator, left, right)


def page_templates(own: Path | None = None) -> Environment:
    """Return the templates of this package: values are escaped, and one that is missing is an error.

    Parameters
    ----------
    own : Path, optional
        Folder with templates of the town's own, which come before the package's. They are somebody's files: they
        run in Jinja's sandbox, which lets them change nothing and reach no internals.
    """
    loader: BaseLoader = PackageLoader("gridmap.reporting")
    kind: type[Environment] = Environment
    if own is not None and own.is_dir():
        loader = ChoiceLoader([FileSystemLoader(own), loader])
        kind = _Sandbox
    return kind(
        loader=loader,
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def shipped(name: str) -> str:
    """Return the text of a template of this package."""
    return files("gridmap.reporting").joinpath("templates", name).read_text("utf-8")


def fill(
    template: str,
    wanted: tuple[str, ...],
    own: Path | None,
    values: Mapping[str, object],
    functions: Mapping[str, object] | None = None,
) -> str:
    """Fill a template of a document in one language or two; HTML that stands alone.

    Parameters
    ----------
    template : str
    wanted : tuple of str
        Codes of the languages.
    own : Path or None
        Folder with templates of the town's own.
    values, functions : mapping
        What the template is given besides `languages`, the filter ``told`` and ``t(zh, en)``.

    Raises
    ------
    InvalidInput
        When a template of the town's own cannot be filled, or runs on: it names the file, the line and what is wrong
        there.
    """
    if not is_own(own):
        return filled(template, wanted, None, values, functions)
    return bounded.done(
        _ALLOWED,
        lambda: _too_much(template),
        filled,
        template,
        wanted,
        own,
        dict(values),
        dict(functions or {}),
    )


def is_own(own: Path | None) -> bool:
    """Tell whether a folder holds a template that comes before the package's."""
    return own is not None and any((own / name).is_file() for name in OWN)


def filled(
    template: str,
    wanted: tuple[str, ...],
    own: Path | None,
    values: Mapping[str, object],
    functions: Mapping[str, object] | None = None,
) -> str:
    """Fill a template here and now, without an end to what it may use; see :func:`fill`."""
    environment = page_templates(own)

    def told(text: Text) -> Markup:
        return in_languages(text, wanted)

    environment.filters["told"] = told
    environment.globals |= {"t": lambda zh, en: told(Text(zh, en))} | dict(functions or {})
    try:
        page = environment.get_template(template).render(**values, languages=wanted)
        if own is not None and len(page) > _MOST_LETTERS:
            raise _too_much(template)
    except (bounded.TooMuchError, MemoryError) as error:
        if own is None:
            raise
        raise _too_much(*_at(own, template, error)) from None
    except (
        TemplateError,
        TypeError,
        ValueError,
        ArithmeticError,
        LookupError,
        AttributeError,
        RecursionError,
        OSError,
    ) as error:
        if own is None:
            raise
        raise _refused(own, template, error) from None
    return "\n".join(line.rstrip() for line in page.splitlines() if line.strip()) + "\n"


def _at(own: Path, template: str, error: Exception) -> tuple[str, int]:
    """Return the file and the line of a template at which an error came up; line 0 where that is not known."""
    name, line = template, 0
    if isinstance(error, TemplateSyntaxError):
        return error.name or template, error.lineno
    for frame in traceback.extract_tb(error.__traceback__):
        if Path(frame.filename).parent == own and frame.lineno:
            name, line = Path(frame.filename).name, frame.lineno
    return name, line


def _too_much(name: str, line: int = 0) -> InvalidInput:
    at_zh, at_en = (f"第 {line} 行", f", line {line},") if line else ("", "")
    return InvalidInput(
        "template-needs-too-much",
        f"自有模板“{name}”{at_zh}所需的时间、内存或页面长度超过限制，可能有停不下来的循环。请改正，或从 templates "
        "文件夹移走该文件以恢复原样。",
        f"The town's own template {name!r}{at_en} needs more time, memory or paper than is allowed; a loop in it may "
        "never end. Put it right, or take it out of the folder templates.",
    )


def _refused(own: Path, template: str, error: Exception) -> InvalidInput:
    name, line = _at(own, template, error)
    said = legible(str(error))[:200]
    return InvalidInput(
        "template-refused",
        f"自有模板“{name}”第 {line} 行有误：{said}。请改正，或从 templates 文件夹移走该文件以恢复原样。",
        f"The town's own template {name!r} is wrong in line {line}: {said}. Put it right, or take it out of the folder "
        "templates.",
    )
