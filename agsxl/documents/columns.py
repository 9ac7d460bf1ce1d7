"""The headings of a published plan: which column of a table is which, on every page anew.

``layout.headings`` knows the names that are sure. A published table has others ("Significant issue",
"What we will do"), sets them anew on every page, now and then with a column more or fewer, breaks
one over several rows, and lets one swallow what belongs in the cell below or above it.
"""

from __future__ import annotations

import itertools
import operator
import re
from collections import Counter
from collections.abc import Container, Sequence
from dataclasses import dataclass, field

from agsxl.documents.healing import plain
from agsxl.layout.headings import column_of, match_headings, normal, unused

PRINCIPLES = "principles"
# Names that say enough beside two sure headings; tried in this order, each column once.
_PERHAPS: tuple[tuple[str, str], ...] = (
    ("ref", r"^(?:\w+ )?(?:ref|reference|no|number)$|^s/?no$"),
    ("revised", r"\b(?:revised|amended|extended|new|latest)\b.*\b(?:date|timescale|deadline|target)\b"),
    ("completed", r"\b(?:date|when) (?:completed?|achieved|closed)\b|\bcompletion date \(actual\)|\bactual\b.*\bdate\b"),
    ("timescale", r"\b(?:when|dates?|deadlines?|timescales?|time ?frames?|timings?|timetable|due|target|milestone date|completion)\b|^by$"),
    ("member_lead", r"\b(?:portfolio|cabinet member|lead member|member lead|councillor|lead cllr)\b"),
    ("smt_lead", r"\b(?:leads?|owners?|officers?|responsib\w+|accountab\w+|whom?|director|ownership|sponsor|manager)\b"),
    ("status", r"\b(?:status|rag|brag|rating|r/a/g|complete\?|completed\?|on track)\b|^completed?$|^complete \(?y/n"),
    ("milestone", r"\b(?:actions?|milestones?|steps?|tasks?|recommendations?|what (?:we|will|is)|how (?:we|it) will|measures to|proposals?|(?:proposed|planned|agreed|required|further) (?:improvements?|work|activity|response)|improvements? planned|improvement activity)\b"),
    ("comments", r"\b(?:progress|updates?|comments?|position|commentary|narrative|response|achievements?|evidence|notes?|how (?:are we|we are) doing|where (?:are we|we are)(?: now)?|(?:done|delivered|achieved) so far)\b"),
    ("outcome", r"\b(?:outcomes?|objectives?|aims?|benefits?|success|impact|result)\b"),
    ("theme", r"\b(?:themes?|issues?|areas?|weakness(?:es)?|workstreams?|priorities|priority areas?|concerns?|findings?|topic|subject|categor(?:y|ies)|key improvement|improv\w+|governance matter|needs?|principles?)\b"),
    ("source", r"\b(?:source|origin|raised by|identified (?:by|in)|audit report)\b"),
)  # fmt: skip
_INSTEAD = re.compile(
    r"\b(?:response|mitigations?|improvements?|plans?|solutions?|remed(?:y|ies)|approach|work)\b"
)
# "Action, lead and date": what is to be done comes first, and the others belong to it.
_SEVERAL = re.compile(
    r"(?:key |agreed |proposed )?actions?(?:,| and| with) .*\b(?:lead|owner|officer|date|when|timescale)s?\b"
)
_PRINCIPLES = re.compile(r"\bprinciples?\b", re.I)
_LABELLED = re.compile(r"[^:]{3,60}:\s*\S|\d{1,3}[.)]\s")
_LONGEST = 90


@dataclass(frozen=True, slots=True)
class Columns:
    """Which cell of a row is which: by its place, the column's name or an unknown heading.

    ``headings`` are the words printed above each. A first column without a heading is "ref": the
    numbers that stand there may be those of milestones or of the areas above them.
    """

    names: dict[int, str]
    headings: dict[str, str]
    width: int
    headless: bool = False
    unsure: frozenset[str] = field(default_factory=frozenset)

    @property
    def known(self) -> frozenset[str]:
        """The columns that a plan has by that name."""
        return frozenset(self.names.values())

    def without_first(self) -> Columns:
        """The same columns on a page that leaves the first of them out."""
        names = {index - 1: name for index, name in self.names.items() if index}
        headings = {name: self.headings[name] for name in names.values()}
        return Columns(names, headings, self.width - 1)


