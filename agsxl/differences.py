"""Two plans without a common ancestor held beside each other: what is which, and what differs.

    found = diff(last_year, this_year)
    found.pairs[0]     # Pair(old=..., new=..., by="words", confidence=0.95, edits=(Edit(...),))
    found.renumbered   # those pairs whose Ref is another
    found.withdrawn    # the old plan's milestones that are nowhere in the new one

Refs are renumbered wholesale as often as milestones are reworded, so a Ref alone says little: the
words decide first, then what the plan says of itself (Previous Ref), then how like the words are and
whether the Ref is the same. Every pair says what it was made by and how sure that is. What is not
like enough is not paired: it is withdrawn and added, and the nearest candidate is named.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import islice
from typing import NamedTuple

from agsxl.dates import Kind, Target
from agsxl.merging import changed_columns, pair, raw_text
from agsxl.plan import Milestone, Plan

LIKE = 75.0  # from this likeness on (of 100) two milestones may be one and the same
NEAR = 55.0  # from this one on it is worth a look


class By(StrEnum):
    """What a pair was made by. Each compares equal to its words."""

    REF = "ref"
    WORDS = "words"
    PREVIOUS_REF = "previous ref"
    LIKENESS = "likeness"


class Edit(NamedTuple):
    """A field that differs: its column, and what was written on either side.

    For a target date that moved, ``days`` is by how many calendar days (later is positive), None
    where one of the two is not a certain date. No baseline date stands for what the timescale says,
    no revised date for the baseline date.
    """

    column: str
    old: str
    new: str
    days: int | None = None


class Pair(NamedTuple):
    """One milestone in both plans. ``confidence`` is from 0 to 1."""

    old: Milestone
    new: Milestone
    by: By
    confidence: float
    edits: tuple[Edit, ...] = ()

    @property
    def renumbered(self) -> bool:
        """Its Ref is another."""
        return any(edit.column == "ref" for edit in self.edits)

    @property
    def reworded(self) -> bool:
        """The milestone's own words are others."""
        return any(edit.column == "milestone" for edit in self.edits)

    @property
    def moved(self) -> tuple[Edit, ...]:
        """Its target dates that are others."""
        return tuple(edit for edit in self.edits if edit.column in _TARGETS)


class Near(NamedTuple):
    """A milestone that was withdrawn, and the added one that is nearest to it: too little alike to
    be called the same. ``likeness`` is from 0 to 1."""

    old: Milestone
    new: Milestone
    likeness: float


@dataclass(frozen=True, slots=True)
class Differences:
    """Everything that differs: pairs and what was added in the new plan's order, the rest in the old's.

    False where nothing does. Another order of the same milestones is no difference.
    """

    pairs: tuple[Pair, ...]
    added: tuple[Milestone, ...]
    withdrawn: tuple[Milestone, ...]
    near: tuple[Near, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.added or self.withdrawn or self.changed)

    @property
    def changed(self) -> tuple[Pair, ...]:
        """The pairs in which any field differs."""
        return tuple(pair for pair in self.pairs if pair.edits)

    @property
    def renumbered(self) -> tuple[Pair, ...]:
        """The pairs whose Ref is another."""
        return tuple(pair for pair in self.pairs if pair.renumbered)

    @property
    def reworded(self) -> tuple[Pair, ...]:
        """The pairs whose words are others."""
        return tuple(pair for pair in self.pairs if pair.reworded)

    @property
    def moved(self) -> tuple[Pair, ...]:
        """The pairs in which a target date moved."""
        return tuple(pair for pair in self.pairs if pair.moved)


def diff(old: Plan, new: Plan) -> Differences:
    """Which milestone became which, and what of it changed.

    >>> old, new = Milestone("A1", milestone="Train staff"), Milestone("A2", milestone="Train staff")
    >>> [(p.by, p.confidence, p.edits) for p in diff(Plan((old,)), Plan((new,))).pairs]
    [(<By.WORDS: 'words'>, 0.95, (Edit(column='ref', old='A1', new='A2', days=None),))]

    In this order, each milestone once: the same Ref and words; the same words, where nothing else
    left has them; the Previous Ref that the new plan gives; then the pairs whose words are like
    enough and those with the same Ref, the surest first. A Ref counts for nothing where most Refs
    that begin like it went to other milestones. Values are compared as ``merge`` compares them.
    Raises nothing.
    """
    before, after = old.milestones, new.milestones
    made: dict[int, tuple[int, By, float]] = {}
    several = _several(before) | _several(after)
    for i, j in pair(before, after, reworded=False).items():
        same_ref = _ref(before[i].ref) == _ref(after[j].ref)
        sure = 1.0 if same_ref else _SAME_WORDS
        if same_ref and _name(before[i]) in several and before[i] != after[j]:
            sure = _IN_TURN
        made[i] = (j, By.REF if same_ref else By.WORDS, sure)
    made |= _by_previous_ref(before, after, made)
    candidates = _candidates(before, after, made)
    made |= _surest(candidates)
    partner = {j: (i, by, sure) for i, (j, by, sure) in made.items()}
    pairs = []
    for j, milestone in enumerate(after):
        if j in partner:
            i, by, sure = partner[j]
            pairs.append(Pair(before[i], milestone, by, sure, _edits(before[i], milestone)))
    return Differences(
        pairs=tuple(pairs),
        added=tuple(m for j, m in enumerate(after) if j not in partner),
        withdrawn=tuple(m for i, m in enumerate(before) if i not in made),
        near=tuple(_near(before, after, candidates, made, partner)),
    )


