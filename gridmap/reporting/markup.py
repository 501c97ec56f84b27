"""Texts as markup that holds both languages."""

from __future__ import annotations

from collections.abc import Iterable

from markupsafe import Markup, escape

from gridmap.reporting.model import Text

LANGUAGES = ("zh", "en")


def in_languages(text: Text, languages: Iterable[str] = LANGUAGES) -> Markup:
    """Return a text in the wanted languages, escaped and once where they are alike; the page shows the chosen one."""
    if text.zh == text.en:
        return escape(text.zh)
    parts = [
        Markup('<span class="{0}" lang="{0}">{1}</span>').format(code, getattr(text, code))
        for code in languages
    ]
    return Markup("").join(parts)