def read_columns(cells: Sequence[str], spans: Sequence[int] = ()) -> Columns | None:
    """The columns of a heading row; None for a row that heads no table of milestones.

    >>> read_columns(["", "Improvement required", "Action planned", "By when"]).names[2]
    'milestone'
    >>> read_columns(["Agreed", "in", "May"]) is None
    True

    There are at least three headings (two, if nothing else stands in the row), one of them for
    what is to be done and one for who, when or how far.
    """
    texts = [plain(cell) for cell in cells]
    filled = [text for text in texts if text]
    if any(len(text) > 200 for text in filled):
        return None
    if any(_LABELLED.match(text) for text in filled):
        return None  # a card: "Senior lead: Director of Resources"
    short = [text if len(text) <= _LONGEST else "" for text in texts]
    known, unknown = match_headings(short)
    sure = len(known)
    if sure < 2 and len(filled) > 2 * sure + 1:
        return None
    names = {index: column for column, index in known.items()}
    theme_at = known.get("theme")
    if theme_at is not None and _PRINCIPLES.search(short[theme_at]):
        better = next((i for i, n in unknown.items() if perhaps(n, {"theme"}) == "theme"), None)
        if better is not None:  # "Principle" beside "Issue": the issue is the theme
            names[theme_at], names[better] = PRINCIPLES, "theme"
            del unknown[better]
    unsure = set()
    capital = any(text[:1].isupper() for text in filled)
    loose = {i: n for i, n in unknown.items() if not (capital and n[:1].islower())}
    wanted = {column for column, _ in _PERHAPS} - {*names.values()}
    for column in [c for c, _ in _PERHAPS]:
        for index, name in list(loose.items()):
            if column in wanted and len(name.split()) <= 9 and perhaps(name, wanted) == column:
                if _PRINCIPLES.search(name) and column == "theme" and "theme" not in wanted:
                    continue
                names[index] = column
                wanted.discard(column)
                unsure.add(column)
                del unknown[index], loose[index]
    for index, name in unknown.items():
        if _PRINCIPLES.search(name) and PRINCIPLES not in names.values():
            names[index] = PRINCIPLES
        else:
            names[index] = unused(name, {*names.values()})
    found = {*names.values()}
    if "milestone" not in found:
        # A plan of issues without actions of their own: what is to be done is the issue itself.
        for index, name in list(names.items()):
            if name not in _KNOWN and _INSTEAD.search(normal(name)):
                names[index] = "milestone"
                break
        found = {*names.values()}
        for instead in ("theme", "outcome"):
            if "milestone" not in found and instead in found and not texts_are_prose(filled):
                place = next(i for i, n in names.items() if n == instead)
                names[place] = "milestone"
                found = {*names.values()}
                break
    what = {"smt_lead", "timescale", "status", "comments", "revised"} & found
    several = any(_SEVERAL.match(normal(texts[i])) for i, n in names.items() if n == "milestone")
    plan_like = (
        "milestone" in found and (what or several) and len(found & _KNOWN) >= min(3, len(filled))
    )
    if not plan_like or (len(found & _KNOWN)) * 2 < len(filled):
        return None
    headless = bool(texts) and not texts[0] and "ref" not in found
    if headless:
        names[0] = "ref"
    headings = {name: texts[index] for index, name in names.items()}
    return Columns(names, headings, len(cells), headless, frozenset(unsure))


_KNOWN = frozenset(column for column, _ in _PERHAPS) | {
    "action_by",
    "baseline",
    "evidence",
    "reason",
}


def heading_of(lines: Sequence[str]) -> str:
    """A heading set in these lines, put together where a narrow column broke a word of it.

    >>> heading_of(["Improvem", "ent", "theme"]), heading_of(["Target", "date"])
    ('Improvement theme', 'Target date')

    Only what makes a name that is known of one that is not is put together.
    """
    spaced = " ".join(lines)
    if not 1 < len(lines) < 6 or is_sure(spaced):
        return spaced
    for seams in itertools.product(("", " "), repeat=len(lines) - 1):
        whole = lines[0] + "".join(map(operator.add, seams, lines[1:]))
        if is_sure(whole):
            return whole
    return spaced


