"""Sentences of figures, wall, handover, field page and screening: Chinese, English."""

from __future__ import annotations

WORDS: dict[str, tuple[str, str]] = {}