_SAME_WORDS = 0.95  # another Ref, but words that nothing else has
_SAID = 0.9  # the plan itself says what it was called before
_IN_TURN = 0.5  # several share Ref and words: paired in their order


def _ref(text: str) -> str:
    return " ".join(text.split()).casefold()


def _name(milestone: Milestone) -> tuple[str, str]:
    return _ref(milestone.ref), _ref(milestone.milestone)


def _several(milestones: Sequence[Milestone]) -> set[tuple[str, str]]:
    return {name for name, count in Counter(map(_name, milestones)).items() if count > 1}


# -- what changed in a pair --------------------------------------------------------------------

_TARGETS = ("timescale", "baseline", "revised")


def _edits(old: Milestone, new: Milestone) -> tuple[Edit, ...]:
    return tuple(
        Edit(column, raw_text(old, column), raw_text(new, column), _days(column, old, new))
        for column in changed_columns(old, new)
    )


def _days(column: str, old: Milestone, new: Milestone) -> int | None:
    """By how many days a target date moved."""
    if column not in _TARGETS:
        return None
    was, now = _target_date(column, old), _target_date(column, new)
    return (now - was).days if was is not None and now is not None else None


def _target_date(column: str, milestone: Milestone) -> date | None:
    """The certain date that a column says, or that stands where it says nothing."""
    if column == "revised":
        blank = milestone.revised.kind is Kind.BLANK
        return _target_date("baseline", milestone) if blank else _certain(milestone.revised)
    if column == "baseline":
        blank = milestone.baseline_target.kind is Kind.BLANK
        return milestone.baseline if blank else _certain(milestone.baseline_target)
    return _certain(milestone.timescale)


def _certain(target: Target) -> date | None:
    return target.latest if target.certain else None


# -- which became which, where Ref and words do not say ----------------------------------------


class _Candidate(NamedTuple):
    """Two milestones that could be one: how like their words are (of 100), and all that speaks for it."""

    old: int
    new: int
    likeness: float
    weight: float
    same_ref: bool


_Made = Mapping[int, tuple[int, By, float]]


def _by_previous_ref(
    before: Sequence[Milestone], after: Sequence[Milestone], made: _Made
) -> dict[int, tuple[int, By, float]]:
    """The pairs that the Previous Ref column names, where it names one and is new."""
    taken = {j for j, _, _ in made.values()}
    refs = Counter(_ref(m.ref) for m in before)
    by_ref = {_ref(m.ref): i for i, m in enumerate(before)}
    said = Counter(_ref(m.previous_ref) for m in after)
    found = {}
    for j, milestone in enumerate(after):
        previous = _ref(milestone.previous_ref)
        i = by_ref.get(previous)
        if not previous or i is None or i in made or j in taken:
            continue
        own = by_ref.get(_ref(milestone.ref))
        # What already stood in the old plan's column is about a renumbering before that.
        stale = own is not None and _ref(before[own].previous_ref) == previous
        if refs[previous] == said[previous] == 1 and not stale:
            found[i] = (j, By.PREVIOUS_REF, _SAID)
    return found


_SAME_REF = 25.0  # what the same Ref adds, where Refs still say something
_SAME_FIELD = 1.5  # what each of these fields adds where it is the same
_FIELDS = ("theme", "outcome", "source", "member_lead", "smt_lead", "timescale")
_CLEAR = 10.0  # so far ahead of the next, nothing else comes close
_MOST = 20  # candidates for each milestone: there are plans in which all are alike
_AT_ONCE = 4_000_000  # likenesses held in memory


