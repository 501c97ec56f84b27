"""What else points at a person in a text: starred out where people write freely, refused in codes and names.

A list with context, and no more: a name that stands without any of the words of `words` is not caught. docs/privacy.md
says what is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import count

import pyarrow as pa
import pyarrow.compute as pc

from gridmap.domain.legible import UNSEEN_RE2
from gridmap.ingest.personal.found import Found
from gridmap.ingest.personal.plain import FIGURES, LIKE_FIGURES, Plain
from gridmap.ingest.personal.rules import FIGURED, RULES

KINDS = {
    "short": ("短号", "short number"),
    "plate": ("车牌", "number plate"),
    "account": ("微信、QQ 或邮箱", "WeChat, QQ or e-mail"),
    "document": ("证件或银行卡号", "passport or bank card"),
    "room": ("门牌房号", "room number"),
    "name": ("人名", "name"),
    "origin": ("籍贯来源", "origin"),
    "ethnicity": ("民族宗教", "ethnicity or religion"),
    "record": ("前科", "past punishment"),
    "flag": ("给人贴的标签", "label put on a person"),
    "health": ("疾病", "illness"),
}
"""Kind, and what the desk calls it."""


def _parentheses(rule: str) -> Iterator[tuple[int, str]]:
    """Give place and kind of each parenthesis of a pattern that groups."""
    in_class = False
    for place, character in enumerate(rule):
        if place > 0 and rule[place - 1] == "\\":
            continue
        if character in "()" and not in_class:
            yield place, character
        elif character in "[]":
            in_class = character == "["


def _without_looking_around(rule: str) -> str:
    """Return a pattern that RE2 can read and that matches whatever this one does, and more."""
    begun: list[int] = []
    around: list[tuple[int, int]] = []
    for place, character in _parentheses(rule):
        if character == "(":
            begun.append(place)
            continue
        first = begun.pop()
        if rule.startswith("(?=", first) and place == len(rule) - 1:
            # What is looked for at the end may as well be matched: few texts have it.
            around.append((first, first + 3))
        elif rule.startswith(("(?=", "(?!", "(?<=", "(?<!"), first):
            around = [span for span in around if span[0] < first]
            around.append((first, place + 1))
    out, at = "", 0
    for first, after in sorted(around):
        out += rule[at:first] + ("(?:" if after == first + 3 else "")
        at = after
    return out + rule[at:]


def _of_any_digits(rule: str) -> str:
    """Let the classes of digits of a pattern hold whatever is read as a digit when texts are compared."""
    return re.sub("([0-9]-[0-9])", rf"{FIGURES}{LIKE_FIGURES}\1", rule)


_ODD = rf"{UNSEEN_RE2}|[\p{{Cf}}\p{{M}}\p{{Pd}}\p{{Zl}}\p{{Zp}}\p{{No}}−˗×ХΧхχ]|[^\P{{Nd}}0-9]"
"""What is left out or read as something else when texts are compared, digits of other scripts too."""


@cache
def may_hold_re2() -> tuple[str, ...]:
    """Return patterns for whole columns: what none of them matches, in NFKC, holds no mark but cards.

    Cards have many digits. One by one: of all of them together RE2 makes an automaton that is larger than its memory,
    and is twenty times slower.
    """
    return (
        _ODD,
        *(f"(?i){_without_looking_around(rule)}" for _, rule in RULES),
        *(f"(?i){_of_any_digits(_without_looking_around(rule))}" for _, rule in FIGURED),
    )


_FEW_TEXTS = 100
_FEW_COLUMNS = 50


class Rule:
    """A rule that is compiled when a text may hold what it finds.

    All of them together take two seconds to compile, and a command or a form brings one text; RE2 looks through that
    in a hundredth of the time. Who reads many texts is better off with compiled rules: one more is with each text.

    Parameters
    ----------
    kind, pattern : str
    place : int
        Among all rules.
    figured : bool
        Whether it is about figures; see :mod:`gridmap.ingest.personal.rules`.
    """

    def __init__(self, kind: str, pattern: str, place: int, *, figured: bool) -> None:
        self.kind = kind
        self.figured = figured
        self.pattern = pattern
        self._patience = _FEW_TEXTS + place
        self._wider: str | None = None
        self._compiled: re.Pattern[str] | None = None

    def finditer(self, text: str) -> Iterator[re.Match[str]]:
        """Give each place of a text in which the rule finds something."""
        if self._compiled is None:
            self._patience -= 1
            if self._patience > 0 and not self.may_hold(text):
                return iter(())
        return self.compile().finditer(text)

    @property
    def is_compiled(self) -> bool:
        """Whether it is compiled."""
        return self._compiled is not None

    def compile(self) -> re.Pattern[str]:
        """Give the rule compiled, which it stays."""
        if self._compiled is None:
            self._compiled = re.compile(self.pattern, re.IGNORECASE)
        return self._compiled

    def may_hold(self, text: str) -> bool:
        """Tell whether the rule could find something in a text that was made for comparing; False is certain."""
        if self._wider is None:
            self._wider = f"(?i){_without_looking_around(self.pattern)}"
        try:
            column = pa.array([text], pa.string())
        except UnicodeEncodeError:
            return True
        return bool(pc.match_substring_regex(column, self._wider)[0].as_py())


EVERY = tuple(
    Rule(kind, rule, place, figured=place >= len(RULES))
    for place, (kind, rule) in enumerate((*RULES, *FIGURED))
)

_columns = count(1)


def rules_are_compiled() -> bool:
    """Tell whether looking into a text is cheap.

    Who reads one small file after the other compiles RE2's patterns for each of its columns, a fiftieth of what it
    takes to compile all rules: asked as often as that, they are compiled.
    """
    if next(_columns) == _FEW_COLUMNS:
        for rule in EVERY:
            rule.compile()
    return all(rule.is_compiled for rule in EVERY)


_CARD = re.compile(
    r"(?<![0-9A-Za-z.])([2-6][0-9]{3}(?:[ .·•\-_/|]{0,3}[0-9]{4}){2,3}[ .·•\-_/|]{0,3}[0-9]{1,4})(?![0-9A-Za-z])"
)
# Years of this century are no first digits of a card: numbers of cases and orders begin with them.
_ISSUED = re.compile("[3-6]|2(?:22[1-9]|2[3-9]|[3-6]|7[01]|720)")


def named_kinds(kinds: Iterable[str]) -> tuple[str, str]:
    """Return what the desk calls kinds, in Chinese and in English."""
    known = [KINDS[kind] for kind in kinds if kind in KINDS]
    return "、".join(zh for zh, _ in known), ", ".join(en for _, en in known)


def find_marks(copy: Plain) -> Iterator[Found]:
    """Give the parts of a text that point at a person, but for numbers of many digits.

    Parameters
    ----------
    copy : Plain
    """
    for rule in EVERY:
        for match in rule.finditer(copy.digits if rule.figured else copy.text):
            yield Found(rule.kind, *copy.span(*match.span(1)))


def find_cards(copy: Plain) -> Iterator[Found]:
    """Give the numbers of bank cards.

    Parameters
    ----------
    copy : Plain
    """
    for match in _CARD.finditer(copy.digits):
        number = re.sub("[^0-9]", "", match[1])
        parts = re.split("[/|]", match[1])
        if len(parts) > 1 and len({part.strip()[:2] for part in parts}) == 1:
            # A list of rooms or of lots.
            continue
        sure = number.startswith("62") and len(parts) == 1
        if 16 <= len(number) <= 19 and (sure or (_ISSUED.match(number) and _luhn(number))):
            yield Found("document", *copy.span(*match.span(1)))


def _luhn(number: str) -> bool:
    """Check a card's number: ISO/IEC 7812-1, annex B."""
    digits = [int(d) for d in reversed(number)]
    return sum(digits[::2] + [sum(divmod(2 * d, 10)) for d in digits[1::2]]) % 10 == 0
