"""I: what a milestone is called and where it belongs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from agsxl.plan import Milestone
from agsxl.rules.engine import Context, Report, Reports, Severity, rule
from agsxl.texts import listed

_NUMBERED = re.compile(r"([A-Za-z]*)[.\s-]*(\d{1,9})\b")
_HEADED = re.compile(
    r"(?:(?:principle|area|theme|priority|objective|improvement area)\s+)?([A-Za-z]|\d{1,2})\s*[:.)–-]\s*\S",
    re.I,
)


def ref_parts(ref: str) -> tuple[str, int] | None:
    """``ref_parts("B12")`` is ``("B", 12)``; None for a ref that is not letter and number."""
    match = _NUMBERED.fullmatch(ref.strip())
    return (match[1].upper(), int(match[2])) if match else None


@lru_cache(maxsize=4096)
def heading_label(theme: str) -> str:
    """The "A" of "A: Member and Officer Development", the "3" of "Principle 3: ...", or ""."""
    match = _HEADED.match(theme)
    return match[1].upper() if match else ""


@rule(
    "I101", "missing-ref", "No Ref", Severity.ERROR, column="ref",
    bad=[{"ref": ""}], good=[{"ref": "A1"}],
)  # fmt: skip
def missing_ref(milestone: Milestone, context: Context) -> Reports:
    """Every milestone has a Ref.

    Why: the Ref is how a lead's answer finds its way back to the milestone; a row number changes
    as soon as somebody sorts the plan.
    Fix: give it the next free Ref of its theme.
    """
    if milestone.ref:
        return None
    return Report(f"The milestone {_shortly(milestone)} has no Ref.")


@rule(
    "I102", "duplicate-ref", "The same Ref twice", Severity.ERROR, column="ref",
    bad=[[{"ref": "A1"}, {"ref": "a1"}]], good=[[{"ref": "A1"}, {"ref": "A2"}]],
)  # fmt: skip
def duplicate_ref(context: Context) -> Iterator[Report]:
    """No two milestones share a Ref.

    Why: a reply to A1 would be written into whichever A1 comes first.
    Fix: give the later one the next free Ref of its theme.
    """
    for milestone in context.plan.milestones:
        first = context.by_ref.get(milestone.ref.upper())
        if first is not None and first is not milestone:
            place = f"row {first.where.row}" if first.where.row else "an earlier milestone"
            yield Report(
                f"The Ref {milestone.called} is also that of {place}.", milestone=milestone
            )


@rule(
    "I103", "gap-in-refs", "A number missing between Refs", Severity.NOTE, column="ref", on=False,
    bad=[[{"ref": "A1"}, {"ref": "A3"}]], good=[[{"ref": "A2"}, {"ref": "A3"}]],
)  # fmt: skip
def gap_in_refs(context: Context) -> Iterator[Report]:
    """The numbers of a theme's Refs have no gap.

    Why: a missing number may be a milestone that somebody deleted.
    Fix: find out what happened to it; a withdrawn milestone stays on the plan with that status.
    """
    groups: dict[str, dict[int, Milestone]] = {}
    for milestone in context.plan.milestones:
        parts = ref_parts(milestone.ref)
        if parts:
            groups.setdefault(parts[0], {})[parts[1]] = milestone
    for letter, numbers in groups.items():
        before = min(numbers)
        for number in sorted(numbers):
            missing = [f"{letter}{n}" for n in range(before + 1, min(number, before + 50))]
            if missing:
                yield Report(
                    f"There is no {listed(missing)} before {numbers[number].ref}.",
                    milestone=numbers[number],
                )
            before = number


@rule(
    "I104", "ref-out-of-sequence", "Refs out of order", Severity.NOTE, column="ref", on=False,
    bad=[[{"ref": "A2"}, {"ref": "A1"}]], good=[[{"ref": "A1"}, {"ref": "A2"}, {"ref": "B1"}]],
)  # fmt: skip
def ref_out_of_sequence(context: Context) -> Iterator[Report]:
    """Within a theme, Refs stand in order.

    Why: a committee that looks for A7 after A6 takes it for missing.
    Fix: sort the plan by Ref, or renumber if the order is meant.
    """
    last: dict[str, tuple[int, str]] = {}
    for milestone in context.plan.milestones:
        parts = ref_parts(milestone.ref)
        if parts is None:
            continue
        letter, number = parts
        if letter in last and number < last[letter][0]:
            yield Report(f"{milestone.called} stands after {last[letter][1]}.", milestone=milestone)
        else:
            last[letter] = (number, milestone.ref)


@rule(
    "I105", "ref-disagrees-with-theme", "Ref and theme disagree", Severity.WARNING, column="ref",
    bad=[{"ref": "B1", "theme": "A: Training"}], good=[{"ref": "A1", "theme": "A: Training"}],
)  # fmt: skip
def ref_disagrees_with_theme(milestone: Milestone, context: Context) -> Reports:
    """A Ref begins with its theme's letter or number.

    Why: either the Ref or the theme is of another milestone, and progress is counted under the
    wrong one.
    Fix: correct whichever is wrong.
    """
    label = heading_label(milestone.theme)
    match = re.match(r"[A-Za-z]+|\d+", milestone.ref)
    if not label or match is None or match.group().upper() == label:
        return None
    if label.isdigit() != match.group().isdigit():
        return None
    return Report(f"{milestone.called} stands under the theme {milestone.theme!r}.")


@rule(
    "I106", "blank-milestone", "No milestone text", Severity.ERROR, column="milestone",
    bad=[{"ref": "A1", "milestone": ""}], good=[{"milestone": "Policy approved"}],
)  # fmt: skip
def blank_milestone(milestone: Milestone, context: Context) -> Reports:
    """Every Ref says what is to be done.

    Why: nobody can report on a milestone that says nothing.
    Fix: write it, or delete the row if it is left over.
    """
    if milestone.milestone:
        return None
    return Report(f"{milestone.called} does not say what is to be done.")


@rule(
    "I107", "duplicate-milestone", "The same milestone twice", Severity.WARNING, column="milestone",
    bad=[[{"ref": "A1", "milestone": "Policy approved", "outcome": "Policy"},
          {"ref": "A2", "milestone": "policy  approved", "outcome": "Policy"}]],
    good=[[{"ref": "A1", "milestone": "Policy approved", "outcome": "Fraud policy"},
           {"ref": "B1", "milestone": "Policy approved", "outcome": "Data policy"}]],
)  # fmt: skip
def duplicate_milestone(context: Context) -> Iterator[Report]:
    """Within an outcome, no two milestones have the same text.

    Why: it is counted twice, and one of the two is never updated.
    Fix: delete one, or say how they differ.
    """
    first: dict[tuple[str, str], Milestone] = {}
    for milestone in context.plan.milestones:
        if not milestone.milestone:
            continue
        key = (milestone.outcome.casefold(), milestone.milestone.casefold())
        other = first.setdefault(key, milestone)
        if other is not milestone:
            yield Report(
                f"{milestone.called} says the same as {other.ref}, for the same outcome.",
                milestone=milestone,
            )


@rule(
    "I108", "blank-source", "No source", Severity.NOTE, column="source",
    bad=[{"source": ""}], good=[{"source": "AGS"}],
)  # fmt: skip
def blank_source(milestone: Milestone, context: Context) -> Reports:
    """Every milestone says what it came from.

    Why: an auditor who asks what became of a recommendation looks for it by its source.
    Fix: enter the review, audit or statement that asked for it.
    """
    if milestone.source or not context.plan.has("source"):
        return None
    return Report(f"{milestone.called} does not say which review or statement it came from.")


@rule(
    "I109", "blank-theme-or-outcome", "No theme or outcome", Severity.WARNING, column="outcome",
    bad=[{"theme": ""}, {"outcome": ""}], good=[{"theme": "A: Training", "outcome": "Trained"}],
)  # fmt: skip
def blank_theme_or_outcome(milestone: Milestone, context: Context) -> Reports:
    """Every milestone stands under a theme and an outcome.

    Why: progress is reported by theme and outcome; this milestone is missing from both counts.
    Fix: enter it; in a list that leaves repeats blank, repeat what stands above.
    """
    missing = [
        column
        for column in ("theme", "outcome")
        if not getattr(milestone, column) and context.plan.has(column)
    ]
    if not missing:
        return None
    return Report(f"{milestone.called} has no {' and no '.join(missing)}.", column=missing[0])


@rule(
    "I110", "two-themes-under-one-letter", "Two themes under one letter", Severity.NOTE,
    column="theme", on=False,
    bad=[[{"ref": "B1", "theme": "B: Customer care"}, {"ref": "B2", "theme": "B: Complaints"}]],
    good=[[{"ref": "A1", "theme": "A: Training"}, {"ref": "B1", "theme": "B: Complaints"}]],
)  # fmt: skip
def two_themes_under_one_letter(context: Context) -> Iterator[Report]:
    """A letter stands for one theme.

    Why: "theme B" means two things in the committee's report.
    Fix: give the second theme a letter of its own, if the Refs can still change.
    """
    themes: dict[str, dict[str, Milestone]] = {}
    for milestone in context.plan.milestones:
        label = heading_label(milestone.theme)
        if label:
            themes.setdefault(label, {}).setdefault(milestone.theme.casefold(), milestone)
    for label, named in themes.items():
        milestones = list(named.values())
        for milestone in milestones[1:]:
            yield Report(
                f"{label} stands for {milestones[0].theme!r} and for {milestone.theme!r}.",
                milestone=milestone,
            )


def _shortly(milestone: Milestone) -> str:
    text = milestone.milestone or milestone.comments
    return repr(text if len(text) <= 60 else text[:57] + "...")


CATALOGUE = (
    missing_ref, duplicate_ref, gap_in_refs, ref_out_of_sequence, ref_disagrees_with_theme,
    blank_milestone, duplicate_milestone, blank_source, blank_theme_or_outcome,
    two_themes_under_one_letter,
)  # fmt: skip