def _candidates(
    before: Sequence[Milestone], after: Sequence[Milestone], made: _Made
) -> list[_Candidate]:
    """What could be what among those that are left, the surest first."""
    taken = {j for j, _, _ in made.values()}
    mine = [i for i in range(len(before)) if i not in made]
    theirs = [j for j in range(len(after)) if j not in taken]
    if not mine or not theirs:
        return []
    trusted = _Trust(before, after, made)
    likenesses = dict(_likenesses(before, after, mine, theirs))
    by_ref: dict[str, list[int]] = {}
    for j in theirs:
        by_ref.setdefault(_ref(after[j].ref), []).append(j)
    in_turn = {ref: iter(places) for ref, places in by_ref.items() if ref}  # of several, each once
    same_ref = set()
    for i in mine:
        ref = _ref(before[i].ref)
        if trusted(ref):
            same_ref |= {(i, j) for j in islice(in_turn.get(ref, ()), 1)}
    found = []
    for i, j in likenesses.keys() | same_ref:
        likeness = likenesses.get((i, j), 0.0)
        same = (i, j) in same_ref
        alike = sum(getattr(before[i], f) == getattr(after[j], f) for f in _FIELDS)
        weight = likeness + _SAME_REF * same + _SAME_FIELD * alike
        found.append(_Candidate(i, j, likeness, weight, same))
    return sorted(found, key=lambda c: (-c.weight, c.old, c.new))


class _Trust:
    """Whether a Ref still says which milestone it is: judged by those that begin like it."""

    def __init__(
        self, before: Sequence[Milestone], after: Sequence[Milestone], made: _Made
    ) -> None:
        self.kept: Counter[str] = Counter()
        for i, (j, _, _) in made.items():
            old, new = _ref(before[i].ref), _ref(after[j].ref)
            self.kept[self._beginning(old)] += 1 if old == new else -1

    def __call__(self, ref: str) -> bool:
        return self.kept[self._beginning(ref)] >= 0

    @staticmethod
    def _beginning(ref: str) -> str:
        return ref.rstrip("0123456789")


def _likenesses(
    before: Sequence[Milestone],
    after: Sequence[Milestone],
    mine: Sequence[int],
    theirs: Sequence[int],
) -> Iterator[tuple[tuple[int, int], float]]:
    """How like the words of some milestones are, of 100, where it is worth a look.

    Words are compared in the order of the alphabet: "training agreed" is like "agree training".
    """
    from rapidfuzz import fuzz, process

    old = [(i, words) for i in mine if (words := _sorted_words(before[i].milestone))]
    new = [(j, words) for j in theirs if (words := _sorted_words(after[j].milestone))]
    step = max(1, _AT_ONCE // max(1, len(new)))
    for start in range(0, len(old), step):
        part = old[start : start + step]
        table = process.cdist(
            [words for _, words in part],
            [words for _, words in new],
            scorer=fuzz.ratio,
            score_cutoff=NEAR,
        )
        for (i, _), row in zip(part, table, strict=True):
            places = row.nonzero()[0].tolist()
            if len(places) > _MOST:
                places = (-row).argsort(kind="stable")[:_MOST].tolist()
            for place in places:
                yield (i, new[place][0]), float(row[place])


def _sorted_words(text: str) -> str:
    return " ".join(sorted(re.findall(r"\w+", text.casefold())))


def _surest(candidates: Sequence[_Candidate]) -> dict[int, tuple[int, By, float]]:
    """One partner for each, the surest pair first.

    Where another candidate comes close, the pair is less sure: half as sure where it is as close.
    """
    found: dict[int, tuple[int, By, float]] = {}
    taken: set[int] = set()
    rivals: dict[tuple[str, int], list[_Candidate]] = {}
    for candidate in candidates:
        rivals.setdefault(("old", candidate.old), []).append(candidate)
        rivals.setdefault(("new", candidate.new), []).append(candidate)
    for candidate in candidates:
        i, j, likeness, weight, same_ref = candidate
        if i in found or j in taken or (likeness < LIKE and not same_ref):
            continue
        if same_ref:
            found[i] = (j, By.REF, round(0.5 + likeness / 200, 2))
        else:
            others = [
                other.weight
                for other in rivals["old", i] + rivals["new", j]
                if other is not candidate and other.old not in found and other.new not in taken
            ]
            ahead = min(1.0, max(0.0, (weight - max(others, default=0.0)) / _CLEAR))
            found[i] = (j, By.LIKENESS, round(likeness / 100 * (0.5 + ahead / 2), 2))
        taken.add(j)
    return found


def _near(
    before: Sequence[Milestone],
    after: Sequence[Milestone],
    candidates: Sequence[_Candidate],
    made: _Made,
    partner: Mapping[int, object],
) -> Iterator[Near]:
    """For each milestone that was withdrawn, the added one that is nearest to it."""
    nearest: dict[int, _Candidate] = {}
    for candidate in candidates:
        if candidate.old not in made and candidate.new not in partner:
            best = nearest.get(candidate.old)
            if best is None or candidate.likeness > best.likeness:
                nearest[candidate.old] = candidate
    for i in sorted(nearest):
        candidate = nearest[i]
        yield Near(before[i], after[candidate.new], round(candidate.likeness / 100, 2))
