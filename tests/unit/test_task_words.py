"""What the desk itself writes into a task is told in Chinese and in English; a person's words stay."""

from __future__ import annotations

import re

import pytest

from gridmap.domain.cases import task_words
from gridmap.domain.cases.task_words import Said

CHINESE = re.compile("[\u4e00-\u9fff]")


@pytest.mark.parametrize("name", ["FOLLOW_UP", "SATISFACTION", "CONFIRMATION", "RISK_REVIEW"])
def test_a_sentence_that_a_step_leaves_is_told_in_both_languages(name: str) -> None:
    said: Said = getattr(task_words, name)
    kept = said.of(30)
    assert task_words.sentence(kept, english=False) == kept
    english = task_words.sentence(kept, english=True)
    assert not CHINESE.search(english)
    assert ("30" in english) == ("30" in kept)
    assert task_words.sentence("修好围墙", english=True) == "修好围墙"


@pytest.mark.parametrize("code", ["yes", "no", "red", "asked", "corrected", "reopened", "withdrawn"])
def test_a_task_that_a_step_ends_says_how_in_words(code: str) -> None:
    assert CHINESE.search(task_words.ending(code, english=False))
    assert not CHINESE.search(task_words.ending(code, english=True))
    assert task_words.ending("已走访", english=True) == "已走访"