def is_sure(heading: str) -> bool:
    """Whether a heading is the very name of a column."""
    found = column_of(heading)
    return found is not None and found[1] < 90


def perhaps(heading: str, wanted: Container[str] | None = None) -> str:
    """The column (of those wanted) that a heading could name, though by no name that is sure."""
    name = normal(heading)
    if _SEVERAL.match(name) and (wanted is None or "milestone" in wanted):
        return "milestone"
    return next(
        (
            column
            for column, pattern in _PERHAPS
            if (wanted is None or column in wanted) and re.search(pattern, name)
        ),
        "",
    )


def texts_are_prose(texts: Sequence[str]) -> bool:
    """Whether cells are sentences, not headings."""
    return sum(len(text) > 60 or text.endswith(".") for text in texts) * 2 > len(texts)


def same_headings(one: Columns, two: Columns) -> bool:
    """Whether two heading rows head the same table: what both name has the same words."""
    shared = [n for n in one.headings if n in two.headings and one.headings[n] and two.headings[n]]
    if len(shared) < 2:
        return False
    alike = sum(_alike(one.headings[n], two.headings[n]) for n in shared)
    only = ({*one.known} ^ {*two.known}) - {"ref"}
    return alike * 3 >= len(shared) * 2 and len(only) * 2 < len(shared)


def _alike(one: str, two: str) -> bool:
    a, b = normal(one), normal(two)
    return a == b or a.startswith(b) or b.startswith(a)


class Usual:
    """The words that usually stand above each column: what a heading has swallowed is the rest.

    >>> usual = Usual()
    >>> for heading in ("Progress update", "Progress update", "Progress update priorities of spend"):
    ...     usual.add("comments", heading)
    >>> usual.swallowed("comments", "Progress update priorities of spend")
    'priorities of spend'
    """

    def __init__(self) -> None:
        self._seen: dict[str, Counter[str]] = {}

    def add(self, column: str, heading: str) -> None:
        """Take note of one page's heading."""
        self._seen.setdefault(column, Counter())[" ".join(heading.split())] += 1

    def of(self, column: str) -> str:
        """The words that stand there on most pages; of two, the shorter."""
        seen = self._seen.get(column)
        return min(seen, key=lambda text: (-seen[text], len(text))) if seen else ""

    def completes(self, column: str, heading: str, more: str, *, first: bool) -> bool:
        """Whether a heading and a further row of it together are (the beginning of) a usual one.

        On the ``first`` page there is no other to compare with: what stands in brackets is taken.
        """
        whole = normal_words(f"{heading} {more}")
        known = self._seen.get(column, ())
        if any(normal_words(text).startswith(whole) for text in known):
            return True
        opened = heading.count("(") > heading.count(")")
        return bool(heading) and first and (more.startswith("(") or (opened and more.endswith(")")))

    def is_end(self, column: str, text: str) -> bool:
        """Whether a text is the last words of the heading, left below it."""
        words, usual = " ".join(text.split()), self.of(column)
        return bool(words) and words != usual and usual.endswith(" " + words)

    def swallowed(self, column: str, heading: str) -> str:
        """What a heading cell holds beside the heading, or ""."""
        seen = self._seen.get(column, Counter())
        heading = " ".join(heading.split())
        usual = self.of(column)
        if heading.casefold().startswith(usual.casefold() + " "):
            rest = heading[len(usual) :].strip()
            known = [text for text in seen if text not in (usual, heading)]
            if rest.startswith("(") or any(rest in text for text in known):
                return ""  # a longer form of the heading: "Owner (see key at end)"
            return rest if seen[heading] == 1 else ""
        if heading.casefold().endswith(" " + usual.casefold()) and seen[heading] == 1:
            return heading[: -len(usual)].strip()
        return ""


def normal_words(text: str) -> str:
    """Words without case and marks, brackets kept as words: for comparing pieces of headings."""
    return " ".join(re.findall(r"[\w#/&]+", text.casefold()))
