"""What a person writes by hand: kept only where it holds nobody's number, and nothing that points at a person."""

from __future__ import annotations

from dataclasses import dataclass

from gridmap.domain.legible import is_unseen, legible
from gridmap.errors import InvalidInput
from gridmap.ingest.personal import find_in, named_kinds, personal_in, starred


@dataclass(frozen=True, slots=True)
class Tidied:
    """A text without what points at a person.

    Attributes
    ----------
    text : str
        With stars in place of it.
    kinds : tuple of str
        What was found; keys of :data:`gridmap.ingest.personal.KINDS`. Empty where the text is as it was.
    """

    text: str
    kinds: tuple[str, ...]


def tidied(text: str) -> Tidied:
    """Return a text with what points at a person starred out, to be shown and asked about.

    Parameters
    ----------
    text : str

    Raises
    ------
    InvalidInput
        When it holds an identity or telephone number: that is taken out by whoever wrote it, not by a star.
    """
    if personal_in(text) is not None:
        raise InvalidInput(
            "text-personal",
            "文字含身份证号或电话号码，不予保存。请删去后再提交。",
            "The text holds an identity or telephone number and is not kept. Take it out and try again.",
        )
    found = find_in(text)
    return Tidied(starred(text, found), tuple(dict.fromkeys(f.kind for f in found)))


def checked_text(text: str | None) -> str | None:
    """Return a text as it is.

    Raises
    ------
    InvalidInput
        When it holds what cannot be seen, an identity or telephone number, or words that point at a person; the message
        shows the text with those starred out, which would be taken.
    """
    if text is None:
        return None
    tidy = tidied(text)
    if tidy.kinds:
        zh, en = named_kinds(tidy.kinds)
        raise InvalidInput(
            "text-points-at-person",
            f"文字中有{zh}，不予保存。可改为：{tidy.text}",
            f"The text holds what points at a person ({en}) and is not kept. This would be: {tidy.text}",
        )
    if (unseen := next((c for c in text.replace("\r\n", "\n") if is_unseen(c)), None)) is not None:
        raise InvalidInput(
            "text-unseen",
            f"文字含有看不见的字符（{legible(unseen)}）。请删除后重新输入。",
            f"The text holds a character that cannot be seen ({legible(unseen)}). Delete it and type the text again.",
        )
    return text
